"""Step-by-step predictions of River over short prefixes, to all digits: test/golden/river-traces.json.

Each trace is test-then-train: the prediction for a row is taken before the row is learned, and River's scaler learns a
row only with the model, so a prediction sees the scaler as the rows before left it. What River lacks, or does otherwise
than the paper, has a plain reference of our own (references.py), and its `tool` says so.
"""

import json
import math
from importlib.metadata import version

from river import feature_extraction, linear_model, naive_bayes, optim, preprocessing, stats  # noqa: F401 - by made

import references
from datasets import DATASETS, REPOSITORY

RIVER = f"River {version('river')}"
OWN = "reference of our own, in plain Python (bench/peers/references.py)"
ROWS = {"electricity": 200, "fried": 200, "image_segments": 60, "chick_weights": 60}
STREAMS = {name: list(DATASETS[name].rows(limit)) for name, limit in ROWS.items()}


def made(call):
    """The object a text names, so that what is recorded is what ran."""
    return eval(call)


def number(value):
    """JSON has no NaN, and numpy's scalars print as themselves only after this."""
    return None if value is None or not math.isfinite(value) else float(value)


def trace(name, stream, call, output, rows=100, scaled=True):
    """Runs one model over one prefix; `output` reads what is recorded from the model and its scaled input."""
    model, scaler = made(call), preprocessing.StandardScaler()
    values = []
    for x, y in STREAMS[stream][:rows]:
        values.append(output(model, scaler.transform_one(x) if scaled else x))
        if scaled:
            scaler.learn_one(x)
            x = scaler.transform_one(x)
        model.learn_one(x, y)
    method = f"StandardScaler() | {call}" if scaled else call
    result = {"stream": stream, "tool": tool(call), "method": method, "output": output.__doc__, "values": values}
    if isinstance(model, (references.Reference, linear_model.base.GLM, linear_model.pa.BasePA)):
        result["weights"] = {key: number(weight) for key, weight in sorted(model.weights.items())}
        result["intercept"] = number(model.intercept)
    elif isinstance(model, linear_model.ALMAClassifier):
        result["weights"] = {key: number(weight) for key, weight in sorted(model.w.items())}
    return name, result


def tool(call):
    """Whose work a call is."""
    if call.startswith("references."):
        return OWN
    return f"{RIVER} with a loss of our own" if "references." in call else RIVER


def probability(model, x):
    """probability of the positive class"""
    return number(model.predict_proba_one(x)[True])


def decision(model, x):
    """decision value: weights times inputs plus intercept, before any link"""
    if isinstance(model, linear_model.pa.BasePA):
        return number(sum(xi * model.weights.get(i, 0.0) for i, xi in x.items()) + model.intercept)
    return number(model._raw_dot(x) if isinstance(model, linear_model.ALMAClassifier) else model._raw_dot_one(x))


def prediction(model, x):
    """predicted value"""
    return number(model.predict_one(x))


def probabilities(model, x):
    """probability of each class met so far"""
    return {label: number(p) for label, p in sorted(model.predict_proba_one(x).items(), key=str)}


def distribution(model, x):
    """[predictive mean, predictive variance]"""
    gaussian = model.predict_one(x, with_dist=True)
    return [number(gaussian.mu), number(gaussian.sigma**2)]


