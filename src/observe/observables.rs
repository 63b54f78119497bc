//! Scalar observables of one replicate. A new one is one entry of [`list`].

use crate::grid::Grid;
use crate::model::Model;
use crate::state::State;
use crate::vector::{Vector, dot};

/// What an observable may read.
pub struct Observation<'a, const D: usize> {
    /// The model.
    pub model: &'a Model<D>,
    /// The state.
    pub state: &'a State<D>,
    /// Nodal values of ρ_h.
    pub density: &'a [f64],
    /// Nodal values of S.
    pub signal: &'a [f64],
    mean_position: Vector<D>,
    mean_velocity: Vector<D>,
    mean_square: f64,
}

type Observable<const D: usize> = (String, Box<dyn Fn(&Observation<'_, D>) -> f64>);

/// Every observable, in the order in which they are written.
///
/// Moments are those of the cells; maximum and L^q norms are those of the deposited density ρ_h,
/// so they carry its bandwidth and its noise. Leak is the share of the cells outside the box, which
/// is 0 unless that stands for the whole space. Rates are per cell since t = 0.
fn list<const D: usize>() -> Vec<Observable<D>> {
    let mut list: Vec<Observable<D>> = vec![("mass".into(), Box::new(|o| o.state.cells.mass()))];
    for (a, axis) in ["x", "y", "z"].iter().enumerate().take(D) {
        list.push((format!("center_{axis}"), Box::new(move |o| o.mean_position[a])));
    }
    for (a, axis) in ["x", "y", "z"].iter().enumerate().take(D) {
        list.push((format!("mean_velocity_{axis}"), Box::new(move |o| o.mean_velocity[a])));
    }
    list.push(("second_moment".into(), Box::new(|o| o.mean_square)));
    list.push((
        "variance".into(),
        Box::new(|o| o.mean_square - dot(&o.mean_position, &o.mean_position)),
    ));
    list.push(("max_density".into(), Box::new(|o| largest(o.density))));
    for q in [2, 4] {
        list.push((
            format!("density_L{q}"),
            Box::new(move |o| lebesgue_norm(o.model.grid(), o.density, q)),
        ));
    }
    list.push(("max_signal".into(), Box::new(|o| largest(o.signal))));
    list.push((
        "leak".into(),
        Box::new(|o| {
            let cells = &o.state.cells;
            o.model.grid().outside(&cells.positions).0 as f64 / cells.len() as f64
        }),
    ));
    list.push((
        "tumbles_per_cell".into(),
        Box::new(|o| o.state.tally.tumbles as f64 / o.state.cells.len() as f64),
    ));
    list.push((
        "clipped_fraction".into(),
        Box::new(|o| o.state.tally.negative as f64 / (o.state.tally.candidates as f64).max(1.0)),
    ));
    list
}

/// Names of the observables in dimension `D`.
pub fn names<const D: usize>() -> Vec<String> {
    list::<D>().into_iter().map(|(name, _)| name).collect()
}

impl<'a, const D: usize> Observation<'a, D> {
    /// Prepares what the observables share.
    pub fn new(
        model: &'a Model<D>,
        state: &'a State<D>,
        density: &'a [f64],
        signal: &'a [f64],
    ) -> Self {
        let cells = &state.cells;
        let n = cells.len() as f64;
        let mean = |vectors: &[Vector<D>]| -> Vector<D> {
            std::array::from_fn(|a| vectors.iter().map(|v| v[a]).sum::<f64>() / n)
        };
        Self {
            model,
            state,
            density,
            signal,
            mean_position: mean(&cells.positions),
            mean_velocity: mean(&cells.velocities),
            mean_square: cells.positions.iter().map(|x| dot(x, x)).sum::<f64>() / n,
        }
    }

    /// The value of every observable, in the order of [`names`].
    pub fn values(&self) -> Vec<f64> {
        list::<D>().iter().map(|(_, observable)| observable(self)).collect()
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// (∫|f|^q dx)^{1/q}.
fn lebesgue_norm<const D: usize>(grid: &Grid<D>, f: &[f64], q: i32) -> f64 {
    (f.iter().map(|f| f.abs().powi(q)).sum::<f64>() * grid.cell_volume()).powf(1.0 / f64::from(q))
}
