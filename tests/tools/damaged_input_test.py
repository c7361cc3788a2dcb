#!/usr/bin/env python3
"""Damaged problems, weights and data: pgbcheck ends with status 2 and one line, in little memory and time.

usage: PGBCHECK=path/to/pgbcheck damaged_input_test.py
"""

import io
import json
import os
import random
import resource
import struct
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any, Optional

PGBCHECK = os.environ["PGBCHECK"]
# Addresses a process may use: many times what the damaged files need, far less than what they declare. None where
# sanitizers reserve terabytes of shadow memory.
ADDRESS_SPACE: Optional[int] = 1 << 30


def problem(**fields: Any) -> dict[str, Any]:
    """q = w x + b on four samples."""
    return {
        "model": {"input": 2, "nodes": [{"op": "linear", "weight": "w", "bias": "b"}]},
        "parameters": "net.safetensors",
        "data": {"file": "train.npz", "x": "x", "y": "y"},
        "loss": "squared",
        **fields,
    }


def safetensors(entries: dict[str, Any], data: bytes, length: Optional[int] = None) -> bytes:
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(shape: list[int], begin: int, end: int, dtype: str = "F64") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def npy(shape: str, data: bytes, descr: str = "<f8", order: str = "False") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def npz(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name + ".npy", content)
    return buffer.getvalue()


