"""Quality of River and Vowpal Wabbit over whole data sets: test/golden/<data set>.json.

    python golden.py [data set ...]

Prequential, test-then-train from the first row on, every row counted, no warm-up. A prediction River does not make (a
softmax that has met no class) counts as wrong. Nothing here is random.
"""

import collections
import json
import math
import pathlib
import subprocess
import sys
import tempfile
from importlib.metadata import version

from datasets import DATASETS, REPOSITORY
from methods import methods_for
from references import sigmoid
from vw import default_options

GOLDEN = REPOSITORY / "test" / "golden"


class Quality:
    """Counts what a task is judged by."""

    def __init__(self, task):
        self.task = task
        self.labels, self.predicted, self.scores = [], [], []

    def add(self, label, predicted, score=None):
        """One row; `score` is the probability of the positive class, where there is one."""
        self.labels.append(label)
        self.predicted.append(predicted)
        self.scores.append(score)

    def figures(self, probabilistic):
        """All figures of the task; log loss only for models that mean their probabilities."""
        if self.task == "regression":
            return self.regression()
        n = len(self.labels)
        correct = sum(p == y for p, y in zip(self.predicted, self.labels, strict=True))
        actual, said = collections.Counter(self.labels), collections.Counter(self.predicted)
        chance = sum(actual[label] * said[label] for label in actual) / n**2
        figures = {"correct": correct, "accuracy": correct / n, "kappa": (correct / n - chance) / (1 - chance)}
        if self.task == "binary":
            figures["auc"] = auc(self.scores, self.labels)
            if probabilistic:
                figures["logLoss"] = log_loss(self.scores, self.labels)
        return figures

    def regression(self):
        """Errors of a regression; R2 against the mean of the whole file."""
        n = len(self.labels)
        errors = [p - y for p, y in zip(self.predicted, self.labels, strict=True)]
        mean = math.fsum(self.labels) / n
        squares = math.fsum(e * e for e in errors)
        total = math.fsum((y - mean) ** 2 for y in self.labels)
        mae = math.fsum(map(abs, errors)) / n
        return {"mae": mae, "rmse": math.sqrt(squares / n), "r2": 1 - squares / total}


