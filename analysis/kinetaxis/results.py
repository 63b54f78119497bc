"""A results folder: its tables, read when first asked for, and its fields as arrays."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import errors, fields

if TYPE_CHECKING:
    import xarray


class Table:
    """An attribute that reads the CSV file of the same name once."""

    def __init__(self, written_by: str):
        self.written_by = written_by

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, results: Results | None, owner: type) -> Any:
        if results is None:
            return self
        path = results.path / f"{self.name}.csv"
        if not path.exists():
            raise FileNotFoundError(
                f"{results.path} has no {path.name}, which is written by {self.written_by}; "
                f"this folder was written by `kinetaxis {results.kind}`"
            )
        table = pd.read_csv(path)  # pandas 3.1 reads floats back exactly
        for flag in {"resolved", "from_below"} & set(table.columns):
            table[flag] = table[flag].astype(str).str.lower() == "true"
        results.__dict__[self.name] = table  # found before this descriptor from now on
        return table


@dataclass(frozen=True)
class Results:
    """What one kinetaxis command wrote. Each CSV file is a DataFrame of the same name."""

    path: Path
    manifest: dict[str, Any] = field(repr=False)
    summary: dict[str, Any] = field(repr=False)

    observables = Table("`kinetaxis run` and `kinetaxis ensemble`")
    density = Table("`kinetaxis run`, `kinetaxis ensemble` and `kinetaxis converge`")
    signal = Table("`kinetaxis run` and `kinetaxis ensemble`")
    cells = Table("`kinetaxis run` and `kinetaxis ensemble` with `cells_at` in `[output]`")
    limit = Table("`kinetaxis limit` and by comparisons with the limit")
    convergence = Table("`kinetaxis converge`")
    orders = Table("`kinetaxis converge`")
    convergence_kinetic_equation = Table("`kinetaxis converge --precision`, where cells reached it")
    orders_kinetic_equation = Table("`kinetaxis converge --precision`, where cells reached it")
    convergence_cells = Table("`kinetaxis converge` with `noise_free` in `[converge]`")
    orders_cells = Table("`kinetaxis converge` with `noise_free` in `[converge]`")
    convergence_limit = Table("`kinetaxis converge --in delta` with `noise_free` in `[converge]`")
    orders_limit = Table("`kinetaxis converge --in delta` with `noise_free` in `[converge]`")
    cells_against_equation = Table("`kinetaxis converge` with `noise_free` in `[converge]`")
    entropy = Table("`kinetaxis converge` with `noise_free` in `[converge]`")
    density_knn = Table("`kinetaxis run` with `knn` in `[output]`")
    verify = Table("`kinetaxis verify`")
    budget = Table("`kinetaxis converge` with `budget_replicates` in `[converge]`")

    @property
    def kind(self) -> str:
        """The command that wrote the folder: run, ensemble, limit or converge."""
        return str(self.manifest["command"])

    @property
    def title(self) -> str:
        """The experiment's title."""
        return str(self.manifest.get("experiment", {}).get("title", ""))

    def has(self, *tables: str) -> bool:
        """Whether the folder holds all these tables."""
        return all((self.path / f"{name}.csv").exists() for name in tables)

    def times(self, table: str) -> np.ndarray:
        """Output times of a table, ascending."""
        return np.unique(getattr(self, table)["time"])

    def has_time(self, table: str, time: float) -> bool:
        """Whether a table has this output time, up to rounding."""
        return bool(np.isclose(self.times(table), time, rtol=1e-9, atol=1e-12).any())

    def field(
        self,
        table: str,
        time: float | None = None,
        column: str | None = None,
        population: str | None = None,
    ) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Node coordinates along each axis, and a field on them indexed in the same order.

        `time` defaults to the last one, `population` to the first one, and `column` to `value`,
        `mean` or `rho`, whichever the table has.
        """
        rows = getattr(self, table)
        times = self.times(table)
        at = times[-1] if time is None else times[np.abs(times - time).argmin()]
        if time is not None and not self.has_time(table, time):
            raise ValueError(f"{table} has no time {time:g}; it has {_listed(times)}")
        rows = rows[rows["time"] == at]
        if "population" in rows:
            names = rows["population"].unique()
            population = names[0] if population is None else population
            if population not in names:
                raise ValueError(f"{table} has no population {population}; it has {_listed(names)}")
            rows = rows[rows["population"] == population]
        if column is None:
            column = next(c for c in ("value", "mean", "rho") if c in rows)
        axes, index = zip(*(np.unique(rows[a], return_inverse=True) for a in "xyz" if a in rows))
        shape = tuple(map(len, axes))
        if len(rows) != np.prod(shape):
            raise ValueError(f"{table} has {len(rows)} values at time {at:g} for a grid {shape}")
        values = np.full(shape, np.nan)
        values[index] = rows[column]
        return axes, values

    def array(
        self, table: str, column: str | None = None, population: str | None = None
    ) -> xarray.DataArray:
        """A field over all its times as an xarray.DataArray with dimensions time, x, y, z, as far as there are."""
        import xarray

        times = self.times(table)
        fields = [self.field(table, time, column, population) for time in times]
        axes = fields[0][0]
        names = ["time", *"xyz"[: len(axes)]]
        coordinates = dict(zip(names, [times, *axes]))
        return xarray.DataArray(np.stack([f for _, f in fields]), coordinates, names, name=table)

    def _repr_html_(self) -> str:
        tables = ", ".join(sorted(path.stem for path in self.path.glob("*.csv")))
        rows = {"folder": self.path, "tables": tables, **self.summary}
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(str(k))}</th>"
            f"<td style='text-align:left'>{html.escape(str(v))}</td></tr>"
            for k, v in rows.items()
            if not isinstance(v, (dict, list))
        )
        caption = html.escape(f"kinetaxis {self.kind}: {self.title}")
        return f"<table><caption>{caption}</caption>{cells}</table>"

    def plot_density(self, time: float | None = None) -> Figure:
        """Density at one time (default: the last), beside the limit where the folder has it."""
        figure: Figure = fields.density(self, time)
        return figure

    def plot_observables(self, names: list[str] | None = None) -> Figure:
        """Observables over time (default: all), with confidence bands for an ensemble."""
        figure: Figure = fields.observables(self, names)
        return figure

    def plot_convergence(self, quantity: str | None = None, norm: str = "L2") -> Figure:
        """Error against ε in one norm, with the mean slopes (default: of every quantity)."""
        figure: Figure = errors.convergence(self, quantity, norm)
        return figure

    def plot_budget(self, quantity: str | None = None, norm: str | None = None) -> Figure:
        """Components of the error against ε (default: for every quantity and norm)."""
        figure: Figure = errors.budget(self, quantity, norm)
        return figure


def load(path: str | Path) -> Results:
    """Opens a results folder."""
    path = Path(path)
    if not (path / "manifest.json").exists():
        raise FileNotFoundError(
            f"{path} is not a results folder: it has no manifest.json, "
            "which every kinetaxis command writes"
        )
    manifest, summary = (
        json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for file in (path / "manifest.json", path / "summary.json")
    )
    return Results(path, manifest, summary)


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
