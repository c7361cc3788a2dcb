#!/usr/bin/env python3
"""Writes torch_reference.json: activations, losses and a small graph as PyTorch computes them in float64.

Run by hand when a case is added (made with torch 1.13): make_torch_reference.py > torch_reference.json
"""
import json
import re
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)


def derivative(f, x):
    x = x.clone().requires_grad_(True)
    y = f(x)
    return y, torch.autograd.grad(y.sum(), x)[0]


def numbers(t):
    return t.detach().flatten().tolist()


def activations():
    x = torch.tensor([-30.0, -8.0, -3.5, -1.0, -0.25, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.75, 6.0, 15.0])
    cases = [
        ("relu", {}, {}, F.relu),
        ("leaky_relu", {}, {}, F.leaky_relu),
        ("leaky_relu", {"negative_slope": 0.2}, {}, lambda t: F.leaky_relu(t, 0.2)),
        ("elu", {}, {}, F.elu),
        ("elu", {"alpha": 0.7}, {}, lambda t: F.elu(t, 0.7)),
        ("selu", {}, {}, F.selu),
        # threshold: PyTorch replaces softplus by the identity above it
        ("softplus", {}, {}, lambda t: F.softplus(t, threshold=1e9)),
        ("softplus", {"beta": 3.0}, {}, lambda t: F.softplus(t, beta=3.0, threshold=1e9)),
        ("sigmoid", {}, {}, torch.sigmoid),
        ("tanh", {}, {}, torch.tanh),
        ("erf", {}, {}, torch.erf),
        ("gelu", {}, {}, F.gelu),
        ("gelu", {}, {"approximate": "none"}, lambda t: F.gelu(t, approximate="none")),
        ("gelu", {}, {"approximate": "tanh"}, lambda t: F.gelu(t, approximate="tanh")),
        ("silu", {}, {}, F.silu),
        ("exp", {}, {}, torch.exp),
        ("sin", {}, {}, torch.sin),
        ("square", {}, {}, torch.square),
        ("identity", {}, {}, lambda t: t * 1.0),
    ]
    for op, attributes, words, f in cases:
        value, slope = derivative(f, x)
        yield {"op": op, "numbers": attributes, "words": words, "x": numbers(x), "value": numbers(value),
               "slope": numbers(slope)}


def losses():
    q = torch.tensor([[0.5, -1.25, 2.0], [30.0, 29.5, -40.0], [0.0, 0.0, 0.0], [-3.0, 0.125, 1.0]])
    target = torch.tensor([[1.0, 0.0, -0.5], [30.0, 20.0, -40.0], [0.0, 1.0, 0.0], [2.0, 2.0, 2.0]])
    label = torch.tensor([2, 1, 0, 0])
    sign = torch.tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [1.0, -1.0, -1.0]])
    relu = F.relu
    cases = [
        ("squared", 2, target, lambda q, y: F.mse_loss(q, y, reduction="none").sum(1)),
        ("mse", 2, target, lambda q, y: F.mse_loss(q, y, reduction="none").mean(1)),
        ("cross_entropy", 2, label, lambda q, y: F.cross_entropy(q, y, reduction="none")),
        ("logistic", 2, sign, lambda q, y: F.softplus(-y * q, threshold=1e9).sum(1)),
        ("polynomial_hinge", 2, sign, lambda q, y: (relu(1 - y * q) ** 2).sum(1)),
        ("polynomial_hinge", 3, sign, lambda q, y: (relu(1 - y * q) ** 3).sum(1)),
        ("absolute_cubed", 2, target, lambda q, y: ((q - y).abs() ** 3).sum(1)),
    ]
    for name, power, y, f in cases:
        value, gradient = derivative(lambda t: f(t, y), q)
        yield {"loss": name, "power": power, "d": 3, "q": numbers(q), "y": numbers(y.double()),
               "value": numbers(value), "gradient": numbers(gradient)}


def graph():
    """y = fc3(concat(h + gelu(fc2 h), h * sigmoid(fc2 h))), h = tanh(fc1 x); fc2 is used twice."""
    fc1, fc2, fc3 = torch.nn.Linear(2, 3), torch.nn.Linear(3, 3), torch.nn.Linear(6, 2, bias=False)
    x, y = torch.randn(5, 2), torch.randn(5, 2)
    h = torch.tanh(fc1(x))
    residual = h + F.gelu(fc2(h))
    gate = h * torch.sigmoid(fc2(h))
    out = fc3(torch.cat([residual, gate], dim=1))
    loss = F.mse_loss(out, y)
    parameters = [("fc1.weight", fc1.weight), ("fc1.bias", fc1.bias), ("fc2.weight", fc2.weight),
                  ("fc2.bias", fc2.bias), ("fc3.weight", fc3.weight)]
    loss.backward()
    return {"x": numbers(x), "y": numbers(y), "outputs": numbers(out), "loss": loss.item(),
            "parameters": [{"name": n, "shape": list(p.shape), "values": numbers(p), "gradient": numbers(p.grad)}
                           for n, p in parameters]}


def main():
    reference = {"torch": torch.__version__, "activations": list(activations()), "losses": list(losses()),
                 "graph": graph()}
    text = json.dumps(reference, indent=1)
    # lists of numbers on one line each
    text = re.sub(r"\[\s+((?:-?[\d.e+-]+,?\s*)+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
