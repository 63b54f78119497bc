//! A colony told in physical units is the same colony whatever the units of the file and ε are, and is the file of plain numbers
//! that says the same.

use kinetaxis::experiment::keys::TABLE;
use kinetaxis::experiment::{Experiment, read, to_toml};
use kinetaxis::model::Model;
use kinetaxis::schema::{Kind, Measures, Scale};
use kinetaxis::turning::TurningKernel;
use std::f64::consts::PI;

/// Length in um, time in s, concentration in uM of one unit, and ε.
type Frame = (f64, f64, f64, f64);

const FRAMES: [Frame; 6] = [
    (1.0, 1.0, 1.0, 1.0),
    (1000.0, 600.0, 1.0, 0.1),
    (1000.0, 600.0, 0.001, 0.013),
    (7.0, 0.3, 250.0, 0.37),
    (50_000.0, 86_400.0, 1e3, 0.004),
    (0.2, 3.0, 5.0, 2.5),
];

/// Run speed in um/s, tumble rate in 1/s, gradient in uM/um at which coefficients are asked for, and the measure of V
/// in physical speeds.
const SPEED: f64 = 22.0;
const RATE: f64 = 3.0;
const SLOPE: f64 = 0.002;

fn text((length, time, concentration, epsilon): Frame, d: usize, set: &str, keys: &str) -> String {
    format!(
        "dimension = {d}\nepsilon = {epsilon}\n{keys}\n\
         units = {{ length = \"{length} um\", time = \"{time} s\", concentration = \"{concentration} uM\", mass = \"1000 cells\" }}\n\
         velocity = {{ set = \"{set}\", speed = \"{SPEED} um/s\" }}\n\
         domain = {{ lower = \"-1 mm\", upper = \"1 mm\", grid = 16 }}\n\
         cells = {{ count = 10 }}\n\
         time = {{ end = \"1 h\", step = \"30 min\" }}\n"
    )
}

fn experiment(text: &str) -> Experiment {
    read(text, "units.toml", &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}")).experiment
}

