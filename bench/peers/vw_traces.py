"""Vowpal Wabbit's predictions row by row over short prefixes: test/golden/vw-traces.json.

Each is the prediction before the row is learned, the raw weighted sum (no link). Weights and sums are 32-bit floats in
Vowpal Wabbit: hold doubles to them with a tolerance of 1e-4, relative, not of 1e-12.
"""

import json
from importlib.metadata import version

from vowpalwabbit import pyvw

from datasets import DATASETS, REPOSITORY
from vw import lines

RUNS = {
    "logistic": ("electricity", "--loss_function logistic"),
    "logistic-plain-sgd": ("electricity", "--loss_function logistic --sgd -l 0.1"),
    "logistic-normalized": ("electricity", "--loss_function logistic --normalized"),
    "logistic-adaptive": ("electricity", "--loss_function logistic --adaptive"),
    "logistic-invariant": ("electricity", "--loss_function logistic --invariant"),
    "logistic-power-0": ("electricity", "--loss_function logistic --power_t 0"),
    "logistic-ftrl": ("electricity", "--loss_function logistic --ftrl"),
    "logistic-coin": ("electricity", "--loss_function logistic --coin"),
    "hinge": ("electricity", "--loss_function hinge"),
    "logistic-l1": ("electricity", "--loss_function logistic --l1 1e-4"),
    "logistic-l2": ("electricity", "--loss_function logistic --l2 1e-4"),
    "squared": ("fried", "--loss_function squared"),
    "squared-plain-sgd": ("fried", "--loss_function squared --sgd -l 0.1"),
    "squared-invariant": ("fried", "--loss_function squared --invariant"),
    "quantile-0.5": ("fried", "--loss_function quantile --quantile_tau 0.5"),
}
ROWS = 100


def trace(stream, options):
    """The predictions of one run."""
    workspace = pyvw.Workspace(f"--quiet {options}", enable_logging=False)
    values = []
    for line in lines(DATASETS[stream], ROWS):
        example = workspace.parse(line.rstrip("\n"), pyvw.LabelType.SIMPLE)
        workspace.learn(example)
        values.append(example.get_simplelabel_prediction())
        workspace.finish_example(example)
    workspace.finish()
    return {"stream": stream, "method": options, "values": values}


def main():
    """Writes the file, a trace a line."""
    about = {
        "made by": "bench/peers/vw_traces.py",
        "tool": f"Vowpal Wabbit {version('vowpalwabbit')}",
        "seed": None,
        "output": "raw prediction before the row is learned; of a regression, held within the labels met so far",
        "inputs": "as in golden.py: raw numbers, zeros left out, day of electricity as a category, constant added",
    }
    entries = [*about.items(), *((name, trace(*run)) for name, run in RUNS.items())]
    body = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entries)
    (REPOSITORY / "test/golden/vw-traces.json").write_text(f"{{\n{body}\n}}\n", encoding="utf8")


if __name__ == "__main__":
    main()
