//! What the commands say of files of several populations, in numbers that follow by hand.

use crate::common::program::{expect, stdout};
use crate::laboratory::verdict::{judge, mean};
use kinetaxis::cells::Vectors;
use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use std::fs;
use std::sync::atomic::AtomicBool;

/// On V = {−1, 1} two terms of rate 1 each: Σν = 2, D = 1/(dΣν), χₖ = aₖμ/(dΣν) with μ = 2. What rests is left by the diffusion of
/// one term; what has q = p = 2 by neither, and tends to that with ε.
const EXPERIMENT: &str = r#"
dimension = 1
epsilon = 0.1
[domain]
lower = 0
upper = 4
grid = 32
[kernel]
model = "local"
lambda = 1
[populations.eaters.kernel]
a = 0.2
senses = "food"
[populations.eaters.terms.company]
model = "local"
a = 0.1
senses = "food - 3*crowd"
[populations.eaters.cells]
count = 200
density = { shape = "cosine", amplitude = 0.5 }
[populations.resting]
kernel = { senses = "food" }
cells = { count = 0, weight = 0.005 }
[populations.still]
kernel = { senses = "crowd", a = 0.1, q = 2, p = 3 }
cells = { count = 100 }
[signals.food]
equation = "parabolic"
production = 0
decay = "eaters"
initial = 1
[signals.crowd]
equation = "density"
[reactions.hunger]
kind = "conversion"
of = "eaters"
to = "resting"
rate = 1
[time]
end = 0.1
step = 0.05
"#;

#[test]
fn inspect_tells_of_every_population_by_name() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("several.toml");
    fs::write(&file, EXPERIMENT).unwrap();
    let file = file.to_str().unwrap();
    let facts: serde_json::Value =
        serde_json::from_str(&stdout(&expect(0, &["inspect", file, "--json"]))).unwrap();
    let all = &facts["populations"];
    let is = |name: &str, path: &str, due: f64| {
        let told = all[name].pointer(path).and_then(|v| v.as_f64());
        assert!(told.is_some_and(|x| (x - due).abs() < 1e-12), "{name}{path}: {told:?}, not {due}");
    };
    is("eaters", "/limit/diffusivity", 0.5);
    is("eaters", "/limit/sensitivities/food", 0.2 + 0.1);
    is("eaters", "/limit/sensitivities/crowd", -0.3);
    is("eaters", "/rates/tumble_rate", 200.0);
    is("resting", "/limit/diffusivity", 1.0);
    is("resting", "/limit/sensitivities/food", 0.0);
    is("still", "/limit/diffusivity", 0.0);
    is("still", "/limit/sensitivities/crowd", 0.0);
    is("still", "/rates/tumble_rate", 1000.0);
    let orders = ["eaters", "resting", "still"].map(|name| all[name]["expected_order"].as_u64());
    assert_eq!(orders, [Some(2), Some(2), Some(1)]);
    assert_eq!(facts["expected_order"], 1);
    let told = stdout(&expect(0, &["inspect", file]));
    for name in ["eaters", "resting", "still", "chi of food", "chi of crowd"] {
        assert!(told.contains(name), "{name}: {told}");
    }
    assert_eq!(facts["referee"]["population"], "eaters");
    assert!(
        told.contains("Assumptions of eaters, the first population, and of no other"),
        "{told}"
    );
}

/// `kernel.bound` is a key of each population, so the message says of which.
#[test]
fn a_rate_above_its_bound_is_told_with_its_population() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("several.toml");
    fs::write(&file, EXPERIMENT).unwrap();
    let (file, out) = (file.to_str().unwrap(), home.path().join("out"));
    let out = out.to_str().unwrap();
    let set = ["--set", "populations.still.kernel.bound=0.5"];
    let output = expect(1, &[&["run", file, "--out", out, "--quiet"][..], &set].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("in the population still: cell ") && told.contains("exceeds its bound"),
        "{told}"
    );
}

/// What a run leaves behind can be run again, also of a population without cells.
#[test]
fn the_experiment_in_the_results_is_the_same() {
    let home = tempfile::tempdir().unwrap();
    let (file, out) = (home.path().join("several.toml"), home.path().join("out"));
    fs::write(&file, EXPERIMENT).unwrap();
    let run = |file: &std::path::Path, out: &std::path::Path| {
        expect(0, &["run", file.to_str().unwrap(), "--out", out.to_str().unwrap(), "--quiet"]);
        fs::read(out.join("density.csv")).unwrap()
    };
    let first = run(&file, &out);
    assert_eq!(run(&out.join("experiment.toml"), &home.path().join("again")), first);
}

/// Two populations of one kind draw numbers of their own: their cells of the same number have nothing in common. Off by
/// chance with probability 2·10⁻⁸; a correlation of a quarter would be seen.
#[test]
fn populations_draw_their_own_numbers() {
    let text = r#"
        dimension = 1
        epsilon = 0.5
        domain = { lower = -9, upper = 9, grid = 8 }
        kernel = { model = "local" }
        velocity = { set = "ball" }
        time = { end = 1, step = 1 }
        populations.one.cells = { count = 4096, density = { shape = "point" } }
        populations.two.cells = { count = 4096, density = { shape = "point" } }
    "#;
    let e = read(text, "twins.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let model = Model::<1>::new(&e).unwrap();
    let mut simulation = Simulation::new(&model, 0).unwrap();
    simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}).unwrap();
    let [one, two] = [0, 1].map(|number| &simulation.state().populations[number].cells);
    let products = |a: &Vectors<1>, b: &Vectors<1>| -> Vec<f64> {
        a.iter().zip(b.iter()).map(|(a, b)| a[0] * b[0]).collect()
    };
    let verdicts = [
        mean("places", &products(&one.positions, &two.positions), 0.0),
        mean("velocities", &products(&one.velocities, &two.velocities), 0.0),
    ];
    assert_eq!(judge(&verdicts), Ok(()));
    let twins = products(&one.positions, &one.positions);
    assert!(judge(&[mean("a population and itself", &twins, 0.0)]).is_err());
}
