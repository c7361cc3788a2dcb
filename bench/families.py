#!/usr/bin/env python3
"""What pgbsearch finds in each shipped family with its default settings, and the complete lists that it proves for the smallest
networks, as the two tables of docs/families.md. Usage: bench/families.py [folder of the programs, build/release/bin]"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/bin").resolve()
X, Y = [-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2], [-1.1, -0.9, -0.4, 0.1, 0.3, 0.5, 0.2, 0.7]
ADDED = {"kind": "exponential", "lambda": "1/10"}


def unit(inputs, bias=False, output="sigmoid"):
    return {"widths": [inputs, 1], "activation": "identity", "output_activation": output, "bias": bias}


def hidden(bias):
    return {"widths": [1, 1, 1], "activation": "tanh", "bias": bias}


LISTS = [
    ("one weight: sigmoid, (16, 3/4), (1, 3/4)", unit(1), [16, 1], [0.75, 0.75], None, True),
    ("one weight: tanh, 8 samples", unit(1, output="tanh"), X, Y, None, True),
    ("two weights: sigmoid, 2 points on each axis", unit(2), [[1, 0], [16, 0], [0, 1], [0, 16]], [0.75] * 4, None, True),
    ("weight and bias: sigmoid, 5 samples", unit(1, True), [-2, -1, 0, 1, 2], [0.1, 0.9, 0.2, 0.8, 0.6], None, True),
    ("weight and bias: tanh, 8 samples", unit(1, True, "tanh"), X, Y, None, True),
    ("1-1-1 tanh, no biases, 8 samples", hidden(False), X, Y, None, True),
    ("1-1-1 tanh, no biases, 3 samples", hidden(False), [-1, 0.5, 2], [1, -0.5, 0.7], None, False),
    ("1-1-1 tanh, hidden bias, 8 samples", hidden([True, False]), X, Y, None, False),
    ("1-1-1 tanh, output bias, 8 samples", hidden([False, True]), X, Y, None, True),
    ("one sample out of reach: tanh unit with an added neuron", unit(1, output="tanh"), [1], [2], ADDED, False),
    ("one sample out of reach: 1-1-1 tanh with an added neuron", hidden(False), [1], [30], ADDED, False),
    ("two samples: sigmoid unit with an added neuron", unit(1), [16, 1], [0.75, 0.75], ADDED, False),
    ("two samples: 1-1-1 tanh with an added neuron", hidden(False), [0.5, 1], [1, -1], ADDED, False)]


def run(folder, *arguments):
    begun = time.monotonic()
    result = subprocess.run([BIN / "pgbsearch", *map(str, arguments), "-q", "--json", "-"], cwd=folder, capture_output=True, text=True)
    assert result.returncode in (0, 1, 3), result.stderr
    return result.returncode, json.loads(result.stdout), time.monotonic() - begun


def row(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def families(folder):
    row("family", "starts", "distinct ends", "certified minima", "of these suboptimal", "saddles", "no minimum nearby", "at infinity", "open", "s", "exit")
    row(*["---"] * 11)
    for path in sorted((ROOT / "examples" / "families").glob("*.json")):
        status, out, seconds = run(folder, path)
        count = {kind: entry["points"] for kind, entry in out["kinds"].items()}
        minima = sum(count.get(kind, 0) for kind in ("strict local minimum", "local minimum", "global minimum"))
        undecided = sum(count.get(kind, 0) for kind in ("degenerate critical point", "stalled", "on a kink", "not finite"))
        row(f"`{path.stem}`", f"{out['starts']['done']:,}", out["points"], minima, len(out["counterexamples"]), count.get("saddle", 0),
            count.get("no local minimum nearby", 0), count.get("at infinity", 0), undecided, f"{seconds:.1f}", status)


def lists(folder):
    row("problem", "subject", "boxes", "listed", "s", "exit", "pgbverify")
    row(*["---"] * 7)
    for title, model, x, y, added, all_points in LISTS:
        family = {"model": model, "data": {"x": x, "y": y}, "loss": "squared", "augment": added}
        (folder / "list.json").write_text(json.dumps(family))
        flags = ["--critical-points"] if all_points else []
        status, out, seconds = run(folder, "list.json", "--prove", "--box", 5, "--store", "list.sqlite", *flags)
        result = out["problems"][0]["result"]
        subprocess.run([BIN / "pgbsearch", "export", "list.sqlite", "out"], cwd=folder, check=True, capture_output=True)
        verified = subprocess.run([BIN / "pgbverify", "out/box-0.certificate.json"], cwd=folder, capture_output=True).returncode == 0
        kinds = [p["kind"] for p in result["points"]]
        listed = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds))) or "none"
        row(title, "critical points" if all_points else "local minima", f"{result['boxes_examined']:,}",
            listed if result["status"] == "complete" else "undecided", f"{seconds:.1f}", status, "accepted" if verified else "REJECTED")
        (folder / "list.sqlite").unlink()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        families(pathlib.Path(name))
        print()
        lists(pathlib.Path(name))
