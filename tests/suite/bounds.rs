//! Bounds on T/F that are reached: where S is linear over more than a flight, cells meet the very
//! rates that the bounds are, up to round-off, and none may stop the run.

use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use std::sync::atomic::AtomicBool;

/// A wave whose spline is straight about its zeros: two of its differences are equal there.
const WAVE: &str = r#"
    dimension = 1
    epsilon = 0.03
    domain = { lower = 0, upper = 1, grid = 32 }
    signal = { equation = "prescribed", expression = "0*x" }
    cells = { count = 300, density = { shape = "point", center = 0.75 } }
    time = { end = 0.004, step = 0.004 }
    kernel = { model = "local" }
"#;

/// Every kernel, each in the two ways that know bounds.
const KERNELS: &[&[&str]] = &[
    &["kernel.a=0.2"],
    &["kernel.b=0.2"],
    &["kernel.a=0.15", "kernel.b=0.15"],
    &["kernel.lambda=\"1 + 0.1*tanh(S)\"", "kernel.a=0.2"],
    &["kernel={model=\"nonlocal\",psi=\"linear\",c1=1,c2=1}"],
    &["kernel={model=\"nonlocal\",psi=\"linear\",c1=1,c2=1,alpha_plus=0,alpha_minus=1}"],
    &["kernel={model=\"nonlocal\",psi=\"saturating\",c1=1,c2=1.1,alpha_minus=0.5}"],
    &["kernel={model=\"nonlocal\",psi=\"exponential\",c1=3,c2=1}"],
    &["kernel={model=\"nonlocal\",psi=\"separable\",diffusivity=0.5,sensitivity=2}"],
    &["kernel={model=\"nonlocal\",psi=\"expression\",expression=\"1 + 0.5*(R - S)\"}"],
    &["kernel={model=\"isotropic\",mean_cosine=0.9,a=0.02}"],
    &["kernel={model=\"isotropic\",mean_cosine=-0.999999,b=1e-8}"],
    &["kernel={model=\"isotropic\",scattering=\"von-mises-fisher\",concentration=30}"],
    &["kernel={model=\"expression\",turning=\"F*(1 + eps*A)\"}"],
];

fn run<const D: usize>(text: &str, set: &[&str], value: &str) -> Result<(), String> {
    let mut set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    set.push(format!("signal.expression=\"{value}\""));
    let e = read(text, "bounds.toml", &set).map_err(|e| e.to_string())?.experiment;
    let model = Model::<D>::new(&e).map_err(|e| e.to_string())?;
    let mut simulation = Simulation::new(&model, 0).map_err(|e| e.to_string())?;
    let run = simulation.run(&AtomicBool::new(false), &|_| {}, |_| {});
    run.map_err(|e| format!("{set:?}: {e}"))
}

/// Before they had room, a third of the amplitudes stopped the linear kernel: 24 of them would all pass
/// by chance once in 10⁴. A large constant in S has round-off of its own, 10⁻⁷ at 10⁹.
#[test]
fn rates_may_reach_their_bounds() {
    for kernel in KERNELS {
        for motion in ["motion=\"exact\"", "motion=\"skip-ahead\""] {
            for i in 0..24 {
                let offset = if i % 4 == 3 { 1e9 } else { 0.0 };
                let expression = kernel.iter().any(|k| k.contains("tanh"));
                let offset = if expression { 0.0 } else { offset };
                let wave = format!("{offset} + {}*cos(2*PI*x)", 0.2 + 0.004 * f64::from(i));
                let set = [*kernel, &[motion]].concat();
                run::<1>(WAVE, &set, &wave).unwrap();
            }
        }
    }
}

/// The same in the plane and in space, along an axis and across.
#[test]
fn rates_may_reach_their_bounds_in_every_dimension() {
    let more = |d: usize| {
        WAVE.replace("dimension = 1", &format!("dimension = {d}"))
            .replace("grid = 32", "grid = 12")
            .replace("count = 300", "count = 100")
    };
    for kernel in KERNELS.iter().filter(|k| !k[0].contains("expression")) {
        for i in 0..6 {
            let a = 0.2 + 0.013 * f64::from(i);
            run::<2>(&more(2), kernel, &format!("{a}*cos(2*PI*(x + y))")).unwrap();
            run::<3>(&more(3), kernel, &format!("{a}*cos(2*PI*z)")).unwrap();
        }
    }
}

/// Beyond a wall a leg goes on in the mirror image of S: the box of ∇S that its bounds are made of must know it.
/// Without, the first of these kernels with b stops the run in every one of 4 seeds.
#[test]
fn bounds_hold_for_legs_that_a_wall_reflects() {
    let box_of = |d: usize, grid: usize| {
        WAVE.replace("dimension = 1", &format!("dimension = {d}"))
            .replace(
                "lower = 0, upper = 1, grid = 32",
                &format!("lower = 0, upper = 0.5, grid = {grid}, boundary = \"no-flux\""),
            )
            .replace("shape = \"point\", center = 0.75", "shape = \"uniform\"")
            .replace("epsilon = 0.03", "epsilon = 0.1")
            .replace("end = 0.004, step = 0.004", "end = 0.1, step = 0.05")
            .replace("count = 300", "count = 400")
    };
    for kernel in KERNELS {
        for motion in ["motion=\"exact\"", "motion=\"skip-ahead\"", "motion=\"hybrid\""] {
            for seed in 0..4 {
                let seed = format!("seed={seed}");
                let set = [*kernel, &[motion, &seed]].concat();
                // One tile and eight.
                run::<1>(&box_of(1, 4), &set, "0.3*cos(2*PI*x)").unwrap();
                run::<1>(&box_of(1, 32), &set, "0.3*cos(2*PI*x)").unwrap();
            }
        }
        if !kernel[0].contains("expression") {
            run::<2>(&box_of(2, 16), kernel, "0.2*cos(2*PI*x)*cos(2*PI*y)").unwrap();
        }
    }
}

/// A bound from the user that is the largest rate itself.
#[test]
fn a_bound_of_the_user_may_be_reached() {
    let set = ["kernel.lambda=0.1", "kernel.a=0.3", "kernel.bound=0.1"];
    // Flat: every rate is λ.
    run::<1>(WAVE, &set, "0.3 + 0*x").unwrap();
    let above = run::<1>(WAVE, &set, "0.3*cos(2*PI*x)").unwrap_err();
    assert!(above.contains("exceeds its bound"), "{above}");
}
