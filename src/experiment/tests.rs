//! Tests of the reader as a whole; `tests/bad-inputs` holds what it refuses.

use super::*;
use crate::formula::Quantity;
use crate::grid::Boundary;
use crate::schema;
use crate::velocity::VelocitySet;

const SMALL: &str = r#"
dimension = 1
epsilon = 0.1
[domain]
lower = 0.0
upper = "2*PI"
grid = 32
[kernel]
model = "local"
[cells]
count = 100
[time]
end = 1.0
step = 0.1
"#;

fn load(text: &str, overrides: &[&str]) -> Loaded {
    let overrides: Vec<_> = overrides.iter().map(|s| s.to_string()).collect();
    read(text, "small.toml", &overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

fn refuse(overrides: &[&str]) -> String {
    let overrides: Vec<_> = overrides.iter().map(|s| s.to_string()).collect();
    let problems = read(SMALL, "small.toml", &overrides).expect_err("refused");
    problems.0.iter().map(|p| p.to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn defaults_are_filled_in() {
    let e = load(SMALL, &[]).experiment;
    assert_eq!((e.seed, e.title.as_str()), (1, ""));
    assert_eq!(e.domain.upper, [std::f64::consts::TAU]);
    assert_eq!(e.domain.boundary, [Boundary::Periodic]);
    assert_eq!((e.first().velocity.set, e.first().velocity.speed), (VelocitySet::Sphere, 1.0));
    assert!(
        matches!(e.signals[0].equation, Signal::None)
            && matches!(e.first().cells.density, Density::Uniform)
    );
    assert_eq!((e.first().cells.mass, e.first().cells.stratified), (Some(1.0), true));
    assert_eq!(e.first().cells.mean_velocity, [0.0]);
    assert_eq!(e.first().deposit.bandwidth, 1.5 * std::f64::consts::TAU / 32.0);
    assert_eq!(e.time.outputs, [1.0]);
    assert_eq!((&e.limit.grid[..], e.limit.step), (&[32][..], 0.1));
    assert_eq!(e.converge.epsilons, [0.4, 0.1 * 8f64.sqrt(), 0.2, 0.1 * 2f64.sqrt()]);
    assert_eq!(e.converge.cells, [100; 4]);
    assert_eq!((e.converge.replicates, e.ensemble.replicates), (16, 16));
    assert_eq!(e.converge.test_functions.len(), 2);
    assert!(e.output.cells_at.is_empty());
}

#[test]
fn lists_are_brought_into_order() {
    let e = load(
        SMALL,
        &[
            "time.outputs=[0.5, 0, 0.5]",
            "converge.epsilons=[0.1, 0.3, 0.2]",
            "converge.cells=[10, 30, 20]",
        ],
    );
    assert_eq!(e.experiment.time.outputs, [0.0, 0.5, 1.0]);
    assert_eq!(e.experiment.converge.epsilons, [0.3, 0.2, 0.1]);
    assert_eq!(e.experiment.converge.cells, [30, 20, 10]);
}

#[test]
fn overrides_go_over_the_file_as_toml_or_as_text() {
    let e = load(
        SMALL,
        &["epsilon=0.2", "domain.boundary=no-flux", "kernel.lambda=1 + S", "epsilon = 0.3"],
    );
    assert_eq!(e.experiment.epsilon, 0.3);
    assert_eq!(e.experiment.domain.boundary, [Boundary::NoFlux]);
    let KernelModel::Local { lambda, .. } = &e.experiment.first().kernel.terms[0].model else {
        panic!()
    };
    assert!(lambda.uses("S") && !lambda.uses("G"));
}

#[test]
fn a_bad_override_is_told_by_its_option() {
    assert_eq!(
        refuse(&["domain.gird=64"]),
        "--set: domain.gird = 64: unknown key. Did you mean domain.grid?"
    );
    assert_eq!(
        refuse(&["kernel.lambda=-1"]),
        "--set: kernel.lambda = -1: must be positive. Give a number above 0, or an expression in S, G."
    );
    assert_eq!(
        refuse(&["epsilon"]),
        "--set: epsilon: there is no =. Write --set key=value, for example --set epsilon=0.1."
    );
}

#[test]
fn a_constant_expression_is_a_number() {
    let e = load(SMALL, &["kernel.lambda=2*PI", "velocity.speed=1/4", "time.outputs=['1/4']"]);
    let KernelModel::Local { lambda, .. } = &e.experiment.first().kernel.terms[0].model else {
        panic!()
    };
    assert!(matches!(lambda, Quantity::Constant(c) if *c == std::f64::consts::TAU));
    assert_eq!((e.experiment.first().velocity.speed, e.experiment.time.outputs[0]), (0.25, 0.25));
}

#[test]
fn variables_stand_in_the_order_x_y_t() {
    let e = load(
        SMALL,
        &["dimension=2", "signal.equation=prescribed", "signal.expression=x + 10*y + 100*t"],
    );
    let Signal::Prescribed(formula) = &e.experiment.signals[0].equation else { panic!() };
    assert_eq!(formula.eval(&[1.0, 2.0, 3.0]), 321.0);
    assert!(refuse(&["signal.equation=prescribed", "signal.expression=y"]).contains("are x, t"));
}

#[test]
fn the_mean_velocity_is_bounded_by_a_density_that_is_not_negative() {
    load(SMALL, &["cells.mean_velocity=1"]);
    assert!(refuse(&["cells.mean_velocity=1.01"]).contains("above 1 some f0 would be negative"));
    // A ball in d dimensions: m₂ = s² d/(d+2), so at most s/(d+2).
    let ball = ["velocity.set=ball", "velocity.speed=3"];
    load(SMALL, &[&ball[..], &["cells.mean_velocity=0.999"]].concat());
    assert!(refuse(&[&ball[..], &["cells.mean_velocity=1.001"]].concat()).contains("negative"));
}

#[test]
fn the_resolved_file_reads_to_the_same_experiment() {
    let cases: [&[&str]; 5] = [
        &[],
        &[
            "kernel.lambda=1 + G",
            "kernel.a=1/(1+S)",
            "velocity.set=ball",
            "velocity.equilibrium=exp(-r^2)",
        ],
        &[
            "kernel.model=nonlocal",
            "kernel.psi=separable",
            "kernel.diffusivity=1/3",
            "kernel.sensitivity=S",
        ],
        &[
            "cells.density.shape=expression",
            "cells.density.expression=1+cos(x)",
            "converge.test_functions=['cos(x)^2']",
        ],
        &[
            "signal.equation=parabolic",
            "signal.initial=x",
            "kernel.bound=1e29",
            "cells.density.shape=cosine",
            "cells.density.amplitude=-1/3",
            "title=quotes \" and \\ and ε",
        ],
    ];
    let texts = cases.iter().map(|set| (SMALL.to_string(), *set)).chain([(template(), &[][..])]);
    for (text, overrides) in texts {
        let first = load(&text, overrides);
        let again = load(&to_toml(&first.resolved), &[]);
        assert_eq!(first.resolved, again.resolved);
        assert_eq!(format!("{:?}", first.experiment), format!("{:?}", again.experiment));
    }
}

#[test]
fn the_table_is_sound() {
    let keys = &keys::TABLE.keys;
    for (i, key) in keys.iter().enumerate() {
        let told = !key.sample.is_empty() || matches!(key.default, schema::Fallback::Value(_));
        assert!(told, "{}", key.path);
        if let Some(only) = key.only {
            assert!(keys[..i].iter().any(|other| other.path == only.key), "{}", key.path);
        }
    }
}

#[test]
fn an_odd_value_is_refused_or_written_again_but_never_a_panic() {
    let odd = [
        "-1",
        "0",
        "1.5",
        "1e308",
        "nan",
        "9223372036854775807",
        "true",
        "[]",
        "[[1]]",
        "[1, 'x']",
        "{}",
        "{ a = 1 }",
        "''",
        "'x'",
        "'1/0'",
        "')('",
        "'∂∂ψ + {'",
        "1979-05-27",
    ];
    for key in keys::TABLE.keys.iter() {
        for value in odd {
            for text in [SMALL, &template()] {
                match read(text, "f", &[format!("{}={value}", key.path)]) {
                    Ok(loaded) => drop(load(&to_toml(&loaded.resolved), &[])),
                    Err(problems) => assert!(!problems.0.is_empty()),
                }
            }
        }
    }
}

#[test]
fn numbers_keep_every_digit() {
    for number in ["1e-7", "1e29", "0.1", "123456789.12345679"] {
        let e =
            load(SMALL, &[&format!("kernel.lambda={number}"), &format!("cells.mass='{number}'")]);
        let KernelModel::Local { lambda: Quantity::Constant(lambda), .. } =
            e.experiment.first().kernel.terms[0].model
        else {
            panic!()
        };
        assert_eq!(
            (lambda, e.experiment.first().cells.mass),
            (number.parse().unwrap(), number.parse().ok())
        );
    }
}

/// Two populations that fit each by itself, and not together: 32 MB and 16 MB of cells where 40 MB are free.
#[test]
fn populations_share_the_memory() {
    let of = |first: &str, second: &str| {
        let text = format!(
            "dimension = 1\nepsilon = 0.1\n[domain]\nlower = 0\nupper = 1\ngrid = 16\n\
             [populations.one]\nkernel = {{ model = \"local\", senses = \"s\" }}\ncells = {{ count = {first} }}\n\
             [populations.two]\nkernel = {{ model = \"local\", senses = \"s\" }}\ncells = {{ count = {second} }}\n\
             [signals.s]\nequation = \"density\"\n[time]\nend = 1\nstep = 0.1\n"
        );
        super::read_within(40e6, &text, "f.toml", &[])
    };
    for (first, second) in [("2000000", "10"), ("10", "2000000"), ("1000000", "1000000")] {
        assert!(of(first, second).is_ok(), "{first} {second}: {:?}", of(first, second).err());
    }
    for (first, second, key) in [
        ("2000000", "1000000", "populations.one.cells.count"),
        ("1000000", "2000000", "populations.two.cells.count"),
    ] {
        let problems = of(first, second).unwrap_err().0;
        let keys: Vec<&str> = problems.iter().map(|p| &p.key[..]).collect();
        assert_eq!(keys, [key], "{problems:?}");
    }
}
