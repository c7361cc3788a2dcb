#!/usr/bin/env python3
"""Writes onnx_torch.zip and onnx_nodes.zip: models nobody here wrote, with inputs and the outputs they have.

onnx_torch.zip: an MLP, a CNN, a ResNet and a network of every activation, exported by torch.onnx.export in float64 with and
without constant folding at opsets 9 to 17; outputs by PyTorch. onnx_nodes.zip: ONNX's own cases of the operators that
docs/onnx.md lists, adapted to models of one input whose first axis counts samples:
  - inputs other than the first become initializers; where the first has one axis, or the operator is arithmetic or Concat, an
    axis of one sample is put before it;
  - operators of several data inputs of one sample get them from one input by multiplication with 0-1 matrices.
Run by hand: /usr/bin/python3 make_onnx_fixtures.py (made with torch 1.13 and onnx 1.12).
"""
import io
import json
import pathlib
import warnings
import zipfile

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
FEATURES = {"Gemm", "MatMul", "Conv", "BatchNormalization", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
            "Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Tanh", "Erf", "Exp", "Sin", "Softplus", "Neg", "Flatten", "Reshape",
            "Squeeze", "Unsqueeze", "Transpose", "ReduceMean", "Identity", "Cast", "Dropout", "Softmax", "LogSoftmax"}
ARITHMETIC = {"Add", "Sub", "Mul", "Div", "Sum", "Pow", "Concat"}


class Archive:
    def __init__(self, name):
        self.zip = zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9)

    def put(self, name, data):
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(info, data)


def numbers(array):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(array))
    return out.getvalue()


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)) if stride != 1 else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.skip(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.layer1, self.layer2 = ResidualBlock(2, 2, 1), ResidualBlock(2, 3, 2)
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(self.layer2(self.layer1(self.stem(x))).mean([2, 3]))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 2, 3, dilation=2, padding=1), nn.Conv2d(2, 4, 2, stride=2, groups=2)
        self.pool1, self.pool2, self.fc = nn.AvgPool2d(2, padding=1), nn.MaxPool2d(2, 1), nn.Linear(4, 3)

    def forward(self, x):
        h = self.pool2(torch.tanh(self.conv2(self.pool1(nn.functional.leaky_relu(self.conv1(x / 4 - 0.5), 0.1)))))
        return torch.log_softmax(self.fc(h.view(h.size(0), -1)), 1)


class Activations(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(2, 3), nn.Linear(6, 2)
        f = nn.functional
        self.all = [f.relu, f.leaky_relu, f.elu, f.selu, f.softplus, torch.sigmoid, torch.tanh, torch.erf, f.gelu, f.silu,
                    lambda t: torch.exp(t / 4), torch.sin, lambda t: t**2, lambda t: f.gelu(t, approximate="tanh"), lambda t: f.elu(t, 0.5)]
        self.offset = nn.Parameter(torch.randn(3))

    def forward(self, x):
        h = self.first(x)
        total = h
        for s in self.all:
            total = total * 0.5 + s(h + self.offset)
        return self.last(torch.cat([total, h * torch.sigmoid(total)], 1))


def torch_exports():
    archive = Archive("onnx_torch.zip")
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(5)
    nets = {"mlp": (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4, bias=False), nn.ReLU(), nn.Linear(4, 2)), (3,)),
            "cnn": (Cnn(), (1, 9, 9)), "resnet": (ResNet(), (1, 8, 8)), "activations": (Activations(), (2,))}
    for name, (net, shape) in nets.items():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 2), nn.init.uniform_(module.bias)
                module.running_mean.uniform_(-1, 1), module.running_var.uniform_(0.5, 2)
        net.eval()
        x = torch.randn(3, *shape)
        archive.put(f"{name}/x.npy", numbers(x.numpy()))
        archive.put(f"{name}/y.npy", numbers(net(x).detach().numpy()))
        for opset in range(9, 18):
            for folding in (True, False):
                for axes in ({"x": {0: "samples"}}, None):
                    out = io.BytesIO()
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        torch.onnx.export(net, x[:1] if axes is None else x, out, opset_version=opset, do_constant_folding=folding,
                                          input_names=["x"], dynamic_axes=axes, training=torch.onnx.TrainingMode.EVAL)
                    model = onnx.load_from_string(out.getvalue())
                    for node in model.graph.node:
                        node.ClearField("doc_string")
                    archive.put(f"{name}/opset{opset}{'' if folding else '_unfolded'}{'_dynamic' if axes else ''}.onnx", model.SerializeToString())


