//! Results are never destroyed: not by another run, a signal, a full disk, or whoever else writes there.

use crate::common::program::{assert_same_csv, expect, json, names_in, program, stderr, stdout};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SMALL: &str = r#"
dimension = 1
epsilon = 0.2
domain = { lower = 0, upper = 1, grid = 16 }
kernel = { model = "local" }
cells = { count = 100, density = { shape = "cosine", amplitude = 0.5, mode = 1 } }
time = { end = 0.1, step = 0.05 }
converge = { epsilons = [0.4, 0.2], replicates = 4 }
ensemble = { replicates = 4 }
verify = { claims = ["coefficients"] }
"#;

/// Changes of it that make every command take minutes.
const LONG: [&str; 6] =
    ["--set", "time.end=9000", "--set", "limit.step=0.001", "--set", "cells.count=20000"];

struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("small.toml"), SMALL).unwrap();
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What is there besides the experiment.
    fn names(&self) -> Vec<String> {
        let mut names = names_in(self.home.path());
        names.retain(|name| name != "small.toml" && !name.ends_with(".ledger"));
        names
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.here(program(), arguments)
    }

    fn here(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.current_dir(self.home.path()).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts what takes minutes, and waits until it has reserved `out`.
    fn start(&self, command: &str) -> Child {
        let all = [&[command, "small.toml", "--quiet", "--out", "out"][..], &LONG].concat();
        // Under nohup the tests pass on that a hang-up is not to be heeded.
        let mut heeds_all = Command::new("env");
        heeds_all.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_kinetaxis")]);
        let child = self.here(heeds_all, &all).spawn().unwrap();
        await_that(|| self.path(".kinetaxis-out/results").exists());
        child
    }
}

#[track_caller]
fn await_that(happens: impl Fn() -> bool) {
    let start = Instant::now();
    while !happens() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not happen");
        sleep(Duration::from_millis(5));
    }
}

fn kill(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
}

/// Every command, computing by whatever method, ends soon and leaves nothing.
#[test]
fn signals_are_heeded_and_leave_nothing() {
    let desk = Desk::new();
    let commands = ["run", "ensemble", "limit", "converge"];
    let signals = [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3), ("USR1", 10), ("XCPU", 24)];
    for (i, (signal, number)) in signals.into_iter().enumerate() {
        let command = commands[i % commands.len()];
        let child = desk.start(command);
        let start = Instant::now();
        kill(&child, signal);
        let output = child.wait_with_output().unwrap();
        let (code, took) = (output.status.code(), start.elapsed());
        assert_eq!(code, Some(128 + number), "{command} {signal}: {}", stderr(&output));
        // Twice what is promised, on a machine that does other things as well.
        assert!(took < Duration::from_secs(4), "{command} {signal}: {took:?}");
        assert_eq!(stderr(&output), "kinetaxis: interrupted; nothing was written\n");
        assert_eq!(desk.names(), [""; 0], "{command} {signal}");
    }
}

