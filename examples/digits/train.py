#!/usr/bin/env python3
"""Trains four small networks on scikit-learn's handwritten digits and writes them as pgb problems.

  tanh   64-6-10, cross-entropy and weight decay, at a local minimum to rounding error
  relu   64-32-10, squared loss on one-hot targets, fits its 30 samples to rounding error
  wide   64-64-10 tanh, squared loss on one-hot targets, fits its 40 samples to rounding error
  early  64-16-10 ReLU, a few epochs of Adam on minibatches, saved in float32

For each: NAME.json (the problem), its weights, its data, NAME_perturbed.npz (a point where the
gradient is far from 0); for the first three also NAME_aug.json, the same weights with an
exponential neuron per output added. reference.json holds Q and its gradient at all these points,
computed by torch from the files as written.

The ReLU network fits its samples because otherwise a minimum with weight decay is, as a rule, on a
kink: among several hundred runs of 64-4-10 on 120 samples none ended away from every kink.

Needs torch, numpy and scikit-learn; one thread, about a minute. Seeds are fixed, but another
version of torch or another processor may round differently and so end in other last digits.

usage: train.py [--out DIR]
"""

import argparse
import json
from collections import OrderedDict
from pathlib import Path
from typing import Any, Optional

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

import optimise
from problem import Problem, Tensors, flatten, load_problem, load_tensors, save_tensors, unflatten

PIXELS, CLASSES = 64, 10
WEIGHT_DECAY = "1/1000"
INTERPOLATING_SEED = 5


