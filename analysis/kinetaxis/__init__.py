"""Run-and-tumble cells, their drift-diffusion limit, and the distance between them.

    >>> import kinetaxis as kx
    >>> e = kx.Experiment.from_toml('''
    ... dimension = 1
    ... epsilon = 0.1
    ... domain = { lower = -1, upper = 1, grid = 32 }
    ... kernel = { model = "local" }
    ... cells = { count = 1000, density = { shape = "cosine", amplitude = 0.5 } }
    ... time = { end = 0.1, step = 0.05 }
    ... ''')
    >>> kx.run(e).observables.population.unique()[0]
    'cells'

Everything is computed by the command `kinetaxis`, which is installed with this package, in processes of its own: the same
bytes, the same messages, no lock held meanwhile.
"""

from .command import BadInput, Failure, KinetaxisError, KinetaxisWarning, call, program
from .commands import Inspection, converge, ensemble, inspect, limit, run, verify
from .density import density
from .experiment import Experiment, example
from .results import Results, load
from .sweep import sweep

__all__ = [
    "BadInput",
    "Experiment",
    "Failure",
    "Inspection",
    "KinetaxisError",
    "KinetaxisWarning",
    "Results",
    "call",
    "converge",
    "density",
    "ensemble",
    "example",
    "inspect",
    "limit",
    "load",
    "program",
    "run",
    "sweep",
    "verify",
]
