//! What every computing command does first: read the experiment, open the folder, start the
//! threads, and listen for Ctrl-C.

use super::error::CliError;
use super::progress::Progress;
use super::{Input, Job, Place};
use crate::experiment::{Experiment, Loaded, read, to_toml};
use crate::output::{Folder, Manifest};
use crate::study::Monitor;
use serde_json::Value as Json;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Reads and validates the experiment.
pub fn load(input: &Input) -> Result<Loaded, CliError> {
    let (path, text) = (&input.experiment, read_text(&input.experiment)?);
    let mut set = input.set.clone();
    set.extend(input.seed.map(|seed| format!("seed={seed}")));
    Ok(read(&text, &path.display().to_string(), &set)?)
}

/// The text of an experiment file.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|e| {
        CliError::BadInput(format!("cannot read {}: {e}. Check the path", path.display()))
    })
}

/// A computing command under way, of one experiment unless `E` says otherwise.
pub struct Context<E = Experiment> {
    /// The experiment.
    pub experiment: E,
    /// Whether to print nothing.
    pub quiet: bool,
    folder: Folder,
    manifest: Manifest,
    stop: Arc<AtomicBool>,
    progress: Progress,
    start: Instant,
}

impl Context {
    /// Everything that can go wrong before the first event goes wrong here.
    pub fn open(job: &Job, command: &'static str) -> Result<Self, CliError> {
        let Loaded { experiment, resolved } = load(&job.input)?;
        set_threads(&job.place)?;
        super::check::refuse_bad_physics(&experiment)?;
        let name = job.input.experiment.file_stem().unwrap_or_default();
        let texts = (to_toml(&resolved), resolved);
        let seed = experiment.seed;
        Self::start(&job.place, Path::new(name), command, experiment, (seed, texts))
    }
}

impl<E: Sync> Context<E> {
    /// Opens the folder, by default results/`name`, and listens for Ctrl-C. The manifest tells the seed
    /// and the experiment, as TOML and as JSON.
    pub fn start(
        place: &Place,
        name: &Path,
        command: &'static str,
        experiment: E,
        (seed, (experiment_toml, resolved)): (u64, (String, Json)),
    ) -> Result<Self, CliError> {
        // Before there is a folder in the making that would be left behind.
        let stop = listen()?;
        let target = place.out.clone().unwrap_or_else(|| Path::new("results").join(name));
        let folder = Folder::create(&target, place.force)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let manifest = Manifest {
            program: "kinetaxis",
            version: env!("CARGO_PKG_VERSION"),
            command,
            command_line: std::env::args().collect(),
            seed,
            threads: rayon::current_num_threads(),
            platform: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            started_unix: now.as_secs(),
            experiment_toml,
            experiment: resolved,
        };
        let progress = Progress::new(command, place.quiet);
        let start = Instant::now();
        Ok(Self { experiment, quiet: place.quiet, folder, manifest, stop, progress, start })
    }

    /// Runs `work` with a monitor that shows progress and heeds Ctrl-C.
    pub fn monitored<T>(&self, work: impl FnOnce(&Monitor<'_>) -> T) -> T {
        let advance = |fraction| self.progress.advance(fraction);
        let result = work(&Monitor { stop: &self.stop, progress: &advance });
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

    /// Writes manifest and summary, publishes the folder and says where it is.
    pub fn publish(self, summary: &serde_json::Value) -> Result<(), CliError> {
        let manifest = serde_json::to_string_pretty(&self.manifest)
            .map_err(|e| CliError::Failure(e.to_string()))?;
        self.folder.write("manifest.json", &(manifest + "\n"))?;
        self.folder.write("summary.json", &format!("{summary:#}\n"))?;
        let place = self.folder.publish()?;
        if !self.quiet {
            super::tables::print(&format!("results in {}\n", place.display()));
        }
        Ok(())
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

/// The first Ctrl-C asks to stop, the second one kills.
fn listen() -> Result<Arc<AtomicBool>, CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, stop.clone())?;
        signal_hook::flag::register(signal, stop.clone())?;
    }
    Ok(stop)
}
