#!/usr/bin/env python3
"""pgbsearch from the outside: what is found, kept, shown, exported and verified, and what bad input gets."""
import json
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SEARCH, CHECK, VERIFY = os.environ["PGBSEARCH"], os.environ["PGBCHECK"], os.environ["PGBVERIFY"]
FAMILIES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "families"
failures = []


def run(*arguments, program=SEARCH, cwd=None):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=300)


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def found(*arguments, cwd):
    result = run(*arguments, "--json", "-", "--quiet", cwd=cwd)
    return result.returncode, json.loads(result.stdout)


def dump(path):
    """All that a store holds, but for where the family file was."""
    with sqlite3.connect(path) as db:
        rows = {table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("meta", "problems", "points", "certificates", "evaluations", "failures")}
    rows["meta"] = [row for row in rows["meta"] if row[0] != "where"]
    return rows


def check_neuron_minima(folder):
    """Auer, Herbster & Warmuth: (N/d)^d minima for N points in dimension 2; all but the lowest proven suboptimal."""
    for k in (2, 4, 6):
        status, out = found(FAMILIES / f"neuron-minima-{k}.json", cwd=folder)
        minima = out["kinds"].get("strict local minimum", {"points": 0})
        expect(status == 1, f"neuron-minima-{k}: exit status {status}")
        expect(minima["points"] == k * k == out["points"], f"neuron-minima-{k}: {out['kinds']}")
        expect(len(out["counterexamples"]) == k * k - 1, f"neuron-minima-{k}: {len(out['counterexamples'])} suboptimal")


def check_xor(folder):
    status, out = found(FAMILIES / "xor.json", cwd=folder)
    expect(out["starts"]["done"] == out["starts"]["total"] == 20000, "xor: starts")
    expect(status in (0, 3) and not out["counterexamples"], f"xor: {status}, {out['counterexamples']}")
    infinite = out["kinds"]["at infinity"]["starts"]
    expect(infinite > 15000, f"xor: only {infinite} runs named as runs to infinity")


def check_three_samples(folder):
    """The constant 1/3 is a minimum on a level set: loss 2/9, while 0 is reached elsewhere."""
    status, out = found(FAMILIES / "three-samples.json", cwd=folder)
    points = out["counterexamples"] + out["suspects"]
    expect(any(abs(float(p["loss"]) - 2 / 9) < 1e-12 and p["better"] for p in points), f"three-samples: {points}")
    expect(status == 1, f"three-samples: exit status {status}")


def check_population_loss(folder):
    """Safran & Shamir: 0.0250806, digits of examples/zoo/README.md worked out by other means."""
    status, out = found(FAMILIES / "population-loss.json", "--starts", 400, cwd=folder)
    losses = [float(p["loss"]) for p in out["counterexamples"]]
    expect(status == 1 and any(abs(loss - 0.02508058100246301) < 1e-12 for loss in losses), f"population-loss: {losses}")


def check_added_neurons(folder):
    """Elimination: with added neurons no local minimum is suboptimal; without, one neuron has one."""
    for name, expected in (("one-neuron", 1), ("dropped-distinct", 0)):
        found(FAMILIES / f"{name}.json", "--starts", 200, cwd=folder)
        with sqlite3.connect(folder / f"{name}.sqlite") as db:
            rows = db.execute("SELECT title FROM points, problems WHERE points.problem = number AND better != 0 AND certified AND "
                              "kind IN ('strict local minimum', 'local minimum', 'global minimum')").fetchall()
            freed = db.execute("SELECT count(*) FROM points WHERE kind = 'no local minimum nearby'").fetchone()[0]
        expect(not [t for t, in rows if "added" in t], f"{name}: a suboptimal minimum with added neurons: {rows}")
        expect(len(rows) >= expected and freed > 0, f"{name}: {rows}, {freed}")


