"""Can this trained network be a local minimum of its loss, and is there a proof?

    import pgb
    verdict = pgb.check(model, (x, y), loss="mse")     # model: a torch.nn.Sequential, or a description
    verdict.verdict, verdict.certified, verdict.explanation
    verdict.save_certificate("proof.json")             # for pgbverify

The perturbable gradient basis (PGB) condition is necessary for local minima (Kawaguchi & Kaelbling 2020). ``check``
decides it where it can, and says how sure it is; the other functions are the stages it is made of. Numbers are taken
exactly as they are: a float is a binary number, text such as ``"1/3"``, a ``fractions.Fraction`` or an ``mpmath.mpf``
is exact too. With ``precision_bits`` above 53 results are ``mpmath.mpf`` (or ``Fraction`` without mpmath).
"""

from __future__ import annotations

import json as _json
import os as _os
from typing import Any, Callable, Mapping, Optional, Union

import numpy as _np

from . import _exact, _pgb
from ._pgb import InputError, Problem
from ._torch import from_torch

__version__ = _pgb.version
__all__ = [
    "InputError", "Problem", "Verdict", "certify_critical_point", "check", "flat_families", "from_torch",
    "gradient_basis", "hessian", "hessian_product", "load_problem", "output_gradient", "outputs",
    "perturbed_gradient_span", "problem", "value_gradient", "verify",
]


def load_problem(path: Union[str, "_os.PathLike[str]"] = "", **fields: Any) -> Problem:
    """The problem of a problem file. ``model``, ``arch``, ``parameters``, ``data``, ``loss``, ``augment`` and
    ``lambda_`` replace its fields as the flags of pgbcheck do. Raises InputError."""
    if "lambda_" in fields:
        fields["lambda"] = fields.pop("lambda_")
    return _pgb.read_problem(_os.fspath(path), fields)


def problem(
    model: Any,
    data: Any,
    *,
    loss: str,
    parameters: Optional[Mapping[str, Any]] = None,
    augment: Any = None,
    weight_decay: Any = None,
    name: str = "problem",
) -> Problem:
    """A problem from Python objects.

    model: a PyTorch module that ``from_torch`` takes (the first sample of x serves as its ``sample``), or a mapping as in problem files with ``parameters`` beside it.
    data: the pair (x, y) of array-likes, m samples each; y holds class indices for cross_entropy.
    augment: lambda > 0: one exponential neuron is added to each output, with lambda |a|^2 in the objective.
    weight_decay: lambda >= 0 of an l2 penalty lambda |z|^2 on all parameters of the model (PyTorch's weight_decay is
    twice that). Raises InputError.
    """
    if not isinstance(model, Mapping):
        rows = _exact.array(data[0])[:1] if isinstance(data, (tuple, list)) and len(data) == 2 else None
        model, own = from_torch(model, rows)
        parameters = own if parameters is None else parameters
    if parameters is None:
        raise InputError("parameters: expected the model's tensors by name, found none")
    x, y = data
    tensors = {key: _exact.array(value) for key, value in parameters.items()}
    text = _json.dumps(model)
    return _pgb.build_problem(text, tensors, _exact.array(x), _exact.array(y), loss, _exact.text(augment),
                              _exact.text(weight_decay), name)


class Verdict:
    """What ``check`` found. Every field of the verdict file is an attribute: ``verdict`` ("satisfied", "violated",
    "undecided"), ``certified``, ``reason``, ``explanation``, ``loss``, ``gradient_norm``, ``span``, ``bound``, …
    Reals are decimal text. ``bool(verdict)`` is whether the condition holds, proven or not; it raises ValueError when
    undecided."""

    def __init__(self, raw: "_pgb.Verdict") -> None:
        self._raw = raw
        self.fields = _json.loads(raw.json())

    def __getattr__(self, name: str) -> Any:
        if name == "fields" or name not in self.fields:
            raise AttributeError(f"a verdict has no {name!r}; see docs/formats.md for its fields")
        return self.fields[name]

    def __dir__(self) -> "list[str]":
        return [*super().__dir__(), *self.fields]

    def __bool__(self) -> bool:
        if self.verdict == "undecided":
            raise ValueError("undecided: " + self.explanation)
        return self.verdict == "satisfied"

    def __repr__(self) -> str:
        sure = "certified" if self.certified else "not certified"
        return f"<pgb.Verdict {self.verdict}, {sure}: {self.explanation}>"

    def __str__(self) -> str:
        return self._raw.text()

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame of its own, so that its style stays inside."""
        page = self._raw.html().replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe title="PGB verdict" style="width: 100%; height: 40em; border: 0" srcdoc="{page}"></iframe>'

    @property
    def certificates(self) -> "list[str]":
        """The proofs as text, that of the verdict first."""
        return self._raw.certificates()

    def save_certificate(self, path: Union[str, "_os.PathLike[str]"]) -> None:
        """Writes the proof of the verdict for pgbverify. Raises ValueError where there is none."""
        if not self.certificates:
            raise ValueError("nothing was certified, so there is no certificate")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.certificates[0])

    def save_report(self, path: Union[str, "_os.PathLike[str]"]) -> None:
        """Writes the page that pgbcheck --report makes."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._raw.html())


