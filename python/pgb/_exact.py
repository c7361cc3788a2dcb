"""Numbers of Python as the library takes and gives them: doubles as arrays, everything else as exact text."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np


def text(value: Any) -> "str | None":
    """The exact value as text; None stays None. A float is the binary number it is."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, int, Fraction, np.integer)):
        return str(int(value) if not isinstance(value, Fraction) else value)
    if isinstance(value, (float, np.floating)):
        return str(Fraction(float(value)))
    mantissa = getattr(value, "_mpf_", None)  # mpmath.mpf: (sign, mantissa, exponent, bits)
    if mantissa is not None:
        sign, digits, exponent, _ = mantissa
        if not digits and exponent:
            raise ValueError(f"expected a finite number, found {value}")
        return str(Fraction((-1) ** sign * int(digits)) * Fraction(2) ** int(exponent))
    return str(value)


def array(values: Any) -> np.ndarray:
    """An array of floats or integers as it is; objects and text as an array of exact text."""
    if hasattr(values, "detach"):  # torch.Tensor
        values = values.detach().cpu().numpy()
    out = np.asarray(values)
    if out.dtype.kind in "OU":
        flat = [text(v) for v in out.ravel().tolist()]
        out = np.array(flat, dtype=object).reshape(out.shape)
    return out


def number(value: Any, precision_bits: int) -> Any:
    """A float as it is; exact text p/q as an mpmath.mpf of this precision, or a Fraction without mpmath."""
    if not isinstance(value, str):
        return value
    try:
        import mpmath
    except ImportError:
        return Fraction(value)
    exact = Fraction(value)
    with mpmath.workprec(precision_bits + 8):
        return mpmath.mpf(exact.numerator) / exact.denominator


def numbers(values: Any, precision_bits: int) -> np.ndarray:
    """An array as it is; (texts, shape) as an array of numbers."""
    if isinstance(values, np.ndarray):
        return values
    texts, shape = values
    out = np.empty(len(texts), dtype=object)
    out[:] = [number(t, precision_bits) for t in texts]
    return out.reshape(shape)
