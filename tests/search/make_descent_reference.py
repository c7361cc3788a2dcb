#!/usr/bin/env python3
"""Writes descent_reference.json: gradient flow and gradient descent by other means than the library's.

The objectives are written out by hand with numpy, gradients are taken by complex steps (exact to
rounding), and the flow is integrated by scipy's Radau in the plain variables and the plain time.

usage: make_descent_reference.py [FILE]
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

LAMBDA = 0.1


def linear(z, x):
    return z[0] * x


def tanh_unit(z, x):
    return z[2] * np.tanh(z[0] * x + z[1]) + z[3]


# name: (f, its parameters, start of (a, b, w), x, y, frozen parameters)
CASES = {
    "one sample, W fixed": (linear, [0.0], [0.0, 0.0, 0.0], [1.0], [2.0], [0, 3]),
    "one sample, W free": (linear, [0.0], [0.0, 0.0, 0.0], [1.0], [2.0], [0]),
    "sign of a changes": (linear, [0.0], [-0.5, 0.25, 0.0], [1.0], [2.0], [0]),
    "one input misfit": (linear, [0.0], [0.0, 0.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0]),
    "residuals of opposite signs": (linear, [0.0], [0.0, 0.0, 0.0], [0.0, 1.0], [2.0, -1.0], [0]),
    "everything moves": (tanh_unit, [0.5, -0.25, 1.0, 0.125], [0.25, 0.0, -0.5], [-1.0, 0.5, 2.0], [1.0, -1.0, 0.5], []),
}


def objective(case, z):
    f, theta, _, x, y, _ = case
    n, x, y = len(theta), np.array(x), np.array(y)
    a, b, w = z[n], z[n + 1], z[n + 2]
    residuals = f(z[:n], x) + a * np.exp(b + w * x) - y
    return np.mean(residuals**2) + LAMBDA * a**2


def gradient(case, z):
    g = np.zeros(len(z))
    for k in range(len(z)):
        if k not in case[5]:
            shifted = np.array(z, dtype=complex)
            shifted[k] += 1e-40j
            g[k] = objective(case, shifted).imag / 1e-40
    return g


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("descent_reference.json")
    times = [float(np.expm1(np.log(1001) * k / 9)) for k in range(1, 10)]  # equally spaced in log(1 + t)
    cases = {}
    for name, case in CASES.items():
        f, theta, unit, x, y, frozen = case
        z = np.array(theta + unit)
        flow = solve_ivp(lambda _, z: -gradient(case, z), (0, times[-1]), z, "Radau", times, rtol=1e-12, atol=1e-14)
        descent = z.copy()
        for _ in range(200):
            descent = descent - 0.01 * gradient(case, descent)
        cases[name] = {
            "model": f.__name__,
            "parameters": list(map(float, z)),
            "x": x,
            "y": y,
            "frozen": frozen,
            "flow": [[float(t), *map(float, z)] for t, z in zip(flow.t, flow.y.T)],
            "values": [float(objective(case, z)) for z in flow.y.T],
            "descent": list(map(float, descent)),
        }
    out.write_text(json.dumps({"lambda": "1/10", "rate": 0.01, "steps": 200, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
