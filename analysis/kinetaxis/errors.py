"""Figures of a sweep, in ε or another parameter: convergence and error budget."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from .style import among, joined, legend_below, panel_grid, plain, styled, symbol

if TYPE_CHECKING:
    from .results import Results


#: What errors are drawn against, by the first column of a table.
SCALES = {
    "epsilon": r"$\varepsilon$",
    "delta": r"$\delta$",
    "cells": "$1/N$",
    "grid": "$1/n$",
    "step": r"$\Delta t$",
    "bandwidth": "$h$",
}


@styled
def convergence(r: Results, quantity: str | list[str] | None, norm: str) -> Figure:
    """Sizes of errors against the parameter, with the mean slope of all of them."""
    table = _sizes(_scaled(r.convergence))
    table = table[table["norm"].isin(among(table, "norm", [norm]))]
    names = among(table, "quantity", [quantity] if isinstance(quantity, str) else quantity)
    fig, ax = plt.subplots(figsize=(6.4, 5))
    orders = _mean_slopes(r.orders, norm) if r.has("orders") else None
    for name in names:
        rows = table[table["quantity"] == name].sort_values("scale")
        fits = () if orders is None else orders[orders["quantity"] == name].itertuples()
        fit = next(iter(fits), None)
        below = "from below" if "from_below" in rows and rows["from_below"].any() else ""
        label = joined(symbol(name), below, _verdict(fit))
        if absent := (~rows["resolved"] & ~(rows["ci_high"] > 0)).sum():
            label += f" ({absent} not positive)"
        color = _points(ax, rows, rows["error"], rows["resolved"], label)
        if fit is not None and pd.notna(fit.order) and (rows["error"] > 0).all():
            _power_law(ax, rows, fit.order, color)
    _scale_axis(ax, table)
    _error_axis(ax)
    ax.set(title=plain(r.title), ylabel=f"error, {symbol(norm)}")
    legend_below(fig, ax, columns=1)
    return fig


@styled
def budget(r: Results, quantity: str | None, norm: str | None) -> Figure:
    """One panel for each quantity and norm, one colour for each component of the error."""
    table = _scaled(r.budget)
    if table.empty:
        raise ValueError(
            f"{r.path / 'budget.csv'} has no rows: no budget was asked for. "
            "Set budget_replicates in [converge]"
        )
    for column, wanted in (("quantity", quantity), ("norm", norm)):
        table = table[table[column].isin(among(table, column, wanted and [wanted]))]
    groups = list(table.groupby(["quantity", "norm"], sort=False))
    fig, panels = panel_grid(len(groups))
    for ax, (key, rows) in zip(panels, groups):
        signed = (rows["ci_high"] < 0).any()
        for component in table["component"].unique():
            part = rows[rows["component"] == component].sort_values("scale")
            sure = (part["value"] > 0) & ~(part["ci_low"] <= 0) | signed
            _points(ax, part, part["value"], sure, component, "-")
        _scale_axis(ax, rows)
        if signed:
            size = rows["value"].abs()
            ax.set_yscale("symlog", linthresh=size[size > 0].min())
            ax.axhline(0, color="black", lw=0.6, zorder=0)
            ax.margins(y=0.08)
        else:
            _error_axis(ax)
        ax.set_title(", ".join(map(symbol, key)))
    legend_below(fig, panels[0])
    fig.suptitle(joined(plain(r.title), "error budget"))
    return fig


def _points(ax: Axes, rows: pd.DataFrame, y: pd.Series, sure: pd.Series, label: str, ls="none"):
    """Points with intervals where `sure`; elsewhere upper bounds: hollow, with an arrow down."""
    x, high = rows["scale"], rows["ci_high"]
    bars = np.nan_to_num([y - rows["ci_low"], high - y]).clip(0)[:, sure]
    bound = ~sure & (high > 0)
    only = {} if sure.any() else {"mfc": "white"}
    drawn = ax.errorbar(
        x[sure], y[sure], bars, fmt="o", ms=5, capsize=3, lw=1.2, ls=ls, label=label, **only
    )
    color = drawn[0].get_color()
    if bound.any():
        x, top = x[bound], high[bound]
        ax.errorbar(x, top, 0.3 * top, uplims=True, fmt="o", ms=5, mfc="white", color=color, lw=1.2)
    return color


def _verdict(fit) -> str:
    """What orders.csv says of one quantity, in one line of a legend."""
    if fit is None:
        return ""
    left = "[" if np.isfinite(fit.ci_low) else "("
    right = "]" if np.isfinite(fit.ci_high) else ")"
    interval = f"{left}{fit.ci_low:.2f}, {fit.ci_high:.2f}{right}"
    if pd.notna(fit.order):
        return f"order {fit.order:.2f} {interval}"
    if np.isfinite([fit.ci_low, fit.ci_high]).any():
        return f"order in {interval}"
    return textwrap.fill(plain(fit.verdict) if isinstance(fit.verdict, str) else "no order", 72)


def _mean_slopes(orders: pd.DataFrame, norm: str) -> pd.DataFrame:
    """The rows of one norm that are slopes over the whole range."""
    rows = orders[orders["norm"] == norm]
    return rows[rows["kind"] == "mean"] if "kind" in rows else rows


def _sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Weak errors have a sign; what is drawn is their size, with the interval turned likewise."""
    turned = table["error"] < 0
    low, high = table["ci_low"].where(~turned, -table["ci_high"]), table["ci_high"]
    high = high.where(~turned, -table["ci_low"])
    return table.assign(error=table["error"].abs(), ci_low=low, ci_high=high)


def _power_law(ax: Axes, rows: pd.DataFrame, order: float, color: str):
    """The slope through the middle of all points, which have the same weight."""
    log_c = np.mean(np.log(rows["error"]) - order * np.log(rows["scale"]))
    x = np.array([rows["scale"].min(), rows["scale"].max()])
    ax.plot(x, np.exp(log_c) * x**order, color=color, lw=1, ls="--")


def _scaled(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a column of what vanishes with the error: its first one, or 1 over it."""
    parameter = table.columns[0]
    values = table[parameter]
    scale = 1 / values if parameter in ("cells", "grid") else values
    return table.assign(scale=scale)


def _scale_axis(ax: Axes, rows: pd.DataFrame):
    ax.set(xscale="log", xlabel=SCALES[rows.columns[0]])
    scales = np.unique(rows["scale"])
    ax.set_xlim(scales[0] / 1.2, scales[-1] * 1.2)
    if len(scales) <= 8:
        ax.set_xticks(scales, [f"{x:g}" for x in scales])
        ax.set_xticks([], minor=True)


def _error_axis(ax: Axes):
    """Logarithmic; its range follows the markers, as an interval may end just above zero."""
    ax.set_yscale("log")
    marked = [y for line in ax.lines if line.get_marker() == "o" for y in line.get_ydata()]
    if not marked:
        return
    low, high = max(0.7 * ax.dataLim.minposy, 0.2 * min(marked)), 1.4 * ax.dataLim.y1
    if high < 30 * low:
        low, high = (np.sqrt(low * high) * factor for factor in (30**-0.5, 30**0.5))
    ax.set_ylim(low, high)
    if high < 100 * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())
