#!/usr/bin/env python3
"""Every certificate that pgbcheck writes is accepted by pgbverify, and refused for another problem.

PGBCHECK and PGBVERIFY name the two programs. The problems are those whose answers are known by hand.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

PGBCHECK, PGBVERIFY = os.environ["PGBCHECK"], os.environ["PGBVERIFY"]
EXAMPLES = Path(__file__).parents[2] / "examples"

LINE = {"input": 1, "nodes": [{"op": "linear", "weight": "w", "bias": "b"}]}
PARABOLA = {"x": [[-1], [0], [1]], "y": [[3], [0], [3]]}
ADDED = {"kind": "exponential", "lambda": "1/10"}


def layers(activation: str, biases: bool = True) -> dict[str, Any]:
    first: dict[str, str] = {"op": "linear", "weight": "w"}
    second: dict[str, str] = {"op": "linear", "weight": "v"}
    if biases:
        first["bias"], second["bias"] = "b", "c"
    return {"input": 1, "nodes": [first, {"op": activation}, second]}


def problem(model: Any, parameters: Any, data: Any, **more: Any) -> dict[str, Any]:
    return {"model": model, "parameters": parameters, "data": data, "loss": "squared", **more}


BUMP = {"x": [[1], [2], [3]], "y": [[1], [3], [1]]}
A, W = "1.883669255248155324219138", "0.9401757121042769456877459"
SIGMOIDS = {
    "input": 2,
    "nodes": [{"op": "linear", "weight": "w"}, {"op": "sigmoid"}, {"op": "linear", "weight": "u"}],
}
U = "0.6197136380765075392267146"
THREE = {"x": [[1, 0], [0, 1], [0.5, 0.5]], "y": [[0], [0], [1]]}
DEEP = {"input": 1, "nodes": [{"op": "linear", "weight": name} for name in "abc"]}
TANHS = {"input": 1, "nodes": [{"op": "linear", "weight": "a"}, {"op": "tanh"}, {"op": "linear", "weight": "b"},
                               {"op": "tanh"}, {"op": "linear", "weight": "c"}]}
SQUARES = {"input": 2, "nodes": [{"op": "linear", "weight": "w"}, {"op": "square"}, {"op": "linear", "weight": "v"}]}
STEP = {"input": 1, "nodes": [{"op": "linear", "weight": "w"}, {"op": "sigmoid"}]}
STEPS = {"x": [[16], [1]], "y": [[0.75], [0.75]]}

# name: problem, flags, verdict, reason, kind of certificate
CASES: dict[str, tuple[dict[str, Any], list[str], str, str, str]] = {
    "line at its minimum": (
        problem(LINE, {"w": [[0]], "b": [2]}, PARABOLA),
        [], "satisfied", "orthogonal-to-span-bound", "span-orthogonal"),
    "line with an added neuron": (
        problem(LINE, {"w": [[0]], "b": [2]}, PARABOLA, augment=ADDED),
        [], "violated", "flat-direction", "flat-direction"),
    "line elsewhere": (
        problem(LINE, {"w": [[0.1]], "b": [2]}, PARABOLA),
        [], "violated", "not-critical", "not-critical"),
    "line elsewhere, a region": (
        problem(LINE, {"w": [[0.1]], "b": [2]}, PARABOLA),
        ["--region", "0.01"], "violated", "no-local-minimum-in-region", "not-critical"),
    "equal inputs at their mean": (
        problem(LINE, {"w": [[0]], "b": [2]}, {"x": [[1], [1]], "y": [[1], [3]]}, augment=ADDED),
        [], "satisfied", "global-minimum", "span-orthogonal"),
    "tanh network of zeros": (
        problem(layers("tanh"), {"w": [[0], [0]], "b": [0, 0], "v": [[0, 0]], "c": [2]}, PARABOLA),
        [], "violated", "flat-direction", "flat-direction"),
    "deep linear chain at 0": (
        problem(DEEP, {"a": [[0]], "b": [[0]], "c": [[0]]}, {"x": [[1], [2]], "y": [[1], [3]]}),
        [], "violated", "flat-direction", "flat-direction"),
    "two layers that move together": (
        problem(TANHS, {"a": [[0]], "b": [[0]], "c": [[1], [0]]}, {"x": [[1], [2], [3]], "y": [[0, 1], [0, 2], [0, -1]]}),
        [], "violated", "flat-direction", "flat-direction"),
    "features related on the samples only": (
        problem(SQUARES, {"w": [[1, 0], [0, 1]], "v": [[1, 1], [1, 1]]},
                {"x": [[1, 1], [1, -1], [-1, 1], [-1, -1]], "y": [[1, 3], [3, 1], [3, 1], [1, 3]]}),
        [], "violated", "flat-direction", "flat-direction"),
    "strict minimum": (
        problem(layers("tanh", False), {"w": [[W]], "v": [[A]]}, BUMP),
        [], "satisfied", "strict-local-minimum", "critical-point"),
    "strict minimum with an added neuron": (
        problem(layers("tanh", False), {"w": [[W]], "v": [[A]]}, BUMP, augment=ADDED),
        [], "violated", "no-local-minimum-in-region", "no-local-minimum"),
    "level set of bad minima, with an added neuron": (
        problem(SIGMOIDS, {"w": [[-1, -1], [-1, -1]], "u": [[U, U]]}, THREE, augment=ADDED),
        ["--region", "1e-4"], "violated", "no-local-minimum-in-region", "no-local-minimum"),
    "level set of bad minima": (
        problem(SIGMOIDS, {"w": [[-1, -1], [-1, -1]], "u": [[U, U]]}, THREE),
        [], "satisfied", "level-set-minimum", "level-set"),
    "hinges that are off, at outputs that are no rational numbers": (
        problem(layers("tanh"), {"w": [[1]], "b": [0], "v": [[4]], "c": [0]}, {"x": [[1], [-2]], "y": [[1], [-1]]},
                loss={"kind": "polynomial_hinge", "p": 3}),
        ["--at", "saved"], "satisfied", "global-minimum", "span-orthogonal"),
    "relu units on one piece, the best line": (
        problem(layers("relu"), {"w": [[1]], "b": [2], "v": [[0.5]], "c": [0.25]},
                {"x": [[-1], [0], [1]], "y": [[1.75], [-0.75], [2.75]]}),
        [], "satisfied", "orthogonal-to-span-bound", "span-orthogonal"),
    "a regular point that is a maximum": (
        problem(STEP, {"w": [["0.276710627327333231149498596788"]]}, STEPS),
        [], "satisfied", "regular-critical-point", "critical-point"),
    "worse of two minima": (
        problem(STEP, {"w": [[1.098609645438946972]]}, STEPS),
        [], "satisfied", "strict-local-minimum", "critical-point"),
}


class Certificates(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.at = Path(self.folder.name)

    def tearDown(self) -> None:
        self.folder.cleanup()

    def check(self, entry: dict[str, Any], flags: list[str]) -> tuple[dict[str, Any], Path]:
        path, proof = self.at / "problem.json", self.at / "proof.json"
        path.write_text(json.dumps(entry))
        run = subprocess.run(
            [PGBCHECK, str(path), "--json", "-", "--quiet", "--certificate", str(proof), *flags],
            capture_output=True, text=True, timeout=200)
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)
        return json.loads(run.stdout), proof

    def verify(self, proof: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([PGBVERIFY, str(proof), *flags], capture_output=True, text=True, timeout=200)

    def test_cases(self) -> None:
        for name, (entry, flags, answer, reason, kind) in CASES.items():
            with self.subTest(name):
                verdict, proof = self.check(entry, flags)
                self.assertEqual((verdict["verdict"], verdict["reason"]), (answer, reason))
                self.assertTrue(verdict["certified"])
                self.assertEqual(json.loads(proof.read_text())["statement"]["kind"], kind)
                accepted = self.verify(proof)
                self.assertEqual(accepted.returncode, 0, accepted.stdout + accepted.stderr)

    def test_another_problem_is_refused(self) -> None:
        entry, flags, *_ = CASES["strict minimum"]
        _, proof = self.check(entry, flags)
        certificate = json.loads(proof.read_text())
        other, _ = self.check(CASES["worse of two minima"][0], [])
        certificate["problem_sha256"] = other["problem_sha256"]
        proof.write_text(json.dumps(certificate))
        self.assertEqual(self.verify(proof).returncode, 1)

    def test_units_that_were_split(self) -> None:
        for share in (0.5, 2.0):
            with self.subTest(share):
                a = float(A)
                weights = {"w": [[float(W)], [float(W)]], "v": [[share * a, (1 - share) * a]]}
                verdict, proof = self.check(problem(layers("tanh", False), weights, BUMP), [])
                self.assertEqual(verdict["verdict"], "satisfied")
                self.assertTrue(verdict["subject"]["existence_certified"])
                self.assertTrue(verdict["certified"])
                self.assertEqual(verdict["reason"], "strict-local-minimum" if share == 0.5 else "isolated-flat-set")
                statement = json.loads(proof.read_text())["statement"]
                self.assertEqual(statement["kind"], "critical-point")
                self.assertEqual(len(statement["splits"]), 1)
                self.assertTrue(statement["smaller_minimum"])
                self.assertEqual("strict_minimum" in statement, share == 0.5)
                self.assertEqual("saddle" in statement, share == 2.0)
                accepted = self.verify(proof)
                self.assertEqual(accepted.returncode, 0, accepted.stdout)

    def test_suboptimal(self) -> None:
        better = self.at / "better.json"
        better.write_text(json.dumps(problem(STEP, {"w": [[0.075654887743237898]]}, STEPS)))
        verdict, proof = self.check(CASES["worse of two minima"][0], ["--compare", str(better)])
        self.assertFalse(verdict["gradient_basis"]["holds"])
        self.assertTrue(any("Suboptimal (proven)" in note for note in verdict["notes"]))
        second = proof.with_name(proof.name + ".2")
        self.assertEqual(json.loads(second.read_text())["statement"]["kind"], "lower-value")
        self.assertEqual(self.verify(second).returncode, 0)

    def test_digits(self) -> None:
        for name, reason in (("tanh_aug", "no-local-minimum-in-region"), ("early", "not-critical")):
            with self.subTest(name):
                proof, path = self.at / f"{name}.proof", EXAMPLES / "digits" / f"{name}.json"
                run = subprocess.run(
                    [PGBCHECK, str(path), "--json", "-", "--quiet", "--certificate", str(proof)],
                    capture_output=True, text=True, timeout=200)
                verdict = json.loads(run.stdout)
                self.assertTrue(verdict["certified"])
                self.assertEqual(verdict["reason"], reason)
                accepted = self.verify(proof, "--problem", str(path))
                self.assertEqual(accepted.returncode, 0, accepted.stdout)


if __name__ == "__main__":
    unittest.main()
