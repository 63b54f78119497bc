"""The speed of a band that eats its signal: cells with a 95% interval over seeds, and their limit.

    python experiments/band_speed.py experiments/ecoli-band.toml results/band --seeds 6

The front is where half of the signal ahead is left; its speed is taken between output times. The interval is Student's, over independent
replicates; grid, step and bandwidth are the file's and are not in it. The same call goes on after a kill.
"""

import argparse
from pathlib import Path

import kinetaxis as kx
import numpy as np
import pandas as pd
from scipy import stats


def front(x: np.ndarray, signal: np.ndarray) -> float:
    """The last place where the signal rises through half of what is ahead, in the unit of x."""
    level = 0.5 * signal[-1]
    below = int(np.flatnonzero(signal < level)[-1])
    part = (level - signal[below]) / (signal[below + 1] - signal[below])
    return float(x[below] + part * (x[below + 1] - x[below]))


def speeds(table: pd.DataFrame, column: str) -> pd.Series:
    """Speed from each output time to the next, by the later one."""
    places = {time: front(f["x"].to_numpy(), f[column].to_numpy()) for time, f in table.groupby("time")}
    at = pd.Series(places)
    return (at.diff() / np.diff(at.index, prepend=np.nan)).dropna()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=6, help="replicates, each with a seed of its own")
    parser.add_argument("--unit", type=float, default=100 / 60, help="one of the file's speeds in the unit that is shown (um/s)")
    given = parser.parse_args()
    e = kx.Experiment.from_file(given.experiment)
    seeds = list(range(1, given.seeds + 1))
    frame = kx.sweep(e, {"seed": seeds}, out=given.out / "cells", table="signal")
    cells = pd.DataFrame({seed: speeds(f, "value") for seed, f in frame.groupby("seed")}) * given.unit
    mean, error = cells.mean(axis=1), cells.std(axis=1) / np.sqrt(len(seeds))
    half = stats.t.ppf(0.975, len(seeds) - 1) * error
    of_limit = given.out / "limit"
    limit = kx.load(of_limit) if of_limit.exists() else kx.limit(e, out=of_limit)
    column = next(name for name in limit.limit if name.startswith("signal"))
    shown = pd.DataFrame({"cells": mean, "half_width": half, "limit": speeds(limit.limit, column) * given.unit})
    print(shown.rename_axis("until").to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
