"""`python -m kinetaxis RESULTS --out DIR`: every figure that a folder supports, as PNG."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from . import Results, load


def draw_all(r: Results) -> Iterator[tuple[str, Figure]]:
    """Name and figure, one after the other."""
    if r.has("density") or r.has("limit"):
        yield "density", r.plot_density()
    if r.has("observables"):
        yield "observables", r.plot_observables()
    if r.has("convergence"):
        for norm in r.convergence["norm"].unique():
            yield f"convergence-{norm}", r.plot_convergence(norm=norm)
    if r.has("budget") and not r.budget.empty:  # a header alone: none was asked for
        yield "budget", r.plot_budget()


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m kinetaxis", description=__doc__)
    parser.add_argument("results", type=Path, help="folder written by kinetaxis")
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder of the PNG files")
    options = parser.parse_args(arguments)
    plt.switch_backend("agg")
    names: Counter[str] = Counter()  # two norms may differ only in characters that are not kept in file names
    try:
        for name, figure in draw_all(load(options.results)):
            options.out.mkdir(parents=True, exist_ok=True)
            stem = re.sub(r"[^\w.-]+", "_", name).strip("_")
            file = options.out / (f"{stem}-{names[stem]}.png" if names[stem] else f"{stem}.png")
            names[stem] += 1
            figure.savefig(file, dpi=160)
            plt.close(figure)
            print(file)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not names:
        print(f"error: {options.results} holds no table that has a figure", file=sys.stderr)
    return 0 if names else 1


if __name__ == "__main__":
    sys.exit(main())