def check_proof(folder):
    """One weight on (16, 3/4), (1, 3/4): two local minima and a maximum in [-5, 5], and none with an added neuron in [-1, 1]."""
    text = json.loads((FAMILIES / "one-neuron.json").read_text())
    text["augment"] = None
    (folder / "plain.json").write_text(json.dumps(text))
    result = run("plain.json", "--prove", "--box", 5, "--critical-points", "--json", "-", "-q", cwd=folder)
    out = json.loads(result.stdout)["problems"][0]["result"]
    kinds = sorted(p["kind"] for p in out["points"])
    expect(result.returncode == 1 and out["status"] == "complete", f"--prove: {result.returncode}, {out}")
    expect(kinds == ["local maximum", "local minimum", "local minimum"] and out["suboptimal_minima"] == 1, f"--prove: {out}")
    text["augment"] = {"kind": "exponential", "lambda": "1/10"}
    (folder / "augmented.json").write_text(json.dumps(text))
    result = run("augmented.json", "--prove", "--box", 1, "-q", cwd=folder)
    expect(result.returncode == 0, f"--prove with an added neuron: {result.returncode} {result.stderr}")
    for name in ("plain", "augmented"):
        run("export", f"{name}.sqlite", f"{name}-out", cwd=folder)
        result = run(folder / f"{name}-out" / "box-0.certificate.json", program=VERIFY)
        expect(result.returncode == 0, f"pgbverify of a list: {result.stdout}{result.stderr}")
    expect(run("augmented.json", "--prove", "--box", 2, "--resume", "-q", cwd=folder).returncode == 2, "--prove: another box")


def check_failure_modes(folder):
    found(FAMILIES / "one-neuron.json", "--starts", 100, "--failure-modes", "--store", "f.sqlite", cwd=folder)
    text = run("show", "f.sqlite", cwd=folder).stdout
    expect("runs off to infinity, exponent 0.5 log t" in text, "--failure-modes")


def check_data_search(folder):
    """Found again exactly by a search that was stopped several times."""
    family = json.loads((FAMILIES / "bad-data.json").read_text())
    family["data"]["search"].update(goal="deep", evaluations=300, starts=32)
    (folder / "data.json").write_text(json.dumps(family))
    status, out = found("data.json", "--store", "whole.sqlite", cwd=folder)
    expect(status == 1 and out["counterexamples"], f"data search: {status}")
    status = run("data.json", "--store", "early.sqlite", "--time", "0.001", "-q", cwd=folder).returncode
    expect(status != 0, f"data search stopped at once: exit status {status}")
    for seconds in ("0.1", "0.3", "100"):
        run("data.json", "--store", "parts.sqlite", "--resume", "--time", seconds, "-q", "--threads", 1, cwd=folder)
    expect(dump(folder / "whole.sqlite") == dump(folder / "parts.sqlite"), "data search in parts differs")


def check_interrupt(folder):
    """Ctrl-C ends the search early, with status 3 or 1 if it had found something, and what was found is kept."""
    family = json.loads((FAMILIES / "three-samples.json").read_text())
    family["starts"] = 100000
    (folder / "long.json").write_text(json.dumps(family))
    process = subprocess.Popen([SEARCH, "long.json", "-q"], cwd=folder)
    for _ in range(500):
        time.sleep(0.02)
        if (folder / "long.sqlite").exists():
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    expect(process.wait(timeout=60) in (1, 3), "Ctrl-C: exit status")
    with sqlite3.connect(folder / "long.sqlite") as db:
        starts = db.execute("SELECT coalesce(sum(count), 0) FROM points").fetchone()[0]
    expect(starts < 100000, f"Ctrl-C: {starts} starts were done")


def check_certificates(folder):
    """pgbverify accepts every proof of every kind of point: symmetric, degenerate, augmented, kinked networks."""
    count = 0
    for name, starts in (("teacher-relu", 8), ("deep-linear", 16), ("dropped-distinct", 8), ("small-sigmoid", 6), ("classification", 8)):
        run(FAMILIES / f"{name}.json", "--starts", starts, "-q", cwd=folder)
        with sqlite3.connect(folder / f"{name}.sqlite") as db:
            ids = [row[0] for row in db.execute("SELECT id FROM points WHERE certified ORDER BY kind, id")][::6]
        run("export", f"{name}.sqlite", f"{name}-out", *ids, cwd=folder)
        paths = list((folder / f"{name}-out").glob("*.certificate*.json")) + list((folder / f"{name}-out").glob("*.lower.json"))
        for path in paths:
            result = run(path, program=VERIFY)
            expect(result.returncode == 0, f"pgbverify {name} {path.name}: {result.stdout}{result.stderr}")
            count += 1
    expect(count > 30, f"only {count} certificates")


