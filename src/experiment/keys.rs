//! Every key of the experiment file: those of each room, and here those of the experiment as a whole. The strict
//! reader, the JSON Schema and the template are made from this table.

use super::claim::Claim;
use super::format::Format;
use super::parameter::Parameter;
use crate::schema::{
    ANY, DENSITY,
    Fallback::{Derived, Required, Value},
    Group, Key,
    Kind::*,
    LENGTH, NONNEGATIVE, NUMBER, POSITIVE, Range, SPACE, Scale, TIME, Table, key,
};
use crate::{cells, growth, motion, reaction, signal, turning, velocity};
use std::sync::LazyLock;

/// Sections in the order of the file, with what they are about.
const SECTIONS: &[(&str, &str)] = &[
    (
        "units",
        "What one unit of the file is. With it, any number may be given as a text with its own unit, as in \"22 um/s\"; plain numbers are in units of the file.",
    ),
    ("domain", "The box and its grid."),
    ("velocity", "The set V of velocities and the equilibrium F."),
    ("kernel", "The turning kernel T[S]."),
    ("signal", "The equation for the chemical S."),
    ("cells", "The cells at t = 0."),
    ("cells.density", "The initial density, up to normalisation."),
    ("deposit", "Kernel density estimate of the cells."),
    ("time", "Final time, field step, output times."),
    ("limit", "Resolution of the macroscopic equation."),
    ("ensemble", "Replicates and confidence intervals."),
    ("converge", "The sweep, in epsilon or another parameter."),
    ("output", "What is written besides the standard files."),
    (
        "reactions",
        "One section for each reaction, [reactions.NAME]: what happens to whom, at which rate.",
    ),
    ("verify", "The claims that `kinetaxis verify` weighs."),
];

const SHARE: Range = Range { low: 0.0, high: 1.0, open: false };
const LEVEL: Range = Range { low: 0.5, high: 1.0, open: true };

/// Sections of a population.
pub(super) const OF_POPULATION: [&str; 4] = ["velocity", "kernel", "cells", "deposit"];

/// What there may be several of.
const GROUPS: &[Group] = &[
    Group {
        name: "populations",
        doc: "Several populations, [populations.NAME], each with sections of its own. What a section of that name says at the top holds for all.",
        keys_of: None,
        without: &[],
        sections: &OF_POPULATION,
        groups: &[TERMS],
    },
    TERMS,
    Group {
        name: "signals",
        doc: "Several signals, [signals.NAME], with the keys of [signal].",
        keys_of: Some("signal"),
        without: &[],
        sections: &[],
        groups: &[],
    },
    Group {
        name: "reactions",
        doc: "The reactions, [reactions.NAME]: what happens to whom, at which rate.",
        keys_of: Some("reactions"),
        without: &[],
        sections: &[],
        groups: &[],
    },
];

/// Keys of a kernel that hold for the sum of its terms.
pub(super) const OF_SUM: [&str; 4] = ["q", "p", "negative", "bound"];

const TERMS: Group = Group {
    name: "terms",
    doc: "Further terms of the kernel, [terms.NAME] or [populations.NAME.terms.NAME], with the keys of [kernel].",
    keys_of: Some("kernel"),
    without: &OF_SUM,
    sections: &[],
    groups: &[],
};

/// The table. In each section the keys stand in the order of these.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let keys = [
        TOP,
        UNITS,
        DOMAIN,
        velocity::KEYS,
        &turning::keys(),
        signal::KEYS,
        cells::KEYS,
        growth::KEYS,
        WHOLE,
        motion::KEYS,
        reaction::KEYS,
    ];
    Table::new(SECTIONS, GROUPS, &keys)
});

#[rustfmt::skip]
const TOP: &[Key] = &[
    key("title", Text, Value("\"\""), "One line about the experiment.")
        .live("\"Aggregation on a plane: a disk of cells that make their own signal\""),
    key("dimension", Integer(1, 3), Required, "Dimension d of space and velocity: 1, 2 or 3.")
        .live("2"),
    key("epsilon", Float(POSITIVE), Derived("of the slowest tumble rate that kernel.lambda gives with a unit, so that its number is 1; else required"),
        "Ratio of the microscopic to the macroscopic scale; a cell moves at v/epsilon and tumbles at a rate of order 1/epsilon^2.").plain()
        .live("0.1"),
    key("seed", Integer(0, i64::MAX), Value("1"), "Seed of every random stream.").live("1"),
];

