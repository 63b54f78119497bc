"""The pictures of docs/concepts.md and docs/first-study.md, drawn from runs: `python docs/book/pictures.py` makes all in a minute or two."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from drawings import LIMIT, WIDE, panels, save
from matplotlib.figure import Figure

import kinetaxis as kx
from kinetaxis.style import STYLE

DOCS = Path(__file__).resolve().parents[1]
EXPERIMENTS = DOCS.parent / "experiments"


def walk(**changes: object) -> kx.Experiment:
    """Cells in the plane in the signal S = x, from one point."""
    base = {
        "dimension": 2, "epsilon": 0.2, "domain": {"lower": -6, "upper": 6, "grid": 48, "boundary": "no-flux"},
        "kernel": {"model": "local", "b": "0.8/(2*PI)"}, "signal": {"equation": "prescribed", "expression": "x"},
        "cells": {"count": 3, "density": {"shape": "point"}}, "time": {"end": 1, "step": 0.01},
    }  # fmt: skip
    return kx.Experiment.from_dict({**base, **changes})


def paths() -> Figure:
    """Three cells each at two values of ε, up to the same time."""
    figure, axes = panels(2, sharex=True, sharey=True)
    for ax, epsilon in zip(axes, (0.2, 0.05)):
        times = np.linspace(0, 1, 401)
        r = kx.run(
            walk(epsilon=epsilon, **{"output.cells_at": times, "time.step": 0.0025}), progress=False
        )
        for _, path in r.cells.groupby("id"):
            ax.plot(path["x"], path["y"], lw=0.8)
            ax.plot(
                path["x"].iloc[-1], path["y"].iloc[-1], "o", ms=5, color=ax.lines[-1].get_color()
            )
        ax.plot(0, 0, "ko", ms=4)
        ax.set(title=rf"$\varepsilon$ = {epsilon:g}", xlabel="$x$", aspect="equal")
    axes[0].set_ylabel("$y$")
    return figure


def kernel() -> Figure:
    """Directions of many cells in a given slope, and the law that the kernel gives them."""
    figure, axes = panels(2)
    bins = np.linspace(-np.pi, np.pi, 37)
    angle = np.linspace(-np.pi, np.pi, 300)
    for ax, key, title in zip(axes, "ab", ("a: where it turns to", "b: when it turns")):
        e = walk(epsilon=0.5, kernel={"model": "local", key: "0.8/(2*PI)"},
                 cells={"count": 200000, "density": {"shape": "point"}},
                 time={"end": 3, "step": 0.1}, output={"cells_at": [3]},
                 domain={"lower": -8, "upper": 12, "grid": 48, "boundary": "no-flux"})  # fmt: skip
        cells = kx.run(e, progress=False).cells
        found = np.arctan2(cells["vy"], cells["vx"])
        share, _ = np.histogram(found, bins, density=True)
        ax.stairs(share, bins, fill=True, color="C0", alpha=0.5, label="cells")
        # Stationary: f (lambda - eps b mu cos) = F (lambda + eps a mu cos).
        law = 1 + 0.4 * np.cos(angle) if key == "a" else 1 / (1 - 0.4 * np.cos(angle))
        ax.plot(
            angle, law / law.mean() / (2 * np.pi), label="stationary law of the kernel", **LIMIT
        )
        ax.set(title=title, xlabel="angle between $v$ and the slope", xticks=[-np.pi, 0, np.pi])
        ax.set_xticklabels([r"$-\pi$", "0", r"$\pi$"])
        ax.set_ylim(0, 0.32)
        ax.legend(loc="upper left", fontsize="small")
    axes[0].set_ylabel("share of the cells")
    return figure


def epsilon() -> Figure:
    """The density of cells that start at a point, at three ε, and the limit."""
    figure, (ax,) = panels(1)
    e = kx.Experiment.from_file(EXPERIMENTS / "free-walk-1d.toml").with_(
        **{
            "time.end": 0.5,
            "time.outputs": [],
            "cells.count": 400000,
            "domain.lower": -4,
            "domain.upper": 4,
            "deposit.bandwidth": 0.0625,
        }
    )
    for value in (0.6, 0.3, 0.1):
        (x,), rho = kx.run(e.with_(epsilon=value), progress=False).field("density")
        ax.plot(x, rho, lw=1.4, label=rf"cells, $\varepsilon$ = {value:g}")
    (x,), rho = kx.limit(e, progress=False).field("limit", column="rho")
    ax.plot(x, rho, label="limit", **LIMIT)
    ax.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(-3, 3), ylim=(0, 0.7))
    ax.legend()
    return figure


def deposit() -> Figure:
    """The same cells through three bandwidths."""
    figure, axes = panels(3, sharey=True)
    e = kx.Experiment.from_file(EXPERIMENTS / "local-1d.toml").with_(
        **{
            "cells.count": 3000,
            "cells.antithetic": False,
            "cells.stratified": False,
            "domain.grid": 128,
            "deposit.order": 2,
            "time.outputs": [],
        }
    )
    (x,), true = kx.limit(e.with_(**{"deposit.bandwidth": 0.05}), progress=False).field(
        "limit", column="rho"
    )
    for ax, h in zip(axes, (0.06, 0.25, 1.2)):
        _, rho = kx.run(e.with_(**{"deposit.bandwidth": h}), progress=False).field("density")
        ax.plot(x, rho, lw=1.4, label="cells")
        ax.plot(x, true, label="limit", **LIMIT)
        ax.set(title=f"$h$ = {h:g}", xlabel="$x$")
    axes[0].set_ylabel(r"$\rho_h$")
    axes[0].legend(loc="lower left")
    return figure


def signal() -> Figure:
    """Cells and the signal that they make, at three times."""
    e = kx.Experiment.from_file(EXPERIMENTS / "aggregation-2d.toml").with_(
        **{"epsilon": 0.1, "cells.count": 200000, "time.outputs": [0, 0.5, 1]}
    )
    r = kx.run(e, progress=False)
    figure, axes = plt.subplots(2, 3, figsize=(WIDE, 4.4), sharex=True, sharey=True)
    for row, table, name in zip(axes, ("density", "signal"), (r"$\rho$", "$S$")):
        fields = [r.field(table, t)[1] for t in (0, 0.5, 1)]
        for ax, t, field in zip(row, (0, 0.5, 1), fields):
            image = ax.imshow(
                field.T,
                origin="lower",
                extent=(-3, 3, -3, 3),
                vmin=0,
                vmax=max(map(np.max, fields)),
            )
            ax.grid(False)
            ax.set_title(f"{name}, $t$ = {t:g}")
        figure.colorbar(image, ax=row, shrink=0.9)
    return figure


def ensemble() -> Figure:
    """Replicates one by one, and what an ensemble says of them."""
    figure, axes = panels(2, sharey=True)
    e = kx.Experiment.from_file(EXPERIMENTS / "free-walk-1d.toml").with_(
        **{"cells.count": 300, "cells.stratified": False, "time.outputs": np.linspace(0.1, 1, 10)}
    )
    for replicate in range(12):
        rows = kx.run(e, replicate=replicate, progress=False).observables.query(
            "observable == 'second_moment'"
        )
        axes[0].plot(rows["time"], rows["value"], lw=0.8, color="C0", alpha=0.6)
    rows = kx.ensemble(e.with_(**{"ensemble.replicates": 12}), progress=False).observables.query(
        "observable == 'second_moment'"
    )
    axes[1].plot(rows["time"], rows["mean"], color="C0", label="mean")
    axes[1].fill_between(
        rows["time"],
        rows["ci_low"],
        rows["ci_high"],
        color="C0",
        alpha=0.3,
        lw=0,
        label="95% interval",
    )
    t = np.linspace(0, 1, 100)
    for ax, title in zip(axes, ("12 replicates of 300 cells", "what the ensemble says")):
        ax.plot(t, 2 * (t - 0.01 * (1 - np.exp(-t / 0.01))), label="exact", **LIMIT)
        ax.set(title=title, xlabel="$t$")
    axes[0].set_ylabel("$E|x|^2$")
    axes[1].legend()
    return figure


def first_order() -> Figure:
    """What the first study draws."""
    r = kx.converge(kx.Experiment.from_file(EXPERIMENTS / "hks-2d.toml"), progress=False)
    figure = r.plot_convergence()
    figure.set_size_inches(WIDE, 4.6)
    figure.axes[0].set_title("")
    return figure


PICTURES: dict[str, tuple[Callable[[], Figure], str]] = {
    "paths": (paths, "svg"),
    "kernel": (kernel, "svg"),
    "epsilon": (epsilon, "svg"),
    "deposit": (deposit, "svg"),
    "signal": (signal, "png"),
    "ensemble": (ensemble, "svg"),
    "first-order": (first_order, "svg"),
}


def main() -> None:
    """Makes those that are named, or all."""
    plt.switch_backend("agg")
    for name in sys.argv[1:] or PICTURES:
        draw, suffix = PICTURES[name]
        file = DOCS / "pictures" / f"{name}.{suffix}"
        file.parent.mkdir(exist_ok=True)
        with plt.rc_context(STYLE):
            save(draw(), file)


if __name__ == "__main__":
    main()
