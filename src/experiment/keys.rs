//! Every key of the experiment file. The strict reader, the JSON Schema and the template are made
//! from this table.

pub use super::kind::*;
use super::parameter::Parameter;
use crate::turning::KINDS;
use crate::verify::Claim;
use Fallback::{Derived, Required, Value};
use Kind::*;
use std::sync::LazyLock;

/// Sections in the order of the file, with what they are about.
pub const SECTIONS: &[(&str, &str)] = &[
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

/// Variables of what feels densities and signals; where there are several, their names, place and time.
pub const AROUND: Variables = &["rho", "S"];
const SPACE: Variables = &["x", "y", "z"];
const SPACE_TIME: Variables = &["x", "y", "z", "t"];
const FRACTION: Range = Range { low: -1.0, high: 1.0, open: false };
const SHARE: Range = Range { low: 0.0, high: 1.0, open: false };
const LEVEL: Range = Range { low: 0.5, high: 1.0, open: true };

/// The key with this path.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The table, in the order of the template. A key stands after the one that it depends on. Those of
/// a kernel stand with the kernel.
pub static KEYS: LazyLock<Vec<Key>> =
    LazyLock::new(|| [BEFORE, &kernel_keys(), AFTER, super::reactions::KEYS].concat());

/// The choice of the kernel, and the keys of each.
fn kernel_keys() -> Vec<Key> {
    let words: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
    let docs: Vec<String> = KINDS.iter().map(|k| format!("{}: {}", k.word, k.doc)).collect();
    let (words, doc) = (words.leak(), format!("{}.", docs.join("; ")).leak());
    let model = key("kernel.model", Choice(words), Required, doc).live("\"nonlocal\"");
    let own = KINDS.iter().flat_map(|kind| kind.keys);
    std::iter::once(model).chain(own.copied()).collect()
}

#[rustfmt::skip]
const BEFORE: &[Key] = &[
    key("title", Text, Value("\"\""), "One line about the experiment.")
        .live("\"Aggregation on a plane: a disk of cells that make their own signal\""),
    key("dimension", Integer(1, 3), Required, "Dimension d of space and velocity: 1, 2 or 3.")
        .live("2"),
    key("epsilon", Float(POSITIVE), Required,
        "Ratio of the microscopic to the macroscopic scale; a cell moves at v/epsilon and tumbles at a rate of order 1/epsilon^2.")
        .live("0.1"),
    key("seed", Integer(0, i64::MAX), Value("1"), "Seed of every random stream.").live("1"),

    key("motion", Choice(&["exact", "skip-ahead", "hybrid", "auto"]), Value("\"exact\""),
        "How cells fly: tumble by tumble; by free walks drawn at once between the events that depend on the signal, which has the same law; by kinetic-diffusion steps, whose cost does not grow as epsilon tends to 0 but which are biased by O(epsilon^2 + motion_step^2); or at each field step by the one that is predicted to cost least.")
        .sample("\"skip-ahead\""),
    key("motion_bias", Float(SHARE), Value("0.0"),
        "Relative bias of the drift up to which auto may take the hybrid, by an estimate; 0 leaves the two exact ways.")
        .sample("0.01").only("motion", &["auto"]),

    key("domain.lower", Vector(ANY), Required, "Lower corner of the box; a single number is repeated.")
        .live("-4.0"),
    key("domain.upper", Vector(ANY), Required, "Upper corner of the box.").live("4.0"),
    key("domain.grid", Sizes(4), Required, "Grid cells along each axis.").live("64"),
    key("domain.boundary", Choices(&["periodic", "no-flux", "open"]), Value("\"periodic\""),
        "What happens at the faces of the box, for cells and signal alike; open on all axes is the whole space, where the box has to hold the cells and their field is that of the unbounded space. Its grids are multiples of 8.")
        .live("\"no-flux\""),
    key("domain.leak", Float(SHARE), Value("1e-3"), "Share of the mass that may be outside the box before the run stops.")
        .sample("1e-3").only("domain.boundary", &["open"]),

    key("velocity.set", Choice(&["sphere", "ball", "shell"]), Value("\"sphere\""),
        "V: |v| = speed, |v| <= speed, or inner_speed <= |v| <= speed.").live("\"sphere\""),
    key("velocity.speed", Float(POSITIVE), Value("1.0"), "Largest speed s of a cell.").live("1.0"),
    key("velocity.inner_speed", Float(POSITIVE), Required, "Least speed, below velocity.speed.")
        .sample("0.5").only("velocity.set", &["shell"]),
    key("velocity.equilibrium", WordOrFormula("uniform", &["r"]), Value("\"uniform\""),
        "F up to normalisation, positive, as an expression in r = |v|.")
        .sample("\"exp(-r^2)\"").only("velocity.set", &["ball", "shell"]),
];

#[rustfmt::skip]
const AFTER: &[Key] = &[
    key("kernel.senses", Text, Derived("the only signal"),
        "The signal that the kernel senses, by name, or a weighted sum of several; S in its other keys is that.")
        .sample("\"food - 0.5*poison\""),
    key("kernel.q", Integer(1, 4), Value("1"),
        "q: cells tumble at the rate of the kernel over epsilon^(q+1). The limit keeps diffusion for q = 1 alone.").sample("2"),
    key("kernel.p", Integer(1, 4), Value("1"),
        "p: epsilon^p stands for epsilon in the kernel. The limit keeps drift for p = 1 alone.").sample("2"),
    key("kernel.negative", Choice(&["count", "refuse"]), Value("\"count\""),
        "What is done where T < 0: counted and reported, or the run stops.").sample("\"count\""),
    key("kernel.bound", Float(POSITIVE), Derived("computed from the kernel and S"),
        "Upper bound on T/F, in place of the computed one; every evaluation is checked against it.").sample("2.0"),

    key("signal.equation", Choice(&["none", "prescribed", "parabolic", "elliptic", "density"]), Value("\"none\""),
        "S = 0; S(x, t) given; delta dS/dt = diffusion Lap S + production rho - decay S; 0 = the same right side (mean-free if decay = 0, except in the whole space); or S = rho as it is deposited.")
        .live("\"parabolic\""),
    key("signal.expression", Formula(SPACE_TIME), Required, "S(x, t).")
        .sample("\"cos(x)*exp(-t)\"").only("signal.equation", &["prescribed"]),
    key("signal.diffusion", Float(POSITIVE), Value("1.0"), "Diffusion coefficient of S.")
        .live("1.0").only("signal.equation", &["parabolic", "elliptic"]),
    key("signal.production", Quantity(NONNEGATIVE, AROUND), Value("1.0"),
        "Production of S per unit of cell mass; if parabolic, it may depend on rho and S.")
        .live("1.0").only("signal.equation", &["parabolic", "elliptic"]),
    key("signal.decay", Quantity(NONNEGATIVE, AROUND), Value("0.0"),
        "Decay rate of S; if parabolic, it may depend on rho and S, as in consumption, \"rho\".")
        .live("0.1").only("signal.equation", &["parabolic", "elliptic"]),
    key("signal.source", Quantity(ANY, AROUND), Value("0.0"),
        "What else is made of S per volume and time, and not by cells.")
        .sample("\"1 - S\"").only("signal.equation", &["parabolic"]),
    key("signal.delta", Float(POSITIVE), Value("1.0"),
        "delta, how slowly S follows: as it vanishes, S becomes that of the elliptic equation.")
        .sample("0.01").only("signal.equation", &["parabolic"]),
    key("signal.initial", Quantity(ANY, SPACE), Value("0.0"), "S(x, 0).")
        .sample("0.0").only("signal.equation", &["parabolic"]),

    key("signal.producers", Texts, Derived("all populations"),
        "The populations whose densities are rho in the equation of S, together.")
        .sample("[\"cells\"]").only("signal.equation", &["parabolic", "elliptic", "density"]),

    key("cells.count", Integer(0, i64::MAX), Derived("cells.mass/cells.weight"), "Number of cells of one replicate at t = 0.").live("20000"),
    key("cells.weight", Float(POSITIVE), Derived("cells.mass/cells.count"), "Mass of one cell, in the place of their number or of the total mass.")
        .sample("1e-4"),
    key("cells.least", Integer(1, i64::MAX), Derived("none"),
        "Where deaths leave fewer cells, each becomes two of half its weight.").sample("1000"),
    key("cells.most", Integer(2, i64::MAX), Derived("none"),
        "Where births make more cells, two become one of twice the weight.").sample("100000"),
    key("cells.mass", Float(POSITIVE), Derived("1; for an expression, its integral as it stands"),
        "Total mass M, the integral of rho.").live("20.0"),
    key("cells.mean_velocity", Vector(ANY), Value("0.0"),
        "Mean m of v at t = 0: f0 = rho F(v)(1 + d m.v/<|v|^2>), which must not be negative.").sample("0.0"),
    key("cells.stratified", Flag, Value("true"), "Stratify the initial positions over the grid.").sample("true"),
    key("cells.antithetic", Flag, Value("false"),
        "Cells in pairs that start together and fly with mirrored randomness: the law of a cell is the same, noise odd in v cancels; the cells of a pair are not independent.")
        .sample("false"),
    key("cells.growth", Quantity(ANY, AROUND), Value("0.0"),
        "r, births (r > 0) or deaths (r < 0) of a cell per unit of time: (df/dt)_bd = r(rho, S) f. A daughter starts with her mother's place and velocity.")
        .sample("\"1 - rho\""),
    key("cells.density.shape",
        Choice(&["uniform", "point", "gaussian", "ball", "ring", "cosine", "expression"]), Value("\"uniform\""),
        "1; all cells at center; exp(-|x-c|^2/2w^2); 1 where |x-c| < radius; exp(-(|x-c|-radius)^2/2w^2); 1 + amplitude prod cos(2 pi m (x-lower)/L), pi at no-flux; or an expression.")
        .live("\"gaussian\""),
    key("cells.density.grid", Sizes(4), Derived("domain.grid"),
        "Cells along each axis of the grid from which positions are drawn; refine it for a steep density.")
        .sample("128"),
    key("cells.density.center", Vector(ANY), Derived("the centre of the box"), "c, inside the box.")
        .sample("0.0").only("cells.density.shape", &["point", "gaussian", "ball", "ring"]),
    key("cells.density.width", Float(POSITIVE), Required, "w, standard deviation.")
        .live("0.8").only("cells.density.shape", &["gaussian", "ring"]),
    key("cells.density.radius", Float(POSITIVE), Required, "Radius of the ball or ring.")
        .sample("1.0").only("cells.density.shape", &["ball", "ring"]),
    key("cells.density.amplitude", Float(FRACTION), Required, "Amplitude of the cosine, from -1 to 1.")
        .sample("0.5").only("cells.density.shape", &["cosine"]),
    key("cells.density.mode", Sizes(0), Value("1"), "m, half-waves (no-flux) or waves (periodic) along each axis.")
        .sample("1").only("cells.density.shape", &["cosine"]),
    key("cells.density.expression", Formula(SPACE), Required, "rho(x, 0), nowhere negative.")
        .sample("\"exp(-x^2)\"").only("cells.density.shape", &["expression"]),

    key("deposit.bandwidth", Float(POSITIVE), Derived("1.5 grid spacings, at most a quarter of the shortest edge of the box"),
        "h, standard deviation of the kernel that makes a density of the cells; from the largest grid spacing to a quarter of the shortest edge.")
        .sample("0.2"),
    key("deposit.order", Among(&[2, 4, 6]), Value("2"), "Order of the kernel in h: 2 (Gaussian), 4 or 6.").sample("2"),

    key("time.end", Float(POSITIVE), Required, "Final time.").live("2.0"),
    key("time.step", Float(POSITIVE), Required, "Largest field step, at most time.end; shortened to hit the output times.")
        .live("0.01"),
    key("time.outputs", Floats(NONNEGATIVE), Derived("[time.end]"), "Output times from 0 to time.end, which is always one of them.")
        .live("[0.0, 0.5, 1.0, 1.5, 2.0]"),

    key("time.motion_step", Float(POSITIVE), Derived("time.step"),
        "Longest step of the hybrid, which cuts a field step into equal ones; its bias is O(motion_step^2).")
        .sample("0.01").only("motion", &["hybrid", "auto"]),

    key("limit.grid", Sizes(4), Derived("domain.grid"), "Grid cells along each axis.").sample("128"),
    key("limit.step", Float(POSITIVE), Derived("time.step"), "Largest time step.").sample("0.005"),

    key("limit.mobility", Choice(&["linear", "saturating", "volume-filling"]), Value("\"linear\""),
        "G in the drift chi G(rho) grad S of the macroscopic equation: rho, the limit of the cells; rho/(1 + saturation rho), Velazquez's regularisation; or rho (1 - rho/full). Only `kinetaxis limit` takes the last two.")
        .sample("\"linear\""),
    key("limit.saturation", Float(POSITIVE), Required, "Velazquez's epsilon: G(rho) = Q(epsilon rho)/epsilon, Q(x) = x/(1+x).")
        .sample("0.01").only("limit.mobility", &["saturating"]),
    key("limit.full", Float(POSITIVE), Required, "The density at which space is full and drift ends.")
        .sample("10.0").only("limit.mobility", &["volume-filling"]),

    key("ensemble.replicates", Integer(2, i64::MAX), Value("16"), "Number of replicates.").sample("16"),
    key("ensemble.confidence", Float(LEVEL), Value("0.95"), "Level of the confidence intervals.").sample("0.95"),

    key("converge.epsilons", Floats(POSITIVE), Derived("[4, 2 sqrt 2, 2, sqrt 2] epsilon"),
        "The values of epsilon, at least 2, all different.").sample("[0.4, 0.28, 0.2, 0.14]"),
    key("converge.in", Choice(Parameter::WORDS), Value("\"epsilon\""),
        "What the sweep varies, also converge --in: epsilon, compared with the limit; signal.delta, compared with the elliptic signal; or a resolution, compared with the next finer one: cells.count with twice of it, domain.grid with twice of it, time.step with half of it, deposit.bandwidth with 1/sqrt 2 of it.")
        .sample("\"delta\""),
    key("converge.values", Floats(POSITIVE),
        Derived("delta, cells, step: [1, 1/2, 1/4, 1/8] of the experiment's; grid: [1, 3/2, 2] of it, or [1, 2, 3]; bandwidth: [2 sqrt 2, 2, sqrt 2, 1] of it, as far as the box allows"),
        "The values of another parameter than epsilon, at least 2, all different; of the grid, cells along the first axis, the others in proportion. Values of the file hold for its own converge.in.")
        .sample("[0.08, 0.04, 0.02]").only("converge.in", &["delta", "cells", "grid", "step", "bandwidth"]),
    key("converge.replicates", Integer(4, i64::MAX), Derived("ensemble.replicates, at least 4"), "Replicates at each value.")
        .sample("16"),
    key("converge.cells", Integers(1), Derived("cells.count"), "Cells of one replicate, the same or one number for each epsilon; other sweeps take cells.count.")
        .sample("20000"),
    key("converge.test_functions", Formulas(SPACE), Derived("the lowest waves of the box along each axis"),
        "Test functions phi(x) of the weak errors (1/|box|) int (rho_epsilon - rho_0) phi dx.")
        .sample("[\"cos(x)\"]"),
    key("converge.budget_replicates", Integer(0, i64::MAX), Value("0"),
        "Replicates of each paired run of the error budget of a sweep in epsilon: 0 for none, or at least 4.").sample("8"),
    key("converge.noise_free", Flag, Value("false"),
        "Whether to solve the kinetic equation on the grid as well: distances without noise, to compare the cells with.")
        .sample("true"),

    key("output.cells_at", Floats(NONNEGATIVE), Value("[]"), "Times from 0 to time.end at which every cell is written.")
        .sample("[2.0]"),
    key("output.knn", Integer(0, i64::MAX), Value("0"),
        "k for which run writes the adaptive density beside that with the fixed bandwidth: the bandwidth of each cell comes from the distance to its k-th neighbour, the noise is about 1.2/sqrt(k) of the density; 0 for none.")
        .sample("50"),

    key("verify.claims", Words(&Claim::WORDS), Value("[]"),
        "What `kinetaxis verify` weighs: the orders of the sweep, and in epsilon that J and r are bounded (order), D and chi against the integral equations (coefficients), mass, centre and spread of the cells (moments), the virial identity of the plane, a limit that blows up while the cells do not, the saturating drift that has the largest density of the kinetic equation (regularisation).")
        .sample("[\"order\"]"),
    key("verify.source", Text, Value("\"\""), "Where the claims are made.").sample("\"CMPS Theorem 3\""),
    key("verify.quick", Texts, Value("[]"), "Changes of keys for `kinetaxis verify --quick`, as of --set.")
        .sample("[\"cells.count=1000\"]"),
];
