"""What the gallery shows: an entry for each shipped experiment. A new experiment needs one; a test says so."""

from __future__ import annotations

from functools import partial

import numpy as np
from drawings import (
    LIMIT,
    band,
    cut,
    free_walk,
    largest,
    lines,
    may_nowak,
    moments,
    observable,
    order,
    panels,
    several,
)
from gallery import Entry, Study
from matplotlib.figure import Figure

FREE, ORDER, LIMITS, BLOW, MANY = (
    "Free walks and given signals",
    "Orders of convergence",
    "Cells beside their limit",
    "Spreading and blowing up",
    "Several populations and signals",
)


def beside(draw, study: Study, **more) -> Figure:
    """Cells of an ensemble and the limit."""
    return draw(study("ensemble"), study("limit"), **more)


def orders(study: Study, **more) -> Figure:
    """A sweep."""
    return order(study("converge"), **more)


def walk(dimension: int, diffusivity: float, study: Study) -> Figure:
    return free_walk(study("ensemble"), dimension, diffusivity, study.experiment.epsilon)


def blow_up(epsilons: list[float], due: float | None, study: Study) -> Figure:
    """Runs at several ε, and the limit with many outputs."""
    runs = {eps: study("run", {"epsilon": eps}) for eps in epsilons}
    return largest(runs, study("limit"), due)


def drift_and_spread(study: Study) -> Figure:
    """Centre and variance in a constant gradient over χt and 2dDt."""
    import kinetaxis as kx

    figure, axes = panels(2)
    cells, found = study("ensemble"), kx.inspect(study.experiment)["limit"]
    laws = {"center_x": found["sensitivity"], "variance": 4 * found["diffusivity"]}
    for ax, (name, slope) in zip(axes, laws.items()):
        t = observable(ax, cells, name, label="cells")
        rows = cells.observables.query("observable == @name")
        ax.plot(
            t,
            rows["mean"].iloc[0] + slope * (t - t[0]),
            label=f"slope {slope:.3g} of the limit",
            **LIMIT,
        )
        ax.set(xlabel="$t$", title={"center_x": "centre along $x$"}.get(name, name))
        ax.legend()
    return figure


def slab(study: Study) -> Figure:
    """Distances by cells over the values that the head of the file gives."""
    figure, (ax,) = panels(1)
    rows = study("converge").convergence.query("quantity == 'rho' and norm == 'L2'")
    ax.errorbar(
        rows["epsilon"], rows["error"], (rows["error"] - rows["ci_low"], rows["ci_high"] - rows["error"]),
        fmt="o", capsize=3, label="cells",
    )  # fmt: skip
    reference = {0.4: 2.1074e-2, 0.2: 5.0074e-3, 0.1: 1.2392e-3, 0.05: 3.0905e-4}
    ax.plot(
        list(reference), list(reference.values()), label="without noise, as in the file", **LIMIT
    )
    ax.set(
        xscale="log", yscale="log", xlabel=r"$\varepsilon$", ylabel=r"distance of $\rho$ in $L^2$"
    )
    ax.legend()
    return figure


def virial(study: Study) -> Figure:
    """The second moment over the kinetic virial identity and that of the limit."""
    figure, (ax,) = panels(1)
    cells = study("ensemble")
    t = observable(ax, cells, "second_moment", label="cells")
    due = cells.observables.query("observable == 'second_moment_predicted'")
    ax.plot(due["time"], due["mean"], color="C1", label=r"identity, exact at this $\varepsilon$")
    # d/dt of the second moment of the limit is 4D - chi M/(2 pi) = 2, with D = chi = 1, M = 4 pi.
    ax.plot(t, due["mean"].iloc[0] + 2 * t, label="limit", **LIMIT)
    ax.set(xlabel="$t$", ylabel=r"$E|x|^2$")
    ax.legend()
    return figure


