#!/usr/bin/env python3
"""Writes tests/corpus/io: small files by numpy, zipfile and struct, and what they hold as exact numbers by fractions.

Run from anywhere: /usr/bin/python3 tests/io/make_fixtures.py. The output is committed and the same for every run.
"""

import io
import json
import pathlib
import random
import struct
import zipfile
from fractions import Fraction

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "io"
EPOCH = (1980, 1, 1, 0, 0, 0)


def exact(value):
    """Canonical p/q of a Python or numpy number."""
    return str(Fraction(float(value)) if isinstance(value, (float, np.floating)) else Fraction(int(value)))


def nested(array, convert):
    return convert(array[()]) if array.ndim == 0 else [nested(row, convert) for row in array]


def npy_bytes(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, allow_pickle=True)
    return out.getvalue()


def write_npz(name, entries, method=zipfile.ZIP_STORED, zip64=False):
    """`entries`: pairs of full entry name and bytes. zip64: 64-bit sizes also in the central directory."""
    limit = zipfile.ZIP64_LIMIT
    if zip64:
        zipfile.ZIP64_LIMIT = 1
    try:
        with zipfile.ZipFile(FOLDER / name, "w", method) as archive:
            for entry, data in entries:
                info = zipfile.ZipInfo(entry, EPOCH)
                info.compress_type = method
                with archive.open(info, "w", force_zip64=True) as out:
                    out.write(data)
    finally:
        zipfile.ZIP64_LIMIT = limit


