//! The kinetic equation and its stated error against discrete ordinates of another make
//! (`common/ordinates.rs`).

use crate::common::ordinates::{Model, Ordinates};
use crate::common::slab::{Slab, difference, fourier, norm};
use kinetaxis::experiment::read;
use kinetaxis::kinetic::{KineticSolver, Resolution};
use kinetaxis::study::{Monitor, Sweep, converge};
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

/// V, a model, a signal and a grid along x; four grid cells across.
#[derive(Clone, Copy)]
struct Case {
    dimension: usize,
    set: &'static str,
    local: bool,
    coupled: bool,
    nodes: usize,
    step: f64,
}

const INNER: f64 = 0.4;

impl Case {
    /// μ.
    fn measure(&self) -> f64 {
        let ball = [2.0, PI, 4.0 * PI / 3.0][self.dimension - 1];
        match self.set {
            "sphere" => [2.0, 2.0 * PI, 4.0 * PI][self.dimension - 1],
            "ball" => ball,
            _ => ball * (1.0 - INNER.powi(self.dimension as i32)),
        }
    }

    fn oracle(&self) -> Ordinates {
        Ordinates {
            dimension: self.dimension as i32,
            speeds: match self.set {
                "sphere" => [1.0, 1.0],
                "ball" => [0.0, 1.0],
                _ => [INNER, 1.0],
            },
            model: match self.local {
                true => Model::Local([1.0, 0.5, 0.7]),
                false => Model::NonLocal([0.6, 0.9, 0.4, 0.7]),
            },
            coupled: self.coupled,
            bandwidth: self.spacing(),
            modes: 20,
            cosines: 10,
        }
    }

    /// The grid spacing, which is the bandwidth too; the box is four wide in y and z.
    fn spacing(&self) -> f64 {
        2.0 * PI / self.nodes as f64
    }

