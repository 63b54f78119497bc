//! Kernels that are sums of terms, each of which senses a signal of its own, and the exponents q and p.

use kinetaxis::experiment::read;
use kinetaxis::limit::quadrature::transport;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use kinetaxis::turning::{Bounds, Feelings, Felt, LinearSignal, Sense, TurningKernel};
use kinetaxis::vector::Vector;
use std::sync::atomic::AtomicBool;

/// Two linear signals.
struct Two<const D: usize>([LinearSignal<D>; 2]);

impl<const D: usize> Sense<D> for Two<D> {
    type Cue = LinearSignal<D>;

    fn cue(&self, term: usize) -> &LinearSignal<D> {
        &self.0[term]
    }

    fn felt(&self, x: &Vector<D>) -> Feelings<D> {
        Feelings::new(2, |k| {
            let (value, gradient) = self.0[k].value_and_gradient(x);
            Felt { value, gradient }
        })
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.0[0].value(x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.0[0].value_and_gradient(x)
    }

    fn bounds(&self) -> Bounds<D> {
        self.0[0].bounds()
    }
}

/// `terms` of a kernel in the plane on `velocity`, as a file has them.
fn model(velocity: &str, terms: [&str; 2], set: &[&str]) -> Model<2> {
    let text = format!(
        "dimension = 2\nepsilon = 0.2\ndomain = {{ lower = 0, upper = 4, grid = 16 }}\n\
         velocity = {{ {velocity} }}\nkernel = {{ {}, senses = \"a\" }}\nterms.other = {{ {}, senses = \"b\" }}\n\
         cells = {{ count = 100 }}\ntime = {{ end = 1, step = 0.1 }}\n\
         [signals.a]\nequation = \"prescribed\"\nexpression = \"0.3*sin(PI*x/2)\"\n\
         [signals.b]\nequation = \"prescribed\"\nexpression = \"0.2*sin(PI*y/2)\"\n",
        terms[0], terms[1]
    );
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    let e = read(&text, "sum.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment;
    Model::new(&e).unwrap_or_else(|e| panic!("{e}"))
}

const LOCAL: &str = r#"model = "local", lambda = 1.3, a = 0.2, b = 0.1"#;
const BIAS: &str = r#"model = "local", lambda = 0.4, b = 0.15"#;
const NONLOCAL: &str = r#"model = "nonlocal", c1 = 0.1, c2 = 0.2, alpha_minus = 0.5"#;
const TYPED: &str = r#"model = "expression", turning = "F*(0.8 - 0.3*eps*B)""#;
const PUSH: &str = r#"model = "expression", turning = "-0.4*eps*F*B/(1 + G)""#;
const MEMORY: &str = r#"model = "isotropic", lambda = 0.9, scattering = "henyey-greenstein", mean_cosine = 0.4, a = 0.1"#;

/// D and Γ of sums against the integral equations of the whole kernel, where the terms feel gradients that are not parallel.
/// The interpolation of a typed kernel errs by 10⁻¹⁰.
#[test]
fn limits_of_sums_solve_the_integral_equations() {
    let ball = "set = \"ball\", speed = 1.3";
    let circle = "set = \"sphere\", speed = 1.2";
    let cases = [
        (ball, [LOCAL, BIAS]),
        (ball, [LOCAL, NONLOCAL]),
        (ball, [TYPED, PUSH]),
        (ball, [NONLOCAL, PUSH]),
        (circle, [MEMORY, LOCAL]),
        (circle, [MEMORY, PUSH]),
    ];
    let signal = Two([
        LinearSignal { offset: 0.3, gradient: [0.5, -0.2] },
        LinearSignal { offset: -0.1, gradient: [0.3, 0.6] },
    ]);
    for (velocity, terms) in cases {
        let model = model(velocity, terms, &[]);
        let species = model.first();
        let limit = species.kernel.limit(&signal.felt(&[0.0; 2]));
        let exact =
            transport(|epsilon| species.kernel.with_epsilon(epsilon), &species.space, &signal);
        for a in 0..2 {
            let off = (limit.diffusivity / exact.diffusivity[a][a] - 1.0).abs();
            assert!(off < 1e-8, "{terms:?}: D {} {:?}", limit.diffusivity, exact.diffusivity);
            let off = (limit.drift[a] - exact.drift[a]).abs();
            assert!(
                off < 1e-8 * (1.0 + exact.drift[a].abs()),
                "{terms:?}: {limit:?} {:?}",
                exact.drift
            );
        }
        assert!(limit.drift.iter().any(|g| g.abs() > 0.02), "{terms:?}: the test is idle");
    }
}

/// The bound of a sum holds, and is no worse than that of its terms together: checked at every candidate of a run, whose
/// motions agree in the mean.
#[test]
fn cells_fly_by_sums_in_every_way() {
    for terms in [[LOCAL, BIAS], [LOCAL, NONLOCAL]] {
        let mean = |motion: &str| {
            let set = [
                &*format!("motion={motion}"),
                "cells.count=40000",
                "time.end=0.4",
                "cells.density={ shape = \"point\", center = [2, 2] }",
            ];
            let model = model("set = \"sphere\", speed = 1", terms, &set);
            let mut simulation = Simulation::new(&model, 0).unwrap();
            simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}).unwrap();
            let cells = &simulation.state().first().cells;
            [0, 1].map(|a| cells.positions.iter().map(|x| x[a]).sum::<f64>() / 40_000.0 - 2.0)
        };
        let [exact, skip, hybrid] = ["exact", "skip-ahead", "hybrid"].map(mean);
        // √(2Dt/N) each, with D = 0.3: 4.9 of the difference of two; a lost term moves it by 0.03.
        let noise = 4.9 * (2.0 * 2.0 * 0.3 * 0.4 / 4e4_f64).sqrt();
        for a in 0..2 {
            assert!((exact[a] - skip[a]).abs() < noise, "{terms:?}: {exact:?} {skip:?} {noise}");
            // The hybrid is biased by O(ε²).
            assert!((exact[a] - hybrid[a]).abs() < noise + 0.01, "{terms:?}: {exact:?} {hybrid:?}");
        }
        assert!(exact.iter().any(|m| m.abs() > 0.03), "{exact:?}: the test is idle");
    }
}

