"""The methods of River that fit a data set: each a text, and the model that the text makes."""

from dataclasses import dataclass

from river import (  # noqa: F401 - named by the texts
    compose,
    linear_model,
    multiclass,
    naive_bayes,
    optim,
    preprocessing,
)


@dataclass(frozen=True)
class Method:
    """One model; `family` says which of our models it is held against."""

    family: str
    learner: str
    inputs: str = ""
    probabilistic: bool = False
    limit: int | None = None

    @property
    def text(self):
        """The pipeline as Python writes it."""
        return f"{self.inputs} | {self.learner}" if self.inputs else self.learner

    def model(self):
        """A fresh model, made from the text, so that what is recorded is what ran."""
        return eval(self.text)


SCALED = "preprocessing.StandardScaler()"
ONE_HOT = (
    "((compose.SelectType(float) | preprocessing.StandardScaler())"
    " + (compose.SelectType(str) | preprocessing.OneHotEncoder()))"
)
GAUSSIAN = "naive_bayes.GaussianNB()"


def logistic(optimizer, options=""):
    """Logistic regression by an optimizer; the intercept goes by SGD 0.01."""
    return f"linear_model.LogisticRegression(optim.{optimizer}{options})"


def binary(dataset, inputs):
    """Two classes over columns."""
    yield Method("logistic", logistic("SGD(0.01)"), inputs, True)
    yield Method("logistic", logistic("AdaGrad(0.1)"), inputs, True)
    if dataset.name in ("electricity", "phishing"):
        optimizers = ("SGD(0.1)", "Adam(0.01)", "RMSProp(0.01)", "Momentum(0.01)", "FTRLProximal(alpha=0.1)")
        for optimizer in optimizers:
            yield Method("logistic", logistic(optimizer), inputs, True)
        yield Method("logistic", logistic("SGD(0.1)", ", intercept_lr=0.1"), inputs, True)
        yield Method("logistic", logistic("SGD(0.01)", ", l2=0.001"), inputs, True)
        yield Method("logistic", logistic("SGD(0.01)", ", l1=0.001"), inputs, True)
    yield Method("svm", logistic("SGD(0.01)", ", loss=optim.losses.Hinge()"), inputs)
    yield Method("passive-aggressive", "linear_model.PAClassifier(C=0.01, mode=1)", inputs)
    if dataset.categorical:
        return
    yield Method("passive-aggressive", "linear_model.PAClassifier(C=0.01, mode=2)", inputs)
    yield Method("alma", "linear_model.ALMAClassifier()", inputs)
    yield Method("perceptron", "linear_model.Perceptron()", inputs)
    yield Method("naive-bayes", GAUSSIAN, "", True)


def multiple(dataset, inputs):
    """Many classes over columns."""
    softmax = "linear_model.SoftmaxRegression(optim.SGD(0.01))"
    yield Method("softmax", softmax, inputs, True)
    if dataset.name == "kddcup99_10pct":
        yield Method("softmax", softmax, inputs, True, 100_000)  # the whole file takes River a quarter of an hour
        return
    limit = 20_000 if dataset.name == "covertype_ramp" else None
    yield Method("naive-bayes", GAUSSIAN, "", True, limit)
    for family, learner in (
        ("logistic", logistic("SGD(0.01)")),
        ("passive-aggressive", "linear_model.PAClassifier(C=0.01, mode=1)"),
        ("perceptron", "linear_model.Perceptron()"),
    ):
        yield Method(f"one-vs-rest {family}", f"multiclass.OneVsRestClassifier({learner})", inputs, False, limit)


def regression(dataset, inputs):
    """A number to predict from columns."""
    yield Method("linear", "linear_model.LinearRegression(optim.SGD(0.01))", inputs)
    yield Method("linear", "linear_model.LinearRegression(optim.SGD(0.001))", inputs)
    yield Method("huber", "linear_model.LinearRegression(optim.SGD(0.01), loss=optim.losses.Huber(10.0))", inputs)
    if dataset.name == "nycflights_delay":
        return
    yield Method("passive-aggressive", "linear_model.PARegressor(C=0.01, mode=1)", inputs)
    yield Method("passive-aggressive", "linear_model.PARegressor(C=1.0, mode=1)", inputs)
    yield Method("bayes-linear", "linear_model.BayesianLinearRegression()", inputs)
    if not dataset.categorical:
        yield Method("bayes-linear", "linear_model.BayesianLinearRegression()")


def text():
    """Two classes over token counts."""
    optimizers = ("SGD(0.01)", "SGD(0.1)", "AdaGrad(0.1)", "FTRLProximal(alpha=0.1)", "FTRLProximal(alpha=0.5, l2=0.0)")
    for optimizer in optimizers:
        yield Method("logistic", logistic(optimizer), "", True)
    yield Method("passive-aggressive", "linear_model.PAClassifier(C=1.0, mode=1)")
    yield Method("multinomial-nb", "naive_bayes.MultinomialNB(alpha=1.0)", "", True)


def methods_for(dataset):
    """All methods for one data set."""
    if dataset.text:
        return text()
    inputs = ONE_HOT if dataset.categorical else SCALED
    return {"binary": binary, "multiclass": multiple, "regression": regression}[dataset.task](dataset, inputs)
