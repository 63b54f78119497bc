"""A results folder: its tables, read when first asked for, and its fields as arrays."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import errors, fields

if TYPE_CHECKING:
    import xarray


class Table(property):
    """An attribute that reads the CSV file of the same name once."""

    def __init__(self, written_by: str, doc: str):
        super().__init__(self._read)
        self.__doc__ = doc
        self.written_by = written_by

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _read(self, results: Results) -> pd.DataFrame:
        known: dict[str, pd.DataFrame] = results.__dict__.setdefault("_tables", {})
        if self.name not in known:
            known[self.name] = self._load(results)
        return known[self.name]

    def _load(self, results: Results) -> pd.DataFrame:
        path = results.path / f"{self.name}.csv"
        if not path.exists():
            output = results.manifest.get("experiment", {}).get("output", {})
            formats = output.get("formats", ["csv"])
            if "csv" not in formats:
                raise FileNotFoundError(
                    f"{results.path} has no CSV files, from which tables are read: it was made with "
                    f"output.formats = {json.dumps(formats)}. Add \"csv\" there"
                )
            raise FileNotFoundError(
                f"{results.path} has no {path.name}, which is written by {self.written_by}; "
                f"this folder was written by `kinetaxis {results.kind}`"
            )
        table = pd.read_csv(path)  # pandas 3.1 reads floats back exactly
        for flag in {"resolved", "from_below"} & set(table.columns):
            table[flag] = table[flag].astype(str).str.lower() == "true"
        return table


@dataclass(frozen=True)
class Results:
    """What one kinetaxis command wrote. Each CSV file is a DataFrame of the same name, read when first asked for.

    `path` is the folder, `manifest` and `summary` are its JSON files as dicts. Quantities have the units of the experiment.

    >>> from kinetaxis import example, run
    >>> r = run(example())
    >>> r.manifest["command"], r.summary["time"]
    ('run', 0.1)
    """

    path: Path
    manifest: dict[str, Any] = field(repr=False)
    summary: dict[str, Any] = field(repr=False)

    observables = Table(
        "`kinetaxis run` and `kinetaxis ensemble`",
        """Mass, moments, maxima, norms and events by `time`, `population` and `observable`: `value` of a run; `mean`,
        `std_error`, `ci_low`, `ci_high`, `replicates` of an ensemble.

        >>> from kinetaxis import example, run
        >>> list(run(example()).observables.columns)
        ['time', 'population', 'observable', 'value']
        """,
    )
    density = Table(
        "`kinetaxis run`, `kinetaxis ensemble` and `kinetaxis converge`",
        """Density of the cells, mass per volume, at each `time`, `population` and node (`x`, `y`, `z`): `value`, or `mean`
        and its interval where there are replicates.

        >>> from kinetaxis import example, run
        >>> r = run(example())
        >>> bool(abs(r.density.value.mean() * 2 - 1) < 1e-9)  # mass 1 on a box of length 2
        True
        """,
    )
    signal = Table(
        "`kinetaxis run` and `kinetaxis ensemble`",
        """The signals, likewise; `population` is the name of the signal.

        >>> from kinetaxis import example, run
        >>> run(example()).signal.population.unique()[0]
        'signal'
        """,
    )
    cells = Table(
        "`kinetaxis run` and `kinetaxis ensemble` with `cells_at` in `[output]`",
        """Every cell at the times asked for: `time`, `replicate`, `population`, `id`, place (`x`, `y`, `z`) and velocity
        (`vx`, `vy`, `vz`; the cell moves at v/epsilon).

        >>> from kinetaxis import example, run
        >>> r = run(example(**{"output.cells_at": [0, 0.1]}))
        >>> r.cells.query("id == 7")[["time", "x", "vx"]].shape  # a path
        (2, 3)
        """,
    )
    limit = Table(
        "`kinetaxis limit` and by comparisons with the limit",
        """Density and signal of the macroscopic equation at each `time` and node: `rho`, `signal`, and `rho_smoothed`,
        through the kernel K_h through which cells are seen; `rho_NAME` and so on where there are several.

        >>> from kinetaxis import example, limit
        >>> list(limit(example()).limit.columns)
        ['time', 'x', 'rho', 'signal', 'rho_smoothed']
        """,
    )
    convergence = Table(
        "`kinetaxis converge`",
        """Distances to the limit by `epsilon` (or what the sweep is in), `quantity` and `norm`: `error` with `std_error`,
        `ci_low`, `ci_high`; whether it is `resolved` from 0, and known `from_below` alone. In units of the quantity
        times volume^(1/2) for L2.

        >>> from kinetaxis import converge, example
        >>> c = converge(example()).convergence
        >>> c.query("quantity == 'rho' and norm == 'L2'").epsilon.tolist()
        [0.1, 0.05]
        """,
    )
    orders = Table(
        "`kinetaxis converge`",
        """Orders of every `quantity` and `norm` with interval and `verdict`: `kind` is mean (the slope over the range),
        extrapolated (to 0) or local (`from` one value `to` the next).

        >>> from kinetaxis import converge, example
        >>> sorted(converge(example()).orders.kind.unique())
        ['local', 'mean']
        """,
    )
    convergence_kinetic_equation = Table(
        "`kinetaxis converge --precision`, where cells reached it",
        """As `convergence`, by the kinetic equation without noise.

        >>> from kinetaxis import converge, example
        >>> converge(example()).has("convergence_kinetic_equation")  # not asked for
        False
        """,
    )
    orders_kinetic_equation = Table(
        "`kinetaxis converge --precision`, where cells reached it",
        """As `orders`, by the kinetic equation without noise.

        >>> from kinetaxis import converge, example
        >>> converge(example()).has("orders_kinetic_equation")  # not asked for
        False
        """,
    )
    convergence_cells = Table(
        "`kinetaxis converge` with `noise_free` in `[converge]`",
        """As `convergence`, by cells.

        >>> from kinetaxis import converge, example
        >>> bool((converge(example()).convergence_cells.std_error > 0).any())
        True
        """,
    )
    orders_cells = Table(
        "`kinetaxis converge` with `noise_free` in `[converge]`",
        """As `orders`, by cells.

        >>> from kinetaxis import converge, example
        >>> "verdict" in converge(example()).orders_cells
        True
        """,
    )
    convergence_limit = Table(
        "`kinetaxis converge --in delta` with `noise_free` in `[converge]`",
        """As `convergence`, of the macroscopic equation.

        >>> from kinetaxis import converge, example
        >>> e = example(**{"converge.in": "delta", "converge.values": [0.1, 0.05]}, converge__epsilons=[0.1, 0.05])
        >>> converge(e).convergence_limit.columns[0]
        'delta'
        """,
    )
    orders_limit = Table(
        "`kinetaxis converge --in delta` with `noise_free` in `[converge]`",
        """As `orders`, of the macroscopic equation.

        >>> from kinetaxis import converge, example
        >>> converge(example()).has("orders_limit")  # a sweep in epsilon
        False
        """,
    )
    cells_against_equation = Table(
        "`kinetaxis converge` with `noise_free` in `[converge]`",
        """`distance` of the mean of the cells from the kinetic equation, in L2, which is due to be lost in noise.

        >>> from kinetaxis import converge, example
        >>> "distance" in converge(example()).cells_against_equation
        True
        """,
    )
    entropy = Table(
        "`kinetaxis converge` with `noise_free` in `[converge]`",
        """The entropy of the kinetic equation over `time`, what was dissipated and produced, and the `imbalance` of the
        two.

        >>> from kinetaxis import converge, example
        >>> "imbalance" in converge(example()).entropy
        True
        """,
    )
    density_knn = Table(
        "`kinetaxis run` with `knn` in `[output]`",
        """Density by the `fixed` bandwidth and by an `adaptive` one.

        >>> from kinetaxis import example, run
        >>> list(run(example(**{"output.knn": 10})).density_knn.columns[-2:])
        ['fixed', 'adaptive']
        """,
    )
    verify = Table(
        "`kinetaxis verify`",
        """Findings: what is claimed where, number, interval, what is demanded, verdict.

        >>> import tempfile
        >>> from kinetaxis import example, verify
        >>> e = example(**{"verify.claims": ["coefficients"]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "mine.toml").write_text(e.to_toml())
        ...     verify(Path(folder) / "mine.toml").verify.verdict.tolist()
        ['holds', 'holds']
        """,
    )
    budget = Table(
        "`kinetaxis converge` with `budget_replicates` in `[converge]`",
        """What each distance is made of: `value`, `ci_low`, `ci_high` of each `component` by `epsilon`, `quantity` and
        `norm`. Without rows where none was asked for.

        >>> from kinetaxis import converge, example
        >>> converge(example()).budget.empty
        True
        """,
    )

    @property
    def kind(self) -> str:
        """The command that wrote the folder: run, ensemble, limit, converge or verify.

        >>> from kinetaxis import example, limit
        >>> limit(example()).kind
        'limit'
        """
        return str(self.manifest["command"])

    @property
    def title(self) -> str:
        """The experiment's title.

        >>> from kinetaxis import example, limit
        >>> limit(example(title="A line")).title
        'A line'
        """
        return str(self.manifest.get("experiment", {}).get("title", ""))

    def has(self, *tables: str) -> bool:
        """Whether the folder holds all these tables.

        >>> from kinetaxis import example, limit
        >>> r = limit(example())
        >>> r.has("limit"), r.has("limit", "density")
        (True, False)
        """
        return all((self.path / f"{name}.csv").exists() for name in tables)

    def times(self, table: str) -> np.ndarray:
        """Output times of a table, ascending: an array of one axis.

        >>> from kinetaxis import example, run
        >>> run(example(**{"time.outputs": [0, 0.05]})).times("density").tolist()
        [0.0, 0.05, 0.1]
        """
        return np.unique(getattr(self, table)["time"])

    def has_time(self, table: str, time: float) -> bool:
        """Whether a table has this output time, up to rounding.

        >>> from kinetaxis import example, run
        >>> run(example()).has_time("density", 0.05)
        False
        """
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
        `mean` or `rho`, whichever the table has. Of `limit`, with several populations, `population` has to be given.

        >>> from kinetaxis import example, run
        >>> (x,), rho = run(example()).field("density")  # `(x, y), rho` in the plane
        >>> x.shape, rho.shape, float(x[0])  # x[0]: half a spacing from the face at -1
        ((32,), (32,), -0.96875)
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
        known = [column] if column else ["value", "mean", "rho"]
        # limit.csv has a column for each population where there are several.
        known += [f"{c}_{population}" for c in known if population is not None]
        column = next((c for c in known if c in rows), None)
        if column is None:
            raise ValueError(f"{table} has no column {known[-1]}; it has {_listed(rows.columns)}")
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
        """A field over all its times as an xarray.DataArray with dimensions time, x, y, z, as far as there are.

        >>> from kinetaxis import example, run
        >>> run(example(**{"time.outputs": [0, 0.05]})).array("density").sizes["time"]
        3
        """
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
        """Density at one time (default: the last), beside the limit where the folder has it.

        A line with its interval in one dimension, a map in two, the slice through the middle in three.

        >>> from kinetaxis import example, run
        >>> run(example()).plot_density().axes[0].get_xlabel()
        '$x$'
        """
        figure: Figure = fields.density(self, time)
        return figure

    def plot_observables(self, names: list[str] | None = None) -> Figure:
        """Observables over time (default: all), with confidence bands for an ensemble.

        >>> from kinetaxis import ensemble, example
        >>> r = ensemble(example(**{"time.outputs": [0, 0.05]}))
        >>> [panel.get_title() for panel in r.plot_observables(["mass", "variance"]).axes]
        ['mass', 'variance']
        """
        figure: Figure = fields.observables(self, names)
        return figure

    def plot_convergence(
        self, quantity: str | list[str] | None = None, norm: str = "L2"
    ) -> Figure:
        """Error against ε in one norm, with the mean slopes: of one quantity, of several, or (default) of every one.

        >>> from kinetaxis import converge, example
        >>> converge(example()).plot_convergence("rho").axes[0].get_xscale()
        'log'
        """
        figure: Figure = errors.convergence(self, quantity, norm)
        return figure

    def plot_budget(self, quantity: str | None = None, norm: str | None = None) -> Figure:
        """Components of the error against ε (default: for every quantity and norm).

        >>> from kinetaxis import converge, example
        >>> e = example(**{"converge.budget_replicates": 4, "converge.noise_free": False})
        >>> len(converge(e).plot_budget("rho", "L2").axes)
        1
        """
        figure: Figure = errors.budget(self, quantity, norm)
        return figure


def load(path: str | Path) -> Results:
    """Opens a results folder that a command has written.

    >>> import tempfile
    >>> from kinetaxis import example, run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = run(example(), out=f"{folder}/mine")
    ...     load(f"{folder}/mine").kind
    'run'
    """
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


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
