//! Scalar observables of one replicate. A new one is one entry of [`list`].

use crate::cells::Vectors;
use crate::grid::{Boundary, Grid};
use crate::identities::Start;
use crate::model::{Model, Species};
use crate::moments::Moments;
use crate::state::{Colony, State};
use crate::vector::{Vector, dot};

/// What an observable may read.
pub struct Observation<'a, const D: usize> {
    /// The model.
    pub model: &'a Model<D>,
    /// The population.
    pub species: &'a Species<D>,
    /// Its state.
    pub colony: &'a Colony<D>,
    /// t.
    pub time: f64,
    /// Nodal values of ρ_h.
    pub density: &'a [f64],
    /// Nodal values of the first S.
    pub signal: &'a [f64],
    start: Start,
    /// Nodal values of |∇S|, if its bounds are recorded.
    slope: Vec<f64>,
    /// Cells of the population.
    count: usize,
    moments: Moments<D>,
    mean_velocity: Vector<D>,
    mean_square: f64,
}

type Observable<const D: usize> = (String, Box<dyn Fn(&Observation<'_, D>) -> f64>);

/// Every observable of a population, in the order in which they are written.
///
/// Moments are those of the cells ([`Moments`]; NaN where an even spread around a periodic axis has none);
/// maximum and L^q norms are those of the deposited density ρ_h,
/// so they carry its bandwidth and its noise. The density square is an estimate of ∫(K_h * ρ)² dx
/// without that noise. Leak is the share of the cells outside the box, which is 0 unless that stands
/// for the whole space. Tumbles are those of a cell that lives from t = 0 on. What is proved stands beside what is measured,
/// where it holds ([`crate::identities`]).
fn list<const D: usize>(model: &Model<D>) -> Vec<Observable<D>> {
    let mut list: Vec<Observable<D>> =
        vec![("mass".into(), Box::new(|o| o.colony.cells.weight * o.count as f64))];
    for (a, axis) in ["x", "y", "z"].iter().enumerate().take(D) {
        list.push((format!("center_{axis}"), Box::new(move |o| o.moments.center[a])));
    }
    for (a, axis) in ["x", "y", "z"].iter().enumerate().take(D) {
        list.push((format!("mean_velocity_{axis}"), Box::new(move |o| o.mean_velocity[a])));
    }
    list.push(("second_moment".into(), Box::new(|o| o.mean_square)));
    list.push(("variance".into(), Box::new(|o| o.moments.variance)));
    list.extend(virial(model));
    list.push(("max_density".into(), Box::new(|o| largest(o.density))));
    for q in [2, 4] {
        list.push((
            format!("density_L{q}"),
            Box::new(move |o| lebesgue_norm(o.model.grid(), o.density, f64::from(q))),
        ));
    }
    list.push(("density_square".into(), Box::new(density_square)));
    list.push(("max_signal".into(), Box::new(|o| largest(o.signal))));
    list.extend(a_priori(model));
    list.push((
        "leak".into(),
        Box::new(|o| {
            let own = o.model.grid().outside(o.colony.cells.positions.iter()).0 as usize;
            o.model.crew.count(own) as f64 / o.count as f64
        }),
    ));
    list.push(("tumbles_per_cell".into(), Box::new(|o| tumbles(o.colony, o.time))));
    if model.populations.len() > 1 {
        list.push(("cells".into(), Box::new(|o| o.count as f64)));
        list.push(("born".into(), Box::new(|o| o.colony.census.born as f64)));
        list.push(("died".into(), Box::new(|o| o.colony.census.died as f64)));
    }
    list.push((
        "clipped_fraction".into(),
        Box::new(|o| o.colony.tally.negative as f64 / (o.colony.tally.candidates as f64).max(1.0)),
    ));
    list
}

/// The second moment that the virial identity predicts for these cells from their start, and how much
/// more is measured, where cells have that identity.
fn virial<const D: usize>(model: &Model<D>) -> Vec<Observable<D>> {
    let Some(virial) = model.virial.filter(|v| v.holds_for_cells()) else { return vec![] };
    let predicted =
        move |o: &Observation<'_, D>| virial.second_moment(o.time, &o.start).unwrap_or(f64::NAN);
    vec![
        ("second_moment_predicted".into(), Box::new(predicted)),
        ("second_moment_excess".into(), Box::new(move |o| o.mean_square - predicted(o))),
    ]
}

/// ‖S‖_p and ‖∇S‖_p, each followed by its a priori bound, where these are proved.
fn a_priori<const D: usize>(model: &Model<D>) -> Vec<Observable<D>> {
    let Some(bounds) = model.bounds else { return vec![] };
    let mut list: Vec<Observable<D>> = Vec::new();
    for &p in bounds.signal_exponents() {
        let name = format!("signal_L{p}");
        list.push((name.clone(), Box::new(move |o| lebesgue_norm(o.model.grid(), o.signal, p))));
        list.push((name + BOUND, Box::new(move |o| bounds.signal(p, o.time))));
    }
    for &p in bounds.gradient_exponents() {
        let name = format!("signal_gradient_L{p}");
        list.push((name.clone(), Box::new(move |o| lebesgue_norm(o.model.grid(), &o.slope, p))));
        list.push((name + BOUND, Box::new(move |o| bounds.gradient(p, o.time))));
    }
    list
}

/// How the name of a bound ends; what it bounds has the name before.
pub const BOUND: &str = "_bound";

/// Names of the observables of a population, and of that.
pub fn names<const D: usize>(model: &Model<D>) -> Vec<(String, String)> {
    let of = |species: &Species<D>| {
        let name = species.name.clone();
        list(model).into_iter().map(move |(what, _)| (name.clone(), what))
    };
    model.populations.iter().flat_map(of).collect()
}

/// The same for people: the observable alone where there is one population.
pub fn labels<const D: usize>(model: &Model<D>) -> Vec<String> {
    let label = |(population, what): (String, String)| match model.populations.len() {
        1 => what,
        _ => format!("{population}.{what}"),
    };
    names(model).into_iter().map(label).collect()
}

impl<'a, const D: usize> Observation<'a, D> {
    /// Prepares what the observables share, of population `number` of a replicate that started at `start`.
    pub fn new(
        model: &'a Model<D>,
        state: &'a State<D>,
        number: usize,
        [density, signal]: [&'a [f64]; 2],
        start: Start,
    ) -> Self {
        let (species, colony) = (&model.populations[number], &state.populations[number]);
        let (cells, crew) = (&colony.cells, &model.crew);
        let (count, grid) = (crew.count(cells.len()), model.grid());
        let n = count as f64;
        let moments = Moments::of_points(crew, grid, cells.positions.iter(), &species.place);
        let mean = |vectors: &Vectors<D>| -> Vector<D> {
            std::array::from_fn(|a| crew.sum(vectors.iter().map(|v| v[a])) / n)
        };
        Self {
            model,
            species,
            colony,
            time: state.time,
            density,
            signal,
            start,
            slope: if model.bounds.is_some() {
                slope(model, &state.signals[0])
            } else {
                Vec::new()
            },
            count,
            moments,
            mean_velocity: mean(&cells.velocities),
            // That of the images which the moments are of; where all are in the box, as it stands.
            mean_square: match grid.boundary.contains(&Boundary::Periodic) {
                true => moments.square(),
                false => crew.sum(cells.positions.iter().map(|x| dot(&x, &x))) / n,
            },
        }
    }

    /// The value of every observable, in the order of [`names`].
    pub fn values(&self) -> Vec<f64> {
        list(self.model).iter().map(|(_, observable)| observable(self)).collect()
    }
}

/// Tumbles of a cell from t = 0 until now: their number per cell and unit of time, times t. Births and deaths
/// change how many cells there are for it.
fn tumbles<const D: usize>(colony: &Colony<D>, time: f64) -> f64 {
    match colony.cell_time > 0.0 {
        true => colony.tally.tumbles as f64 * (time / colony.cell_time),
        false => 0.0,
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// (∫|f|^q dx)^{1/q}, max |f| for q = ∞.
fn lebesgue_norm<const D: usize>(grid: &Grid<D>, f: &[f64], q: f64) -> f64 {
    if q.is_infinite() {
        return f.iter().fold(0.0, |most, f| f64::max(most, f.abs()));
    }
    (f.iter().map(|f| f.abs().powf(q)).sum::<f64>() * grid.cell_volume()).powf(1.0 / q)
}

/// Nodal |∇S|.
fn slope<const D: usize>(model: &Model<D>, signal: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; signal.len()];
    for axis in 0..D {
        let along = model.spectral.derivative(axis, signal);
        sum.iter_mut().zip(along).for_each(|(s, d)| *s += d * d);
    }
    sum.iter_mut().for_each(|s| *s = s.sqrt());
    sum
}

/// ∫(K_h * ρ)² dx from the product of two halves of the cells, whose noises are independent.
///
/// Every other two cells make a half: pairs that share their randomness stay together, and either
/// half of a stratified start covers the box, up to a relative (grid cells/cells)². Fewer than 3 cells have no two halves.
fn density_square<const D: usize>(o: &Observation<'_, D>) -> f64 {
    let (model, cells) = (o.model, &o.colony.cells);
    let in_first = |i: usize| (i / 2).is_multiple_of(2);
    let half = |first: bool| {
        let weight = |i: usize| if in_first(i) == first { cells.weight } else { 0.0 };
        o.species.deposit.coefficients(&model.spectral, &cells.positions, weight)
    };
    let first = (0..o.count).filter(|i| in_first(*i)).count() as f64;
    let n = o.count as f64;
    let product: f64 = half(true).iter().zip(half(false)).map(|(a, b)| a * b).sum();
    model.grid().volume() * product * (n / first) * (n / (n - first))
}
