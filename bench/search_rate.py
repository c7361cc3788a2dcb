#!/usr/bin/env python3
"""Starts per second: pgbsearch against a loop of SciPy's least_squares, on one processor, from the same starts.

    bench/search_rate.py build/release/bin/pgbsearch [scipy_starts]

The problem is the regression examples/families/rate.json, tanh 1-2-1 on eight samples, polished to 1e-12. SciPy gets MINPACK's
Levenberg-Marquardt method, the fastest of its three for such problems, with the exact Jacobian, tolerances at the level of
rounding, and at most as many evaluations as pgbsearch makes steps. pgbsearch's time is that of the whole program: reading, starts, merging,
proofs, store. Both have to find the same minima, up to symmetry: those with a positive definite Hessian and a gradient of at
most 1e-12 in the mean loss, reached by at least one start in 200."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np  # noqa: E402
from scipy.optimize import least_squares  # noqa: E402

FAMILY = pathlib.Path(__file__).resolve().parents[1] / "examples" / "families" / "rate.json"
MASK = 2**64 - 1


class Random:
    """lib/pgb/search/family/random.h: SplitMix64 keyed by (seed, stream, problem, start)."""

    def __init__(self, *key):
        self.state = 0x243F6A8885A308D3
        for word in key:
            self.state ^= word
            self.state = self.next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def normal(self):
        radius = np.sqrt(-2 * np.log1p(-((self.next() >> 11) * 2.0**-53)))
        return radius * np.cos(6.283185307179586 * ((self.next() >> 11) * 2.0**-53))


def scipy_loop(x, y, starts):
    m = len(x)

    def residual(z):
        return z[4] * np.tanh(z[0] * x + z[2]) + z[5] * np.tanh(z[1] * x + z[3]) + z[6] - y

    def jacobian(z):
        h0, h1 = np.tanh(z[0] * x + z[2]), np.tanh(z[1] * x + z[3])
        s0, s1 = z[4] * (1 - h0 * h0), z[5] * (1 - h1 * h1)
        return np.stack([s0 * x, s1 * x, s0, s1, h0, h1, np.ones(m)], axis=1)

    begun, ends = time.process_time(), []
    for z in starts:
        ends.append(least_squares(residual, z, jacobian, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=1000))
    seconds = time.process_time() - begun

    def hessian(z):
        step, rows = 1e-5, []
        for k in range(7):
            e = np.zeros(7)
            e[k] = step
            plus, minus = z + e, z - e
            rows.append((jacobian(plus).T @ residual(plus) - jacobian(minus).T @ residual(minus)) / (2 * step))
        return np.array(rows) * 2 / m

    counts, polished = {}, 0
    for end in ends:
        gradient = 2 / m * np.max(np.abs(end.jac.T @ end.fun))
        polished += gradient <= 1e-12
        if gradient <= 1e-9 and np.max(np.abs(end.x)) < 60:
            curvature = np.linalg.eigvalsh(hessian(end.x))
            if curvature[0] > 1e-8 * curvature[-1]:
                loss = round(float(np.mean(end.fun**2)), 9)
                counts[loss] = counts.get(loss, 0) + 1
    return seconds, polished, counts


def main():
    search, count = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    family = json.loads(FAMILY.read_text())
    x, y = np.array(family["data"]["x"], float), np.array(family["data"]["y"], float)
    scale = family["start"]["scale"]
    starts = []
    for s in range(count):
        random = Random(family["seed"], 0x57A7, 0, s)
        starts.append(np.array([scale * random.normal() for _ in range(7)]))
    seconds, polished, counts = scipy_loop(x, y, starts)
    theirs = {loss for loss, number in counts.items() if number * 200 >= count}
    with tempfile.TemporaryDirectory() as folder:
        before = os.times()
        result = subprocess.run([search, FAMILY, "--threads", "1", "--quiet", "--json", "-"], cwd=folder,
                                capture_output=True, text=True)
        after = os.times()
        out = json.loads(result.stdout)
        import sqlite3
        with sqlite3.connect(f"{folder}/rate.sqlite") as db:
            total = out["starts"]["done"]
            rows = db.execute("SELECT loss_text, count, kind, gradient FROM points").fetchall()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    minima = [(round(float(loss), 9), number, gradient) for loss, number, kind, gradient in rows
              if kind in ("strict local minimum", "global minimum")]
    ours = {loss for loss, number, _ in minima if number * 200 >= total}
    rate, their_rate = total / used, count / seconds
    print(f"pgbsearch   {total:8d} starts  {used:8.2f} s  {rate:10.0f} starts/s   {sum(n for _, n, _ in minima) / total:6.1%} in certified minima, "
          f"largest gradient {max(g for _, _, g in minima):.1e} before polishing")
    print(f"SciPy       {count:8d} starts  {seconds:8.2f} s  {their_rate:10.0f} starts/s   {sum(counts.values()) / count:6.1%} in minima, "
          f"{polished / count:.1%} of all ends polished to 1e-12")
    print(f"ratio       {rate / their_rate:.1f} in processor time")
    print(f"minima      {sorted(ours)} and {sorted(theirs)}")
    return 0 if ours == theirs and ours and rate >= 20 * their_rate else 1


if __name__ == "__main__":
    sys.exit(main())
