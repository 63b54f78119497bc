//! Several populations and their reactions: bookkeeping, exact laws, orders in the time step, and the model of May and Nowak.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::kinetic::{KineticSolver, Resolution};
use kinetaxis::model::Model;
use kinetaxis::simulation::{Simulation, SimulationError};
use kinetaxis::state::State;
use kinetaxis::study::limit_fields;
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

fn experiment(text: &str, set: &[&str]) -> Experiment {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

/// The state at the end.
fn end(e: &Experiment) -> State<1> {
    let model = Model::<1>::new(e).unwrap();
    let mut simulation = Simulation::new(&model, 0).unwrap();
    simulation.run(&never(), &|_| {}, |_| {}).unwrap();
    simulation.state().clone()
}

/// A standard normal beyond this comes with probability 1e-6.
const BEYOND: f64 = 4.9;

const VIRUS: &str = include_str!("../../experiments/virus-ode.toml");

/// (BC 48) from (3, 0, 0.1) with d₁, d₂, d₃, β, k, r = ½, 1, 2, 1, 3, 3/2 at t = 1.
const MAY_NOWAK: [f64; 3] = [2.743_388_580_2, 0.213_076_838_2, 0.186_973_027_6];

#[test]
fn the_limit_with_q_of_two_is_the_ode_of_may_and_nowak() {
    let e = experiment(VIRUS, &["limit.step=0.0025"]);
    let run = limit_fields::<1>(&e, false, &never()).unwrap();
    for (own, due) in run.last().populations.iter().zip(MAY_NOWAK) {
        assert!((own.density[0] - due).abs() < 1e-9, "{} {due}", own.density[0]);
        // The same at every point.
        assert!(own.density[1..].iter().all(|mode| mode.abs() < 1e-12));
    }
    let errors = ["0.04", "0.02"].map(|step| {
        let e = experiment(VIRUS, &[&format!("limit.step={step}"), "time.outputs=[]"]);
        let run = limit_fields::<1>(&e, false, &never()).unwrap();
        (run.last().populations[1].density[0] - MAY_NOWAK[1]).abs()
    });
    let order = (errors[0] / errors[1]).log2();
    assert!((3.7..4.4).contains(&order), "{errors:?} {order}");
}

/// Homogeneous data follow the ODE for every ε, in the kinetic equation to second order in the step: both readings
/// of an infection, both scalings.
#[test]
fn the_kinetic_equation_reacts_with_order_two_in_the_step() {
    let scalings = [
        &["epsilon=0.3"][..],
        &[
            "epsilon=0.5",
            "populations.healthy.kernel.q=1",
            "populations.healthy.kernel.p=1",
            "populations.infected.kernel.q=1",
            "populations.virus.kernel.q=1",
        ],
    ];
    for reading in ["literal", "density"] {
        for scaling in scalings {
            let reading = format!("reactions.virus.reading={reading}");
            let set = [scaling, &[&reading[..]]].concat();
            let e = experiment(VIRUS, &set);
            let model = Model::<1>::new(&e).unwrap();
            let errors = [0.1, 0.05].map(|step| {
                let mut solver = KineticSolver::new(&model, Resolution { angles: 4, step });
                assert!(solver.run(1.0, &never(), &|_| {}));
                [0, 1, 2].map(|p| (solver.density(p)[7] - MAY_NOWAK[p]).abs())
            });
            for p in 0..3 {
                let order = (errors[0][p] / errors[1][p]).log2();
                assert!((1.7..2.4).contains(&order), "{reading} {p}: {errors:?} {order}");
                assert!(errors[1][p] < 4e-3, "{errors:?}");
            }
        }
    }
}

/// Cells against the ODE: the mean of the masses over replicates is within its noise and the bias of N cells, of which
/// 0.3/N is allowed. An error of 6% in a mass is seen.
#[test]
fn cells_follow_may_and_nowak_in_the_mean() {
    let e = experiment(
        VIRUS,
        &[
            "populations.healthy.cells.count=100000",
            "populations.infected.cells.weight=3e-5",
            "populations.virus.cells.weight=3e-5",
            "time.outputs=[]",
            "epsilon=0.5",
        ],
    );
    let model = Model::<1>::new(&e).unwrap();
    let replicates = 24;
    let masses: Vec<[f64; 3]> = (0..replicates)
        .map(|r| {
            let mut simulation = Simulation::new(&model, r).unwrap();
            simulation.run(&never(), &|_| {}, |_| {}).unwrap();
            [0, 1, 2].map(|p| simulation.state().populations[p].cells.mass())
        })
        .collect();
    let n = replicates as f64;
    for p in 0..3 {
        let mean = masses.iter().map(|m| m[p]).sum::<f64>() / n;
        let variance = masses.iter().map(|m| (m[p] - mean).powi(2)).sum::<f64>() / (n - 1.0);
        // Student's t with 23 degrees of freedom beyond 6.6 comes with probability 1e-6.
        let allowed = 6.6 * (variance / n).sqrt() + 1e-4;
        assert!((mean - MAY_NOWAK[p]).abs() < allowed, "{p}: {mean} {allowed}");
        assert!(allowed < 0.06 * MAY_NOWAK[p], "{p}: too noisy to tell anything: {allowed}");
    }
}

const CHAIN: &str = r#"
    dimension = 1
    epsilon = 0.5
    domain = { lower = 0, upper = 2, grid = 16 }
    kernel = { model = "local", lambda = 1 }
    time = { end = 1, step = 1 }
    [populations.a]
    cells = { count = 40000, mass = 2 }
    [populations.b]
    cells = { count = 0, weight = 0.00005 }
    [populations.c]
    cells = { count = 0, weight = 0.00002 }
    [reactions.turn]
    kind = "conversion"
    of = "a"
    to = "b"
    rate = 0.7
    [reactions.die]
    kind = "death"
    of = "b"
    rate = 1.9
    [reactions.shed]
    kind = "production"
    of = "b"
    makes = "c"
    rate = 0.8
    velocity = "equilibrium"
    [reactions.fade]
    kind = "death"
    of = "c"
    rate = 0.3
    [reactions.feed]
    kind = "source"
    makes = "a"
    rate = 0.25
"#;

/// a′ = ½·…: first order with constant rates, a′ = −0.7a + 0.5, b′ = 0.7a − 1.9b, c′ = 0.8b − 0.3c in mass (0.25 per volume on
/// a length of 2), is exact however long the field step is: here it is the whole time.
fn chain(t: f64) -> [f64; 3] {
    let (k, d, e, s) = (0.7, 1.9, 0.3, 0.5);
    let steady = s / k;
    let (a0, b_steady) = (2.0 - steady, s / d);
    let a = |t: f64| steady + a0 * f64::exp(-k * t);
    let (b1, c_steady) = (k * a0 / (d - k), 0.8 * b_steady / e);
    let b2 = -b_steady - b1;
    let b = |t: f64| b_steady + b1 * f64::exp(-k * t) + b2 * f64::exp(-d * t);
    let (c1, c2) = (0.8 * b1 / (e - k), 0.8 * b2 / (e - d));
    let c3 = -c_steady - c1 - c2;
    let c =
        |t: f64| c_steady + c1 * f64::exp(-k * t) + c2 * f64::exp(-d * t) + c3 * f64::exp(-e * t);
    [a(t), b(t), c(t)]
}

/// Numbers of cells are Poisson or less scattered: 4.9√n, and twice that for the brood of another weight. A rate wrong by 5%
/// is seen.
#[test]
fn first_order_reactions_are_exact_in_one_step() {
    let e = experiment(CHAIN, &[]);
    let state = end(&e);
    for (colony, due) in state.populations.iter().zip(chain(1.0)) {
        let cells = &colony.cells;
        let noise = 2.0 * BEYOND * cells.weight * (due / cells.weight).sqrt();
        assert!((cells.mass() - due).abs() < noise, "{} {due} {noise}", cells.mass());
        assert!(noise < 0.2 * due);
    }
    let model = Model::<1>::new(&e).unwrap();
    let mut solver = KineticSolver::new(&model, Resolution { angles: 4, step: 1.0 });
    assert!(solver.run(1.0, &never(), &|_| {}));
    for (p, due) in chain(1.0).iter().enumerate() {
        let found = 2.0 * solver.density(p)[3];
        assert!((found - due).abs() < 1e-9, "{p}: {found} {due}");
    }
}

/// As [`CHAIN`], with what proptest wants.
fn network(kinds: &[(usize, usize, usize, f64)]) -> String {
    let names = ["a", "b", "c"];
    let mut text = String::from(
        "dimension = 1\nepsilon = 0.4\nseed = 5\ndomain = { lower = 0, upper = 1, grid = 8 }\n\
         kernel = { model = \"local\", lambda = 1 }\ntime = { end = 0.2, step = 0.05 }\n",
    );
    for (i, name) in names.iter().enumerate() {
        let count = [300, 40, 0][i];
        text += &format!(
            "[populations.{name}]\ncells = {{ count = {count}, weight = {} }}\n",
            [1e-3, 4e-3, 3e-4][i]
        );
    }
    for (i, (kind, of, to, rate)) in kinds.iter().enumerate() {
        let (of, to, other) = (names[*of], names[*to], names[(*to + 1) % 3]);
        text += &format!("[reactions.r{i}]\nrate = {rate}\n");
        text += &match kind {
            0 => format!("kind = \"death\"\nof = \"{of}\"\n"),
            1 => format!("kind = \"division\"\nof = \"{of}\"\n"),
            2 if of != to => format!("kind = \"conversion\"\nof = \"{of}\"\nto = \"{to}\"\n"),
            3 if of != to => {
                format!("kind = \"infection\"\nof = \"{of}\"\nto = \"{to}\"\nby = \"{other}\"\n")
            }
            4 => format!("kind = \"production\"\nof = \"{of}\"\nmakes = \"{to}\"\n"),
            _ => format!("kind = \"source\"\nmakes = \"{to}\"\n"),
        };
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Births less deaths are what the numbers of cells say, population by population; nothing is negative or outside; and one
    /// thread gives the same bits as three.
    #[test]
    fn the_books_of_random_reactions_balance(
        kinds in prop::collection::vec((0..6usize, 0..3usize, 0..3usize, 0.0..4.0f64), 1..6),
    ) {
        let e = experiment(&network(&kinds), &[]);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let model = Model::<1>::new(&e).unwrap();
                let mut simulation = Simulation::new(&model, 0).unwrap();
                let result = simulation.run(&never(), &|_| {}, |state| {
                    for (colony, start) in state.populations.iter().zip([300, 40, 0]) {
                        let (cells, census) = (&colony.cells, colony.census);
                        assert_eq!(start + census.born, cells.len() as u64 + census.died);
                        assert!(cells.weight > 0.0 && cells.mass() >= 0.0);
                        assert!(cells.positions.iter().all(|x| (0.0..1.0).contains(&x[0])));
                        assert_eq!(cells.positions.len(), cells.velocities.len());
                    }
                });
                match result {
                    Ok(()) => Some(simulation.state().clone()),
                    Err(SimulationError::Extinct { .. }) => None,
                    Err(error) => panic!("{error}"),
                }
            })
        };
        prop_assert!(run(1) == run(3));
    }
}

