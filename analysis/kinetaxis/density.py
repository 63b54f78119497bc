"""Own data as a density: what a file says of it in `cells.density`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Characters that an expression of an experiment may have.
_LONGEST = 100_000
#: Waves along each axis in 1, 2 and 3 dimensions, where none are asked for.
_WAVES = (128, 24, 8)


def density(
    values: ArrayLike,
    lower: float | Sequence[float],
    upper: float | Sequence[float],
    *,
    waves: int | None = None,
    periodic: bool | Sequence[bool] = False,
) -> dict[str, Any]:
    """What `cells.density` holds for a density that is given by an array, such as a picture: a smooth one, as an expression.

    `values[i, j, k]`, none of them negative, lie along x, y, z: pixels that fill the box from `lower` to `upper`, which are
    `domain.lower` and `domain.upper`; `periodic` says for which axes `domain.boundary` is. Only their proportions count; the mass is
    `cells.mass`. The rows of a picture go down: give `picture[::-1].T`.

    The density is that of the pixels through a positive kernel (Jackson's) that leaves `waves` half-waves along each axis: a width of about
    the edge over `waves`, by default 1/128, 1/24 and 1/8 of it in 1, 2 and 3 dimensions. So it is nowhere negative, and
    pixels much smaller than that are averaged. More waves take longer to draw cells from.

    >>> from kinetaxis import example, run
    >>> e = example(**{"cells.density": density([3, 3, 0, 0], lower=-1, upper=1, waves=16)})
    >>> bool(run(e.with_(**{"cells.count": 10000})).observables.query("observable == 'center_x'").value.iloc[0] < -0.4)
    True
    """
    array = np.asarray(values, dtype=float)
    d = array.ndim
    if d not in (1, 2, 3) or min(array.shape) < 2:
        raise ValueError(
            f"values have the shape {array.shape}: give 1 to 3 axes of 2 pixels or more"
        )
    if not np.isfinite(array).all() or (array < 0).any() or not (array > 0).any():
        raise ValueError("values must be finite and not negative, and some of them positive")
    count = _WAVES[d - 1] if waves is None else int(waves)
    if count < 2:
        raise ValueError(f"waves = {waves}: give at least 2")
    corners = zip("xyz", _each(lower, d), _each(upper, d), _each(periodic, d))
    texts: list[list[str]] = []
    for axis, (name, a, b, around) in enumerate(corners):
        of_axis, matrix = _basis(name, float(a), float(b), bool(around), array.shape[axis], count)
        texts.append(of_axis)
        array = np.moveaxis(np.tensordot(matrix, array, axes=(1, axis)), 0, axis)
    coefficients = array / array.flat[0]
    written = np.vectorize(lambda c: float(_text(c)))(coefficients)
    written.flat[0] += np.abs(written - coefficients).sum()  # what rounding may take away
    expression = _sum(written, texts)
    if len(expression) > _LONGEST:
        raise ValueError(
            f"waves = {count} make an expression of {len(expression)} characters, more than {_LONGEST}: give fewer"
        )
    return {"shape": "expression", "expression": expression}


def _each(value: Any, count: int) -> list[Any]:
    """One for each axis."""
    given = list(np.atleast_1d(value).tolist())
    if len(given) not in (1, count):
        raise ValueError(f"{value!r}: give one, or one for each of the {count} axes")
    return given * count if len(given) == 1 else given


def _basis(
    name: str, lower: float, upper: float, periodic: bool, pixels: int, waves: int
) -> tuple[list[str], NDArray[np.float64]]:
    """The waves along an axis as texts, and what makes their coefficients of the pixels: the mean over each, times the kernel."""
    edges = np.linspace(0, 1, pixels + 1)
    largest = max(waves // 2, 1) if periodic else waves
    texts, rows = ["1"], [np.diff(edges)]
    for k in range(1, largest + 1):
        n = largest + 1
        jackson = (
            (n - k + 1) * np.cos(np.pi * k / (n + 1))
            + np.sin(np.pi * k / (n + 1)) / np.tan(np.pi / (n + 1))
        ) / (n + 1)
        wave = np.pi * k * (2 if periodic else 1)
        place = f"{wave / (upper - lower):.10g}*({name}-({lower:.10g}))"
        texts.append(f"cos({place})")
        rows.append(2 * jackson * np.diff(np.sin(wave * edges)) / wave)
        if periodic:
            texts.append(f"sin({place})")
            rows.append(-2 * jackson * np.diff(np.cos(wave * edges)) / wave)
    return texts, np.array(rows)


def _text(coefficient: float) -> str:
    """In a few digits."""
    return f"{coefficient:.5g}"


def _sum(coefficients: NDArray[np.float64], texts: list[list[str]]) -> str:
    """Σ c φ(x) χ(y) ω(z), with what is common to many terms taken out."""
    if coefficients.ndim == 0:
        return _text(float(coefficients))
    terms = (
        _product(_sum(c, texts[:-1]), text)
        for c, text in zip(np.moveaxis(coefficients, -1, 0), texts[-1])
    )
    return "+".join(terms)


def _product(factor: str, wave: str) -> str:
    """A factor times a wave."""
    if wave == "1":
        return factor
    is_number = "*" not in factor and "+" not in factor
    return f"{factor}*{wave}" if is_number else f"({factor})*{wave}"
