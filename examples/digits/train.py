#!/usr/bin/env python3
"""Trains four small networks on scikit-learn's handwritten digits and writes them as pgb problems.

  tanh   64-6-10, cross-entropy and weight decay, at a local minimum to rounding error
  relu   64-4-10, the same objective, at a local minimum away from every kink
  wide   64-64-10 tanh, squared loss on one-hot targets, interpolates its 40 samples
  early  64-16-10 ReLU, a few epochs of Adam on minibatches, saved in float32

For each: NAME.json (the problem), its weights, its data, NAME_perturbed.npz (a point where the
gradient is far from 0); for the first three also NAME_aug.json, the same weights with an
exponential neuron per output added. reference.json holds Q and the size of its gradient at all
these points, reference.npz the gradients at the perturbed ones, computed by torch from the files
as written.

Needs torch, numpy and scikit-learn; one thread, one to two minutes. Seeds are fixed, but another
version of torch or another processor may round differently and so end in other last digits, or at
another minimum.

usage: train.py [--out DIR]
"""

import argparse
import json
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

import optimise
from problem import Problem, Tensors, flatten, load_problem, load_tensors, save_tensors, unflatten

PIXELS, CLASSES = 64, 10
DECAY = Fraction(1, 1000)
AUGMENT = Fraction(1, 10)
WEIGHTS = {
    "tanh": "tanh.safetensors",
    "relu": "relu.npz",
    "wide": "wide.npz",
    "early": "early.safetensors",
}
AUGMENTED = ("tanh", "relu", "wide")
LARGEST_GRADIENT = 1e-9
LARGEST_RESIDUAL = 1e-13
KINK_MARGIN = 1e-6
ON_A_KINK = 1e-4  # a pre-activation that Adam leaves within this of 0 is held there
RELU_SEEDS = (1, 2)
RELU_FEWEST_SAMPLES = 100

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


def minimise(problem: Problem, tensors: Tensors, steps: int, rate: float) -> Tensors:
    return unflatten(optimise.adam(objective(problem, tensors), flatten(tensors), steps, rate), tensors)


def polish(problem: Problem, tensors: Tensors) -> Tensors:
    """Newton to rounding error."""
    return unflatten(optimise.newton(objective(problem, tensors), flatten(tensors)).z, tensors)


def objective(problem: Problem, like: Tensors) -> optimise.Function:
    return lambda z: problem.objective(unflatten(z, like))


def residuals(problem: Problem, like: Tensors) -> optimise.Function:
    return lambda z: (problem.outputs(unflatten(z, like), problem.x) - problem.y).flatten()


def kink_margin(problem: Problem, tensors: Tensors) -> float:
    return float(problem.pre_activations(tensors).abs().min())


def is_strict_minimum(problem: Problem, tensors: Tensors) -> bool:
    """In floating point: the gradient is rounding error, the Hessian positive definite, no kink near."""
    if problem.nodes[1]["op"] == "relu" and kink_margin(problem, tensors) <= KINK_MARGIN:
        return False
    function, z = objective(problem, tensors), flatten(tensors)
    gradient = optimise.value_and_gradient(function, z)[1]
    return float(gradient.norm()) < LARGEST_GRADIENT and optimise.smallest_curvature(function, z) > 0


def train_tanh() -> tuple[Problem, Tensors]:
    x, y = digits(120)
    problem = Problem(two_layers("tanh", "fc1", "fc2"), x, y, "cross_entropy", float(DECAY))
    tensors = polish(problem, minimise(problem, start(problem, hidden=6, seed=0), steps=4000, rate=5e-3))
    if not is_strict_minimum(problem, tensors):
        raise SystemExit("tanh: Newton ended away from a strict local minimum; change the seed")
    return problem, tensors


def train_relu() -> tuple[Problem, Tensors]:
    """Nearly every local minimum of this objective has some pre-activations held at 0, at the kink
    of the ReLU. So the samples they belong to are left out and training goes on, until none is."""
    for seed in RELU_SEEDS:
        x, y = digits(200)
        problem = Problem(two_layers("relu", "fc1", "fc2"), x, y, "cross_entropy", float(DECAY))
        tensors = minimise(problem, start(problem, hidden=4, seed=seed), steps=8000, rate=1e-2)
        while len(problem.x) >= RELU_FEWEST_SAMPLES:
            held = (problem.pre_activations(tensors).abs() < ON_A_KINK).any(dim=1)
            problem = problem._replace(x=problem.x[~held], y=problem.y[~held])
            if not held.any():
                polished = polish(problem, tensors)
                if is_strict_minimum(problem, polished):
                    return problem, polished
            tensors = minimise(problem, tensors, steps=3000, rate=1e-3)
    raise SystemExit("relu: no seed led to a minimum away from the kinks; change RELU_SEEDS")


def train_wide() -> tuple[Problem, Tensors]:
    x, y = digits(40)
    one_hot = functional.one_hot(y, CLASSES).to(torch.float64)
    problem = Problem(two_layers("tanh", "fc1", "fc2"), x, one_hot, "squared")
    tensors = start(problem, hidden=64, seed=0)
    function = residuals(problem, tensors)
    z = optimise.levenberg_marquardt(function, flatten(tensors))
    if float(function(z).abs().max()) > LARGEST_RESIDUAL:
        raise SystemExit("wide: the residuals did not vanish; change the seed")
    return problem, unflatten(z, tensors)


