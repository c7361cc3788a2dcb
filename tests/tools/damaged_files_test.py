#!/usr/bin/env python3
"""Damaged and hostile .onnx, .pt, .npz and .safetensors files: status 2, one line, little memory, nothing executed.

usage: PGBCHECK=path/to/pgbcheck damaged_files_test.py (PGB_TEST_SEED: other bits and cuts)
"""

import io
import os
import pickle
import random
import resource
import struct
import subprocess
import tempfile
import unittest
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Optional

PGBCHECK = os.environ["PGBCHECK"]
HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "corpus" / "io"
# Addresses a process may use; None where sanitizers reserve terabytes of them.
ADDRESS_SPACE: Optional[int] = None if b"__asan_init" in Path(PGBCHECK).read_bytes() else 1 << 30
WANTED = 300


def base_files() -> dict[str, bytes]:
    return {
        "onnx": (HERE / "digits" / "relu.onnx").read_bytes(),
        "pt": (CORPUS / "torch" / "checkpoint.pt").read_bytes(),
        "npz": (CORPUS / "small.npz").read_bytes(),
        "safetensors": (CORPUS / "small.safetensors").read_bytes(),
    }


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def torch_file(program: bytes, **storages: bytes) -> bytes:
    return zipped({"a/data.pkl": program, **{f"a/data/{key}": data for key, data in storages.items()}})


def tensor_program(shape: list[int], strides: list[int], count: int, offset: int = 0) -> bytes:
    """The pickle of {"w": tensor} on storage 0, written by hand."""
    def integer(n: int) -> bytes:
        return b"J" + struct.pack("<i", n) if -(2**31) <= n < 2**31 else b"\x8a\x08" + struct.pack("<q", n)

    def numbers(values: list[int]) -> bytes:
        return b"(" + b"".join(integer(v) for v in values) + b"t"

    def text(word: str) -> bytes:
        return b"X" + struct.pack("<I", len(word)) + word.encode()

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + integer(count) + b"tQ"
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(offset) + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)Rt" + b"R"
    return b"\x80\x02}" + text("w") + call + b"s."


