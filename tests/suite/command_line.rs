//! What the command line promises: exit codes, no file ever lost, messages that help.

use crate::common::program::{Table, expect, json, kinetaxis, names_in, program, stderr, stdout};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const EXPERIMENT: &str = r#"
dimension = 1
epsilon = 0.2
seed = 5
[domain]
lower = 0
upper = 1
grid = 16
[kernel]
model = "local"
[cells]
count = 100
[time]
end = 0.1
step = 0.05
"#;

/// A folder with a small experiment in it.
struct Desk {
    home: TempDir,
    file: String,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("small.toml");
        fs::write(&file, EXPERIMENT).unwrap();
        Self { file: file.to_str().unwrap().into(), home }
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().into()
    }
}

/// Hybrid flights are biased by the order that a sweep measures.
#[test]
fn a_sweep_with_biased_flights_is_refused() {
    let desk = Desk::new();
    let out = desk.path("out");
    for set in [&["motion=hybrid"][..], &["motion=auto", "motion_bias=0.01"]] {
        let set: Vec<&str> = set.iter().flat_map(|s| ["--set", s]).collect();
        let line = [&["converge", &desk.file, "--out", &out][..], &set].concat();
        let message = stderr(&expect(2, &line));
        assert!(message.contains("O(epsilon^2)") && message.contains("skip-ahead"), "{message}");
        assert!(!Path::new(&out).exists());
    }
}

/// `run` and `inspect` tell what was taken and why; summary.json keeps it.
#[test]
fn the_motion_that_is_taken_is_told() {
    let desk = Desk::new();
    let out = desk.path("out");
    let auto = ["--set", "motion=auto"];
    let told = stdout(&expect(0, &[&["run", &desk.file, "--out", &out][..], &auto].concat()));
    assert!(told.contains("motion exact: least cost of the exact ways"), "{told}");
    assert!(told.contains("flown: exact 100%"), "{told}");
    let inspected = stdout(&expect(0, &[&["inspect", &desk.file][..], &auto].concat()));
    assert!(inspected.contains("motion exact: least cost of the exact ways"), "{inspected}");
    let motion = &json(Path::new(&out).join("summary.json"))["motion"];
    assert_eq!((&motion["asked"], &motion["taken_at_start"]), (&"auto".into(), &"exact".into()));
    assert_eq!(motion["offers_per_field_step"].as_array().map(Vec::len), Some(3));
}

/// The adaptive density stands beside the fixed one, with the same mass, only where it is asked for.
#[test]
fn the_adaptive_density_is_written_where_asked_for() {
    let desk = Desk::new();
    let (out, plain) = (desk.path("out"), desk.path("plain"));
    expect(0, &["run", &desk.file, "--out", &plain]);
    let times = ["--set", "output.knn=10", "--set", "time.outputs=[0, 0.1]"];
    expect(0, &[&["run", &desk.file, "--out", &out][..], &times].concat());
    assert!(!Path::new(&plain).join("density_knn.csv").exists());
    let table = Table::read(Path::new(&out).join("density_knn.csv"));
    for kind in ["fixed", "adaptive"] {
        let rho = table.numbers(kind);
        assert_eq!(rho.len(), 2 * 16);
        assert!(rho.chunks(16).all(|rho| (rho.iter().sum::<f64>() / 16.0 - 1.0).abs() < 1e-12));
    }
    let density = Table::read(Path::new(&out).join("density.csv"));
    assert_eq!(density.numbers("value"), table.numbers("fixed"));
    let page = fs::read_to_string(Path::new(&out).join("report.html")).unwrap();
    assert!(page.contains("10-th neighbour") && page.contains("adaptive"));
}

