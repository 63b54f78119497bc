//! Checkpoints of `run`: when they are due, of what run they are, and where they are kept.

use super::context::{Context, platform, program};
use super::error::{CliError, warn};
use super::signals;
use crate::device::Device;
use crate::output::{Described, Head, Record, RecordError, Slots};
use crate::study::{Checkpoints, Due, Work};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What the records are called.
const NAME: &str = "the state of a run";

/// What a checkpoint is of: two runs of the same one have the same results to the last bit.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Identity {
    head: Head,
    platform: String,
    device: String,
    replicate: u64,
    /// What decides the realisation and what is recorded of it.
    definition: String,
}

/// When a run is set down.
#[derive(Clone, Copy, Debug, Default)]
pub struct When {
    /// Seconds between two checkpoints.
    pub every: Option<f64>,
    /// Seconds after which it is set down and ends.
    pub wall: Option<f64>,
}

/// What the run is that has a state in this folder, if one has.
pub fn head_of(folder: &Path) -> Option<Head> {
    let mut record = Slots::new(folder.into()).opened()?;
    let (identity, _) = postcard::from_bytes::<(Identity, f64)>(&record.section(0).ok()?).ok()?;
    let Identity { mut head, replicate, .. } = identity;
    head.flags.push(format!("--replicate={replicate}"));
    Some(head)
}

/// Keeps the checkpoints of a run.
pub struct Keeper {
    slots: Slots,
    when: When,
    identity: Identity,
    begun: Instant,
    clock: Mutex<Clock>,
    opened: Mutex<Option<Record>>,
    out_of_time: AtomicBool,
}

/// What the time is spent on.
struct Clock {
    /// When the last field step ended.
    step: Instant,
    /// When the last checkpoint was there.
    saved: Instant,
    /// The longest that these took.
    longest: [Duration; 2],
}

impl Keeper {
    /// Of a run of an experiment whose results will be beside the checkpoints, on a device that these flags ask for.
    pub fn new(
        context: &Context,
        replicate: u64,
        (device, flags): (&Device, &str),
        definition: String,
        when: When,
    ) -> Self {
        let experiment = Described {
            name: String::new(),
            text: context.text().into(),
            resolved: context.resolved().to_string(),
        };
        let head = Head {
            program: program(),
            command: Work::Run.word().into(),
            flags: flags.split_whitespace().map(String::from).collect(),
            experiments: vec![experiment],
        };
        let device = device.name().to_string();
        let identity = Identity { head, platform: platform(), device, replicate, definition };
        let now = Instant::now();
        let clock = Clock { step: now, saved: now, longest: [Duration::ZERO; 2] };
        Self {
            slots: Slots::new(context.folder().beside(".ledger")),
            when,
            identity,
            begun: now,
            clock: Mutex::new(clock),
            opened: Mutex::new(None),
            out_of_time: AtomicBool::new(false),
        }
    }

    /// Looks for a state to take up, and says so.
    ///
    /// # Errors
    /// There is that of another run, or it cannot be said.
    pub fn look(&self) -> Result<(), CliError> {
        let folder = self.slots.folder().display();
        let remedy = format!("Finish that one first, give another --out, or remove {folder}");
        let (newest, damaged) = self
            .slots
            .newest()
            .map_err(|e| CliError::Failure(format!("cannot read {folder}: {e}")))?;
        for error in damaged {
            if let RecordError::Format { .. } = error {
                return Err(CliError::BadInput(format!("{error}. {remedy}")));
            }
            let next = match newest {
                Some(_) => "the one before it is used",
                None => "the run begins again",
            };
            warn(&format!("{error}; {next}"));
        }
        let Some(mut record) = newest else { return Ok(()) };
        let head = record.section(0).map_err(|e| CliError::Failure(e.to_string()))?;
        let misfit = match postcard::from_bytes::<(Identity, f64)>(&head) {
            Err(_) => Some("of another version".to_string()),
            Ok((identity, time)) => {
                self.promise(time);
                self.misfit(&identity)
            }
        };
        if let Some(misfit) = misfit {
            return Err(CliError::BadInput(format!(
                "{folder} holds the state of another run that is not finished:\n  {misfit}\n{remedy}"
            )));
        }
        *self.opened.lock().unwrap_or_else(|e| e.into_inner()) = Some(record);
        Ok(())
    }

