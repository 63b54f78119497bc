//! What every computing command does first and last: read the experiment, reserve the folder, start the threads;
//! write what was found and put it in place.

use super::error::{CliError, warn};
use super::feasible::{refuse_bad_physics, refuse_too_large};
use super::progress::Progress;
use super::tables::print;
use super::{Input, Job, Place, signals};
use crate::experiment::{Experiment, Loaded, Parameter, given, read_within, to_toml};
use crate::memory;
use crate::output::{Folder, Manifest};
use crate::study::{Ledger, Monitor, Work};
use serde_json::Value as Json;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Reads and validates the experiment.
pub fn load(input: &Input) -> Result<Loaded, CliError> {
    let (path, text) = (&input.experiment, read_text(&input.experiment)?);
    let mut set = input.set.clone();
    if let Some(seed) = input.seed {
        refuse_contradiction(&format!("--seed {seed}"), "seed", &seed.into(), &set)?;
        set.push(format!("seed={seed}"));
    }
    Ok(read_within(memory::available(), &text, &path.display().to_string(), &set)?)
}

/// Refuses a flag and a --set that give one key different values.
pub fn refuse_contradiction(
    flag: &str,
    key: &str,
    value: &Json,
    set: &[String],
) -> Result<(), CliError> {
    match given("", set).get(key) {
        Some(other) if other != value => Err(CliError::BadInput(format!(
            "{flag} and --set {key} = {other} contradict each other. Give one of them"
        ))),
        _ => Ok(()),
    }
}

/// Longest experiment file in bytes.
const LONGEST: u64 = 1 << 24;

/// The text of an experiment file.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    let (shown, mut bytes) = (path.display(), Vec::new());
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|e| CliError::BadInput(format!("cannot read {shown}: {e}. Check the path")))?;
    if bytes.len() as u64 > LONGEST {
        let text = format!("{shown} is longer than {LONGEST} bytes, so it is no experiment");
        return Err(CliError::BadInput(text));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let (bytes, at) = (e.as_bytes(), e.utf8_error().valid_up_to());
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        CliError::BadInput(format!(
            "{shown}:{line}: byte {at} is 0x{:02X}, which is not UTF-8. Save the file as UTF-8",
            bytes[at]
        ))
    })?;
    // A mark that some editors put before the text.
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), String::from))
}

/// A computing command under way, of one experiment unless `E` says otherwise.
pub struct Context<E = Experiment> {
    /// The experiment.
    pub experiment: E,
    /// Whether to print nothing.
    pub quiet: bool,
    folder: Folder,
    manifest: Manifest,
    again: Again,
    progress: Progress,
    start: Instant,
    ledger: Option<Arc<dyn Ledger>>,
}

/// Experiment files that give the same results again: name and text.
pub type Again = Vec<(String, String)>;

/// What the manifest tells of the experiment.
pub struct Facts {
    /// The seed.
    pub seed: u64,
    /// Every key.
    pub resolved: Json,
    /// The same as files.
    pub again: Again,
}

impl Context {
    /// Everything that can go wrong before the first event goes wrong here. `flags` are those that have to be
    /// given to get the same results again from the experiment as it is read.
    pub fn open(job: &Job, work: Work, flags: &str) -> Result<Self, CliError> {
        let Loaded { experiment, resolved, .. } = load(&job.input)?;
        set_threads(&job.place)?;
        refuse_too_large(work, &experiment)?;
        let command = work.word();
        let folder = reserve(&job.place, &own_name(job, command, &experiment))?;
        refuse_bad_physics(work, &experiment)?;
        let head = format!("# All keys. Run again: kinetaxis {command} experiment.toml{flags}\n\n");
        let again = vec![("experiment.toml".to_string(), head + &to_toml(&resolved))];
        let facts = Facts { seed: experiment.seed, resolved, again };
        Ok(Self::start(&job.place, folder, command, experiment, facts))
    }
}

