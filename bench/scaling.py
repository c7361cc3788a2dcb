#!/usr/bin/env python3
"""How time and memory grow: runs benchmarks at several sizes, each in a process of its own, and fits exponents.

    bench/scaling.py build/release/bench/bin [plot.svg]

Prints one line for each series: sizes, times, largest resident memory, and the exponents p of time ~ size^p and
memory ~ size^p by least squares on logarithms (memory less what the smallest process needs anyway is not taken off, so
that its exponent is low for small sizes). With a file name and matplotlib, draws them."""
import json
import math
import os
import pathlib
import subprocess
import sys

SERIES = [  # title, program, pattern of names, sizes, what the size is
    ("Gram J J^T in double, 784-128-10, one thread", "gram", "^gram_without_jacobian/{}/1/", (64, 128, 256), "samples"),
    ("Gram at 106 bits and its rank proven, two threads", "gram", "^gram_certified/{}/2/", (64, 128, 256), "samples"),
    ("full-batch gradient, 784-128-10, two threads", "derivatives", "^full_batch_gradient/{}/2/", (10000, 60000), "samples"),
    ("certified critical point, 8-w-1", "points", "^critical_point_verified/{}/", (50, 500, 2000), "parameters"),
    ("proof of definiteness", "verified", "^definite_verified/{}$", (300, 1000, 2000), "rows"),
    ("bound of the least singular value", "verified", "^least_singular_verified/{}$", (300, 1000, 2000), "rows"),
    ("product in balls at 106 bits, one thread", "balls", "^product_residues/{}/106/1/", (250, 500, 1000), "rows"),
    ("product in balls, n = 500, one thread", "balls", "^product_residues/500/{}/1/", (53, 106, 212, 424), "bits"),
]


def run(program, pattern):
    """(time in ms, largest resident memory in MiB) of one benchmark."""
    command = [str(program), "--benchmark_format=json", f"--benchmark_filter={pattern}", "--benchmark_min_time=0.2"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    entries = json.loads(output)["benchmarks"] if output.strip() else []
    if len(entries) != 1:
        sys.exit(f"bench/scaling.py: {program}: {len(entries)} benchmarks match {pattern}, expected 1")
    scale = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}[entries[0]["time_unit"]]
    return entries[0]["real_time"] * scale, usage.ru_maxrss / 1024


def exponent(sizes, values):
    x, y = [math.log(s) for s in sizes], [math.log(v) for v in values]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder, drawn = pathlib.Path(sys.argv[1]), []
    for title, program, pattern, sizes, what in SERIES:
        found = [run(folder / f"bench_{program}", pattern.format(size)) for size in sizes]
        times, memory = [f[0] for f in found], [f[1] for f in found]
        points = ", ".join(f"{s}: {t:.3g} ms, {m:.0f} MiB" for s, t, m in zip(sizes, times, memory))
        print(f"{title}: {what} {points}; time ~ {what}^{exponent(sizes, times):.2f}, "
              f"memory ~ {what}^{exponent(sizes, memory):.2f}", flush=True)
        drawn.append((f"{title} ({what})", sizes, times, memory))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the end")
    if len(sys.argv) == 3:
        import matplotlib
        matplotlib.use("svg")
        from matplotlib import pyplot
        _, axes = pyplot.subplots(1, 2, figsize=(12, 6))
        for title, sizes, times, memory in drawn:
            axes[0].loglog(sizes, times, "o-", label=title)
            axes[1].loglog(sizes, memory, "o-")
        axes[0].set(xlabel="size", ylabel="time / ms")
        axes[1].set(xlabel="size", ylabel="largest resident memory / MiB")
        axes[0].legend(fontsize=7)
        pyplot.tight_layout()
        pyplot.savefig(sys.argv[2])


if __name__ == "__main__":
    main()
