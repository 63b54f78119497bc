"""The gallery: `python docs/book/gallery.py` runs every shipped experiment, draws it and writes docs/gallery.md.

With names, those alone: the pictures and times of the others stay. `--draw` takes the results of the last time where they are there,
in results/gallery.
"""

from __future__ import annotations

import argparse
import json
import resource
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from drawings import save
from matplotlib.figure import Figure

import kinetaxis as kx
from kinetaxis.style import STYLE
from kinetaxis.sweep import _name

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = ROOT / "experiments"
PICTURES = ROOT / "docs" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
#: Core seconds of each entry, as measured.
SECONDS = PICTURES / "seconds.json"
RESULTS = ROOT / "results" / "gallery"


@dataclass
class Entry:
    """An experiment of the gallery: what is run, what is drawn of it, and what is to be seen."""

    name: str
    group: str
    about: str
    alt: str
    draw: Callable[[Study], Figure]
    #: The command that the page names.
    command: str = "ensemble"
    #: Smaller sizes than those of the file, for the picture.
    sets: dict[str, Any] = field(default_factory=dict)
    suffix: str = "svg"


@dataclass
class Study:
    """Runs what a drawing asks for, or finds it."""

    entry: Entry
    keep: bool
    seconds: float = 0.0

    @property
    def experiment(self) -> kx.Experiment:
        """The experiment in the sizes of the gallery."""
        e = kx.Experiment.from_file(EXPERIMENTS / f"{self.entry.name}.toml")
        return e.with_(**self.entry.sets) if self.entry.sets else e

    def __call__(self, command: str, own: dict[str, Any] | None = None, **flags: Any) -> kx.Results:
        """What a command makes of it, with changes of the drawing's own."""
        e = self.experiment.with_(**own) if own else self.experiment
        out = RESULTS / self.entry.name / f"{command}-{_name(e, own or {})}"
        if not (self.keep and (out / "manifest.json").exists()):
            start = _spent()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", kx.KinetaxisWarning)
                getattr(kx, command)(e, out=out, force=True, progress=False, **flags)
            self.seconds += _spent() - start
        return kx.load(out)


def _spent() -> float:
    """Seconds of processors that the commands have taken until now; what else a machine does makes no difference."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def shipped() -> list[str]:
    """Names of the experiments that the gallery has to have."""
    return sorted(p.stem for p in EXPERIMENTS.glob("*.toml") if not p.stem.startswith("bench-"))


def make(entry: Entry, keep: bool, seconds: dict[str, float]) -> None:
    """Runs and draws one entry."""
    study = Study(entry, keep)
    PICTURES.mkdir(exist_ok=True)
    with plt.rc_context(STYLE):
        save(entry.draw(study), PICTURES / f"{entry.name}.{entry.suffix}")
    if study.seconds:
        seconds[entry.name] = round(study.seconds, 1)


def line(entry: Entry) -> str:
    """The command of the picture."""
    sets = "".join(
        f" \\\n    --set '{key}={kx.experiment.toml_value(value)}'"
        for key, value in entry.sets.items()
    )
    return f"kinetaxis {entry.command} experiments/{entry.name}.toml{sets}"


def page(entries: list[Entry], seconds: dict[str, float]) -> str:
    """docs/gallery.md."""
    total = sum(seconds.values())
    parts = [
        "# Gallery\n\n"
        "Every shipped experiment, with its command, and a picture of what it is about: cells, and over them what theory says. Made by\n"
        "`python docs/book/gallery.py`, which writes this page and its pictures. Times are core seconds of all commands behind a picture:\n"
        f"two cores take about half as long, {total / 120:.0f} minutes in all. Where a picture has smaller sizes than the file, its command\n"
        "says so with `--set`; without them it is the full study.\n"
    ]
    for group in dict.fromkeys(entry.group for entry in entries):
        parts.append(f"## {group}\n")
        for e in (e for e in entries if e.group == group):
            title = kx.experiment.tomllib.loads(
                (EXPERIMENTS / f"{e.name}.toml").read_text(encoding="utf-8")
            )["title"]
            parts.append(
                f"### {e.name}\n\n*{title}.* {e.about}\n\n![{e.alt}](gallery/{e.name}.{e.suffix})\n\n"
                f"[{e.name}.toml](../experiments/{e.name}.toml), {seconds.get(e.name, float('nan')):.0f} core seconds:\n\n"
                f"<!-- norun: is run when the gallery is made -->\n```sh\n{line(e)}\n```\n"
            )
    return "\n".join(parts)


def main() -> None:
    """Runs the command line."""
    from entries import ENTRIES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="experiments [default: all]")
    parser.add_argument("--draw", action="store_true", help="take results that are there")
    options = parser.parse_args()
    plt.switch_backend("agg")
    seconds: dict[str, float] = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    wanted = options.names or [entry.name for entry in ENTRIES]
    if unknown := set(wanted) - {entry.name for entry in ENTRIES}:
        raise SystemExit(f"not in the gallery: {', '.join(unknown)}")
    for entry in ENTRIES:
        if entry.name in wanted:
            make(entry, options.draw, seconds)
            SECONDS.write_text(json.dumps(dict(sorted(seconds.items())), indent=1) + "\n")
    PAGE.write_text(page(ENTRIES, seconds), encoding="utf-8")


if __name__ == "__main__":
    main()
