#!/usr/bin/env python3
"""Writes tests/tools/digits: the networks of examples/digits as PyTorch saves and exports them.

For each a state dict (.pt) and an ONNX model (.onnx), with the layers under the names that the example gives them. Run by
hand: /usr/bin/python3 make_digits_exports.py (made with torch 1.13).
"""
import json
import pathlib
import struct

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
DIGITS = HERE.parent.parent / "examples" / "digits"
KINDS = {"F64": "<f8", "F32": "<f4"}


def tensors(path):
    if path.suffix == ".npz":
        return dict(np.load(path))
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + length:][slice(*t["data_offsets"])], KINDS[t["dtype"]]).reshape(t["shape"]) for name, t in header.items()}


def main():
    (HERE / "digits").mkdir(exist_ok=True)
    for name in ("tanh", "relu", "wide", "early"):
        problem = json.loads((DIGITS / f"{name}.json").read_text())
        model = problem["model"] if isinstance(problem["model"], dict) else json.loads((DIGITS / problem["model"]).read_text())
        saved = tensors(DIGITS / problem["parameters"])
        net = nn.Sequential()
        for k, node in enumerate(model["nodes"]):
            if node["op"] != "linear":
                net.add_module(f"act{k}", {"tanh": nn.Tanh, "relu": nn.ReLU}[node["op"]]())
                continue
            weight = torch.from_numpy(saved[node["weight"]].copy())
            layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
            layer.weight.data, layer.bias.data = weight, torch.from_numpy(saved[node["bias"]].copy())
            net.add_module(node["weight"].split(".")[0], layer)
        torch.save(net.state_dict(), HERE / "digits" / f"{name}.pt")
        x = torch.zeros(2, model["input"], dtype=weight.dtype)
        torch.onnx.export(net, x, HERE / "digits" / f"{name}.onnx", opset_version=13, input_names=["x"], dynamic_axes={"x": {0: "samples"}})


if __name__ == "__main__":
    main()