#[rustfmt::skip]
const UNITS: &[Key] = &[
    key("units.length", Unit(Scale::Length), Derived("none"), "What one unit of length is.").sample("\"1 mm\""),
    key("units.time", Unit(Scale::Time), Derived("none"), "What one unit of time is.").sample("\"10 min\""),
    key("units.concentration", Unit(Scale::Concentration), Derived("none"),
        "What one unit of the signals is; \"1\" if they are plain numbers. A signal that is a density has that of the density.")
        .sample("\"1 uM\""),
    key("units.mass", Unit(Scale::Mass), Derived("none"),
        "What one unit of cells.mass is, over length^dimension that of the density: cells, or cells per area of the section where space is one axis of a channel.")
        .sample("\"1e5 cells\""),
];

#[rustfmt::skip]
const DOMAIN: &[Key] = &[
    key("domain.lower", Vector(ANY), Required, "Lower corner of the box; a single number is repeated.").of(LENGTH)
        .live("-4.0"),
    key("domain.upper", Vector(ANY), Required, "Upper corner of the box.").of(LENGTH).live("4.0"),
    key("domain.grid", Sizes(4), Required, "Grid cells along each axis.").live("64"),
    key("domain.boundary", Choices(&["periodic", "no-flux", "open"]), Value("\"periodic\""),
        "What happens at the faces of the box, for cells and signal alike; open on all axes is the whole space, where the box has to hold the cells and their field is that of the unbounded space. Its grids are multiples of 8.")
        .live("\"no-flux\""),
    key("domain.leak", Float(SHARE), Value("1e-3"), "Share of the mass that may be outside the box before the run stops.").plain()
        .sample("1e-3").only("domain.boundary", &["open"]),

];

