#!/usr/bin/env python3
"""pgbcheck on the files people already have: state dicts without a model file, and what inspect shows.

usage: PGBCHECK=path/to/pgbcheck files_test.py
"""

import ast
import io
import json
import os
import struct
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any

PGBCHECK = os.environ["PGBCHECK"]
PGBVERIFY = os.environ["PGBVERIFY"]
HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "corpus" / "io" / "torch"
DIGITS = HERE.parent.parent / "examples" / "digits"


def arrays_of_safetensors(data: bytes) -> dict[str, Any]:
    """Name -> (numpy's descr, shape, bytes)."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    kinds = {"F64": "<f8", "F32": "<f4"}
    return {n: (kinds[t["dtype"]], t["shape"], data[8 + length :][slice(*t["data_offsets"])]) for n, t in header.items()}


def arrays_of_npz(path: Path) -> dict[str, Any]:
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            data = archive.read(entry)
            (length,) = struct.unpack("<H", data[8:10])
            header = ast.literal_eval(data[10 : 10 + length].decode())
            arrays[entry[: -len(".npy")]] = (header["descr"], list(header["shape"]), data[10 + length :])
    return arrays


def npz(arrays: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, (descr, shape, data) in arrays.items():
            sizes = "(" + "".join(f"{n}, " for n in shape) + ")"
            header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {sizes}, }}".encode()
            archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)
    return out.getvalue()


def safetensors(arrays: dict[str, Any]) -> bytes:
    header, data = {}, b""
    for name, (descr, shape, content) in arrays.items():
        header[name] = {"dtype": {"<f8": "F64", "<f4": "F32"}[descr], "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_tool(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([PGBCHECK, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, encoding="utf-8", timeout=400)

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

    def verdict(self, problem: dict[str, Any], *flags: str) -> dict[str, Any]:
        (self.folder / "problem.json").write_text(json.dumps(problem))
        return json.loads(self.run_tool("problem.json", "--json", "-", *flags).stdout)

    def test_digits_are_the_same_in_every_format(self) -> None:
        has_onnx = "without" not in self.run_tool("inspect", str(HERE / "digits" / "tanh.onnx")).stderr
        for name in ("tanh", "relu", "wide", "early"):
            problem = json.loads((DIGITS / f"{name}.json").read_text())
            if isinstance(problem["model"], str):
                problem["model"] = json.loads((DIGITS / problem["model"]).read_text())
            # Nodes under the names that the modules have in the exports.
            for k, node in enumerate(problem["model"]["nodes"]):
                node["name"] = node["weight"].split(".")[0] if "weight" in node else f"act{k}"
            data = problem["data"] if isinstance(problem["data"], str) else problem["data"]["file"]
            samples = arrays_of_npz(DIGITS / data)
            if name != "tanh":  # that one in full
                samples = {n: (d, [24, *s[1:]], c[: len(c) // s[0] * 24]) for n, (d, s, c) in samples.items()}
            (self.folder / "data.npz").write_bytes(npz(samples))
            problem["data"] = {"file": "data.npz", "x": "x", "y": "y"}
            saved = DIGITS / problem["parameters"]
            arrays = arrays_of_npz(saved) if saved.suffix == ".npz" else arrays_of_safetensors(saved.read_bytes())
            (self.folder / "w.npz").write_bytes(npz(arrays))
            (self.folder / "w.safetensors").write_bytes(safetensors(arrays))
            exports = HERE / "digits"
            variants = [{"parameters": p} for p in ("w.npz", "w.safetensors", str(exports / f"{name}.pt"))]
            if has_onnx:
                variants.append({"model": str(exports / f"{name}.onnx")})
            flags = [] if name == "tanh" else ["--at", "saved"]
            texts = set()
            for variant in variants:
                base = {key: value for key, value in problem.items() if "model" not in variant or key != "parameters"}
                verdict = self.verdict({**base, **variant}, *flags)
                del verdict["seconds"]
                texts.add(json.dumps(verdict))
            self.assertEqual(len(texts), 1, name)

    def test_a_certificate_that_the_checker_cannot_check_says_so(self) -> None:
        image = [[[1, 0, 2], [0, 1, 0], [3, 0, 1]]]
        for op, known in (("conv2d", False), ("tanh", True)):
            first: dict[str, Any] = {"op": "conv2d", "weight": "k"} if op == "conv2d" else {"op": "tanh"}
            nodes = [first, {"op": "flatten"}, {"op": "linear", "weight": "w"}]
            weights = {"k": [[[[1, 0.5], [0.25, 1]]]], "w": [[1] * (4 if op == "conv2d" else 9)]}
            if op != "conv2d":
                nodes = [{"op": "flatten"}, {"op": "tanh"}, nodes[2]]
            problem = {"model": {"input": [1, 3, 3], "nodes": nodes}, "parameters": weights, "data": {"x": [image], "y": [1]}, "loss": "squared"}
            verdict = self.verdict(problem, "--at", "saved", "--certificate", "proof.json", "--quiet")
            self.assertTrue(verdict["certified"])
            self.assertEqual(any("pgbverify does not know conv2d" in note for note in verdict["notes"]), not known)
            checked = subprocess.run([PGBVERIFY, "proof.json"], cwd=self.folder, capture_output=True, text=True, timeout=400)
            self.assertEqual(checked.returncode, 0 if known else 1, checked.stdout + checked.stderr)

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
