"""Step-by-step predictions of River 0.26.1 over short prefixes, to all digits: test/golden/river-traces.json.

Each trace is test-then-train: the prediction for a row is taken before the row is learned, and River's scaler learns a
row only with the model, so a prediction sees the scaler as the rows before left it. What River lacks or gets wrong has
a plain reference of our own (references.py), and its `tool` says so.
"""

import json
import math
from importlib.metadata import version

import references
from datasets import DATASETS, REPOSITORY
from river import feature_extraction, linear_model, naive_bayes, optim, preprocessing, stats

RIVER = f"River {version('river')}"
OWN = "reference of our own, in plain Python"
ROWS = {"electricity": 200, "fried": 200, "image_segments": 100, "chick_weights": 200, "bikes_hour": 60}
STREAMS = {name: list(DATASETS[name].rows(limit)) for name, limit in ROWS.items()}


def number(value):
    """JSON has no NaN, and numpy's scalars print as themselves only after this."""
    return None if value is None or not math.isfinite(value) else float(value)


def made(call):
    """The object a text names, so that what is recorded is what ran."""
    return eval(call)


def trace(stream, method, model, output, scaler="StandardScaler", rows=100, tool=RIVER):
    """Runs one model over one prefix; `output` reads what is recorded from the model and its scaled input."""
    scale = getattr(preprocessing, scaler)() if scaler else None
    values = []
    for x, y in STREAMS[stream][:rows]:
        values.append(output(model, scale.transform_one(x) if scale else x))
        if scale:
            scale.learn_one(x)
            x = scale.transform_one(x)
        model.learn_one(x, y)
    result = {"stream": stream, "tool": tool, "method": f"{scaler}() | {method}" if scaler else method}
    result |= {"output": output.__doc__, "values": values}
    weights = getattr(model, "weights", None) or getattr(model, "w", None)
    if weights and not isinstance(next(iter(weights.values())), dict):
        result["weights"] = {name: number(weight) for name, weight in sorted(weights.items())}
    if hasattr(model, "intercept"):
        result["intercept"] = number(model.intercept)
    return result


def probability(model, x):
    """probability of the positive class"""
    return number(model.predict_proba_one(x)[True])


def decision(model, x):
    """decision value: weights times inputs plus intercept, before any link"""
    if hasattr(model, "_raw_dot_one"):
        return number(model._raw_dot_one(x))
    if hasattr(model, "_raw_dot"):
        return number(model._raw_dot(x))
    weights = model.weights
    return number(sum(xi * weights.get(i, 0.0) for i, xi in x.items()) + model.intercept)


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
    """Logistic regression by each optimizer, then penalties and rates."""
    optimizers = {
        "sgd": "SGD(0.01)",
        "momentum": "Momentum(0.01, rho=0.9)",
        "nesterov": "NesterovMomentum(0.01, rho=0.9)",
        "adagrad": "AdaGrad(0.1, eps=1e-8)",
        "rmsprop": "RMSProp(0.01, rho=0.9, eps=1e-8)",
        "adam": "Adam(0.01, beta_1=0.9, beta_2=0.999, eps=1e-8)",
        "ftrl-river": "FTRLProximal(alpha=0.1, beta=1.0, l1=0.0, l2=1.0)",
        "ftrl-river-l1": "FTRLProximal(alpha=0.1, beta=1.0, l1=1.0, l2=0.0)",
        "sgd-inverse-scaling": "SGD(optim.schedulers.InverseScaling(0.1, power=0.5))",
    }
    for name, call in optimizers.items():
        rows = 200 if name == "sgd" else 100
        call = f"linear_model.LogisticRegression(optim.{call}, intercept_lr=0.01)"
        yield f"logistic-{name}", trace("electricity", call, made(call), probability, rows=rows)
    options = {
        "l1": "l1=0.01",
        "l2": "l2=0.01",
        "clipped": "clip_gradient=0.3",
        "weighted": "loss=optim.losses.Log(weight_pos=2.0, weight_neg=0.5)",
        "hinge": "loss=optim.losses.Hinge()",
        "no-intercept": "intercept_lr=0.0",
    }
    for name, option in options.items():
        call = f"linear_model.LogisticRegression(optim.SGD(0.01), {option})"
        yield f"logistic-{name}", trace("electricity", call, made(call), decision if name == "hinge" else probability)
    model = linear_model.LogisticRegression(optim.SGD(0.01), loss=references.SquaredHinge())
    yield "logistic-squared-hinge", trace(
        "electricity",
        "LogisticRegression(SGD(0.01), loss=max(0, 1 - y p)^2, gradient -2 y max(0, 1 - y p))",
        model,
        decision,
        tool=f"{RIVER} with a loss of our own",
    )
    yield "logistic-unscaled", trace(
        "electricity", "LogisticRegression(SGD(0.01))", linear_model.LogisticRegression(optim.SGD(0.01)), probability, None
    )
    for l1, l2 in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)):
        yield f"logistic-ftrl-paper-l1={l1:g}-l2={l2:g}", trace(
            "electricity",
            f"McMahan 2013, Algorithm 1 (alpha=0.1, beta=1, l1={l1:g}, l2={l2:g}); the intercept by SGD(0.01)",
            references.FtrlLogistic(0.1, 1.0, l1, l2),
            probability,
            tool=OWN,
        )