def check_reading_a_store(folder):
    store = folder / "neuron-minima-2.sqlite"
    shown = run("show", store)
    expect("certified suboptimal local minim" in shown.stdout, "show: summary")
    one = run("show", store, 2)
    expect("strict local minimum (certified)" in one.stdout and "Suboptimal" in one.stdout, "show: point")
    verdict = run(f"{store}#2", "--json", "-", program=CHECK)
    expect(json.loads(verdict.stdout)["reason"] == "strict-local-minimum", "pgbcheck STORE#ID")
    expect(run(f"{store}#99", program=CHECK).returncode == 2, "pgbcheck STORE#ID: no such point")
    expect(run("export", store, folder / "out").returncode == 0, "export")
    names = sorted(p.name for p in (folder / "out").iterdir())
    expect("2.json" in names and "2.certificate.json" in names and "2.lower.json" in names, f"export: {names}")
    for path in (folder / "out").glob("*.*.json"):
        result = run(path, program=VERIFY)
        expect(result.returncode == 0, f"pgbverify {path.name}: {result.stdout}{result.stderr}")
    expect(run(folder / "out" / "2.json", program=CHECK).returncode == 0, "exported problem")


def check_same_for_all_threads(folder):
    for threads in (1, 2, 3, 5):
        run(FAMILIES / "three-samples.json", "--starts", 3000, "--threads", threads, "--store", folder / f"t{threads}.sqlite", "-q")
    expect(all(dump(folder / "t1.sqlite") == dump(folder / f"t{t}.sqlite") for t in (2, 3, 5)), "threads change the store")


def check_resume(folder):
    family, store = FAMILIES / "three-samples.json", folder / "r.sqlite"
    run(family, "--starts", 3000, "--time", "0.01", "--store", store, "-q")
    again = run(family, "--starts", 3000, "--store", store)
    expect(again.returncode == 2 and "--resume" in again.stderr, "an existing store is not overwritten")
    expect(run(family, "--starts", 9, "--store", store, "--resume").returncode == 2, "other number of starts")
    run(family, "--starts", 3000, "--store", store, "--resume", "-q")
    expect(dump(store) == dump(folder / "t1.sqlite"), "resumed store differs")


def check_mpi(folder):
    """Ranks do not change the store either."""
    mpirun = shutil.which("mpirun")
    if os.environ.get("PGB_MPI") != "ON" or not mpirun:
        print("  no MPI: left out")
        return
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    for ranks in (2, 3):
        subprocess.run([mpirun, "--oversubscribe", "-n", str(ranks), SEARCH, FAMILIES / "three-samples.json", "--starts", "3000", "--threads", "1",
                        "--store", folder / f"m{ranks}.sqlite", "-q"], env=environment, timeout=300, capture_output=True)
        expect(dump(folder / "t1.sqlite") == dump(folder / f"m{ranks}.sqlite"), f"{ranks} ranks change the store")


def one_line(result, words, what):
    lines = result.stderr.strip().splitlines()
    expect(result.returncode == 2 and len(lines) == 1 and words in lines[0] and not result.stdout,
           f"{what}: {result.returncode} {result.stderr!r} {result.stdout!r}")


def check_two_at_once(folder):
    """A store that a search is at work on is refused by another, and neither counts anything twice."""
    family = json.loads((FAMILIES / "three-samples.json").read_text())
    family["starts"] = 10**9
    (folder / "two.json").write_text(json.dumps(family))
    first = subprocess.Popen([SEARCH, "two.json", "-q"], cwd=folder)
    for _ in range(3000):  # until the first has begun
        time.sleep(0.02)
        with sqlite3.connect(f"file:{folder}/two.sqlite?mode=ro", uri=True) if (folder / "two.sqlite").exists() else sqlite3.connect(":memory:") as db:
            try:
                if db.execute("SELECT value FROM meta WHERE key = 'next_chunk'").fetchone():
                    break
            except sqlite3.Error:
                pass
    one_line(run("two.json", "--resume", cwd=folder), "another pgbsearch is at work on", "two at once")
    expect(run("show", "two.sqlite", cwd=folder).returncode in (1, 3), "show while a search is at work")
    first.send_signal(signal.SIGTERM)
    expect(first.wait(timeout=60) in (1, 3), "SIGTERM: exit status")
    with sqlite3.connect(folder / "two.sqlite") as db:
        counted = db.execute("SELECT sum(count) FROM points").fetchone()[0] or 0
        chunks = int(db.execute("SELECT value FROM meta WHERE key = 'next_chunk'").fetchone()[0])
    expect(counted == 256 * chunks, f"two at once: {counted} starts, {chunks} chunks")