def doubles(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


GOOD_WEIGHTS = safetensors({"w": entry([1, 2], 0, 16), "b": entry([1], 16, 24)}, doubles(1, 2, 3))
X, Y = npy("(4, 2)", doubles(*range(8))), npy("(4, 1)", doubles(1, 2, 3, 4))
GOOD_DATA = npz(x=X, y=Y)


class Damaged(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("net.safetensors", GOOD_WEIGHTS)
        self.write("train.npz", GOOD_DATA)
        self.write("problem.json", json.dumps(problem()).encode())

    def write(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def run_tool(self) -> "subprocess.CompletedProcess[str]":
        def limit() -> None:
            if ADDRESS_SPACE is not None:
                resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))

        return subprocess.run(
            [PGBCHECK, "problem.json", "--at", "saved", "--threads", "1"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=limit,
        )

    def expect_refusal(self, what: str, says: str = "") -> None:
        result = self.run_tool()
        self.assertEqual(result.returncode, 2, (what, result))
        self.assertEqual(result.stdout, "", what)
        self.assertEqual(result.stderr.count("\n"), 1, (what, result.stderr))
        self.assertTrue(result.stderr.startswith("pgbcheck: "), (what, result.stderr))
        self.assertLess(len(result.stderr), 1000, what)
        self.assertIn(says, result.stderr, what)

    def refuse_weights(self, what: str, content: bytes, says: str = "net.safetensors") -> None:
        with self.subTest(what):
            self.write("net.safetensors", content)
            self.expect_refusal(what, says)

    def refuse_data(self, what: str, content: bytes) -> None:
        with self.subTest(what):
            self.write("train.npz", content)
            self.expect_refusal(what)

    def refuse_problem(self, what: str, text: str, says: str = "problem.json") -> None:
        with self.subTest(what):
            self.write("problem.json", text.encode())
            self.expect_refusal(what, says)

    def test_the_undamaged_files_are_read(self) -> None:
        result = self.run_tool()
        self.assertEqual((result.returncode, result.stderr), (1, ""))

    def test_cut_files(self) -> None:
        for size in (0, 1, 7, 8, 9, 40, len(GOOD_WEIGHTS) - 24, len(GOOD_WEIGHTS) - 1):
            self.refuse_weights(f"{size} bytes", GOOD_WEIGHTS[:size])
        self.write("net.safetensors", GOOD_WEIGHTS)
        for size in (0, 1, 30, 100, len(GOOD_DATA) // 2, len(GOOD_DATA) - 1):
            self.refuse_data(f"{size} bytes", GOOD_DATA[:size])
        self.write("train.npz", GOOD_DATA)
        text = json.dumps(problem())
        for size in (0, 1, 10, len(text) // 2, len(text) - 1):
            self.refuse_problem(f"{size} characters", text[:size])

    def test_huge_declared_sizes(self) -> None:
        for length in (1 << 20, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
            self.refuse_weights(f"header of {length}", safetensors({"w": entry([1, 2], 0, 16)}, doubles(1, 2), length))
        for shape in ([1 << 40], [1 << 32, 1 << 32], [1 << 62, 4], [(1 << 64) - 1, 2], [-1, 2], [1.5, 2]):
            entries = {"w": {"dtype": "F64", "shape": shape, "data_offsets": [0, 16]}, "b": entry([1], 16, 24)}
            self.refuse_weights(f"shape {shape}", safetensors(entries, doubles(1, 2, 3)))
        for offsets in ([0, 1 << 40], [1 << 40, (1 << 40) + 16], [16, 0], [-16, 0], [0]):
            entries = {"w": {"dtype": "F64", "shape": [1, 2], "data_offsets": offsets}, "b": entry([1], 16, 24)}
            self.refuse_weights(f"offsets {offsets}", safetensors(entries, doubles(1, 2, 3)))
        self.write("net.safetensors", GOOD_WEIGHTS)
        for shape in ("(1099511627776,)", "(4294967296, 4294967296)", "(18446744073709551616, 2)", "(-4, 2)", "(4, 2"):
            self.refuse_data(f"x of shape {shape}", npz(x=npy(shape, doubles(*range(8))), y=Y))
        self.write("train.npz", GOOD_DATA)
        self.refuse_problem("input", json.dumps(problem(model={**problem()["model"], "input": 1 << 62})), "")

    def test_wrong_tensors(self) -> None:
        w, b = entry([1, 2], 0, 16), entry([1], 16, 24)
        three = doubles(1, 2, 3)
        for what, entries, data in (
            ("overlapping", {"w": w, "b": entry([1], 8, 16)}, three),
            ("a gap", {"w": w, "b": entry([1], 24, 32)}, three + doubles(4)),
            ("bytes left over", {"w": w, "b": b}, three + doubles(4)),
            ("no bias", {"w": w}, doubles(1, 2)),
            ("unknown type", {"w": {**w, "dtype": "F8"}, "b": b}, three),
            ("type and size differ", {"w": entry([1, 2], 0, 16, "F32"), "b": b}, three),
            ("nan", {"w": w, "b": b}, doubles(1, float("nan"), 3)),
            ("inf", {"w": w, "b": b}, doubles(1, 2, float("-inf"))),
            ("not an object", {"w": [1, 2], "b": b}, three),
        ):
            self.refuse_weights(what, safetensors(entries, data))
        transposed = {"w": entry([2, 1], 0, 16), "b": b}
        self.refuse_weights("transposed", safetensors(transposed, three), "weight of shape [out, 2], found [2, 1]")
        wide = {"w": entry([1, 3], 0, 24), "b": entry([1], 24, 32)}
        self.refuse_weights("too wide", safetensors(wide, doubles(1, 2, 3, 4)), "weight of shape [out, 2], found [1, 3]")

    def test_wrong_data(self) -> None:
        for what, content in (
            ("no y", npz(x=X)),
            ("fewer targets", npz(x=X, y=npy("(3, 1)", doubles(1, 2, 3)))),
            ("wrong width", npz(x=npy("(4, 1)", doubles(1, 2, 3, 4)), y=Y)),
            ("no samples", npz(x=npy("(0, 2)", b""), y=npy("(0, 1)", b""))),
            ("nan", npz(x=X, y=npy("(4, 1)", doubles(1, 2, float("nan"), 4)))),
            ("text", npz(x=X, y=npy("(4, 1)", b"abcd" * 4, "<U1"))),
            ("objects", npz(x=X, y=npy("(4, 1)", b"abcdefgh" * 4, "|O"))),
            ("no npy", npz(x=X, y=b"nothing")),
            ("no archive", b"PK" + bytes(200)),
        ):
            self.refuse_data(what, content)

    def test_wrong_problems(self) -> None:
        node = {"op": "linear", "weight": "w", "bias": "b"}
        for what, fields, says in (
            ("unknown op", {"model": {"input": 2, "nodes": [node, {"op": "relux"}]}}, "relux"),
            ("unknown field", {"lose": "squared"}, "lose"),
            ("unknown attribute", {"model": {"input": 2, "nodes": [{**node, "slope": 1}]}}, "slope"),
            ("cycle", {"model": {"input": 2, "nodes": [{**node, "inputs": ["1"]}, {"op": "tanh"}]}}, "1"),
            ("no nodes", {"model": {"input": 2, "nodes": []}}, "nodes"),
            ("unknown loss", {"loss": "square"}, "square"),
            ("missing weights", {"parameters": "absent.npz"}, "absent.npz"),
            ("weights of no known kind", {"parameters": "problem.json.gz"}, "problem.json.gz"),
            ("lambda", {"augment": {"kind": "exponential", "lambda": "0"}}, "lambda"),
            ("lambda that is no number", {"augment": {"kind": "exponential", "lambda": "1/0"}}, "lambda"),
            ("negative decay", {"regularizer": {"kind": "l2", "lambda": -1}}, "lambda"),
            ("ragged", {"parameters": {"w": [[1, 2], [3]], "b": [0]}}, "w"),
            ("words", {"parameters": {"w": [["1e", 2]], "b": [0]}}, "1e"),
            ("a class that is none", {"loss": "cross_entropy"}, "y"),
        ):
            self.refuse_problem(what, json.dumps(problem(**fields)), says)
        self.refuse_problem("nan", json.dumps(problem(parameters={"w": [[1, float("nan")]], "b": [0]})))
        self.refuse_problem("too large", json.dumps(problem()).replace('"net.safetensors"', '{"w": [[1e999, 1]], "b": [0]}'))
        self.refuse_problem("deep", "[" * 100_000)
        self.refuse_problem("deep tensor", json.dumps(problem()).replace('"net.safetensors"', '{"w": ' + "[" * 50_000 + "}"))
        self.refuse_problem("not text", "\udcff\x00{".encode("utf-8", "surrogateescape").decode("latin-1"))
        self.refuse_problem("huge exponent", json.dumps(problem(parameters={"w": [["1e1000000000", 1]], "b": [0]})))

    def test_random_damage(self) -> None:
        """Whatever bytes are changed: an answer or a refusal, never a crash."""
        seed = 20240607
        draw = random.Random(seed)
        for trial in range(60):
            name = draw.choice(["net.safetensors", "train.npz", "problem.json"])
            original = (self.folder / name).read_bytes()
            content = bytearray(original)
            for _ in range(draw.choice([1, 1, 2, 8])):
                content[draw.randrange(len(content))] = draw.randrange(256)
            self.write(name, bytes(content))
            result = self.run_tool()
            with self.subTest(seed=seed, trial=trial, file=name):
                self.assertIn(result.returncode, (0, 1, 2, 3), result.stderr)
                if result.returncode == 2:
                    self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.write(name, original)


if __name__ == "__main__":
    if b"__asan_init" in Path(PGBCHECK).read_bytes():
        ADDRESS_SPACE = None
    unittest.main()
