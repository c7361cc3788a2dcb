#!/usr/bin/env python3
"""Train a small network, ask whether it ended at a local minimum, add neurons, ask again, and plot.

usage: train_check_augment.py [FIGURE.png]
"""

# %% Train
import sys

import numpy as np
import torch

import pgb

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
x = np.linspace(-2, 2, 9).reshape(-1, 1)
y = np.sin(1.3 * x) + 0.3
model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Tanh(), torch.nn.Linear(1, 1))
inputs, targets = torch.as_tensor(x), torch.as_tensor(y)
optimizer = torch.optim.LBFGS(model.parameters(), max_iter=5000, tolerance_grad=1e-13, tolerance_change=1e-16,
                              line_search_fn="strong_wolfe")


def closure() -> torch.Tensor:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    return loss


optimizer.step(closure)
print(f"loss after training: {closure().item():.6g}")

# %% Is this a local minimum?
verdict = pgb.check(model, (x, y), loss="mse")
print(repr(verdict))

# %% One exponential neuron for each output, switched off: the theorem says that no bad local minimum is left
augmented = pgb.check(model, (x, y), loss="mse", augment="1/10")
print(repr(augmented))
for proof in verdict.certificates + augmented.certificates:
    accepted, statement = pgb.verify(proof)
    print("checked:" if accepted else "REJECTED:", statement)

# %% What the flat directions of the added neuron change
problem = pgb.problem(model, (x, y), loss="mse", augment="1/10")
span = pgb.perturbed_gradient_span(problem)
print(f"rank of the gradients: {span['unperturbed_rank']}, with flat perturbations: {span['rank']} of {span['ambient']}")

if len(sys.argv) > 1:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    grid = np.linspace(-2.2, 2.2, 200).reshape(-1, 1)
    left.plot(grid, model(torch.as_tensor(grid)).detach().numpy(), label="network")
    left.plot(x, y, "o", label="data")
    left.set(xlabel="x", ylabel="output")
    left.legend()
    for spectrum in span["spectra"]:
        label = f"{spectrum['label']} ({spectrum['precision_bits']} bits)"
        right.plot(range(1, len(spectrum["log10_magnitudes"]) + 1), spectrum["log10_magnitudes"], "o-", label=label)
    right.axhline(-16, color="gray", linewidth=1)
    right.set(xlabel="number of the value", ylabel="log10 of its size", title="Spectrum of the span of gradients")
    right.legend()
    figure.savefig(sys.argv[1])
    print("figure:", sys.argv[1])
