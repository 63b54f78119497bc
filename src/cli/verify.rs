//! `kinetaxis verify [EXPERIMENT]...`

use super::context::{Again, Context, Facts, Results, program, read_text, set_threads, shared};
use super::error::CliError;
use super::page::Page;
use super::tables::print;
use super::{Place, with_dimension};
use crate::api::feasible::refuse_bad_physics;
use crate::experiment::{Claim, Experiment, Format, Loaded, Problems, read, to_toml};
use crate::formats;
use crate::output::{Described, Head, Shard};
use crate::sheet::{Cell, Sheet};
use crate::study::{Monitor, Task, Work};
use crate::text::aligned;
use crate::verify::{Finding, SHIPPED, Verdict, short, stamp};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// An experiment with its name, its text and the overrides of `--quick`; and with those of `verify.by_cells`.
struct Case {
    name: String,
    text: String,
    quick: Vec<String>,
    loaded: Loaded,
    by_cells: Option<Experiment>,
}

/// A line of the table: experiment, source, finding.
struct Line<'a> {
    case: &'a Case,
    finding: Finding,
}

/// Weighs all claims of the given experiments, or of those that are shipped.
pub fn verify(
    files: &[(String, String)],
    quick: bool,
    page_file: Option<&Path>,
    place: &Place,
    shard: Option<Shard>,
) -> Result<(), CliError> {
    let onto = page_file.map(Page::read).transpose()?;
    let case = |(name, text): (&str, &str)| Case::new(name, text, quick);
    let cases: Vec<Case> = match files {
        [] => SHIPPED.iter().copied().map(case).collect(),
        _ => files.iter().map(|(name, text)| case((name, text))).collect::<Result<_, _>>(),
    }?;
    set_threads(place)?;
    let head = head(&cases, quick, page_file);
    let results = Results::with_ledger(place, Path::new("verify"), head, shard)?;
    for case in &cases {
        refuse_bad_physics(Work::Run, case.experiment()).map_err(|e| case.named(e))?;
    }
    let all: serde_json::Map<String, Json> =
        cases.iter().map(|c| (c.name.clone(), c.loaded.resolved.clone())).collect();
    let seed = cases.first().map_or(0, |c| c.experiment().seed);
    let facts = Facts { seed, resolved: Json::Object(all), again: again(&cases) };
    let context = Context::start(place, results, "verify", (), facts);
    let lines = weigh(&context, &cases)?;
    let failed = lines.iter().filter(|l| l.finding.verdict() == Verdict::Fails).count();
    let summary = json!({
        "command": "verify", "quick": quick, "seconds": context.seconds(),
        "findings": lines.len(), "failed": failed,
    });
    let page = page(&lines);
    context.deliver_text("", &summary, || write(&context, &lines, &page)).inspect_err(|_| {
        if place.hands.quiet {
            print(&page);
        }
    })?;
    if let Some(onto) = onto {
        let made_from = cases.iter().map(|c| (&c.name[..], &c.text[..], &c.quick[..]));
        onto.write(&stamp(made_from), &page)?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(CliError::Failure(format!("{failed} of {} findings fail", lines.len()))),
    }
}

/// An experiment with the changes of `verify.quick` or `verify.by_cells`.
fn changed(key: &str, text: &str, file: &str, changes: &[String]) -> Result<Loaded, CliError> {
    let told = |problems: Problems| CliError::BadInput(format!("{file}: verify.{key}: {problems}"));
    read(text, file, changes).map_err(told)
}

/// What the ledger is of.
fn head(cases: &[Case], quick: bool, page: Option<&Path>) -> Head {
    let mut flags: Vec<String> = quick.then(|| "--quick".into()).into_iter().collect();
    if let Some(page) = page {
        flags.extend(["--page".into(), page.display().to_string()]);
    }
    let described = |case: &Case| Described {
        name: case.name.clone(),
        text: case.text.clone(),
        resolved: case.loaded.resolved.to_string(),
    };
    let experiments = cases.iter().map(described).collect();
    Head { program: program(), command: "verify".into(), flags, experiments }
}

/// Names and texts of experiment files.
pub fn read_files(files: &[PathBuf]) -> Result<Vec<(String, String)>, CliError> {
    let one =
        |file: &PathBuf| Ok((file.with_extension("").display().to_string(), read_text(file)?));
    files.iter().map(one).collect()
}

/// The experiment as a file, or several with names that are apart.
fn again(cases: &[Case]) -> Again {
    let mut files = Again::new();
    for case in cases {
        let stem = Path::new(&case.name).file_name().unwrap_or_default().to_string_lossy();
        let taken = |name: &String| files.iter().any(|(other, _)| other == name);
        let mut names = (1..).map(|n| match n {
            _ if cases.len() == 1 => "experiment.toml".to_string(),
            1 => format!("{stem}.toml"),
            n => format!("{stem}-{n}.toml"),
        });
        let name = names.find(|name| !taken(name)).expect("there is no last number");
        let head = format!("# All keys. Weigh again: kinetaxis verify {name}\n\n");
        let text = head + &to_toml(&case.loaded.resolved);
        files.push((name, text));
    }
    files
}

