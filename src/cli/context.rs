//! What every computing command does first and last: read the experiment, reserve the folder, start the threads;
//! write what was found and put it in place.

use super::error::{CliError, warn};
use super::progress::Progress;
use super::tables::print;
use super::{Input, Job, Place, case, ranks, signals};
use crate::api::Results as Found;
use crate::api::feasible::{refuse_bad_physics, refuse_too_large};
use crate::crew::Crew;
use crate::experiment::{Experiment, Loaded, Parameter, given, read_within, to_toml};
use crate::memory;
use crate::output::{Described, FileLedger, Folder, Head, Manifest, Shard, ledger_of};
use crate::simulation::SimulationError;
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
    load_within(memory::available(), input)
}

/// The same for a machine with so many bytes of memory.
pub fn load_within(memory: f64, input: &Input) -> Result<Loaded, CliError> {
    let path = &input.experiment;
    let text = input.text.clone().map_or_else(|| read_text(path), Ok)?;
    let mut set = input.set.clone();
    if let Some(seed) = input.seed {
        refuse_contradiction(&format!("--seed {seed}"), "seed", &seed.into(), &set)?;
        set.push(format!("seed={seed}"));
    }
    Ok(read_within(memory, &text, &path.display().to_string(), &set)?)
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
    place: Results,
    manifest: Manifest,
    again: Again,
    progress: Progress,
    start: Instant,
}

/// Where results go: a folder, unless other processes have a part in them, and a ledger, if the command has one.
pub struct Results {
    folder: Option<Folder>,
    ledger: Option<Arc<FileLedger>>,
    /// Whether records of other studies are removed in the end.
    anew: bool,
}

impl Results {
    /// Of another rank than 0, which writes nothing.
    pub fn of_worker() -> Self {
        Self { folder: None, ledger: None, anew: false }
    }

    /// Reserves the results folder, by default results/`name`, of a command without a ledger.
    pub fn reserve(place: &Place, name: &Path) -> Result<Self, CliError> {
        let folder = reserve(&target(place, name), place.force)?;
        Ok(Self { folder: Some(folder), ledger: None, anew: false })
    }

    /// The same with a ledger beside it, which says what is known already: finished results that it is of may
    /// be replaced by more precise ones.
    pub fn with_ledger(
        place: &Place,
        name: &Path,
        head: Head,
        shard: Option<Shard>,
    ) -> Result<Self, CliError> {
        let target = target(place, name);
        let turns = ranks::turns(shard)?;
        let alone = turns.is_none();
        let how = (turns, place.force);
        let ledger = FileLedger::open(ledger_of(&target), head, how, is_free, warn)?;
        let folder = match alone {
            false => None,
            true => Some(reserve(&target, place.force || ledger.fits())?),
        };
        signals::keep(ledger.folder());
        Ok(Self { folder, ledger: Some(Arc::new(ledger)), anew: place.force })
    }
}

/// What one of so many machines has of an experiment.
fn part_of(e: &Experiment, machines: usize) -> Experiment {
    let mut part = e.clone();
    part.populations.iter_mut().for_each(|p| p.cells.count = p.cells.count.div_ceil(machines));
    part
}

/// Whether a study with another value of this key has tasks in common, and goes on with these.
pub fn is_free(key: &str) -> bool {
    let of_a_study = ["converge", "ensemble", "verify", "output"];
    key == "title"
        || of_a_study
            .iter()
            .any(|table| key.strip_prefix(table).is_some_and(|k| k.starts_with('.')))
}

/// Version of the program, and digest of its sources.
pub fn program() -> String {
    format!("{} ({})", env!("CARGO_PKG_VERSION"), env!("KINETAXIS_SOURCES"))
}

