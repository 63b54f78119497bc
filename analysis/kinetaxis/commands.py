"""The commands as functions: each runs one, shows its progress and opens what it has written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .command import call
from .experiment import Experiment
from .progress import Progress
from .results import Results, load


class Inspection(dict[str, Any]):
    """What is known of an experiment before it is run: D, chi, rates, cost; a dict with the keys of `kinetaxis inspect --json`.

    >>> from kinetaxis import example, inspect
    >>> seen = inspect(example())
    >>> isinstance(seen, Inspection), seen["limit"]["diffusivity"]
    (True, 1.0)
    """

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{key}</th><td style='text-align:left'>{value}</td></tr>"
            for key, value in self.items()
            if not isinstance(value, (dict, list))
        )
        limit = self.get("limit", {})
        found = ", ".join(f"{k} = {v:.6g}" for k, v in limit.items() if isinstance(v, float))
        return f"<table>{rows}<tr><th>limit</th><td>{found}</td></tr></table>"


def inspect(experiment: Experiment) -> Inspection:
    """D, chi and rates at t = 0, which assumptions hold, expected seconds and bytes.

    >>> from kinetaxis import Experiment, inspect
    >>> e = Experiment.from_dict({
    ...     "dimension": 2, "epsilon": 0.1, "domain": {"lower": -1, "upper": 1, "grid": 16},
    ...     "kernel": {"model": "local"}, "cells": {"count": 100}, "time": {"end": 0.1, "step": 0.05},
    ... })
    >>> inspect(e)["limit"]["diffusivity"]  # s^2/(d lambda)
    0.5
    """
    with experiment.file() as arguments:
        return Inspection(json.loads(call(["inspect", *arguments, "--json"])))


def _results(
    command: str,
    experiment: Experiment,
    more: Sequence[str],
    out: str | Path | None,
    threads: int | None,
    force: bool,
    progress: bool,
) -> Results:
    """Runs a command that writes the folder of one experiment."""
    with experiment.file() as arguments:
        return _written(command, [*arguments, *more], out, threads, force, progress)


def _written(
    command: str,
    arguments: Sequence[str],
    out: str | Path | None,
    threads: int | None,
    force: bool,
    progress: bool,
) -> Results:
    """Runs a command that writes a folder. Without `out` the folder is gone with what is returned."""
    kept = None if out is not None else tempfile.TemporaryDirectory(prefix="kinetaxis-")
    folder = Path(out) if out is not None else Path(kept.name if kept else "") / command
    flags = ["--out", str(folder)]
    if threads is not None:
        flags += ["--threads", str(threads)]
    if force:
        flags.append("--force")
    with Progress(command, progress) as bar:
        call([command, *arguments, *flags], told=bar.reach)
    results = load(folder)
    object.__setattr__(results, "_kept", kept)
    return results


def run(
    experiment: Experiment,
    *,
    replicate: int = 0,
    out: str | Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Results:
    """One realisation: `observables`, `density` and `signal` at the output times, `cells` at output.cells_at.

    The files are those of `kinetaxis run`, to the last byte, whatever the number of threads. They are written to
    the folder `out`, which must not be there unless `force`, or to one that goes with the result.

    >>> from kinetaxis import example, run
    >>> r = run(example())
    >>> r.field("density", time=0.1)[1].shape  # by node along each axis
    (32,)
    >>> other = run(example(), replicate=1)  # other random numbers, of the same law
    """
    more = ["--replicate", str(replicate)]
    return _results("run", experiment, more, out, threads, force, progress)


def ensemble(
    experiment: Experiment,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Results:
    """ensemble.replicates realisations: mean, standard error and interval of every observable and of the fields.

    >>> from kinetaxis import ensemble, example
    >>> list(ensemble(example()).observables.columns[3:7])
    ['mean', 'std_error', 'ci_low', 'ci_high']
    """
    return _results("ensemble", experiment, [], out, threads, force, progress)


def limit(
    experiment: Experiment,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Results:
    """The macroscopic equation alone: `limit`, rho and S on the grid at the output times.

    >>> from kinetaxis import example, limit
    >>> bool(abs(limit(example()).field("limit", column="rho")[1].mean() - 0.5) < 1e-12)  # mass 1 on a box of length 2
    True
    """
    return _results("limit", experiment, [], out, threads, force, progress)


def converge(
    experiment: Experiment,
    *,
    parameter: str | None = None,
    precision: str | None = None,
    within: float | None = None,
    out: str | Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Results:
    """The distance to the limit over converge.epsilons, and its order: `convergence` and `orders`, with intervals.

    `parameter` is what is varied instead of epsilon, over converge.values; `precision`, such as "order=0.05", runs
    until that half width is reached, at most for `within` seconds.

    >>> from kinetaxis import converge, example
    >>> order = converge(example()).orders.query("quantity == 'rho' and norm == 'L2' and kind == 'mean'").order
    >>> bool(1.5 < order.iloc[0] < 2.5)
    True
    """
    more = [] if parameter is None else ["--in", parameter]
    if precision is not None:
        more += ["--precision", precision]
    if within is not None:
        more += ["--within", str(within)]
    return _results("converge", experiment, more, out, threads, force, progress)


def verify(
    *experiments: str | Path,
    quick: bool = False,
    out: str | Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Results:
    """Claims of the papers with number, interval and verdict: the table `verify`. Experiments are files with claims; without
    any, those that are shipped, which takes half an hour, or `quick`, some minutes.

    >>> import tempfile
    >>> from kinetaxis import example, verify
    >>> e = example(**{"verify.claims": ["coefficients"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "mine.toml").write_text(e.to_toml())
    ...     verify(Path(folder) / "mine.toml").verify.verdict.tolist()
    ['holds', 'holds']
    """
    arguments = [*map(str, experiments), *["--quick"] * quick]
    return _written("verify", arguments, out, threads, force, progress)