impl Case {
    fn new(name: &str, text: &str, quick: bool) -> Result<Self, CliError> {
        let file = format!("{name}.toml");
        let mut loaded = read(text, &file, &[])?;
        let mut overrides = Vec::new();
        if quick && !loaded.experiment.verify.quick.is_empty() {
            overrides = loaded.experiment.verify.quick;
            loaded = changed("quick", text, &file, &overrides)?;
        }
        if loaded.experiment.verify.claims.is_empty() {
            return Err(CliError::BadInput(format!(
                "{file}: verify.claims is empty, so there is nothing to weigh. Give some of {}",
                Claim::WORDS.join(", ")
            )));
        }
        let changes = &loaded.experiment.verify.by_cells;
        let by_cells = match changes.is_empty() {
            true => None,
            false => Some(changed("by_cells", text, &file, changes)?.experiment),
        };
        let by_cells = by_cells.filter(|_| !quick);
        Ok(Self { name: name.into(), text: text.into(), quick: overrides, loaded, by_cells })
    }

    /// The error with the name of the experiment.
    fn named(&self, error: CliError) -> CliError {
        match error {
            CliError::BadInput(text) => CliError::BadInput(format!("{}: {text}", self.name)),
            CliError::Failure(text) => CliError::Failure(format!("{}: {text}", self.name)),
            told => told,
        }
    }

    fn experiment(&self) -> &Experiment {
        &self.loaded.experiment
    }

    /// Every claim with the experiment that it is weighed for.
    fn claims(&self) -> impl Iterator<Item = (&Experiment, Claim)> {
        let own = self.experiment();
        let again = self.by_cells.iter().filter(|_| own.verify.claims.contains(&Claim::Order));
        let claims = own.verify.claims.iter().map(move |claim| (own, *claim));
        claims.chain(again.map(|e| (e, Claim::Order)))
    }
}

/// Weighs claim by claim, telling each experiment as it is done.
fn weigh<'a>(context: &Context<()>, cases: &'a [Case]) -> Result<Vec<Line<'a>>, CliError> {
    let total: usize = cases.iter().map(|c| c.claims().count()).sum();
    let mut lines = Vec::new();
    for case in cases {
        let first = lines.len();
        for (e, claim) in case.claims() {
            let weigh = |m: &Monitor<'_>| with_dimension!(e.dimension, D => claim.weigh::<D>(e, m));
            let task = Task::new("claim", &format!("{claim:?} {e:?}"), 0);
            let findings = context
                .monitored(|m| m.part(1.0 / total as f64, &case.name, |m| m.share(task, weigh)));
            let findings: Option<Vec<Finding>> = findings.map_err(|e| case.named(e))?;
            let findings = findings.unwrap_or_default();
            lines.extend(findings.into_iter().map(|finding| Line { case, finding }));
        }
        if !context.quiet && !context.is_shared() {
            print(&text(case, &lines[first..], context.seconds()));
        }
    }
    match context.ledger().filter(|_| context.is_shared()) {
        Some(ledger) => Err(shared(ledger, context.quiet)),
        None => Ok(lines),
    }
}

/// What was found of one experiment, for people.
fn text(case: &Case, lines: &[Line<'_>], seconds: f64) -> String {
    let e = case.experiment();
    let rows: Vec<Vec<String>> = lines.iter().map(|line| row(&line.finding)).collect();
    format!(
        "{} ({seconds:.0} s): {}\n  source: {}\n{}\n",
        case.name,
        e.title,
        e.verify.source,
        aligned(&rows)
    )
}

/// Claim, number, interval, demand, verdict.
fn row(finding: &Finding) -> Vec<String> {
    let (value, interval) = match &finding.number {
        Some(n) if n.low == n.high => (short(n.value), String::new()),
        Some(n) => (short(n.value), format!("[{}, {}]", short(n.low), short(n.high))),
        None => ("none".into(), String::new()),
    };
    let verdict = finding.verdict().word().to_string();
    vec![format!("  {}", finding.what), value, interval, finding.demand.text(), verdict]
}

/// verify.csv, and the same for people as verify.md.
fn write(context: &Context<()>, lines: &[Line<'_>], page: &str) -> Result<(), CliError> {
    let header =
        ["experiment", "source", "claim", "number", "ci_low", "ci_high", "demand", "verdict"];
    let sheet = Sheet::new("verify", header, |emit| {
        for Line { case, finding } in lines {
            let numbers = finding.number.map_or([f64::NAN; 3], |n| [n.value, n.low, n.high]);
            let demand = finding.demand.text();
            let mut row = [&case.name, &case.experiment().verify.source, &finding.what]
                .map(|text| Cell::Text(text))
                .to_vec();
            row.extend(numbers.map(Cell::Number));
            row.extend([Cell::Text(&demand), Cell::Text(finding.verdict().word())]);
            emit(&row)?;
        }
        Ok(())
    });
    formats::write(context.folder(), &sheet, &[Format::Csv])?;
    Ok(context.folder().write("verify.md", page)?)
}

/// The table for people.
fn page(lines: &[Line<'_>]) -> String {
    let mut page = "| experiment | source | claim | number | interval | demanded | verdict |\n\
                    |---|---|---|---|---|---|---|\n"
        .to_string();
    for Line { case, finding } in lines {
        let cells = row(finding);
        let cells: Vec<&str> = cells.iter().map(|c| c.trim()).collect();
        let source = &case.experiment().verify.source;
        page += &format!("| {} | {source} | {} |\n", case.name, cells.join(" | "));
    }
    page
}