#[test]
fn bad_input_is_code_2_and_leaves_nothing() {
    let desk = Desk::new();
    let (out, missing) = (desk.path("out"), desk.path("missing.toml"));
    for command in ["run", "ensemble", "limit", "converge"] {
        for set in ["epsilon=-1", "nonsense=1", "cells.count", "cells.count=many"] {
            expect(2, &[command, &desk.file, "--out", &out, "--set", set]);
        }
        let message = stderr(&expect(2, &[command, &missing, "--out", &out]));
        assert!(
            message.contains("missing.toml") && message.contains("Check the path"),
            "{message}"
        );
        expect(2, &[command, &desk.file, "--out", &out, "--threads", "0"]);
        expect(2, &[command, &desk.file, "--no-such-flag"]);
    }
    expect(2, &["check", &missing]);
    expect(2, &["inspect", &desk.file, "--set", "dimension=4"]);
    expect(2, &["fly", &desk.file]);
    assert_eq!(names_in(desk.home.path()), ["small.toml"]);
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let desk = Desk::new();
    let out = desk.path("out");
    for command in ["run", "ensemble"] {
        let told =
            |device| stderr(&expect(2, &[command, &desk.file, "--out", &out, "--device", device]));
        for device in ["tpu", "gpu:", "gpu:a b"] {
            let message = told(device);
            assert!(message.contains(device) && message.contains("Give cpu, gpu"), "{message}");
        }
        if !cfg!(feature = "gpu") {
            let message = told("gpu");
            assert!(message.contains("--features gpu"), "{message}");
            assert!(message.contains("--device cpu"), "{message}");
        }
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn a_typo_gets_a_suggestion_and_all_errors_come_at_once() {
    let desk = Desk::new();
    let text = EXPERIMENT
        .replace("count", "cuont")
        .replace("epsilon = 0.2", "epsilon = -0.2")
        .replace("\"local\"", "\"locale\"");
    fs::write(&desk.file, text).unwrap();
    let message = stderr(&expect(2, &["check", &desk.file]));
    for part in ["cells.cuont", "cells.count", "epsilon", "-0.2", "Did you mean \"local\"", ":3"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    let set = stderr(&expect(2, &["check", &desk.file, "--set", "domain.gird=8"]));
    assert!(set.contains("domain.gird") && set.contains("domain.grid"), "{set}");
    assert!(!message.contains("panicked") && !set.contains("panicked"));
}

#[test]
fn results_are_not_overwritten_without_force() {
    let desk = Desk::new();
    let out = desk.path("out");
    let line = ["run", &desk.file, "--quiet", "--out", &out];
    expect(0, &line);
    let first = fs::read(Path::new(&out).join("observables.csv")).unwrap();
    let again = [&line[..], &["--seed", "6"]].concat();
    let message = stderr(&expect(2, &again));
    assert!(message.contains("--force"), "{message}");
    assert_eq!(fs::read(Path::new(&out).join("observables.csv")).unwrap(), first);
    expect(0, &[&again[..], &["--force"]].concat());
    assert_ne!(fs::read(Path::new(&out).join("observables.csv")).unwrap(), first);
    assert_eq!(names_in(desk.home.path()), ["out", "small.toml"]);
}

#[test]
fn force_spares_a_folder_without_manifest() {
    let desk = Desk::new();
    let thesis = desk.path("thesis");
    fs::create_dir(&thesis).unwrap();
    fs::write(Path::new(&thesis).join("chapter.tex"), "years of work").unwrap();
    for target in [&thesis, &desk.file] {
        let message = stderr(&expect(2, &["run", &desk.file, "--force", "--out", target]));
        assert!(message.contains("manifest.json"), "{message}");
    }
    assert_eq!(names_in(Path::new(&thesis)), ["chapter.tex"]);
    assert_eq!(fs::read_to_string(&desk.file).unwrap(), EXPERIMENT);
    assert_eq!(names_in(desk.home.path()), ["small.toml", "thesis"]);
}

#[test]
fn the_results_folder_is_named_after_the_experiment() {
    let desk = Desk::new();
    let status = program()
        .args(["limit", "small.toml", "--quiet"])
        .current_dir(desk.home.path())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(desk.home.path().join("results/small-limit/manifest.json").is_file());
}

#[test]
fn new_writes_a_valid_experiment_and_never_overwrites() {
    let desk = Desk::new();
    let new = desk.path("new.toml");
    expect(0, &["new", &new]);
    expect(0, &["check", &new]);
    let text = fs::read_to_string(&new).unwrap();
    fs::write(&new, text + "# mine\n").unwrap();
    let message = stderr(&expect(2, &["new", &new]));
    assert!(message.contains("--force"), "{message}");
    assert!(fs::read_to_string(&new).unwrap().ends_with("# mine\n"));
    expect(0, &["new", &new, "--force"]);
    assert!(!fs::read_to_string(&new).unwrap().ends_with("# mine\n"));
}

/// Every template can be run, and says where editors find what its keys hold.
#[test]
fn there_are_templates_to_start_from() {
    let desk = Desk::new();
    let told = stderr(&expect(2, &["new", &desk.path("x.toml"), "--template", "nothing"]));
    let names = told.split("possible values: ").nth(1).and_then(|rest| rest.split(']').next());
    let names: Vec<&str> = names.expect("the names are told").split(", ").collect();
    assert!(names.len() > 8 && names.contains(&"virus"), "{told}");
    for name in names {
        let file = desk.path(&format!("{name}.toml"));
        expect(0, &["new", &file, "--template", name]);
        expect(0, &["check", &file]);
        assert!(fs::read_to_string(&file).unwrap().starts_with("#:schema "), "{name}");
    }
}

/// They know every command, and its values.
#[test]
fn shells_and_manuals_are_told_of_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&expect(0, &["completions", shell]));
        let all = ["converge", "wall-time", "every-key", "epsilon"];
        assert!(all.iter().all(|word| script.contains(word)), "{shell}");
    }
    let desk = Desk::new();
    expect(0, &["man", &desk.path("man1")]);
    let page = |name: &str| fs::read_to_string(desk.path("man1") + "/" + name).unwrap();
    assert!(page("kinetaxis.1").contains("converge") && page("kinetaxis-run.1").contains("seed"));
}

