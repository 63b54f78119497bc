"""The command `kinetaxis`, as a process of its own: its progress, its errors, and how it is stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path


class KinetaxisError(Exception):
    """What the command says when it does not succeed. `code` is its exit code.

    >>> try:
    ...     call(["check", "nowhere.toml"])
    ... except KinetaxisError as error:
    ...     error.code
    2
    """

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


class BadInput(KinetaxisError, ValueError):
    """Exit code 2: a key, a flag or a value that must be changed; the message says to what. It is a ValueError, too.

    >>> from kinetaxis import example
    >>> example(epsilon=-1)
    Traceback (most recent call last):
    kinetaxis.command.BadInput: ...
    """


class KinetaxisWarning(UserWarning):
    """What the command warns of, and goes on. `warnings.simplefilter("error", KinetaxisWarning)` makes it an error.

    >>> issubclass(KinetaxisWarning, UserWarning)
    True
    """


class Failure(KinetaxisError, RuntimeError):
    """Exit code 1, 3 where the time is up, and 128 + n where a signal n ended the command. It is a RuntimeError, too.

    >>> try:
    ...     call(["man", "/dev/null/nowhere"])
    ... except Failure as error:
    ...     error.code
    1
    """


_PROGRESS = re.compile(r"^[\w-]+: +(\d+)% done, .*$")
_WARNING = "kinetaxis: warning: "
#: Seconds that the command has to end in order; it needs at most 2.
_GRACE = 5.0


def program() -> str:
    """Path of the command: `KINETAXIS` of the environment, or the one installed with this package.

    >>> Path(program()).is_file()
    True
    """
    given = os.environ.get("KINETAXIS")
    if given:
        return given
    name = "kinetaxis.exe" if os.name == "nt" else "kinetaxis"
    scripts = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    beside = next((str(folder / name) for folder in scripts if (folder / name).exists()), None)
    found = beside or shutil.which("kinetaxis")
    if found is None:
        raise FileNotFoundError(
            "there is no command kinetaxis beside this Python, nor on the PATH. Install the package "
            "with `pip install .` from a clone, or set KINETAXIS to the program"
        )
    return found


def call(
    arguments: Sequence[str],
    *,
    told: Callable[[float], None] | None = None,
    said: Callable[[str], None] | None = None,
) -> str:
    """Runs the command; what it prints. `told` takes the share of the work that is done, from 0 to 1, `said` each
    other line that it says meanwhile.

    Ctrl-C asks the command to end, which it does within two seconds without leaving anything half-written, and
    is then raised as KeyboardInterrupt. Other threads go on meanwhile: the work is in another process.

    >>> call(["--version"]).split()[0]
    'kinetaxis'
    """
    process = subprocess.Popen(
        [program(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        process_group=0,  # a Ctrl-C reaches it once, from here
    )
    assert process.stdout is not None and process.stderr is not None
    lines: list[str] = []

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            done = _PROGRESS.match(line.strip())
            if done is None:
                lines.append(line)
                if said is not None:
                    said(line.rstrip("\n"))
            elif told is not None:
                told(int(done.group(1)) / 100)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        printed = process.stdout.read()
        code = process.wait()
    except BaseException:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    finally:
        listener.join(_GRACE)
        process.stdout.close()
    if code == 0:
        for line in lines:
            if line.startswith(_WARNING):
                warnings.warn(line.removeprefix(_WARNING).strip(), KinetaxisWarning, stacklevel=4)
        return printed
    message = "".join(lines).strip().removeprefix("kinetaxis: ")
    if code == 2:
        raise BadInput(message, code)
    code = 128 - code if code < 0 else code
    raise Failure(message or f"the command ended with code {code}", code)
