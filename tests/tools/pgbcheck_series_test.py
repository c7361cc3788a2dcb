#!/usr/bin/env python3
"""pgbcheck along training: patterns of parameter files, resuming, what is refused.

usage: PGBCHECK=path/to/pgbcheck pgbcheck_series_test.py
"""

import csv
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

PGBCHECK = os.environ["PGBCHECK"]


class Series(unittest.TestCase):
    """q = w x on two samples with y = x: w = 1 is the global minimum, elsewhere the gradient is not 0."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        model = {"input": 1, "nodes": [{"op": "linear", "weight": "w"}]}
        self.write("p.json", {"model": model, "data": {"x": [[1], [2]], "y": [[1], [2]]}, "loss": "squared"})
        for step, weight in ((2, 3), (10, 2), (100, 1)):
            self.write(f"run/step{step}.json", {"w": [[weight]]})

    def write(self, name: str, content: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))

    def run_tool(self, *arguments: str, pattern: str = "run/step*.json") -> "subprocess.CompletedProcess[str]":
        command = [PGBCHECK, "p.json", "--parameters", pattern, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120)

    def rows(self, name: str) -> "list[dict[str, Any]]":
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def test_each_checkpoint_has_its_row_in_order_of_the_steps(self) -> None:
        done = self.run_tool("--series", "s.csv", "--report", "r.html", "--json", "-")
        self.assertEqual(done.returncode, 1, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row["step"] for row in rows], ["2", "10", "100"])
        self.assertEqual([row["verdict"] for row in rows], ["violated", "violated", "satisfied"])
        self.assertEqual([float(row["loss"]) for row in rows], [10, 2.5, 0])  # (w - 1)^2 (1 + 4) / 2
        table = list(csv.DictReader((self.folder / "s.csv").read_text().splitlines()))
        self.assertEqual([row["loss"] for row in table], [row["loss"] for row in rows])
        self.assertIn("step100.json", (self.folder / "r.html").read_text())

    def test_rows_agree_with_single_checks(self) -> None:
        self.run_tool("--series", "s.jsonl")
        for row in self.rows("s.jsonl"):
            one = subprocess.run([PGBCHECK, "p.json", "--parameters", row["file"], "--json", "-", "-q"],
                                 cwd=self.folder, capture_output=True, text=True, timeout=60)
            verdict = json.loads(one.stdout)
            for name in ("verdict", "certified", "reason", "explanation", "problem_sha256"):
                self.assertEqual(row[name], verdict[name])
            self.assertEqual(row["loss"], verdict["saved_point"]["loss"])

    def test_what_is_known_is_not_done_again(self) -> None:
        self.run_tool("--series", "s.jsonl")
        rows = self.rows("s.jsonl")
        rows[0]["explanation"] = "kept"
        rows[1]["explanation"] = "kept"
        lines = [json.dumps(row) for row in rows]
        # The third row was cut by a kill; the second file has changed since.
        (self.folder / "s.jsonl").write_text("\n".join(lines[:2]) + "\n" + lines[2][:50])
        self.write("run/step10.json", {"w": [[5]]})
        self.write("run/step1000.json", {"w": [[1]]})
        done = self.run_tool("--series", "s.jsonl")
        self.assertIn("1 of them known", done.stderr)
        again = self.rows("s.jsonl")
        self.assertEqual(len(again), 4)
        self.assertEqual(again[0]["explanation"], "kept")
        self.assertNotEqual(again[1]["explanation"], "kept")
        self.assertEqual(float(again[1]["loss"]), 40)
        # Other settings, other verdicts: nothing is known.
        self.assertNotIn("known", self.run_tool("--series", "s.jsonl", "--at", "saved").stderr)

    def test_bad_input_writes_nothing(self) -> None:
        self.write("run/step3.json", {"w": [[1, 2]]})
        done = self.run_tool("--series", "s.csv", "--report", "r.html")
        self.assertEqual(done.returncode, 2)
        self.assertIn("run/step3.json", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["p.json", "run"])

    def test_usage(self) -> None:
        for pattern, arguments, words in (
            ("no*.json", (), "none"),
            ("run/step2.json", ("--series", "s.csv"), "--series"),
            ("run/step*.json", ("--certificate", "c.json"), "--certificate"),
        ):
            done = self.run_tool(*arguments, pattern=pattern)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        (self.folder / "s.jsonl").write_text("not a row\n")
        done = self.run_tool("--series", "s.jsonl")
        self.assertEqual(done.returncode, 2)
        self.assertIn("s.jsonl, line 1", done.stderr)
        self.assertEqual((self.folder / "s.jsonl").read_text(), "not a row\n")

    def test_killed_and_resumed(self) -> None:
        for step in range(200, 260):
            self.write(f"run/step{step}.json", {"w": [[1 + step / 100]]})
        command = [PGBCHECK, "p.json", "--parameters", "run/step*.json", "--series", "s.jsonl", "--threads", "2"]
        for wait in (0.05, 0.1, 0.2):
            process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.assertEqual(self.run_tool("--series", "s.jsonl").returncode, 1)
        self.run_tool("--series", "whole.jsonl")

        def without_time(rows: "list[dict[str, Any]]") -> "list[dict[str, Any]]":
            return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]

        self.assertEqual(without_time(self.rows("s.jsonl")), without_time(self.rows("whole.jsonl")))


if __name__ == "__main__":
    unittest.main()