def selection(model_nodes, initializers, arrays):
    """Nodes that take arrays of one sample each out of one flat input "all"."""
    total = sum(a.size for a in arrays)
    names, start = [], 0
    for k, a in enumerate(arrays):
        matrix = np.zeros((total, a.size), a.dtype)
        matrix[np.arange(start, start + a.size), np.arange(a.size)] = 1
        start += a.size
        initializers += [numpy_helper.from_array(matrix, f"select{k}"), numpy_helper.from_array(np.array([-1, *a.shape], np.int64), f"shape{k}")]
        model_nodes += [helper.make_node("MatMul", ["all", f"select{k}"], [f"flat{k}"]), helper.make_node("Reshape", [f"flat{k}", f"shape{k}"], [f"part{k}"])]
        names.append(f"part{k}")
    return np.concatenate([a.reshape(1, -1) for a in arrays], 1), names


def adapted(case):
    """(model, x, y) of a case, or nothing where it has no tensor as input."""
    node = case.model.graph.node[0]
    op, (inputs, outputs) = node.op_type, case.data_sets[0]
    if not inputs or any(not isinstance(a, np.ndarray) and not np.isscalar(a) for a in [*inputs, outputs[0]]):
        return None
    arrays, y = [np.asarray(a) for a in inputs], np.asarray(outputs[0])
    if any(a.dtype.kind not in "fiub" for a in [*arrays, y]):
        return None
    if op == "Cast" and arrays[0].dtype.kind != "f":
        return None  # bfloat16, which numpy holds as integers
    names = [n for n in node.input if n]
    nodes, initializers = [], []
    new = onnx.NodeProto()
    new.CopyFrom(node)
    if op in ARITHMETIC and arrays[0].dtype.kind == "f":
        x = arrays[0][None]
        y = y[None]
        for attribute in new.attribute:
            if attribute.name == "axis" and attribute.i >= 0:
                attribute.i += 1
        several = op == "Concat" or (op in ("Add", "Mul", "Sub", "Sum") and all(a.shape == arrays[0].shape and a.ndim > 0 for a in arrays))
        if several:
            x, parts = selection(nodes, initializers, arrays)
            del new.input[:]
            new.input.extend(parts)
            names, arrays = ["all"], []
        elif arrays[0].ndim == 0:
            x = x[None]
            y = y[None]
    else:
        x = arrays[0]
        if x.ndim == 1:
            x, y = x[None], y[None]
    if x.ndim < 2:
        return None
    for name, array in zip(names[1:], arrays[1:]):
        initializers.append(numpy_helper.from_array(array, name))
    kind = onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[x.dtype]
    graph = helper.make_graph([*nodes, new], "case", [helper.make_tensor_value_info(names[0], kind, x.shape)],
                              [helper.make_tensor_value_info(new.output[0], TensorProto.FLOAT, None)], initializers)
    # Operators that have not changed since are used in later opsets as they are.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", max(7, case.model.opset_import[0].version))])
    return model, x, y


def node_cases():
    archive = Archive("onnx_nodes.zip")
    for name, kind in {"float": float, "int": int, "bool": bool, "object": object}.items():
        if name not in np.__dict__:
            setattr(np, name, kind)  # onnx 1.12 still uses these names
    cases = []
    for case in sorted(collect_testcases(None), key=lambda c: c.name):
        if len(case.model.graph.node) != 1 or case.model.graph.node[0].op_type not in FEATURES | ARITHMETIC:
            continue
        found = adapted(case)
        if found is None:
            continue
        model, x, y = found
        archive.put(f"{case.name}/model.onnx", model.SerializeToString())
        if x.nbytes + y.nbytes < 100000:  # larger ones are of volumes, which are refused
            archive.put(f"{case.name}/x.npy", numbers(x))
            archive.put(f"{case.name}/y.npy", numbers(y))
        cases.append({"name": case.name, "op": case.model.graph.node[0].op_type, "relative": 1e-12 if y.dtype == np.float64 else case.rtol,
                      "absolute": 1e-14 if y.dtype == np.float64 else case.atol})
    archive.put("cases.json", json.dumps(cases, indent=0))


if __name__ == "__main__":
    torch_exports()
    node_cases()
