//! Nothing is computed twice: a study that is killed, shared out, extended or damaged gives the bytes of one that was left in peace.

use crate::common::program::{may_nowak, names_in, program, stderr};
use kinetaxis::verify::SHIPPED;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ONE: &str = r#"
dimension = 1
epsilon = 0.2
motion = "MOTION"
domain = { lower = 0, upper = 1, grid = 16 }
kernel = { model = "local", a = 0.3 }
signal = { equation = "elliptic", decay = 1 }
cells = { count = 3000, density = { shape = "cosine", amplitude = 0.5, mode = 1 } }
time = { end = 0.2, step = 0.05 }
converge = { epsilons = [0.4, 0.2], replicates = 4, budget_replicates = 4, noise_free = true }
ensemble = { replicates = 6 }
verify = { claims = ["coefficients", "order", "moments"] }
"#;

const VIRUS: &str = concat!(
    r#"
dimension = 1
epsilon = 0.2
motion = "MOTION"
domain = { lower = 0, upper = 2, grid = 16, boundary = "no-flux" }
time = { end = 0.2, step = 0.05 }
converge = { epsilons = [0.4, 0.2], replicates = 4, budget_replicates = 0, noise_free = true }
ensemble = { replicates = 6 }
verify = { claims = ["order", "moments"] }
[populations.healthy]
kernel = { model = "local", b = 0.1, senses = "s" }
cells = { count = 2000, mass = 6, density = { shape = "cosine", amplitude = 0.5, mode = 1 } }
[populations.infected]
kernel = { model = "local", senses = "s" }
cells = { count = 500, mass = 1 }
[populations.virus]
kernel = { model = "local", senses = "s" }
cells = { count = 500, mass = 1 }
"#,
    may_nowak!()
);

/// A folder with an experiment, and what is done there.
struct Bench {
    home: TempDir,
}