/// A population and what it senses, alone in its file or beside another that does nothing to it: the same bits.
#[test]
fn an_inert_population_changes_nothing_of_the_others() {
    let alone = r#"
        dimension = 1
        epsilon = 0.3
        domain = { lower = 0, upper = 2, grid = 32, boundary = "no-flux" }
        kernel = { model = "local", lambda = 1, a = 0.2 }
        signal = { equation = "parabolic", decay = 1 }
        cells = { count = 5000, mass = 2, density = { shape = "gaussian", width = 0.3 }, growth = "1 - rho" }
        time = { end = 0.5, step = 0.05 }
    "#;
    let beside = r#"
        dimension = 1
        epsilon = 0.3
        domain = { lower = 0, upper = 2, grid = 32, boundary = "no-flux" }
        signal = { equation = "parabolic", decay = 1, producers = ["cells"] }
        time = { end = 0.5, step = 0.05 }
        [populations.cells]
        kernel = { model = "local", lambda = 1, a = 0.2 }
        cells = { count = 5000, mass = 2, density = { shape = "gaussian", width = 0.3 }, growth = "1 - cells_" }
        [populations.others]
        kernel = { model = "nonlocal", c1 = 0.3, c2 = 0.7 }
        cells = { count = 3000 }
    "#
    .replace("cells_", "rho");
    for motion in ["exact", "skip-ahead", "hybrid"] {
        let set = [&*format!("motion={motion}")];
        let (one, two) = (end(&experiment(alone, &set)), end(&experiment(&beside, &set)));
        assert!(one.populations[0] == two.populations[0], "{motion}: the cells differ");
        assert!(one.signals == two.signals, "{motion}: the signal differs");
        assert_eq!(two.populations[1].cells.len(), 3000);
    }
}