def regularisation(study: Study) -> Figure:
    """Largest density of the limit with Velazquez's drift over η, and that of the cells at several ε."""
    figure, (ax,) = panels(1)
    eta = [0.3, 0.1, 0.03, 0.01, 0.003]
    tops = []
    for value in eta:
        r = study("limit", {"limit.mobility": "saturating", "limit.saturation": value})
        tops.append(r.field("limit", column="rho_smoothed")[1].max())
    ax.plot(
        eta,
        tops,
        "o--",
        color="black",
        ms=4,
        lw=1.2,
        label=r"limit with drift $u/(1+\eta u)$, against $\eta$",
    )
    epsilons, of_cells = [0.4, 0.28, 0.2, 0.14, 0.1], []
    for eps in epsilons:
        rows = study("ensemble", {"epsilon": eps}).observables.query("observable == 'max_density'")
        of_cells.append(rows["mean"].iloc[-1])
    ax.plot(epsilons, of_cells, "o-", ms=4, label=r"cells, against $\varepsilon$")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel=r"$\varepsilon$ or $\eta$",
        ylabel=r"max $\rho$ at the end",
    )
    ax.legend()
    return figure


def travelling(study: Study) -> Figure:
    """The band at several times over its exact profile, which moves at the exact speed."""
    figure, (ax,) = panels(1)
    cells = study("run")
    c, scale = 0.7235450369, 1 / (1 / 0.876454963126 + 1 / 0.123545036874)
    for t in cells.times("density"):
        (x,), rho = cells.field("density", t)
        ax.plot(x, rho, lw=1.6, label=f"cells, $t$ = {t:g}")
        z = x - c * t
        exact = scale * np.exp(np.where(z < 0, 0.876454963126 * z, -0.123545036874 * z))
        ax.plot(x, exact, **LIMIT)
    ax.plot([], [], label=r"exact, moved by $ct$", **LIMIT)
    ax.set(xlabel="$x$", ylabel=r"$\rho$", xlim=(-8, 20))
    ax.legend()
    return figure


def band_of_bacteria(study: Study) -> Figure:
    """The band at several times, of cells and of the limit."""
    figure, (ax,) = panels(1)
    cells, limit = study("run"), study("limit")
    for t in cells.times("density"):
        (x,), rho = cells.field("density", t)
        # A unit of length is 0.1 mm, one of time a minute.
        ax.plot(x / 10, rho, lw=1.4, label=f"cells, {t:g} min")
        ax.plot(x / 10, limit.field("limit", t, "rho_smoothed")[1], **LIMIT)
    ax.plot([], [], label="limit", **LIMIT)
    ax.set(xlabel="$x$ in mm", ylabel=r"$\rho$ in OD", xlim=(0, 9), ylim=(0, 12))
    ax.legend()
    return figure


def exponents(study: Study) -> Figure:
    """Distances of six densities, each over its mean slope."""
    figure, (ax,) = panels(1)
    r = study("converge")
    table = r.convergence.query("norm == 'L2'")
    slopes = r.orders.query("norm == 'L2' and kind == 'mean'").set_index("quantity").order
    for name in [n for n in table["quantity"].unique() if n.startswith("rho")]:
        rows = table[table["quantity"] == name].sort_values("epsilon")
        q, p = name[-3], name[-1]
        (drawn,) = ax.plot(rows["epsilon"], rows["error"], "o", ms=4)
        mean = np.log(rows["error"]).mean() - slopes[name] * np.log(rows["epsilon"]).mean()
        line = np.exp(mean) * rows["epsilon"] ** slopes[name]
        ax.plot(
            rows["epsilon"],
            line,
            color=drawn.get_color(),
            ls="--",
            lw=1,
            label=f"q = {q}, p = {p}: order {slopes[name]:.2f}",
        )
    ax.set(
        xscale="log", yscale="log", xlabel=r"$\varepsilon$", ylabel=r"distance of $\rho$ in $L^2$"
    )
    ax.set_xticks([0.045, 0.06, 0.08], ["0.045", "0.06", "0.08"])
    ax.set_xticks([], minor=True)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def growth(study: Study) -> Figure:
    """Mass of cells and limit over time, and a cut."""
    figure, (left, right) = panels(2)
    cells, limit = study("ensemble"), study("limit")
    observable(left, cells, "mass", label="cells")
    axes, _ = limit.field("limit")
    volume = np.prod([a[1] - a[0] for a in axes])
    times = limit.times("limit")
    left.plot(
        times,
        [limit.field("limit", t, "rho")[1].sum() * volume for t in times],
        label="limit",
        **LIMIT,
    )
    left.set(xlabel="$t$", title="mass")
    left.legend()
    middle = len(axes[1]) // 2
    band(right, axes[0], cells, "cells", lambda rho: rho[:, middle], "cells")
    right.plot(
        axes[0], limit.field("limit", column="rho_smoothed")[1][:, middle], label="limit", **LIMIT
    )
    right.set(xlabel="$x$", title=f"density along the middle, $t$ = {times[-1]:g}")
    right.legend()
    return figure