#[rustfmt::skip]
const WHOLE: &[Key] = &[
    key("time.end", Float(POSITIVE), Required, "Final time.").of(TIME).live("2.0"),
    key("time.step", Float(POSITIVE), Required, "Largest field step, at most time.end; shortened to hit the output times.").of(TIME)
        .live("0.01"),
    key("time.outputs", Floats(NONNEGATIVE), Derived("[time.end]"), "Output times from 0 to time.end, which is always one of them.").of(TIME)
        .live("[0.0, 0.5, 1.0, 1.5, 2.0]"),

    key("limit.grid", Sizes(4), Derived("domain.grid"), "Grid cells along each axis.").sample("128"),
    key("limit.step", Float(POSITIVE), Derived("time.step"), "Largest time step.").of(TIME).sample("0.005"),

    key("limit.mobility", Choice(&["linear", "saturating", "volume-filling"]), Value("\"linear\""),
        "G in the drift chi G(rho) grad S of the macroscopic equation: rho, the limit of the cells; rho/(1 + saturation rho), Velazquez's regularisation; or rho (1 - rho/full). Only `kinetaxis limit` takes the last two.")
        .sample("\"linear\""),
    key("limit.saturation", Float(POSITIVE), Required, "Velazquez's epsilon: G(rho) = Q(epsilon rho)/epsilon, Q(x) = x/(1+x).").of(NUMBER.over(DENSITY))
        .sample("0.01").only("limit.mobility", &["saturating"]),
    key("limit.full", Float(POSITIVE), Required, "The density at which space is full and drift ends.").of(DENSITY)
        .sample("10.0").only("limit.mobility", &["volume-filling"]),

    key("ensemble.replicates", Integer(2, i64::MAX), Value("16"), "Number of replicates.").sample("16"),
    key("ensemble.confidence", Float(LEVEL), Value("0.95"), "Level of the confidence intervals.").plain().sample("0.95"),

    key("converge.epsilons", Floats(POSITIVE), Derived("[4, 2 sqrt 2, 2, sqrt 2] epsilon"),
        "The values of epsilon, at least 2, all different.").plain().sample("[0.4, 0.28, 0.2, 0.14]"),
    key("converge.in", Choice(Parameter::WORDS), Value("\"epsilon\""),
        "What the sweep varies, also converge --in: epsilon, compared with the limit; signal.delta, compared with the elliptic signal; or a resolution, compared with the next finer one: cells.count with twice of it, domain.grid with twice of it, time.step with half of it, deposit.bandwidth with 1/sqrt 2 of it.")
        .sample("\"delta\""),
    key("converge.values", Floats(POSITIVE),
        Derived("delta, cells, step: [1, 1/2, 1/4, 1/8] of the experiment's; grid: [1, 3/2, 2] of it, or [1, 2, 3]; bandwidth: [2 sqrt 2, 2, sqrt 2, 1] of it, as far as the box allows"),
        "The values of another parameter than epsilon, at least 2, all different; of the grid, cells along the first axis, the others in proportion. Values of the file hold for its own converge.in.").of_each("converge.in", &[("step", TIME), ("bandwidth", LENGTH)], NUMBER)
        .sample("[0.08, 0.04, 0.02]").only("converge.in", &["delta", "cells", "grid", "step", "bandwidth"]).with("converge.in"),
    key("converge.replicates", Integer(4, i64::MAX), Derived("ensemble.replicates, at least 4"), "Replicates at each value.")
        .sample("16"),
    key("converge.cells", Integers(1), Derived("cells.count"), "Cells of one replicate, the same or one number for each epsilon; other sweeps take cells.count.")
        .sample("20000"),
    key("converge.test_functions", Formulas(SPACE), Derived("the lowest waves of the box along each axis"),
        "Test functions phi(x) of the weak errors (1/|box|) int (rho_epsilon - rho_0) phi dx.").plain()
        .sample("[\"cos(x)\"]"),
    key("converge.budget_replicates", Integer(0, i64::MAX), Value("0"),
        "Replicates of each paired run of the error budget of a sweep in epsilon: 0 for none, or at least 4.").sample("8"),
    key("converge.noise_free", Flag, Value("false"),
        "Whether to solve the kinetic equation on the grid as well: distances without noise, to compare the cells with.")
        .sample("true"),

    key("output.formats", Words(&Format::WORDS), Value("[\"csv\"]"),
        "Formats of the tables: csv; npz, arrays of numpy; vtk, fields (.vti) and cells (.vtp) for ParaView; parquet, if the program was built with that feature.")
        .sample("[\"csv\", \"npz\"]"),
    key("output.cells_at", Floats(NONNEGATIVE), Value("[]"), "Times from 0 to time.end at which every cell is written.").of(TIME)
        .sample("[2.0]"),
    key("output.knn", Integer(0, i64::MAX), Value("0"),
        "k for which run writes the adaptive density beside that with the fixed bandwidth: the bandwidth of each cell comes from the distance to its k-th neighbour, the noise is about 1.2/sqrt(k) of the density; 0 for none.")
        .sample("50"),

    key("verify.claims", Words(&Claim::WORDS), Value("[]"),
        "What `kinetaxis verify` weighs: the orders of the sweep, and in epsilon that J and r are bounded (order), D and chi against the integral equations (coefficients), mass, centre and spread of the cells of every population (moments), the virial identity of the plane, a limit that blows up while the cells do not, the saturating drift that has the largest density of the kinetic equation (regularisation), that homogeneous data follow the ODE of the reactions, that R0 = 1 is a threshold of May and Nowak's reactions, the speed of a band, how fast populations that spread take up space (front), the growth of small waves (stability).")
        .sample("[\"order\"]"),
    key("verify.source", Text, Value("\"\""), "Where the claims are made.").sample("\"CMPS Theorem 3\""),
    key("verify.speed", Float(POSITIVE), Derived("none"), "The exact speed of the band, for the claim of speed.").of(LENGTH.over(TIME)).sample("0.7235"),
    key("verify.quick", Texts, Value("[]"), "Changes of keys for `kinetaxis verify --quick`, as of --set.")
        .sample("[\"cells.count=1000\"]"),
    key("verify.by_cells", Texts, Value("[]"), "Changes of keys, as of --set, with which the claim of order is weighed once more: by cells, where the file's own sweep is without noise. Not with --quick.")
        .sample("[\"converge.noise_free=false\"]"),
];