def logistic_traces():
    """Logistic regression by each optimizer, loss, penalty and rate."""
    arguments = {
        "sgd": "optim.SGD(0.01)",
        "momentum": "optim.Momentum(0.01, rho=0.9)",
        "nesterov": "optim.NesterovMomentum(0.01, rho=0.9)",
        "adagrad": "optim.AdaGrad(0.1, eps=1e-8)",
        "rmsprop": "optim.RMSProp(0.01, rho=0.9, eps=1e-8)",
        "adam": "optim.Adam(0.01, beta_1=0.9, beta_2=0.999, eps=1e-8)",
        "ftrl-river": "optim.FTRLProximal(alpha=0.1, beta=1.0, l1=0.0, l2=1.0)",
        "ftrl-river-l1": "optim.FTRLProximal(alpha=0.1, beta=1.0, l1=1.0, l2=0.0)",
        "sgd-inverse-scaling": "optim.SGD(optim.schedulers.InverseScaling(0.1, power=0.5))",
        "l1": "optim.SGD(0.01), l1=0.01",
        "l2": "optim.SGD(0.01), l2=0.01",
        "clipped": "optim.SGD(0.01), clip_gradient=0.3",
        "weighted": "optim.SGD(0.01), loss=optim.losses.Log(weight_pos=2.0, weight_neg=0.5)",
        "no-intercept": "optim.SGD(0.01), intercept_lr=0.0",
        "hinge": "optim.SGD(0.01), loss=optim.losses.Hinge()",
        "squared-hinge": "optim.SGD(0.01), loss=references.SquaredHinge()",
    }
    for name, given in arguments.items():
        output = decision if "hinge" in name else probability
        call = f"linear_model.LogisticRegression({given})"
        yield trace(f"logistic-{name}", "electricity", call, output, rows=200 if name == "sgd" else 100)
    yield trace(
        "logistic-unscaled",
        "electricity",
        "linear_model.LogisticRegression(optim.SGD(0.01))",
        probability,
        scaled=False,
    )
    for l1, l2 in ((0, 0), (1, 0), (0, 1)):
        call = f"references.FtrlLogistic(alpha=0.1, beta=1.0, l1={l1}, l2={l2})"
        yield trace(f"logistic-ftrl-paper-l1={l1}-l2={l2}", "electricity", call, probability)


def linear_traces():
    """Linear regression by each loss and penalty."""
    # The losses with a bounded gradient get large rates, so that predictions cross the labels within the prefix.
    arguments = {
        "squared": "optim.SGD(0.01)",
        "l1": "optim.SGD(0.01), l1=0.1",
        "l2": "optim.SGD(0.01), l2=0.1",
        "clipped": "optim.SGD(0.01), clip_gradient=10.0",
        "absolute": "optim.SGD(0.1), loss=optim.losses.Absolute(), intercept_lr=1.0",
        "huber-0.1": "optim.SGD(0.5), loss=optim.losses.Huber(0.1), intercept_lr=5.0",
        "huber-5": "optim.SGD(0.1), loss=optim.losses.Huber(5.0), intercept_lr=0.1",
        "quantile-0.5": "optim.SGD(0.1), loss=optim.losses.Quantile(0.5), intercept_lr=1.0",
        "quantile-0.9": "optim.SGD(0.1), loss=optim.losses.Quantile(0.9), intercept_lr=1.0",
        "poisson": "optim.SGD(0.001), loss=optim.losses.Poisson(), intercept_lr=0.001",
    }
    for name, given in arguments.items():
        call = f"linear_model.LinearRegression({given})"
        yield trace(f"linear-{name}", "fried", call, prediction, rows=200 if name == "squared" else 100)


def margin_traces():
    """Passive-aggressive, ALMA, perceptron, AROW."""
    for mode in (0, 1, 2):
        for c, suffix in ((0.01, ""), (1.0, "-c=1")):
            call = f"linear_model.PAClassifier(C={c}, mode={mode})"
            yield trace(f"pa-classifier-{mode}{suffix}", "electricity", call, decision)
        call = f"linear_model.PARegressor(C=1.0, mode={mode}, eps=0.1)"
        yield trace(f"pa-regressor-{mode}-river", "fried", call, prediction)
        call = f"references.PaRegressor(c=1.0, mode={mode}, eps=0.1)"
        yield trace(f"pa-regressor-{mode}-paper", "fried", call, prediction)
    yield trace("alma", "electricity", "linear_model.ALMAClassifier()", decision, rows=200)
    yield trace("perceptron", "electricity", "linear_model.Perceptron()", decision)
    for r in (0.1, 1.0):
        yield trace(f"arow-r={r:g}", "electricity", f"references.Arow(r={r})", decision)
        yield trace(f"arow-diagonal-r={r:g}", "electricity", f"references.ArowDiagonal(r={r})", decision)