def linear_traces():
    """Linear regression by each loss; Poisson on counts."""
    # The losses with a bounded gradient get large rates, so that predictions cross the labels within the prefix.
    calls = {
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
    for name, arguments in calls.items():
        call = f"linear_model.LinearRegression({arguments})"
        rows = 200 if name == "squared" else 100
        yield f"linear-{name}", trace("fried", call, made(call), prediction, rows=rows)


def margin_traces():
    """Passive-aggressive, ALMA, perceptron, AROW."""
    for mode in (0, 1, 2):
        yield f"pa-classifier-{mode}", trace(
            "electricity",
            f"PAClassifier(C=0.01, mode={mode})",
            linear_model.PAClassifier(C=0.01, mode=mode),
            decision,
        )
        yield f"pa-regressor-{mode}-river", trace(
            "fried",
            f"PARegressor(C=1.0, mode={mode}, eps=0.1); its loss reads the target as 2y - 1",
            linear_model.PARegressor(C=1.0, mode=mode),
            prediction,
        )
        yield f"pa-regressor-{mode}-paper", trace(
            "fried",
            f"Crammer 2006, PA mode {mode} for regression, C=1, eps=0.1; the intercept takes the same step, outside the norm",
            references.PaRegressor(1.0, mode, 0.1),
            prediction,
            tool=OWN,
        )
    yield "alma", trace("electricity", "ALMAClassifier()", linear_model.ALMAClassifier(), decision, rows=200)
    yield "perceptron", trace("electricity", "Perceptron()", linear_model.Perceptron(), decision)
    for r in (0.1, 1.0):
        yield f"arow-r={r:g}", trace(
            "electricity",
            f"Crammer 2009, AROW with full covariance, r={r:g}, bias as one more input of 1",
            references.Arow(r),
            decision,
            tool=OWN,
        )
        yield f"arow-diagonal-r={r:g}", trace(
            "electricity",
            f"Crammer 2009, AROW with the diagonal of the covariance kept, r={r:g}, bias as one more input of 1",
            references.ArowDiagonal(r),
            decision,
            tool=OWN,
        )


def class_traces():
    """Many classes, naive Bayes, Bayesian linear regression."""
    softmax = linear_model.SoftmaxRegression
    yield "softmax-sgd", trace(
        "image_segments", "SoftmaxRegression(SGD(0.01))", softmax(optim.SGD(0.01)), probabilities, rows=60
    )
    yield "softmax-adam", trace(
        "image_segments", "SoftmaxRegression(Adam(0.01))", softmax(optim.Adam(0.01)), probabilities, rows=40
    )
    yield "softmax-l2", trace(
        "image_segments", "SoftmaxRegression(SGD(0.01), l2=0.01)", softmax(optim.SGD(0.01), l2=0.01), probabilities, rows=40
    )
    for stream, rows in (("electricity", 100), ("image_segments", 60)):
        yield f"gaussian-nb-{stream}", trace(
            stream, "GaussianNB()", naive_bayes.GaussianNB(), probabilities, None, rows=rows
        )
    for alpha, beta in ((1, 1), (0.1, 4)):
        yield f"bayesian-linear-{alpha:g}-{beta:g}", trace(
            "fried",
            f"BayesianLinearRegression(alpha={alpha:g}, beta={beta:g})",
            linear_model.BayesianLinearRegression(alpha=alpha, beta=beta),
            distribution,
            None,
        )
    yield "bayesian-linear-smoothed", trace(
        "fried",
        "BayesianLinearRegression(alpha=1, beta=1, smoothing=0.9)",
        linear_model.BayesianLinearRegression(alpha=1, beta=1, smoothing=0.9),
        distribution,
        None,
        rows=60,
    )


def scaler_traces():
    """What each scaler makes of a row right after learning it."""
    for call in ("StandardScaler()", "StandardScaler(with_std=False)", "MinMaxScaler()", "MaxAbsScaler()", "RobustScaler()"):
        scaler = made(f"preprocessing.{call}")
        rows = []
        for x, _ in STREAMS["electricity"][:60]:
            scaler.learn_one(x)
            rows.append([number(value) for value in scaler.transform_one(x).values()])
        columns = list(STREAMS["electricity"][0][0])
        yield call, {"stream": "electricity", "tool": RIVER, "output": "learn, then transform", "columns": columns, "values": rows}


def encoder_traces():
    """Target encoding (transform, then learn) and TF-IDF (learn, then transform)."""
    groups = [(x["chick"], y) for x, y in STREAMS["chick_weights"][:60]]
    statistics = {"Mean()": stats.Mean(), "BayesianMean(prior=100, prior_weight=5)": stats.BayesianMean(100, 5)}
    for how, statistic in statistics.items():
        aggregate = feature_extraction.TargetAgg(by="chick", how=statistic)
        values = []
        for chick, y in groups:
            values.extend(number(v) for v in aggregate.transform_one({"chick": chick}).values())
            aggregate.learn_one({"chick": chick}, y)
        yield f"TargetAgg(by=chick, how={how})", {
            "tool": RIVER,
            "output": "transform, then learn; `input` is [chick, weight]",
            "input": groups,
            "values": values,
        }
    corpus = ["this is the first document", "this document is the second document", "and this is the third one"]
    corpus += ["is this the first document", "one one two"]
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
    about = {
        "made by": "bench/peers/traces.py",
        "seed": None,
        "streams": {name: f"first {limit} rows at most of {name}.csv.gz" for name, limit in ROWS.items()},
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
    lines += [f"{json.dumps(name)}: {json.dumps(value)}" for group in groups for name, value in group()]
    target = REPOSITORY / "test" / "golden" / "river-traces.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf8")
    print(f"{target}: {len(lines) - len(about)} traces, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
