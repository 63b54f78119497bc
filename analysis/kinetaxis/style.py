"""What the figures share: style, names, panels, legends."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from .results import Results


STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": plt.cycler(
        color=["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444"]
    ),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.titlesize": "medium",
    "font.size": 10,
    "grid.alpha": 0.25,
    "image.cmap": "viridis",
    "legend.frameon": False,
}
SYMBOLS = {
    "rho": r"$\rho$",
    "S": "$S$",
    "gradS": r"$\nabla S$",
    "J": "$J$",
    "r": "$r$",
    "L1": "$L^1$",
    "L2": "$L^2$",
    "Linf": r"$L^\infty$",
    "H-1": "$H^{-1}$",
}


@functools.cache
def _load_backend():
    """A notebook's backend sets what the context of a style would take back."""
    plt.close(plt.figure())


def styled(draw):
    """Draws in the package's style, where the caller has set nothing else, and leaves the caller's as it is."""

    @functools.wraps(draw)
    def wrapper(*args, **kwargs):
        _load_backend()
        default = plt.rcParamsDefault
        own = {k: v for k, v in STYLE.items() if plt.rcParams[k] == default[k]}
        with plt.rc_context(own):
            return draw(*args, **kwargs)

    return wrapper


def panel_grid(count: int, **shared) -> tuple[Figure, list[Axes]]:
    columns = min(count, 3 if count != 4 else 2)
    lines = -(-count // columns)
    size = (1 + 3.2 * columns + (columns == 1) * 2, 0.8 + 2.6 * lines)
    fig, axes = plt.subplots(lines, columns, figsize=size, squeeze=False, **shared)
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    return fig, list(axes.flat[:count])


def legend_below(fig: Figure, ax: Axes, columns: int = 3):
    handles, labels = ax.get_legend_handles_labels()
    if len(handles) > 1 or columns == 1:
        fig.legend(handles, labels, loc="outside lower center", ncols=min(len(handles), columns))


def among(table: pd.DataFrame, column: str, wanted: list[str] | None) -> list[str]:
    """The wanted entries of a column, which must be there; `None` is all of them."""
    there = list(table[column].unique())
    missing = [name for name in wanted or [] if name not in there]
    if missing:
        raise ValueError(f"no {column} {', '.join(missing)}; there is {', '.join(there)}")
    return there if wanted is None else list(wanted)


def joined(*parts: str) -> str:
    return " — ".join(filter(None, parts))


def band(r: Results) -> str:
    level = (r.manifest.get("experiment", {}).get("ensemble") or {}).get("confidence")
    return f"{100 * level:g}% confidence" if level else "confidence interval"


def plain(text: str) -> str:
    """The user's own text, in which a dollar is a dollar."""
    return text.replace("$", r"\$")


def symbol(name: str) -> str:
    kind, _, test = name.partition(":")
    if kind.startswith("weak"):
        component = kind.removeprefix("weak").replace("_", ", ")
        return plain(f"weak{component}, φ = {test}")
    letter, _, of = name.partition("_")
    if of and letter in SYMBOLS:
        return f"{SYMBOLS[letter]} of {plain(of)}"
    return SYMBOLS.get(name, plain(name))
