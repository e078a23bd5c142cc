"""What River's transformers make of a made-up stream, step by step: test/golden/river-transformers.json.

    python transformers.py

Each step is `[transformed before learning the record, transformed after]`. Nothing here is random.
"""

import json
import math
import pathlib
from importlib.metadata import version

from river import feature_extraction, preprocessing, stats

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "river-transformers.json"


def stream(rows=60):
    """Numbers of different size, one of them missing now and then, a category, a text, a label."""
    words = "free win now call me later ok see you at home prize claim cash tomorrow dinner".split()
    for i in range(rows):
        a = math.floor(1000 * math.sin(i * 1.7) * (1 + i % 7)) / 100
        b = (i * 7919 % 1009) / 8
        c = None if i % 5 == 3 else math.floor(300 * math.cos(i * 0.37)) / 16
        place = "ABCDE"[i * i % 5] if i % 11 else "rare%d" % i
        text = " ".join(words[(i * k * k + k) % len(words)] for k in range(1, 3 + i % 6))
        yield {"a": a, "b": b, "c": c, "place": place, "text": text}, (i * i + i // 3) % 7


def steps(transformer, inputs, supervised=False):
    made = []
    for x, y in stream():
        one = inputs(x)
        try:
            before = transformer.transform_one(one)
        except (TypeError, ZeroDivisionError):
            before = None  # River's before its first record
        transformer.learn_one(one, y) if supervised else transformer.learn_one(one)
        made.append([before, transformer.transform_one(one)])
    return made


def clean(value):
    if isinstance(value, dict):
        return {key: clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [clean(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def numbers(x):
    return {"a": x["a"], "b": x["b"]}


made = {
    "standardScaler": steps(preprocessing.StandardScaler(), numbers),
    "minMax": steps(preprocessing.MinMaxScaler(), numbers),
    "robustScaler": steps(preprocessing.RobustScaler(), numbers),
    "imputer mean": steps(preprocessing.StatImputer(("c", stats.Mean())), lambda x: {"c": x["c"]}),
    "polynomial 2": steps(feature_extraction.PolynomialExtender(degree=2), numbers),
    "polynomial 3": steps(feature_extraction.PolynomialExtender(degree=3), numbers),
    "targetEncoding": steps(
        feature_extraction.TargetAgg(by="place", how=stats.BayesianMean(prior=3, prior_weight=4)),
        lambda x: {"place": x["place"]},
        supervised=True,
    ),
    "tfidf": steps(
        feature_extraction.TFIDF(tokenizer=str.split, lowercase=False, strip_accents=False),
        lambda x: x["text"],
    ),
    "tfidf not normalised": steps(
        feature_extraction.TFIDF(tokenizer=str.split, lowercase=False, strip_accents=False, normalize=False),
        lambda x: x["text"],
    ),
}
rows = [[x, y] for x, y in stream()]
parts = [f'"tool": "River {version("river")}"', f'"rows": {json.dumps(rows)}']
parts += [f"{json.dumps(name)}: {json.dumps(clean(each))}" for name, each in made.items()]
GOLDEN.write_text("{\n" + ",\n".join(parts) + "\n}\n")
