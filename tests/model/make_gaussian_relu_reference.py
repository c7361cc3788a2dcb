#!/usr/bin/env python3
"""Writes gaussian_relu_reference.json: the population loss of ReLU networks under Gaussian inputs, by mpmath.

The loss is taken from the integral that defines it: E max(0, u.x) max(0, v.x) is a double integral in the plane of u and v, in
polar coordinates |u||v| times the integral of cos(s) cos(s - t) over the angles where both are positive, over pi. Derivatives
are differences. A Monte Carlo mean with its error checks the whole. `symmetric` holds, for k units and k teachers, the critical
point p, q, r, s, t (w_i = p e_i + q sum of the other e_j + r e_k for i < k, w_k = s sum e_j + t e_k), its loss and the smallest
and largest eigenvalue of the whole Hessian; `published` is what Safran and Shamir's start for 6 units was said to be.
Run by hand (a minute): make_gaussian_relu_reference.py > gaussian_relu_reference.json
"""
import json
import random
import sys

import numpy as np
from mpmath import acos, cos, findroot, mp, mpf, nstr, pi, quad, sqrt

mp.dps = 40


def kernel(u, v):
    """(1 / 2 pi) int r^3 exp(-r^2 / 2) dr int |u| cos(s) |v| cos(s - t) ds; the first integral is 2."""
    lengths = sqrt(sum(a * a for a in u)) * sqrt(sum(a * a for a in v))
    cosine = sum(a * b for a, b in zip(u, v)) / lengths
    t = acos(max(mpf(-1), min(mpf(1), cosine)))
    return lengths / pi * quad(lambda s: cos(s) * cos(s - t), [t - pi / 2, pi / 2])


def loss(w, d):
    e = [[mpf(int(i == j)) for j in range(d)] for i in range(d)]
    def total(a, b):
        return sum(kernel(u, v) for u in a for v in b)
    return total(w, w) / 2 - total(w, e) + total(e, e) / 2


def differences(f, z, step=mpf(10) ** -12):
    def slope(k):
        def at(m):
            moved = list(z)
            moved[k] += m * step
            return f(moved)
        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
    return [slope(k) for k in range(len(z))]


def rows(z, d):
    return [z[i:i + d] for i in range(0, len(z), d)]


def monte_carlo(w, d, samples=400000):
    """Mean and standard error of half the squared difference."""
    x = np.random.default_rng(3).normal(size=(samples, d))
    y = np.maximum(x @ np.array(w, dtype=float).T, 0).sum(1) - np.maximum(x, 0).sum(1)
    half = y * y / 2
    return half.mean(), half.std() / samples ** 0.5


def case(n, d, draw):
    z = [mpf(draw.randint(-8, 8)) / 8 + mpf(draw.choice([1, -1])) / 16 for _ in range(n * d)]
    value = loss(rows(z, d), d)
    mean, error = monte_carlo(rows(z, d), d)
    assert abs(mean - value) < 5 * error, (n, d, mean, value)
    return {"units": n, "teachers": d, "z": [float(t) for t in z], "value": nstr(value, 30),
            "gradient": [nstr(t, 20) for t in differences(lambda z: loss(rows(z, d), d), z)]}


def symmetric_loss(k, z):
    """The loss from the different pairs alone."""
    p, q, r, s, t = z
    m = k - 1
    one = [p] + [q] * (m - 1) + [r]
    two = [q, p] + [q] * (m - 2) + [r]
    last = [s] * m + [t]
    def e(j):
        return [mpf(int(i == j)) for i in range(k)]
    own = m * kernel(one, one) + m * (m - 1) * kernel(one, two) + 2 * m * kernel(one, last) + kernel(last, last)
    cross = (m * (kernel(one, e(0)) + (m - 1) * kernel(one, e(1)) + kernel(one, e(m)))
             + m * kernel(last, e(0)) + kernel(last, e(m)))
    return own / 2 - cross + (k * kernel(e(0), e(0)) + k * (k - 1) * kernel(e(0), e(1))) / 2


def closed_kernel(u, v):
    lengths = sqrt(sum(a * a for a in u)) * sqrt(sum(a * a for a in v))
    product = sum(a * b for a, b in zip(u, v))
    if u == v:
        return product / 2
    t = acos(product / lengths)
    return (sqrt(lengths ** 2 - product ** 2) + (pi - t) * product) / (2 * pi)


def hessian_eigenvalues(w):
    """In double, by differences of the gradient of the closed form."""
    k = len(w)

    def gradient(w):
        lengths = np.linalg.norm(w, axis=1)
        def part(cosine, other, sizes):
            angle = np.arccos(np.clip(cosine, -1, 1))
            return ((np.sin(angle) * sizes).sum(1) / lengths)[:, None] * w + (np.pi - angle) @ other
        inner = part(w @ w.T / np.outer(lengths, lengths), w, lengths[None])
        return (inner - part(w / lengths[:, None], np.eye(k), np.ones((1, k)))) / (2 * np.pi)

    n, step = k * k, 1e-6
    h = np.zeros((n, n))
    for c in range(n):
        d = np.zeros(n)
        d[c] = step
        d = d.reshape(k, k)
        h[c] = ((gradient(w + d) - gradient(w - d)) / (2 * step)).ravel()
    return np.linalg.eigvalsh((h + h.T) / 2)


def symmetric(k, start):
    global kernel
    integral, kernel = kernel, closed_kernel
    def f(z):
        return differences(lambda z: symmetric_loss(k, z), list(z))
    z = list(findroot(lambda *z: f(z), start, tol=mpf(10) ** -24, verify=False))
    p, q, r, s, t = z
    w = np.full((k, k), float(q))
    np.fill_diagonal(w, float(p))
    w[:-1, -1], w[-1, :], w[-1, -1] = float(r), float(s), float(t)
    eigenvalues = hessian_eigenvalues(w)
    kernel = integral
    print(k, nstr(symmetric_loss(k, z), 18), eigenvalues[:2], file=sys.stderr)
    return z, {"units": k, "z": [nstr(v, 20) for v in z], "loss": nstr(symmetric_loss(k, z), 20),
               "smallest_eigenvalue": round(float(eigenvalues[0]), 6), "largest_eigenvalue": round(float(eigenvalues[-1]), 6)}


def main():
    draw = random.Random(7)
    points = [case(n, d, draw) for n, d in ((1, 1), (1, 3), (3, 2), (4, 4))]
    published = {"z": ["0.986703818888576842", "-0.050413403216808737", "0.308010991479068746", "0.224515807599477889",
                       "-0.601511923561093710"], "loss": "0.02508058100246301"}
    critical, z = [], [mpf(t) for t in published["z"]]
    critical.append(symmetric(5, [mpf(t) for t in ("0.96", "-0.08", "0.376", "0.288", "-0.56")])[1])
    for k in range(6, 21):
        z, entry = symmetric(k, z)
        critical.append(entry)
    json.dump({"points": points, "symmetric": critical, "published": published}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
