//! The kinetic equation and its stated error against discrete ordinates of another make
//! (`common/ordinates.rs`).

use crate::common::ordinates::{Model, Ordinates};
use crate::common::slab::{Slab, difference, fourier, norm};
use kinetaxis::experiment::read;
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
            true => format!("model = \"local\", lambda = 1, a = {:?}, b = {:?}", 0.5 / mu, 0.7 / mu),
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

    /// The sweep by the equation.
    fn sweep(&self, epsilons: &[f64]) -> Sweep {
        fn of<const D: usize>(text: &str) -> Sweep {
            let e = read(text, "slab.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
            let monitor = Monitor { stop: &AtomicBool::new(false), progress: &|_| {} };
            converge::<D>(&e, None, &monitor).unwrap().others.remove(0)
        }
        let text = self.text(epsilons);
        match self.dimension {
            1 => of::<1>(&text),
            2 => of::<2>(&text),
            _ => of::<3>(&text),
        }
    }

    /// (ε, norm, truth, stated) of the distance of ρ in L² and against both test functions.
    fn beside(&self, epsilons: &[f64]) -> Vec<(f64, &'static str, f64, [f64; 2])> {
        let (oracle, sweep) = (self.oracle(), self.sweep(epsilons));
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
                    r.value == *epsilon && r.quantity == "rho" && r.norm == name
                };
                let error = sweep.rows.iter().find(of).unwrap().error;
                all.push((*epsilon, name, truth, [error.low, error.high]));
            }
        }
        all
    }
}

/// The oracle is the P_N solution of `slab.rs` where both know the case.
#[test]
fn ordinates_are_the_moments() {
    let slab = Slab { modes: 20, ..Slab::default() };
    let model = Model::Local([1.0, 1.0, 1.0]);
    let mine = Ordinates { dimension: 2, speeds: [1.0; 2], model, coupled: true, bandwidth: 0.0, modes: 20, cosines: 12 };
    let off = difference(&mine.kinetic(0.2, 1.0), &slab.kinetic(0.2, 1.0));
    assert!(norm(&off) < 1e-9, "{:e}", norm(&off));
    assert!(norm(&difference(&mine.limit(1.0), &slab.limit(1.0))) < 1e-9);
}

pub fn scratch(args: &[String]) {
    let get = |i: usize| args[i].clone();
    let epsilons: Vec<f64> = get(4).split(',').map(|e| e.parse().unwrap()).collect();
    for dimension in get(0).split(',').map(|d| d.parse().unwrap()) {
        for set in get(1).split(',') {
            let set: &'static str = ["sphere", "ball", "shell"].into_iter().find(|s| *s == set).unwrap();
            for local in [true, false] {
                if !get(2).contains(if local { 'l' } else { 'n' }) { continue; }
                let nodes = get(3).parse().unwrap();
                let case = Case { dimension, set, local, coupled: get(2).contains('c'), nodes, step: get(5).parse().unwrap() };
                let start = std::time::Instant::now();
                let all = case.beside(&epsilons);
                println!("{dimension} {set} {local} {:.1}s", start.elapsed().as_secs_f64());
                for (e, name, truth, [low, high]) in all {
                    let (mid, half) = (0.5 * (low + high), 0.5 * (high - low));
                    println!("   {e} {name:14} {truth:.4e} {mid:.4e} ± {half:.1e}  {:.2}", (mid - truth) / half);
                }
            }
        }
    }
}