def check(
    model: Any,
    data: Any = None,
    *,
    loss: Optional[str] = None,
    parameters: Optional[Mapping[str, Any]] = None,
    augment: Any = None,
    weight_decay: Any = None,
    at_saved: bool = False,
    radius: float = 1e-3,
    region: Union[None, float, str] = None,
    compare: Any = None,
    seed: int = 1,
    threads: int = 1,
    max_memory: int = 0,
    progress: Optional[Callable[[str, float], Any]] = None,
) -> Verdict:
    """Does this point satisfy the PGB condition? ``model`` is a Problem, or goes to ``problem`` with the arguments
    after it.

    at_saved: the point as it is; otherwise a critical point within ``radius`` times the size of the parameters.
    region: a statement on all points within this distance (sup-norm); "max" for the largest that can be proven.
    compare: parameters (flat) with a lower loss, to prove the point suboptimal.
    progress: called with what is being done and the fraction of it (negative: unknown). Raises InputError.
    """
    if not isinstance(model, Problem):
        if data is None or loss is None:
            raise InputError("check: expected a Problem, or a model with data and loss")
        model = problem(model, data, loss=loss, parameters=parameters, augment=augment, weight_decay=weight_decay)
    largest = region == "max"
    if isinstance(region, str) and not largest:
        raise InputError(f'region: expected a number > 0 or "max", found {region!r}')
    if region is not None and not largest and not (0 < float(region) < _np.inf):
        raise InputError(f'region: expected a number > 0 or "max", found {region!r}')
    target = None if compare is None else _exact.array(compare)
    return Verdict(_pgb.check(model, radius, at_saved, None if largest else region, largest, target, seed, threads,
                              max_memory, progress))


def verify(certificate: str, problem: Union[str, "_os.PathLike[str]"] = "") -> "tuple[bool, str]":
    """Re-checks the text of a certificate with the independent checker: (accepted, statement or reason)."""
    return _pgb.verify(certificate, _os.fspath(problem))


def _point(z: Any) -> Any:
    return None if z is None else _exact.array(z)


def value_gradient(problem: Problem, z: Any = None, *, precision_bits: int = 53) -> "tuple[Any, Any]":
    """Q(z) and grad Q(z) [n]; z: the problem's own parameters where None."""
    value, gradient = _pgb.value_gradient(problem, _point(z), precision_bits)
    return _exact.number(value, precision_bits), _exact.numbers(gradient, precision_bits)


def outputs(problem: Problem, z: Any = None, *, precision_bits: int = 53) -> Any:
    """Phi(z) as [m, d_y]."""
    return _exact.numbers(_pgb.outputs(problem, _point(z), precision_bits), precision_bits)


def output_gradient(problem: Problem, z: Any = None, *, precision_bits: int = 53) -> Any:
    """g(z): the gradient of the mean loss with respect to the outputs, [m, d_y]."""
    return _exact.numbers(_pgb.output_gradient(problem, _point(z), precision_bits), precision_bits)


def gradient_basis(problem: Problem, z: Any = None, *, precision_bits: int = 53) -> Any:
    """J(z) = D Phi(z), [m d_y, n]: its columns are the gradient basis. Row i d_y + k is output k of sample i."""
    return _exact.numbers(_pgb.jacobian(problem, _point(z), precision_bits), precision_bits)


def hessian(problem: Problem, z: Any = None, *, precision_bits: int = 53) -> Any:
    """The Hessian of Q, [n, n]."""
    return _exact.numbers(_pgb.hessian(problem, _point(z), precision_bits), precision_bits)


def hessian_product(problem: Problem, v: Any, z: Any = None, *, precision_bits: int = 53) -> Any:
    """The Hessian of Q times v, [n], without forming it."""
    return _exact.numbers(_pgb.hessian_product(problem, _exact.array(v), _point(z), precision_bits), precision_bits)


def flat_families(problem: Problem) -> "list[dict[str, Any]]":
    """The exact flat families at the problem's parameters: what moves without changing any output, and why."""
    return _pgb.flat_families(problem)


def perturbed_gradient_span(problem: Problem, *, seed: int = 1) -> "dict[str, Any]":
    """Ranks before and after flat perturbation, whether they are certified, the PGB value, and the spectra."""
    return _pgb.perturbed_gradient_span(problem, seed)


def certify_critical_point(problem: Problem, center: Any = None, *, threads: int = 1) -> "dict[str, Any]":
    """Krawczyk's test near ``center``: whether a critical point exists there (proven), with radii of existence and
    uniqueness, and whether it is proven a strict minimum modulo symmetry or a saddle; else ``failure`` says what failed."""
    proof = _pgb.certify_critical_point(problem, _point(center), threads)
    if "center" in proof:
        proof["center"] = _exact.numbers(proof["center"], 256)
    return proof