/// D and χ in the file's own units, at the middle of S and a slope.
fn coefficients(e: &Experiment, slope: f64) -> [f64; 2] {
    fn of<const D: usize>(e: &Experiment, slope: f64) -> [f64; 2] {
        let model = Model::<D>::new(e).unwrap_or_else(|error| panic!("{error}"));
        let c = model.first().kernel.coefficients(0.0, slope);
        [c.diffusivity, c.sensitivity]
    }
    match e.dimension {
        1 => of::<1>(e, slope),
        2 => of::<2>(e, slope),
        _ => of::<3>(e, slope),
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * b.abs()
}

/// d, V, ⟨c²⟩/SPEED², μ(V) in um/s.
fn sets() -> Vec<(usize, &'static str, f64, f64)> {
    let c = SPEED;
    vec![
        (1, "sphere", 1.0, 2.0),
        (2, "sphere", 1.0, 2.0 * PI * c),
        (3, "sphere", 1.0, 4.0 * PI * c * c),
        (1, "ball", 1.0 / 3.0, 2.0 * c),
        (2, "ball", 0.5, PI * c * c),
        (3, "ball", 0.6, 4.0 / 3.0 * PI * c * c * c),
    ]
}

#[test]
fn the_local_kernel_has_the_same_physics_in_every_frame() {
    // Responses in 1/uM per measure: B = b mu, the change of the tumble rate per rate of change of S along the path.
    let (big_a, big_b) = (1.5, 4.0);
    for (d, set, share, mu) in sets() {
        let measure = match (d, set) {
            (1, "sphere") => String::new(),
            (d, "sphere") => format!("/(um/s)^{}", d - 1),
            (d, _) => format!("/(um/s)^{d}"),
        };
        for frame in FRAMES {
            let (length, time, concentration, epsilon) = frame;
            let (a, b) = (big_a / mu, big_b / mu);
            let keys = format!(
                "kernel = {{ model = \"local\", lambda = \"{RATE} /s\", a = \"{a} /uM{measure}\", b = \"{b} /uM{measure}\" }}"
            );
            let e = experiment(&text(frame, d, set, &keys));
            let [diffusivity, sensitivity] = coefficients(&e, SLOPE);
            let square = share * SPEED * SPEED;
            let due = square / (d as f64 * RATE);
            let got = diffusivity * length * length / time;
            assert!(near(got, due), "D, {d} {set} {frame:?}: {got} um^2/s for {due}");
            let due = (big_a + big_b) * square / (d as f64 * RATE);
            let got = sensitivity * length * length / (time * concentration);
            assert!(near(got, due), "chi, {d} {set} {frame:?}: {got} um^2/(s uM) for {due}");
            let model_rate = match &e.first().kernel.terms[0].model {
                kinetaxis::experiment::KernelModel::Local { lambda, .. } => {
                    lambda.eval(&[0.0, 0.0])
                }
                _ => unreachable!("it is local"),
            };
            let relaxation = epsilon * epsilon / model_rate * time;
            assert!(near(relaxation, 1.0 / RATE), "relaxation, {frame:?}: {relaxation} s");
            assert!(near(e.first().velocity.speed / epsilon * length / time, SPEED));
            assert!(near(e.time.end * time, 3600.0) && near(e.domain.upper[0] * length, 1000.0));
        }
    }
}

#[test]
fn exponents_q_and_p_leave_the_flights_as_they_are() {
    let (big_b, frame) = (4.0, FRAMES[1]);
    let (length, time, concentration, epsilon) = frame;
    for (q, p) in [(1, 1), (2, 1), (1, 2), (3, 2)] {
        let keys = format!(
            "kernel = {{ model = \"local\", lambda = \"{RATE} /s\", b = \"{} /uM\", q = {q}, p = {p} }}",
            big_b / 2.0
        );
        let e = experiment(&text(frame, 1, "sphere", &keys));
        let [diffusivity, sensitivity] = coefficients(&e, SLOPE);
        // The flux is ε^{p−1}Γρ − ε^{q−1}D∇ρ.
        let d = epsilon.powi(q - 1) * diffusivity * length * length / time;
        let chi = epsilon.powi(p - 1) * sensitivity * length * length / (time * concentration);
        assert!(near(d, SPEED * SPEED / RATE), "q = {q}, p = {p}: {d} um^2/s");
        assert!(near(chi, big_b * SPEED * SPEED / RATE), "q = {q}, p = {p}: {chi}");
    }
}

#[test]
fn kernels_of_psi_have_the_same_physics_in_every_frame() {
    for (length, time, concentration, epsilon) in FRAMES {
        let frame = (length, time, concentration, epsilon);
        let keys = "kernel = { model = \"nonlocal\", psi = \"separable\", diffusivity = \"450 um^2/s\", sensitivity = \"90 um^2/s/uM\" }";
        let [d, chi] = coefficients(&experiment(&text(frame, 2, "sphere", keys)), SLOPE);
        let [d, chi] = [d * length * length / time, chi * length * length / time / concentration];
        assert!((d - 450.0).abs() < 1e-6 * 450.0, "{frame:?}: {d}");
        assert!((chi - 90.0).abs() < 1e-6 * 90.0, "{frame:?}: {chi}");
        // psi is rate/mu at z = 0, and its slope is looked at over a flight of epsilon^2 of the unit of time.
        let keys = format!(
            "kernel = {{ model = \"nonlocal\", psi = \"linear\", c2 = \"{} /um\", c1 = \"{} /um/uM\" }}",
            RATE / (2.0 * PI * SPEED),
            2.0 / (2.0 * PI * SPEED)
        );
        let [d, chi] = coefficients(&experiment(&text(frame, 2, "sphere", &keys)), SLOPE);
        assert!(near(d * length * length / time, SPEED * SPEED / (2.0 * RATE)), "{frame:?}");
        let look = epsilon * epsilon * time;
        let due = look * SPEED * SPEED / 2.0 * (2.0 / RATE);
        assert!(near(chi * length * length / time / concentration, due), "{frame:?}");
    }
}

#[test]
fn signals_and_reactions_are_those_of_the_physical_equations() {
    use kinetaxis::experiment::Signal;
    for (length, time, concentration, epsilon) in FRAMES {
        let keys = "kernel = { model = \"local\", senses = \"food\" }\n\
             [signals.food]\nequation = \"parabolic\"\ndelta = 0.2\ndiffusion = \"800 um^2/s\"\ndecay = \"0.01 /s\"\n\
             production = \"5 uM mm^3/(s cells)\"\nsource = \"2 uM/s\"\ninitial = \"0.1 mM\"\n\
             [reactions.division]\nkind = \"division\"\nof = \"cells\"\nrate = \"0.5 /h\"\n\
             [reactions.inflow]\nkind = \"source\"\nmakes = \"cells\"\nrate = \"3 cells/(mm^3 h)\"\n\
             [populations.cells.deposit]\nbandwidth = \"0.2 mm\"\n";
        let text = text((length, time, concentration, epsilon), 3, "sphere", "");
        let e = experiment(&(text + keys));
        let Signal::Parabolic { delta, diffusion, production, decay, source, initial } =
            &e.signals[0].equation
        else {
            unreachable!("it is parabolic")
        };
        let [production, decay, source] =
            [production, decay, source].map(|rate| rate.eval(&[0.0; 8]) / delta);
        // One unit of mass is 1000 cells, one of density 1000 cells/length^3.
        let (mm, density) = (length / 1000.0, 1000.0 / (length / 1000.0).powi(3));
        assert!(near(diffusion / delta * length * length / time, 800.0));
        assert!(near(decay / time, 0.01) && near(source * concentration / time, 2.0));
        assert!(near(production * concentration / time / density, 5.0));
        assert!(near(initial.eval(&[0.0; 8]) * concentration, 100.0));
        assert!(near(e.first().deposit.bandwidth * mm, 0.2));
        let rates: Vec<f64> = e.reactions.iter().map(|r| r.rate.eval(&[0.0; 8])).collect();
        assert!(near(rates[0] / time * 3600.0, 0.5));
        assert!(near(rates[1] * density / time * 3600.0, 3.0));
    }
}

/// Physical and plain files that say the same.
const SAME: [[&str; 2]; 14] = [
    ["velocity.speed=22 um/s", "velocity.speed=1.32"],
    ["kernel.lambda=3 /s", "kernel.lambda=18"],
    ["kernel.b=2 /mM", "kernel.b=0.002"],
    ["time.end=2 h", "time.end=12"],
    ["time.step=60 s", "time.step=0.1"],
    ["domain.upper=4 mm", "domain.upper=4"],
    ["domain.lower=[\"-4000 um\"]", "domain.lower=[-4]"],
    ["time.outputs=[\"1 h\", 7, \"90 min\"]", "time.outputs=[6, 7, 9]"],
    ["cells.mass=2.5e5 cells", "cells.mass=2.5"],
    ["cells.density.width=300 µm", "cells.density.width=0.3"],
    ["deposit.bandwidth=0.5 mm", "deposit.bandwidth=0.5"],
    ["output.cells_at=[\"40 min\"]", "output.cells_at=[4]"],
    ["cells.growth=0.6 /h", "cells.growth=0.1"],
    ["verify.speed=4 um/s", "verify.speed=2.4"],
];

const PLAIN: &str = "dimension = 1\nepsilon = 0.1\n\
    domain = { lower = -4, upper = 4, grid = 32, boundary = \"no-flux\" }\n\
    kernel = { model = \"local\" }\n\
    signal = { equation = \"prescribed\", expression = \"x\" }\n\
    cells = { count = 100, density = { shape = \"gaussian\", width = 0.5 } }\n\
    time = { end = 12, step = 0.2 }\n";
const UNITS: &str = "units = { length = \"1 mm\", time = \"10 min\", concentration = \"1 uM\", mass = \"1e5 cells\" }\n";

#[test]
fn a_file_with_units_is_the_same_to_the_last_bit_as_one_of_plain_numbers() {
    let resolved = |text: &str, overrides: &[&str]| {
        let overrides: Vec<String> = overrides.iter().map(|o| o.to_string()).collect();
        let loaded = read(text, "units.toml", &overrides).unwrap_or_else(|p| panic!("{p}"));
        let mut json = loaded.resolved;
        json.as_object_mut().unwrap().remove("units");
        (json, loaded.experiment.definition())
    };
    let with_units = format!("{UNITS}{PLAIN}");
    for [physical, plain] in SAME {
        assert_eq!(resolved(&with_units, &[physical]), resolved(PLAIN, &[plain]), "{physical}");
    }
    let [physical, plain] = [0, 1].map(|which| SAME.map(|pair| pair[which]));
    assert_eq!(resolved(&with_units, &physical), resolved(PLAIN, &plain));
}

#[test]
fn what_is_written_reads_to_the_same_bytes() {
    let overrides: Vec<String> = SAME.iter().map(|pair| pair[0].to_string()).collect();
    for text in
        [format!("{UNITS}{PLAIN}"), format!("{UNITS}{PLAIN}").replace("epsilon = 0.1\n", "")]
    {
        let first = read(&text, "units.toml", &overrides).unwrap_or_else(|p| panic!("{p}"));
        let written = to_toml(&first.resolved);
        let again = read(&written, "experiment.toml", &[]).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(to_toml(&again.resolved), written);
        assert_eq!(again.experiment.definition(), first.experiment.definition());
        let units = again.experiment.units;
        assert_eq!(units.to_json(), first.experiment.units.to_json());
        assert_eq!(units.label("x", Scale::Length), "x (mm)");
        assert_eq!(units.label("t", Scale::Time), "t (10 min)");
        assert_eq!(units.label("S", Scale::Concentration), "S (uM)");
    }
}

#[test]
fn epsilon_follows_from_the_slowest_tumble_rate() {
    let text = format!("{UNITS}{PLAIN}").replace("epsilon = 0.1\n", "");
    let of = |overrides: &[&str]| {
        let overrides: Vec<String> = overrides.iter().map(|o| o.to_string()).collect();
        read(&text, "units.toml", &overrides).map(|loaded| loaded.experiment)
    };
    let lambda = |e: &Experiment, k: usize| match &e.populations[k].kernel.terms[0].model {
        kinetaxis::experiment::KernelModel::Local { lambda, .. } => lambda.eval(&[0.0, 0.0]),
        _ => unreachable!("it is local"),
    };
    let e = of(&["kernel.lambda=3 /s", "velocity.speed=22 um/s"]).unwrap();
    assert_eq!(e.epsilon, (1.0_f64 / 1800.0).sqrt());
    assert_eq!(lambda(&e, 0), 1.0);
    assert!(near(e.first().velocity.speed / e.epsilon / 600.0 * 1000.0, 22.0));
    let e = of(&["kernel.lambda=3 /s", "kernel.q=2"]).unwrap();
    assert!(near(e.epsilon, (1.0_f64 / 1800.0).cbrt()));
    assert_eq!(lambda(&e, 0), 1.0);
    // The order of the populations does not matter.
    for rates in [["3 /s", "1.5 /s"], ["1.5 /s", "3 /s"]] {
        let e = of(&[
            &format!("populations.one.kernel.lambda={}", rates[0]),
            &format!("populations.two.kernel.lambda={}", rates[1]),
        ]);
        let e = e.unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(e.epsilon, (1.0_f64 / 900.0).sqrt());
        let mut rates = [lambda(&e, 0), lambda(&e, 1)];
        rates.sort_by(f64::total_cmp);
        assert_eq!(rates, [1.0, 2.0]);
    }
    // Terms add to one rate.
    let e = of(&["kernel.lambda=3 /s", "terms.more.model=local", "terms.more.lambda=1 /s"]);
    assert_eq!(e.unwrap().epsilon, (1.0_f64 / 2400.0).sqrt());
    for rates in [&["kernel.lambda=3"][..], &[], &["kernel.lambda=3 um"]] {
        let problems = of(rates).unwrap_err().to_string();
        assert!(problems.contains("epsilon: is missing"), "{problems}");
    }
}

#[test]
fn every_number_of_the_file_knows_what_it_measures() {
    let mut numeric = 0;
    for key in TABLE.keys.iter() {
        let measures = key.measures();
        assert_eq!(measures.is_some(), key.kind.is_numeric(), "{}", key.path);
        numeric += usize::from(measures.is_some());
    }
    assert!(numeric > 70, "only {numeric}");
}

/// A value with a unit that fits no key, in the form that a kind takes.
fn misfit(kind: &Kind) -> &'static str {
    match kind {
        Kind::Floats(_) | Kind::Formulas(_) => "[\"3 cells^5 h^3\"]",
        _ => "\"3 cells^5 h^3\"",
    }
}

