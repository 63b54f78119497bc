"""What the gallery draws: cells, and over them what theory says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

import kinetaxis as kx

#: Width and height of a figure, in inches.
WIDE, HIGH = 6.4, 3.4
#: Bytes that a picture may have.
LARGEST = 60_000
LIMIT = {"color": "black", "ls": "--", "lw": 1.2, "zorder": 3}


def save(figure: Figure, file: Path) -> None:
    """Writes a picture, the same bytes for the same figure, and small: PNG with 200 colours."""
    with plt.rc_context({"svg.hashsalt": file.stem, "savefig.bbox": "tight"}):
        figure.savefig(file, dpi=100, metadata={"Date": None} if file.suffix == ".svg" else None)
    plt.close(figure)
    if file.suffix == ".png":
        with Image.open(file) as image:
            image.convert("RGB").quantize(200).save(file, optimize=True)
    size = file.stat().st_size
    print(f"{file.name}: {size / 1000:.0f} kB", flush=True)
    if size > LARGEST:
        raise SystemExit(f"{file} has {size} bytes, more than {LARGEST}: draw less, or as png")


def panels(count: int, **more: object) -> tuple[Figure, list[Axes]]:
    """Axes side by side in the style of the package."""
    figure, axes = plt.subplots(1, count, figsize=(WIDE, HIGH), squeeze=False, **more)
    return figure, list(axes.flat)


def populations(r: kx.Results) -> list[str]:
    """Names of the populations whose densities there are."""
    return list(r.density["population"].unique())


def band(
    ax: Axes,
    x: np.ndarray,
    cells: kx.Results,
    name: str,
    pick: Callable[[np.ndarray], np.ndarray],
    label: str,
) -> None:
    """The mean of cells at the last time along a line, with its interval."""
    column = "mean" if "mean" in cells.density else "value"
    mean = pick(cells.field("density", column=column, population=name)[1])
    (line,) = ax.plot(x, mean, lw=1.6, label=label)
    if column == "mean":
        low, high = (
            pick(cells.field("density", column=c, population=name)[1])
            for c in ("ci_low", "ci_high")
        )
        ax.fill_between(x, low, high, color=line.get_color(), alpha=0.3, lw=0)


def middle(rho: np.ndarray) -> np.ndarray:
    """The values along x through the middle of the other axes."""
    return rho[(slice(None), *(n // 2 for n in rho.shape[1:]))]


def lines(cells: kx.Results, limit: kx.Results) -> Figure:
    """Densities on a line: cells with their interval, and the limit over them."""
    figure, (ax,) = panels(1)
    for name in populations(cells):
        (x,), _ = cells.field("density", population=name)
        band(ax, x, cells, name, lambda rho: rho, name)
        ax.plot(x, limit.field("limit", column="rho_smoothed", population=name)[1], **LIMIT)
    ax.plot([], [], label="limit", **LIMIT)
    ax.set(
        xlabel="$x$",
        ylabel=r"$\rho$",
        xlim=(x[0], x[-1]),
        title=f"$t$ = {cells.times('density')[-1]:g}",
    )
    ax.legend()
    return figure


def cut(cells: kx.Results, limit: kx.Results, shown: str | None = None) -> Figure:
    """A map of the cells, and a cut through its middle with the limit over it."""
    figure, (left, right) = panels(2)
    names = populations(cells)
    shown = shown or names[0]
    axes, rho = cells.field("density", population=shown)
    plane = rho if rho.ndim == 2 else rho[..., rho.shape[2] // 2]
    spans = [(2 * a[0] + a[0] - a[1], 2 * a[-1] + a[-1] - a[-2]) for a in axes[:2]]
    image = left.imshow(
        plane.T,
        origin="lower",
        extent=[s / 2 for span in spans for s in span],
        interpolation="bilinear",
    )
    left.axhline(axes[1][len(axes[1]) // 2], color="white", lw=0.8, ls=":")
    left.grid(False)
    left.set(xlabel="$x$", ylabel="$y$", title="cells" if len(names) == 1 else shown)
    figure.colorbar(image, ax=left, shrink=0.8)
    for name in names:
        band(right, axes[0], cells, name, middle, "cells" if len(names) == 1 else name)
        right.plot(
            axes[0],
            middle(limit.field("limit", column="rho_smoothed", population=name)[1]),
            **LIMIT,
        )
    right.plot([], [], label="limit", **LIMIT)
    time = cells.times("density")[-1]
    right.set(
        xlabel="$x$",
        ylabel=r"$\rho$",
        xlim=(axes[0][0], axes[0][-1]),
        title=f"along the dotted line, $t$ = {time:g}",
    )
    right.legend()
    return figure


def order(study: kx.Results, names: list[str] | None = None) -> Figure:
    """Distances in L2 on logarithmic axes with their mean slopes."""
    figure = study.plot_convergence(names)
    figure.axes[0].set_title("")
    figure.set_size_inches(WIDE, 4.4)
    return figure


def observable(ax: Axes, r: kx.Results, name: str, **more: object) -> np.ndarray:
    """An observable over time with its interval; the times."""
    rows = r.observables[r.observables["observable"] == name]
    t = rows["time"].to_numpy()
    if "mean" in rows:
        bars = (rows["mean"] - rows["ci_low"], rows["ci_high"] - rows["mean"])
        ax.errorbar(t, rows["mean"], bars, fmt="o", ms=4, capsize=3, lw=1.2, **more)
    else:
        ax.plot(t, rows["value"], "o", ms=4, **more)
    return t


def moments_of_limit(limit: kx.Results) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, centre along x and variance of the limit, summed over its nodes."""
    found = []
    for t in limit.times("limit"):
        axes, rho = limit.field("limit", t, "rho")
        grids = np.meshgrid(*axes, indexing="ij")
        center = [(g * rho).sum() / rho.sum() for g in grids]
        variance = sum(((g - c) ** 2 * rho).sum() / rho.sum() for g, c in zip(grids, center))
        found.append((t, center[0], variance))
    return tuple(np.array(found).T)  # type: ignore[return-value]