/// Processor architecture and operating system.
pub fn platform() -> String {
    format!("{} {}", std::env::consts::ARCH, std::env::consts::OS)
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
    /// Warns of what is to be doubted, prints what was found and puts it in place.
    pub fn deliver(&self, found: &Found) -> Result<(), CliError> {
        found.warnings.iter().for_each(|said| warn(said));
        let write = || Ok(found.write(self.folder(), &self.experiment.output.formats)?);
        self.deliver_text(&found.text(), &found.summary(), write)
    }

    /// Everything that can go wrong before the first event goes wrong here. `flags` are those that have to be
    /// given to get the same results again from the experiment as it is read.
    pub fn open(job: &Job, work: Work, flags: &str) -> Result<Self, CliError> {
        Self::opened(job, work, flags, |name, _| Results::reserve(&job.place, name))
    }

    /// The same of a run whose cells a crew has: each of it holds its part of them, and the first one has the results.
    pub fn spread(job: &Job, crew: &Crew, flags: &str) -> Result<Self, CliError> {
        let all = crew.place().1;
        let memory = memory::available() * all as f64;
        Self::opened_within(
            (memory, all),
            job,
            Work::Run,
            flags,
            |name, _| match ranks::is_worker() {
                true => Ok(Results::of_worker()),
                false => Results::reserve(&job.place, name),
            },
        )
    }

    /// The same with a ledger, of which this process has a share, or all.
    pub fn study(
        job: &Job,
        shard: Option<Shard>,
        work: Work,
        flags: &str,
    ) -> Result<Self, CliError> {
        Self::opened(job, work, flags, |name, (text, resolved)| {
            let experiment = Described {
                name: String::new(),
                text: text.into(),
                resolved: resolved.to_string(),
            };
            let head = Head {
                program: program(),
                command: work.word().into(),
                flags: flags.split_whitespace().map(|w| w.trim_matches('\'').into()).collect(),
                experiments: vec![experiment],
            };
            Results::with_ledger(&job.place, name, head, shard)
        })
    }

    fn opened(
        job: &Job,
        work: Work,
        flags: &str,
        results: impl FnOnce(&Path, (&str, &Json)) -> Result<Results, CliError>,
    ) -> Result<Self, CliError> {
        Self::opened_within((memory::available(), 1), job, work, flags, results)
    }

    /// On so many machines, with so many bytes in all.
    fn opened_within(
        (memory, machines): (f64, usize),
        job: &Job,
        work: Work,
        flags: &str,
        results: impl FnOnce(&Path, (&str, &Json)) -> Result<Results, CliError>,
    ) -> Result<Self, CliError> {
        let Loaded { experiment, resolved, .. } = load_within(memory, &job.input)?;
        set_threads(&job.place)?;
        refuse_too_large(work, &part_of(&experiment, machines))?;
        let command = work.word();
        let head = format!("# All keys. Run again: kinetaxis {command} experiment.toml{flags}\n\n");
        let text = head + &to_toml(&resolved);
        let results = results(&own_name(job, command, &experiment), (&text, &resolved))?;
        refuse_bad_physics(work, &experiment)?.iter().for_each(|said| warn(said));
        let again = vec![("experiment.toml".to_string(), text)];
        let facts = Facts { seed: experiment.seed, resolved, again };
        Ok(Self::start(&job.place, results, command, experiment, facts))
    }
}