/// What dies out is gone, and the others go on.
#[test]
fn a_population_that_dies_out_is_a_result() {
    let e = experiment(
        CHAIN,
        &[
            "reactions.turn.rate=200",
            "reactions.die.rate=200",
            "reactions.feed.rate=0",
            "reactions.shed.rate=20",
        ],
    );
    let state = end(&e);
    let left: Vec<usize> = state.populations.iter().map(|colony| colony.cells.len()).collect();
    assert!(left[0] == 0 && left[1] == 0 && left[2] > 1000, "{left:?}");
}

/// One that outgrows memory says so, with the time and who it is.
#[test]
fn a_population_that_outgrows_memory_is_told() {
    let e = experiment(CHAIN, &["reactions.shed.rate=1e9", "time.step=0.5"]);
    let model = Model::<1>::new(&e).unwrap();
    let mut simulation = Simulation::new(&model, 0).unwrap();
    let error = simulation.run(&never(), &|_| {}, |_| {}).unwrap_err().to_string();
    assert!(
        error.contains("reactions makes") && error.contains(" b by t = 0.5")
            || error.contains(" c by t = 0.5")
            || error.contains(" a by t = 0.5"),
        "{error}"
    );
}

/// Splitting keeps every sum over cells; merging keeps the mass to round-off and other sums on average: here the mean
/// position, within 4.9 standard errors.
#[test]
fn splitting_and_merging_keep_what_they_say() {
    use kinetaxis::cells::Population;
    use kinetaxis::rng::{Purpose, Streams};
    let positions: Vec<[f64; 1]> = (0..20_001).map(|i| [f64::from(i) / 2e4]).collect();
    let velocities = vec![[1.0]; 20_001];
    let mut cells = Population::new(positions, velocities, 0.3);
    let sums = |cells: &Population<1>| {
        let first: f64 = cells.positions.iter().map(|x| x[0]).sum();
        let second: f64 = cells.positions.iter().map(|x| x[0] * x[0]).sum();
        [cells.mass(), cells.weight * first, cells.weight * second]
    };
    let before = sums(&cells);
    cells.split();
    assert_eq!(cells.len(), 40_002);
    for (a, b) in sums(&cells).iter().zip(before) {
        assert!((a - b).abs() < 1e-9 * b);
    }
    cells.merge(&mut Streams::new(3, 0).stream(Purpose::Merger, 0, 0));
    // Pairs of equals: nothing changes at all.
    assert_eq!(cells.len(), 20_001);
    for (a, b) in sums(&cells).iter().zip(before) {
        assert!((a - b).abs() < 1e-9 * b);
    }
    cells.merge(&mut Streams::new(4, 0).stream(Purpose::Merger, 0, 0));
    let after = sums(&cells);
    assert_eq!(cells.len(), 10_001);
    assert!((after[0] / before[0] - 1.0).abs() < 1e-12);
    // Either of two neighbours 5e-5 apart, 10⁴ times.
    let noise = BEYOND * 2.0 * 0.3 * 2.5e-5 * 100.0 + 0.3;
    assert!((after[1] - before[1]).abs() < noise, "{after:?} {before:?}");
}