class Runs:
    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def hostile_files(marker: str) -> dict[str, bytes]:
    """Files that lie or attack; each has to be refused."""
    bomb = zipfile.ZIP_DEFLATED
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", 70) + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, ), }".ljust(69) + b"\n"
    header = b'{"w":{"dtype":"F64","shape":[1099511627776],"data_offsets":[0,8796093022208]}}'
    files = {
        "system.pt": torch_file(pickle.dumps({"w": Runs(marker)}, 2)),
        "system4.pt": torch_file(pickle.dumps({"w": Runs(marker)}, 4)),
        "system_data.npz": zipped({"x.npy": pickle.dumps(Runs(marker))}),
        "bare_pickle.pt": pickle.dumps({"w": Runs(marker)}),
        "object_array.npz": zipped({"x.npy": npy.replace(b"<f8", b"|O ").replace(b"(99999999999, )", b"(1, )          ") + pickle.dumps(Runs(marker))}),
        "getattr.pt": torch_file(b"\x80\x02cbuiltins\ngetattr\n(cposix\nsystem\nX\x02\x00\x00\x00idtR."),
        "stack_global.pt": torch_file(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x031+1\x85R."),
        "instance.pt": torch_file(b"(X\x02\x00\x00\x00idiposix\nsystem\n."),
        "no_program.pt": zipped({"a/data/0": b"1234"}),
        "two_programs.pt": zipped({"a/data.pkl": b"}.", "b/data.pkl": b"}."}),
        "up.pt": zipped({"../../data.pkl": b"}."}),
        "huge_shape.pt": torch_file(tensor_program([2**31 - 1, 2**31 - 1], [0, 0], 1), **{"0": b"1234"}),
        "expanded.pt": torch_file(tensor_program([100000, 100000], [0, 0], 1), **{"0": b"1234"}),
        "beyond.pt": torch_file(tensor_program([2], [1], 1), **{"0": b"1234"}),
        "offset.pt": torch_file(tensor_program([1], [1], 1, 2**62), **{"0": b"1234"}),
        "negative.pt": torch_file(tensor_program([-1], [1], 1), **{"0": b"1234"}),
        "wrong_storage.pt": torch_file(tensor_program([1], [1], 2), **{"0": b"1234"}),
        "no_storage.pt": torch_file(tensor_program([1], [1], 1)),
        "storage_up.pt": torch_file(tensor_program([1], [1], 1).replace(b"X\x01\x00\x00\x000", b"X\x06\x00\x00\x00../../"), **{"0": b"1234"}),
        "deep.pt": torch_file(b"\x80\x02N" + b"\x85" * 900000 + b"."),
        "many_values.pt": zipped({"a/data.pkl": b"\x80\x02" + b"N" * 30000000}, bomb),
        "bomb_program.pt": zipped({"a/data.pkl": b"\x80\x02" + b"0" * 300000000}, bomb),
        "bomb_array.npz": zipped({"x.npy": npy + b"0" * 300000000}, bomb),
        "lie.npz": zipped({"x.npy": npy + b"12345678"}),
        "lie.safetensors": struct.pack("<Q", len(header)) + header,
        "header.safetensors": struct.pack("<Q", 2**63) + b"{}",
        "nested.safetensors": struct.pack("<Q", 200000) + b'{"a":' * 40000,
        "empty.onnx": b"", "empty.pt": b"", "empty.npz": b"", "empty.safetensors": b"",
        "text.onnx": b"no model at all\n" * 10, "text.pt": b"PK\x03\x04 and then nothing", "text.npz": b"x" * 100, "text.safetensors": b"y" * 100,
    }
    for name, model in hostile_models().items():
        files[f"{name}.onnx"] = model
    return files


def field(number: int, data: "bytes | int") -> bytes:
    """One protobuf field."""
    def varint(n: int) -> bytes:
        out = b""
        while True:
            out += bytes([n & 127 | (128 if n > 127 else 0)])
            n >>= 7
            if n == 0:
                return out

    if isinstance(data, int):
        return varint(number << 3) + varint(data & (2**64 - 1))
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: bytes, dims: list[int], kind: int = 1, raw: bytes = b"", external: Optional[dict[str, str]] = None) -> bytes:
    out = b"".join(field(1, d) for d in dims) + field(2, kind) + field(8, name)
    if external is None:
        return out + field(9, raw)
    return out + b"".join(field(13, field(1, k.encode()) + field(2, v.encode())) for k, v in external.items()) + field(14, 1)


def onnx_model(weight: bytes, node: Optional[bytes] = None, features: int = 2, opset: int = 13) -> bytes:
    node = node if node is not None else field(1, b"x") + field(1, b"w") + field(2, b"y") + field(3, b"n") + field(4, b"MatMul")
    shape = field(1, field(2, b"m")) + field(1, field(1, features))
    value = field(1, b"x") + field(2, field(1, field(1, 1) + field(2, shape)))
    graph = field(1, node) + field(2, b"g") + field(5, weight) + field(11, value) + field(12, field(1, b"y"))
    return field(1, 7) + field(7, graph) + field(8, field(1, b"") + field(2, opset))


def hostile_models() -> dict[str, bytes]:
    loop = field(1, b"y") + field(1, b"w") + field(2, b"y") + field(4, b"MatMul")
    return {
        "good_but_big": onnx_model(tensor(b"w", [2, 2**40], 1, b"")),
        "negative": onnx_model(tensor(b"w", [2, -1], 1, b"")),
        "overflow": onnx_model(tensor(b"w", [2**62, 2**62], 1, b"")),
        "short": onnx_model(tensor(b"w", [2, 1], 1, b"1234")),
        "nan": onnx_model(tensor(b"w", [2, 1], 1, struct.pack("<2f", 1, float("nan")))),
        "text_tensor": onnx_model(tensor(b"w", [2, 1], 8, b"12345678")),
        "loop": onnx_model(tensor(b"w", [2, 2], 1, bytes(16)), loop),
        "old": onnx_model(tensor(b"w", [2, 1], 1, bytes(8)), opset=1),
        "etc": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "/etc/passwd"})),
        "up": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "../secret.bin"})),
        "up_down": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "a/../../secret.bin"})),
        "link": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "link.bin"})),
        "device": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "zero"})),
        "missing": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "none.bin"})),
        "outside": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "data.bin", "offset": "18446744073709551615"})),
        "long": onnx_model(tensor(b"w", [2, 1], 1, external={"location": "data.bin", "length": "99999999"})),
        "many_features": onnx_model(tensor(b"w", [2, 1], 1, bytes(8)), features=2**40),
        "no_such_input": onnx_model(tensor(b"w", [2, 1], 1, bytes(8)), field(1, b"q") + field(1, b"w") + field(2, b"y") + field(4, b"MatMul")),
        "other_domain": onnx_model(tensor(b"w", [2, 1], 1, bytes(8)), field(1, b"x") + field(2, b"y") + field(4, b"Run") + field(7, b"com.evil")),
        "unknown_op": onnx_model(tensor(b"w", [2, 1], 1, bytes(8)), field(1, b"x") + field(2, b"y") + field(4, b"Loop\nsecond line")),
    }