    /// Whether this run is set down at all: if it is asked for, or was.
    pub fn is_wanted(&self) -> bool {
        self.when.every.is_some() || self.when.wall.is_some() || self.slots.folder().exists()
    }

    /// What an interrupted run comes to.
    pub fn ended(&self, error: CliError) -> CliError {
        match (error, self.out_of_time.load(Ordering::Relaxed)) {
            (CliError::Interrupted, true) => CliError::Paused(format!(
                "--wall-time is over; {}",
                signals::kept().unwrap_or_default()
            )),
            (error, _) => error,
        }
    }

    /// The results are in place.
    pub fn finished(&self) {
        if let Err(e) = self.slots.clear() {
            warn(&format!("cannot remove {}: {e}", self.slots.folder().display()));
        }
    }

    fn promise(&self, time: f64) {
        signals::keep_state(format!(
            "{} holds its state at t = {time}; the same command, or kinetaxis resume, goes on from there",
            self.slots.folder().display()
        ));
    }

    /// Why a checkpoint is not of this run, if it is not.
    fn misfit(&self, there: &Identity) -> Option<String> {
        let here = &self.identity;
        let free = |_: &str| there.definition == here.definition;
        let mut told = there.head.differences(&here.head, free);
        let mut note = |what: &str, a: &str, b: &str| {
            told.extend((a != b).then(|| format!("{what} was {a} and is {b}")));
        };
        note("the platform", &there.platform, &here.platform);
        note("the device", &there.device, &here.device);
        note("--replicate", &there.replicate.to_string(), &here.replicate.to_string());
        (!told.is_empty()).then(|| told.join("\n  "))
    }
}

impl Checkpoints for Keeper {
    fn found(&self) -> bool {
        self.opened.lock().unwrap_or_else(|e| e.into_inner()).is_some()
    }

    fn section(&self, number: usize) -> Result<Vec<u8>, String> {
        let mut opened = self.opened.lock().unwrap_or_else(|e| e.into_inner());
        let record = opened.as_mut().ok_or("no state was found")?;
        record.section(number + 1).map_err(|e| e.to_string())
    }

    fn due(&self) -> Due {
        let mut clock = self.clock.lock().unwrap_or_else(|e| e.into_inner());
        let now = Instant::now();
        clock.longest[0] = clock.longest[0].max(now - clock.step);
        clock.step = now;
        let needed = clock.longest[0] + clock.longest[1];
        let over = |seconds: f64| (self.begun.elapsed() + needed).as_secs_f64() >= seconds;
        if signals::stop().load(Ordering::Relaxed) {
            Due::Stop
        } else if self.when.wall.is_some_and(over) {
            self.out_of_time.store(true, Ordering::Relaxed);
            Due::Stop
        } else if self.when.every.is_some_and(|every| clock.saved.elapsed().as_secs_f64() >= every)
        {
            Due::Save
        } else {
            Due::Nothing
        }
    }

    fn save(&self, step: u64, time: f64, sections: &[&[u8]]) -> Result<(), String> {
        let start = Instant::now();
        let head = postcard::to_stdvec(&(&self.identity, time)).map_err(|e| e.to_string())?;
        let all: Vec<&[u8]> = std::iter::once(&head[..]).chain(sections.iter().copied()).collect();
        signals::after(|| self.slots.save(step, NAME, &all)).map_err(|e| {
            format!("cannot keep a state in {}: {e}", self.slots.folder().display())
        })?;
        self.promise(time);
        let mut clock = self.clock.lock().unwrap_or_else(|e| e.into_inner());
        (clock.saved, clock.step) = (Instant::now(), Instant::now());
        clock.longest[1] = clock.longest[1].max(start.elapsed());
        Ok(())
    }
}
