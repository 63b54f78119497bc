"""Many experiments in one call: over any keys, on several workers, taken up again after a kill."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from . import commands
from .command import KinetaxisError
from .experiment import Experiment, toml_value
from .progress import Progress
from .results import load

#: Commands that a sweep can be of, and the table of each that is put together.
TABLES = {"run": "observables", "ensemble": "observables", "limit": "limit", "converge": "orders"}


def points(over: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the values, the last key running fastest.

    >>> points({"epsilon": [0.2, 0.1], "seed": [1, 2]})[1]
    {'epsilon': 0.2, 'seed': 2}
    """
    return [dict(zip(over, values)) for values in itertools.product(*over.values())]


def sweep(
    experiment: Experiment,
    over: Mapping[str, Sequence[Any]],
    *,
    command: str = "run",
    out: str | Path,
    table: str | None = None,
    workers: int | None = None,
    executor: Any = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Runs `command` at every combination of the values of `over`; one tidy frame with a column for each key.

    Each combination has a folder in `out`, which appears whole or not at all. What is there already is not done again: the same
    call after a kill goes on where it was. `executor` is anything with `submit` whose futures have `result`: a
    `concurrent.futures` executor or a Dask client; by default `workers` processes of the command run side by side, each
    with its share of the cores. Results do not depend on any of this.

    Raises what the first failed combination raised, after the others are done.

    >>> import tempfile
    >>> from kinetaxis import Experiment, sweep
    >>> e = Experiment.from_dict({
    ...     "dimension": 1, "epsilon": 0.1, "domain": {"lower": -1, "upper": 1, "grid": 32},
    ...     "kernel": {"model": "local"}, "cells": {"count": 100}, "time": {"end": 0.1, "step": 0.05},
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frame = sweep(e, {"epsilon": [0.2, 0.1], "seed": [1, 2, 3]}, out=folder)
    >>> frame[["epsilon", "seed"]].drop_duplicates().shape
    (6, 2)
    """
    if command not in TABLES:
        raise ValueError(f"command = {command!r}: give one of {', '.join(TABLES)}")
    if not over:
        raise ValueError("over is empty: give at least one key with its values")
    name = table or TABLES[command]
    all_points = points(over)
    # A typo is told before anything is computed.
    experiments = [experiment.with_(**point) for point in all_points]
    cores = os.cpu_count() or 1
    workers = max(1, min(cores, len(all_points)) if workers is None else workers)
    threads = max(1, cores // workers)
    folders = [Path(out) / _name(one, point) for one, point in zip(experiments, all_points)]
    due = [(e, f) for e, f in zip(experiments, folders) if not (f / "manifest.json").exists()]
    pool = executor if executor is not None else ThreadPoolExecutor(workers)
    failed: list[BaseException] = []
    try:
        jobs = [pool.submit(_one, command, e, str(folder), threads) for e, folder in due]
        with Progress(f"sweep of {len(all_points)}", progress) as bar:
            for job in jobs:
                try:
                    job.result()
                except KinetaxisError as error:
                    failed.append(error)
                bar.reach(1 - sum(not job.done() for job in jobs) / len(all_points))
    except BaseException:
        for job in jobs:
            job.cancel()
        raise
    finally:
        if executor is None:
            pool.shutdown(cancel_futures=True)
    if failed:
        raise failed[0]
    frames = []
    for point, folder in zip(all_points, folders):
        own = {key: _plain(value) for key, value in point.items()}
        frames.append(getattr(load(folder), name).assign(**own))
    frame: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return frame.reindex(columns=[*over, *(c for c in frame.columns if c not in over)])


def _one(command: str, experiment: Experiment, folder: str, threads: int) -> None:
    getattr(commands, command)(experiment, out=folder, threads=threads, progress=False)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, float, str, bool)) else toml_value(value)


def _name(experiment: Experiment, point: Mapping[str, Any]) -> str:
    """Says the point, and stands for the whole experiment: another one has another folder."""
    told = "_".join(f"{key}={_plain(value)}" for key, value in point.items())
    told = "".join(c if c.isalnum() or c in "=._-" else "-" for c in told)[:60]
    whole = json.dumps(experiment.to_dict(), sort_keys=True).encode()
    return f"{told}-{hashlib.sha256(whole).hexdigest()[:12]}"