impl<E: Sync> Context<E> {
    /// Starts the clock.
    pub fn start(
        place: &Place,
        results: Results,
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
            platform: platform(),
            started_unix: now.as_secs(),
            timings: Json::Null,
            experiment_toml: toml_of(&again),
            experiment: resolved,
        };
        let quiet = place.hands.quiet || ranks::is_worker();
        let progress = Progress::new(command, quiet);
        let start = Instant::now();
        Self { experiment, quiet, place: results, manifest, again, progress, start }
    }

    /// Runs `work` with a monitor that shows progress and heeds signals.
    ///
    /// # Errors
    /// Those of `work`; [`CliError::Shared`] where other processes have a part of it.
    pub fn monitored<T, F: Into<CliError>>(
        &self,
        work: impl FnOnce(&Monitor<'_>) -> Result<T, F>,
    ) -> Result<T, CliError> {
        let advance = |fraction| self.progress.advance(fraction);
        let doing = |what: &str| self.progress.doing(what);
        let ledger = self.place.ledger.clone().map(|ledger| ledger as Arc<dyn Ledger>);
        let result = work(&Monitor {
            ledger,
            progress: &advance,
            doing: &doing,
            ..Monitor::silent(signals::stop())
        });
        self.progress.finish();
        result.map_err(|error| match (error.into(), &self.place.ledger) {
            (CliError::Shared(_), Some(ledger)) => shared(ledger, self.quiet),
            (error, _) => error,
        })
    }

    /// Whether other processes have a part in the results.
    pub fn is_shared(&self) -> bool {
        self.place.folder.is_none()
    }

    /// The ledger, if the command has one.
    pub fn ledger(&self) -> Option<&Arc<FileLedger>> {
        self.place.ledger.as_ref()
    }

    /// The same as [`Self::monitored`] for a simulation of the experiment itself: a cell that stops it is written to a
    /// file beside the results, and the error names that.
    pub fn simulated<T>(
        &self,
        work: impl FnOnce(&Monitor<'_>) -> Result<T, SimulationError>,
    ) -> Result<T, CliError> {
        self.monitored(|monitor| work(monitor).map_err(|error| self.told(error)))
    }

    fn told(&self, error: SimulationError) -> CliError {
        let path = match (&self.place.folder, &self.place.ledger) {
            (Some(folder), _) => folder.beside(".replay"),
            (None, Some(ledger)) => ledger.folder().with_extension("replay"),
            (None, None) => return error.into(),
        };
        let (SimulationError::Cell(incident), [(_, text)]) = (&error, &self.again[..]) else {
            return error.into();
        };
        let shown = path.display();
        CliError::Failure(match case::write(&path, program(), text, incident) {
            Ok(()) => format!("{error}. Its history: kinetaxis replay {shown}"),
            Err(e) => format!("{error}. Its history cannot be written to {shown}: {e}"),
        })
    }

    /// The experiment as a file with every key.
    pub fn text(&self) -> &str {
        self.again.first().map_or("", |(_, text)| text)
    }

    /// Every key of the experiment.
    pub fn resolved(&self) -> &Json {
        &self.manifest.experiment
    }

    /// The folder in the making.
    ///
    /// # Panics
    /// If other processes have a part in the results, so that there are none here.
    pub fn folder(&self) -> &Folder {
        self.place.folder.as_ref().expect("a shard has no results to write")
    }

    /// Seconds since the command started computing.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Prints what was found, writes it by `write`, and puts the folder in place. Where it cannot be written it is
    /// printed in any case.
    pub fn deliver_text(
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
            self.folder().write(name, text)?;
        }
        let mut summary = summary.clone();
        let timings = take_timings(&mut summary).unwrap_or_default();
        self.folder().write("summary.json", &format!("{summary:#}\n"))?;
        let manifest = Manifest { timings, ..self.manifest.clone() };
        let manifest = serde_json::to_string_pretty(&manifest)
            .map_err(|e| CliError::Failure(e.to_string()))?;
        self.folder().write("manifest.json", &(manifest + "\n"))?;
        let path = self.folder().publish()?;
        if let Some(ledger) = self.ledger() {
            ledger.tidy();
            if self.place.anew {
                ledger.forget_others();
            }
        }
        Ok(path)
    }
}

/// Removes what is seconds, and gives it, in tables as they were.
fn take_timings(json: &mut Json) -> Option<Json> {
    let entries: Vec<(String, Json)> = match json {
        Json::Object(table) => {
            let is_time = |key: &String| key.split('_').any(|word| word == "seconds");
            let times: Vec<String> = table.keys().filter(|key| is_time(key)).cloned().collect();
            let own = times.into_iter().filter_map(|key| table.remove_entry(&key));
            let own: Vec<(String, Json)> = own.collect();
            let nested = table.iter_mut().filter_map(|(k, v)| Some((k.clone(), take_timings(v)?)));
            own.into_iter().chain(nested).collect()
        }
        Json::Array(all) => {
            let nested = all.iter_mut().enumerate();
            nested.filter_map(|(i, v)| Some((i.to_string(), take_timings(v)?))).collect()
        }
        _ => return None,
    };
    (!entries.is_empty()).then(|| Json::Object(entries.into_iter().collect()))
}

/// What a shard has done, and what is to be done when all have.
pub fn shared(ledger: &FileLedger, quiet: bool) -> CliError {
    if let Err(why) = ledger.begin() {
        return CliError::Failure(why);
    }
    if quiet {
        return CliError::Shared(String::new());
    }
    let [found, made] = ledger.counts();
    CliError::Shared(format!(
        "this shard has made {made} records and found {found} in {}. When all shards have ended, give the command \
         without --shard, or kinetaxis merge",
        ledger.folder().display()
    ))
}

/// The results folder that is asked for, by default results/`name`.
fn target(place: &Place, name: &Path) -> PathBuf {
    place.out.clone().unwrap_or_else(|| Path::new("results").join(name))
}

/// Reserves the results folder.
fn reserve(target: &Path, force: bool) -> Result<Folder, CliError> {
    // A signal finds nothing reserved, or what it has to give back.
    let folder = signals::after(|| {
        Folder::create(target, force).inspect(|folder| signals::guard(folder.reservation()))
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
    if let Some(threads) = place.hands.threads {
        pool = pool.num_threads(threads.into());
    }
    pool.build_global().map_err(|e| CliError::Failure(e.to_string()))
}

/// The command line as typed; what is no text is shown as well as it can be.
fn command_line() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}
