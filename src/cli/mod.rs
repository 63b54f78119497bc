//! The command line: one file per command.

mod case;
mod check;
mod checkpoints;
mod context;
mod converge;
mod ensemble;
mod error;
mod inspect;
mod limit;
mod manual;
mod movie;
mod new;
mod page;
mod populations;
mod progress;
mod ranks;
mod reactions;
mod referee;
mod replay;
mod resume;
mod run;
mod signals;
mod tables;
mod units;
mod verify;
mod whole;

use crate::api::with_dimension;
use crate::device::Device;
use crate::experiment::Parameter;
use crate::output::Shard;
use crate::study::{Precision, Wanted};
use checkpoints::When;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use error::CliError;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Particle simulator of kinetic chemotaxis and of its drift-diffusion limit.
///
/// Exit codes: 0 done, 1 failure, 2 bad input, 3 out of --wall-time with the state kept, 128 + n stopped by signal n (130 by Ctrl-C).
#[derive(Parser)]
#[command(name = "kinetaxis", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a commented experiment to start from
    New {
        /// The file to write; never overwritten without --force
        file: PathBuf,
        /// What to start from: every key with its comment, or a shipped experiment
        #[arg(long, value_name = "NAME", default_value = new::EVERY_KEY,
              value_parser = PossibleValuesParser::new(new::templates()))]
        template: String,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Validate an experiment and do nothing else
    Check {
        #[command(flatten)]
        input: Input,
        /// Print JSON: the warnings, and the experiment with every default filled in
        #[arg(long)]
        json: bool,
    },
    /// Show D, chi, rates, which assumptions hold, expected cost and memory
    Inspect {
        #[command(flatten)]
        input: Input,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run one realisation
    Run {
        #[command(flatten)]
        job: Job,
        #[command(flatten)]
        aboard: Aboard,
        /// Number of the replicate to run
        #[arg(long, default_value_t = 0)]
        replicate: u64,
        /// Keep the state of the run every so many seconds, and when a signal ends it, in OUT.ledger beside the results
        /// folder: the same command goes on from there, and the results are the same to the last byte
        #[arg(long, value_name = "SECONDS", value_parser = seconds)]
        checkpoint_every: Option<f64>,
        /// Keep the state and end with exit code 3 before so many seconds are over
        #[arg(long, value_name = "SECONDS", value_parser = seconds)]
        wall_time: Option<f64>,
    },
    /// Run independent replicates: mean and interval of every observable
    Ensemble {
        #[command(flatten)]
        job: Job,
        #[command(flatten)]
        aboard: Aboard,
        #[command(flatten)]
        share: Share,
    },
    /// Solve the macroscopic equation alone
    Limit(Job),
    /// Sweep epsilon, or another parameter: measure the distance to the limit and its order
    Converge {
        #[command(flatten)]
        job: Job,
        /// What is varied, over converge.values: delta, compared with the elliptic signal, or a
        /// resolution, compared with the next finer one [default: converge.in, or else epsilon]
        #[arg(long = "in", value_name = "PARAMETER", value_parser = PossibleValuesParser::new(Parameter::WORDS))]
        parameter: Option<String>,
        /// Run until this is known to that half width: order=0.05, order:S:L2=0.1, or rho:L2=0.02
        /// (relative). Replaces converge.replicates and leaves the error budget out
        #[arg(long, value_name = "WHAT=WIDTH")]
        precision: Option<Precision>,
        /// Seconds after which --precision starts no more replicates and tells what is missing
        #[arg(long, default_value_t = 600.0, requires = "precision", value_parser = seconds)]
        within: f64,
        #[command(flatten)]
        share: Share,
    },
    /// Weigh the claims of the papers, each with number, interval and verdict
    Verify {
        /// Experiment files with claims [default: those that are shipped]
        experiments: Vec<PathBuf>,
        /// Names and texts, where they are known without the files.
        #[arg(skip)]
        texts: Vec<(String, String)>,
        /// With fewer cells, replicates and nodes (verify.quick)
        #[arg(long)]
        quick: bool,
        /// Put the table into this page as well, between its marks, as in docs/verification.md
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        share: Share,
    },
    /// Go on with a run, ensemble, sweep or verification that was stopped, or shared out
    Resume {
        /// The results folder that it is to make, or its ledger
        folder: PathBuf,
        #[command(flatten)]
        hands: Hands,
    },
    /// Put the ledgers of shards together, and make their results
    Merge {
        /// The results folders that the shards were given, or their ledgers
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Results folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        hands: Hands,
    },
    /// Tell the history of a cell that stopped a run, from the file that the run has named: every tumble of the field
    /// step
    Replay {
        /// The file
        file: PathBuf,
    },
    /// Draw the density, or a signal, over time: an animated GIF or PNG from the tables of results
    Movie(movie::Wanted),
    /// Print the JSON Schema of the experiment file
    Schema,
    /// Print what lets a shell complete commands and flags
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command
    Man {
        /// The folder to write them to, such as ~/.local/share/man/man1
        folder: PathBuf,
    },
}