    fn text(&self, epsilons: &[f64]) -> String {
        let (d, mu) = (self.dimension, self.measure());
        let across = |first: &str, other: &str| [first, other, other][..d].join(", ");
        let inner = if self.set == "shell" { ", inner_speed = 0.4" } else { "" };
        let kernel = match self.local {
            true => {
                format!("model = \"local\", lambda = 1, a = {:?}, b = {:?}", 0.5 / mu, 0.7 / mu)
            }
            false => format!(
                "model = \"nonlocal\", psi = \"linear\", c1 = 0.4, c2 = 0.7, alpha_plus = {:?}, alpha_minus = {:?}",
                0.6 / mu,
                0.9 / mu
            ),
        };
        let signal = match self.coupled {
            true => "equation = \"elliptic\", decay = 1",
            false => "equation = \"prescribed\", expression = \"cos(x)\"",
        };
        format!(
            "dimension = {d}\nepsilon = 0.1
            domain = {{ lower = 0, upper = [{}], grid = [{}] }}
            velocity = {{ set = \"{}\", speed = 1{inner} }}\nkernel = {{ {kernel} }}\nsignal = {{ {signal} }}
            cells = {{ count = 50, density = {{ shape = \"expression\", expression = \"1 + 0.5*cos(x) + 0.2*sin(2*x)\" }} }}
            deposit = {{ bandwidth = {:?}, order = 6 }}
            time = {{ end = 1, step = {} }}\nlimit.step = 0.01
            converge = {{ epsilons = {epsilons:?}, replicates = 4, noise_free = true, budget_replicates = 0, test_functions = [\"sin(2*x)\", \"cos(x)\"] }}",
            across("\"2*PI\"", &format!("{:?}", 4.0 * self.spacing())),
            across(&self.nodes.to_string(), "4"),
            self.set,
            self.spacing(),
            self.step,
        )
    }

    /// (ε, norm, truth, stated) of the distance of ρ in L² and against both test functions.
    fn beside(&self, epsilons: &[f64]) -> Vec<(f64, &'static str, f64, [f64; 2])> {
        self.judged(&self.text(epsilons), epsilons)
    }

    /// The same by the sweep of this text.
    fn judged(&self, text: &str, epsilons: &[f64]) -> Vec<(f64, &'static str, f64, [f64; 2])> {
        let oracle = self.oracle();
        let sweep = match self.dimension {
            1 => sweep::<1>(text),
            2 => sweep::<2>(text),
            _ => sweep::<3>(text),
        };
        let limit = oracle.limit(1.0);
        let mut all = Vec::new();
        for epsilon in epsilons {
            let error = difference(&oracle.kinetic(*epsilon, 1.0), &limit);
            let width = (4.0 * self.spacing()).powi(self.dimension as i32 - 1);
            for (name, truth) in [
                ("L2", width.sqrt() * norm(&oracle.mollified(&error))),
                ("weak:sin(2*x)", fourier(&error, 2).1),
                ("weak:cos(x)", fourier(&error, 1).0),
            ] {
                let of = |r: &&kinetaxis::study::ErrorRow| {
                    r.value == *epsilon && r.quantity.name() == "rho" && r.norm == name
                };
                let error = sweep.rows.iter().find(of).unwrap().error;
                all.push((*epsilon, name, truth, [error.low, error.high]));
            }
        }
        all
    }
}

/// The sweep of an experiment by the equation.
fn sweep<const D: usize>(text: &str) -> Sweep {
    let e = read(text, "slab.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    let sweep = converge::<D>(&e, None, &monitor).unwrap().main;
    assert_eq!(sweep.method, "kinetic equation");
    sweep
}

/// The oracle is the P_N solution of `slab.rs` where both know the case.
#[test]
fn ordinates_are_the_moments() {
    let slab = Slab { modes: 20, ..Slab::default() };
    let model = Model::Local([1.0, 1.0, 1.0]);
    let mine = Ordinates {
        dimension: 2,
        speeds: [1.0; 2],
        model,
        coupled: true,
        bandwidth: 0.0,
        modes: 20,
        cosines: 12,
    };
    let off = difference(&mine.kinetic(0.2, 1.0), &slab.kinetic(0.2, 1.0));
    assert!(norm(&off) < 1e-9, "{:e}", norm(&off));
    assert!(norm(&difference(&mine.limit(1.0), &slab.limit(1.0))) < 1e-9);
}

/// What either reference may be off by.
const ORACLE: f64 = 2e-9;

/// The truth lies in the interval, which is narrow beside it.
fn holds(name: &str, truth: f64, [low, high]: [f64; 2], width: f64) {
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    println!("{name}: {truth:.5e}, {middle:.5e} ± {half:.1e}, off by {:.1e}", middle - truth);
    assert!((middle - truth).abs() < half + ORACLE, "{name}: {middle:e} ± {half:e} for {truth:e}");
    assert!(half < width, "{name}: ± {half:e} of {truth:e} says nothing");
}

const BASE: Case =
    Case { dimension: 1, set: "sphere", local: true, coupled: true, nodes: 24, step: 0.05 };

/// Every V, both models, one to three dimensions, S given and S that answers. Without its step, grid or
/// limit the interval would be too short by factors: see the two tests below.
#[test]
fn the_truth_lies_within_the_stated_error() {
    for case in [
        BASE,
        Case { set: "shell", ..BASE },
        Case { set: "ball", local: false, ..BASE },
        Case { dimension: 2, nodes: 26, ..BASE },
        Case { dimension: 2, nodes: 26, local: false, step: 0.1, ..BASE },
        Case { dimension: 3, nodes: 26, coupled: false, ..BASE },
    ] {
        let mut size = 0.0;
        for (epsilon, norm, truth, stated) in case.beside(&[0.2, 0.1]) {
            let name = format!("d = {}, {}, {epsilon}, {norm}", case.dimension, case.set);
            // A weak error may be next to none: how narrow its interval is, the distance tells.
            size = if norm == "L2" { truth } else { size };
            holds(&name, truth, stated, 0.01 * size);
        }
    }
}

/// Both models at small ε, on a coarse grid, which keeps it to minutes.
fn small_epsilons(set: &'static str, dimension: usize, coupled: bool) {
    for local in [true, false] {
        let case = Case { dimension, set, local, coupled, nodes: 16, ..BASE };
        let mut size = 0.0;
        for (epsilon, norm, truth, stated) in case.beside(&[0.05, 0.025]) {
            size = if norm == "L2" { truth } else { size };
            holds(&format!("{set}, {local}, {epsilon}, {norm}"), truth, stated, size);
        }
    }
}

#[test]
#[ignore = "minutes"]
fn small_epsilons_in_the_plane() {
    ["sphere", "ball", "shell"].iter().for_each(|set| small_epsilons(set, 2, true));
}

#[test]
#[ignore = "a minute or two"]
fn small_epsilons_on_a_sphere() {
    small_epsilons("sphere", 3, false);
}

#[test]
#[ignore = "some ten minutes"]
fn small_epsilons_in_a_ball() {
    small_epsilons("ball", 3, false);
}

#[test]
#[ignore = "some ten minutes"]
fn small_epsilons_in_a_shell() {
    small_epsilons("shell", 3, false);
}

/// A grid that is too coarse: S is given, so that no step and, with two velocities, no ordinate counts. An
/// interval without the grid would be the limit's step alone, 10⁻⁹.
#[test]
fn a_coarse_grid_is_in_the_stated_error() {
    let case = Case { coupled: false, nodes: 12, ..BASE };
    let mut off = 0.0_f64;
    for (epsilon, norm, truth, [low, high]) in case.beside(&[0.2, 0.1]) {
        holds(&format!("{epsilon}, {norm}"), truth, [low, high], truth.abs());
        off = off.max((0.5 * (low + high) / truth - 1.0).abs());
    }
    // More than the references may be off by.
    assert!(off > 5e-7, "the grid is too good to be seen: {off:e}");
}

/// Steps that are too long, on a grid that is fine.
#[test]
fn a_long_step_is_in_the_stated_error() {
    let mut off = 0.0_f64;
    let case = Case { step: 1.0, ..BASE };
    for (epsilon, norm, truth, [low, high]) in case.beside(&[0.2, 0.1]) {
        holds(&format!("{epsilon}, {norm}"), truth, [low, high], truth.abs());
        off = off.max((0.5 * (low + high) / truth - 1.0).abs());
    }
    assert!(off > 1e-4, "the step is too short to be seen: {off:e}");
}

/// A limit that is far worse than the equation: its steps are as long as its outputs let them, so that
/// twice as long ones are the same; or its grid is coarse.
#[test]
fn a_poor_limit_is_in_the_stated_error() {
    let text = BASE.text(&[0.2, 0.1]);
    let good = BASE.judged(&text, &[0.2, 0.1]);
    let outputs = text
        .replace("limit.step = 0.01", "limit.step = 1")
        .replace("time = { end = 1,", "time = { end = 1, outputs = [0.5, 1],");
    let grid = text.replace("limit.step", "limit.grid = 8\nlimit.step");
    for (cause, text) in [("outputs", outputs), ("grid", grid)] {
        let poor = BASE.judged(&text, &[0.2, 0.1]);
        for ((epsilon, norm, truth, [low, high]), (.., good)) in poor.into_iter().zip(&good) {
            holds(&format!("{cause}, {epsilon}, {norm}"), truth, [low, high], f64::INFINITY);
            let off = 0.5 * (low + high) - truth;
            let of_equation = 0.5 * (good[1] - good[0]);
            assert!(norm != "L2" || off.abs() > 2.0 * of_equation, "the limit is good: {off:e}");
        }
    }
}

/// ρ at the nodes along x at t = 1, on a circle or sphere.
fn density<const D: usize>(text: &str, resolution: Resolution) -> Vec<f64> {
    let e = read(text, "slab.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let model = kinetaxis::model::Model::<D>::new(&e).unwrap();
    let mut solver = KineticSolver::new(&model, resolution);
    assert!(solver.run(1.0, &AtomicBool::new(false), &|_| {}));
    solver.density(0).iter().copied().step_by(4_usize.pow(D as u32 - 1)).collect()
}

/// The largest of |u|.
fn largest(u: &[f64]) -> f64 {
    u.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

/// S is given, so that only its sensing and the grid matter. Through the cells' spline, with a gradient
/// short by (κΔx)²/24, ρ would be off by 3·10⁻³ on 16 nodes and 7·10⁻⁴ on 32, at every ε.
#[test]
fn sensing_at_the_nodes_leaves_no_offset() {
    for local in [true, false] {
        for epsilon in [0.1, 0.025] {
            let off = |nodes: usize| {
                let case = Case { coupled: false, local, nodes, ..BASE };
                let text = case
                    .text(&[0.2, 0.1])
                    .replace("epsilon = 0.1", &format!("epsilon = {epsilon}"));
                let rho = density::<1>(&text, Resolution { angles: 4, step: 1.0 });
                let exact = Ordinates { modes: nodes, ..case.oracle() }.kinetic(epsilon, 1.0);
                let exact: Vec<f64> = exact.into_iter().step_by(2).collect();
                largest(&difference(&rho, &exact))
            };
            let [coarse, fine] = [off(16), off(32)];
            println!("ε = {epsilon}: {coarse:.1e}, {fine:.1e}");
            assert!(coarse < 1e-5 && fine < 1e-8, "{epsilon}: {coarse:e} {fine:e}");
        }
    }
}

/// The largest |ρ_ε − ρ₀| on the sphere at ε = 0.025 is 9.99·10⁻⁵, from a solution of another make.
#[test]
fn the_published_distance_on_a_sphere() {
    let case = Case { dimension: 3, coupled: false, nodes: 32, ..BASE };
    let mu = 4.0 * PI;
    let text = (case.text(&[0.2, 0.1]).replace("epsilon = 0.1", "epsilon = 0.025"))
        .replace(&format!("b = {:?}", 0.7 / mu), &format!("b = {:?}", 0.5 / mu));
    let rho = density::<3>(&text, Resolution { angles: 8, step: 1.0 });
    let oracle = Ordinates { model: Model::Local([1.0, 0.5, 0.5]), modes: 16, ..case.oracle() };
    let error = difference(&rho, &oracle.limit(1.0));
    // That was the largest of 96 nodes; the largest of all is 1.0005e-4.
    let waves: Vec<(f64, f64)> = (1..16).map(|k| fourier(&error, k)).collect();
    let at = |x: f64| -> f64 {
        let wave = |(k, (c, s)): (usize, &(f64, f64))| {
            let (sin, cos) = ((k + 1) as f64 * x).sin_cos();
            2.0 * (c * cos + s * sin)
        };
        waves.iter().enumerate().map(wave).sum()
    };
    let distance = largest(&(0..96).map(|i| at(PI * i as f64 / 48.0)).collect::<Vec<_>>());
    assert!((distance - 9.99e-5).abs() < 5e-8, "{distance:e}");
}

/// Turns of mean cosine 0.9: on 16 angles their sampled law would have a mean cosine of 0.74.
#[test]
fn peaked_turns_are_in_the_stated_error() {
    let slab =
        Slab { lambda: 5.0, a_mu: 0.2, b_mu: 0.2, mean_cosine: 0.9, modes: 16, harmonics: 32 };
    let case = Case { dimension: 2, nodes: 26, ..BASE };
    let (mu, text) = (2.0 * PI, case.text(&[0.2, 0.1]));
    let own = format!("model = \"local\", lambda = 1, a = {:?}, b = {:?}", 0.5 / mu, 0.7 / mu);
    let peaked = format!(
        "model = \"isotropic\", lambda = 5, a = {0:?}, b = {0:?}, mean_cosine = 0.9",
        0.2 / mu
    );
    let text = text.replace(&own, &peaked);
    let sweep = sweep::<2>(&text);
    // What feeds S is K_h∗ρ, which the P_N solution has not: so small is its effect here.
    let limit = slab.limit(1.0);
    for epsilon in [0.2, 0.1] {
        let error = difference(&slab.kinetic(epsilon, 1.0), &limit);
        let of = |r: &&kinetaxis::study::ErrorRow| {
            r.value == epsilon && r.norm == "weak:cos(x)" && r.quantity.name() == "rho"
        };
        let stated = sweep.rows.iter().find(of).unwrap().error;
        let truth = fourier(&error, 1).0;
        holds(&format!("{epsilon}"), truth, [stated.low, stated.high], 0.02 * truth.abs());
    }
}
