#!/usr/bin/env python3
"""Runs the benchmarks and other software on the same inputs, checks that the answers agree, prints one table.

    bench/compare.py build/release/bench/bin [row …]

Rows: gram gram106 definite nonsingular least product functions singular gradient critical line polish (default: all). Needs NumPy; torch and mpmath where installed.
README.md says what each row is. Exit status 1 where answers disagree or a program fails, 0 otherwise: missing a goal
is no failure."""
import json
import os
import pathlib
import subprocess
import sys
import time

# The libraries choose their kernels for this processor, whatever the environment says.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

try:
    import numpy as np  # noqa: E402
except ImportError:
    sys.exit("bench/compare.py: needs NumPy (Debian: python3-numpy, run with /usr/bin/python3)")

NOT_MEASURED = [
    "explicit J against store bandwidth", "PGB test on 60,000 x 784 samples, mpirun",
    "threads beyond two"]

EQUAL = 1.05  # ratios up to this count as equal: what repetitions differ by


def dyadic(seed, count):
    """lib/pgb/scalar/random.h: DyadicRandom, `count` numbers."""
    k = np.arange(1, count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + k * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(57)).astype(np.float64) - 64) / 64


def mlp(widths, samples, seed):
    """problems.h: weights and biases by layer, then the inputs."""
    sizes = [(o, i) for i, o in zip(widths, widths[1:])]
    total = sum(o * i + o for o, i in sizes) + samples * (widths[0] + widths[-1])
    numbers, at, layers = dyadic(seed, total), 0, []
    for o, i in sizes:
        scale = 1.0
        while i * scale * scale > 1:
            scale /= 2
        layers.append((numbers[at:at + o * i].reshape(o, i) * scale, numbers[at + o * i:at + o * i + o]))
        at += o * i + o
    x = numbers[at:at + samples * widths[0]].reshape(samples, widths[0])
    y = numbers[at + samples * widths[0]:].reshape(samples, widths[-1])
    return layers, x, y


def best(work, seconds=2.0, most=5):
    """(least time of a few repetitions in ms, last result)."""
    times, begun = [], time.perf_counter()
    while True:
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
        if len(times) == most or time.perf_counter() - begun > seconds:
            return 1e3 * min(times), result