#[test]
fn a_hang_up_is_not_heeded_under_nohup() {
    let desk = Desk::new();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_kinetaxis")]);
    shell.args(["run", "small.toml", "--quiet", "--out", "out"]).args(LONG);
    let mut child = shell.current_dir(desk.home.path()).spawn().unwrap();
    await_that(|| desk.path(".kinetaxis-out/results").exists());
    kill(&child, "HUP");
    sleep(Duration::from_millis(1500));
    assert!(child.try_wait().unwrap().is_none(), "it has ended");
    kill(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn a_second_run_to_the_same_folder_is_refused_at_once() {
    let desk = Desk::new();
    let mut first = desk.start("run");
    for force in [&[][..], &["--force"]] {
        let second = desk.run(&[&["run", "small.toml", "--out", "./out/"][..], force].concat());
        assert_eq!(second.status.code(), Some(2));
        assert!(stderr(&second).contains("another run is writing"), "{}", stderr(&second));
    }
    assert!(first.try_wait().unwrap().is_none());
    kill(&first, "KILL");
    first.wait().unwrap();
    // What it left is no obstacle, and goes.
    assert_eq!(desk.names(), [".kinetaxis-out"]);
    assert!(desk.run(&["run", "small.toml", "--out", "out"]).status.success());
    assert_eq!(desk.names(), ["out"]);
}

#[test]
fn a_folder_that_appears_while_a_run_computes_is_spared_and_so_are_the_results() {
    let desk = Desk::new();
    let slow = ["--set", "cells.count=20000", "--set", "time.end=50"];
    let child = desk.command(&[&["run", "small.toml", "--out", "out"][..], &slow].concat()).spawn();
    await_that(|| desk.path(".kinetaxis-out/results").exists());
    fs::create_dir(desk.path("out")).unwrap();
    fs::write(desk.path("out/mine.txt"), "years of work").unwrap();
    let output = child.unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("out-kept"), "{}", stderr(&output));
    assert!(stdout(&output).contains("at t = 50"));
    assert_eq!(
        (desk.names(), names_in(&desk.path("out"))),
        (vec!["out".to_string(), "out-kept".into()], vec!["mine.txt".to_string()])
    );
    assert_eq!(json(desk.path("out-kept/summary.json"))["time"], 50.0);
}

/// Whatever cannot be a results folder is refused before anything is computed.
#[test]
fn a_place_that_cannot_be_is_refused_at_once() {
    let desk = Desk::new();
    fs::create_dir(desk.path("folder")).unwrap();
    fs::write(desk.path("folder/manifest.json"), "{ \"program\": \"other\" }").unwrap();
    std::os::unix::fs::symlink("nowhere", desk.path("dangling")).unwrap();
    std::os::unix::fs::symlink("folder", desk.path("link")).unwrap();
    let before = desk.names();
    let long = "a".repeat(256);
    let places = [
        ".",
        "..",
        "/",
        "dangling",
        "link",
        "link/",
        "folder",
        "small.toml",
        "small.toml/out",
        "/proc/out",
        &long,
    ];
    for place in places {
        let all = [&["run", "small.toml", "--force", "--out", place][..], &LONG].concat();
        let output = desk.run(&all);
        assert_eq!(output.status.code(), Some(2), "{place}: {}", stderr(&output));
        assert!(stderr(&output).contains(place), "{place}: {}", stderr(&output));
        assert_eq!(desk.names(), before);
    }
    // Folders above a target go with it.
    let output =
        desk.run(&["run", "small.toml", "--out", "a/b/c", "--set", "kernel.lambda=ln(0-1)"]);
    assert_eq!((output.status.code(), desk.names()), (Some(2), before));
}

/// A file that grows too large is as a disk that is full. (Blocks of 512 or 1024 bytes; the report has more.)
#[test]
fn what_cannot_be_written_is_printed_and_old_results_stay() {
    let desk = Desk::new();
    assert!(desk.run(&["run", "small.toml", "--quiet", "--out", "out"]).status.success());
    for (command, table) in [
        ("run", "at t = 0.1"),
        ("ensemble", "std. error"),
        ("limit", "mass"),
        ("converge", "rho L2"),
        ("verify", "chi"),
    ] {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_kinetaxis")]);
        shell.args([command, "small.toml", "--quiet", "--force", "--out", "out"]);
        let output = shell.current_dir(desk.home.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}: {}", stderr(&output));
        // What a study cannot keep it does not go on without.
        let keeps_records = matches!(command, "ensemble" | "converge" | "verify");
        let what = if keeps_records { "cannot write out.ledger" } else { "cannot write out/" };
        assert!(stderr(&output).contains(what), "{command}: {}", stderr(&output));
        assert!(keeps_records || stdout(&output).contains(table), "{command}: {}", stdout(&output));
        assert_eq!(json(desk.path("out/manifest.json"))["command"], "run");
        assert_eq!(desk.names(), ["out"]);
    }
}

/// A full disk behind standard output fails, but loses no results; one behind standard error is ignored.
#[test]
fn a_full_disk_behind_the_output_is_told() {
    let desk = Desk::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let commands: [&[&str]; 9] = [
        &["schema"],
        &["--help"],
        &["--version"],
        &["new", "new.toml"],
        &["check", "small.toml"],
        &["inspect", "small.toml"],
        &["run", "small.toml", "--out", "run"],
        &["limit", "small.toml", "--out", "limit"],
        &["verify", "small.toml", "--out", "verify"],
    ];
    for line in commands {
        let output = desk.command(line).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}");
        assert!(stderr(&output).contains("standard output"), "{line:?}: {}", stderr(&output));
    }
    assert_eq!(desk.names(), ["limit", "new.toml", "run", "verify"]);
    let output = desk.command(&["run", "small.toml"]).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn each_command_has_a_folder_of_its_own() {
    let desk = Desk::new();
    let lines: [(&[&str], &str); 6] = [
        (&["run"], "small-run"),
        (&["ensemble"], "small-ensemble"),
        (&["limit"], "small-limit"),
        (&["converge"], "small-converge"),
        (&["converge", "--in", "step"], "small-converge-step"),
        (&["verify"], "verify"),
    ];
    for (line, _) in lines {
        let (command, flags) = line.split_first().unwrap();
        let output = desk.run(&[&[command, "small.toml", "--quiet"], flags].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let mut all: Vec<&str> = lines.iter().map(|(_, name)| *name).collect();
    all.sort();
    let mut found = names_in(&desk.path("results"));
    found.retain(|name| !name.ends_with(".ledger"));
    assert_eq!(found, all);
    for name in all {
        assert!(desk.path("results").join(name).join("experiment.toml").is_file(), "{name}");
    }
}

/// experiment.toml gives the same bytes, with no flags but those that it tells.
#[test]
fn every_result_holds_the_experiment_that_gives_it_again() {
    let desk = Desk::new();
    let set = ["--set", "epsilon=0.3", "--seed", "7", "--set", "cells.count=150", "--quiet"];
    let lines: [&[&str]; 7] = [
        &["run"],
        &["run", "--replicate", "2"],
        &["ensemble"],
        &["limit"],
        &["converge"],
        &["converge", "--in", "grid"],
        &["converge", "--precision", "rho:weak:cos(2*PI*x)=0.5"],
    ];
    for (i, line) in lines.into_iter().enumerate() {
        let (first, again) = (format!("first{i}"), format!("again{i}"));
        let (command, flags) = line.split_first().unwrap();
        let mut all =
            [&[command, "small.toml"], flags, &set[..if *command == "run" { 7 } else { 4 }]]
                .concat();
        all.extend(["--out", &first]);
        if command.starts_with("conv") {
            all.extend(["--set", "converge.test_functions=[\"cos(2*PI*x)\"]"]);
        }
        let output = desk.run(&all);
        assert!(output.status.success(), "{line:?}: {}", stderr(&output));
        let text = fs::read_to_string(desk.path(&first).join("experiment.toml")).unwrap();
        let told = text.lines().next().unwrap().rsplit_once("kinetaxis ").unwrap().1;
        assert!(told.starts_with(&format!("{command} experiment.toml")), "{told}");
        let shell = format!("exec \"$0\" {told} --quiet --out ../{again}");
        let mut command = Command::new("sh");
        command.args(["-c", &shell, env!("CARGO_BIN_EXE_kinetaxis")]);
        assert!(command.current_dir(desk.path(&first)).status().unwrap().success(), "{told}");
        assert_same_csv(&desk.path(&first), &desk.path(&again));
    }
}

/// verify has many experiments, with names that are apart.
#[test]
fn verify_holds_its_experiments_too() {
    let desk = Desk::new();
    fs::create_dir(desk.path("other")).unwrap();
    fs::write(desk.path("other/small.toml"), SMALL.replace("0.2", "0.3")).unwrap();
    let line = ["verify", "small.toml", "other/small.toml", "--quiet", "--out", "first"];
    assert!(desk.run(&line).status.success());
    let files = ["experiment.toml"; 0];
    let found = names_in(&desk.path("first"));
    assert_eq!(
        found,
        [
            &files[..],
            &[
                "manifest.json",
                "small-2.toml",
                "small.toml",
                "summary.json",
                "verify.csv",
                "verify.md"
            ]
        ]
        .concat()
    );
    let own = ["first/small.toml", "first/small-2.toml"];
    assert!(desk.run(&["verify", own[0], own[1], "--quiet", "--out", "again"]).status.success());
    let numbers = |out: &str| {
        let table = crate::common::program::Table::read(desk.path(out).join("verify.csv"));
        table.rows.into_iter().map(|row| row[2..].to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("first"), numbers("again"));
}

/// Names are bytes, and a text is UTF-8.
#[test]
fn a_path_that_is_no_text_is_a_path() {
    let desk = Desk::new();
    let name = OsStr::from_bytes(b"caf\xE9.toml");
    fs::write(desk.home.path().join(name), SMALL).unwrap();
    for line in [["check"].as_slice(), &["inspect"], &["run"], &["limit"], &["verify"]] {
        let mut command = program();
        let output = command.current_dir(desk.home.path()).args(line).arg(name).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line:?}: {}", stderr(&output));
    }
    let out = OsStr::from_bytes(b"r\xE9sultats");
    let mut command = program();
    command.current_dir(desk.home.path()).args(["run", "small.toml", "--out"]).arg(out);
    assert!(command.output().unwrap().status.success());
    assert!(desk.home.path().join(out).join("manifest.json").is_file());
    // Of run, limit and verify, and the ledger of that.
    assert!(fs::read_dir(desk.path("results")).unwrap().count() == 4);
    // Refused where a text is wanted, and in the file itself.
    let output = program().args(["check", "--set"]).arg(out).arg(name).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    fs::write(desk.path("latin.toml"), b"dimension = 1\n\ntitle = \"caf\xE9\"\n").unwrap();
    let message = stderr(&desk.run(&["check", "latin.toml"]));
    for part in ["latin.toml:3: ", "byte 27", "0xE9", "UTF-8"] {
        assert!(message.contains(part), "{message}");
    }
    fs::write(desk.path("marked.toml"), format!("\u{feff}{SMALL}")).unwrap();
    assert!(desk.run(&["check", "marked.toml"]).status.success());
    let message = stderr(&desk.run(&["check", "/dev/zero"]));
    assert!(message.contains("longer than"), "{message}");
}

#[test]
fn flags_that_contradict_a_set_are_refused() {
    let desk = Desk::new();
    let lines: [(&[&str], &str); 8] = [
        (&["--in", "grid", "--set", "converge.in=cells"], "--in grid and --set converge.in"),
        (
            &["--in", "grid", "--set", "converge={ in = \"cells\" }"],
            "--in grid and --set converge.in",
        ),
        (&["--in", "grid", "--set", "converge.in=\"grid\""], ""),
        (&["--seed", "1", "--set", "seed=2"], "--seed 1 and --set seed = 2"),
        (&["--seed", "1", "--set", "seed=1"], ""),
        (&["--precision", "order=9", "--set", "converge.replicates=9"], "converge.replicates = 9"),
        (
            &["--precision", "order=9", "--set", "converge.budget_replicates=9"],
            "budget_replicates = 9",
        ),
        (&["--precision", "order=9", "--within", "nan"], "--within"),
    ];
    for (i, (flags, telling)) in lines.into_iter().enumerate() {
        let out = format!("out{i}");
        let output = desk.run(&[&["converge", "small.toml", "--out", &out], flags].concat());
        let code = if telling.is_empty() { 0 } else { 2 };
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(telling), "{flags:?}: {}", stderr(&output));
        assert_eq!(desk.path(&out).exists(), telling.is_empty());
    }
}

/// `new` writes a whole file or none, and replaces plain files only.
#[test]
fn a_new_experiment_replaces_no_link_or_folder() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("small.toml", desk.path("link.toml")).unwrap();
    fs::create_dir(desk.path("folder")).unwrap();
    for name in ["link.toml", "folder", "/dev/null"] {
        for force in [&[][..], &["--force"]] {
            let output = desk.run(&[&["new", name], force].concat());
            assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        }
    }
    assert_eq!(fs::read_to_string(desk.path("small.toml")).unwrap(), SMALL);
    assert_eq!(desk.names(), ["folder", "link.toml"]);
    expect(1, &["new", Path::new("/nowhere/new.toml").to_str().unwrap()]);
}

/// Lines of progress never fall but where they say so, and end at 100%.
#[test]
fn progress_ends_at_the_end() {
    let desk = Desk::new();
    let lines: [&[&str]; 8] = [
        &["limit"],
        &["converge"],
        &["converge", "--set", "converge.noise_free=true"],
        &["converge", "--set", "converge.budget_replicates=4", "--set", "converge.replicates=4"],
        &["run", "--set", "cells.growth=-3"],
        &["run", "--set", "cells.growth=3"],
        &["converge", "--precision", "rho:weak:cos(PI*x/0.5)=0.1"],
        &["verify"],
    ];
    for (i, line) in lines.into_iter().enumerate() {
        let out = format!("out{i}");
        let (command, flags) = line.split_first().unwrap();
        let output = desk.run(&[&[command, "small.toml", "--out", &out], flags].concat());
        assert!(output.status.success(), "{line:?}: {}", stderr(&output));
        let done: Vec<u32> = (stderr(&output).lines())
            .filter_map(|line| line.split_once("% done")?.0.rsplit(' ').next()?.parse().ok())
            .collect();
        // Replicates that are added make the work more, and are seen.
        let falls = done.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let more = line.contains(&"--precision");
        assert_eq!(falls > 0, more, "{line:?}: {done:?}");
        let after = done.iter().rposition(|percent| *percent == 100);
        assert!(!more || after.is_some_and(|last| done[..last].contains(&100)), "{done:?}");
        // What is being done is said, in its order and once.
        let said = stderr(&output);
        let due: &[&str] = match (*command, flags.last()) {
            ("limit", _) => &["limit: the limit", "limit: the error of the limit"],
            ("converge", Some(&"converge.noise_free=true")) => {
                &["converge: the limit", "converge: the kinetic equation at", "converge: cells at"]
            }
            ("converge", Some(&"converge.replicates=4")) => {
                &["converge: cells at epsilon", "converge: the error budget at epsilon"]
            }
            ("converge", _) => &["converge: the limit", "converge: cells at"],
            _ => &[],
        };
        let places: Vec<_> = due.iter().map(|what| said.find(what)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{line:?}: {said}");
        let last = stderr(&output).lines().rfind(|line| line.contains("% done")).map(String::from);
        assert!(last.as_ref().is_some_and(|last| last.contains("100% done")), "{line:?}: {last:?}");
    }
}