impl<E: Sync> Context<E> {
    /// Starts the clock.
    pub fn start(
        place: &Place,
        folder: Folder,
        command: &'static str,
        experiment: E,
        Facts { seed, resolved, again }: Facts,
    ) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let manifest = Manifest {
            program: crate::output::PROGRAM,
            version: env!("CARGO_PKG_VERSION"),
            command,
            command_line: command_line(),
            seed,
            threads: rayon::current_num_threads(),
            platform: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            started_unix: now.as_secs(),
            experiment_toml: toml_of(&again),
            experiment: resolved,
        };
        let progress = Progress::new(command, place.quiet);
        let start = Instant::now();
        let ledger = None;
        Self { experiment, quiet: place.quiet, folder, manifest, again, progress, start, ledger }
    }

    /// Runs `work` with a monitor that shows progress and heeds signals.
    pub fn monitored<T>(&self, work: impl FnOnce(&Monitor<'_>) -> T) -> T {
        let advance = |fraction| self.progress.advance(fraction);
        let doing = |what: &str| self.progress.doing(what);
        let ledger = self.ledger.clone();
        let result =
            work(&Monitor { stop: signals::stop(), progress: &advance, doing: &doing, ledger });
        self.progress.finish();
        result
    }

    /// The folder in the making.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Seconds since the command started computing.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Prints what was found, writes it by `write`, and puts the folder in place. Where it cannot be written it is
    /// printed in any case.
    pub fn deliver(
        &self,
        text: &str,
        summary: &Json,
        write: impl FnOnce() -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        self.progress.complete();
        self.progress.finish();
        if !self.quiet {
            print(text);
        }
        let place = write().and_then(|()| self.publish(summary)).inspect_err(|_| {
            if self.quiet {
                print(text);
            }
        })?;
        if !self.quiet {
            print(&format!("results in {}\n", place.display()));
        }
        Ok(())
    }

    /// The manifest comes last: by it a folder is known to be whole.
    fn publish(&self, summary: &Json) -> Result<PathBuf, CliError> {
        for (name, text) in &self.again {
            self.folder.write(name, text)?;
        }
        self.folder.write("summary.json", &format!("{summary:#}\n"))?;
        let manifest = serde_json::to_string_pretty(&self.manifest)
            .map_err(|e| CliError::Failure(e.to_string()))?;
        self.folder.write("manifest.json", &(manifest + "\n"))?;
        Ok(self.folder.publish()?)
    }
}

/// Reserves the results folder, by default results/`name`.
pub fn reserve(place: &Place, name: &Path) -> Result<Folder, CliError> {
    let target = place.out.clone().unwrap_or_else(|| Path::new("results").join(name));
    // A signal finds nothing reserved, or what it has to give back.
    let folder = signals::after(|| {
        Folder::create(&target, place.force).inspect(|folder| signals::guard(folder.reservation()))
    })?;
    for kept in folder.rescued() {
        warn(&format!(
            "an earlier run was killed after it had finished; its results are now in {}",
            kept.display()
        ));
    }
    Ok(folder)
}

/// NAME-COMMAND, so that no command replaces what another one found; a sweep of something else than ε has a
/// folder of its own.
fn own_name(job: &Job, command: &str, e: &Experiment) -> PathBuf {
    let mut name: OsString = job.input.experiment.file_stem().unwrap_or_default().into();
    name.push(format!("-{command}"));
    if command == "converge" && e.converge.parameter != Parameter::Epsilon {
        name.push(format!("-{}", e.converge.parameter.word()));
    }
    name.into()
}

/// The text of one experiment, or those of several by name.
fn toml_of(again: &Again) -> Json {
    match &again[..] {
        [(_, text)] => text.as_str().into(),
        several => several.iter().cloned().collect(),
    }
}

/// Before anything is computed: the first to ask for threads settles their number.
pub fn set_threads(place: &Place) -> Result<(), CliError> {
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(threads) = place.threads {
        pool = pool.num_threads(threads.into());
    }
    pool.build_global().map_err(|e| CliError::Failure(e.to_string()))
}

/// The command line as typed; what is no text is shown as well as it can be.
fn command_line() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}