impl Bench {
    fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("e.toml"), text.replace("MOTION", "exact")).unwrap();
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, line: &str) -> std::process::Command {
        let mut command = program();
        command.current_dir(self.home.path()).args(line.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// What must go well: `verify` finds what it finds.
    #[track_caller]
    fn done(&self, line: &str) -> String {
        let output = self.run(line);
        let code = output.status.code();
        let may_fail = line.contains("verify") || line.contains("resume") || line.contains("merge");
        assert!(code == Some(0) || (may_fail && code == Some(1)), "{line}: {}", stderr(&output));
        assert!(self.out_of(line).is_none_or(|out| out.is_dir()), "{line}: {}", stderr(&output));
        stderr(&output)
    }

    fn out_of(&self, line: &str) -> Option<PathBuf> {
        let shard = line.contains("--shard");
        let out = line.split_once("--out ").map(|(_, rest)| rest.split(' ').next().unwrap());
        out.filter(|_| !shard).map(|out| self.path(out))
    }

    /// Every file of a results folder but the manifest, which says when and by whom.
    fn results(&self, out: &str) -> BTreeMap<String, Vec<u8>> {
        let folder = self.path(out);
        let mut names = names_in(&folder);
        names.retain(|name| name != "manifest.json");
        names.into_iter().map(|n| (n.clone(), fs::read(folder.join(n)).unwrap())).collect()
    }

    #[track_caller]
    fn assert_same(&self, a: &str, b: &str) {
        let (a, b) = (self.results(a), self.results(b));
        assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
        for (name, bytes) in &a {
            assert!(*bytes == b[name], "{name} differs");
        }
    }

    /// Every record by its name, with the number of its file, which another one would not have.
    fn records(&self, out: &str) -> BTreeMap<String, u64> {
        let folder = self.path(&format!("{out}.ledger"));
        let of = |name: String| {
            let inode = fs::metadata(folder.join(&name)).unwrap().ino();
            (name, inode)
        };
        names_in(&folder).into_iter().filter(|n| n != "head.record").map(of).collect()
    }
}

fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// SIGKILL at a random instant, again and again, until the study is through. `KILLS=200` for the long form.
#[test]
fn what_was_killed_goes_on_and_gives_the_same_bytes() {
    let wanted = std::env::var("KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let mut random = random(5);
    let (mut kills, mut round) = (0, 0);
    let cases = [
        (ONE, "exact", "converge"),
        (VIRUS, "skip-ahead", "ensemble"),
        (ONE, "hybrid", "ensemble"),
        (VIRUS, "exact", "verify"),
        (ONE, "skip-ahead", "verify"),
        (VIRUS, "skip-ahead", "converge"),
        (ONE, "exact", "ensemble"),
    ];
    while kills < wanted {
        let (text, motion, command) = cases[round % cases.len()];
        round += 1;
        let bench = Bench::new(text);
        fs::write(bench.path("e.toml"), text.replace("MOTION", motion)).unwrap();
        let start = Instant::now();
        bench.done(&format!("{command} e.toml --quiet --out whole"));
        let whole = start.elapsed();
        let line = format!("{command} e.toml --quiet --out again");
        for threads in 1..=6 {
            let mut child = bench.command(&format!("{line} --threads {threads}")).spawn().unwrap();
            sleep(whole.mul_f64(0.6 * random.random::<f64>()));
            let killed = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
            child.wait().unwrap();
            kills += usize::from(killed);
            if bench.path("again").exists() {
                break;
            }
        }
        let begun = bench.path("again.ledger/head.record").exists();
        let line = if begun { "resume again --quiet" } else { &line };
        bench.done(line);
        bench.assert_same("whole", "again");
        assert!(names_in(bench.home.path()).iter().all(|name| !name.starts_with('.')));
    }
}

#[test]
fn shards_in_any_order_make_the_bytes_of_one_process() {
    let typed = ONE.replace(
        r#"model = "local", a = 0.3"#,
        r#"model = "expression", turning = "F*(1 - 0.3*eps*tanh(B))""#,
    );
    assert_ne!(typed, ONE);
    for (text, command) in [(&typed[..], "converge"), (VIRUS, "ensemble"), (ONE, "verify")] {
        let bench = Bench::new(text);
        bench.done(&format!("{command} e.toml --quiet --out whole --threads 3"));
        for count in [1, 2, 4, 7] {
            let mut parts: Vec<String> = Vec::new();
            for index in (1..=count).rev() {
                let out = format!("part-{index}-{count}");
                bench
                    .done(&format!("{command} e.toml --quiet --shard {index}/{count} --out {out}"));
                assert!(!bench.path(&out).exists());
                parts.push(out);
            }
            let parts = parts.join(" ");
            let made = format!("merged-{count}");
            bench.done(&format!("merge {parts} --quiet --out {made} --threads 5"));
            bench.assert_same("whole", &made);
            // Nothing was left to do.
            let of: BTreeMap<_, _> = bench.records("whole");
            assert!(bench.records(&made).keys().eq(of.keys()));
        }
        // Shards of one folder need no merging.
        for index in 1..=2 {
            bench.done(&format!("{command} e.toml --quiet --shard {index}/2 --out shared"));
        }
        let before = bench.records("shared");
        bench.done(&format!("{command} e.toml --quiet --out shared --threads 8"));
        assert_eq!(before, bench.records("shared"));
        bench.assert_same("whole", "shared");
    }
}

/// Every shipped experiment, as short as `verify --quick` has it: by any number of threads, shared out in any way and merged
/// in any order, killed and taken up. `SHIPPED=virus cargo test --release one_set_of_bytes -- --ignored --nocapture` for some.
#[test]
#[ignore = "a quarter of an hour"]
fn one_set_of_bytes_for_every_shipped_experiment() {
    let wanted = std::env::var("SHIPPED").unwrap_or_default();
    let mut random = random(17);
    for (name, text) in SHIPPED.iter().filter(|(name, _)| name.contains(&wanted)) {
        let bench = Bench::new(text);
        let table: toml::Table = text.parse().unwrap();
        let quick = table["verify"].get("quick").and_then(|q| q.as_array()).into_iter().flatten();
        let mut set: Vec<String> = quick.map(|q| q.as_str().unwrap().replace(' ', "")).collect();
        set.push("ensemble.replicates=3".into());
        let set: String = set.iter().map(|pair| format!(" --set {pair}")).collect();
        let line = format!("ensemble e.toml --quiet{set}");
        let start = Instant::now();
        bench.done(&format!("{line} --out whole --threads 1"));
        let whole = start.elapsed();
        for threads in [2, 3, 5, 8] {
            bench.done(&format!("{line} --out threads-{threads} --threads {threads}"));
            bench.assert_same("whole", &format!("threads-{threads}"));
        }
        for count in [2, 4, 7] {
            let mut parts: Vec<String> = Vec::new();
            for index in (1..=count).rev() {
                let out = format!("part-{index}-{count}");
                bench.done(&format!("{line} --shard {index}/{count} --out {out}"));
                parts.insert(random.random_range(0..=parts.len()), out);
            }
            bench.done(&format!("merge {} --quiet --out merged-{count}", parts.join(" ")));
            bench.assert_same("whole", &format!("merged-{count}"));
        }
        let mut child = bench.command(&format!("{line} --out killed")).spawn().unwrap();
        sleep(whole.mul_f64(0.6 * random.random::<f64>()));
        child.kill().unwrap();
        child.wait().unwrap();
        if !bench.path("killed").exists() {
            bench.done(&format!("{line} --out killed"));
        }
        bench.assert_same("whole", "killed");
        println!("{name}: one set of bytes, {:.1} s each", whole.as_secs_f64());
    }
}

#[test]
fn more_replicates_cost_the_missing_ones_alone() {
    for (command, key) in [("ensemble", "ensemble.replicates"), ("converge", "converge.replicates")]
    {
        let bench = Bench::new(ONE);
        bench.done(&format!("{command} e.toml --quiet --out grown --set {key}=4"));
        let few = bench.records("grown");
        bench.done(&format!("{command} e.toml --quiet --out grown --set {key}=8"));
        let more = bench.records("grown");
        assert!(few.iter().all(|(name, inode)| more[name] == *inode), "some were done again");
        let stages = if command == "ensemble" { 1 } else { 2 };
        assert_eq!(more.len() - few.len(), 4 * stages);
        bench.done(&format!("{command} e.toml --quiet --out once --set {key}=8"));
        bench.assert_same("once", "grown");
    }
    // A finer value is a stage of its own.
    let bench = Bench::new(ONE);
    bench.done("converge e.toml --quiet --out e");
    let before = bench.records("e");
    bench.done("converge e.toml --quiet --out e --set converge.epsilons=[0.4,0.2,0.1]");
    let after = bench.records("e");
    assert!(before.iter().all(|(name, inode)| after[name] == *inode), "some were done again");
    // A wanted precision may be asked of what is finished.
    bench.done("converge e.toml --quiet --out e --precision rho:L2=9");
    assert!(before.keys().all(|name| bench.records("e").contains_key(name)));
}

/// What is turned or cut off is found, named and done again, and nothing else is.
#[test]
fn damage_is_found_and_only_that_is_done_again() {
    let bench = Bench::new(ONE);
    bench.done("converge e.toml --quiet --out whole");
    bench.done("converge e.toml --quiet --out hurt");
    let mut random = random(7);
    let roles = ["replicate", "limit", "equation"];
    for (round, role) in roles.iter().cycle().take(9).enumerate() {
        let before = bench.records("hurt");
        let own: Vec<&String> = before.keys().filter(|name| name.starts_with(role)).collect();
        let name = own[random.random_range(0..own.len())];
        let path = bench.path("hurt.ledger").join(name);
        let mut bytes = fs::read(&path).unwrap();
        match round % 3 {
            0 => bytes.truncate(random.random_range(0..bytes.len() / 64) * 64),
            1 => bytes.push(0),
            _ => {
                let at = random.random_range(0..bytes.len());
                bytes[at] ^= 1 << random.random_range(0..8);
            }
        }
        fs::write(&path, bytes).unwrap();
        let told = bench.done("converge e.toml --quiet --out hurt");
        assert!(told.contains(name) && told.contains("done again"), "{role}: {told}");
        let after = bench.records("hurt");
        let again: Vec<_> = after.iter().filter(|(n, inode)| before[*n] != **inode).collect();
        assert_eq!(again.len(), 1, "{again:?}");
        assert_eq!(again[0].0, name);
        bench.assert_same("whole", "hurt");
    }
    // The head says what the ledger is of; without it the records are none the worse.
    let head = bench.path("hurt.ledger/head.record");
    let mut bytes = fs::read(&head).unwrap();
    bytes[40] ^= 4;
    fs::write(&head, bytes).unwrap();
    let before = bench.records("hurt");
    fs::remove_dir_all(bench.path("hurt")).unwrap();
    let told = bench.done("converge e.toml --quiet --out hurt");
    assert!(told.contains("head.record"), "{told}");
    assert_eq!(before, bench.records("hurt"));
    bench.assert_same("whole", "hurt");
}

/// A record under the name of another task is none.
#[test]
fn a_record_of_another_task_is_not_taken() {
    let bench = Bench::new(ONE);
    bench.done("ensemble e.toml --quiet --out whole");
    bench.done("ensemble e.toml --quiet --out swapped");
    let names: Vec<String> = bench.records("swapped").into_keys().collect();
    let path = |name: &str| bench.path("swapped.ledger").join(name);
    fs::copy(path(&names[0]), path(&names[1])).unwrap();
    let told = bench.done("ensemble e.toml --quiet --out swapped");
    assert!(told.contains(&names[1]) && told.contains("another task"), "{told}");
    bench.assert_same("whole", "swapped");
}

#[test]
fn what_does_not_fit_is_refused_with_what_differs() {
    let bench = Bench::new(ONE);
    bench.done("ensemble e.toml --quiet --out e");
    let before = (bench.results("e"), bench.records("e"));
    let refused = |line: &str, parts: &[&str]| {
        let output = bench.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}: {}", stderr(&output));
        for part in parts {
            assert!(stderr(&output).contains(part), "{line}: {}", stderr(&output));
        }
        assert_eq!(before, (bench.results("e"), bench.records("e")), "{line}");
    };
    refused("ensemble e.toml --out e --set cells.count=200", &["cells.count was 3000 and is 200"]);
    refused("ensemble e.toml --out e --seed 9", &["seed was", "is 9", "--force"]);
    refused("converge e.toml --out e", &["the command was", "ensemble"]);
    refused("merge e nowhere --out m", &["nowhere.ledger", "not there"]);
    refused("resume nowhere", &["nowhere.ledger", "not there"]);
    refused("ensemble e.toml --out e2 --shard 3/2", &["3/2", "from 1 to N"]);
    let shared = "converge e.toml --out x --shard 1/2 --precision order=1";
    refused(shared, &["--precision", "--shard"]);
    // Something else of that name, and what a later program wrote.
    fs::create_dir(bench.path("f.ledger")).unwrap();
    fs::write(bench.path("f.ledger/notes.txt"), "years of work").unwrap();
    refused("ensemble e.toml --out f", &["f.ledger", "no record of kinetaxis"]);
    refused("ensemble e.toml --out f --force", &["f.ledger"]);
    let head = fs::read(bench.path("e.ledger/head.record")).unwrap();
    fs::create_dir(bench.path("g.ledger")).unwrap();
    let newer = String::from_utf8_lossy(&head).replacen("record 1\n", "record 2\n", 1);
    fs::write(bench.path("g.ledger/head.record"), newer).unwrap();
    refused("ensemble e.toml --out g", &["g.ledger", "format 2"]);
    assert_eq!(names_in(&bench.path("f.ledger")), ["notes.txt"]);
    assert!(!Path::new(&bench.path("f")).exists() && !bench.path("g").exists());
    // With --force the results are replaced in the end, and the records of the old ones go then.
    bench.done("ensemble e.toml --quiet --out e --force --seed 9");
    assert!(bench.records("e").keys().all(|name| !before.1.contains_key(name)));
}

/// Names without a folder, and places that have none, are as good as full paths.
#[test]
fn a_name_alone_is_a_place() {
    let bench = Bench::new(ONE);
    bench.done("run e.toml --quiet --out whole");
    assert_eq!(bench.run("run e.toml --quiet --out r --wall-time 0").status.code(), Some(3));
    bench.done("resume r --quiet");
    bench.assert_same("whole", "r");
    bench.done("ensemble e.toml --quiet --out e");
    let mut there = program();
    let output = there.current_dir(bench.path("e")).args(["resume", ".", "--quiet"]).output();
    assert!(stderr(&output.unwrap()).contains("e holds the current folder"));
    assert!(bench.done("ensemble e.toml --quiet --out s --shard 1/2").is_empty());
    // What cannot be replaced is seen before anything is merged.
    fs::create_dir(bench.path("mine")).unwrap();
    fs::write(bench.path("mine/notes.txt"), "years of work").unwrap();
    let output = bench.run("merge e --quiet --out mine");
    assert!(output.status.code() == Some(2) && stderr(&output).contains("mine exists"));
    assert!(!bench.path("mine.ledger").exists());
    bench.done("ensemble e.toml --quiet --out other --set cells.count=200");
    let told = stderr(&bench.run("merge e other --quiet --out both"));
    assert!(told.contains("other.ledger holds") && told.contains("the folders of one study"));
    assert!(!bench.path("both").exists() && !bench.path("both.ledger").exists());
}

/// Ctrl-C keeps what is done, and says where and how to go on.
#[test]
fn an_interrupt_keeps_what_is_done() {
    let bench = Bench::new(ONE);
    let line = "ensemble e.toml --quiet --out e --set time.end=8 --set ensemble.replicates=300 --threads 1";
    let mut child = bench.command(line).spawn().unwrap();
    let start = Instant::now();
    while !bench.path("e.ledger").exists() || bench.records("e").len() < 3 {
        assert!(start.elapsed() < Duration::from_secs(60));
        assert!(child.try_wait().unwrap().is_none(), "it was too quick");
        sleep(Duration::from_millis(2));
    }
    let id = child.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let told = stderr(&output);
    assert!(told.contains("e.ledger") && told.contains("kinetaxis resume"), "{told}");
    assert!(!bench.path("e").exists());
    let before = bench.records("e");
    // Fewer replicates are enough to see that they are taken up.
    let few = before.len().min(3);
    bench.done(&format!(
        "ensemble e.toml --quiet --out e --set time.end=8 --set ensemble.replicates={few}"
    ));
    assert_eq!(before, bench.records("e"));
}

/// The scripts that are shipped, with what SLURM sets.
#[test]
fn a_job_array_makes_the_bytes_of_one_process() {
    let bench = Bench::new(ONE);
    bench.done("ensemble e.toml --quiet --out whole");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/slurm-array.sh");
    for id in [4, 5, 6] {
        let mut job = std::process::Command::new(&script);
        job.current_dir(bench.home.path()).args(["ensemble", "e.toml", "--out", "array"]);
        job.env("KINETAXIS", env!("CARGO_BIN_EXE_kinetaxis"));
        job.envs([("SLURM_ARRAY_TASK_MIN", "4"), ("SLURM_ARRAY_TASK_COUNT", "3")]);
        let output = job.env("SLURM_ARRAY_TASK_ID", id.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let before = bench.records("array");
    bench.done("ensemble e.toml --quiet --out array");
    assert_eq!(before, bench.records("array"));
    bench.assert_same("whole", "array");
}