/// A virus of a million particles a cell, kept between 2000 and 8000 of changing weight, has the mean of one that is not
/// merged.
#[test]
fn weights_change_and_means_do_not() {
    let merged = experiment(
        VIRUS,
        &[
            "populations.virus.cells.weight=1e-5",
            "populations.virus.cells.mass=0.1",
            "populations.virus.cells.least=1000",
            "populations.virus.cells.most=4000",
            "populations.healthy.cells.count=60000",
            "populations.infected.cells.weight=5e-5",
            "time.outputs=[]",
            "epsilon=0.3",
        ],
    );
    let model = Model::<1>::new(&merged).unwrap();
    let masses: Vec<f64> = (0..10)
        .map(|r| {
            let mut simulation = Simulation::new(&model, r).unwrap();
            simulation.run(&never(), &|_| {}, |_| {}).unwrap();
            let virus = &simulation.state().populations[2].cells;
            assert!((1000..=4000).contains(&virus.len()), "{}", virus.len());
            virus.mass()
        })
        .collect();
    let mean = masses.iter().sum::<f64>() / 10.0;
    let deviation = (masses.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 90.0).sqrt();
    // Student's t with 9 degrees of freedom beyond 10.5 comes with probability 2e-6.
    assert!((mean - MAY_NOWAK[2]).abs() < 10.5 * deviation, "{mean} {deviation}");
    assert!(10.5 * deviation < 0.2 * MAY_NOWAK[2], "{deviation}");
}