#[test]
fn a_unit_that_does_not_fit_is_refused_at_every_key() {
    let text = format!("{UNITS}{PLAIN}");
    let mut tried = 0;
    for key in TABLE.keys.iter().filter(|key| key.kind.is_numeric()) {
        let mut overrides = vec![];
        let mut other = key.only;
        while let Some(only) = other {
            overrides.push(format!("{}={}", only.key, only.among[0]));
            other = TABLE.find(only.key).unwrap().only;
        }
        let path = key.path.replacen("reactions.", "reactions.it.", 1);
        overrides =
            overrides.iter().map(|o| o.replacen("reactions.", "reactions.it.", 1)).collect();
        overrides.push(format!("{path}={}", misfit(&key.kind)));
        let problems = read(&text, "units.toml", &overrides).unwrap_err().to_string();
        let own = problems.lines().find(|line| line.starts_with(&format!("--set: {path} = ")));
        let own = own.unwrap_or_else(|| panic!("{path}: {problems}"));
        let given = "is a time^3 times number of cells^5, and ";
        assert!(own.contains(given) && own.contains(&format!("and {path} ")), "{own}");
        if let Some(Measures::One(measures)) = key.measures() {
            let is_number = measures == kinetaxis::schema::NUMBER;
            let told = own.contains("is a number without a unit. Give a plain number.");
            assert!(!is_number || told, "{own}");
        }
        tried += 1;
    }
    assert!(tried > 70, "only {tried}");
}