def ode(study: Study) -> Figure:
    """Masses in a box of volume 1 over May & Nowak's equations."""
    start, rates = (3, 0, 0.1), {"d1": 0.5, "d2": 1, "d3": 2, "beta": 1, "k": 3, "r": 1.5}
    names = ["healthy", "infected", "virus"]
    return several(study("ensemble"), may_nowak(start, **rates), names, "May & Nowak's equations")


def threshold(study: Study) -> Figure:
    """Infected cells at the end over R0, and the equilibrium."""
    figure, (ax,) = panels(1)
    fine = np.linspace(0.3, 5, 300)
    # Q* = d1 d3 (R0 - 1)/(beta k) with beta = R0 d1 d2 d3/(k r).
    ax.plot(fine, 1.5 * np.clip(1 - 1 / fine, 0, None), label="stable equilibrium", **LIMIT)
    for i, ratio in enumerate((0.5, 0.8, 1.25, 2, 4.5)):
        rows = study("ensemble", {"reactions.virus.beta": ratio / 4.5}).observables
        end = rows.query("observable == 'mass' and population == 'infected'").iloc[-1]
        bars = [[end["mean"] - end["ci_low"]], [end["ci_high"] - end["mean"]]]
        ax.errorbar(
            ratio,
            end["mean"],
            bars,
            fmt="o",
            ms=5,
            capsize=3,
            color="C0",
            label="cells, $t$ = 45" if i == 0 else None,
        )
    ax.set(xlabel="$R_0$", ylabel="infected cells")
    ax.legend()
    return figure


def taxis(study: Study) -> Figure:
    """Growth of a wave over linear theory, beside the dispersion relation of the limit."""
    figure, (left, right) = panels(2)
    cells = study("ensemble")
    c, s, u = 2 / 3, 7 / 6, 7 / 4
    d1, d2, d3, beta, k = 0.5, 1, 2, 1, 3

    def rate(wave: float) -> float:
        w = wave**2
        matrix = [
            [-0.1 * w - d1 - beta * u, 1.0 * c * w, -beta * c],
            [beta * u, -0.1 * w - d2, beta * c],
            [0, k, -w - d3],
        ]
        return float(np.linalg.eigvals(matrix).real.max())

    waves = np.pi * np.arange(1, 13) / 2.5
    fine = np.linspace(waves[0], waves[-1], 200)
    left.plot(fine, [rate(w) for w in fine], **LIMIT)
    (x,), _ = cells.field("density", population="infected")
    times = cells.times("density")
    wave = waves[3]
    size = [
        abs((cells.field("density", t, population="infected")[1] * np.cos(wave * x)).mean()) * 2 / s
        for t in times
    ]
    slope = np.polyfit(times, np.log(size), 1)[0]
    left.plot(wave, slope, "o", label="cells, measured on the right")
    left.axhline(0, color="gray", lw=0.6)
    left.set(
        xlabel="wave number",
        ylabel="rate of growth",
        title="dispersion relation of the limit",
        ylim=(-2, 2),
    )
    left.legend()
    right.plot(times, size, "o", label="cells: infected")
    right.plot(
        times, size[0] * np.exp(rate(wave) * times), label=f"$e^{{{rate(wave):.2f}t}}$", **LIMIT
    )
    right.set(
        xlabel="$t$",
        ylabel="relative size of the wave",
        yscale="log",
        title=f"the wave of wave number {wave:.3g}",
    )
    right.legend()
    return figure


