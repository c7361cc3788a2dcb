#!/usr/bin/env python3
"""examples/zoo: pgbcheck answers as its README says, pgbverify accepts every certificate, and pgbrepro zoo passes.

PGBCHECK, PGBVERIFY and PGBREPRO name the three programs.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

PGBCHECK, PGBVERIFY, PGBREPRO = (os.environ[name] for name in ("PGBCHECK", "PGBVERIFY", "PGBREPRO"))
ZOO = Path(__file__).parents[2] / "examples" / "zoo"
STATUS = {"satisfied": 0, "violated": 1, "undecided": 3}


class Row(NamedTuple):
    folder: str
    verdict: str
    certified: bool
    reason: str
    loss: float
    better: float


def number(text: str) -> float:
    return float(Fraction(text.split()[0]))


def table() -> list[Row]:
    rows = []
    for line in (ZOO / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.replace(r"\|", "").strip("|").split("|")]
        if len(cells) == 7 and re.fullmatch(r"`\w+`", cells[0]):
            verdict, certified, reason = cells[4].split(", ")
            rows.append(Row(cells[0].strip("`"), verdict, certified == "certified", reason.strip("`"),
                            number(cells[5]), number(cells[6])))
    return rows


class Zoo(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.proof = Path(self.folder.name) / "proof"

    def tearDown(self) -> None:
        self.folder.cleanup()

    def check(self, path: Path, *flags: str) -> tuple[dict[str, Any], int]:
        for old in self.proof.parent.iterdir():
            old.unlink()
        run = subprocess.run(
            [PGBCHECK, str(path), "--json", "-", "--quiet", "--certificate", str(self.proof), *flags],
            capture_output=True, text=True, timeout=200)
        self.assertIn(run.returncode, STATUS.values(), run.stderr)
        return json.loads(run.stdout), run.returncode

    def accepted_kinds(self) -> list[str]:
        """Of all certificates written, after pgbverify has accepted each."""
        kinds = []
        for proof in sorted(self.proof.parent.iterdir()):
            run = subprocess.run([PGBVERIFY, str(proof)], capture_output=True, text=True, timeout=200)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            kinds.append(json.loads(proof.read_text())["statement"]["kind"])
        return kinds

    def test_every_folder_is_in_the_table(self) -> None:
        self.assertEqual(sorted(row.folder for row in table()), sorted(p.name for p in ZOO.iterdir() if p.is_dir()))

    def test_points(self) -> None:
        for row in table():
            with self.subTest(row.folder):
                verdict, status = self.check(ZOO / row.folder / "problem.json",
                                             "--compare", str(ZOO / row.folder / "better.json"))
                self.assertEqual((verdict["verdict"], status), (row.verdict, STATUS[row.verdict]))
                self.assertEqual((verdict["certified"], verdict["reason"]), (row.certified, row.reason))
                self.assertLess(abs(float(verdict["loss"]) - row.loss), 1e-6)
                self.assertTrue(any("Suboptimal (proven)" in note for note in verdict["notes"]))
                kinds = self.accepted_kinds()
                self.assertIn("lower-value", kinds)
                self.assertEqual(len(kinds) > 1, verdict["certified"])
                if row.folder == "saddle":
                    self.assertTrue({"negative-curvature", "critical-point"} & set(kinds), kinds)

    def test_better_points(self) -> None:
        for row in table():
            with self.subTest(row.folder):
                verdict, _ = self.check(ZOO / row.folder / "problem.json", "--at", "saved",
                                        "--parameters", str(ZOO / row.folder / "better.json"))
                self.assertLess(abs(float(verdict["saved_point"]["loss"]) - row.better), 1e-6)

    def test_augmented(self) -> None:
        for row in table():
            with self.subTest(row.folder):
                verdict, status = self.check(ZOO / row.folder / "augmented.json")
                self.assertEqual((verdict["verdict"], verdict["certified"], verdict["reason"], status),
                                 ("violated", True, "no-local-minimum-in-region", 1))
                self.assertEqual(self.accepted_kinds()[0], "no-local-minimum")

    def reproduce(self, *arguments: str) -> tuple[dict[str, Any], int]:
        run = subprocess.run([PGBREPRO, *arguments, "--json", "-", "--quiet"],
                             capture_output=True, text=True, timeout=200)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return json.loads(run.stdout), run.returncode

    def test_every_member_is_proven(self) -> None:
        found, status = self.reproduce("zoo", "--instances", "1")
        self.assertEqual(status, 0)
        for claim in found["claims"]:
            self.assertTrue(claim["passed"], claim)
            self.assertTrue(all(row["standing"] == "proved" for row in claim["instances"]), claim)
        members = next(claim for claim in found["claims"] if claim["name"] == "suboptimal-points")
        losses = sorted(float(row["numbers"]["loss"]) for row in members["instances"] if "loss" in row["numbers"] and "random" not in str(row))
        self.assertEqual(len(losses), len(table()))
        for expected, loss in zip(sorted(row.loss for row in table()), losses):
            self.assertLess(abs(loss - expected), 1e-5)

    def test_members_are_listed_when_the_group_is_named(self) -> None:
        run = subprocess.run([PGBREPRO, "suboptimal-points"], capture_output=True, text=True, timeout=200)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("proved: strict local minimum", run.stdout)
        self.assertIn("1 of 1 claim passed", run.stdout)

    def test_a_zoo_that_was_tampered_with_fails(self) -> None:
        for member, file, old, new in (("sigmoid", "problem", '"w": [[-1, -1]', '"w": [[-1, -0.75]'),  # not critical
                                       ("split", "problem", '"w": [["0.94', '"w": [["1.94'),
                                       ("relu_affine", "problem", '"1/6"]', '"1/7"]'),
                                       ("neuron", "problem", '"sigmoid"', '"softplus"'),  # another network
                                       ("neuron_2d", "better", '"0.07', '"1.07'),  # no better
                                       ("chain", "augmented", '"y": [[1], [3]]', '"y": [[0], [0]]')):  # a minimum
            with self.subTest(member):
                examples = Path(self.folder.name) / member
                shutil.copytree(ZOO, examples / "zoo")
                path = examples / "zoo" / member / f"{file}.json"
                text = path.read_text()
                self.assertIn(old, text)
                path.write_text(text.replace(old, new))
                found, status = self.reproduce("suboptimal-points", "--examples", str(examples))
                self.assertEqual(status, 1)
                self.assertGreaterEqual(found["claims"][0]["failed"], 1, found["claims"][0]["instances"])


if __name__ == "__main__":
    unittest.main()
