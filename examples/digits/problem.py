"""A pgb problem file as torch functions of one flat parameter vector, and reading it from disk."""

import json
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Tensors = dict[str, Tensor]

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}
NUMPY_NAMES = {"F64": np.dtype("<f8"), "F32": np.dtype("<f4")}


class Problem(NamedTuple):
    """Q(z) = mean of the sample losses + regularizer |model part of z|^2 + augment |a|^2."""

    nodes: list[dict[str, str]]
    x: Tensor
    y: Tensor
    loss: str
    regularizer: float = 0.0
    augment: Optional[float] = None

    def names(self) -> list[str]:
        """Tensor names in the order of z."""
        model = [node[k] for node in self.nodes if node["op"] == "linear" for k in ("weight", "bias")]
        return model + (["aug.a", "aug.b", "aug.W"] if self.augment is not None else [])

    def outputs(self, tensors: Tensors, x: Tensor) -> Tensor:
        h = x
        for node in self.nodes:
            if node["op"] == "linear":
                h = functional.linear(h, tensors[node["weight"]], tensors[node["bias"]])
            else:
                h = ACTIVATIONS[node["op"]](h)
        if self.augment is not None:
            h = h + tensors["aug.a"] * torch.exp(x @ tensors["aug.W"].T + tensors["aug.b"])
        return h

    def objective(self, tensors: Tensors) -> Tensor:
        q = self.outputs(tensors, self.x)
        if self.loss == "cross_entropy":
            value = functional.cross_entropy(q, self.y)
        else:
            value = (q - self.y).square().sum(dim=1).mean()
        model = [t for name, t in tensors.items() if not name.startswith("aug.")]
        value = value + self.regularizer * sum(t.square().sum() for t in model)
        if self.augment is not None:
            value = value + self.augment * tensors["aug.a"].square().sum()
        return value

    def pre_activations(self, tensors: Tensors) -> Tensor:
        """Of the first layer, [samples, units]."""
        first = self.nodes[0]
        return functional.linear(self.x, tensors[first["weight"]], tensors[first["bias"]])


def flatten(tensors: Tensors) -> Tensor:
    return torch.cat([t.flatten() for t in tensors.values()])


def unflatten(z: Tensor, like: Tensors) -> Tensors:
    parts = z.split([t.numel() for t in like.values()])
    return {name: part.view_as(t) for (name, t), part in zip(like.items(), parts)}


def save_safetensors(path: Path, tensors: Tensors) -> None:
    """Eight bytes of header length, the header in JSON, then the numbers; all little-endian."""
    header, chunks, end = {}, [], 0
    for name, tensor in tensors.items():
        array = tensor.numpy()
        kind = next(k for k, dtype in NUMPY_NAMES.items() if dtype == array.dtype)
        chunks.append(array.tobytes())
        begin, end = end, end + len(chunks[-1])
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(chunks))


def load_safetensors(path: Path) -> dict[str, np.ndarray]:
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, entry in json.loads(raw[8:start]).items():
        begin, end = entry["data_offsets"]
        numbers = np.frombuffer(raw[start + begin : start + end], NUMPY_NAMES[entry["dtype"]])
        arrays[name] = numbers.reshape(entry["shape"])
    return arrays


def save_tensors(path: Path, tensors: Tensors) -> None:
    if path.suffix == ".safetensors":
        save_safetensors(path, tensors)
    else:
        np.savez(path, **{name: tensor.numpy() for name, tensor in tensors.items()})


def load_tensors(path: Path, problem: Problem) -> Tensors:
    """The parameters as doubles in the order of z; absent tensors of the added neurons are 0."""
    arrays = load_safetensors(path) if path.suffix == ".safetensors" else dict(np.load(path))
    if problem.augment is not None:
        outputs, inputs = len(arrays[problem.names()[-4]]), problem.x.shape[1]
        shapes = {"aug.a": (outputs,), "aug.b": (outputs,), "aug.W": (outputs, inputs)}
        arrays = {**{name: np.zeros(shape) for name, shape in shapes.items()}, **arrays}
    return {name: torch.tensor(arrays[name].astype(np.float64)) for name in problem.names()}


def load_problem(path: Path) -> tuple[Problem, Path]:
    """The problem, and the file that holds its parameters."""
    entry: dict[str, Any] = json.loads(path.read_text())
    model = entry["model"]
    if isinstance(model, str):
        model = json.loads((path.parent / model).read_text())
    data = np.load(path.parent / entry["data"]["file"])
    augment = entry.get("augment")
    problem = Problem(
        nodes=model["nodes"],
        x=torch.tensor(data[entry["data"]["x"]]),
        y=torch.tensor(data[entry["data"]["y"]]),
        loss=entry["loss"],
        regularizer=_number(entry.get("regularizer", {}).get("lambda", "0")),
        augment=_number(augment["lambda"]) if augment else None,
    )
    return problem, path.parent / entry["parameters"]


def _number(text: str) -> float:
    numerator, _, denominator = text.partition("/")
    return float(numerator) / float(denominator or 1)
