//! Signals: each that asks to end is heeded, soon, and leaves nothing behind.
//!
//! What computes looks at [`stop`] and ends in order. What does not within [`GRACE`], or with the second signal,
//! is ended from a thread of its own, which gives the reserved results folder back first.

use crate::output::Reservation;
use signal_hook::consts::*;
use signal_hook::iterator::Signals;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::thread::{sleep, spawn};
use std::time::Duration;

/// Time to end in order; and for what is to be done first, and then kept.
const GRACE: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(2);
/// What ends a program that does not listen, and what a program may listen to.
const ENDING: [i32; 13] = [
    SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU,
    SIGIO, SIGABRT, SIGTRAP,
];

static STOP: AtomicBool = AtomicBool::new(false);
/// The first signal.
static FIRST: AtomicI32 = AtomicI32::new(SIGINT);
static RESERVED: Mutex<Option<Arc<Reservation>>> = Mutex::new(None);
/// Held by what takes no time and must not be left half done.
static WHOLE: Mutex<()> = Mutex::new(());
/// Raised where the work sets itself down after a step.
static PATIENT: AtomicBool = AtomicBool::new(false);
/// The state of a run that is kept.
static STATE: Mutex<Option<String>> = Mutex::new(None);
static TOLD: Once = Once::new();
/// The ledger of what is done so far.
static LEDGER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Listens from now on.
pub fn listen() -> std::io::Result<()> {
    // Heard so that a file that grows too large is an error of its write.
    let mut signals = Signals::new([SIGXFSZ])?;
    for signal in ENDING {
        // `nohup` means that a hang-up is nobody's wish.
        if !(signal == SIGHUP && is_ignored(signal)) {
            signals.add_signal(signal)?;
        }
    }
    spawn(move || {
        for signal in signals.forever().filter(|signal| *signal != SIGXFSZ) {
            if STOP.swap(true, Ordering::SeqCst) {
                end();
            }
            FIRST.store(signal, Ordering::SeqCst);
            spawn(|| {
                sleep(grace());
                end();
            });
        }
    });
    Ok(())
}

/// Raised by a signal.
pub fn stop() -> &'static AtomicBool {
    &STOP
}

/// From now on a signal gives this back.
pub fn guard(reservation: Arc<Reservation>) {
    *RESERVED.lock().unwrap_or_else(|e| e.into_inner()) = Some(reservation);
}

/// Where what is done so far is kept.
pub fn keep(ledger: &Path) {
    *LEDGER.lock().unwrap_or_else(|e| e.into_inner()) = Some(ledger.into());
}

/// The exit code of a program that was stopped by a signal.
pub fn code() -> u8 {
    128 + FIRST.load(Ordering::SeqCst) as u8
}

/// Tells the user, once.
pub fn tell() {
    TOLD.call_once(|| {
        let kept = kept().unwrap_or_else(|| "nothing was written".into());
        let _ = writeln!(std::io::stderr().lock(), "kinetaxis: interrupted; {kept}");
    });
}

/// From now on a signal leaves more time for what is being done.
pub fn be_patient() {
    PATIENT.store(true, Ordering::SeqCst);
}

/// From now on this is what an end leaves.
pub fn keep_state(what: String) {
    *STATE.lock().unwrap_or_else(|e| e.into_inner()) = Some(what);
}

/// What an end leaves, if anything.
pub fn kept() -> Option<String> {
    let ledger = LEDGER.lock().unwrap_or_else(|e| e.into_inner()).clone();
    let ledger = ledger.filter(|folder| folder.exists()).map(|folder| {
        format!(
            "what is done is kept in {}; the same command again, or kinetaxis resume, goes on from there",
            folder.display()
        )
    });
    STATE.lock().unwrap_or_else(|e| e.into_inner()).clone().or(ledger)
}

/// Does what must not be left half done; a signal is heeded after it.
pub fn after<T>(work: impl FnOnce() -> T) -> T {
    let _whole = WHOLE.lock().unwrap_or_else(|e| e.into_inner());
    work()
}

fn reserved() -> Option<Arc<Reservation>> {
    RESERVED.lock().unwrap_or_else(|e| e.into_inner()).clone()
}

/// Without a folder there is nothing to put in order.
fn grace() -> Duration {
    match reserved() {
        Some(_) if PATIENT.load(Ordering::SeqCst) => PATIENCE,
        Some(_) => GRACE,
        None => Duration::ZERO,
    }
}

/// Ends the program. Where a folder is being put in place, that is done first.
fn end() -> ! {
    let _whole = WHOLE.lock().unwrap_or_else(|e| e.into_inner());
    let leave = || {
        tell();
        exit(code().into())
    };
    match reserved() {
        Some(reservation) => reservation.end(leave),
        None => leave(),
    }
}

/// Whether whoever started the program had it ignore a signal.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
