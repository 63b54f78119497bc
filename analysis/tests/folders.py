"""Writes small results folders with known contents."""

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd

LOWER, UPPER, GRID = (0.0, -1.0, 2.0), (3.0, 1.0, 3.0), (12, 10, 8)


def nodes(d: int) -> list[np.ndarray]:
    """Cell-centred nodes along each axis."""
    return [lo + (np.arange(n) + 0.5) * (hi - lo) / n for lo, hi, n in zip(LOWER, UPPER, GRID[:d])]


def rho(x: np.ndarray, t: float) -> np.ndarray:
    """A bump nearer to the right and the bottom, so that a transposed map is noticed."""
    center = np.array([2.4, -0.6, 2.5][: x.shape[-1]])
    return 0.1 + (1 + t) * np.exp(-3 * ((x - center) ** 2).sum(-1))


def field_rows(d: int, t: float) -> pd.DataFrame:
    """Rows in the program's order: the last axis runs fastest."""
    points = np.array(list(itertools.product(*nodes(d))))
    table = pd.DataFrame(points, columns=list("xyz"[:d]))
    table.insert(0, "time", t)
    return table.assign(value=rho(points, t))


def averaged(table: pd.DataFrame) -> pd.DataFrame:
    """The same table as an ensemble writes it."""
    mean = table["value"]
    error = 0.03 + 0.02 * mean.abs()
    interval = {"ci_low": mean - 2 * error, "ci_high": mean + 2 * error, "replicates": 8}
    return table.drop(columns="value").assign(mean=mean, std_error=error, **interval)


def folder(path: Path, command: str, d: int = 2) -> Path:
    """The manifest and the summary, which every command writes."""
    path.mkdir(parents=True, exist_ok=True)
    experiment = {
        "title": f"Aggregation in {d}D",
        "dimension": d,
        "epsilon": 0.1,
        "domain": {"lower": LOWER[:d], "upper": UPPER[:d], "grid": GRID[:d]},
        "ensemble": {"replicates": 8, "confidence": 0.95},
    }
    manifest = {"program": "kinetaxis", "command": command, "seed": 1, "experiment": experiment}
    (path / "manifest.json").write_text(json.dumps(manifest))
    (path / "summary.json").write_text(json.dumps({"mass": 1.0}))
    return path


def simulation(path: Path, command: str, d: int, limit: bool = True) -> Path:
    """What `run` and `ensemble` write."""
    folder(path, command, d)
    times = [0.0, 0.1, 0.30000000000000004]
    signal = pd.concat([field_rows(d, t) for t in times])
    density = signal.copy()
    density.insert(1, "population", "cells")
    clock = np.linspace(0, 0.3, 31)
    series = {"mass": 0 * clock + 1.3, "variance": 1 + clock**2, "negative_rate": 0 * clock}
    observables = pd.concat(
        pd.DataFrame({"time": clock, "population": "cells", "observable": k, "value": v})
        for k, v in series.items()
    )
    tables = {"density": density, "signal": signal, "observables": observables}
    for name, table in tables.items():
        table = averaged(table) if command == "ensemble" else table
        table.to_csv(path / f"{name}.csv", index=False)
    if limit:
        both = signal.rename(columns={"value": "rho"}).assign(signal=2 * signal["value"])
        both.to_csv(path / "limit.csv", index=False)
    return path


def sweep(path: Path) -> Path:
    """What `converge` writes: first order, but r nowhere and the weak error half resolved."""
    folder(path, "converge")
    epsilon = np.array([0.4, 0.2, 0.1, 0.05])
    errors, orders, budget = [], [], []
    for quantity, norm, size, power, noise in [
        ("rho", "L2", 1.0, 1, 0.02),
        ("S", "L2", 0.5, 1, 0.002),
        ("r", "L2", 0.1, 1, 0.5),
        ("rho", "weak:cos(2*pi*x)", 0.1, 2, 0.001),
        ("rho", "weak:cos(2*pi/x)", -0.1, 2, 0.001),
    ]:
        exact = size * epsilon**power
        low, high = exact - 2 * noise, exact + 2 * noise
        if not norm.startswith("weak"):
            low = np.maximum(low, 0)
        resolved, fitted = (low > 0) | (high < 0), quantity != "r"
        key = {"quantity": quantity, "norm": norm}
        row = {"epsilon": epsilon, **key, "error": exact, "std_error": noise, "ci_low": low}
        row |= {"ci_high": high, "replicates": 8, "cells": 1000}
        errors.append(pd.DataFrame(row).assign(resolved=np.where(resolved, "true", "false")))
        fit = {"order": power, "ci_low": power - 0.1, "ci_high": power + 0.1}
        fit = fit if fitted else {"order": np.nan, "ci_low": -np.inf, "ci_high": np.inf}
        verdict = "as expected" if fitted else "no error is resolved"
        orders.append({**key, **fit, "points": 4, "verdict": verdict, "kind": "mean"})
        local = {"order": 9, "ci_low": -np.inf, "ci_high": np.inf, "kind": "local"}
        orders.append({**key, **local, "verdict": "slope from 0.4 to 0.2"})
        parts = {"kinetic": exact, "sampling": noise + 0 * exact}
        if quantity == "S":
            parts["time step"] = -0.1 * exact
        for component, value in parts.items():
            row = {"epsilon": epsilon, **key, "component": component, "value": value}
            row |= {"ci_low": value - 1.2 * noise, "ci_high": value + 1.2 * noise}
            budget.append(pd.DataFrame(row))
    pd.concat(errors).to_csv(path / "convergence.csv", index=False)
    # The program writes the mean slopes first.
    pd.DataFrame(orders).sort_values("kind", ascending=False).to_csv(path / "orders.csv", index=False)
    pd.concat(budget).to_csv(path / "budget.csv", index=False)
    return path
