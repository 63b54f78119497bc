"""The functions against the command: same bytes, same messages, stopped in time, and sweeps that go on."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import kinetaxis as kx

SMALL = {
    "dimension": 1,
    "epsilon": 0.1,
    "domain": {"lower": -1, "upper": 1, "grid": 32},
    "kernel": {"model": "local", "b": 0.3},
    "signal": {"equation": "parabolic", "decay": 1},
    "cells": {"count": 500, "density": {"shape": "cosine", "amplitude": 0.5}},
    "time": {"end": 0.1, "step": 0.05},
    "ensemble": {"replicates": 4},
    "converge": {"epsilons": [0.2, 0.1], "replicates": 4},
}


def files(folder: Path) -> dict[str, bytes]:
    """All tables of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


@pytest.mark.parametrize("command", ["run", "ensemble", "limit", "converge"])
def test_bytes_are_those_of_the_command(tmp_path: Path, command: str) -> None:
    e = kx.Experiment.from_dict(SMALL).with_(seed=7)
    here = getattr(kx, command)(e, out=tmp_path / "python", threads=1)
    assert here.kind == command
    lines = "\n".join(f"{k} = {kx.experiment.toml_value(v)}" for k, v in SMALL.items())
    (tmp_path / "it.toml").write_text(lines)
    line = [kx.program(), command, "it.toml", "--seed", "7", "--out", "there", "--quiet"]
    subprocess.run(line, cwd=tmp_path, check=True)
    there = files(tmp_path / "there")
    assert files(here.path) == there and len(there) > 0


def test_what_is_refused_is_raised_with_the_message_of_the_command() -> None:
    with pytest.raises(kx.BadInput, match=r"^experiment\.toml.*domain\.gird.*Did you mean"):
        kx.Experiment.from_dict({**SMALL, "domain.gird": 8})
    e = kx.Experiment.from_dict(SMALL)
    with pytest.raises(kx.BadInput, match="epsilon = -1"):
        e.with_(epsilon=-1)
    with pytest.raises(AttributeError, match="kernel has no c1; it has .*lambda"):
        e.kernel.c1
    with pytest.raises(TypeError, match="is no value of an experiment"):
        e.with_(epsilon=None)


def test_warnings_of_the_command_are_warnings() -> None:
    e = kx.Experiment.from_dict({**SMALL, "signal": {"equation": "prescribed", "expression": "x"}})
    with pytest.warns(kx.KinetaxisWarning, match="periodic"):
        kx.run(e)
    assert any("periodic" in warning for warning in e.warnings)


def test_values_follow_changes_and_are_completed() -> None:
    e = kx.Experiment.from_dict(SMALL)
    finer = e.with_(**{"domain.grid": 64, "kernel.b": 0.2}).with_(**{"kernel.b": 0.1})
    assert (finer.domain.grid, finer.kernel.b, e.kernel.b) == ([64], 0.1, 0.3)
    assert "epsilon" in dir(e) and "b" in dir(e.kernel)
    assert e == kx.Experiment.from_dict(SMALL) and e != finer
    assert "0.3" in e._repr_html_()


LONG = """
    import kinetaxis as kx
    e = kx.Experiment.from_dict({SMALL!r}).with_(**{{"cells.count": 4_000_000, "time.end": 50}})
    print("ready", flush=True)
    kx.run(e, out={out!r}, progress=False)
"""


def test_ctrl_c_ends_it_within_two_seconds_and_leaves_nothing(tmp_path: Path) -> None:
    text = textwrap.dedent(LONG).format(SMALL=SMALL, out=str(tmp_path / "out"))
    python = subprocess.Popen(
        [sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert python.stdout is not None and python.stdout.readline() == "ready\n"
    time.sleep(1.5)
    start = time.monotonic()
    python.send_signal(signal.SIGINT)
    _, told = python.communicate(timeout=30)
    assert "KeyboardInterrupt" in told, told
    # The time of the command, and some of Python's own end on a busy machine.
    assert time.monotonic() - start < 4
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_goes_on_after_a_kill_and_does_nothing_twice(tmp_path: Path) -> None:
    e = kx.Experiment.from_dict(SMALL)
    over = {"kernel.b": [0.05 * k for k in range(8)], "seed": range(1, 9)}
    out = tmp_path / "sweep"
    text = f"""
import kinetaxis as kx
kx.sweep(kx.Experiment.from_dict({SMALL!r}), {over!r}, out={str(out)!r}, workers=2)
"""
    killed = subprocess.Popen([sys.executable, "-c", text], start_new_session=True)
    while not out.exists() or len(list(out.glob("*/manifest.json"))) < 3:
        assert killed.poll() is None, "it has ended before it could be killed"
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/manifest.json")}
    assert 3 <= len(before) < 64
    frame = kx.sweep(e, over, out=out, workers=2)
    after = {path: path.stat().st_mtime_ns for path in out.glob("*/manifest.json")}
    assert len(after) == 64 and all(after[path] == made for path, made in before.items())
    assert frame.groupby(["kernel.b", "seed"]).ngroups == 64
    one = kx.run(e.with_(**{"kernel.b": 0.05, "seed": 3})).observables
    own = frame[(frame["kernel.b"] == 0.05) & (frame.seed == 3)][one.columns]
    assert own.reset_index(drop=True).equals(one)
    # Another experiment has folders of its own, and a typo makes none.
    kx.sweep(e.with_(epsilon=0.2), {"seed": [1]}, out=out)
    assert len(list(out.glob("*/manifest.json"))) == 65
    with pytest.raises(kx.BadInput):
        kx.sweep(e, {"kernel.bb": [1]}, out=out)
