#!/usr/bin/env python3
"""pgbcheck on the files people already have: state dicts without a model file, and what inspect shows.

usage: PGBCHECK=path/to/pgbcheck files_test.py
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PGBCHECK = os.environ["PGBCHECK"]
CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "io" / "torch"


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_tool(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([PGBCHECK, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, encoding="utf-8", timeout=120)

    def refusal(self, *arguments: str) -> str:
        result = self.run_tool(*arguments)
        self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1), result.stderr)
        return result.stderr

    def test_state_dict_and_layers_are_a_model(self) -> None:
        (self.folder / "w.json").write_text(json.dumps({"0.weight": [[1, 2]], "0.bias": [0.5], "1.weight": [[3]]}))
        (self.folder / "d.json").write_text(json.dumps({"x": [[1, 2], [3, 5]], "y": [1, 2]}))
        model = {"input": 2, "nodes": [{"op": "linear", "weight": "0.weight", "bias": "0.bias", "name": "0"}, {"op": "tanh", "name": "tanh_1"},
                                       {"op": "linear", "weight": "1.weight", "name": "1"}]}
        rest = {"parameters": "w.json", "data": "d.json", "loss": "squared"}
        (self.folder / "whole.json").write_text(json.dumps({"model": model, **rest}))
        (self.folder / "arch.json").write_text(json.dumps({"model": {"arch": "2-1-tanh-1"}, **rest}))
        flags = ["--arch", "2-1-tanh-1", "--parameters", "w.json", "--data", "d.json", "--loss", "squared"]
        verdicts = [json.loads(self.run_tool("--json", "-", "--at", "saved", *a).stdout) for a in (["whole.json"], ["arch.json"], flags)]
        self.assertEqual(len({v["problem_sha256"] for v in verdicts}), 1)
        self.assertIn("--model beside", self.refusal("--model", "whole.json", *flags))
        self.assertIn("expected a weight of shape [7, 2]", self.refusal("--arch", "2-7-1", *flags[2:]))

    def test_inspect(self) -> None:
        shown = self.run_tool("inspect", str(CORPUS / "views.pt"), str(CORPUS / "state_dict.pt"))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("views.pt: PyTorch state dict, 8 tensors, ", shown.stdout)
        self.assertIn("\n  transposed  [4, 3, 2]  0 to 23\n", shown.stdout)
        self.assertIn("no such file", self.refusal("inspect", "none.npz"))
        self.assertIn("FILE is required", self.refusal("inspect"))

    def test_pickles_run_nothing(self) -> None:
        message = self.refusal("inspect", str(CORPUS / "refused_system.pt"))
        self.assertRegex(message, r'found "(posix|nt|os)\.system", which is not called')
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
