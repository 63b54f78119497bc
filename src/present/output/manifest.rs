//! manifest.json: enough to repeat the run.

use serde::Serialize;

/// By this a results folder is known.
pub const PROGRAM: &str = "kinetaxis";

/// What was run, with what.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// "kinetaxis".
    pub program: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// run, ensemble, limit or converge.
    pub command: &'static str,
    /// The command line as typed.
    pub command_line: Vec<String>,
    /// The seed that was used.
    pub seed: u64,
    /// Threads; they do not change any result.
    pub threads: usize,
    /// Processor architecture and operating system.
    pub platform: String,
    /// Seconds since 1970 when the run started.
    pub started_unix: u64,
    /// What of the summary is seconds: all of it that another run would not find again.
    pub timings: serde_json::Value,
    /// The resolved experiment, every default filled in.
    pub experiment: serde_json::Value,
    /// The same as a file that can be run again; by name where there are several.
    pub experiment_toml: serde_json::Value,
}
