"""Figures of what a simulation does: density and observables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import among, band, joined, legend_below, panel_grid, plain, styled

if TYPE_CHECKING:
    from .results import Results


@styled
def density(r: Results, time: float | None) -> Figure:
    """Line with band in 1D, map in 2D, mid-slice in 3D; the limit beside it at the same time."""
    has_density, has_limit = r.has("density"), r.has("limit")
    if time is None:
        time = r.times("limit" if has_limit and not has_density else "density")[-1]
    names = list(r.density["population"].unique()) if has_density else _of_limit(r)
    cells = [(p, r.field("density", time, population=p)) for p in names if has_density]
    limit = []
    if has_limit and (not cells or r.has_time("limit", time)):
        # Beside cells the limit is shown as they are, through K_h.
        smoothed = bool(cells) and any(c.startswith("rho_smoothed") for c in r.limit)
        for p in names:
            label = "limit" if len(names) == 1 else f"limit, {p}"
            limit.append((label, r.field("limit", time, "rho_smoothed" if smoothed else "rho", p)))
    in_1d = len((cells + limit)[0][1][0]) == 1
    fig = _lines(r, time, cells, limit) if in_1d else _maps(cells, limit)
    fig.suptitle(joined(plain(r.title), f"$t$ = {time:g}"))
    return fig


def _of_limit(r: Results) -> list[str]:
    """The populations of a limit without cells."""
    named = [c.removeprefix("rho_") for c in r.limit if c.startswith("rho_")]
    return [name for name in named if not name.startswith("smoothed")] or ["cells"]


def _lines(r: Results, time: float, cells: list, limit: list) -> Figure:
    fig, ax = plt.subplots(figsize=(6.4, 4))
    for name, ((x,), rho) in cells:
        (line,) = ax.plot(x, rho, lw=1.6, label=name)
        if "ci_low" in r.density:
            low, high = (r.field("density", time, c, name)[1] for c in ("ci_low", "ci_high"))
            ax.fill_between(x, low, high, color=line.get_color(), alpha=0.25, lw=0, label=band(r))
    for i, (_, ((x,), rho)) in enumerate(limit):
        label = None if i else "limit"
        ax.plot(x, rho, color="black", lw=1.2, ls="--", label=label, zorder=3)
    ax.set(xlabel="$x$", ylabel=r"$\rho$", xlim=_edges(x))
    if len(ax.get_legend_handles_labels()[1]) > 1:
        ax.legend()
    return fig


def _maps(cells: list, limit: list) -> Figure:
    """Side by side; of several populations, cells above and limits below."""
    slices = []
    for name, (axes, rho) in cells + limit:
        if len(axes) == 3:
            z = (cells + limit)[0][1][0][2]
            k = np.abs(axes[2] - z[len(z) // 2]).argmin()
            name, axes, rho = f"{name}, $z$ = {axes[2][k]:.3g}", axes[:2], rho[..., k]
        slices.append((name, axes, rho))
    low = min(np.nanmin(rho) for *_, rho in slices)
    high = max(np.nanmax(rho) for *_, rho in slices)
    (left, right), (bottom, top) = (_edges(x) for x in slices[0][1])
    height = 3.2 * np.clip((top - bottom) / (right - left), 0.25, 1.6)
    lines = 2 if len(cells) > 1 and limit else 1
    columns = len(slices) // lines
    fig, panels = plt.subplots(
        lines, columns, figsize=(1.3 + 3.5 * columns, 0.9 + height * lines),
        sharex=True, sharey=True, squeeze=False, layout="compressed",
    )  # fmt: skip
    fig.get_layout_engine().set(wspace=0.06)
    for ax, (name, (x, y), rho) in zip(panels.flat, slices):
        # The first index is x, the horizontal axis; images take rows first, hence the transpose.
        span = [*_edges(x), *_edges(y)]
        image = ax.imshow(rho.T, origin="lower", extent=span, vmin=low, vmax=high)
        ax.set(title=name)
        ax.grid(False)
    for ax in panels[-1]:
        ax.set_xlabel("$x$")
    for ax in panels[:, 0]:
        ax.set_ylabel("$y$")
    fig.colorbar(image, ax=panels, label=r"$\rho$")
    return fig


@styled
def observables(r: Results, names: list[str] | None) -> Figure:
    """One panel for each observable, one line for each population."""
    table = r.observables
    names = among(table, "observable", names)
    fig, panels = panel_grid(len(names), sharex=True)
    for ax, name in zip(panels, names):
        rows = table[table["observable"] == name]
        for population, line in rows.groupby("population", sort=False):
            y = line["mean" if "mean" in line else "value"]
            (drawn,) = ax.plot(line["time"], y, lw=1.5, label=population)
            if "ci_low" in line:
                ax.fill_between(
                    *(line[c] for c in ("time", "ci_low", "ci_high")),
                    color=drawn.get_color(), alpha=0.25, lw=0, label=band(r),
                )  # fmt: skip
        _forgive_rounding(ax)
        ax.set(title=name, xlabel="$t$")
        ax.margins(x=0)
    legend_below(fig, panels[0])
    fig.suptitle(plain(r.title))
    return fig


def _forgive_rounding(ax: Axes):
    """Keeps a conserved quantity from looking like noise."""
    low, high = ax.dataLim.intervaly
    if not np.isfinite([low, high]).all():  # nothing is drawn, as of the variance of a uniform density on a circle
        return
    if 0 < max(abs(low), abs(high)) * 1e-9 >= high - low:
        ax.set_ylim(sorted([0.95 * low, 1.05 * low]))


def _edges(nodes: np.ndarray) -> tuple[float, float]:
    half = (nodes[-1] - nodes[0]) / max(len(nodes) - 1, 1) / 2 or 0.5
    return nodes[0] - half, nodes[-1] + half
