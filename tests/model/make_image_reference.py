#!/usr/bin/env python3
"""Writes image_reference.json: networks on images as PyTorch computes them in float64.

Parameters and data follow a formula, so that the file holds only what PyTorch found: outputs, loss, and of each gradient
some entries, the norm and a weighted sum. Run by hand when a case is added: make_image_reference.py > image_reference.json
"""
import json
import math
import re
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def pattern(shape, t, scale, positive=False):
    """Entry k of tensor t: scale (((7919 k + 104729 t) mod 2047) - 1023) / 1024; its absolute value + 1/2 where positive."""
    k = torch.arange(math.prod(shape), dtype=torch.int64)
    values = ((7919 * k + 104729 * t) % 2047 - 1023).double() / 1024 * scale
    return (values.abs() + 0.5 if positive else values).reshape(shape)


def pads(node):
    p = node.get("padding", 0)
    p = [p, p] if isinstance(p, int) else p
    top, left, bottom, right = p if len(p) == 4 else (p[0], p[1], p[0], p[1])
    return (left, right, top, bottom)


def apply(node, inputs, tensors):
    """One node on a batch, by torch.nn.functional."""
    op, x = node["op"], inputs[0]
    weight, bias = tensors.get(node.get("weight")), tensors.get(node.get("bias"))
    if op == "conv2d":
        return F.conv2d(F.pad(x, pads(node)), weight, bias, node.get("stride", 1), 0, node.get("dilation", 1), node.get("groups", 1))
    if op == "linear":
        return F.linear(x, weight, bias)
    if op == "max_pool2d":
        return F.max_pool2d(x, node["kernel_size"], node.get("stride"), node.get("padding", 0), node.get("dilation", 1), node.get("ceil_mode", False))
    if op == "avg_pool2d":
        return F.avg_pool2d(x, node["kernel_size"], node.get("stride"), node.get("padding", 0), node.get("ceil_mode", False), node.get("count_include_pad", True))
    if op == "global_avg_pool2d":
        return F.adaptive_avg_pool2d(x, 1)
    if op == "batch_norm":
        return F.batch_norm(x, tensors[node["running_mean"]], tensors[node["running_var"]], weight, bias, False, 0.1, node.get("eps", 1e-5))
    if op == "rescale":
        y = x * tensors[node["scale"]] if "scale" in node else x
        return y + tensors[node["shift"]] if "shift" in node else y
    if op == "permute":
        return x.permute(0, *(d + 1 for d in node["dims"]))
    if op == "reshape":
        return x.reshape(len(x), *node["shape"])
    if op == "add":
        return inputs[0] + inputs[1]
    if op == "concat":
        return torch.cat(inputs, 1)
    return {"relu": F.relu, "tanh": torch.tanh, "flatten": lambda t: t.flatten(1)}[op](x)