def moments(cells: kx.Results, limit: kx.Results) -> Figure:
    """Centre and variance of the colony, and those of the limit over them."""
    figure, axes = panels(2)
    t, center, variance = moments_of_limit(limit)
    for ax, name, of_limit in zip(axes, ("center_x", "variance"), (center, variance)):
        observable(ax, cells, name, label="cells")
        ax.plot(t, of_limit, label="limit", **LIMIT)
        ax.set(xlabel="$t$", title={"center_x": "centre along $x$"}.get(name, name))
        ax.legend()
    return figure


def free_walk(cells: kx.Results, dimension: int, diffusivity: float, epsilon: float) -> Figure:
    """The second moment over its exact law at this ε, and that of the limit."""
    figure, (ax,) = panels(1)
    observable(ax, cells, "second_moment", label="cells")
    t = np.linspace(0, cells.times("observables")[-1], 200)
    exact = 2 * dimension * diffusivity * (t - epsilon**2 * (1 - np.exp(-t / epsilon**2)))
    ax.plot(
        t, exact, color="C1", lw=1.2, label=r"exact: $2dD(t-\varepsilon^2(1-e^{-t/\varepsilon^2}))$"
    )
    ax.plot(t, 2 * dimension * diffusivity * t, label=r"limit: $2dDt$", **LIMIT)
    ax.set(xlabel="$t$", ylabel=r"$E|x|^2$", xlim=(0, None), ylim=(0, None))
    ax.legend()
    return figure


def largest(runs: dict[float, kx.Results], limit: kx.Results, due: float | None = None) -> Figure:
    """The largest density over time at several ε, and that of the limit as far as it goes."""
    figure, (ax,) = panels(1)
    for epsilon, r in runs.items():
        rows = r.observables[r.observables["observable"] == "max_density"]
        ax.plot(
            rows["time"],
            rows["value"],
            "o-",
            ms=4,
            lw=1.2,
            label=rf"cells, $\varepsilon$ = {epsilon:g}",
        )
    times = limit.times("limit")
    ax.plot(
        times,
        [limit.field("limit", t, "rho_smoothed")[1].max() for t in times],
        label="limit, while its grid resolves it",
        **LIMIT,
    )
    if due is not None:
        ax.axvline(due, color="gray", lw=1, ls=":", label="blow-up due by the virial law")
    ax.set(xlabel="$t$", ylabel=r"max $\rho$", yscale="log", xlim=(0, None))
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def several(
    cells: kx.Results, theory: Callable[[np.ndarray], np.ndarray], names: Sequence[str], label: str
) -> Figure:
    """Masses of populations over time, and what theory has for each."""
    figure, (ax,) = panels(1)
    rows = cells.observables[cells.observables["observable"] == "mass"]
    for name in names:
        own = rows[rows["population"] == name]
        t, mean = own["time"].to_numpy(), own["mean"].to_numpy()
        ax.errorbar(
            t,
            mean,
            (mean - own["ci_low"], own["ci_high"] - mean),
            fmt="o",
            ms=4,
            capsize=3,
            label=name,
        )
    fine = np.linspace(0, rows["time"].max(), 200)
    for values in theory(fine):
        ax.plot(fine, values, **LIMIT)
    ax.plot([], [], label=label, **LIMIT)
    ax.set(xlabel="$t$", ylabel="density", ylim=(0, None))
    ax.legend()
    return figure


def may_nowak(
    start: Sequence[float], d1: float, d2: float, d3: float, beta: float, k: float, r: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Solution of May & Nowak's equations for healthy, infected and virus, by Runge & Kutta's method."""

    def rate(y: np.ndarray) -> np.ndarray:
        c, s, u = y
        return np.array([r - d1 * c - beta * c * u, beta * c * u - d2 * s, k * s - d3 * u])

    def solution(times: np.ndarray) -> np.ndarray:
        y, found = np.array(start, dtype=float), [np.array(start, dtype=float)]
        for h in np.diff(times):
            k1 = rate(y)
            k2 = rate(y + h / 2 * k1)
            k3 = rate(y + h / 2 * k2)
            k4 = rate(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            found.append(y)
        return np.array(found).T

    return solution