class DamagedFiles(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "models"
        self.folder.mkdir()
        (self.folder.parent / "secret.bin").write_bytes(bytes(8))
        (self.folder / "link.bin").symlink_to("../secret.bin")
        (self.folder / "zero").symlink_to("/dev/zero")
        (self.folder / "data.bin").write_bytes(bytes(8))
        self.marker = str(self.folder.parent / "executed")

    def run_tool(self, name: str) -> "subprocess.CompletedProcess[bytes]":
        def limit() -> None:
            if ADDRESS_SPACE is not None:
                resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))

        return subprocess.run([PGBCHECK, "inspect", name], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, preexec_fn=limit)

    def check(self, files: dict[str, bytes]) -> dict[str, int]:
        """Status of each; wherever it is 2 there is one line."""
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        before = sorted(p.name for p in self.folder.parent.rglob("*"))
        with ThreadPoolExecutor(2) as pool:
            results = dict(zip(files, pool.map(self.run_tool, files)))
        for name, result in results.items():
            self.assertIn(result.returncode, (0, 2), (name, result.stderr))
            if result.returncode == 2:
                self.assertEqual((result.stdout, result.stderr.count(b"\n")), (b"", 1), (name, result.stderr))
                self.assertTrue(result.stderr.startswith(b"pgbcheck: "), (name, result.stderr))
        self.assertEqual(sorted(p.name for p in self.folder.parent.rglob("*")), before)
        self.assertFalse(Path(self.marker).exists())
        return {name: result.returncode for name, result in results.items()}

    def test_good_files_are_read(self) -> None:
        files = {f"good.{kind}": data for kind, data in base_files().items()}
        files["small.onnx"] = onnx_model(tensor(b"w", [2, 1], 1, bytes(8)))
        files["beside.onnx"] = onnx_model(tensor(b"w", [2, 1], 1, external={"location": "data.bin"}))
        self.assertEqual(set(self.check(files).values()), {0})

    def test_hostile_files_are_refused(self) -> None:
        for name, status in self.check(hostile_files(self.marker)).items():
            self.assertEqual(status, 2, name)

    def test_damage_is_seen(self) -> None:
        seed = int(os.environ.get("PGB_TEST_SEED", "20240607"))
        print("seed", seed)
        generator = random.Random(seed)
        files = {}
        for kind, data in base_files().items():
            for k in range(40):
                files[f"cut{k}.{kind}"] = data[: generator.randrange(len(data))]
            for k in range(60):
                damaged = bytearray(data)
                for _ in range(generator.choice((1, 8, 64))):
                    damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
                files[f"bits{k}.{kind}"] = bytes(damaged)
        statuses = self.check(files)
        # A bit of a number or of a name can leave a good file; a cut cannot, but for one at the end of an ONNX field.
        refused = sum(status == 2 for status in statuses.values())
        accepted_cuts = [name for name, status in statuses.items() if status == 0 and name.startswith("cut")]
        self.assertEqual([name for name in accepted_cuts if not name.endswith(".onnx")], [])
        self.assertLessEqual(len(accepted_cuts), 1)
        print(f"{refused} of {len(files)} damaged files refused; the others are files with other numbers or names")
        self.assertGreaterEqual(refused, WANTED)


if __name__ == "__main__":
    unittest.main()
