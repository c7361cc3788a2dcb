"""Second-order optimisers that take a network in float64 to the last digits of a minimum."""

from typing import Callable, NamedTuple

import torch
from torch import Tensor
from torch.autograd.functional import hessian, jacobian

Function = Callable[[Tensor], Tensor]


class Minimum(NamedTuple):
    """Where a method stopped, with what was measured there."""

    z: Tensor
    value: float
    gradient_norm: float


def value_and_gradient(objective: Function, z: Tensor) -> tuple[Tensor, Tensor]:
    z = z.detach().requires_grad_()
    value = objective(z)
    return value.detach(), torch.autograd.grad(value, z)[0]


def adam(objective: Function, z: Tensor, steps: int, rate: float) -> Tensor:
    """Full-batch Adam; the rate falls geometrically to rate / 1e4."""
    z = z.clone().requires_grad_()
    method = torch.optim.Adam([z], lr=rate)
    schedule = torch.optim.lr_scheduler.ExponentialLR(method, 1e-4 ** (1 / steps))
    for _ in range(steps):
        method.zero_grad()
        objective(z).backward()
        method.step()
        schedule.step()
    return z.detach()


def newton(objective: Function, z: Tensor, steps: int = 100) -> Minimum:
    """Newton's method with |eigenvalues| of the dense Hessian, so that it descends along negative
    curvature too. Far out a step must lower the value; near the end, where the value no longer
    resolves a step, it must lower the gradient norm. Stops when no step does either."""
    value, gradient = value_and_gradient(objective, z)
    for _ in range(steps):
        curvature, basis = torch.linalg.eigh(hessian(objective, z, vectorize=True))
        direction = -basis @ ((basis.T @ gradient) / curvature.abs().clamp(min=1e-8))
        slope = float(gradient @ direction)
        for halvings in range(30):
            length = 0.5**halvings
            trial = z + length * direction
            trial_value, trial_gradient = value_and_gradient(objective, trial)
            resolved = -slope > 1e-10 * float(value)
            if resolved and trial_value <= value + 1e-4 * length * slope:
                break
            if not resolved and trial_gradient.norm() < gradient.norm():
                break
        else:
            break
        z, value, gradient = trial, trial_value, trial_gradient
    return Minimum(z, float(value), float(gradient.norm()))


def smallest_curvature(objective: Function, z: Tensor) -> float:
    """Smallest eigenvalue of the Hessian, in floating point."""
    return float(torch.linalg.eigvalsh(hessian(objective, z, vectorize=True))[0])


def levenberg_marquardt(residuals: Function, z: Tensor, steps: int = 200) -> Tensor:
    """Least squares with fewer residuals than parameters, so each step solves a system of the
    residuals' size: step = -J^T (J J^T + damping)^-1 r. Stops when no damping lowers |r|."""
    r, damping = residuals(z), 1e-2
    for _ in range(steps):
        basis = jacobian(residuals, z, vectorize=True)
        gram = basis @ basis.T
        while damping < 1e6:
            shifted = gram + damping * torch.eye(len(r))
            trial = z - basis.T @ torch.linalg.solve(shifted, r)
            trial_r = residuals(trial)
            if trial_r.norm() < r.norm():
                z, r, damping = trial, trial_r, damping / 10
                break
            damping = max(10 * damping, 1e-16)
        else:
            return z
    return z


def smallest_singular_value(residuals: Function, z: Tensor) -> float:
    """Smallest singular value of the Jacobian, in floating point; above 0 means full row rank."""
    return float(torch.linalg.svdvals(jacobian(residuals, z, vectorize=True))[-1])
