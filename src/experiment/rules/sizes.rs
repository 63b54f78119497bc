//! What an experiment asks of the machine: steps and memory.

use crate::cells::Precision;
use crate::experiment::space::padding;
use crate::memory::{
    FLIGHT_FIELDS, LIMIT_FIELDS, MODEL_FIELDS, Part, limit_share, refusal, run_share, total,
};
use crate::schema::Draft;

/// Steps on the way to the final time: more would not fit into memory, nor into a lifetime.
const MOST_STEPS: f64 = 1e7;
/// Values of the initial density from which cells are drawn: some seconds.
const MOST_VALUES: f64 = 1e9;

pub(super) fn steps(draft: &mut Draft) -> Option<()> {
    let end = draft.float("time.end")?;
    let given = draft.float("time.step")?;
    // A step that is that of another key is told once.
    for (path, whole, other) in [
        ("time.step", end, None),
        ("limit.step", end, Some(given)),
        ("time.motion_step", given.min(end), None),
    ] {
        let Some(step) = draft.float(path).filter(|step| Some(*step) != other) else { continue };
        let count = (whole / step).ceil();
        if count > MOST_STEPS {
            let span = if path == "time.motion_step" { "time.step" } else { "time.end" };
            let message = format!(
                "leads through {span} = {whole} in {} steps, and {} are the most",
                short(count),
                short(MOST_STEPS)
            );
            // Rounded up.
            let least = short(1.006 * whole / MOST_STEPS);
            let remedy = format!("Give at least {least}, or lower {span}.");
            draft.complain(path, message, remedy);
        }
    }
    Some(())
}

/// What a run holds at its end, and the limit without its outputs. What else other commands hold is
/// asked by them ([`crate::study::needs`]).
fn parts(draft: &Draft) -> Option<[Vec<Part>; 2]> {
    let nodes = |path| Some(draft.integers(path)?.iter().map(|&n| n as f64).product::<f64>());
    let padded = padding(draft)?.into_iter().map(|p| 1.0 + f64::from(p) / 4.0).product::<f64>();
    let d = draft.dimension()? as f64;
    let (grid, limit) = (padded * nodes("domain.grid")?, padded * nodes("limit.grid")?);
    let count =
        draft.integers("converge.cells")?.into_iter().max()?.max(draft.integer("cells.count")?);
    let outputs = draft.floats("time.outputs")?.len() as f64;
    let snapshots = draft.floats("output.cells_at")?.len() as f64;
    let adaptive = if draft.integer("output.knn")? > 0 { 1.0 } else { 0.0 };
    let own = draft.integer("cells.count")? as f64;
    let most = if own < count as f64 { "converge.cells" } else { "cells.count" };
    let share = Precision::read(draft)?.bytes() as f64 / size_of::<f64>() as f64;
    let start = Part::numbers(
        "cells.density.grid",
        "the initial density",
        2.0 * nodes("cells.density.grid")?,
    );
    let run = vec![
        Part::numbers(most, "cells", share * count as f64 * 2.0 * d),
        Part::numbers("domain.grid", "fields", (MODEL_FIELDS + FLIGHT_FIELDS) * grid),
        Part::numbers("time.outputs", "fields at the outputs", outputs * (2.0 + adaptive) * grid),
        Part::numbers("output.cells_at", "cells at the outputs", share * snapshots * own * 2.0 * d),
        start.clone(),
    ];
    let limit = vec![Part::numbers("limit.grid", "the limit", LIMIT_FIELDS * limit), start];
    Some([run, limit])
}

/// The same of all populations together, where fields are so many times those of one population and one signal.
fn parts_of_all(populations: &[&mut Draft], signals: usize) -> Option<[Vec<Part>; 2]> {
    let mut each = populations.iter().map(|draft| parts(draft));
    let [mut run, mut limit] = each.next()??;
    for of in each {
        let [more, _] = of?;
        for (all, own) in run.iter_mut().zip(more).filter(|(all, _)| all.key != "domain.grid") {
            all.bytes += own.bytes;
        }
    }
    let number = populations.len();
    run.iter_mut()
        .filter(|part| part.key == "domain.grid")
        .for_each(|part| part.bytes *= run_share(number, signals));
    limit
        .iter_mut()
        .filter(|part| part.key == "limit.grid")
        .for_each(|part| part.bytes *= limit_share(number, signals));
    Some([run, limit])
}

/// Refuses what does not fit into memory, for the sake of the key that asks for most of it, in the population that
/// asks for most.
pub(super) fn memory(populations: &mut [&mut Draft], signals: usize) -> Option<()> {
    let most = populations[0].memory();
    let all = parts_of_all(populations, signals)?;
    let parts_of = all.iter().max_by(|a, b| total(a).total_cmp(&total(b)))?;
    let (path, message) = refusal(parts_of, most)?;
    let own = |draft: &Draft| {
        let all = parts(draft).into_iter().flatten().flatten();
        all.filter(|part| part.key == path).map(|part| part.bytes).fold(0.0, f64::max)
    };
    // The first of those that ask for most.
    let largest = (0..populations.len())
        .rev()
        .max_by(|a, b| own(populations[*a]).total_cmp(&own(populations[*b])))?;
    complain_of_memory(populations[largest], path, message)
}

fn complain_of_memory(draft: &mut Draft, path: &'static str, message: String) -> Option<()> {
    // A default is told by the key that it follows from.
    let path = match path {
        "limit.grid" | "cells.density.grid" if !draft.gives(path) => "domain.grid",
        "converge.cells" if !draft.gives(path) => "cells.count",
        path => path,
    };
    if path == "cells.count" && !draft.gives(path) && draft.gives("cells.weight") {
        draft.complain("cells.weight", message, "Raise it.");
        return Some(());
    }
    let padding = padding(draft)?.into_iter().map(|p| 1.0 + f64::from(p) / 4.0).product::<f64>();
    let remedy = match padding {
        1.0 => "Lower it.".into(),
        _ => format!(
            "Lower it. In the whole space fields are padded to {padding:.0} times the grid: a parabolic \
             signal asks for less with decay, or up to an earlier time.end."
        ),
    };
    draft.complain(path, message, remedy);
    Some(())
}

/// Three digits with an exponent.
fn short(x: f64) -> String {
    format!("{x:.2e}").replace(".00e", "e")
}

/// The initial density is integrated over each cell of the grid that positions are drawn from.
pub(super) fn density(draft: &mut Draft) -> Option<()> {
    let grid = draft.integers("cells.density.grid")?;
    let values = grid.iter().map(|&n| 3.0 * n as f64).product::<f64>();
    if values > MOST_VALUES && draft.gives("cells.density.grid") {
        let most = (MOST_VALUES.powf(1.0 / grid.len() as f64) / 3.0).floor();
        let message = format!(
            "asks for {} values of the initial density, and {} are the most",
            short(values),
            short(MOST_VALUES)
        );
        draft.complain(
            "cells.density.grid",
            message,
            format!("Give at most {most} along each axis."),
        );
    }
    Some(())
}
