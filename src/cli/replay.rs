//! `kinetaxis replay FILE`: the history of a cell that broke what must hold.

use super::case::read;
use super::context::program;
use super::error::CliError;
use super::progress::told_if_long;
use super::tables::print;
use super::with_dimension;
use crate::experiment::{Loaded, read_within};
use crate::formats::number;
use crate::memory;
use crate::model::Model;
use crate::motion::Candidate;
use crate::simulation::Scene;
use crate::text::aligned;
use std::path::Path;

/// Repeats the history, and prints every candidate event.
pub fn replay(file: &Path) -> Result<(), CliError> {
    let (experiment, case) = read(file)?;
    let Loaded { experiment: e, .. } =
        read_within(memory::available(), &experiment, &file.display().to_string(), &[])?;
    with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(&e)?;
        let until = format!("running again until t = {}", case.scene.span[1]);
        let scene = told_if_long("replay", &until, || case.scene.met_again(&model));
        let otherwise = |why| {
            let (of, here) = (&case.version, program());
            CliError::Failure(format!("{why}. The file is of kinetaxis {of}, and this is {here}"))
        };
        let scene = scene.map_err(otherwise)?;
        let history = scene.replay(&model).map_err(CliError::Failure)?;
        let Scene { population, cell, replicate, step, span, .. } = &scene;
        print(&format!(
            "cell {cell} of {population}, replicate {replicate}, seed {}, field step {step} from t = {} to {}\n",
            e.seed, span[0], span[1]
        ));
        let place = |[x, v]: &[[f64; D]; 2]| format!("x = {x:?}, v = {v:?}");
        print(&format!("at its start {}\n", place(&history.start)));
        print(&table(span[0], &history.candidates));
        let now = match history.end {
            Ok(end) => format!("nothing is broken; at the end of the step {}", place(&end)),
            Err(error) => scene.told(error),
        };
        print(&format!("{now}\n"));
        match now == case.told {
            true => Ok(()),
            false => Err(CliError::Failure(format!(
                "the history has not come to what the run said: {}. The file is of kinetaxis {}, and this is {}",
                case.told, case.version, program()
            ))),
        }
    })
}

fn table<const D: usize>(start: f64, candidates: &[Candidate<D>]) -> String {
    let header = ["t", "x", "v before", "v after", "T/F", "bound", "level", "draws", "turned"];
    let vector = |of: &[f64; D]| of.iter().map(|c| number(*c)).collect::<Vec<_>>().join(" ");
    let row = |c: &Candidate<D>| {
        let (after, turned) = match c.turned {
            Some(true) => (vector(&c.proposed), "yes"),
            Some(false) => (vector(&c.before), "no"),
            None => (vector(&c.proposed), "not a rate"),
        };
        let figures = [c.rate, c.bound, c.level].map(number);
        let mut row = vec![number(start + c.time), vector(&c.at), vector(&c.before), after];
        row.extend(figures);
        row.extend([c.draws.map(number).join(" "), turned.into()]);
        row
    };
    let rows = std::iter::once(header.map(String::from).to_vec());
    aligned(&rows.chain(candidates.iter().map(row)).collect::<Vec<_>>())
}