def digits(samples: int) -> tuple[Tensor, Tensor]:
    """As many images of each digit, pixels in [0, 1] (exact: sixteenths), and their labels. The
    smaller subsets are contained in the larger."""
    images, labels = load_digits(return_X_y=True)
    shuffle = np.random.default_rng(0).permutation
    by_class = [shuffle(np.flatnonzero(labels == digit)) for digit in range(CLASSES)]
    chosen = np.concatenate([rows[: samples // CLASSES] for rows in by_class])
    return torch.tensor(images[chosen] / 16), torch.tensor(labels[chosen])


def two_layers(activation: str, first: str, second: str) -> list[dict[str, str]]:
    return [
        {"op": "linear", "weight": f"{first}.weight", "bias": f"{first}.bias"},
        {"op": activation},
        {"op": "linear", "weight": f"{second}.weight", "bias": f"{second}.bias"},
    ]


def start(problem: Problem, hidden: int, seed: int) -> Tensors:
    """Small normal weights; hidden biases in [0, 1/2), so that few ReLU units start dead."""
    generator = torch.Generator().manual_seed(seed)
    tensors = [
        0.15 * torch.randn(hidden, PIXELS, generator=generator),
        0.5 * torch.rand(hidden, generator=generator),
        0.5 * torch.randn(CLASSES, hidden, generator=generator),
        torch.zeros(CLASSES),
    ]
    return dict(zip(problem.names(), tensors))


def minimise(problem: Problem, tensors: Tensors) -> Tensors:
    """Adam to the neighbourhood of a minimum, then Newton to rounding error."""

    def objective(z: Tensor) -> Tensor:
        return problem.objective(unflatten(z, tensors))

    near = optimise.adam(objective, flatten(tensors), steps=4000, rate=5e-3)
    return unflatten(optimise.newton(objective, near).z, tensors)


def interpolate(problem: Problem, tensors: Tensors) -> Tensors:
    """Adam to a small loss, then Levenberg-Marquardt to rounding error."""

    def residuals(z: Tensor) -> Tensor:
        return (problem.outputs(unflatten(z, tensors), problem.x) - problem.y).flatten()

    def objective(z: Tensor) -> Tensor:
        return problem.objective(unflatten(z, tensors))

    near = optimise.adam(objective, flatten(tensors), steps=300, rate=5e-3)
    return unflatten(optimise.levenberg_marquardt(residuals, near), tensors)


def stop_early(problem: Problem, tensors: Tensors, epochs: int = 12, batch: int = 16) -> Tensors:
    """Adam on minibatches in float32, as most people train."""
    z = flatten(tensors).float().requires_grad_()
    like = {name: t.float() for name, t in tensors.items()}
    method = torch.optim.Adam([z], lr=3e-3)
    generator = torch.Generator().manual_seed(7)
    for _ in range(epochs):
        for rows in torch.randperm(len(problem.x), generator=generator).split(batch):
            method.zero_grad()
            part = problem._replace(x=problem.x[rows].float(), y=problem.y[rows])
            part.objective(unflatten(z, like)).backward()
            method.step()
    return unflatten(z.detach(), like)


def one_hot(labels: Tensor) -> Tensor:
    return functional.one_hot(labels, CLASSES).double()


def trained(name: str) -> tuple[Problem, Tensors]:
    """One of the four networks."""
    if name == "tanh":
        problem = Problem(two_layers("tanh", "fc1", "fc2"), *digits(150), "cross_entropy", 1e-3)
        return problem, minimise(problem, start(problem, hidden=6, seed=1))
    if name == "early":
        problem = Problem(two_layers("relu", "fc1", "fc2"), *digits(200), "cross_entropy")
        return problem, stop_early(problem, start(problem, hidden=16, seed=4))
    samples, hidden = (30, 32) if name == "relu" else (40, 64)
    x, labels = digits(samples)
    nodes = two_layers("relu" if name == "relu" else "tanh", "fc1", "fc2")
    problem = Problem(nodes, x, one_hot(labels), "squared")
    return problem, interpolate(problem, start(problem, hidden=hidden, seed=INTERPOLATING_SEED))


def write(out: Path, name: str, problem: Problem, tensors: Tensors) -> None:
    """The problem files and the arrays they name."""
    weights = f"{name}.npz" if name == "wide" else f"{name}.safetensors"
    save_tensors(out / weights, tensors)
    np.savez_compressed(out / f"{name}_data.npz", x=problem.x.numpy(), y=problem.y.numpy())
    generator = torch.Generator().manual_seed(11)
    perturbed = {k: t.double() + 0.05 * torch.randn(t.shape, generator=generator).double() for k, t in tensors.items()}
    np.savez_compressed(out / f"{name}_perturbed.npz", **{k: t.numpy() for k, t in perturbed.items()})
    entry: dict[str, Any] = {
        "model": {"input": PIXELS, "nodes": problem.nodes},
        "parameters": weights,
        "data": {"file": f"{name}_data.npz", "x": "x", "y": "y"},
        "loss": problem.loss,
    }
    if problem.regularizer:
        entry["regularizer"] = {"kind": "l2", "lambda": WEIGHT_DECAY}
    (out / f"{name}.json").write_text(json.dumps(entry, indent=2) + "\n")
    if name != "early":
        entry["augment"] = {"kind": "exponential", "lambda": "1/10"}
        (out / f"{name}_aug.json").write_text(json.dumps(entry, indent=2) + "\n")


def value_and_gradient(path: Path, parameters: Optional[Path] = None) -> dict[str, Any]:
    """Q and its gradient at the parameters of a problem file, or at others of the same names."""
    problem, saved = load_problem(path)
    tensors = load_tensors(parameters or saved, problem)
    value, gradient = optimise.value_and_gradient(
        lambda z: problem.objective(unflatten(z, tensors)), flatten(tensors)
    )
    return {"loss": float(value), "gradient": gradient.tolist()}


def report(name: str, problem: Problem, tensors: Tensors) -> None:
    """What was measured at the end of training."""

    def objective(z: Tensor) -> Tensor:
        return problem.objective(unflatten(z, exact))

    exact = {k: t.double() for k, t in tensors.items()}
    value, gradient = optimise.value_and_gradient(objective, flatten(exact))
    line = f"{name}: loss {float(value):.6g}, gradient norm {float(gradient.norm()):.2g}"
    if name == "tanh":
        line += f", smallest curvature {optimise.smallest_curvature(objective, flatten(exact)):.3g}"
    if name == "relu":
        line += f", nearest kink {float(problem.pre_activations(exact).abs().min()):.2g}"
    if name in ("relu", "wide"):
        smallest = optimise.smallest_singular_value(
            lambda z: problem.outputs(unflatten(z, exact), problem.x).flatten(), flatten(exact)
        )
        line += f", smallest singular value of J {smallest:.2g}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    out = parser.parse_args().out
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    reference: dict[str, Any] = OrderedDict()
    for name in ("tanh", "relu", "wide", "early"):
        problem, tensors = trained(name)
        report(name, problem, tensors)
        write(out, name, problem, tensors)
        perturbed = out / f"{name}_perturbed.npz"
        reference[name] = {
            "saved": {"loss": value_and_gradient(out / f"{name}.json")["loss"]},
            "perturbed": value_and_gradient(out / f"{name}.json", perturbed),
        }
        if name != "early":
            reference[f"{name}_aug"] = {"perturbed": value_and_gradient(out / f"{name}_aug.json", perturbed)}
    (out / "reference.json").write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    main()
