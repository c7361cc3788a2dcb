#!/usr/bin/env python3
"""Writes polish_reference.json: minima of small training problems to 60 digits, by mpmath.

Each problem is written out as a problem file whose parameters are the minimum rounded to 5 digits. Objective and gradient
of a fully connected network are programmed here once more; descent in double, then Newton's method at 100 digits with
differences of the gradient for the Hessian. Run by hand: make_polish_reference.py > polish_reference.json
"""
import json
import math
import random
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 100


class Problem:
    """z = w1, b1, w2, b2, … of a network with tanh between its layers; lam |z|^2 is added to the mean loss."""

    def __init__(self, name, widths, loss, x, y, lam):
        self.name, self.widths, self.loss, self.x, self.y, self.lam = name, widths, loss, x, y, lam
        self.layers = list(zip(widths, widths[1:]))
        self.n = sum((i + 1) * o for i, o in self.layers)

    def unpack(self, z):
        at, parts = 0, []
        for i, o in self.layers:
            parts.append(([z[at + r * i:at + (r + 1) * i] for r in range(o)], z[at + i * o:at + i * o + o]))
            at += i * o + o
        return parts

    def slopes_of_loss(self, q, y, m):
        if self.loss == "squared":
            return [2 * (a - b) for a, b in zip(q, y)]
        if self.loss == "absolute_cubed":
            return [3 * (a - b) * abs(a - b) for a, b in zip(q, y)]
        if self.loss == "logistic":
            return [-b / (1 + m.exp(b * a)) for a, b in zip(q, y)]
        total = sum(m.exp(a) for a in q)
        return [m.exp(a) / total - (1 if k == y[0] else 0) for k, a in enumerate(q)]

    def gradient(self, z, m):
        g = [2 * self.lam * t for t in z]
        for x, y in zip(self.x, self.y):
            parts, inputs = self.unpack(z), [list(x)]
            for layer, (w, b) in enumerate(parts):
                out = [sum(c * v for c, v in zip(row, inputs[-1])) + t for row, t in zip(w, b)]
                inputs.append(out if layer + 1 == len(parts) else [m.tanh(t) for t in out])
            delta = [t / len(self.x) for t in self.slopes_of_loss(inputs[-1], y, m)]
            at = self.n
            for layer in range(len(parts) - 1, -1, -1):
                (i, o), (w, _) = self.layers[layer], parts[layer]
                at -= (i + 1) * o
                for r in range(o):
                    g[at + i * o + r] += delta[r]
                    for c in range(i):
                        g[at + r * i + c] += delta[r] * inputs[layer][c]
                below = [sum(delta[r] * w[r][c] for r in range(o)) for c in range(i)]
                delta = [d * (1 - h * h) for d, h in zip(below, inputs[layer])] if layer > 0 else below
        return g

    def minimum(self, seed):
        draw = random.Random(seed)
        z, rate = [draw.uniform(-1, 1) for _ in range(self.n)], 0.3
        for _ in range(60000):
            z = [t - rate * s for t, s in zip(z, self.gradient(z, math))]
        z, step = [mpf(t) for t in z], mpf(10) ** -35
        for _ in range(12):
            h, g = mpmath.matrix(self.n, self.n), mpmath.matrix(self.gradient(z, mp))
            for c in range(self.n):
                up, down = list(z), list(z)
                up[c] += step
                down[c] -= step
                for r, (a, b) in enumerate(zip(self.gradient(up, mp), self.gradient(down, mp))):
                    h[r, c] = (a - b) / (2 * step)
            move = mpmath.lu_solve(h, g)
            z = [t - move[k] for k, t in enumerate(z)]
        assert max(abs(t) for t in self.gradient(z, mp)) < mpf(10) ** -80, self.name
        assert min(mp.eigsy((h + h.T) / 2, eigvals_only=True)) > mpf(10) ** -6, self.name
        return z

    def entry(self, seed):
        z = self.minimum(seed)
        parameters, nodes = {}, []
        for layer, (w, b) in enumerate(self.unpack([float(mpmath.nstr(t, 5)) for t in z])):
            number = str(layer + 1)
            parameters.update({"w" + number: w, "b" + number: b})
            nodes.append({"op": "linear", "weight": "w" + number, "bias": "b" + number})
            nodes.append({"op": "tanh"})
        problem = {
            "model": {"input": self.widths[0], "nodes": nodes[:-1]},
            "parameters": parameters,
            "data": {"x": self.x, "y": [t[0] for t in self.y] if self.loss == "cross_entropy" else self.y},
            "loss": self.loss,
        }
        if self.lam:
            problem["regularizer"] = {"kind": "l2", "lambda": self.lam}
        return {"name": self.name, "problem": problem, "z": [mpmath.nstr(t, 60) for t in z]}


def main():
    line = [[k / 4] for k in range(-4, 5)]
    plane = [[-1.0, 0.5], [0.25, 1.5], [0.75, -1.0], [1.5, 0.25], [-0.5, -0.75], [0.5, 0.75]]
    problems = [
        Problem("tanh regression", [1, 2, 1], "squared", line, [[round(math.sin(2 * x[0]) + x[0] ** 2, 3)] for x in line], 2.0 ** -9),
        Problem("logistic", [2, 1], "logistic", plane, [[1], [-1], [1], [1], [-1], [-1]], 0.0),
        Problem("softmax", [2, 3], "cross_entropy", plane, [[0], [1], [2], [0], [1], [2]], 2.0 ** -7),
        Problem("tanh classifier", [2, 2, 2], "cross_entropy", plane, [[0], [1], [0], [0], [1], [1]], 2.0 ** -6),
        Problem("cubes", [1, 1], "absolute_cubed", line, [[abs(x[0]) + x[0] / 2] for x in line], 0.0),
    ]
    sys.stdout.write("[\n" + ",\n".join(json.dumps(p.entry(7)) for p in problems) + "\n]\n")


if __name__ == "__main__":
    main()