def class_traces():
    """Softmax, naive Bayes, Bayesian linear regression."""
    softmax = {"sgd": "optim.SGD(0.01)", "adam": "optim.Adam(0.01)", "l2": "optim.SGD(0.01), l2=0.01"}
    for name, given in softmax.items():
        call = f"linear_model.SoftmaxRegression({given})"
        yield trace(f"softmax-{name}", "image_segments", call, probabilities, rows=60 if name == "sgd" else 40)
    for stream in ("electricity", "image_segments"):
        yield trace(f"gaussian-nb-{stream}", stream, "naive_bayes.GaussianNB()", probabilities, scaled=False)
    bayes = {
        "1-1": "alpha=1, beta=1",
        "0.1-4": "alpha=0.1, beta=4",
        "smoothed": "alpha=1, beta=1, smoothing=0.9",
    }
    for name, given in bayes.items():
        call = f"linear_model.BayesianLinearRegression({given})"
        yield trace(f"bayesian-linear-{name}", "fried", call, distribution, scaled=False)


def scaler_traces():
    """What each scaler makes of a row right after learning it."""
    columns = list(STREAMS["electricity"][0][0])
    scalers = (
        "StandardScaler()",
        "StandardScaler(with_std=False)",
        "MinMaxScaler()",
        "MaxAbsScaler()",
        "RobustScaler()",
    )
    for call in scalers:
        scaler = made(f"preprocessing.{call}")
        rows = []
        for x, _ in STREAMS["electricity"][:60]:
            scaler.learn_one(x)
            rows.append([number(value) for value in scaler.transform_one(x).values()])
        output = "learn, then transform"
        yield call, {"stream": "electricity", "tool": RIVER, "output": output, "columns": columns, "values": rows}


def encoder_traces():
    """Target encoding (transform, then learn) and TF-IDF (learn, then transform)."""
    groups = [(x["chick"], y) for x, y in STREAMS["chick_weights"]]
    for how in ("Mean()", "BayesianMean(prior=100, prior_weight=5)"):
        aggregate = feature_extraction.TargetAgg(by="chick", how=made(f"stats.{how}"))
        values = []
        for chick, y in groups:
            values.extend(number(v) for v in aggregate.transform_one({"chick": chick}).values())
            aggregate.learn_one({"chick": chick}, y)
        output = "transform, then learn; `input` is [chick, weight]"
        yield f"TargetAgg(by=chick, how={how})", {"tool": RIVER, "output": output, "input": groups, "values": values}
    corpus = [
        "this is the first document",
        "this document is the second document",
        "and this is the third one",
        "is this the first document",
        "one one two",
    ]
    for call in ("TFIDF()", "TFIDF(normalize=False)"):
        tfidf = made(f"feature_extraction.{call}")
        values = []
        for text in corpus:
            tfidf.learn_one(text)
            values.append(tfidf.transform_one(text))
        yield call, {"tool": RIVER, "output": "learn, then transform", "input": corpus, "values": values}


def main():
    """Writes the file; one line a trace, so that a difference can be read."""
    groups = (logistic_traces, linear_traces, margin_traces, class_traces, scaler_traces, encoder_traces)
    about = {"made by": "bench/peers/traces.py", "seed": None}
    entries = [*about.items(), *(entry for group in groups for entry in group())]
    body = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entries)
    target = REPOSITORY / "test" / "golden" / "river-traces.json"
    target.write_text(f"{{\n{body}\n}}\n", encoding="utf8")
    print(f"{target}: {len(entries) - len(about)} traces, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
