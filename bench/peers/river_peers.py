"""River's speed at the work Millrace is measured at; one JSON object on standard output.

    python river_peers.py csv electricity [--rows N]       CSV file to accuracy: scaler, one-hot, logistic SGD 0.01
    python river_peers.py bayes --features 10 [--rows N]   Bayesian linear regression over rows in memory

The CSV is unpacked into the cache before the clock starts, and read by River's own iter_csv, parsing included.
"""

import argparse
import gzip
import json
import random
import shutil
import time
from importlib.metadata import version

from river import linear_model, stream

from datasets import CACHE, DATA, DATASETS
from methods import ONE_HOT, SCALED, Method, logistic


def plain_csv(dataset):
    """The unpacked CSV; made once."""
    path = CACHE / f"{dataset.name}.csv"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        with gzip.open(DATA / f"{dataset.name}.csv.gz") as packed, open(unfinished, "wb") as file:
            shutil.copyfileobj(packed, file)
        unfinished.rename(path)
    return path


def from_csv(dataset, limit):
    """Test-then-train straight from the file."""
    path = plain_csv(dataset)
    with open(path, encoding="utf8") as file:
        header = file.readline().strip().split(",")
    kept = [name for name in header if name != dataset.label and name not in dataset.drop]
    converters = {name: float for name in kept if name not in dataset.categorical}
    converters[dataset.label] = dataset.target
    model = Method("logistic", logistic("SGD(0.01)"), ONE_HOT if dataset.categorical else SCALED).model()
    rows = correct = 0
    started = time.process_time()
    for x, y in stream.iter_csv(str(path), target=dataset.label, converters=converters, drop=list(dataset.drop)):
        correct += model.predict_one(x) == y
        model.learn_one(x, y)
        rows += 1
        if rows == limit:
            break
    cpu = time.process_time() - started
    return {"dataset": dataset.name, "rows": rows, "accuracy": correct / rows, "cpuSeconds": cpu}


def bayes(features, count):
    """Test-then-train of BayesianLinearRegression over Gaussian inputs with known weights and noise; seed 7."""
    generator = random.Random(7)
    names = [f"x{i}" for i in range(features)]
    weights = [generator.gauss(0, 1) for _ in names]
    rows = []
    for _ in range(count):
        x = {name: generator.gauss(0, 1) for name in names}
        rows.append((x, sum(map(float.__mul__, weights, x.values())) + generator.gauss(0, 0.5)))
    model = linear_model.BayesianLinearRegression()
    error = 0.0
    started = time.process_time()
    for x, y in rows:
        error += abs(model.predict_one(x) - y)
        model.learn_one(x, y)
    cpu = time.process_time() - started
    return {"features": features, "rows": count, "mae": error / count, "cpuSeconds": cpu}


def main():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    work = parser.add_subparsers(dest="work", required=True)
    csv = work.add_parser("csv")
    csv.add_argument("dataset", choices=[name for name, dataset in DATASETS.items() if dataset.task == "binary"])
    csv.add_argument("--rows", type=int)
    dense = work.add_parser("bayes")
    dense.add_argument("--features", type=int, default=10)
    dense.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    if arguments.work == "csv":
        figures = from_csv(DATASETS[arguments.dataset], arguments.rows)
    else:
        figures = bayes(arguments.features, arguments.rows)
    figures["rowsPerCpuSecond"] = figures["rows"] / figures["cpuSeconds"]
    print(json.dumps({"tool": "River", "version": version("river"), **figures}))


if __name__ == "__main__":
    main()