SMALL = {"converge.replicates": 8, "converge.budget_replicates": 0}
CMPS = {
    "cells.count": 100000,
    "converge.replicates": 6,
    "domain.grid": 16,
    "deposit.bandwidth": 0.4,
}
SPACE = {
    "cells.count": 20000,
    "limit.step": 0.002,
    "time.outputs": [i / 100 for i in range(6)],
}
ENTRIES = [
    Entry(
        "free-walk-1d",
        FREE,
        "No signal: the telegraph process. The mean square of the way has a closed law at every ε, from which the limit is off by ε².",
        "Mean square displacement against time: points on the exact curve, a little below the line of the limit",
        partial(walk, 1, 1.0),
        sets={"ensemble.replicates": 8},
    ),
    Entry(
        "free-walk-2d",
        FREE,
        "The same on the circle of velocities, D = ½.",
        "Mean square displacement in the plane: points on the exact curve",
        partial(walk, 2, 0.5),
        sets={"ensemble.replicates": 8},
    ),
    Entry(
        "free-walk-3d",
        FREE,
        "The same in a ball of velocities, D = 1/5, at ε = 0.2.",
        "Mean square displacement in space: points on the exact curve, well below the limit",
        partial(walk, 3, 0.2),
        sets={"ensemble.replicates": 8},
    ),
    Entry(
        "hks-saturating",
        FREE,
        "A given slope: centre and variance move by χ and 4D of the limit.",
        "Centre and variance of a colony against time, on the straight lines of the limit",
        drift_and_spread,
        sets={"time.outputs": [0, 0.5, 1, 1.5, 2]},
    ),
    Entry(
        "persistence",
        FREE,
        "Turns that remember the old direction, mean cosine ½: D and χ are twice those without.",
        "Centre and variance against time, cells on the curves of the limit",
        partial(beside, moments),
        sets={"time.outputs": [0, 0.1, 0.2, 0.3, 0.4]},
    ),
    Entry(
        "designed-coefficients",
        FREE,
        "ψ is built so that wanted D(S) and χ(S) come out; centre and variance follow them.",
        "Centre and variance against time, cells on the curves of the limit with designed coefficients",
        partial(beside, moments),
        sets={"time.outputs": [0, 0.25, 0.5, 0.75, 1]},
    ),
    Entry(
        "aggregation-2d",
        ORDER,
        "Three colonies merge. The distance to the limit vanishes like ε².",
        "Distances of density, signal, slope and flux against ε: points on lines of slope 2",
        orders,
        "converge",
        {"cells.count": 100000, **SMALL},
    ),
    Entry(
        "hks-2d",
        ORDER,
        "Hwang, Kang & Stevens's kernel with the parabolic signal, in the plane, without noise.",
        "Distances against ε: points on lines of slope 2, r constant",
        orders,
        "converge",
    ),
    Entry(
        "hks-3d",
        ORDER,
        "The same in space, on a coarse grid, in seconds.",
        "Distances against ε in three dimensions: points on lines of slope 2",
        orders,
        "converge",
    ),
    Entry(
        "cmps-model1-3d",
        ORDER,
        "Chalub, Markowich, Perthame & Schmeiser's local kernel in the whole space, by cells alone.",
        "Distances by cells against ε with intervals, on lines of slope 2",
        orders,
        "converge",
        CMPS,
    ),
    Entry(
        "cmps-model2-3d",
        ORDER,
        "Their non-local kernel, with both of its terms.",
        "Distances by cells against ε with intervals, on lines of slope 2",
        orders,
        "converge",
        CMPS,
    ),
    Entry(
        "slab-reference-2d",
        ORDER,
        "Everything is uniform in y, so that the distance is known without noise from an independent solver: the cells meet it.",
        "Distance by cells at two ε with intervals, on the dashed line of the reference",
        slab,
        "converge",
        {"cells.count": 300000, "converge.replicates": 16},
    ),
    Entry(
        "net-flux-2d",
        ORDER,
        "All cells start with a mean velocity, which the limit forgets within ε²: order 1, not 2.",
        "Distances against ε on lines of slope 1",
        orders,
        "converge",
        {"converge.replicates": 8},
    ),
    Entry(
        "quasi-steady",
        ORDER,
        "The sweep is in δ, how slowly the signal follows: the parabolic signal becomes the elliptic one with order 1.",
        "Distances against delta on lines of slope 1",
        orders,
        "converge",
        {"cells.count": 3000, "converge.replicates": 4},
    ),
    Entry(
        "local-1d",
        LIMITS,
        "A line, an equilibrium F that is not uniform, a signal that fades.",
        "Density on a line: mean of the cells with its interval on the dashed curve of the limit",
        partial(beside, lines),
    ),
    Entry(
        "local-2d",
        LIMITS,
        "The rate of tumbling depends on the signal and its slope.",
        "Map of the cells, and a cut on which cells lie on the limit",
        partial(beside, cut),
        suffix="png",
    ),
    Entry(
        "local-3d",
        LIMITS,
        "A shell of velocities in a periodic box, elliptic signal.",
        "Slice of a density in space, and a cut on which cells lie on the limit",
        partial(beside, cut),
        suffix="png",
        sets={"ensemble.replicates": 4},
    ),
    Entry(
        "nonlocal-1d",
        LIMITS,
        "ψ is built from D(S) = 1/(1 + S) and χ(S) = 1/(1 + S)².",
        "Density on a line: mean of the cells with its interval on the dashed curve of the limit",
        partial(beside, lines),
    ),
    Entry(
        "nonlocal-2d",
        LIMITS,
        "Cells look ahead and back, in a channel: periodic along x, walls along y.",
        "Map of a ring of cells in a channel, and a cut on which cells lie on the limit",
        partial(beside, cut),
        suffix="png",
    ),
    Entry(
        "nonlocal-3d",
        LIMITS,
        "Exponential ψ, and a signal that starts as a given slope.",
        "Slice of a density in space, and a cut on which cells lie on the limit",
        partial(beside, cut),
        suffix="png",
        sets={"ensemble.replicates": 4},
    ),
    Entry(
        "detailed-balance-2d",
        LIMITS,
        "Turns with a memory of speed and direction that keep the detailed balance; D and χ come from integral equations alone.",
        "Map of waves of cells, and a cut on which cells lie on the limit",
        partial(beside, cut),
        suffix="png",
    ),
    Entry(
        "expression-2d",
        LIMITS,
        "A kernel that is typed into the file; its limit comes from integral equations.",
        "Map of cells, and a cut on which cells lie on the limit",
        partial(beside, cut),
        suffix="png",
    ),
    Entry(
        "temporal-2d",
        LIMITS,
        "Cells feel the signal along their own path; the limit is that of cells that feel its slope.",
        "Map of a colony, and a cut on which cells lie close to the limit",
        partial(beside, cut),
        suffix="png",
    ),
    Entry(
        "growing-colony",
        LIMITS,
        "Births and deaths: the colony fills up to density 4.",
        "Mass against time and density along a line: cells on the limit",
        growth,
    ),
    Entry(
        "subcritical",
        BLOW,
        "Below the critical mass the colony spreads, by an identity that the cells have at every ε.",
        "Mean square distance against time: cells on their identity, below the line of the limit",
        virial,
    ),
    Entry(
        "supercritical-2d",
        BLOW,
        "Above the critical mass the limit blows up; the cells of a kernel with bounded rates go on, denser the smaller ε is.",
        "Largest density against time: the limit shoots up before the virial time, cells level off",
        partial(blow_up, [0.2, 0.14, 0.1], 0.25),
        "run",
        {
            "domain.grid": 96,
            "deposit.bandwidth": 0.1334,
            "time.step": 0.01,
            "limit.step": 0.002,
            "cells.count": 50000,
            "time.outputs": [i / 20 for i in range(11)],
        },
    ),
    Entry(
        "blow-up-3d",
        BLOW,
        "In space any mass blows up in the limit if it is concentrated enough; cells of the non-local kernel go on.",
        "Largest density against time in space: the limit shoots up until its grid ends, the cells change slowly",
        partial(blow_up, [0.4, 0.2], None),
        "run",
        SPACE,
    ),
    Entry(
        "blow-up-3d-model1",
        BLOW,
        "The same with the local kernel, whose rates nothing bounds: that cells go on is only conjectured.",
        "Largest density against time in space for the local kernel: the limit shoots up until its grid ends, the cells change slowly",
        partial(blow_up, [0.4, 0.2], None),
        "run",
        SPACE,
    ),
    Entry(
        "regularisations",
        BLOW,
        "Two ways to keep the limit from blowing up: ε of the kinetic equation, and Velázquez's drift u/(1 + ηu).",
        "Largest density at the end against ε of the cells and against η of the limit with saturating drift",
        regularisation,
        "ensemble",
        {
            "domain.grid": 64,
            "deposit.bandwidth": 0.0625,
            "time.step": 0.005,
            "ensemble.replicates": 4,
        },
    ),
    Entry(
        "two-signals",
        MANY,
        "Attraction and repulsion at once, a term of the kernel for each.",
        "Distances of density and both signals against ε on lines of slope 2",
        partial(orders, names=["rho", "S_food", "S_poison"]),
        "converge",
    ),
    Entry(
        "travelling-band",
        MANY,
        "A band that climbs what it eats and what it makes, with an exact profile and speed at every ε. Cells are seen through K_h, which rounds the tip.",
        "Density at three times on the exact profile, moved by its speed",
        travelling,
        "run",
    ),
    Entry(
        "ecoli-band",
        MANY,
        "Bacteria that eat aspartate in a channel, in physical units with published numbers: the band of the cells is a little behind that of the limit.",
        "Density along a channel at three times: a band that moves to the right, cells a little behind the dashed limit",
        band_of_bacteria,
        "run",
        {"cells.count": 20000, "time.end": "15 min", "time.outputs": ["5 min", "10 min", "15 min"]},
    ),
    Entry(
        "virus-ode",
        MANY,
        "q = p = 2: at every point the limit is May & Nowak's equations.",
        "Healthy cells, infected cells and virus against time, points on the curves of the equations",
        ode,
        sets={
            "ensemble.replicates": 8,
            "populations.healthy.cells.count": 30000,
            "time.end": 6,
            "time.outputs": [0, 1, 2, 3, 4, 5, 6],
        },
    ),
    Entry(
        "virus-threshold",
        MANY,
        "R₀ is a threshold: below 1 the infection dies out.",
        "Infected cells at the end against R0: zero below 1, on the curve of the equilibrium above",
        threshold,
    ),
    Entry(
        "virus-limit-1d",
        MANY,
        "q = p = 1: densities of healthy cells, infected cells and virus, and the cross-diffusion system.",
        "Three densities on a line: cells with intervals on the dashed curves of the limit",
        partial(beside, lines),
        sets={"ensemble.replicates": 16},
    ),
    Entry(
        "virus-limit-2d",
        MANY,
        "The same on a plane: the order of all three densities, without noise.",
        "Distances of three densities against ε on lines of slope 2",
        partial(orders, names=["rho_healthy", "rho_infected", "rho_virus"]),
        "converge",
    ),
    Entry(
        "virus-exponents",
        MANY,
        "What exponents above 1 remove: six populations, each with the order of what it lacks.",
        "Distances of six densities against ε, on lines of slopes 1 and 2",
        exponents,
        "converge",
    ),
    Entry(
        "virus-taxis",
        MANY,
        "Target cells that climb towards infected ones: a wave grows as linear theory says.",
        "Dispersion relation with the measured rate on it, and the growing wave on its exponential",
        taxis,
        sets={"ensemble.replicates": 4, "time.outputs": [i / 5 for i in range(7)]},
    ),
    Entry(
        "virus-invasion-2d",
        MANY,
        "A local infection spreads in healthy tissue.",
        "Map of infected cells, and cuts through all three populations on the limit",
        partial(beside, cut, shown="infected"),
        suffix="png",
        sets={"ensemble.replicates": 4, "populations.healthy.cells.count": 96000},
    ),
]