/// `check --json` has every default filled in.
#[test]
fn a_script_is_told_the_whole_experiment() {
    let desk = Desk::new();
    let told = stdout(&expect(0, &["check", &desk.file, "--json"]));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["valid"], true);
    assert!(told["warnings"].is_array());
    assert_eq!(told["experiment"]["motion"], "exact");
}

#[test]
fn the_schema_is_json_and_knows_the_sections() {
    let schema: serde_json::Value =
        serde_json::from_str(&stdout(&expect(0, &["schema"]))).expect("JSON");
    assert!(schema["$schema"].is_string());
    for section in ["domain", "velocity", "kernel", "signal", "cells", "time"] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
}

#[test]
fn overrides_reach_the_manifest() {
    let desk = Desk::new();
    let out = desk.path("out");
    let set = ["--set", "cells.count=321", "--set", "title=A walk", "--seed", "99"];
    expect(0, &[&["run", &desk.file, "--quiet", "--out", &out], &set[..]].concat());
    let manifest = json(Path::new(&out).join("manifest.json"));
    assert_eq!(manifest["seed"], 99);
    assert_eq!(manifest["experiment"]["seed"], 99);
    assert_eq!(manifest["experiment"]["cells"]["count"], 321);
    assert_eq!(manifest["experiment"]["title"], "A walk");
    let toml = manifest["experiment_toml"].as_str().unwrap();
    assert!(toml.contains("seed = 99") && toml.contains("count = 321"), "{toml}");
    let line = manifest["command_line"].as_array().unwrap();
    assert!(line.contains(&"cells.count=321".into()), "{line:?}");
}

#[test]
fn quiet_is_quiet_and_the_rest_is_not() {
    let desk = Desk::new();
    for command in ["run", "ensemble", "limit", "converge"] {
        let (quiet, loud) = (desk.path(&format!("{command}-q")), desk.path(command));
        let output = expect(0, &[command, &desk.file, "--quiet", "--out", &quiet]);
        assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()), "{command}");
        let output = expect(0, &[command, &desk.file, "--out", &loud]);
        assert!(stdout(&output).contains(&format!("results in {loud}\n")), "{command}");
    }
}

