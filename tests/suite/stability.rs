//! Equilibria, R₀ and the growth of waves against closed forms, and against the solvers, which know neither matrices nor
//! eigenvalues.

use kinetaxis::experiment::{Density, Experiment, Signal, read};
use kinetaxis::formula::{Formula, Quantity};
use kinetaxis::kinetic::{KineticSolver, Resolution};
use kinetaxis::limit::{LimitSolver, System};
use kinetaxis::model::Model;
use kinetaxis::stability::{
    Homogeneous, KineticWaves, LimitWaves, State, Waves, peak, wave_numbers,
};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

fn one(set: &[&str]) -> Experiment {
    of_kernel("model = \"local\", lambda = 1", set)
}

fn of_kernel(kernel: &str, set: &[&str]) -> Experiment {
    let text = r#"
        dimension = 1
        epsilon = 0.3
        domain = { lower = 0, upper = "2*PI", grid = 16 }
        cells = { count = 400, mass = "4*PI" }
        time = { end = 1, step = 0.02 }
        deposit.bandwidth = 0.4
    "#;
    let text = format!("{text}\nkernel = {{ {kernel} }}");
    experiment(&text, set)
}

/// d₁, d₂, d₃, β, k, r with R₀ = 4.5.
const RATES: [f64; 6] = [0.5, 1.0, 2.0, 1.0, 3.0, 1.5];
const R0: f64 = 4.5;

/// Q* of model.md §4.
fn infected([d1, _, d3, beta, k, r]: [f64; 6]) -> [f64; 3] {
    [r / (d1 * R0), d1 * d3 * (R0 - 1.0) / (beta * k), d1 * (R0 - 1.0) / beta]
}

