//! The stages of a sweep: the experiment at each value, and what it is compared with.

use super::difference::Comparison;
use super::monitor::Monitor;
use super::reference::{LimitFields, watched_limit};
use super::refinement::{Others, Refinement, refined};
use crate::experiment::{Experiment, Parameter, Point, points};
use crate::simulation::SimulationError;

/// One value of the parameter.
pub(super) struct Stage<const D: usize> {
    pub point: Point,
    pub comparison: Comparison<D>,
}

/// The macroscopic limit at the final time.
#[derive(Clone, Debug)]
pub struct Macroscopic<const D: usize> {
    /// Not mollified.
    pub limit: LimitFields<D>,
    /// The solver's own error.
    pub refinement: Refinement,
}

/// The limit of a sweep in ε, and what its error is measured by.
type OneLimit<const D: usize> = (Macroscopic<D>, Others<D>);

/// What is to be run, and the limit of a sweep in ε.
pub(super) fn stages<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<(Vec<Stage<D>>, Option<OneLimit<D>>), SimulationError> {
    let points = points(e);
    if e.converge.parameter != Parameter::Epsilon {
        let compare = |point: Point| {
            let other = point.other.as_ref().expect("all parameters but epsilon have another one");
            Ok::<_, SimulationError>(Stage {
                comparison: Comparison::between(&point.own, other)?,
                point,
            })
        };
        return Ok((points.into_iter().map(compare).collect::<Result<_, _>>()?, None));
    }
    // The limit does not depend on ε.
    let any = &points[0].own;
    let solve = |mollified| monitor.part(0.25, "", |m| watched_limit::<D>(any, mollified, m));
    let (limit, mollified) = (solve(false)?.to_the_end()?, solve(true)?.to_the_end()?);
    // That of the one that is subtracted.
    let (refinement, others) = monitor.part(0.5, "", |m| refined::<D>(any, true, &mollified, m))?;
    let macroscopic = Macroscopic { limit: limit.last().clone(), refinement };
    let compare = |point: Point| {
        Ok::<_, SimulationError>(Stage {
            comparison: Comparison::with_limit(&point.own, mollified.last())?,
            point,
        })
    };
    let stages = points.into_iter().map(compare).collect::<Result<_, _>>()?;
    Ok((stages, Some((macroscopic, others))))
}

/// Whether the kinetic equation is solved: it has no number of cells.
pub(super) fn solves_equation(e: &Experiment) -> bool {
    e.converge.noise_free && e.converge.parameter != Parameter::Cells
}
