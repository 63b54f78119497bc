import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from folders import folder, nodes, rho, simulation, sweep
from matplotlib import pyplot as plt

from kinetaxis import load
from kinetaxis.__main__ import main

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def series(ax, label):
    """The error bars whose legend entry begins with `label`."""
    return next(c for c in ax.containers if str(c.get_label()).startswith(label))


def hollow(ax):
    """Heights of the upper bounds."""
    lines = [line for line in ax.lines if line.get_marker() == "o" and line.get_mfc() == "white"]
    return np.concatenate([[], *(line.get_ydata() for line in lines)])


@pytest.mark.parametrize("d", [2, 3])
def test_a_map_has_x_across_and_y_upwards(tmp_path, d):
    figure = load(simulation(tmp_path, "run", d)).plot_density()
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba()).astype(float)
    for ax in figure.axes[:2]:
        box = ax.get_window_extent()
        columns = slice(int(box.x0) + 3, int(box.x1) - 3)
        rows = slice(len(picture) - int(box.y1) + 3, len(picture) - int(box.y0) - 3)
        pixels = picture[rows, columns, 0]  # red is largest where viridis is yellow
        row, column = np.argwhere(pixels > 0.95 * pixels.max()).mean(axis=0) / pixels.shape
        assert np.isclose(3 * column, 2.4, atol=0.2)
        assert np.isclose(1 - 2 * row, -0.6, atol=0.2)


def test_a_line_comes_with_its_band_and_its_limit(tmp_path):
    ax = load(simulation(tmp_path, "ensemble", 1)).plot_density(0.1).axes[0]
    assert ax.get_legend_handles_labels()[1] == ["cells", "95% confidence", "limit"]
    (x,) = nodes(1)
    for line in ax.lines:
        assert np.allclose(line.get_xydata().T, [x, rho(x[:, None], 0.1)])


def test_a_limit_alone_or_at_other_times(tmp_path):
    simulation(tmp_path, "run", 2)
    table = pd.read_csv(tmp_path / "limit.csv")
    table[table["time"] < 0.2].to_csv(tmp_path / "limit.csv", index=False)
    r = load(tmp_path)
    titles = [[a.get_title() for a in r.plot_density(t).axes][:-1] for t in (0.1, 0.3)]
    assert titles == [["cells", "limit"], ["cells"]]
    (tmp_path / "density.csv").unlink()
    assert "0.1" in load(tmp_path).plot_density().get_suptitle()


def test_observables_are_drawn_as_they_are(tmp_path):
    run = load(simulation(tmp_path / "run", "run", 1)).plot_observables(["variance", "mass"])
    variance, mass = run.axes
    assert [variance.get_title(), mass.get_title()] == ["variance", "mass"]
    t, y = variance.lines[0].get_data()
    assert np.allclose(y, 1 + t**2) and not variance.collections
    assert np.diff(mass.get_ylim()) > 0.1  # a conserved quantity is a flat line
    ensemble = load(simulation(tmp_path / "ensemble", "ensemble", 1)).plot_observables()
    assert [len(ax.collections) for ax in ensemble.axes] == [1, 1, 1]


def test_unresolved_points_are_upper_bounds(tmp_path):
    r = load(sweep(tmp_path))
    ax = r.plot_convergence().axes[0]
    table = r.convergence.query("norm == 'L2'")
    resolved = table["resolved"]
    drawn = [c.lines[0].get_ydata() for c in ax.containers if str(c.get_label())[0] != "_"]
    assert np.array_equal(np.sort(np.concatenate(drawn)), np.sort(table["error"][resolved]))
    assert np.array_equal(np.sort(hollow(ax)), np.sort(table["ci_high"][~resolved]))
    assert hollow(ax).size == 4 and ax.get_xscale() == ax.get_yscale() == "log"


@pytest.mark.parametrize("test", ["cos(2*pi*x)", "cos(2*pi/x)"])
def test_the_slope_is_that_of_all_sizes(tmp_path, test):
    """The second weak error is negative throughout."""
    r = load(sweep(tmp_path))
    ax = r.plot_convergence("rho", norm=f"weak:{test}").axes[0]
    (line,) = [line for line in ax.lines if line.get_linestyle() == "--"]
    epsilon, error = line.get_data()
    assert np.array_equal(epsilon, [0.05, 0.4]) and np.allclose(error, 0.1 * epsilon**2)
    drawn = series(ax, r"$\rho$").lines[0].get_ydata()
    assert np.allclose(np.sort(drawn), [0.1 * 0.1**2 * 4, 0.1 * 0.4**2][-len(drawn):])
    assert np.allclose(hollow(ax), [0.1 * 0.05**2 + 0.002, 0.1 * 0.1**2 + 0.002][: hollow(ax).size])
    assert series(ax, r"$\rho$").get_label().endswith("order 2.00 [1.90, 2.10]")
    r_ax = r.plot_convergence("r").axes[0]
    assert not [line for line in r_ax.lines if line.get_linestyle() == "--"]
    assert series(r_ax, "$r$").get_label().endswith("no error is resolved")
    with pytest.raises(ValueError, match="no norm H-1; there is L2"):
        r.plot_convergence(norm="H-1")


