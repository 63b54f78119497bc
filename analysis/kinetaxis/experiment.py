"""An experiment: its file, its values, and changes to them."""

from __future__ import annotations

import html
import json
import math
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .command import KinetaxisError, call


def toml_value(value: Any) -> str:
    """`value` as TOML writes it.

    >>> toml_value({"shape": "gaussian", "center": [0, 0.5], "sharp": True})
    '{ "shape" = "gaussian", "center" = [0, 0.5], "sharp" = true }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return toml_value(value.tolist())
    if isinstance(value, (int, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{json.dumps(str(k))} = {toml_value(v)}" for k, v in value.items())
        return "{ " + inside + " }"
    if isinstance(value, (list, tuple, range)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    raise TypeError(f"{value!r} is no value of an experiment: give a number, a text, a list or a dict")


class Section:
    """Values of a table of the experiment, by attribute.

    >>> Section("kernel", {"model": "local"}).model
    'local'
    """

    def __init__(self, path: str, values: Mapping[str, Any]):
        self._path, self._values = path, values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _get(self._path, self._values, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Section) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in self._values.items())
        return f"{self._path or 'experiment'}({inside})"


def _get(path: str, values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        known = ", ".join(sorted(values))
        raise AttributeError(f"{path or 'the experiment'} has no {name}; it has {known}")
    value = values[name]
    inner = f"{path}.{name}" if path else name
    return Section(inner, value) if isinstance(value, Mapping) else value


class Experiment:
    """An experiment, valid when it is made, with every default filled in.

    Its values are attributes (`e.kernel.c1`), which Tab completes. Vectors have `e.dimension` entries; quantities
    have no units.

    >>> e = Experiment.from_dict({
    ...     "dimension": 1, "epsilon": 0.1, "domain": {"lower": -1, "upper": 1, "grid": 32},
    ...     "kernel": {"model": "local"}, "cells": {"count": 100}, "time": {"end": 0.1, "step": 0.05},
    ... })
    >>> e.kernel.model, e.motion
    ('local', 'exact')
    >>> e.domain.upper  # one for each axis
    [1.0]
    """

    _changes: tuple[str, ...]

    def __init__(self, text: str, changes: tuple[str, ...] = (), name: str = "experiment"):
        self._text, self._changes, self._name = text, tuple(changes), name
        with self.file() as arguments:
            checked = json.loads(call(["check", *arguments, "--json"]))
        self._values: dict[str, Any] = checked["experiment"]
        #: What `kinetaxis check` warns of, one text each.
        self.warnings: list[str] = checked["warnings"]

    @classmethod
    def from_toml(cls, text: str, name: str = "experiment") -> Experiment:
        """From the text of an experiment file; `name` is what messages call it.

        >>> Experiment.from_toml('''
        ... dimension = 1
        ... epsilon = 0.1
        ... domain = { lower = -1, upper = 1, grid = 32 }
        ... kernel = { model = "local" }
        ... cells = { count = 100 }
        ... time = { end = 0.1, step = 0.05 }
        ... ''', name="mine")
        Experiment('mine', d = 1, epsilon = 0.1)
        >>> Experiment.from_toml("dimension = 4")
        Traceback (most recent call last):
        kinetaxis.command.BadInput: ...
        """
        return cls(text, name=name)

    @classmethod
    def from_file(cls, path: str | Path) -> Experiment:
        """From an experiment file.

        >>> Experiment.from_file("nowhere.toml")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.toml'
        """
        path = Path(path)
        return cls(path.read_text(encoding="utf-8"), name=path.stem)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], name: str = "experiment") -> Experiment:
        """From tables as dicts; keys may be paths, such as "kernel.c1". Arrays of numpy are values as lists are.

        >>> Experiment.from_dict({**example().to_dict(), "cells.count": 50}).cells.count
        50
        >>> Experiment.from_dict({"dimensoin": 1})
        Traceback (most recent call last):
        kinetaxis.command.BadInput: ...
        """
        nested: dict[str, Any] = {}
        for key, value in values.items():
            *tables, last = _path(key).split(".")
            inner = nested
            for table in tables:
                inner = inner.setdefault(table, {})
            # A copy, so that a path may add to it.
            inner[last] = {**inner.get(last, {}), **value} if isinstance(value, Mapping) else value
        lines = [f"{key} = {toml_value(value)}" for key, value in nested.items()]
        return cls("\n".join(lines) + "\n", name=name)

    def with_(self, **changes: Any) -> Experiment:
        """The same with other values, by path: `e.with_(**{"kernel.c1": 0.3})`. What is derived from them follows.

        A dict takes the place of a whole table.

        >>> e = example()
        >>> e.with_(epsilon=0.05).epsilon
        0.05
        >>> e.with_(**{"domain.grid": 64}).domain.grid
        [64]
        >>> e.with_(**{"cells.density": {"shape": "gaussian", "width": 0.3}}).cells.density.shape
        'gaussian'
        >>> e.with_(kernel__lambda=2).kernel == e.with_(**{"kernel.lambda": 2}).kernel
        True
        """
        paths = {_path(key): value for key, value in changes.items()}
        tables = {path: value for path, value in paths.items() if isinstance(value, Mapping)}
        gone = [*paths, *(f"{path}." for path in tables)]
        kept = tuple(old for old in self._changes if not _is_in(old.split("=")[0], gone))
        given = tuple(f"{p}={toml_value(v)}" for p, v in paths.items() if p not in tables)
        return Experiment(_replaced(self._text, tables), kept + given, self._name)

    def to_dict(self) -> dict[str, Any]:
        """All values, as the results' experiment.toml holds them: tables are dicts.

        >>> example().to_dict()["time"]["end"]
        0.1
        """
        values: dict[str, Any] = json.loads(json.dumps(self._values))
        return values

    def to_toml(self) -> str:
        """The text of a file with this experiment, every default filled in: `Path("my.toml").write_text(e.to_toml())`.

        >>> e = example()
        >>> Experiment.from_toml(e.to_toml()) == e
        True
        """
        return "".join(f"{key} = {toml_value(value)}\n" for key, value in self.to_dict().items())

    @contextmanager
    def file(self) -> Iterator[list[str]]:
        """A file with this experiment while the context lasts, and the arguments of the command that name it and its changes.

        >>> with example(epsilon=0.05).file() as arguments:
        ...     arguments[1:]
        ['--set', 'epsilon=0.05']
        """
        with tempfile.TemporaryDirectory(prefix="kinetaxis-") as folder:
            path = Path(folder) / f"{self._name}.toml"
            path.write_text(self._text, encoding="utf-8")
            changes = [word for change in self._changes for word in ("--set", change)]
            try:
                yield [str(path), *changes]
            except KinetaxisError as error:
                # Where the file was for a moment helps nobody.
                told = str(error).replace(f"{folder}{os.sep}", "")
                raise type(error)(told, error.code) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _get("", self._values, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        title = self._values.get("title") or self._name
        return f"Experiment({title!r}, d = {self.dimension}, epsilon = {self.epsilon:g})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(key)}</th>"
            f"<td style='text-align:left'>{html.escape(toml_value(value))}</td></tr>"
            for key, value in self._values.items()
        )
        return f"<table><caption>{html.escape(repr(self))}</caption>{rows}</table>"


def example(**changes: Any) -> Experiment:
    """A small experiment to try things with: a hundred cells on a line that climb what they make; commands take a moment.

    >>> from kinetaxis import run
    >>> example()
    Experiment('example', d = 1, epsilon = 0.1)
    >>> run(example(epsilon=0.2)).kind
    'run'
    """
    e = Experiment.from_dict(
        {
            "dimension": 1,
            "epsilon": 0.1,
            "domain": {"lower": -1, "upper": 1, "grid": 32, "boundary": "no-flux"},
            "kernel": {"model": "local", "a": 0.1},
            "signal": {"equation": "parabolic", "decay": 1},
            "cells": {"count": 100, "density": {"shape": "cosine", "amplitude": 0.5}},
            "time": {"end": 0.1, "step": 0.05},
            "ensemble": {"replicates": 4},
            "converge": {"epsilons": [0.1, 0.05], "replicates": 4, "noise_free": True},
        },
        name="example",
    )
    return e.with_(**changes) if changes else e


def _is_in(path: str, names: list[str]) -> bool:
    """Whether it is one of the names, or in a table of them, which ends with a dot."""
    return any(path == name or (name.endswith(".") and path.startswith(name)) for name in names)


def _replaced(text: str, tables: Mapping[str, Any]) -> str:
    """A file with these tables in the place of its own."""
    if not tables:
        return text
    values = tomllib.loads(text)
    for path, table in tables.items():
        *outer, last = path.split(".")
        inner = values
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[last] = dict(table)
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in values.items())


def _path(key: str) -> str:
    """A key as TOML has it: `kernel.c1`, or a path given in Python's way as `kernel__c1`."""
    path = key.replace("__", ".")
    tomllib.loads(f"{path} = 0")  # what is no path is told here
    return path