def auc(scores, labels):
    """Area under the ROC curve by ranks; ties count half."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks, start, positives = 0.0, 0, sum(labels)
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        ranks += (start + 1 + end) / 2 * sum(labels[i] for i in order[start:end])
        start = end
    return (ranks - positives * (positives + 1) / 2) / (positives * (len(order) - positives))


def log_loss(scores, labels):
    """Mean of -ln of the probability given to what came, probabilities held within 1e-15 of 0 and 1."""
    held = (min(max(p if y else 1 - p, 1e-15), 1 - 1e-15) for p, y in zip(scores, labels, strict=True))
    return math.fsum(-math.log(p) for p in held) / len(labels)


def river(dataset, rows, method):
    """One model of River over the rows."""
    model, quality = method.model(), Quality(dataset.task)
    for x, y in rows:
        if dataset.task == "regression":
            quality.add(y, model.predict_one(x))
        else:
            chances = model.predict_proba_one(x)
            predicted = max(chances, key=chances.get) if chances else None
            # Naive Bayes gives no chance to a class it has not met, and none to any before the first row.
            quality.add(y, predicted, chances.get(True, 0.0) if chances else 0.5)
        model.learn_one(x, y)
    return {
        "tool": "River",
        "version": version("river"),
        "family": method.family,
        "method": method.text,
        "seed": None,
        "rows": len(quality.labels),
        **quality.figures(method.probabilistic),
    }


def vowpal_wabbit(dataset, rows, family, options, limit=None):
    """Runs of Vowpal Wabbit in processes of their own: what its log reports, and what its predictions are worth.

    The two agree but for --coin, whose loss is not of the predictions it makes before it learns.
    """
    ran = vw_process(dataset, options, limit)
    result = {"tool": "Vowpal Wabbit", "version": ran["version"], "family": family, "method": options, "seed": None}
    result["rows"] = ran["rows"]
    if dataset.task == "multiclass":
        return result | {"accuracy": ran["accuracy"]}
    quality = Quality(dataset.task)
    with tempfile.TemporaryDirectory() as folder:
        written = pathlib.Path(folder) / "predictions"
        vw_process(dataset, f"{options.replace(' --binary', '')} -p {written}")
        for line, (_, y) in zip(written.read_text().splitlines(), rows, strict=True):
            raw = float(line)
            if dataset.task == "regression":
                quality.add(y, raw)
            else:
                quality.add(y, raw > 0, sigmoid(raw))
    reported = {"reportedAccuracy": ran["accuracy"]} if dataset.task == "binary" else {"reportedLoss": ran["loss"]}
    return result | quality.figures("logistic" in options) | reported


def vw_process(dataset, options, limit=None):
    """What vw.py says of one run."""
    command = [sys.executable, "vw.py", dataset.name, *(["--rows", str(limit)] if limit else []), "--", options]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=pathlib.Path(__file__).parent)
    return json.loads(out.stdout)


def vw_runs(dataset):
    """Family and options, and number of rows if not all, of the runs of Vowpal Wabbit that fit a data set."""
    standard = default_options(dataset)
    if dataset.task == "binary":
        logistic = "--loss_function logistic --binary"
        yield "logistic", logistic
        yield "svm", "--loss_function hinge --binary"
        for update in ("--ftrl", "--coin", "--sgd -l 0.1", "--power_t 0", "-l 10 --power_t 0"):
            yield "logistic", f"{logistic} {update}"
        if dataset.name in ("electricity", "nycflights_delayed"):
            yield "logistic-pairs", f"{logistic} -q ff -b 20"
    elif dataset.task == "multiclass":
        yield "softmax", standard
        yield "svm", standard.replace("logistic", "hinge")
        if dataset.name == "kddcup99_10pct":
            yield "softmax", standard, 100_000
    else:
        yield "linear", "--loss_function squared"
        yield "linear", "--loss_function squared --ftrl"
        yield "linear", "--loss_function squared --coin"
        yield "quantile", "--loss_function quantile --quantile_tau 0.5"


def description(dataset, rows):
    """What was read and how, in words that our side can follow."""
    columns = [] if dataset.text else list(rows[0][0])
    numeric = [c for c in columns if c not in dataset.categorical]
    river_words = "the method is the whole pipeline; without a scaler in it, numbers are as in the file"
    if dataset.categorical:
        river_words += "; one-hot inputs are 0 or 1, unscaled, a category's weight is 0 until its first row is learned"
    vw_words = "numbers as in the file, unscaled, zeros left out; categories as name=value; one namespace; 18 bits"
    if dataset.text:
        river_words = "counts of tokens as inputs, unscaled, no limit to their number"
        vw_words = "tokens as they come, each with value 1, hashed to 18 bits"
    return {
        "dataset": dataset.name,
        "label": dataset.label,
        "positive": dataset.positive,
        "task": dataset.task,
        "dropped": list(dataset.drop),
        "numeric": numeric,
        "categorical": list(dataset.categorical),
        "text": f"{dataset.text}, lower case, tokens [a-z0-9£$!?]+" if dataset.name == "sms_spam" else dataset.text,
        "river": river_words,
        "vowpalWabbit": vw_words,
        "vowpalWabbitCategorical": list(dataset.as_words),
    }


def golden(dataset):
    """Writes the file of one data set, a result a line."""
    rows = [(collections.Counter(x) if dataset.text else x, y) for x, y in dataset.rows()]
    results = []
    for method in methods_for(dataset):
        results.append(river(dataset, rows[: method.limit], method))
        print(dataset.name, json.dumps(results[-1]), flush=True)
    for run in vw_runs(dataset):
        results.append(vowpal_wabbit(dataset, rows, *run))
        print(dataset.name, json.dumps(results[-1]), flush=True)
    about = json.dumps({**description(dataset, rows), "rows": len(rows)}, indent=1, ensure_ascii=False)
    lines = ",\n".join("  " + json.dumps(result, ensure_ascii=False) for result in results)
    path = GOLDEN / f"{dataset.name}.json"
    path.write_text(f'{about[:-2]},\n "results": [\n{lines}\n ]\n}}\n', encoding="utf8")


if __name__ == "__main__":
    for name in sys.argv[1:] or DATASETS:
        golden(DATASETS[name])
