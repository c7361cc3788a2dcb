"""PyTorch modules as models of problem files."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from . import _pgb

# Activations with the attributes that carry over.
_ACTIVATIONS = {
    "Identity": ("identity", {}), "ReLU": ("relu", {}), "Tanh": ("tanh", {}), "Sigmoid": ("sigmoid", {}),
    "SELU": ("selu", {}), "SiLU": ("silu", {}), "Dropout": ("identity", {}), "Flatten": ("flatten", {}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": "negative_slope"}), "ELU": ("elu", {"alpha": "alpha"}),
    "Softplus": ("softplus", {"beta": "beta"}), "GELU": ("gelu", {"approximate": "approximate"}),
}


def from_torch(module: Any, sample: Any = None) -> "tuple[dict[str, Any], dict[str, Any]]":
    """A module as (model, parameters) for ``problem`` and ``check``.

    Nested nn.Sequential of Linear, activations, Flatten and Dropout (off, as in evaluation) are read directly; anything
    else is exported with torch.onnx.export, which needs ``sample``, an input with one sample. Parameters keep their
    names and are shared with the module, not copied, until a problem is made of them. Raises InputError.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise _pgb.InputError(f"from_torch: expected a torch.nn.Module, found {type(module).__name__}")
    layers = _flattened(module)
    if layers is None:
        return _exported(module, sample)
    nodes: "list[dict[str, Any]]" = []
    parameters: "dict[str, Any]" = {}
    features = None
    for name, layer in layers:
        kind = type(layer).__name__
        if isinstance(layer, torch.nn.Linear):
            node = {"op": "linear", "weight": name + "weight"}
            parameters[name + "weight"] = layer.weight.detach()
            if layer.bias is not None:
                node["bias"] = name + "bias"
                parameters[name + "bias"] = layer.bias.detach()
            features = layer.in_features if features is None else features
        else:
            op, attributes = _ACTIVATIONS[kind]
            node = {"op": op, **{theirs: getattr(layer, ours) for ours, theirs in attributes.items()
                                 if hasattr(layer, ours)}}
        nodes.append(node)
    if features is None:
        raise _pgb.InputError("from_torch: expected at least one nn.Linear, found none")
    return {"input": features, "nodes": nodes}, {k: v.cpu().numpy() for k, v in parameters.items()}


def _flattened(module: Any, prefix: str = "") -> "list[tuple[str, Any]] | None":
    """The layers of nested nn.Sequential with the prefixes of their tensors; None where there is anything else."""
    import torch

    if isinstance(module, torch.nn.Sequential):
        layers: "list[tuple[str, Any]]" = []
        for name, child in module.named_children():
            inner = _flattened(child, prefix + name + ".")
            if inner is None:
                return None
            layers += inner
        return layers
    plain = isinstance(module, torch.nn.Linear) or type(module).__name__ in _ACTIVATIONS
    return [(prefix, module)] if plain else None


def _exported(module: Any, sample: Any) -> "tuple[dict[str, Any], dict[str, Any]]":
    import torch

    if sample is None:
        raise _pgb.InputError("from_torch: this module is exported to ONNX: expected a sample input, found none")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(module.eval(), torch.as_tensor(sample), path, opset_version=13, do_constant_folding=False)
        model, parameters, ending = _pgb.read_onnx(path)
    if ending:
        raise _pgb.InputError(f"from_torch: expected a module that returns logits, found {ending} at its end")
    return model, parameters
