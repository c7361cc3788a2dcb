"""Small problems with all minima that SciPy's BFGS finds from 600 random starts, as multistart_counts.json.

Run again with: python3 tests/boxes/make_multistart_counts.py (NumPy and SciPy).
"""
import json
import pathlib

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

BOX = 4.0
STARTS = 600


def tanh_unit(z, x, y):
    """a tanh(w x), z = (w, a)."""
    w, a = z
    t = np.tanh(w * x)
    r, s = a * t - y, 1 - t * t
    return np.mean(r * r), np.array([2 * np.mean(r * a * x * s), 2 * np.mean(r * t)])


def sigmoid_neuron(z, x, y):
    """sigmoid(w x + b), z = (w, b)."""
    w, b = z
    p = expit(w * x + b)
    r, s = p - y, p * (1 - p)
    return np.mean(r * r), np.array([2 * np.mean(r * s * x), 2 * np.mean(r * s)])


def minima(f, x, y, rng):
    """Distinct minima inside the box; None where one is degenerate, or too near the boundary to tell."""
    found = []
    for _ in range(STARTS):
        end = minimize(f, rng.uniform(-BOX, BOX, 2), args=(x, y), jac=True, method="BFGS", options={"gtol": 1e-11})
        z, step = end.x, 1e-5
        if np.abs(z).max() > BOX or np.abs(end.jac).max() > 1e-9:
            continue
        hessian = np.array([(f(z + step * e, x, y)[1] - f(z - step * e, x, y)[1]) / (2 * step) for e in np.eye(2)])
        if np.linalg.eigvalsh(hessian).min() < 1e-4 or np.abs(z).max() > BOX - 0.05:
            return None
        if all(np.abs(z - other).max() > 1e-5 for other in found):
            found.append(z)
    return sorted(z.tolist() for z in found)


def main():
    rng = np.random.default_rng(20261125)
    cases = []
    for kind, f in (("tanh", tanh_unit), ("sigmoid", sigmoid_neuron)):
        while sum(case["kind"] == kind for case in cases) < 6:
            x = rng.integers(-8, 9, 4) / 4
            y = rng.integers(-8, 9, 4) / 4 if kind == "tanh" else rng.integers(0, 9, 4) / 8
            if len(set(x)) < 4:
                continue
            z = minima(f, x, y, rng)
            if z is not None:
                cases.append({"kind": kind, "x": x.tolist(), "y": y.tolist(), "minima": z})
    path = pathlib.Path(__file__).with_name("multistart_counts.json")
    path.write_text(json.dumps({"box": BOX, "cases": cases}, indent=1) + "\n")
    print([len(case["minima"]) for case in cases])


if __name__ == "__main__":
    main()
