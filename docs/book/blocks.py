"""The blocks of a page that can be run, with what the page says of each.

A block is what stands between two fences. The comments on the lines before it say how it is tried; readers do not see them:

    <!-- set: cells.count=2000 time.end=0.1 -->   sizes for the trial, added to each command as --set
    <!-- file: my.toml -->                        the block is kept as this file, for the blocks after it
    <!-- of: experiments/hks-2d.toml -->          a part of an experiment: its tables take the place of those of this file
    <!-- exit: 2 -->                             the exit code that is due, where it is not 0
    <!-- norun: why not -->                       the block is not tried

Without them, `sh` and `python` blocks are run as they stand, those of a page one after the other in one folder that has the
`experiments` of the clone, and `toml` blocks are checked: whole ones as they are, parts in the place of tables of `BASE`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: What completes a part of an experiment.
BASE = DOCS / "book" / "base.toml"
#: Languages whose blocks are tried.
TRIED = {"sh", "python", "toml"}

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w{}-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
_MARK = re.compile(r"<!-- (set|file|of|exit|norun): ((?:(?!-->).)*) -->\s*$", re.S)


@dataclass(frozen=True)
class Block:
    """One block, where it stands, and its marks."""

    page: Path
    line: int
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line} ({self.language})"

    @property
    def sets(self) -> list[str]:
        """The sizes of the trial, each KEY=VALUE."""
        return self.marks.get("set", "").split()


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page in order, of the languages that are tried."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        if found["language"] not in TRIED:
            continue
        before, marks = text[: found.start()], {}
        while mark := _MARK.search(before):
            marks[mark[1]] = " ".join(mark[2].split())
            before = before[: mark.start()]
        body = "".join(
            line.removeprefix(found["indent"]) for line in found["text"].splitlines(True)
        )
        yield Block(page, text.count("\n", 0, found.start()) + 1, found["language"], body, marks)


def pages() -> list[Path]:
    """All pages of the book: folders of programs beside it have none."""
    beside = {DOCS / "book", DOCS / "live"}
    return sorted(p for p in DOCS.rglob("*.md") if not beside & set(p.parents))


def whole(block: Block) -> dict[str, Any]:
    """The experiment that a `toml` block is, or is a part of."""
    part = tomllib.loads(block.text)
    if "dimension" in part:
        return part
    base = ROOT / block.marks["of"] if "of" in block.marks else BASE
    return _completed(part, tomllib.loads(base.read_text(encoding="utf-8")))


def _completed(part: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """The base with the tables of the part in the place of its own; what holds but tables is no table of its own."""
    found = dict(base)
    for key, value in part.items():
        inner = isinstance(value, dict) and all(isinstance(v, dict) for v in value.values())
        found[key] = _completed(value, base.get(key, {})) if inner else value
    return found
