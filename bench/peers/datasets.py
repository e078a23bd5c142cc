"""The data sets the peers read: which column is the label, which are categories, which are left out.

The files lie gzipped beside the repository (`../shared/data`, or where MILLRACE_DATA says); none of them is shipped.
"""

import csv
import gzip
import os
import pathlib
import re
from dataclasses import dataclass

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("MILLRACE_DATA", REPOSITORY.parent / "shared" / "data"))
CACHE = pathlib.Path(os.environ.get("MILLRACE_PEERS", REPOSITORY / ".cache" / "peers"))

# A token of a text message: letters, digits and the signs that spam is fond of, after `str.lower`.
TOKEN = re.compile(r"[a-z0-9£$!?]+")


@dataclass(frozen=True)
class DataSet:
    """One file, and how its columns are meant."""

    name: str
    task: str  # binary, multiclass or regression
    label: str
    positive: str | None = None
    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    vw_categorical: tuple[str, ...] | None = None
    text: str | None = None

    def rows(self, limit=None):
        """Yields a dict of columns (numbers as floats, categories as strings; of a text, its tokens) and the label."""
        with gzip.open(DATA / f"{self.name}.csv.gz", "rt", encoding="utf8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader)
            label = header.index(self.label)
            kept = [(i, c) for i, c in enumerate(header) if c != self.label and c not in self.drop]
            strings = {*self.categorical, self.text}
            for number, row in enumerate(reader):
                if number == limit:
                    return
                x = {c: row[i] if c in strings else float(row[i]) for i, c in kept}
                if self.text:
                    x = TOKEN.findall(x[self.text].lower())
                yield x, self.target(row[label])

    @property
    def as_words(self):
        """The columns that Vowpal Wabbit reads as name=value."""
        return self.categorical if self.vw_categorical is None else self.vw_categorical

    def target(self, value):
        """The label as River takes it."""
        if self.task == "binary":
            return value == self.positive
        return float(value) if self.task == "regression" else value


class SpamAssassin(DataSet):
    """The one file that comes as Vowpal Wabbit's text: label and the words that occur, all of them with value 1."""

    def rows(self, limit=None):
        with gzip.open(DATA / "spamassassin.vw.gz", "rt", encoding="utf8") as file:
            for number, line in enumerate(file):
                if number == limit:
                    return
                label, words = line.split("|f", 1)
                yield words.split(), label.strip() == "1"


FLIGHTS = {"drop": ("ts",), "categorical": ("airline", "origin", "dest", "dow")}

DATASETS = {
    d.name: d
    for d in (
        DataSet("electricity", "binary", "class", "UP", vw_categorical=("day",)),
        DataSet("nycflights_delayed", "binary", "delayed", "1", **FLIGHTS),
        DataSet("nycflights_delay", "regression", "arr_delay", **FLIGHTS),
        DataSet("sea", "binary", "label", "1"),
        DataSet("phishing", "binary", "is_phishing", "1"),
        DataSet("bananas", "binary", "y", "1"),
        DataSet("covertype_ramp", "multiclass", "Cover_Type"),
        DataSet("kddcup99_10pct", "multiclass", "label", categorical=("protocol_type", "service", "flag")),
        DataSet("image_segments", "multiclass", "category"),
        DataSet("sms_spam", "binary", "label", "spam", text="text"),
        SpamAssassin("spamassassin", "binary", "label", "1", text="words"),
        DataSet(
            "bikes_hour",
            "regression",
            "cnt",
            drop=("ts",),
            categorical=("season", "weathersit"),
            vw_categorical=("season", "weathersit", "hr", "mnth", "weekday"),
        ),
        DataSet("fried", "regression", "target"),
        DataSet("trump_approval", "regression", "five_thirty_eight"),
        DataSet("chick_weights", "regression", "weight"),
    )
}
