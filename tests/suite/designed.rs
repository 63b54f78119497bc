//! D(S) and χ(S) by design (CMPS, end of §5): the shipped experiment, over the whole range of S.

use crate::laboratory::flight::{pinned, whole_space};
use crate::laboratory::verdict::{Verdict, judge, mean};
use kinetaxis::cells::{BLOCK, Population};
use kinetaxis::experiment::read;
use kinetaxis::free_walk::FreeWalk;
use kinetaxis::grid::Grid;
use kinetaxis::limit::quadrature::transport;
use kinetaxis::model::Model;
use kinetaxis::motion::{Envelopes, Method, Step, advance};
use kinetaxis::rng::{Purpose, Streams};
use kinetaxis::turning::{LinearSignal, Sense, TurningKernel};
use kinetaxis::vector::dot;
use kinetaxis::with_kernel;
use std::f64::consts::PI;

const FILE: &str = include_str!("../../experiments/designed-coefficients.toml");

/// What the file asks for.
fn wanted(s: f64) -> [f64; 2] {
    [0.3 * (1.0 + s * s) / (1.0 + s), 0.4 / (1.0 + s)]
}

fn model(epsilon: f64) -> Model<2> {
    let set = [format!("epsilon={epsilon}")];
    let e = read(FILE, "designed.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment;
    Model::new(&e).unwrap()
}

#[test]
fn the_wanted_coefficients_solve_the_integral_equations() {
    let model = model(0.15);
    for i in 0..25 {
        let s = 0.1 * f64::from(i);
        let signal = LinearSignal { offset: s, gradient: [0.6, -0.8] };
        let found = transport(
            |epsilon| model.first().kernel.with_epsilon(epsilon),
            &model.first().space,
            &signal,
        );
        let [diffusivity, sensitivity] = wanted(s);
        let (along, across) = (dot(&found.drift, &[0.6, -0.8]), dot(&found.drift, &[0.8, 0.6]));
        assert!((found.diffusivity[0][0] / diffusivity - 1.0).abs() < 1e-10, "D({s})");
        assert!((found.diffusivity[1][1] / diffusivity - 1.0).abs() < 1e-10, "D({s})");
        assert!((along / sensitivity - 1.0).abs() < 1e-10, "chi({s}): {along}");
        assert!(found.diffusivity[0][1].abs() + across.abs() < 1e-10);
    }
}

/// Cells in a signal, from x = 0 and F, after a time `duration`.
fn flown(model: &Model<2>, signal: LinearSignal<2>, grid: Grid<2>, duration: f64) -> Population<2> {
    let mut rng = Streams::new(3, 0).stream(Purpose::InitialVelocity, 0, 0);
    let cells = 48 * BLOCK;
    let velocities = (0..cells).map(|_| model.first().space.sample(&mut rng)).collect();
    let mut cells = Population::new(vec![[0.0; 2]; cells], velocities, 1.0);
    let slope = signal.bounds().slope;
    let bounds = kinetaxis::turning::Bounds::new(signal.offset - 1e-6, signal.offset + 1e-6, slope);
    with_kernel!(&model.first().kernel, kernel => {
        let step = Step {
            kernel,
            signal: &signal,
            space: &model.first().space,
            walk: &FreeWalk::new(&model.first().space),
            grid: &grid,
            scaling: model.first().scaling,
            duration,
            method: Method::Exact,
            hop: f64::INFINITY,
            envelopes: Envelopes::uniform(kernel.bound(&bounds), 0.0),
            refuse_negative: true,
            antithetic: false,
        };
        advance(&mut cells, &step, Streams::new(3, 1), 0).unwrap();
    });
    cells
}

/// Where S = s everywhere, cells spread by D(s): E x₁² = 2D(t − (ε²/λ)(1−e^{−λt/ε²})), λ = 1/2D.
fn spread(s: f64, factor: f64) -> Verdict {
    let (model, t) = (model(0.2), 0.4);
    let cells = flown(&model, LinearSignal { offset: s, gradient: [0.0; 2] }, whole_space(), t);
    let d = factor * wanted(s)[0];
    let memory = 0.04 * 2.0 * d;
    let squares: Vec<f64> = cells.positions.iter().map(|x| x[0] * x[0]).collect();
    mean(&format!("spread at S = {s}"), &squares, 2.0 * d * (t + memory * (-t / memory).exp_m1()))
}

/// Where S = s and the slope is g = 1.6(1+s), ψ(s, s+εg c) ∝ (1 + y c)^{0.8} with c the cosine of the new direction
/// to ∇S and y = εg/(1+s) = 0.8, since χ = 0.4/(1+S) and d/m₂ = 2. E v/ε = ⟨c(1+yc)^{0.8}⟩/(ε⟨(1+yc)^{0.8}⟩),
/// which is χg up to O(ε²).
fn drift(s: f64, factor: f64) -> Verdict {
    let (model, slope) = (model(0.5), 1.6 * (1.0 + s));
    let signal = LinearSignal { offset: s, gradient: [slope, 0.0] };
    let cells = flown(&model, signal, pinned(), 8.0);
    let mean_of = |f: &dyn Fn(f64) -> f64| {
        (0..400).map(|i| f((PI * (f64::from(i) + 0.5) / 400.0).cos())).sum::<f64>() / 400.0
    };
    let weight = |c: f64| (1.0 + 0.8 * c).powf(0.8 * factor);
    let expected = mean_of(&|c| c * weight(c)) / (0.5 * mean_of(&weight));
    let leading = factor * wanted(s)[1] * slope;
    assert!((expected / leading - 1.0).abs() < 0.15, "{expected} is not near {leading}");
    let along: Vec<f64> = cells.velocities.iter().map(|v| v[0] / 0.5).collect();
    mean(&format!("drift at S = {s}"), &along, expected)
}

/// False alarm 10⁻⁸ each; errors of 5 % of D and of 8 % of χ are sure to be caught (`reach`).
#[test]
fn cells_spread_and_drift_as_wanted() {
    let places = [0.0, 0.5, 1.5];
    let verdicts = places.map(|s| [spread(s, 1.0), drift(s, 1.0)]).concat();
    assert!(verdicts.iter().all(|v| v.reach < 0.08));
    verdicts.iter().for_each(|v| println!("{}: {}, reach {:.3}", v.what, v.seen, v.reach));
    assert_eq!(judge(&verdicts), Ok(()));
    assert!(judge(&[spread(0.5, 1.1)]).is_err(), "a wrong D went unseen");
    assert!(judge(&[drift(0.0, 1.12)]).is_err(), "a wrong chi went unseen");
}
