//! What must hold at every field step is checked there, and told in summary.json.

use crate::common::program::{Desk, expect, json, kinetaxis, stderr};
use serde_json::Value;

/// Two populations, one of which is split. Before each output a field step is halved until it is no longer than
/// ε²/25 = 0.0016: four for each output.
const TWO: &str = r#"
dimension = 1
epsilon = 0.2
domain = { lower = 0, upper = 1, grid = 32 }
time = { end = 0.04, step = 0.01, outputs = [0.01, 0.02, 0.03, 0.04] }
[populations.prey]
cells = { count = 4000, mass = 1, least = 3000, most = 6000 }
kernel = { model = "local" }
deposit = { bandwidth = 0.1 }
[populations.hunter]
cells = { count = 500, mass = 1 }
kernel = { model = "local" }
deposit = { bandwidth = 0.1, order = ORDER }
[reactions.eating]
kind = "conversion"
of = "prey"
to = "hunter"
rate = 40
[reactions.death]
kind = "death"
of = "hunter"
rate = 1
"#;

impl Desk {
    /// The invariants of a run.
    fn found(&self, command: &str, more: &[&str]) -> Value {
        expect(0, &self.line(command, command, more));
        json(self.path(command).join("summary.json"))["invariants"].clone()
    }
}

fn text(order: u32) -> String {
    TWO.replace("ORDER", &order.to_string())
}

/// Two halves of each step and two populations are counted; their mass is looked at after splits and mergers, and
/// on the grid. A kernel of order 4 is negative beside its peak, and that is reported.
#[test]
fn every_step_is_checked() {
    let found = Desk::new(&text(2)).found("run", &[]);
    let steps = 4 * 4;
    assert_eq!(found["counts"]["checked"], 4 * steps);
    assert_eq!(found["mass"]["checked"], 4 * steps);
    assert_eq!(found["density_at_least_0"]["checked"], 2 * 32 * steps);
    assert!(found["mass"]["worst"].as_f64().unwrap() < 1e-12, "{found}");
    for (what, entry) in found.as_object().unwrap() {
        assert_eq!(entry["broken"], 0, "{what}: {entry}");
    }
    let checked = found["cells_in_box"]["checked"].as_u64().unwrap();
    // Some 3000 to 6000 and 400 to 1000 cells after their flight and after their reactions.
    assert!((2 * 3400 * steps..2 * 7000 * steps).contains(&checked), "{found}");
    let found = Desk::new(&text(4)).found(
        "run",
        &[
            "--set",
            "populations.hunter.cells.density={shape=\"point\",center=0.5}",
            "--set",
            "reactions.eating.rate=0",
        ],
    );
    let below = &found["density_at_least_0"];
    assert!(below["broken"].as_u64().unwrap() > 0, "{below}");
    // ½(3 − q²)e^{−q²/2} is least at q² = 5: −e^{−5/2}, of 3/2 at its peak. Cells are soon some 0.1 bandwidths apart.
    let worst = below["worst"].as_f64().unwrap();
    assert!((-0.0555..-0.04).contains(&worst), "{below}");
}

/// Replicates are added up, those of a sweep as well.
#[test]
fn replicates_are_added_up() {
    let one = Desk::new(&text(2)).found("run", &[]);
    let three = Desk::new(&text(2)).found("ensemble", &["--set", "ensemble.replicates=3"]);
    for what in ["counts", "mass", "density_at_least_0"] {
        let [one, three] = [&one, &three].map(|f| f[what]["checked"].as_u64().unwrap());
        assert_eq!(three, 3 * one, "{what}");
    }
}

/// The error of a cell says when, and in which population.
#[test]
fn a_cell_is_named_with_time_and_population() {
    let desk = Desk::new(&text(2));
    let more = ["--set", "populations.hunter.kernel.bound=0.5"];
    let output = kinetaxis(&desk.line("run", "run", &more));
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let begins = "kinetaxis: between t = 0 and 0.005, in the population hunter: cell ";
    assert!(told.starts_with(begins) && told.contains("set kernel.bound above it"), "{told}");
}
