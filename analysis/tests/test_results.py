import os

import numpy as np
import pandas as pd
import pytest
from folders import GRID, folder, nodes, rho, simulation, sweep

from kinetaxis import load
from kinetaxis.__main__ import draw_all


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("command", ["run", "ensemble"])
def test_fields_have_the_shape_and_the_values_of_the_grid(tmp_path, command, d):
    r = load(simulation(tmp_path, command, d))
    assert r.kind == command and r.summary == {"mass": 1.0} and r.title == f"Aggregation in {d}D"
    points = np.stack(np.meshgrid(*nodes(d), indexing="ij"), axis=-1)
    for time in (None, 0.1):
        axes, values = r.field("density", time)
        assert values.shape == GRID[:d]
        assert all(np.array_equal(a, b) for a, b in zip(axes, nodes(d)))
        assert np.allclose(values, rho(points, 0.3 if time is None else time), rtol=1e-14)
        assert np.array_equal(values, r.field("signal", time)[1])
        assert np.array_equal(2 * values, r.field("limit", time, column="signal")[1])
    if command == "ensemble":
        assert (r.field("density", column="ci_low")[1] < r.field("density")[1]).all()


def test_rows_may_come_in_any_order(tmp_path):
    simulation(tmp_path, "run", 2)
    _, before = load(tmp_path).field("density")
    table = pd.read_csv(tmp_path / "density.csv").sample(frac=1, random_state=1)
    table.to_csv(tmp_path / "density.csv", index=False)
    assert np.array_equal(load(tmp_path).field("density")[1], before)


def test_floats_round_trip(tmp_path):
    folder(tmp_path, "run")
    x = np.random.default_rng(1).random(10_000) ** 30
    pd.DataFrame({"time": x}).to_csv(tmp_path / "observables.csv", index=False)
    assert np.array_equal(load(tmp_path).observables["time"], x)


def test_tables_are_read_once_and_only_when_asked_for(tmp_path):
    r = load(simulation(tmp_path, "run", 1))
    assert "density" not in vars(r)
    assert r.density is r.density


def test_what_is_missing_is_said_clearly(tmp_path):
    with pytest.raises(FileNotFoundError, match="not a results folder"):
        load(tmp_path / "nowhere")
    r = load(simulation(tmp_path, "run", 1, limit=False))
    assert r.has("density", "signal") and not r.has("density", "limit")
    with pytest.raises(FileNotFoundError, match="convergence.csv.*`kinetaxis converge`.*run`"):
        r.plot_convergence()
    with pytest.raises(FileNotFoundError, match="`cells_at`"):
        _ = r.cells
    with pytest.raises(ValueError, match="no time 0.2; it has 0, 0.1, 0.3"):
        r.field("density", time=0.2)
    with pytest.raises(ValueError, match="no population x; it has cells"):
        r.field("density", population="x")
    with pytest.raises(ValueError, match="no observable a; there is mass, variance"):
        r.plot_observables(["a"])


def test_a_truncated_field_is_refused(tmp_path):
    table = pd.read_csv(simulation(tmp_path, "run", 2) / "density.csv")
    table[:-1].to_csv(tmp_path / "density.csv", index=False)
    with pytest.raises(ValueError, match="119 values at time 0.3 for a grid"):
        load(tmp_path).field("density")


def test_a_sweep_keeps_what_is_not_resolved_apart(tmp_path):
    r = load(sweep(tmp_path))
    assert r.convergence["resolved"].dtype == bool
    unresolved = r.convergence[~r.convergence["resolved"]]
    assert (unresolved["ci_low"] <= 0).all() and set(unresolved["quantity"]) == {"rho", "r"}
    mean = r.orders.query("kind == 'mean'").set_index(["quantity", "norm"])
    assert mean["order"].isna()["r", "L2"] and mean["ci_high"]["r", "L2"] == np.inf


@pytest.mark.skipif("KINETAXIS_RESULTS" not in os.environ, reason="KINETAXIS_RESULTS is not set")
def test_a_folder_of_the_program(tmp_path):
    r = load(os.environ["KINETAXIS_RESULTS"])
    assert r.manifest["program"] == "kinetaxis" and r.summary
    tables = [file.stem for file in r.path.glob("*.csv")]
    assert tables and all(len(getattr(r, table).columns) > 2 for table in tables)
    domain = r.manifest["experiment"]["domain"]
    for table in {"density", "signal"} & set(tables):
        for time in r.times(table):
            axes, values = r.field(table, time)
            assert values.shape == tuple(domain["grid"]) and np.isfinite(values).all()
            assert all(a[0] > lower for a, lower in zip(axes, domain["lower"]))
    for name, figure in draw_all(r):
        figure.savefig(tmp_path / f"{len(list(tmp_path.iterdir()))}.png")
        assert name


def test_the_limit_of_several_populations(tmp_path):
    r = load(simulation(tmp_path, "run", 2))
    table = r.limit
    for name, factor in (("prey", 1.0), ("predators", 2.0)):
        table[f"rho_{name}"] = factor * table["rho"]
        table[f"rho_smoothed_{name}"] = 3 * factor * table["rho"]
    table.drop(columns="rho").to_csv(tmp_path / "limit.csv", index=False)
    cells = r.density
    both = [cells.assign(population=name) for name in ("prey", "predators")]
    pd.concat(both).to_csv(tmp_path / "density.csv", index=False)
    r = load(tmp_path)
    prey, predators = (r.field("limit", population=p)[1] for p in ("prey", "predators"))
    assert np.array_equal(2 * prey, predators)
    assert np.array_equal(3 * prey, r.field("limit", column="rho_smoothed", population="prey")[1])
    with pytest.raises(ValueError, match="limit has no column rho; it has time, x, y, .*rho_prey"):
        r.field("limit")
    titles = [ax.get_title() for ax in r.plot_density(0.1).axes][:4]
    assert titles == ["prey", "predators", "limit, prey", "limit, predators"]


def test_an_observable_that_is_nowhere_known_is_an_empty_panel(tmp_path):
    file = simulation(tmp_path, "run", 1) / "observables.csv"
    table = pd.read_csv(file)
    table.loc[table["observable"] == "variance", "value"] = np.nan
    table.to_csv(file, index=False)
    assert len(load(tmp_path).plot_observables(["variance", "mass"]).axes) == 2