class Case:
    def __init__(self, name, shape, samples, classes=0):
        self.name, self.shape, self.samples, self.classes = name, shape, samples, classes
        self.nodes, self.tensors = [], []

    def tensor(self, name, shape, scale, positive=False, fixed=False):
        self.tensors.append({"name": name, "shape": list(shape), "t": len(self.tensors) + 1, "scale": scale, "positive": positive, "fixed": fixed})
        return name

    def node(self, op, inputs=None, **fields):
        name = f"n{len(self.nodes)}"
        self.nodes.append({"op": op, "name": name, **({"inputs": inputs} if inputs else {}), **fields})
        return name

    def conv(self, out, inputs, kernel, bias=True, scale=0.25, source=None, **fields):
        name = f"n{len(self.nodes)}"
        fields["weight"] = self.tensor(name + ".weight", (out, inputs, *kernel), scale)
        if bias:
            fields["bias"] = self.tensor(name + ".bias", (out,), scale)
        return self.node("conv2d", [source] if source else None, **fields)

    def linear(self, out, inputs, scale):
        name = f"n{len(self.nodes)}"
        return self.node("linear", weight=self.tensor(name + ".weight", (out, inputs), scale), bias=self.tensor(name + ".bias", (out,), scale))

    def norm(self, channels, affine=True, **fields):
        name = f"n{len(self.nodes)}"
        if affine:
            fields["weight"] = self.tensor(name + ".weight", (channels,), 1)
            fields["bias"] = self.tensor(name + ".bias", (channels,), 0.5)
        fields["running_mean"] = self.tensor(name + ".mean", (channels,), 0.5, fixed=True)
        fields["running_var"] = self.tensor(name + ".var", (channels,), 0.75, positive=True, fixed=True)
        return self.node("batch_norm", **fields)

    def run(self):
        tensors = {t["name"]: pattern(t["shape"], t["t"], t["scale"], t["positive"]).requires_grad_(not t["fixed"]) for t in self.tensors}
        values = {"x": pattern([self.samples, *self.shape], 0, 1)}
        last = "x"
        for node in self.nodes:
            values[node["name"]] = apply(node, [values[v] for v in node.get("inputs", [last])], tensors)
            last = node["name"]
        q = values[last]
        if self.classes:
            y = [(3 * i + 1) % self.classes for i in range(self.samples)]
            loss = F.cross_entropy(q, torch.tensor(y))
        else:
            y = pattern(q.shape, 99, 1)
            loss = ((q - y) ** 2).sum(1).mean()
            y = y.flatten().tolist()
        loss.backward()
        gradients = []
        for t in self.tensors:
            if t["fixed"]:
                continue
            g = tensors[t["name"]].grad.flatten()
            every = max(1, len(g) // 12)
            gradients.append({"name": t["name"], "every": every, "entries": g[::every].tolist(), "norm": g.norm().item(),
                              "sum": (g * pattern([len(g)], 55, 1)).sum().item()})
        return {"name": self.name, "model": {"input": list(self.shape), "nodes": self.nodes}, "tensors": self.tensors,
                "samples": self.samples, "loss": "cross_entropy" if self.classes else "squared", "y": y,
                "outputs": q.detach().flatten().tolist(), "value": loss.item(), "gradients": gradients}


def one_op_cases():
    convolutions = [
        (2, 3, (3, 3), {}), (2, 3, (3, 3), {"stride": 2, "padding": 1}), (4, 1, (2, 3), {"groups": 3, "out": 6, "padding": [1, 2]}),
        (2, 3, (2, 2), {"dilation": [2, 3], "stride": [1, 2]}), (3, 3, (1, 1), {"bias": False}), (2, 3, (3, 2), {"padding": [0, 1, 2, 3]}),
        (3, 1, (3, 3), {"groups": 3, "out": 3, "dilation": 2, "padding": 2, "stride": 2})]
    for out, inputs, kernel, fields in convolutions:
        case = Case(f"conv2d {kernel} {fields}", (3, 5, 6), 2)
        fields = dict(fields)
        case.conv(fields.pop("out", out), inputs, kernel, **fields)
        case.node("flatten")
        yield case
    pools = [
        ("max_pool2d", {"kernel_size": 2}), ("max_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1}),
        ("max_pool2d", {"kernel_size": [2, 3], "stride": [1, 2], "ceil_mode": True}), ("max_pool2d", {"kernel_size": 2, "dilation": 2, "stride": 1}),
        ("avg_pool2d", {"kernel_size": 2}), ("avg_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1}),
        ("avg_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
        ("avg_pool2d", {"kernel_size": 3, "stride": 3, "padding": 1, "ceil_mode": True}),
        ("avg_pool2d", {"kernel_size": [2, 3], "stride": [3, 2], "ceil_mode": True, "count_include_pad": False}), ("global_avg_pool2d", {})]
    for op, fields in pools:
        case = Case(f"{op} {fields}", (2, 6, 7), 2)
        case.conv(3, 2, (2, 2))
        case.node(op, **fields)
        case.node("flatten")
        yield case
    for affine in (True, False):
        case = Case(f"batch_norm affine={affine}", (2, 4, 3), 3)
        case.conv(3, 2, (2, 2))
        case.norm(3, affine, **({} if affine else {"eps": 0.25}))
        case.node("flatten")
        yield case
    case = Case("batch_norm of features, rescale, permute, reshape, concat", (2, 3, 4), 2)
    a = case.conv(4, 2, (2, 2))
    case.node("rescale", scale=case.tensor("scale", (4, 1, 1), 1, fixed=True), shift=case.tensor("shift", (2, 3), 1, fixed=True))
    b = case.node("permute", dims=[0, 2, 1])
    c = case.node("reshape", [a], shape=[4, 3, 2])
    case.node("concat", [b, c])
    case.node("flatten")
    case.linear(5, 48, 0.125)
    case.norm(5)
    yield case


def lenet():
    case = Case("LeNet on 28 x 28 images", (1, 28, 28), 6, classes=10)
    case.conv(6, 1, (5, 5), padding=2, scale=0.25)
    case.node("relu")
    case.node("max_pool2d", kernel_size=2)
    case.conv(16, 6, (5, 5), scale=0.125)
    case.node("relu")
    case.node("max_pool2d", kernel_size=2)
    case.node("flatten")
    for out, inputs, scale in ((120, 400, 0.0625), (84, 120, 0.125), (10, 84, 0.25)):
        case.linear(out, inputs, scale)
        if out != 10:
            case.node("relu")
    yield case


def resnet():
    case = Case("ResNet with two blocks", (3, 8, 8), 5, classes=3)
    case.conv(4, 3, (3, 3), bias=False, padding=1)
    case.norm(4)
    start = case.node("relu")
    case.conv(4, 4, (3, 3), bias=False, padding=1, source=start)
    case.norm(4)
    case.node("relu")
    case.conv(4, 4, (3, 3), bias=False, padding=1)
    branch = case.norm(4)
    case.node("add", [branch, start])
    start = case.node("relu")
    case.conv(8, 4, (3, 3), bias=False, padding=1, stride=2, source=start)
    case.norm(8)
    case.node("relu")
    case.conv(8, 8, (3, 3), bias=False, padding=1)
    branch = case.norm(8)
    case.conv(8, 4, (1, 1), bias=False, stride=2, source=start)
    skip = case.norm(8)
    case.node("add", [branch, skip])
    case.node("relu")
    case.node("global_avg_pool2d")
    case.node("flatten")
    case.linear(3, 8, 0.5)
    yield case


def main():
    cases = [case.run() for source in (one_op_cases, lenet, resnet) for case in source()]
    text = json.dumps({"torch": torch.__version__, "cases": cases}, indent=1)
    text = re.sub(r"\[\s+((?:-?[\d.e+-]+,?\s*)+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