def check_full_disk(folder):
    """Where no more can be written the search ends with a line, and is gone on with later as if nothing had been."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    arguments = [SEARCH, FAMILIES / "small-tanh.json", "--starts", "60", "--store", folder / "full.sqlite"]
    # Python ignores SIGXFSZ, so that writing fails as on a full disk; the child is to do so, too.
    result = subprocess.run(arguments, preexec_fn=limit, restore_signals=False, capture_output=True, text=True, timeout=300)
    one_line(result, "full.sqlite: store: ", "full disk")
    run(*arguments[1:], "--resume", "-q")
    run(*arguments[1:4], "--store", folder / "room.sqlite", "-q")
    expect(dump(folder / "full.sqlite") == dump(folder / "room.sqlite"), "full disk: the store differs after it was gone on with")


def check_damaged_stores(folder):
    sound = folder / "t1.sqlite"
    for name, change, words in (
            ("other", "UPDATE meta SET value = 'pgb-store/9' WHERE key = 'schema'", '"pgb-store/9"'),
            ("chunk", "UPDATE meta SET value = 'x' WHERE key = 'next_chunk'", '"x"'),
            ("ahead", "UPDATE meta SET value = '2' WHERE key = 'next_chunk'", "starts are counted"),
            ("kind", "UPDATE points SET kind = 'good' WHERE id = 2", "unknown kind"),
            ("stray", "UPDATE points SET problem = 7 WHERE id = 2", "damaged"),
            ("better", "UPDATE points SET better = 1 WHERE id = 1", "not proven lower"),
            ("blob", "UPDATE points SET z = x'00' WHERE id = 1", "damaged"),
            ("table", "DROP TABLE points", "no such table")):
        path = folder / f"damaged-{name}.sqlite"
        shutil.copy(sound, path)
        with sqlite3.connect(path) as db:
            db.execute(change)
        one_line(run(FAMILIES / "three-samples.json", "--starts", 3000, "--store", path, "--resume"), words, f"damaged store, {name}")
    path = folder / "damaged-bytes.sqlite"
    content = bytearray(sound.read_bytes())
    content[:4000] = bytes(4000)
    path.write_bytes(content)
    for arguments in (["show", path], [FAMILIES / "three-samples.json", "--store", path, "--resume"], ["export", path, folder / "gone"]):
        one_line(run(*arguments), "expected a store of pgbsearch", "damaged store, bytes")
    one_line(run(f"{path}#1", program=CHECK), "expected a store of pgbsearch", "damaged store, pgbcheck")


def check_bad_input(folder):
    bad = folder / "bad.json"
    bad.write_text('{"model": {"widths": [1, 1], "activation": "relo"}, "data": {"x": [1], "y": [1]}, "loss": "squared"}')
    for arguments in ([bad], [folder / "none.json"], [], ["show", bad], ["show", folder / "none"], ["--starts", "0", bad],
                      [FAMILIES / "xor.json", "--store", folder / "no" / "where.sqlite"], ["show", folder / "r.sqlite", 9999],
                      [FAMILIES / "xor.json", "--json", folder / "no" / "where.json"]):
        result = run(*arguments, cwd=folder)
        expect(result.returncode == 2, f"{arguments}: exit status {result.returncode}")
        lines = result.stderr.strip().splitlines()
        expect(len(lines) == 1 and not result.stdout, f"{arguments}: {result.stderr!r} {result.stdout!r}")
    expect(not (folder / "bad.sqlite").exists(), "a store was written for bad input")
    expect(run(FAMILIES / "xor.json", "--explain", cwd=folder).stdout.count("problem") >= 2, "--explain")
    expect(not (folder / "no").exists(), "something was written")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for check in (check_neuron_minima, check_xor, check_three_samples, check_population_loss, check_added_neurons,
                      check_proof, check_failure_modes, check_data_search, check_interrupt, check_certificates,
                      check_reading_a_store, check_same_for_all_threads,
                      check_mpi, check_resume, check_two_at_once, check_full_disk, check_damaged_stores, check_bad_input):
            print(check.__name__, flush=True)
            check(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
