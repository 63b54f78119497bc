//! Independent replicates: mean and interval of every observable and field.

use super::course::Course;
use super::ledger::Task;
use super::monitor::Monitor;
use super::snapshot::{Keep, Snapshot, snapshot};
use super::statistics::{Estimate, around};
use crate::cells::Population;
use crate::model::Model;
use crate::motion::Tally;
use crate::simulation::SimulationError;
use crate::state::State;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// One replicate from start to end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord<const D: usize> {
    /// The snapshots, by time.
    pub snapshots: Vec<Snapshot<D>>,
    /// What happened to the cells.
    pub tally: Tally,
    /// Time spent in the loop.
    pub loop_seconds: f64,
}

/// Runs one replicate, recording at the output times.
pub fn observe_run<const D: usize>(
    model: &Model<D>,
    replicate: u64,
    keep: Keep<'_>,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<RunRecord<D>, SimulationError> {
    let task = || Task::new("run", &keep.definition(model), replicate);
    monitor.recall(task, || run(model, replicate, keep, monitor, share))
}

fn run<const D: usize>(
    model: &Model<D>,
    replicate: u64,
    keep: Keep<'_>,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<RunRecord<D>, SimulationError> {
    let mut course = Course::begun(model, replicate, monitor.checkpoints)?;
    let (done, all) = course.simulation.ticks();
    let progress = monitor.replicate(share);
    progress(done as f64 / all as f64);
    // With checkpoints the field step in hand is done before the run ends.
    let never = AtomicBool::new(false);
    let stop = if monitor.checkpoints.is_some() { &never } else { monitor.stop };
    loop {
        let Course { simulation, snapshots, starts } = &mut course;
        let observe = |state: &State<D>| snapshots.push(snapshot(model, state, starts, keep));
        if !simulation.advance_tick(stop, &progress, observe)? {
            break;
        }
        if let Some(checkpoints) = monitor.checkpoints {
            course.pause(checkpoints)?;
        }
    }
    let Course { simulation, snapshots, .. } = course;
    let loop_seconds = simulation.loop_time().as_secs_f64();
    Ok(RunRecord { snapshots, tally: simulation.state().tally(), loop_seconds })
}

/// Running mean and sum of squared deviations of vectors (Welford 1962), in replicate order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    count: usize,
    mean: Vec<f64>,
    square: Vec<f64>,
}

impl Moments {
    /// Takes one replicate in.
    pub fn push(&mut self, values: &[f64]) {
        if self.count == 0 {
            self.mean = vec![0.0; values.len()];
            self.square = vec![0.0; values.len()];
        }
        self.count += 1;
        let n = self.count as f64;
        for ((mean, square), value) in self.mean.iter_mut().zip(&mut self.square).zip(values) {
            let off = value - *mean;
            *mean += off / n;
            *square += off * (value - *mean);
        }
    }

    /// Replicates taken in.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The means.
    pub fn means(&self) -> &[f64] {
        &self.mean
    }

    /// Mean of entry `i` with its standard error and t-interval; at least 2 replicates.
    pub fn estimate(&self, i: usize, confidence: f64) -> Estimate {
        let n = self.count as f64;
        let error = (self.square[i] / (n - 1.0) / n).sqrt();
        around(self.mean[i], error, confidence, self.count - 1)
    }
}

/// Replicates at one output time.
#[derive(Clone, Debug, Default)]
pub struct EnsembleFrame {
    /// t.
    pub time: f64,
    /// Observables.
    pub observables: Moments,
    /// Nodal ρ_h of every population.
    pub densities: Vec<Moments>,
    /// Every nodal S.
    pub signals: Vec<Moments>,
}

/// An ensemble.
#[derive(Clone, Debug, Default)]
pub struct Ensemble<const D: usize> {
    /// By output time.
    pub frames: Vec<EnsembleFrame>,
    /// (time, replicate, cells of every population), where asked for.
    pub cells: Vec<(f64, u64, Vec<Population<D>>)>,
    /// What happened to all cells.
    pub tally: Tally,
    /// Time in the loops, summed over replicates.
    pub loop_seconds: f64,
}

/// Runs `replicates` replicates. Their records are folded in order, so the result does not depend
/// on how many run at a time: as many as there are threads, which bounds the memory.
pub fn ensemble<const D: usize>(
    model: &Model<D>,
    replicates: usize,
    cells_at: &[f64],
    monitor: &Monitor<'_>,
) -> Result<Ensemble<D>, SimulationError> {
    let mut ensemble = Ensemble::default();
    let (share, keep) = (1.0 / replicates as f64, Keep { cells_at, neighbour: 0 });
    model.tabulate()?;
    for_each_replicate(
        0..replicates,
        monitor,
        |r| observe_run(model, r, keep, monitor, share),
        |r, record: RunRecord<D>| {
            ensemble.tally += record.tally;
            ensemble.loop_seconds += record.loop_seconds;
            ensemble.frames.resize_with(record.snapshots.len(), EnsembleFrame::default);
            for (frame, snapshot) in ensemble.frames.iter_mut().zip(record.snapshots) {
                frame.time = snapshot.time;
                frame.observables.push(&snapshot.observables);
                push_each(&mut frame.densities, &snapshot.densities);
                push_each(&mut frame.signals, &snapshot.signals);
                ensemble.cells.extend(snapshot.cells.map(|c| (snapshot.time, r, c)));
            }
        },
    )?;
    Ok(ensemble)
}

/// Takes one replicate of each field in.
fn push_each(moments: &mut Vec<Moments>, fields: &[Vec<f64>]) {
    moments.resize_with(fields.len(), Moments::default);
    moments.iter_mut().zip(fields).for_each(|(moments, field)| moments.push(field));
}

/// Runs `work` for each of the replicates `which`, as many at a time as there are threads, and hands the results
/// to `fold` in replicate order.
///
/// # Errors
/// Those of `work`; [`SimulationError::Shared`], and nothing is folded, where other processes have a part of them.
pub(super) fn for_each_replicate<T: Send>(
    which: Range<usize>,
    monitor: &Monitor<'_>,
    work: impl Fn(u64) -> Result<T, SimulationError> + Sync,
    mut fold: impl FnMut(u64, T),
) -> Result<(), SimulationError> {
    let mut own = which.filter(|_| monitor.takes_turn());
    loop {
        let batch: Vec<usize> = own.by_ref().take(rayon::current_num_threads()).collect();
        if batch.is_empty() {
            break;
        }
        let results: Vec<_> = batch.into_par_iter().map(|r| (r as u64, work(r as u64))).collect();
        for (r, result) in results {
            let result = result?;
            if !monitor.is_shared() {
                fold(r, result);
            }
        }
    }
    if monitor.is_shared() { Err(SimulationError::Shared) } else { Ok(()) }
}
