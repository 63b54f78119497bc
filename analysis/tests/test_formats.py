"""The formats of tables hold what the CSV files hold, to the last bit, for the libraries that read them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kinetaxis as kx

FORMATS = ["csv", "npz", "vtk"]


def experiment(dimension: int, **changes: object) -> kx.Experiment:
    """A colony with fields of different lengths along each axis, and cells at two times."""
    lengths = [6, 8, 10][:dimension]
    common = {
        "dimension": dimension,
        "epsilon": 0.2,
        "domain": {
            "lower": [-1.0, -2.0, 0.0][:dimension],
            "upper": [1.0, 2.0, 5.0][:dimension],
            "grid": lengths,
        },
        "kernel": {"model": "local", "b": 0.3},
        "signal": {"equation": "parabolic", "decay": 1},
        "cells": {"count": 40, "density": {"shape": "gaussian", "width": 0.5}},
        "time": {"end": 0.1, "step": 0.05, "outputs": [0.05, 0.1]},
        "output": {"formats": FORMATS, "cells_at": [0.0, 0.1]},
        "ensemble": {"replicates": 3},
        "converge": {"epsilons": [0.4, 0.2], "replicates": 4, "cells": [40]},
    }
    return kx.Experiment.from_dict(common).with_(**changes)


@pytest.fixture(scope="module", params=[1, 2, 3])
def results(request: pytest.FixtureRequest) -> kx.Results:
    return kx.ensemble(experiment(request.param))


def axes(table: pd.DataFrame) -> list[str]:
    return [name for name in ("x", "y", "z") if name in table]


@pytest.mark.parametrize("name", ["observables", "density", "signal", "cells"])
def test_numpy_has_every_column(results: kx.Results, name: str) -> None:
    table, arrays = getattr(results, name), np.load(results.path / f"{name}.npz")
    assert list(arrays) == list(table.columns)
    own = [] if name == "cells" else axes(table)
    lengths = [table[axis].nunique() for axis in own]
    for column in table:
        array, values = arrays[column], table[column].to_numpy()
        if column in own:
            values = table[column].unique()
        elif own and column in ("time", "population"):
            values = values[:: int(np.prod(lengths))]
        elif own:
            assert array.shape == (len(table) // int(np.prod(lengths)), *lengths)
        np.testing.assert_array_equal(array.reshape(-1), values)


def test_numpy_has_flags_and_numbers_that_are_none() -> None:
    results = kx.converge(experiment(1))
    rows, arrays = results.convergence, np.load(results.path / "convergence.npz")
    assert arrays["resolved"].dtype == bool
    np.testing.assert_array_equal(arrays["resolved"], rows["resolved"])
    orders = np.load(results.path / "orders.npz")
    np.testing.assert_array_equal(orders["from"], results.orders["from"])
    assert np.isnan(orders["from"]).any()
    assert not (results.path / "orders.pvd").exists()


@pytest.mark.parametrize("name", ["density", "signal"])
def test_paraview_has_every_field(results: kx.Results, name: str) -> None:
    pyvista = pytest.importorskip("pyvista")
    table = getattr(results, name)
    reader = pyvista.get_reader(results.path / f"{name}.pvd")
    assert reader.time_values == sorted(table["time"].unique())
    for number, time in enumerate(reader.time_values):
        image = pyvista.read(results.path / f"{name}_{number:05}.vti")
        rows = table[table["time"] == time]
        # VTK's first axis is the fastest one.
        rows = rows.sort_values(list(reversed(axes(rows))))
        for axis, column in enumerate(axes(rows)):
            np.testing.assert_allclose(image.points[:, axis], rows[column], rtol=0, atol=1e-12)
        population = rows["population"].iloc[0]
        for column in ("mean", "std_error", "replicates"):
            np.testing.assert_array_equal(image[f"{population} {column}"], rows[column])


def test_paraview_has_every_cell(results: kx.Results) -> None:
    pyvista = pytest.importorskip("pyvista")
    table = results.cells
    times = pyvista.get_reader(results.path / "cells.pvd").time_values
    assert times == [0.0, 0.1]
    for number, time in enumerate(times):
        cells = pyvista.read(results.path / f"cells_{number:05}.vtp")
        rows = table[table["time"] == time]
        assert cells.n_points == cells.n_verts == len(rows)
        for axis, column in enumerate(axes(rows)):
            # pyvista shows places as they are kept, in f64.
            np.testing.assert_array_equal(np.asarray(cells.points)[:, axis], rows[column])
            np.testing.assert_array_equal(cells["velocity"][:, axis], rows[f"v{column}"])
        np.testing.assert_array_equal(cells["replicate"], rows["replicate"])
        np.testing.assert_array_equal(cells["id"], rows["id"])


def test_parquet_has_every_column() -> None:
    pytest.importorskip("pyarrow")
    try:
        e = experiment(2, **{"output.formats": ["csv", "parquet"]})
    except kx.BadInput as told:
        assert "--features parquet" in str(told)
        pytest.skip("the command was built without parquet")
    results = kx.ensemble(e)
    for name in ("observables", "density", "signal", "cells"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(results.path / f"{name}.parquet"),
            getattr(results, name),
            check_dtype=False,
            check_exact=True,
        )


def test_formats_are_checked() -> None:
    for formats, told in (([], "is empty"), (["hdf5"], "csv")):
        with pytest.raises(kx.BadInput, match=told):
            experiment(1, **{"output.formats": formats})


def test_tables_are_read_from_csv() -> None:
    results = kx.run(experiment(1, **{"output.formats": ["npz"]}))
    with pytest.raises(FileNotFoundError, match=r'output.formats = \["npz"\]. Add "csv" there'):
        _ = results.density


def test_bytes_do_not_depend_on_the_run(results: kx.Results, tmp_path: Path) -> None:
    dimension = len(results.manifest["experiment"]["domain"]["grid"])
    again = kx.ensemble(experiment(dimension), out=tmp_path / "again")
    for path in sorted(results.path.glob("*.[nv]*")):
        assert (again.path / path.name).read_bytes() == path.read_bytes()
