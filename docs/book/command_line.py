"""docs/command-line.md, from what the command says of itself: `python docs/book/command_line.py` writes it anew."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from kinetaxis import program

PAGE = Path(__file__).resolve().parents[1] / "command-line.md"
HEAD = """# Command line

What `kinetaxis --help` and `kinetaxis COMMAND --help` say. This page is written anew by `python docs/book/command_line.py`; manual pages
are written by `kinetaxis man DIR`, and completions for a shell printed by `kinetaxis completions SHELL`.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failure: what was asked for could not be done |
| 2 | bad input: a flag, a file, a key or a value that must be changed; the message says to what |
| 3 | `run` ran out of its `--wall-time`; the state is kept, and the same command goes on |
| 128 + n | stopped by signal n: 130 by Ctrl-C, 143 by SIGTERM |

Results are printed on standard output; progress, warnings and errors on standard error.

## Commands

"""


def commands() -> dict[str, str]:
    """Name and one line of each command, in the order of the help."""
    listed = said().split("Commands:")[1].split("Options:")[0]
    listed = re.sub(r"\n {5,}", " ", listed)  # lines that were wrapped
    pairs = re.findall(r"^  (\w+) +(\S.*)$", listed, re.M)
    return {name: line for name, line in pairs if name != "help"}


def said(*command: str) -> str:
    """The help of a command, or of all, without spaces at ends of lines; however wide the terminal is."""
    line = [program(), *command, "--help"]
    env = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run(line, check=True, capture_output=True, text=True, env=env)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    own = commands()
    table = "| command | does |\n|---|---|\n"
    table += "".join(f"| [`{name}`](#{name}) | {line} |\n" for name, line in own.items())
    parts = [f"### {name}\n\n```text\n{said(name)}\n```\n" for name in own]
    return HEAD + table + "\n" + "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