/// E|x|² = 2dDε^{q−1}( t − (ε^{q+1}/λ)(1 − e^{−λt/ε^{q+1}}) ) of a free walk, by every way of flying; the mean of |x|² has a relative
/// standard error of √(1/N) in the plane: 4.9 of them are 1.1%.
#[test]
fn free_walks_have_the_variance_of_their_exponent() {
    for q in [1, 2, 3] {
        for motion in ["exact", "skip-ahead", "hybrid"] {
            let text = format!(
                "dimension = 2\nepsilon = 0.5\nmotion = \"{motion}\"\n\
                 domain = {{ lower = -20, upper = 20, grid = 16 }}\n\
                 kernel = {{ model = \"local\", lambda = 1.5, q = {q} }}\n\
                 cells = {{ count = 200000, density = {{ shape = \"point\", center = 0 }} }}\n\
                 time = {{ end = 1, step = 1 }}\n"
            );
            let e = read(&text, "walk.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
            let model = Model::<2>::new(&e).unwrap();
            let mut simulation = Simulation::new(&model, 0).unwrap();
            simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}).unwrap();
            let cells = &simulation.state().first().cells.positions;
            let square = cells.iter().map(|x| x[0] * x[0] + x[1] * x[1]).sum::<f64>() / 2e5;
            let (d, time) = (1.0 / (2.0 * 1.5), 0.5_f64.powi(q + 1) / 1.5);
            let due = 4.0 * d * 0.5_f64.powi(q - 1) * (1.0 - time * (1.0 - (-1.0 / time).exp()));
            assert!((square / due - 1.0).abs() < 0.011, "{q} {motion}: {square} {due}");
        }
    }
}

/// The bias ε^{p} of a local kernel in a constant gradient: the drift is ε^{p−1}χg, in cells and by hops.
#[test]
fn drifts_have_the_power_of_their_exponent() {
    for (q, p) in [(1, 2), (2, 1), (2, 2)] {
        for motion in ["exact", "skip-ahead", "hybrid"] {
            let text = format!(
                "dimension = 1\nepsilon = 0.5\nmotion = \"{motion}\"\n\
                 domain = {{ lower = -30, upper = 30, grid = 64, boundary = \"no-flux\" }}\n\
                 kernel = {{ model = \"local\", lambda = 1, a = 0.4, q = {q}, p = {p} }}\n\
                 signal = {{ equation = \"prescribed\", expression = \"0.5*x\" }}\n\
                 cells = {{ count = 200000, density = {{ shape = \"point\", center = 0 }} }}\n\
                 time = {{ end = 4, step = 1 }}\n"
            );
            let e = read(&text, "drift.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
            let model = Model::<1>::new(&e).unwrap();
            let mut simulation = Simulation::new(&model, 0).unwrap();
            simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}).unwrap();
            let cells = &simulation.state().first().cells.positions;
            let mean = cells.iter().map(|x| x[0]).sum::<f64>() / 2e5;
            // χ = aμm₂/λ = 0.8, g = 0.5; b = 0: exact from an isotropic start.
            let time = 0.5_f64.powi(q + 1);
            let due = 0.5_f64.powi(p - 1) * 0.4 * (4.0 - time * (1.0 - (-4.0 / time).exp()));
            let noise = 4.9 * (2.0 * 0.5_f64.powi(q - 1) * 4.0 / 2e5_f64).sqrt();
            assert!((mean - due).abs() < noise, "{q} {p} {motion}: {mean} {due} {noise}");
            assert!(noise < 0.05 * due);
        }
    }
}
