#!/usr/bin/env python3
"""Writes critical_point_reference.json: critical points of small objectives to 80 digits, by mpmath.

Each is the zero of a gradient written out by hand, found by Newton's method at 120 digits; `eigenvalues` are those of the
Hessian, by differences of that gradient. Run by hand: make_critical_point_reference.py > critical_point_reference.json
"""
import json
import sys

from mpmath import mp, mpf, exp, findroot, matrix, mnorm, nstr, tanh

mp.dps = 120


def zero(gradient, start):
    """The zero of gradient: R^n -> R^n near start."""
    z = findroot(lambda *z: gradient(list(z)), [mpf(t) for t in start], tol=mpf(10) ** -200, verify=False)
    z = [z[k] for k in range(len(start))]
    assert max(abs(g) for g in gradient(z)) < mpf(10) ** -100
    return z


def eigenvalues(gradient, z):
    step, n = mpf(10) ** -40, len(z)
    h = matrix(n, n)
    for c in range(n):
        up, down = list(z), list(z)
        up[c] += step
        down[c] -= step
        for r, (a, b) in enumerate(zip(gradient(up), gradient(down))):
            h[r, c] = (a - b) / (2 * step)
    return sorted(mp.eigsy((h + h.T) / 2, eigvals_only=True))


def case(name, gradient, start, **more):
    z = zero(gradient, start)
    return dict(name=name, z=[nstr(t, 80) for t in z], eigenvalues=[nstr(e, 30) for e in eigenvalues(gradient, z)], **more)


def regression(xs, ys):
    """f = v tanh(w x + b) + c, z = w b v c, Q = mean of (f - y)^2."""
    def gradient(z):
        w, b, v, c = z
        g = [mpf(0)] * 4
        for x, y in zip(xs, ys):
            t = tanh(w * x + b)
            r = 2 * (v * t + c - y) / len(xs)
            d = v * (1 - t * t)
            for k, dk in enumerate((d * x, d, t, mpf(1))):
                g[k] += r * dk
        return g
    return gradient


def sigmoids(z):
    """Q = mean of (sigmoid(w x) - 3/4)^2 on x = 16 and x = 1."""
    g = mpf(0)
    for x in (16, 1):
        s = 1 / (1 + exp(-z[0] * x))
        g += (s - mpf(3) / 4) * s * (1 - s) * x
    return [g]


def product(z):
    """f = a tanh(w x), z = w a, on x = 1, 2, 3 with y = 1, 3, 1."""
    w, a = z
    g = [mpf(0)] * 2
    for x, y in ((1, 1), (2, 3), (3, 1)):
        t = tanh(w * x)
        r = 2 * (a * t - y) / 3
        g[0] += r * a * (1 - t * t) * x
        g[1] += r * t
    return g


def main():
    xs = [mpf(k) / 2 for k in range(-4, 5)]
    ys = [mpf(k) / 64 for k in (-61, -55, -40, -21, 14, 52, 78, 93, 101)]
    data = dict(x=[float(x) for x in xs], y=[float(y) for y in ys])
    cases = [
        case("regression", regression(xs, ys), [1, 0.2, 1.4, 0.3], **data),
        case("sigmoid left", sigmoids, [0.0757]),
        case("sigmoid right", sigmoids, [1.0986]),
        case("sigmoid between", sigmoids, [0.3]),
        case("product", product, [0.94, 1.88]),
    ]
    sys.stdout.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
