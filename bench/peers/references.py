"""Plain references for what River lacks or does otherwise than the paper. Written for reading, not for speed."""

import math

import numpy as np
from river import optim


class Reference:
    """What a trace may read of every model here: weights by name, and an intercept."""

    weights: dict
    intercept: float


class SquaredHinge(optim.losses.BinaryLoss):
    """max(0, 1 - y p)^2 with y in {-1, 1}."""

    def __call__(self, y_true, y_pred):
        return max(0.0, 1.0 - (2 * y_true - 1) * y_pred) ** 2

    def gradient(self, y_true, y_pred):
        y = 2 * y_true - 1
        return -2.0 * y * max(0.0, 1.0 - y * y_pred)


def sigmoid(z):
    """The logistic function, saturated as River's at 30."""
    return 0.0 if z < -30 else 1.0 if z > 30 else 1.0 / (1.0 + math.exp(-z))


class FtrlLogistic(Reference):
    """Algorithm 1 of McMahan et al. 2013, "Ad click prediction": a weight is 0 while |z| <= l1.

    River's FTRLProximal differs twice: it computes the weights from z as it was before the gradient of the row before,
    and it leaves a weight as it was, instead of 0, while |z| <= l1.
    """

    def __init__(self, alpha, beta, l1, l2, intercept_rate=0.01):
        self.alpha, self.beta, self.l1, self.l2 = alpha, beta, l1, l2
        self.intercept_rate = intercept_rate
        self.z, self.n = {}, {}
        self.intercept = 0.0

    def weight(self, name):
        """The weight that z and n stand for."""
        z, n = self.z.get(name, 0.0), self.n.get(name, 0.0)
        if abs(z) <= self.l1:
            return 0.0
        return -(z - math.copysign(self.l1, z)) / ((self.beta + math.sqrt(n)) / self.alpha + self.l2)

    @property
    def weights(self):
        """All weights by name."""
        return {name: self.weight(name) for name in self.z}

    def predict_proba_one(self, x):
        """River's form of a prediction."""
        p = sigmoid(sum(xi * self.weight(i) for i, xi in x.items()) + self.intercept)
        return {False: 1.0 - p, True: p}

    def learn_one(self, x, y):
        """One row: gradients by the weights before it."""
        error = self.predict_proba_one(x)[True] - y
        for i, xi in x.items():
            g = error * xi
            n = self.n.get(i, 0.0)
            sigma = (math.sqrt(n + g * g) - math.sqrt(n)) / self.alpha
            self.z[i] = self.z.get(i, 0.0) + g - sigma * self.weight(i)
            self.n[i] = n + g * g
        self.intercept -= self.intercept_rate * error


class PaRegressor(Reference):
    """Passive-aggressive regression of Crammer et al. 2006; mode 0, 1, 2 is PA, PA-I, PA-II.

    As in River, the intercept takes the same step, and has no part in the norm.

    River's PARegressor takes the epsilon-insensitive loss of 2y - 1 and not of y, and keeps the sign of y's error.
    """

    def __init__(self, c, mode, eps):
        self.c, self.mode, self.eps = c, mode, eps
        self.weights, self.intercept = {}, 0.0

    def predict_one(self, x):
        """Weights times inputs plus intercept."""
        return sum(xi * self.weights.get(i, 0.0) for i, xi in x.items()) + self.intercept

    def learn_one(self, x, y):
        """The smallest change that brings the loss of this row to 0, bounded (PA-I) or softened (PA-II) by C."""
        error = y - self.predict_one(x)
        loss = max(0.0, abs(error) - self.eps)
        square = sum(xi * xi for xi in x.values())
        if self.mode == 2:
            tau = loss / (square + 0.5 / self.c)
        else:
            tau = loss / square if square > 0 else 0.0
            tau = min(self.c, tau) if self.mode == 1 else tau
        step = math.copysign(tau, error)
        for i, xi in x.items():
            self.weights[i] = self.weights.get(i, 0.0) + step * xi
        self.intercept += step


class Arow(Reference):
    """Adaptive regularisation of weights, Crammer, Kulesza & Dredze 2009, Figure 1; the bias is one more input of 1."""

    def __init__(self, r):
        self.r = r
        self.mu = self.sigma = None
        self.names = []

    def vector(self, x):
        """The inputs in the order of their names in the first row, then 1."""
        if self.mu is None:
            self.names = list(x)
            self.mu = np.zeros(len(x) + 1)
            self.sigma = np.eye(len(x) + 1)
        return np.array([x[name] for name in self.names] + [1.0])

    @property
    def weights(self):
        """All weights by name, without the bias."""
        return dict(zip(self.names, self.mu[:-1], strict=True))

    @property
    def intercept(self):
        """The weight of the input of 1."""
        return self.mu[-1]

    def _raw_dot_one(self, x):
        return float(self.vector(x) @ self.mu)

    def learn_one(self, x, y):
        """Learns when the margin is below 1, with the confidence each direction has."""
        v, y = self.vector(x), 1.0 if y else -1.0
        margin = y * (v @ self.mu)
        if margin >= 1.0:
            return
        sv = self.spread(v)
        beta = 1.0 / (v @ sv + self.r)
        self.mu = self.mu + (1.0 - margin) * beta * y * sv
        self.shrink(v, sv, beta)

    def spread(self, v):
        """Covariance times input."""
        return self.sigma @ v

    def shrink(self, v, sv, beta):
        """The covariance after the row."""
        self.sigma = self.sigma - beta * np.outer(sv, sv)


class ArowDiagonal(Arow):
    """AROW that keeps the diagonal only: of the full update's result, everything beside the diagonal is dropped."""

    def spread(self, v):
        return np.diag(self.sigma) * v

    def shrink(self, v, sv, beta):
        self.sigma = np.diag(np.diag(self.sigma) - beta * sv * sv)
