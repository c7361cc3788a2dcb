#!/usr/bin/env python3
"""kill -9 at random moments, of pgbsearch and of single MPI ranks: nothing certified is lost, nothing is counted twice, and
the store ends up as that of a run that was left alone. PGB_KILLS sets the number of kills that have to meet a running search
(20), PGB_SEED their moments. A search that is done before its kill comes is compared, and begun again from nothing: how many
kills it takes depends on the machine, that all of them meet something does not."""
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SEARCH = os.environ["PGBSEARCH"]
KILLS = int(os.environ.get("PGB_KILLS", "20"))
SEED = int(os.environ.get("PGB_SEED", str(random.SystemRandom().randrange(10**6))))
STARTS, PROBLEMS = 600, 6
FAMILY = {
    "model": {"widths": [1, 2, 1], "activation": "tanh"},
    "data": {"x": {"kind": "grid", "points": 8},
             "y": {"kind": "teacher", "network": {"widths": [1, 3, 1], "activation": "tanh"}, "draw": {"kind": "normal", "scale": 2}},
             "sets": PROBLEMS},
    "loss": "squared", "starts": STARTS, "start": {"kind": "normal", "scale": 2}}
MPI_START = 20.0  # seconds that mpirun may take to start its ranks
MPIRUN = shutil.which("mpirun") if os.environ.get("PGB_MPI") == "ON" else None
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def dump(path):
    with sqlite3.connect(path) as db:
        return {table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("meta", "problems", "points", "certificates")}


def state(path):
    """(certificates by point and number, starts counted, chunks applied), all of one moment."""
    if not path.exists():
        return {}, 0, 0
    with sqlite3.connect(path) as db:
        if not db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]:
            return {}, 0, 0
        certificates = {(point, number): text for point, number, text in db.execute("SELECT * FROM certificates")}
        starts = db.execute("SELECT coalesce(sum(count), 0) FROM points").fetchone()[0]
        chunks = db.execute("SELECT value FROM meta WHERE key = 'next_chunk'").fetchone()
        return certificates, starts, int(chunks[0]) if chunks else 0


def children(pid):
    """Processes under `pid`, from /proc."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
            except OSError:
                pass
    found, todo = [], [pid]
    while todo:
        todo += parents.get(todo.pop(), [])
        found += [p for p in todo if p not in found]
    return found


def begin(folder, ranks):
    command = [SEARCH, "family.json", "--resume", "--quiet", "--store", "killed.sqlite", "--threads", "1"]
    if ranks > 1:
        command = [MPIRUN, "--oversubscribe", "-n", str(ranks)] + command
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ranks_under(process):
    """The ranks that mpirun has started, waiting for the first of them."""
    until = time.monotonic() + MPI_START
    while process.poll() is None and time.monotonic() < until:
        workers = [p for p in children(process.pid) if "pgbsearch" in command_of(p)]
        if workers:
            return workers
        time.sleep(0.01)
    return []


def kill_once(folder, ranks, pause):
    """Whether something was still running when the kill came."""
    process = begin(folder, ranks)
    if ranks > 1:
        ranks_under(process)
    time.sleep(pause)
    if ranks == 1:
        victims = [process.pid] if process.poll() is None else []
    else:
        victims = [p for p in children(process.pid) if "pgbsearch" in command_of(p)]
    if victims:
        os.kill(random.choice(victims), signal.SIGKILL)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        for p in children(process.pid) + [process.pid]:
            os.kill(p, signal.SIGKILL)
        process.wait()
    return bool(victims)


def command_of(pid):
    try:
        return (pathlib.Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""


def main():
    random.seed(SEED)
    print(f"PGB_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "family.json").write_text(json.dumps(FAMILY))
        begun = time.monotonic()
        command = [SEARCH, "family.json", "--quiet", "--store", "whole.sqlite", "--threads", "1"]
        status = subprocess.run(command, cwd=folder, timeout=200).returncode
        whole_time = time.monotonic() - begun
        assert status in (0, 1, 3), status
        whole = dump(folder / "whole.sqlite")
        store = folder / "killed.sqlite"
        kept, hits, tries = {}, 0, 0
        while hits < KILLS:
            tries += 1
            assert tries <= 20 * KILLS, f"only {hits} of {tries} kills met a running search"
            ranks = 3 if MPIRUN and hits % 4 == 3 else 1
            hit = kill_once(folder, ranks, random.uniform(0, whole_time / 4))
            hits += hit
            certificates, starts, chunks = state(store)
            for key, text in kept.items():
                assert certificates.get(key) == text, f"kill {tries}: certificate {key} lost or changed"
            size = 256
            expected = sum(min(size, STARTS - c // PROBLEMS * size) for c in range(chunks))
            assert starts == expected, f"kill {tries}: {starts} starts counted, {expected} done"
            kept = certificates
            if not hit:
                assert dump(store) == whole, "a search that came to its end between kills differs from an undisturbed one"
                for file in folder.glob("killed.sqlite*"):
                    file.unlink()
                kept = {}
        command[4], end = "killed.sqlite", ["--resume"]
        assert subprocess.run(command + end, cwd=folder, timeout=200).returncode == status
        assert dump(store) == whole, "the store differs from that of an undisturbed run"
        print(f"{hits} of {tries} kills met a running search; {len(whole['points'])} points, "
              f"{len(whole['certificates'])} certificates; undisturbed {whole_time:.1f} s; MPI: {bool(MPIRUN)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