def write_safetensors(name, entries, metadata=None):
    """`entries`: (name, dtype, shape, bytes)."""
    header = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for tensor, dtype, shape, content in entries:
        header[tensor] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (FOLDER / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_json(name, value):
    (FOLDER / name).write_text(json.dumps(value, ensure_ascii=False) + "\n")


def arrays():
    rng = np.random.default_rng(20240601)
    f8 = rng.standard_normal((3, 4))
    extremes = np.array([0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1 / 3])
    return {
        "c_f8": f8,
        "fortran_f8": np.asfortranarray(f8),
        "fortran_3d_big": np.asfortranarray(rng.standard_normal((2, 3, 4)).astype(">f8")),
        "big_f8": f8.astype(">f8"),
        "extremes_f8": extremes,
        "f4": rng.standard_normal((2, 3)).astype("<f4"),
        "big_f4": rng.standard_normal(5).astype(">f4"),
        "f2": np.array([1.0, -0.5, 65504.0, 6e-8, 6.1035e-05, 0.333], dtype="<f2"),
        "big_f2": np.array([[1.5, -2.25]], dtype=">f2"),
        "i1": np.array([-128, 0, 127], dtype="i1"),
        "i2": np.array([-32768, 32767], dtype="<i2"),
        "big_i2": np.array([-2, 300], dtype=">i2"),
        "i4": np.array([[-(2**31)], [2**31 - 1]], dtype="<i4"),
        "i8": np.array([-(2**63), 2**63 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**60, 0], dtype="<i8"),
        "fortran_i8": np.asfortranarray(np.array([[2**53 + 1, 2, 2**53 + 3], [4, 2**62 + 1, 6]], dtype="<i8")),
        "u1": np.array([0, 255], dtype="u1"),
        "u2": np.array([65535], dtype=">u2"),
        "u4": np.array([2**32 - 1], dtype="<u4"),
        "u8": np.array([2**64 - 1, 2**63, 2**53 + 2], dtype="<u8"),
        "b1": np.array([True, False, True]),
        "scalar": np.array(2.5),
        "empty": np.zeros((0, 3)),
        "größe": np.array([1.0]),
    }


def npz_files():
    held = arrays()
    entries = [(name + ".npy", npy_bytes(array)) for name, array in held.items()]
    write_npz("arrays.npz", entries)
    write_npz("deflated.npz", entries, zipfile.ZIP_DEFLATED)
    write_npz("zip64.npz", entries, zip64=True)
    write_npz("zip64_deflated.npz", entries, zipfile.ZIP_DEFLATED, zip64=True)
    write_json("arrays.json", {name: nested(array, exact) for name, array in held.items() if name != "empty"})
    small = np.array([[1.0, 2.0], [3.0, 4.5]])
    for major in (1, 2, 3):
        (FOLDER / f"version{major}.npy").write_bytes(npy_bytes(small, (major, 0)))
    write_npz("small.npz", [("a.npy", npy_bytes(small)), ("b.npy", npy_bytes(np.arange(3, dtype="<i4")))])
    write_npz("small_deflated.npz", [("a.npy", npy_bytes(small)), ("b.npy", npy_bytes(np.zeros(500)))], zipfile.ZIP_DEFLATED)
    refused = {
        "object": np.array([{}, None], dtype=object),
        "complex": np.array([1j]),
        "text": np.array(["abc"]),
        "bytes": np.array([b"abc"]),
        "date": np.array(["2020-01-01"], dtype="datetime64[D]"),
        "structure": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        "long_double": np.array([1], dtype="longdouble"),
        "nan": np.array([[1.0, 2.0], [3.0, np.nan]]),
        "inf": np.asfortranarray(np.array([[1.0, 2.0], [-np.inf, 4.0]])),
    }
    for name, array in refused.items():
        write_npz(f"refused_{name}.npz", [("good.npy", npy_bytes(small)), ("bad.npy", npy_bytes(array))])
    write_npz("refused_other.npz", [("a.npy", npy_bytes(small)), ("notes.txt", b"hello")])
    write_npz("refused_bzip2.npz", [("a.npy", npy_bytes(small))], zipfile.ZIP_BZIP2)
    with zipfile.ZipFile(FOLDER / "refused_twice.npz", "w") as archive:
        for _ in range(2):
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                archive.writestr(zipfile.ZipInfo("a.npy", EPOCH), npy_bytes(small))


def bf16_bytes(values):
    """Values that bfloat16 holds exactly, little endian."""
    return b"".join(struct.pack("<f", value)[2:] for value in values)


def safetensors_files():
    held = arrays()
    names = {"f8": "F64", "f4": "F32", "f2": "F16", "i1": "I8", "i2": "I16", "i4": "I32", "i8": "I64",
             "u1": "U8", "u2": "U16", "u4": "U32", "u8": "U64", "b1": "BOOL"}
    entries = []
    for name, array in held.items():
        dtype = array.dtype.newbyteorder("<")
        content = np.ascontiguousarray(array).astype(dtype).tobytes()
        entries.append((name, names[f"{array.dtype.kind}{array.dtype.itemsize}"], array.shape, content))
    bf16 = [1.0, -2.5, 3.0e38, 2.0**-133, 0.0, 1.9921875]
    bf16 = [struct.unpack("<f", b"\0\0" + struct.pack("<f", value)[2:])[0] for value in bf16]
    entries.append(("bf16", "BF16", (2, 3), bf16_bytes(bf16)))
    write_safetensors("arrays.safetensors", entries, {"format": "pt", "note": "ignored"})
    write_json("bf16.json", [[exact(value) for value in bf16[:3]], [exact(value) for value in bf16[3:]]])
    write_safetensors("small.safetensors", [("a", "F64", (2, 2), struct.pack("<4d", 1, 2, 3, 4.5)), ("b", "I32", (3,), struct.pack("<3i", 0, 1, 2))])


def exact_numbers():
    """Lines: text, canonical rational, nearest double in hexadecimal, whether equal. Tabs between."""
    rng = random.Random(7)
    texts = ["0", "-0", "+5", "007", "1/3", "-6/4", "0/7", "0.1", "-2.5e-3", ".5", "5.", "1e5", "1E+05", "0x1.8p-3", "0X1P+4", "0x.8", "0xff",
             "-0x1.fffffffffffffp+1023", "0x1p-1074", "0x1p-1075", "0x1.0000000000001p-1075", "0x1.8p-1074", "4.9e-324", "1e-400", "1.7976931348623157e308",
             "9007199254740993", "9007199254740993.0000000000000000000000001", "18014398509481985/2", "0x1.00000000000008p0",
             "0x1.000000000000081p0", "0x1.fffffffffffff8p0", "0x0.fffffffffffffcp-1022", "0x0.fffffffffffff8p-1022", "2.2250738585072011e-308"]
    for _ in range(300):
        kind = rng.randrange(5)
        if kind == 0:
            texts.append(f"{rng.randrange(-10**rng.randrange(1, 40), 10**20)}/{rng.randrange(1, 10**rng.randrange(1, 40))}")
        elif kind == 1:
            texts.append(repr(struct.unpack("<d", struct.pack("<Q", rng.getrandbits(63) % (0x7ff << 52)))[0]))
        elif kind == 2:
            texts.append((-1.0 ** rng.randrange(2) * struct.unpack("<d", struct.pack("<Q", rng.getrandbits(63) % (0x7ff << 52)))[0]).hex())
        elif kind == 3:
            texts.append(f"{rng.choice(['', '-', '+'])}{rng.randrange(10**30)}.{rng.randrange(10**30)}e{rng.randrange(-380, 240)}")
        else:  # half way between two doubles, and just beside
            number = rng.getrandbits(52) + 2**52
            texts.append(f"{2 * number + 1}/{2 ** rng.randrange(0, 1140)}")
            texts.append(f"{(2 * number + 1) * 10**30 + rng.choice([-1, 1])}/{10**30 * 2 ** rng.randrange(0, 1140)}")
    lines = []
    for text in texts:
        if "x" in text.lower():
            sign = -1 if text.startswith("-") else 1
            body = text.lower().lstrip("+-")[2:]
            mantissa, _, power = body.partition("p")
            whole, _, fraction = mantissa.partition(".")
            value = sign * Fraction(int(whole + fraction or "0", 16)) * Fraction(2) ** (int(power or 0) - 4 * len(fraction))
        else:
            value = Fraction(text)
        try:
            nearest = float(value)
        except OverflowError:
            nearest = float("inf") if value > 0 else float("-inf")
        equal = abs(nearest) != float("inf") and Fraction(nearest) == value
        lines.append(f"{text}\t{value}\t{nearest.hex()}\t{int(equal)}\n")
    (FOLDER / "exact_numbers.txt").write_text("".join(lines))


def problems():
    """One problem from three kinds of files: all must have one digest."""
    rng = np.random.default_rng(5)
    weights = {"fc1.weight": rng.standard_normal((3, 2)), "fc1.bias": rng.standard_normal(3), "fc2.weight": rng.standard_normal((1, 3)),
               "aug.a": np.array([0.5]), "aug.b": np.array([-0.0])}
    unused = {"unused": np.arange(2.0)}
    x, y = rng.standard_normal((4, 2)), rng.standard_normal(4)
    write_npz("weights.npz", [(k + ".npy", npy_bytes(np.asfortranarray(v))) for k, v in {**weights, **unused}.items()], zipfile.ZIP_DEFLATED)
    write_safetensors("weights.safetensors", [(k, "F64", v.shape, np.ascontiguousarray(v).tobytes()) for k, v in weights.items()])
    inline = {k: nested(v, float) for k, v in weights.items()}
    write_json("weights.json", inline)
    write_npz("train.npz", [("x.npy", npy_bytes(x)), ("y.npy", npy_bytes(y)), ("names.npy", npy_bytes(np.array(["not", "read"])))])
    write_safetensors("train.safetensors", [("inputs", "F64", x.shape, x.tobytes()), ("targets", "F64", (4, 1), y.tobytes())])
    rows = "".join(f"{a[0]!r},{a[1]!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist()))
    (FOLDER / "train.csv").write_text("u,v,target\n" + rows)
    model = {"input": 2, "nodes": [{"op": "linear", "weight": "fc1.weight", "bias": "fc1.bias"}, {"op": "leaky_relu", "negative_slope": 0.01},
                                   {"op": "linear", "weight": "fc2.weight"}]}
    write_json("net.json", model)
    common = {"loss": "squared", "augment": {"kind": "exponential", "lambda": "1/10"}, "regularizer": {"kind": "l2", "lambda": "1e-4"}}
    write_json("problem_npz.json", {"model": "net.json", "parameters": "weights.npz", "data": {"file": "train.npz"}, **common})
    write_json("problem_safetensors.json", {"model": model, "parameters": "weights.safetensors",
                                            "data": {"file": "train.safetensors", "x": "inputs", "y": "targets"}, **common})
    write_json("problem_csv.json", {"model": model, "parameters": "weights.json", "data": {"file": "train.csv", "x": ["u", 1], "y": ["target"]}, **common})
    write_json("problem_inline.json", {"model": model, "parameters": inline, "data": {"x": nested(x, exact), "y": nested(y, float)}, **common})


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    npz_files()
    safetensors_files()
    exact_numbers()
    problems()
