#!/usr/bin/env python3
"""Writes mpmath_reference.json: objective and gradient of small problems to 50 digits, by mpmath.

The gradient is a central difference of the objective at 150 digits. Run by hand: make_mpmath_reference.py > mpmath_reference.json
"""
import json
import random
import sys

from mpmath import mp, mpf, exp, log, tanh, erf, sqrt, nstr

mp.dps = 150
random.seed(4)


def doubles(count):
    return [random.uniform(-1.5, 1.5) for _ in range(count)]


def network(z, x):
    """W2 gelu(W1 x + b1) + W3 x + b2: 2 inputs, 3 hidden units, 2 outputs; z = W1 b1 W2 b2 W3."""
    w1, b1, w2, b2, w3 = z[0:6], z[6:9], z[9:15], z[15:17], z[17:21]
    hidden = []
    for unit in range(3):
        s = w1[2 * unit] * x[0] + w1[2 * unit + 1] * x[1] + b1[unit]
        hidden.append(s * (1 + erf(s / sqrt(mpf(2)))) / 2)
    return [sum(w2[3 * k + u] * hidden[u] for u in range(3)) + b2[k] + w3[2 * k] * x[0] + w3[2 * k + 1] * x[1]
            for k in range(2)]


def squared(q, y):
    return sum((a - b) ** 2 for a, b in zip(q, y))


def cross_entropy(q, y):
    return log(sum(exp(a) for a in q)) - q[int(y[0])]


def logistic(q, y):
    return sum(log(1 + exp(-a * b)) for a, b in zip(q, y))


def absolute_cubed(q, y):
    return sum(abs(a - b) ** 3 for a, b in zip(q, y))


def objective(loss, z, xs, ys):
    total = sum(loss(network(z, x), y) for x, y in zip(xs, ys)) / len(xs)
    return total + mpf(1) / 10 * sum(t * t for t in z)


def case(name, loss, targets):
    z, xs = [mpf(t) for t in doubles(21)], [[mpf(t) for t in doubles(2)] for _ in range(3)]
    ys = [[mpf(t) for t in y] for y in targets]
    step = mpf(10) ** -45
    gradient = []
    for k in range(21):
        up, down = list(z), list(z)
        up[k] += step
        down[k] -= step
        gradient.append((objective(loss, up, xs, ys) - objective(loss, down, xs, ys)) / (2 * step))
    return {"loss": name, "z": [float(t) for t in z], "x": [float(t) for x in xs for t in x],
            "y": [float(t) for y in ys for t in y], "value": nstr(objective(loss, z, xs, ys), 50),
            "gradient": [nstr(g, 50) for g in gradient]}


def main():
    cases = [
        case("squared", squared, [doubles(2) for _ in range(3)]),
        case("cross_entropy", cross_entropy, [[0], [1], [1]]),
        case("logistic", logistic, [[1, -1], [-1, -1], [1, 1]]),
        case("absolute_cubed", absolute_cubed, [doubles(2) for _ in range(3)]),
    ]
    sys.stdout.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