class Benchmarks:
    def __init__(self, folder):
        self.folder, self.failed = pathlib.Path(folder), []

    def run(self, program, pattern, repetitions=3):
        """{name: (least real time in ms, counters)} of one program."""
        command = [str(self.folder / f"bench_{program}"), "--benchmark_format=json", f"--benchmark_filter={pattern}",
                   f"--benchmark_repetitions={repetitions}", "--benchmark_min_time=0.1"]
        done = subprocess.run(command, capture_output=True, text=True)
        try:
            entries = json.loads(done.stdout)["benchmarks"]
        except (ValueError, KeyError):
            self.failed.append(f"bench_{program} {pattern}: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
            return {}
        found, unit = {}, {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
        for e in entries:
            if e.get("run_type") != "iteration":
                continue
            name = e["run_name"]
            for suffix in ("/real_time", "/iterations:1"):
                name = name.replace(suffix, "")
            if e.get("error_occurred"):
                self.failed.append(f"{name}: {e.get('error_message')}")
                continue
            ms = e["real_time"] * unit[e["time_unit"]]
            if name not in found or ms < found[name][0]:
                found[name] = (ms, e)
        return found


class Table:
    def __init__(self):
        self.rows, self.notes, self.wrong = [], [], []

    def row(self, work, ours, peer_name, peer, goal, met, agree):
        if agree is False:
            self.wrong.append(work)
        ratio = "" if ours is None or peer is None else f"{ours / peer:.3g}"
        self.rows.append((work, text(ours), text(peer), peer_name, ratio, goal,
                          "answers differ" if agree is False else "" if goal == "-" else "yes" if met else "no"))

    def print(self):
        head = ("work", "ours", "peer", "which", "ours/peer", "goal", "met")
        widths = [max(len(r[c]) for r in self.rows + [head]) for c in range(7)]
        for r in [head] + self.rows:
            print("  ".join(cell.ljust(w) for cell, w in zip(r, widths)).rstrip())


def text(ms):
    if ms is None:
        return "-"
    return f"{ms / 1e3:.3g} s" if ms >= 1000 else f"{ms:.3g} ms" if ms >= 1 else f"{ms * 1e3:.3g} us"


def close(a, b, relative=1e-9):
    return abs(a - b) <= relative * max(abs(a), abs(b))


def gram(bench, table):
    found = bench.run("gram", "gram_without_jacobian/256|gram_of_jacobian|gram_without_jacobian/32")
    names = ("gram_without_jacobian/256/2", "gram_without_jacobian/32/1", "gram_of_jacobian/32")
    if not all(n in found for n in names):
        return
    (ms, counters), small, formed = (found[n] for n in names)
    agree = close(small[1]["form"], formed[1]["form"]) and close(small[1]["trace"], formed[1]["trace"])
    table.row("Gram J J^T, 784-128-10, m = 32", small[0], "J formed, product", formed[0], "faster", small[0] < formed[0],
              agree)
    try:
        import torch
    except ImportError:
        table.row("Gram J J^T, 784-128-10, m = 256", ms, "torch is not installed", None, "<= 80 ms", ms <= 80, None)
        return
    torch.set_num_threads(2)
    layers, x, _ = mlp([784, 128, 10], 256, 1)
    parameters = [torch.tensor(t, dtype=torch.float64) for pair in layers for t in pair]
    inputs = torch.tensor(x)

    def network(w1, b1, w2, b2, rows):
        return torch.tanh(rows @ w1.T + b1) @ w2.T + b2

    # v^T K v = |J^T v|^2 for the v of bench/gram.cpp
    leaves = [p.clone().requires_grad_() for p in parameters]
    v = torch.tensor(((7919 * np.arange(2560)) % 17 - 8) / 8).reshape(256, 10)
    form = sum((g * g).sum().item() for g in torch.autograd.grad(network(*leaves, inputs), leaves, v))
    agree = close(counters["form"], form)
    peer = None
    needed, free = 2 * 8 * 2560 * 101770, os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        from functorch import jacrev, vmap
        per_sample = vmap(jacrev(lambda *a: network(*a), argnums=(0, 1, 2, 3)), in_dims=(None,) * 4 + (0,))

        def jacobian(rows):
            return per_sample(*parameters, rows)
        name = "functorch Jacobian alone"
    except ImportError:
        def jacobian(rows):
            return torch.autograd.functional.jacobian(lambda *a: network(*a, rows), tuple(parameters), vectorize=True)
        name = "torch Jacobian alone"
    if free > needed:
        peer, columns = best(lambda: jacobian(inputs), 4, 3)
        trace = sum((c * c).sum().item() for c in columns)
        agree = agree and close(counters["trace"], trace)
    else:
        name += f" (not run: {needed >> 20} MiB not free)"
    table.row("Gram J J^T, 784-128-10, m = 256, 2 threads", ms, name, peer, "<= 80 ms", ms <= 80, agree)


def general():
    """verified.cpp: the matrix of that name, n = 1000."""
    return dyadic(7, 1_000_000).reshape(1000, 1000).T


def gram106(bench, table):
    found = bench.run("gram", "gram_certified/256", 1).get("gram_certified/256/2")
    if found:
        ms, counters = found
        table.row("Gram at 106 bits and its rank proven, m = 256, 2 threads", ms, "Arb's dense product: hours, not run", None,
                  "<= 60 s", ms <= 60_000, counters["answer"] == 1)
        table.notes.append(f"the Gram matrix in balls alone: {text(counters['gram_ms'])}")


def least(bench, table):
    found = bench.run("verified", "least_singular_verified/1000|nonsingular_eigen/1000")
    ours, plain = found.get("least_singular_verified/1000"), found.get("nonsingular_eigen/1000")
    if ours and plain:
        factor = ours[1]["answer"]
        table.row("bound of the least singular value, n = 1000", ours[0], "Eigen's LU, no proof", plain[0], "<= 8 x, factor 4",
                  ours[0] <= 8 * plain[0] and factor <= 4, factor >= 1)
        smallest = np.linalg.svd(general(), compute_uv=False)[-1]
        table.notes.append(f"least singular value: truth / bound = {factor:.3g} (NumPy: the truth is {smallest:.6g})")


def product(bench, table):
    found = bench.run("balls", "product_.*/1000/.*/2")
    for bits in (106, 170):
        ours, arb = (found.get(f"product_{who}/1000/{bits}/2") for who in ("residues", "arb"))
        if ours and arb:
            table.row(f"product at {bits} bits, n = 1000, 2 threads", ours[0], "arb_mat_mul", arb[0], "<= 1/3",
                      3 * ours[0] <= arb[0], ours[1]["radius"] <= 1.01 * arb[1]["radius"])


def functions(bench, table):
    found = bench.run("balls", "dot_|exp_|tanh_")
    for name, bits in (("dot", "1000 terms"), ("exp", "with the new ball"), ("tanh", "with the new ball")):
        ours, arb = found.get(f"{name}_ours/106"), found.get(f"{name}_arb/106")
        if ours and arb:
            table.row(f"{name} in balls at 106 bits, {bits}", ours[0], f"arb_{name}", arb[0], "<= 1 x",
                      ours[0] <= EQUAL * arb[0], None)


def singular(bench, table):
    found = bench.run("verified", "singular_values/1000").get("singular_values/1000")
    if found:
        ms, values = best(lambda: np.linalg.svd(general(), compute_uv=False))
        table.row("singular values in double, n = 1000", found[0], "NumPy", ms, "<= 1 x", found[0] <= EQUAL * ms,
                  close(found[1]["answer"], values.sum()))


def gradient(bench, table):
    found = bench.run("derivatives", "full_batch_gradient/10000/2").get("full_batch_gradient/10000/2")
    if not found:
        return
    ms, counters = found
    try:
        import torch
    except ImportError:
        table.row("full-batch gradient, m = 10000, double", ms, "torch is not installed", None, "<= 1 x", False, None)
        return
    torch.set_num_threads(2)
    layers, x, y = mlp([784, 128, 10], 10000, 1)
    leaves = [torch.tensor(t, dtype=torch.float64, requires_grad=True) for pair in layers for t in pair]
    inputs, targets = torch.tensor(x), torch.tensor(y)

    def work():
        w1, b1, w2, b2 = leaves
        loss = ((torch.tanh(inputs @ w1.T + b1) @ w2.T + b2 - targets) ** 2).sum(1).mean()
        return torch.autograd.grad(loss, leaves)

    peer, grads = best(work)
    norm = sum((g * g).sum().item() for g in grads)
    table.row("full-batch gradient, 784-128-10, m = 10000, 2 threads", ms, "torch", peer, "<= 1 x", ms <= EQUAL * peer,
              close(norm, counters["answer"]))
    table.notes.append(f"the gradient is {4.06 / ms * 1e3:.3g} Gflop/s")


def dense(bench, table, kind, work, limit, factor):
    found = bench.run("verified", f"{kind}_(verified|eigen)/1000")
    found.update(bench.run("verified", f"{kind}_arb/1000", 1))
    if any(f"{kind}_{who}/1000" not in found for who in ("verified", "eigen", "arb")):
        return
    ours, plain, arb = (found[f"{kind}_{who}/1000"] for who in ("verified", "eigen", "arb"))
    agree = ours[1]["answer"] == plain[1]["answer"] == arb[1]["answer"] == 1
    table.row(work, ours[0], "Eigen, no proof", plain[0], f"<= {limit} x", ours[0] <= limit * plain[0], agree)
    table.row(work, ours[0], "Arb, 106 bits", arb[0], f"<= 1/{factor}", factor * ours[0] <= arb[0], agree)
    g = general()
    if kind == "definite":
        a = (g + g.T) / 2 + 64 * np.eye(1000)
        ms, _ = best(lambda: np.linalg.cholesky(a))
        table.notes.append(f"NumPy (OpenBLAS) Cholesky of the same matrix, no proof: {text(ms)}")
    else:
        ms, _ = best(lambda: np.linalg.inv(g))
        table.notes.append(f"NumPy (OpenBLAS) inverse of the same matrix, no proof: {text(ms)}")


def critical(bench, table):
    found = bench.run("points", "critical_point", 2)
    for n in (50, 500, 2000):
        ours, peer = found.get(f"critical_point_verified/{n}"), found.get(f"critical_point_double/{n}")
        if ours and peer:
            table.row(f"certified critical point, n = {ours[1]['parameters']:.0f}", ours[0],
                      "gradient, Hessian, LU in double", peer[0], "<= 10 x", ours[0] <= 10 * peer[0],
                      ours[1]["answer"] == peer[1]["answer"] == 1)


def line(bench, table):
    for m, (ms, counters) in bench.run("points", "line_rank", 1).items():
        m = int(m.split("/")[1])
        table.row(f"certified rank of the span, m = {m} on a line", ms, "LU at hundreds of digits: not run", None,
                  "< 10 s" if m == 1000 else "-", ms < 10_000, counters["answer"] == 1 and counters["rank"] == m)


def polish(bench, table):
    found = bench.run("points", "^polish").get("polish")
    if not found:
        return
    ms, counters = found
    digits = counters["digits"]
    try:
        import mpmath
    except ImportError:
        table.row("Newton polish, 2-3-1 tanh, 5 samples", ms, "mpmath is not installed", None, "1/50 at 50 digits", False,
                  None)
        return
    mp = mpmath.mp
    mp.dps = 60
    layers, x, y = mlp([2, 3, 1], 5, 3)
    x = [[mp.mpf(float(t)) for t in row] for row in x]
    y = [mp.mpf(float(row[0])) for row in y]
    start = [mp.mpf(counters[f"z{k}"]) for k in range(13)]

    def derivatives(z):
        """Gradient and Hessian of the mean of (f - y)^2 plus |z|^2 / 64, z = W1 b1 w2 b2, by hand."""
        n = 13
        grad = [z[k] / 32 for k in range(n)]
        hess = [[mp.mpf(int(k == l)) / 32 for l in range(n)] for k in range(n)]
        for xi, yi in zip(x, y):
            h = [mp.tanh(z[2 * u] * xi[0] + z[2 * u + 1] * xi[1] + z[6 + u]) for u in range(3)]
            f = sum(z[9 + u] * h[u] for u in range(3)) + z[12]
            first, second = [mp.mpf(0)] * n, {}
            first[12] = mp.mpf(1)
            for u in range(3):
                s1 = 1 - h[u] * h[u]
                s2 = -2 * h[u] * s1
                parts = ((2 * u, xi[0]), (2 * u + 1, xi[1]), (6 + u, mp.mpf(1)))
                first[9 + u] = h[u]
                for k, c in parts:
                    first[k] = z[9 + u] * s1 * c
                    second[k, 9 + u] = second[9 + u, k] = s1 * c
                    for l, d in parts:
                        second[k, l] = z[9 + u] * s2 * c * d
            e = 2 * (f - yi) / 5
            for k in range(n):
                grad[k] += e * first[k]
                for l in range(n):
                    hess[k][l] += 2 * first[k] * first[l] / 5
            for (k, l), t in second.items():
                hess[k][l] += e * t
        return mp.matrix(grad), mp.matrix(hess)

    def newton():
        z = list(start)
        for _ in range(6):
            g, h = derivatives(z)
            if mp.norm(g) < mp.mpf(10) ** -50:
                return z
            step = mp.lu_solve(h, g)
            z = [a - b for a, b in zip(z, step)]
        return z

    peer, z = best(newton, 3, 3)
    agree = all(abs(float(a) - counters[f"z{k}"]) < 1e-12 for k, a in enumerate(z))
    table.row("Newton polish, 2-3-1 tanh, 5 samples", ms, "mpmath by hand, 50 digits", peer, "<= 1/50 at 50 digits",
              50 * ms <= peer and digits >= 50, agree)
    table.notes.append(f"the polish ends with |grad Q| = 1e-{digits:.0f}")


ROWS = {
    "gram": gram,
    "gram106": gram106,
    "definite": lambda b, t: dense(b, t, "definite", "proof of definiteness, n = 1000", 2, 500),
    "nonsingular": lambda b, t: dense(b, t, "nonsingular", "proof of nonsingularity, n = 1000", 8, 60),
    "least": least,
    "product": product,
    "functions": functions,
    "singular": singular,
    "gradient": gradient,
    "critical": critical,
    "line": line,
    "polish": polish,
}


def main():
    if len(sys.argv) < 2 or any(name not in ROWS for name in sys.argv[2:]):
        sys.exit(__doc__)
    bench, table = Benchmarks(sys.argv[1]), Table()
    load = os.getloadavg()[0]
    for name in sys.argv[2:] or ROWS:
        if sys.stderr.isatty():
            print(f"running {name} …", file=sys.stderr)
        ROWS[name](bench, table)
    table.print()
    print()
    for note in table.notes:
        print(note)
    print(f"Least time of the repetitions; load {load:.1f} on {os.cpu_count()} processors at the start.")
    print("Goals not measured: " + "; ".join(NOT_MEASURED) + ".")
    for failure in bench.failed:
        print(f"not run: {failure}")
    for work in table.wrong:
        print(f"the answers differ: {work}")
    return 1 if bench.failed or table.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
