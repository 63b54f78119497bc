"""Every public item says what it is, with an example that is run."""

import doctest
import inspect
from collections.abc import Iterator
from typing import Any

import kinetaxis as kx


def public() -> Iterator[tuple[str, Any]]:
    """Names and items of the package, and those of its classes."""
    for name in kx.__all__:
        item = getattr(kx, name)
        yield name, item
        if inspect.isclass(item):
            for inner, value in vars(item).items():
                is_own = inspect.isroutine(value) or isinstance(value, (property, classmethod))
                if not inner.startswith("_") and is_own:
                    yield f"{name}.{inner}", value


def test_every_public_item_has_an_example_that_is_run() -> None:
    items = dict(public())
    assert {"Results.observables", "Results.plot_budget", "Experiment.with_", "sweep"} <= set(items)
    examples = {
        name: doctest.DocTestParser().get_examples(inspect.getdoc(item) or "")
        for name, item in items.items()
    }
    assert [name for name, found in examples.items() if not found] == []
    run = {
        test.name
        for module in modules()
        for test in doctest.DocTestFinder().find(module)
        if test.examples
    }
    assert {name.rpartition(".")[2] for name in items} <= {name.rpartition(".")[2] for name in run}


def modules() -> list[Any]:
    return [inspect.getmodule(getattr(kx, name)) for name in kx.__all__]
