"""Vowpal Wabbit over one of the data sets, natively from its own text; one JSON object on standard output.

    python vw.py electricity [--rows N] [-- options of Vowpal Wabbit]
    python vw.py electricity --text     only writes the text, and prints where it is
    python vw.py electricity --gz       reads the text gzipped

The text is made once and kept in the cache; making it is outside of what is measured. Without options of its own a run
has the defaults of the task: logistic loss with --binary, --oaa with logistic loss, or squared loss.

`cpuSeconds` covers the life of Vowpal Wabbit's workspace, `processCpuSeconds` the whole process, of which Python took
`startUpCpuSeconds` before: the wheel has no program `vw`, which would not pay that.
"""

import argparse
import gzip
import json
import math
import sys
import time
from importlib.metadata import version

from datasets import CACHE, DATASETS


def text_of(dataset, limit=None, packed=False):
    """The data set as Vowpal Wabbit's text: raw numbers, zeros left out, categories as name=value, one namespace f."""
    path = CACHE / f"{dataset.name}{'' if limit is None else f'-{limit}'}.vw{'.gz' if packed else ''}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with (gzip.open if packed else open)(unfinished, "wt", encoding="utf8") as file:
            file.writelines(lines(dataset, limit))
        unfinished.rename(path)
    return path


def lines(dataset, limit=None):
    """Yields the lines; classes are numbered from 1 as they come."""
    categorical = dataset.as_words
    classes = {}
    for x, y in dataset.rows(limit):
        if dataset.task == "binary":
            label = "1" if y else "-1"
        else:
            label = shortest(y) if dataset.task == "regression" else str(classes.setdefault(y, len(classes) + 1))
        if dataset.text:
            words = x
        else:
            words = [word(c, value, c in categorical) for c, value in x.items() if c in categorical or value]
        yield f"{label} |f {' '.join(words)}\n"


def word(name, value, categorical):
    """One input: name=value where the value is a category, else name:value."""
    return f"{name}{'=' if categorical else ':'}{value if isinstance(value, str) else shortest(value)}"


def shortest(value):
    """The shortest text of a number: no .0 after an integer, which Vowpal Wabbit would have to read."""
    return repr(value).removesuffix(".0")


def default_options(dataset, limit=None):
    """What Vowpal Wabbit is run with when nothing is said."""
    if dataset.task == "binary":
        return "--loss_function logistic --binary"
    if dataset.task == "regression":
        return ""
    return f"--oaa {len({y for _, y in dataset.rows(limit)})} --loss_function logistic"


def run(path, options):
    """One pass; the clock covers the whole life of the workspace: starting, reading, parsing, learning, ending."""
    from vowpalwabbit import pyvw

    started = time.process_time()  # counts from the start of the process
    workspace = pyvw.Workspace(f"-d {path} --no_stdin {options}", enable_logging=True)
    rows = int(workspace.get_weighted_examples())
    loss = workspace.get_sum_loss() / rows
    workspace.finish()
    ended = time.process_time()
    times = {"startUpCpuSeconds": started, "cpuSeconds": ended - started, "processCpuSeconds": ended}
    return {"rows": rows, "loss": loss, **times, "rowsPerCpuSecond": rows / (ended - started)}


def report(dataset, options, figures):
    """Figures with what they are of; the loss read as the task means it."""
    result = {"tool": "Vowpal Wabbit", "version": version("vowpalwabbit"), "dataset": dataset.name, "options": options}
    if dataset.task == "regression" and "quantile" not in options:
        return result | figures | {"rmse": math.sqrt(figures["loss"])}
    rates = "--binary" in options or "--oaa" in options
    return result | figures | ({"accuracy": 1.0 - figures["loss"]} if rates else {})


def main():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=DATASETS)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--gz", action="store_true")
    own, _, options = " ".join(sys.argv[1:]).partition(" -- ")
    arguments = parser.parse_args(own.split())
    dataset = DATASETS[arguments.dataset]
    path = text_of(dataset, arguments.rows, arguments.gz)
    if arguments.text:
        print(json.dumps({"text": str(path)}))
        return
    options = options or default_options(dataset, arguments.rows)
    print(json.dumps(report(dataset, options, run(path, options))))


if __name__ == "__main__":
    main()