def train_early() -> tuple[Problem, Tensors]:
    """As people train: float32, minibatches, stopped long before convergence."""
    torch.manual_seed(0)
    x, y = digits(200)
    layers = OrderedDict(
        hidden=nn.Linear(PIXELS, 16, dtype=torch.float32),
        relu=nn.ReLU(),
        output=nn.Linear(16, CLASSES, dtype=torch.float32),
    )
    network = nn.Sequential(layers)
    method = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(10):
        for batch in torch.randperm(len(x)).split(32):
            method.zero_grad()
            functional.cross_entropy(network(x[batch].float()), y[batch]).backward()
            method.step()
    problem = Problem(two_layers("relu", "hidden", "output"), x, y, "cross_entropy")
    return problem, {name: tensor.detach() for name, tensor in network.named_parameters()}


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_problem(out: Path, name: str, problem: Problem, tensors: Tensors) -> None:
    """The files of one network: data, weights, model, problem, augmented problem, perturbed point."""
    np.savez_compressed(out / f"{name}_data.npz", x=problem.x.numpy(), y=problem.y.numpy())
    save_tensors(out / WEIGHTS[name], tensors)
    entry: dict[str, Any] = {
        "model": {"input": PIXELS, "nodes": problem.nodes},
        "parameters": WEIGHTS[name],
        "data": {"file": f"{name}_data.npz", "x": "x", "y": "y"},
        "loss": problem.loss,
    }
    if problem.regularizer:
        entry["regularizer"] = {"kind": "l2", "lambda": str(DECAY)}
    if name in AUGMENTED:
        write_json(out / f"{name}_model.json", entry["model"])
        entry["model"] = f"{name}_model.json"
        augment = {"kind": "exponential", "lambda": str(AUGMENT)}
        write_json(out / f"{name}_aug.json", {**entry, "augment": augment})
    write_json(out / f"{name}.json", entry)
    write_perturbed(out, name)


def write_perturbed(out: Path, name: str) -> None:
    """All parameters moved by normal numbers, those of the added neurons too where there are any."""
    suffix = "_aug" if name in AUGMENTED else ""
    problem, saved = load_problem(out / f"{name}{suffix}.json")
    generator = torch.Generator().manual_seed(0)
    perturbed = {
        key: tensor + 0.1 * torch.randn(tensor.shape, generator=generator)
        for key, tensor in load_tensors(saved, problem).items()
    }
    save_tensors(out / f"{name}_perturbed.npz", perturbed)


def write_reference(out: Path) -> None:
    """Q and its gradient at the saved and the perturbed point of every problem, read from its files."""
    entries, gradients = [], {}
    for name in WEIGHTS:
        for case in [name, f"{name}_aug"] if name in AUGMENTED else [name]:
            problem, saved = load_problem(out / f"{case}.json")
            for path in (saved, out / f"{name}_perturbed.npz"):
                tensors = load_tensors(path, problem)
                value, gradient = optimise.value_and_gradient(objective(problem, tensors), flatten(tensors))
                entry = {"problem": f"{case}.json", "parameters": path.name, "objective": float(value)}
                entry["gradient_norm"] = float(gradient.norm())
                entry["gradient_largest"] = float(gradient.abs().max())
                if path != saved:
                    entry["gradient"] = case
                    gradients[case] = gradient
                entries.append(entry)
    write_json(out / "reference.json", {"gradients": "reference.npz", "points": entries})
    save_tensors(out / "reference.npz", gradients)


def print_figures(out: Path, name: str) -> None:
    """What README.md quotes, measured from the files as written."""
    problem, saved = load_problem(out / f"{name}.json")
    tensors = load_tensors(saved, problem)
    function, z = objective(problem, tensors), flatten(tensors)
    value, gradient = optimise.value_and_gradient(function, z)
    figures = {"loss": float(value), "gradient norm": float(gradient.norm())}
    outputs = problem.outputs(tensors, problem.x)
    if problem.loss == "cross_entropy":
        figures["accuracy"] = float((outputs.argmax(dim=1) == problem.y).double().mean())
    else:
        figures["largest residual"] = float((outputs - problem.y).abs().max())
        figures["smallest singular value"] = optimise.smallest_singular_value(residuals(problem, tensors), z)
    if problem.regularizer:
        figures["smallest curvature"] = optimise.smallest_curvature(function, z)
    if problem.nodes[1]["op"] == "relu":
        figures["kink margin"] = kink_margin(problem, tensors)
    text = ", ".join(f"{key} {figure:.3g}" for key, figure in figures.items())
    print(f"{name}: {len(problem.x)} samples, {len(z)} parameters, {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the networks of this example and writes their files.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="DIR")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    trainers = {"tanh": train_tanh, "relu": train_relu, "wide": train_wide, "early": train_early}
    for name, train in trainers.items():
        write_problem(out, name, *train())
        print_figures(out, name)
    write_reference(out)


if __name__ == "__main__":
    main()