/// √⟨|v|²⟩_F of the colony told in a frame, and with it the scales that inspect tells, in um, s and uM.
#[test]
fn scales_and_ratios_are_those_of_the_colony_in_every_frame() {
    use kinetaxis::referee::groups;
    let mut told = Vec::new();
    for (length, time, concentration, _) in [FRAMES[0], FRAMES[2]] {
        for epsilon in [0.3, 0.02] {
            let keys = format!(
                "kernel = {{ model = \"local\", lambda = \"{RATE} /s\", b = \"{} s/(um uM)\" }}\n\
                 signal = {{ equation = \"prescribed\", expression = \"{}*x\" }}",
                4.0 / (2.0 * PI * SPEED),
                SLOPE * length / concentration
            );
            let text = text((length, time, concentration, epsilon), 2, "sphere", &keys);
            let width = "density = { shape = \"gaussian\", width = \"300 um\" }";
            let e = experiment(
                &text
                    .replace("count = 10", &format!("count = 10, {width}"))
                    .replace("grid = 16", "grid = 32, boundary = \"no-flux\""),
            );
            let g = &groups(&e, &Model::<2>::new(&e).unwrap())[0];
            let speed = length / time;
            assert!(near(g.run_speed * speed, SPEED) && near(g.run_time * time, 1.0 / RATE));
            assert!(near(g.diffusivity * length * speed, SPEED * SPEED / (2.0 * RATE)));
            let chi = g.sensitivities[0] * length * speed / concentration;
            assert!((chi / (4.0 * SPEED * SPEED / (2.0 * RATE)) - 1.0).abs() < 1e-9, "{chi}");
            // A straight S has a kink at walls, where its spline is steeper.
            let slope = g.slopes[0] * concentration / length;
            assert!((1.0..1.5).contains(&(slope / SLOPE)), "{slope}");
            assert!(near(g.run_length() * length, SPEED / RATE));
            // exp(-x²/2w²) smoothed by h has ⟨k²⟩ = d/2(w² + h²), and 4π(w² + h²)/|box| of its square in the mean.
            let square = 300.0_f64.powi(2) + (g.bandwidth * length).powi(2);
            let due = (square * (1.0 - PI * square / 1e6)).sqrt();
            assert!((g.width.unwrap() * length / due - 1.0).abs() < 0.01, "{:?} {due}", g.width);
            told.push([g.peclet(), g.distance(), g.relaxation / g.end]);
        }
    }
    let same =
        |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).all(|(a, b)| (a / b - 1.0).abs() < 1e-9);
    assert!(told.iter().all(|one| same(one, &told[0])), "{told:?}");
}