@pytest.mark.parametrize(("parameter", "label"), [("delta", "delta"), ("grid", "1/n")])
def test_another_parameter_is_drawn_by_what_vanishes(tmp_path, parameter, label):
    file = sweep(tmp_path) / "convergence.csv"
    table = pd.read_csv(file).rename(columns={"epsilon": parameter})
    if parameter == "grid":
        table["grid"] = 1 / table["grid"]
    table.to_csv(file, index=False)
    ax = load(tmp_path).plot_convergence("rho", norm="weak:cos(2*pi*x)").axes[0]
    (line,) = [line for line in ax.lines if line.get_linestyle() == "--"]
    scale, error = line.get_data()
    assert np.allclose(scale, [0.05, 0.4]) and np.allclose(error, 0.1 * scale**2)
    assert label in ax.get_xlabel()


def test_a_sweep_without_orders_has_no_slope(tmp_path):
    (sweep(tmp_path) / "orders.csv").unlink()
    ax = load(tmp_path).plot_convergence("S").axes[0]
    assert len(ax.lines) == len(series(ax, "$S$").lines[1]) + 1


def test_nothing_above_zero_is_said_not_drawn(tmp_path):
    table = pd.read_csv(sweep(tmp_path) / "convergence.csv").query("quantity == 'r'")
    table.assign(ci_high=0.0).to_csv(tmp_path / "convergence.csv", index=False)
    ax = load(tmp_path).plot_convergence().axes[0]
    assert "4 not positive" in series(ax, "$r$").get_label() and not hollow(ax).size


def test_the_budget_shows_signs_and_bounds(tmp_path):
    r = load(sweep(tmp_path))
    figure = r.plot_budget(norm="L2")
    rho_ax, s_ax, r_ax = figure.axes
    assert rho_ax.get_yscale() == "log" and s_ax.get_yscale() == "symlog"
    assert np.allclose(hollow(rho_ax), 0.02 * 2.2)
    lowest = series(s_ax, "time step").lines[0].get_ydata().min()
    assert s_ax.get_ylim()[0] < lowest < 0
    assert len(hollow(r_ax)) == 8
    assert len(r.plot_budget("S").axes) == 1


@pytest.mark.parametrize(
    ("write", "names"),
    [
        (lambda path: simulation(path, "run", 1), {"density", "observables"}),
        (lambda path: simulation(path, "ensemble", 3, limit=False), {"density", "observables"}),
        (
            sweep,
            {
                "convergence-L2",
                "convergence-weak_cos_2_pi_x",
                "convergence-weak_cos_2_pi_x-1",
                "budget",
            },
        ),
    ],
)
def test_the_command_draws_what_the_folder_supports(tmp_path, write, names):
    assert main([str(write(tmp_path / "results")), "--out", str(tmp_path / "png")]) == 0
    assert {file.stem for file in (tmp_path / "png").iterdir()} == names


def test_the_command_reports_what_it_cannot_draw(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1 and "not a results folder" in capsys.readouterr().err
    assert main([str(folder(tmp_path, "run"))]) == 1 and "no table" in capsys.readouterr().err


def test_a_budget_that_was_not_asked_for_is_no_figure(tmp_path, capsys):
    file = sweep(tmp_path / "results") / "budget.csv"
    file.write_text(file.read_text().splitlines()[0] + "\n")
    with pytest.raises(ValueError, match="budget_replicates"):
        load(tmp_path / "results").plot_budget()
    assert main([str(tmp_path / "results"), "--out", str(tmp_path / "png")]) == 0
    names = {file.stem for file in (tmp_path / "png").iterdir()}
    assert "budget" not in names and "convergence-L2" in names, capsys.readouterr()


def test_a_dollar_in_a_title_is_a_dollar(tmp_path):
    for name, write in [("run", lambda path: simulation(path, "run", 1)), ("sweep", sweep)]:
        path = write(tmp_path / name)
        text = (path / "manifest.json").read_text()
        (path / "manifest.json").write_text(text.replace("Aggregation", "$5 at $x^{ and $"))
        assert main([str(path), "--out", str(tmp_path / "png")]) == 0


def test_an_order_without_an_end_is_said(tmp_path):
    file = sweep(tmp_path) / "orders.csv"
    table = pd.read_csv(file)
    table.loc[table["kind"] == "mean", "ci_high"] = np.inf
    table.to_csv(file, index=False)
    ax = load(tmp_path).plot_convergence("rho").axes[0]
    assert series(ax, r"$\rho$").get_label().endswith("order 1.00 [0.90, inf)")
    table.loc[table["kind"] == "mean", "order"] = np.nan
    table.to_csv(file, index=False)
    ax = load(tmp_path).plot_convergence("rho").axes[0]
    assert series(ax, r"$\rho$").get_label().endswith("order in [0.90, inf)")


def test_the_example_of_the_readme_runs(tmp_path, monkeypatch):
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(r = .*?)```", text, re.DOTALL)
    study = simulation(tmp_path / "results" / "aggregation-2d-converge", "ensemble", 2)
    tables = {name: pd.read_csv(study / f"{name}.csv") for name in ("density", "limit")}
    for table in tables.values():
        table["time"] = 1.0  # the final time, all that `converge` writes
    (study / "observables.csv").unlink()
    sweep(study)
    for name, table in tables.items():
        table.drop_duplicates([c for c in "xy" if c in table]).to_csv(
            study / f"{name}.csv", index=False
        )
    simulation(tmp_path / "results" / "local-2d-ensemble", "ensemble", 2)
    monkeypatch.chdir(tmp_path)
    exec("import kinetaxis as kx\n" + example, {})
    assert (tmp_path / "order.pdf").exists()


def test_what_the_caller_has_set_holds(tmp_path):
    r = load(sweep(tmp_path))
    with plt.rc_context({"font.size": 7}):
        assert r.plot_convergence().axes[0].xaxis.label.get_size() == 7
    assert r.plot_convergence().axes[0].xaxis.label.get_size() == 10
