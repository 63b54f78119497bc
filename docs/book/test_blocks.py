"""Every block of the book is tried: commands and Python are run on small sizes, experiments are checked."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from blocks import BASE, ROOT, Block, blocks, pages, whole

import kinetaxis as kx

#: Gives the sizes of a trial to every command that takes them.
WRAPPER = """#!/usr/bin/env bash
sizes=()
case "$1" in
run | ensemble | limit | converge | inspect) for size in $TRIAL_SETS; do sizes+=(--set "$size"); done ;;
esac
exec "{program}" "$@" "${{sizes[@]}}"
"""
PAGES = [page for page in pages() if any(blocks(page))]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it, with the command on the path."""
    wrapper = tmp_path / "bin" / "kinetaxis"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(program=Path(kx.program()).resolve()))
    wrapper.chmod(0o755)
    path = [str(wrapper.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    monkeypatch.setenv("KINETAXIS", str(wrapper))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "analysis"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    home = tmp_path / "clone"
    home.mkdir()
    for name in ("experiments", "docs", "benches", "README.md"):
        (home / name).symlink_to(ROOT / name)
    monkeypatch.chdir(home)
    return home


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks(page: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    plt.switch_backend("agg")
    for block in blocks(page):
        if "norun" in block.marks:
            assert len(block.marks["norun"]) > 10, f"{block}: say why it is not run"
            continue
        if "file" in block.marks:
            (clone / block.marks["file"]).write_text(block.text, encoding="utf-8")
        monkeypatch.setenv("TRIAL_SETS", " ".join(block.sets))
        try:
            TRIALS[block.language](block, names)
        except (Exception, SystemExit) as error:
            raise AssertionError(f"{block}: {error}\n{block.text}") from error
    plt.close("all")


def toml(block: Block, names: dict[str, Any]) -> None:
    kx.Experiment.from_dict(whole(block))


def sh(block: Block, names: dict[str, Any]) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text], capture_output=True, text=True, timeout=100
    )
    due = int(block.marks.get("exit", 0))
    assert done.returncode == due, f"exit code {done.returncode}: {done.stdout}{done.stderr}"


def python(block: Block, names: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        # Small sizes are warned of.
        warnings.simplefilter("ignore", kx.KinetaxisWarning)
        exec(compile(block.text, str(block), "exec"), names)


TRIALS = {"toml": toml, "sh": sh, "python": python}


def test_a_block_that_fails_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nfalse\n```\n\n<!-- set: a=1\n  b=2 -->\n<!-- norun: no such\ncommand -->\n```sh\nx\n```\n"
    )
    first, second = blocks(page)
    assert second.marks == {"set": "a=1 b=2", "norun": "no such command"} and second.sets == [
        "a=1",
        "b=2",
    ]
    with pytest.raises(AssertionError, match="exit code 1"):
        sh(first, {})
    part = Block(page, 1, "toml", "[kernel]\nmodel = 'none of them'\n")
    assert whole(part)["dimension"] == 2 and BASE.exists()
    with pytest.raises(kx.BadInput, match="none of them"):
        toml(part, {})