/// The virus of BC 45 to 49: healthy cells, which climb the density of infected ones, infected cells, virus.
fn virus(set: &[&str], literal: bool, chi: f64) -> Experiment {
    let [d1, d2, d3, beta, k, r] = RATES;
    let reading = if literal { "literal" } else { "density" };
    // In one dimension χ = 2a/λ with ⟨v²⟩ = 1; on the circle χ = aπ/λ.
    let a = if set.contains(&"dimension=2") { chi / PI } else { 0.5 * chi };
    let population = |name: &str, lambda: f64, a: f64| {
        format!(
            "[populations.{name}]
            kernel = {{ model = \"local\", lambda = {lambda:?}, a = {a:?}, senses = \"s\" }}
            cells = {{ count = 400 }}
            deposit.bandwidth = 0.4\n"
        )
    };
    let text = format!(
        "dimension = 1
        epsilon = 0.3
        domain = {{ lower = 0, upper = \"2*PI\", grid = 16 }}
        time = {{ end = 1, step = 0.02 }}
        {}{}{}
        [signals.s]
        equation = \"density\"
        producers = [\"infected\"]
        [reactions]
        d1 = {{ kind = \"death\", of = \"healthy\", rate = {d1} }}
        d2 = {{ kind = \"death\", of = \"infected\", rate = {d2} }}
        d3 = {{ kind = \"death\", of = \"virus\", rate = {d3} }}
        infection = {{ kind = \"infection\", of = \"healthy\", to = \"infected\", by = \"virus\", rate = {beta}, reading = \"{reading}\" }}
        shedding = {{ kind = \"production\", of = \"infected\", makes = \"virus\", rate = {k} }}
        source = {{ kind = \"source\", makes = \"healthy\", rate = {r} }}",
        population("healthy", 1.0, a),
        population("infected", 5.0, 0.0),
        population("virus", 2.0, 0.0),
    );
    experiment(&text, set)
}

fn experiment(text: &str, set: &[&str]) -> Experiment {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

fn near(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs()
}

fn waves(epsilon: f64, angles: usize) -> Waves {
    Waves { epsilon, angles, smoothed: false }
}

/// Both equilibria, their eigenvalues without space and R₀ in closed form.
#[test]
fn may_nowak_has_its_equilibria() {
    let e = virus(&[], true, 0.0);
    let model = Model::<1>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let found = system.equilibria();
    let [d1, d2, d3, _, _, r] = RATES;
    let expected = [infected(RATES), [r / d1, 0.0, 0.0]];
    assert_eq!(found.len(), 2, "{found:?}");
    for expected in expected {
        let same = |state: &State| {
            state.densities.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-12)
        };
        assert!(found.iter().any(|e| same(&e.state)), "{expected:?} in {found:?}");
    }
    let number = system.reproduction_number(&found).unwrap();
    assert!(near(number, R0, 1e-10), "{number}");
    assert_eq!(system.infected(), [1, 2]);
    // At Q₀: −d₁ and the roots of (σ + d₂)(σ + d₃) = R₀d₂d₃.
    let free = found.iter().find(|e| e.state.densities[1] == 0.0).unwrap();
    let (half, product) = (0.5 * (d2 + d3), d2 * d3 * (1.0 - R0));
    let root = (half * half - product).sqrt();
    let due = [root - half, -d1, -root - half];
    for ([re, im], due) in free.spectrum.as_ref().unwrap().all().zip(due) {
        assert!((re - due).abs() < 1e-10 && im == 0.0, "{re} {due}");
    }
}

/// Below the threshold there is Q₀ alone, and R₀ follows a rate that is an expression.
#[test]
fn the_threshold_is_where_q_star_leaves() {
    let source = format!("reactions.source.rate={}", 1.5 * 0.8 / R0);
    // βexp(s): its value at s = 0 counts, its slope does not.
    let e = virus(&[&source, "reactions.infection.rate=\"exp(infected)\""], false, 0.0);
    let model = Model::<1>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let found = system.equilibria();
    let number = system.reproduction_number(&found).unwrap();
    assert!(near(number, 0.8, 1e-10), "{number}");
    assert!(found.iter().any(|e| e.state.densities[1] == 0.0));
    // A rate in t has no equilibrium.
    let e = virus(&["reactions.source.rate=\"1 + sin(t)\""], false, 0.0);
    let model = Model::<1>::new(&e).unwrap();
    let refused = Homogeneous::new(&e, &model).err().unwrap();
    assert_eq!(refused, "the rate of the reaction source depends on place or time");
}

/// Keller–Segel with an elliptic signal, σ = −Dk² + χρk²/(k² + β), its peak, and with a parabolic one, σ from a quadratic.
#[test]
fn chemotaxis_has_its_dispersion_relation() {
    let beta = 0.5;
    let local = ["kernel.a=1.5", "kernel.b=0.5", "kernel.lambda=0.8", "signal.decay=0.5"];
    let (diffusion, chi, rho) = (1.0 / 0.8, 4.0 / 0.8, 2.0);
    let elliptic = one(&[&local[..], &["signal.equation=elliptic"]].concat());
    let model = Model::<1>::new(&elliptic).unwrap();
    let system = Homogeneous::new(&elliptic, &model).unwrap();
    let found = system.equilibria();
    assert_eq!(found.len(), 1);
    assert!(near(found[0].state.densities[0], rho, 1e-13), "the mass is that of t = 0");
    let limit = LimitWaves::new(&system, &found[0].state, false);
    for k in [0.2, 1.0, 2.5] {
        let due = -diffusion * k * k + chi * rho * k * k / (k * k + beta);
        let rate = limit.spectrum(k).unwrap().rate();
        assert!((rate - due).abs() < 1e-12, "{k} {rate} {due}");
    }
    let found = peak(|k| limit.spectrum(k), &wave_numbers(model.grid())).unwrap();
    let best = ((chi * rho * beta / diffusion).sqrt() - beta).sqrt();
    assert!(near(found.free.number, best, 1e-6) && found.in_box.number == 1.0, "{found:?}");

    let parabolic = one(&[&local[..], &["signal.equation=parabolic", "signal.delta=0.7"]].concat());
    let model = Model::<1>::new(&parabolic).unwrap();
    let system = Homogeneous::new(&parabolic, &model).unwrap();
    let found = system.equilibria();
    let limit = LimitWaves::new(&system, &found[0].state, false);
    for k in [0.3_f64, 1.0, 2.0] {
        let k2 = k * k;
        // (σ + Dk²)(δσ + k² + β) = χρk²
        let (a, b) = (diffusion * k2, (k2 + beta) / 0.7);
        let due = -0.5 * (a + b) + (0.25 * (a - b).powi(2) + chi * rho * k2 / 0.7).sqrt();
        assert!(near(limit.spectrum(k).unwrap().rate(), due, 1e-11));
    }
}

/// On V = {±1}, ε²σ² + λσ + k²(1 − λχρG) = 0 for a local kernel with S = Gρ̂, G = 1/(k² + β); the telegraph equation for
/// χ = 0, of both kinds.
#[test]
fn two_velocities_have_their_dispersion_relation() {
    let (lambda, rho, beta) = (0.8, 2.0, 0.5);
    for (a, b) in [(0.0, 0.0), (1.5, 0.0), (0.0, 1.1), (0.4, 0.3)] {
        let (set_a, set_b) = (format!("kernel.a={a}"), format!("kernel.b={b}"));
        let e = one(&[
            &set_a,
            &set_b,
            "kernel.lambda=0.8",
            "signal.equation=elliptic",
            "signal.decay=0.5",
        ]);
        let model = Model::<1>::new(&e).unwrap();
        let system = Homogeneous::new(&e, &model).unwrap();
        let state = system.at(&[rho]);
        for epsilon in [0.05, 0.3, 1.0] {
            let kinetic = KineticWaves::new(&system, &state, waves(epsilon, 8)).unwrap();
            for k in [0.3, 1.0, 4.0] {
                let due = telegraph(
                    epsilon,
                    lambda,
                    k * k * (1.0 - 2.0 * (a + b) * rho / (k * k + beta)),
                );
                let found = kinetic.spectrum(k).unwrap();
                let size = lambda / (epsilon * epsilon);
                assert!(
                    (found.rate() - due[0]).abs() < 1e-11 * size,
                    "{a} {b} {epsilon} {k}: {found:?} {due:?}"
                );
                assert!((found.frequency() - due[1]).abs() < 1e-7 * size, "{found:?} {due:?}");
            }
        }
    }
}

/// The roots of ε²σ² + λσ + q = 0: Re and Im of the first.
fn telegraph(epsilon: f64, lambda: f64, q: f64) -> [f64; 2] {
    let e2 = epsilon * epsilon;
    let d = lambda * lambda - 4.0 * e2 * q;
    match d >= 0.0 {
        // Without cancellation.
        true => [-2.0 * q / (lambda + d.sqrt()), 0.0],
        false => [-0.5 * lambda / e2, 0.5 * (-d).sqrt() / e2],
    }
}

/// The non-local kernel on V = {±1}: ε²σ² + λσ + k² − 2c₁ρG k sin(kε)/ε = 0 for α₊ = 1, λ = 2c₂.
#[test]
fn what_is_sensed_from_afar_has_its_sine() {
    let (c1, c2, rho, beta) = (0.9, 0.6, 2.0, 0.5);
    let kernel = "model = \"nonlocal\", psi = \"linear\", c1 = 0.9, c2 = 0.6";
    let e = of_kernel(kernel, &["signal.equation=elliptic", "signal.decay=0.5"]);
    let model = Model::<1>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let state = system.at(&[rho]);
    for (epsilon, k) in [(0.1, 1.0), (0.5, 2.0), (1.0, 1.5)] {
        let q: f64 = k * k - 2.0 * c1 * rho / (k * k + beta) * k * f64::sin(k * epsilon) / epsilon;
        let due = telegraph(epsilon, 2.0 * c2, q)[0];
        let kinetic = KineticWaves::new(&system, &state, waves(epsilon, 8)).unwrap();
        let found = kinetic.spectrum(k).unwrap().rate();
        assert!((found - due).abs() < 1e-10, "{epsilon} {k}: {found} {due}");
    }
}

/// A kernel that feels its path: T = F(1 − ηW), W = ε²∂tS + εv′·∇S, on V = {±1}. ∂tS slows all cells alike, and the rest is
/// the local kernel with bμ = η: ε²σ² + σ + k²(1 − ηρG) = 0.
#[test]
fn change_in_time_is_felt() {
    let (eta, rho, beta) = (0.3, 2.0, 0.5);
    let kernel = "model = \"expression\", turning = \"F*(1 - 0.3*W)\"";
    let e = of_kernel(kernel, &["signal.equation=elliptic", "signal.decay=0.5"]);
    let model = Model::<1>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let state = system.at(&[rho]);
    for (epsilon, k) in [(0.1, 1.0), (0.5, 2.0)] {
        let due = telegraph(epsilon, 1.0, k * k * (1.0 - eta * rho / (k * k + beta)))[0];
        let kinetic = KineticWaves::new(&system, &state, waves(epsilon, 8)).unwrap();
        let found = kinetic.spectrum(k).unwrap().rate();
        assert!((found - due).abs() < 1e-10, "{epsilon} {k}: {found} {due}");
    }
}

/// The growth rate of the kinetic equation tends to that of the limit with the order 2 in ε: taxis, literal infection, virus with the
/// velocity of its parent, a source; V = {±1} and a circle.
#[test]
fn growth_rates_converge_with_order_two() {
    order::<1>(&[]);
    order::<2>(&["dimension=2"]);
}

fn order<const D: usize>(set: &[&str]) {
    let e = virus(set, true, 8.0);
    let model = Model::<D>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let state = system.at(&infected(RATES));
    let k = 1.0;
    let limit = LimitWaves::new(&system, &state, false).spectrum(k).unwrap();
    let errors = [0.02, 0.01].map(|epsilon| {
        let kinetic = KineticWaves::new(&system, &state, waves(epsilon, 12)).unwrap();
        kinetic.spectrum(k).unwrap().rate() - limit.rate()
    });
    let order = (errors[0] / errors[1]).log2();
    assert!((order - 2.0).abs() < 0.05, "{errors:?} {order}");
}

/// The same densities with waves cos kx of these amplitudes.
fn waved(e: &mut Experiment, densities: &[f64], amplitudes: &[f64], k: f64) {
    let each = e.populations.iter_mut().zip(densities).zip(amplitudes);
    for ((population, rho), amplitude) in each {
        let text = format!("{rho:?} + {amplitude:?}*cos({k:?}*x)");
        let formula = Formula::parse(&text, &["x", "y", "z"][..e.dimension]).unwrap();
        population.cells.density = Density::Expression(formula);
        population.cells.mass = None;
    }
}

/// 2⟨ρ cos kx⟩ at the nodes.
fn amplitude<const D: usize>(model: &Model<D>, nodal: &[f64], k: f64) -> f64 {
    let cosines = model.grid().nodes().map(|x| (k * x[0]).cos());
    2.0 * cosines.zip(nodal).map(|(c, rho)| c * rho).sum::<f64>() / nodal.len() as f64
}

/// Amplitudes of the wave that grows fastest in the limit, the first of them `size`.
fn eigenvector(matrix: &DMatrix<f64>, rate: f64, size: f64) -> DVector<f64> {
    let n = matrix.nrows();
    let shifted = matrix - DMatrix::identity(n, n) * (rate + 1e-6);
    let inverse = shifted.try_inverse().unwrap();
    let v = (0..20).fold(DVector::from_element(n, 1.0), |v, _| (&inverse * v).normalize());
    &v * (size / v[0])
}

/// The limit as it is solved against e^{At}: amplitudes of all three populations, from a wave that is no eigenvector, with and without
/// K_h.
#[test]
fn the_limit_follows_its_matrix() {
    let (densities, start, k, time) = (infected(RATES), [1e-6, -2e-6, 3e-6], 1.0, 6.0);
    for smoothed in [false, true] {
        let mut e = virus(&[], true, 6.0);
        waved(&mut e, &densities, &start, k);
        let model = Model::<1>::new(&e).unwrap();
        let system = Homogeneous::new(&e, &model).unwrap();
        let waves = LimitWaves::new(&system, &system.at(&densities), smoothed);
        let due = (waves.matrix(k) * time).exp() * DVector::from_row_slice(&start);
        let macroscopic = System::new(&e, model.grid(), smoothed).unwrap();
        let mut solver = LimitSolver::new(&model.spectral, &macroscopic).unwrap();
        assert!(solver.run(&[time], 0.01, &AtomicBool::new(false), &|_| {}, |_| {}).unwrap());
        for p in 0..3 {
            let nodal = model.spectral.inverse(solver.density(p));
            let found = amplitude(&model, &nodal, k);
            assert!(near(found, due[p], 1e-5), "{p}: {found} {}", due[p]);
        }
        assert!(due.norm() > 5.0 * DVector::from_row_slice(&start).norm(), "it grows: {due}");
    }
}

/// The kinetic equation as it is solved against the growth rate of its matrix at ε = 0.3, where the limit's is another one:
/// taxis, literal infection, virus with the velocity of its parent.
#[test]
fn the_kinetic_equation_grows_as_its_matrix_says() {
    for literal in [true, false] {
        against_solver::<1>(&[], literal);
    }
}

/// The same on a circle.
#[test]
fn the_kinetic_equation_grows_as_its_matrix_says_in_the_plane() {
    let set = ["dimension=2", "domain.upper=[\"2*PI\", 1.6]", "domain.grid=[16, 4]"];
    against_solver::<2>(&set, true);
}

fn against_solver<const D: usize>(set: &[&str], literal: bool) {
    let densities = infected(RATES);
    let mut e = virus(set, literal, 6.0);
    let model = Model::<D>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let state = system.at(&densities);
    let limit = LimitWaves::new(&system, &state, true);
    let rate = limit.spectrum(1.0).unwrap().rate();
    let start = eigenvector(&limit.matrix(1.0), rate, 1e-6);
    let due = solved::<D>(&mut e, &densities, start.as_slice());
    assert!(!near(rate, due, 1e-2), "{rate} {due}");
}

/// Solves the kinetic equation from waves cos x of these amplitudes, sees that they grow at the rate of the matrix, and returns that.
fn solved<const D: usize>(e: &mut Experiment, densities: &[f64], start: &[f64]) -> f64 {
    let (k, angles) = (1.0, 8);
    let due = {
        let model = Model::<D>::new(e).unwrap();
        let system = Homogeneous::new(e, &model).unwrap();
        let waves = Waves { epsilon: e.epsilon, angles, smoothed: true };
        let kinetic = KineticWaves::new(&system, &system.at(densities), waves).unwrap();
        kinetic.spectrum(k).unwrap().rate()
    };
    waved(e, densities, start, k);
    let model = Model::<D>::new(e).unwrap();
    let rate = |step: f64| {
        let at = |time: f64| {
            let mut solver = KineticSolver::new(&model, Resolution { angles, step });
            assert!(solver.run(time, &AtomicBool::new(false), &|_| {}));
            amplitude(&model, &solver.density(densities.len() - 1), k)
        };
        (at(4.0) / at(3.0)).ln()
    };
    // The step's error is of order 2.
    let [coarse, fine] = [rate(0.02), rate(0.01)];
    let found = fine + (fine - coarse) / 3.0;
    assert!(near(found, due, 1e-4), "{coarse} {fine} {found} {due}");
    due
}

/// A kernel in which ∂tS sorts cells by their speeds: T = F(1 − W(1 + r)) on |v| ≤ 1, r the new speed.
#[test]
fn change_in_time_counts_where_speeds_differ() {
    let kernel = "model = \"expression\", turning = \"F*(1 - W*(1 + r))\"";
    let set = ["velocity.set=ball", "signal.equation=elliptic", "signal.decay=0.5"];
    let mut e = of_kernel(kernel, &set);
    let rate = solved::<1>(&mut e, &[2.0], &[1e-6]);
    assert!(rate > 0.5, "{rate}");
}

/// Cells that grow on a nutrient which they eat and make, and climb it: every rate depends on something. ρ and S follow e^{At}.
#[test]
fn rates_of_densities_and_signals_have_their_slopes() {
    let mut e = one(&[
        "kernel.a=0.8",
        "cells.growth=\"0.4*S - 0.2*rho*S - 0.1*rho^2\"",
        "signal.equation=parabolic",
        "signal.delta=0.8",
        "signal.diffusion=0.3",
        "signal.production=\"0.3 + 0.1*S\"",
        "signal.decay=\"0.4 + 0.5*rho\"",
        "signal.source=\"1.5 - 0.2*rho*S\"",
    ]);
    let model = Model::<1>::new(&e).unwrap();
    let system = Homogeneous::new(&e, &model).unwrap();
    let found = system.equilibria();
    let state = &found.iter().find(|e| e.state.densities[0] > 0.0).unwrap().state;
    let (k, time, start) = (1.0, 2.0, [1e-6, 0.0]);
    let waves = LimitWaves::new(&system, state, false);
    let due = (waves.matrix(k) * time).exp() * DVector::from_row_slice(&start);
    waved(&mut e, &state.densities, &start[..1], k);
    let Signal::Parabolic { initial, .. } = &mut e.signals[0].equation else { unreachable!() };
    *initial = Quantity::Constant(state.signals[0]);
    let macroscopic = System::new(&e, model.grid(), false).unwrap();
    let mut solver = LimitSolver::new(&model.spectral, &macroscopic).unwrap();
    assert!(solver.run(&[time], 0.005, &AtomicBool::new(false), &|_| {}, |_| {}).unwrap());
    let fields = [solver.density(0).to_vec(), solver.signals()[0].clone()];
    for (field, due) in fields.iter().zip(due.iter()) {
        let found = amplitude(&model, &model.spectral.inverse(field), k);
        assert!(near(found, *due, 1e-5), "{found} {due}");
    }
}