/// As in `kinetaxis … | head -0`.
#[test]
fn a_closed_pipe_is_no_failure() {
    let desk = Desk::new();
    let (file, out) = (desk.file.as_str(), desk.path("out"));
    let lines: [&[&str]; 5] = [
        &["schema"],
        &["check", file],
        &["inspect", file],
        &["run", file, "--out", &out],
        &["run", "--help"],
    ];
    for line in lines {
        let mut command = program();
        command.args(line).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(!stderr(&output).contains("panicked"), "{line:?}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(0), "{line:?}");
    }
}

/// `converge` of the small experiment from a lump, with these arguments, into `name`.
fn sweep(desk: &Desk, name: &str, extra: &[&str]) -> (String, std::path::PathBuf) {
    let out = desk.path(name);
    let mut all = vec!["converge", &desk.file, "--out", &out, "--set"];
    all.push("cells.density={ shape = \"cosine\", amplitude = 0.5, mode = 1 }");
    all.extend(extra);
    let text = stdout(&expect(0, &all));
    (text, out.into())
}

#[test]
fn a_precision_is_reached_by_what_reaches_it() {
    let desk = Desk::new();
    let noise_free = ["--set", "converge.noise_free=true", "--precision", "order=0.05"];
    let (text, out) = sweep(&desk, "equation", &noise_free);
    assert!(text.contains("order of rho L2: known to") && text.contains("Cells alone"), "{text}");
    let orders = Table::read(out.join("orders.csv"));
    assert_eq!(json(out.join("summary.json"))["method"], "kinetic equation");
    let [low, high]: [f64; 2] =
        ["ci_low", "ci_high"].map(|end| orders.texts(end)[1].parse().unwrap());
    assert_eq!((orders.texts("quantity")[1], orders.texts("norm")[1]), ("rho", "L2"));
    assert!(high - low < 0.1, "{low} {high}");
    assert!(out.join("orders_cells.csv").exists() && out.join("convergence_cells.csv").exists());
    assert!(out.join("cells_against_equation.csv").exists());
    let entropy = Table::read(out.join("entropy.csv"));
    // No signal: nothing is produced, and what H loses is dissipated, to 1% in steps of ε²/6.
    assert!(entropy.numbers("produced").iter().all(|p| p.abs() < 1e-12));
    let largest = |name: &str| entropy.numbers(name).into_iter().map(f64::abs).fold(0.0, f64::max);
    assert!(largest("imbalance") < 1e-2 * largest("dissipated"));

    // By cells alone: replicates are added until a generous precision is reached.
    let (text, out) = sweep(&desk, "cells", &["--precision", "rho:weak:cos(PI*x/0.5)=0.2"]);
    let summary = json(out.join("summary.json"));
    assert!(summary["replicates"].as_u64().unwrap() > 4, "{text}");
    assert!(summary["precision"]["reached"].as_f64().unwrap() <= 0.2, "{text}");
    let (text, _) = sweep(&desk, "late", &["--precision", "order=1e-4", "--within", "0"]);
    assert!(text.contains("--within") && text.contains("noise_free"), "{text}");
}

/// Every parameter writes its tables, with its own name on the first column; the file's values are
/// those of its own parameter, and --in with another one takes the default.
#[test]
fn every_parameter_has_a_sweep() {
    let desk = Desk::new();
    let signal = "\n[signal]\nequation = \"parabolic\"\ndecay = 1\n[converge]\nnoise_free = true
        in = \"step\"\nvalues = [0.05, 0.025]\nreplicates = 4\n";
    fs::write(&desk.file, EXPERIMENT.to_string() + signal).unwrap();
    for (parameter, values, equation) in [
        ("epsilon", 4, true),
        ("delta", 4, true),
        ("cells", 4, false),
        ("grid", 3, true),
        ("step", 2, true),
        ("bandwidth", 3, true),
    ] {
        let (text, out) = sweep(&desk, parameter, &["--in", parameter]);
        assert!(text.contains(&format!("  {parameter}  ")), "{text}");
        let table = Table::read(out.join("convergence.csv"));
        assert_eq!(table.header[0], parameter);
        assert_eq!(table.header.iter().filter(|name| *name == "cells").count(), 1);
        let mut found = table.numbers(parameter);
        found.sort_by(f64::total_cmp);
        found.dedup();
        assert_eq!(found.len(), values, "{parameter}: {found:?}");
        assert!(Table::read(out.join("orders.csv")).rows.len() > 20);
        assert_eq!(out.join("orders_cells.csv").exists(), equation, "{parameter}");
        assert_eq!(out.join("orders_limit.csv").exists(), parameter == "delta");
        assert_eq!(out.join("limit.csv").exists(), parameter == "epsilon");
        let summary = json(out.join("summary.json"));
        assert_eq!(summary["parameter"], parameter);
        assert!(summary["runs"][0][parameter].is_number(), "{summary}");
        let report = fs::read_to_string(out.join("report.html")).unwrap();
        assert!(report.contains("Order in "), "{parameter}");
    }
    let (_, out) = sweep(&desk, "of-the-file", &[]);
    assert_eq!(Table::read(out.join("convergence.csv")).header[0], "step");
}

#[test]
fn a_sweep_that_cannot_be_is_refused_with_key_value_and_remedy() {
    let desk = Desk::new();
    let out = desk.path("out");
    let parabolic = ["signal.equation=parabolic", "signal.decay=1"];
    let refused = |parameter: &str, set: &[&str]| {
        let mut line = vec!["converge", &desk.file, "--out", &out, "--in", parameter];
        set.iter().for_each(|s| line.extend(["--set", s]));
        let message = stderr(&expect(2, &line));
        assert!(!Path::new(&out).exists());
        message
    };
    let cases: [(&str, &[&str], &[&str]); 11] = [
        ("delta", &[], &["converge.in = \"delta\"", "signal.equation = \"none\"", "\"parabolic\""]),
        ("delta", &parabolic[..1], &["signal.decay = 0.0", "t/delta", "signal.decay > 0"]),
        (
            "delta",
            &[parabolic[0], "signal.decay=rho"],
            &["signal.decay = \"rho\"", "elliptic", "Give a number"],
        ),
        ("delta", &[&parabolic[..], &["converge.values=[0.1]"]].concat(), &["fewer than 2"]),
        ("delta", &[&parabolic[..], &["converge.values=[0.1, 0]"]].concat(), &["entry 2"]),
        (
            "bandwidth",
            &["converge.values=[0.2, 0.08]"],
            &["holds 0.08", "deposit.bandwidth = 0.0565", "grid spacing", "Give at least 0.0625"],
        ),
        (
            "grid",
            &["converge.values=[16, 8]", "deposit.bandwidth=0.1"],
            &["holds 8", "domain.grid = [8]", "deposit.bandwidth = 0.1", "raise domain.grid"],
        ),
        ("grid", &["converge.values=[20.5, 30]"], &["holds 20.5", "integer"]),
        ("cells", &["converge.values=[10, 20.5]"], &["holds 20.5", "cells.count", "integer"]),
        ("step", &["converge.values=[0.2, 0.05]"], &["holds 0.2", "time.end", "at most 0.1"]),
        ("step", &["converge.values=[0.06, 0.05]"], &["0.06 and 0.05", "2 steps"]),
    ];
    for (parameter, set, says) in cases {
        let message = refused(parameter, set);
        for part in says {
            assert!(message.contains(part), "{parameter} {set:?}: no {part} in: {message}");
        }
        assert!(message.contains("1 problem"), "{message}");
    }
    let message = refused("mass", &[]);
    assert!(message.contains("bandwidth") && message.contains("delta"), "{message}");
    let whole = ["domain.boundary=open", "domain.grid=32", "cells.density.shape=gaussian"];
    let open = [&whole[..], &["cells.density.width=0.05", "converge.values=[32, 36]"]].concat();
    let message = refused("grid", &open);
    assert!(message.contains("holds 36") && message.contains("multiple of 8"), "{message}");
}

#[test]
fn a_precision_of_nothing_is_refused() {
    let desk = Desk::new();
    let out = desk.path("out");
    for (wanted, says) in [("order:S=0.1", "rho:L2"), ("order", "no number"), ("x=1", "\"x\"")] {
        let message =
            stderr(&expect(2, &["converge", &desk.file, "--out", &out, "--precision", wanted]));
        assert!(message.contains(says), "{message}");
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for flag in ["--help", "--version"] {
        assert!(!stdout(&expect(0, &[flag])).is_empty());
    }
    assert_eq!(kinetaxis::<&str>(&[]).status.code(), Some(2));
}

/// Interrupts a long command once it reports progress: code 130, no folder, no trace of one.
#[cfg(unix)]
fn interrupt(command: &str, changes: &[&str]) {
    let desk = Desk::new();
    let (home, out) = (desk.home.path(), desk.path("results/out"));
    let before = names_in(home);
    let mut line = program();
    line.args([command, &desk.file, "--out", &out]);
    changes.iter().for_each(|change| {
        line.args(["--set", change]);
    });
    let mut child = line.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // What is being done may be said before.
    let first = lines.by_ref().map(Result::unwrap).find(|line| line.contains("% done"));
    let first = first.expect("progress");
    assert!(first.starts_with(&format!("{command}:  10% done")), "{first}");
    assert!(names_in(home).len() > before.len(), "the folder in the making");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130), "{command}");
    let said: Vec<String> = lines.map(Result::unwrap).collect();
    // A study keeps what it has done, if it has.
    let kept = desk.path("results/out.ledger");
    let wanted = if Path::new(&kept).exists() { "out.ledger" } else { "nothing was written" };
    assert!(said.last().unwrap().contains("interrupted; "), "{said:?}");
    assert!(said.last().unwrap().contains(wanted), "{said:?}");
    assert!(command != "run" || wanted == "nothing was written");
    let _ = fs::remove_dir_all(&kept);
    let _ = fs::remove_dir(desk.path("results"));
    assert_eq!(names_in(home), before, "{command}");
}

/// A run of some 10 s, were it not interrupted after a tenth of it.
#[cfg(unix)]
#[test]
fn control_c_leaves_nothing_behind() {
    let steps = ["time.end=10", "time.outputs=[]"];
    interrupt("run", &[&steps[..], &["cells.count=200000"]].concat());
    let sweep = ["cells.count=10000", "ensemble.replicates=100", "converge.replicates=40"];
    interrupt("ensemble", &[&steps[..], &sweep].concat());
    interrupt("converge", &[&steps[..], &sweep, &["converge.epsilons=[0.2, 0.1]"]].concat());
}