/// An experiment and changes to it.
#[derive(Args)]
struct Input {
    /// The experiment file (TOML)
    experiment: PathBuf,
    /// Override a key, e.g. --set cells.count=1000
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Override the seed, which TOML holds up to 2^63 - 1
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Its text, where that is known without the file.
    #[arg(skip)]
    text: Option<String>,
}

/// A command that computes and writes.
#[derive(Args)]
struct Job {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    place: Place,
}

/// What cells fly on.
#[derive(Args)]
struct Aboard {
    /// What cells fly on: cpu, gpu (the first graphics processor) or gpu:NAME, with a part of its name; other draws of
    /// the same law
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
}

impl Aboard {
    /// The device.
    fn open(&self) -> Result<Device, CliError> {
        Ok(Device::named(&self.device)?)
    }

    /// What has to be given for the same device again.
    fn flags(&self) -> String {
        match &self.device[..] {
            "cpu" => String::new(),
            device => format!(" --device {device}"),
        }
    }
}

/// What part of a study is done.
#[derive(Args)]
struct Share {
    /// Do the I-th of N shares of the tasks alone, and record them beside the results folder
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
}

/// How a command works, whatever it does.
#[derive(Args, Clone)]
struct Hands {
    /// Threads; results do not depend on it [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// No progress and no table
    #[arg(long)]
    quiet: bool,
}

/// Where results go, and how.
#[derive(Args)]
struct Place {
    /// Results folder [default: results/NAME of the experiment file, or results/verify]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    hands: Hands,
    /// Replace the results folder if it exists
    #[arg(long)]
    force: bool,
}

/// I/N, counted from 1.
fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((index, count)) if (1..=count).contains(&index) => {
            Ok(Shard { index: index - 1, count })
        }
        _ => Err("give I/N with I from 1 to N, such as 2/8".into()),
    }
}

/// A time that may be spent.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| *seconds >= 0.0);
    seconds.ok_or_else(|| "give a number of seconds, 0 or more".into())
}

/// Parses the command line, runs the command and reports how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => return say(&told),
    };
    let ranks = ranks::Ranks::new();
    let result = signals::listen()
        .map_err(CliError::from)
        .and_then(|()| run(cli.command))
        .and_then(|()| Ok(tables::all_printed()?));
    // Afterwards MPI is not there to be asked.
    let is_worker = ranks::is_worker();
    ranks.end();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Shared(_)) if is_worker => ExitCode::SUCCESS,
        Err(error) => {
            error::print(&error);
            ExitCode::from(error::code(&error))
        }
    }
}

/// Help, version, or what is wrong with the command line.
fn say(told: &clap::Error) -> ExitCode {
    let printed = told.print().and_then(|()| std::io::stdout().flush());
    if !told.use_stderr() {
        tables::note(printed);
    }
    match tables::all_printed() {
        Ok(()) => ExitCode::from(told.exit_code() as u8),
        Err(e) => {
            error::print(&e.into());
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::New { file, template, force } => new::new(&file, &template, force),
        Command::Check { input, json } => check::check(input, json),
        Command::Inspect { input, json } => inspect::inspect(&input, json),
        Command::Run { job, aboard, replicate, checkpoint_every: every, wall_time: wall } => {
            run::run(&job, &aboard, replicate, When { every, wall })
        }
        Command::Ensemble { job, aboard, share } => ensemble::ensemble(&job, &aboard, share.shard),
        Command::Limit(job) => limit::limit(&job),
        Command::Converge { mut job, parameter, precision, within, share } => {
            let set = &mut job.input.set;
            if let Some(word) = parameter {
                let (flag, value) = (format!("--in {word}"), word.as_str().into());
                context::refuse_contradiction(&flag, "converge.in", &value, set)?;
                // First, so that converge.values may still be given for it by --set.
                set.insert(0, format!("converge.in={word}"));
            }
            let wanted = precision.map(|precision| Wanted { precision, within, most: usize::MAX });
            if let Some(wanted) = &wanted {
                refuse_replicates(wanted, set)?;
            }
            converge::converge(&job, share.shard, wanted)
        }
        Command::Resume { folder, hands } => resume::resume(&folder, hands),
        Command::Merge { folders, out, hands } => resume::merge(&folders, &out, hands),
        Command::Verify { experiments, mut texts, quick, page, place, share } => {
            if texts.is_empty() {
                texts = verify::read_files(&experiments)?;
            }
            verify::verify(&texts, quick, page.as_deref(), &place, share.shard)
        }
        Command::Replay { file } => replay::replay(&file),
        Command::Movie(wanted) => movie::movie(&wanted),
        Command::Schema => schema(),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
    }
}

/// --precision decides how many replicates there are.
fn refuse_replicates(wanted: &Wanted, set: &[String]) -> Result<(), CliError> {
    let flag = format!("--precision {}", wanted.precision);
    for (key, value) in [("replicates", serde_json::Value::Null), ("budget_replicates", 0.into())] {
        context::refuse_contradiction(&flag, &format!("converge.{key}"), &value, set)?;
    }
    Ok(())
}

fn schema() -> Result<(), CliError> {
    let schema = crate::experiment::json_schema();
    tables::print(&format!("{schema:#}\n"));
    Ok(())
}