/// Both readings of an infection have one limit; they differ by O(ε²) where densities have gradients.
#[test]
fn the_two_readings_of_an_infection_differ_by_the_square_of_epsilon() {
    let text = include_str!("../../experiments/virus-limit-1d.toml");
    let at = |epsilon: f64| {
        let densities = ["literal", "density"].map(|reading| {
            let set = [
                format!("epsilon={epsilon}"),
                format!("reactions.virus.reading={reading}"),
                "domain.grid=24".into(),
                "deposit.bandwidth=0.3".into(),
                "time.end=0.25".into(),
            ];
            let set: Vec<&str> = set.iter().map(|s| &s[..]).collect();
            let e = experiment(text, &set);
            let model = Model::<1>::new(&e).unwrap();
            let mut solver = KineticSolver::new(&model, Resolution { angles: 4, step: 0.005 });
            assert!(solver.run(0.25, &never(), &|_| {}));
            solver.density(1)
        });
        let size =
            |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        let [literal, dense] = &densities;
        size(&mut literal.iter().zip(dense).map(|(a, b)| a - b)) / size(&mut dense.iter().copied())
    };
    let [coarsest, coarse, fine] = [0.4, 0.2, 0.1].map(at);
    let order = (coarse / fine).log2();
    println!("relative L2 distance of the infected cells at eps 0.4, 0.2, 0.1:");
    println!(
        "{coarsest:.3e} {coarse:.3e} {fine:.3e}; orders {:.3}, {order:.3}",
        (coarsest / coarse).log2()
    );
    assert!(coarse > 1e-5 && (1.8..2.2).contains(&order), "{coarse} {fine} {order}");
}
