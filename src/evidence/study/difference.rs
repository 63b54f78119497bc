//! What is measured: the difference of ρ, S, ∇S, J and r_ε to the limit, or to another experiment,
//! replicate by replicate.
//!
//! Both sides of a comparison with the limit go
//! through the same mollified field: ρ_ε^h and ρ₀^h both feed S through K_h, and
//! K_h * ρ_ε is compared with K_h * ρ₀. What is left is the effect of ε, times 1 + O(h^order).

use super::ensemble::{Moments, for_each_replicate};
use super::ledger::{Ledger, Task, decoded, encoded};
use super::measured::Measured;
use super::measured::measure;
use super::monitor::Monitor;
use super::norms::{NodalField, Norm};
use super::observed::{Each, Observed, What};
use super::reference::{LimitDensity, LimitFields};
use crate::cells::{BLOCK, Population};
use crate::experiment::Experiment;
use crate::fields::{Fields, PhaseMoments, PopulationFields};
use crate::formula::Formula;
use crate::model::{Model, Species};
use crate::motion::Tally;
use crate::simulation::{Simulation, SimulationError};
use crate::spectral::Spectral;
use crate::state::Colony;
use crate::vector::{add_scaled, scaled};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The difference of every quantity to what it is compared with, replicate by replicate, at one
/// value of the parameter.
pub(super) struct Differences {
    /// The fields, by replicate.
    fields: Vec<Filed>,
    /// By replicate: the weak errors, in the order of [`weak_names`].
    pub weak: Vec<Vec<f64>>,
    /// Nodal ρ_h of every population.
    pub density: Vec<Moments>,
    /// What it is compared with: nodal K_h * ρ₀^h, or ρ_h of the other experiment on the same grid.
    pub other: Vec<Moments>,
    /// What happened to the cells.
    pub tally: Tally,
    /// Time in the loops of all replicates.
    pub loop_seconds: f64,
}

impl Differences {
    /// Replicates.
    pub fn replicates(&self) -> usize {
        self.fields.len()
    }

    /// One field of every replicate.
    ///
    /// # Errors
    /// A record of them is no longer there.
    pub fn of(&self, of: Observed) -> Result<Vec<Cow<'_, NodalField>>, SimulationError> {
        self.fields.iter().map(|fields| fields.get(of)).collect()
    }

    /// The distances in all of these measures, in their order. One field of all replicates is held at a time.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn distances<const D: usize>(
        &self,
        measures: impl Iterator<Item = Measure>,
        spectral: &Spectral<D>,
    ) -> Result<Vec<Measured>, SimulationError> {
        let mut held: Option<(Observed, Vec<Cow<'_, NodalField>>)> = None;
        let one = |of| match of {
            Measure::Norm(of, norm) => {
                let all = match held.take() {
                    Some((same, all)) if same == of => all,
                    _ => self.of(of)?,
                };
                let found = measure(norm, &borrowed(&all), spectral);
                held = Some((of, all));
                Ok(found)
            }
            Measure::Weak(w) => {
                Ok(Measured::Mean(self.weak.iter().map(|errors| errors[w]).collect()))
            }
        };
        measures.map(one).collect()
    }
}

/// Fields as the measures take them.
pub(super) fn borrowed<'a>(fields: &'a [Cow<'_, NodalField>]) -> Vec<&'a NodalField> {
    fields.iter().map(|field| &**field).collect()
}

/// Fields of one replicate: here, or in its record, a section each.
enum Filed {
    Here(Each<NodalField>),
    There(Arc<dyn Ledger>, Task, Each<usize>),
}

impl Filed {
    fn get(&self, of: Observed) -> Result<Cow<'_, NodalField>, SimulationError> {
        match self {
            Self::Here(fields) => Ok(Cow::Borrowed(&fields[of])),
            Self::There(ledger, task, sections) => {
                let bytes = ledger.section(task, sections[of]).map_err(SimulationError::Ledger)?;
                Ok(Cow::Owned(decoded(&bytes)?))
            }
        }
    }
}

/// What is kept of a replicate beside its fields.
#[derive(Serialize, Deserialize)]
struct Summary {
    weak: Vec<f64>,
    /// Coefficients of ρ_h of every population.
    densities: Vec<Vec<f64>>,
    /// The same of the other experiment, on this grid.
    others: Vec<Vec<f64>>,
    tally: Tally,
    seconds: f64,
}

/// One distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    /// The norm of a field.
    Norm(Observed, Norm),
    /// A weak error of [`Differences::weak`].
    Weak(usize),
}

/// (quantity, norm, how) of every distance.
pub(super) fn measures<const D: usize>(e: &Experiment) -> Vec<(Observed, String, Measure)> {
    let mut all = Vec::new();
    let weak = weak_names::<D>(e);
    for of in Observed::of(e) {
        let norm = |norm: &Norm| (of, norm.name().to_string(), Measure::Norm(of, *norm));
        all.extend(of.norms().iter().map(norm));
        let weak = weak.iter().enumerate().filter(|(_, (quantity, _))| *quantity == of);
        all.extend(weak.map(|(w, (_, norm))| (of, norm.clone(), Measure::Weak(w))));
    }
    all
}

/// (quantity, norm) of every weak error: for each test function φ those of ρ, S, and of each
/// component of ∇S and J.
fn weak_names<const D: usize>(e: &Experiment) -> Vec<(Observed, String)> {
    let mut names = Vec::new();
    let all = |whats: [What; 2]| whats.into_iter().flat_map(|what| Observed::all(e, what));
    for test in e.converge.test_functions.iter().map(Formula::text) {
        let whole = all([What::Density, What::Signal]);
        names.extend(whole.map(|quantity| (quantity, format!("weak:{test}"))));
        for quantity in all([What::Gradient, What::Flux]) {
            let component = |axis: &&str| (quantity, format!("weak_{axis}:{test}"));
            names.extend(["x", "y", "z"].iter().take(D).map(component));
        }
    }
    names
}

/// (quantity, norm) of every distance that a sweep of `e` can measure.
pub fn available<const D: usize>(e: &Experiment) -> Vec<(Observed, String)> {
    measures::<D>(e).into_iter().map(|(quantity, norm, _)| (quantity, norm)).collect()
}

/// The model of an experiment, and what is to be subtracted from its results: the limit, or the
/// results of another experiment.
pub(super) struct Comparison<const D: usize> {
    /// The model.
    pub model: Model<D>,
    /// Coefficients of K_h * ρ₀^h and S₀, nodal K_h * J₀; zero where nothing of the kind is subtracted.
    limit: Fields<D>,
    tests: Vec<Test<D>>,
    /// The moments of r_ε of every population.
    pub moments: Vec<PhaseMoments<D>>,
    other: Option<Box<Comparison<D>>>,
    /// What decides every difference.
    pub definition: String,
}

/// A test function φ, at the nodes, and its means against the limit of every population.
pub(super) struct Test<const D: usize> {
    formula: Formula,
    /// φ at the nodes.
    pub nodal: Vec<f64>,
    limit: Vec<Means<D>>,
}

/// (1/|Ω|)∫ρφ dx and (1/|Ω|)∫Jφ dx.
pub(super) type Means<const D: usize> = (f64, [f64; D]);

/// (1/|Ω|)∫uφ dx of nodal values: the trapezoid rule, which is as accurate as the spectral basis.
pub(super) fn pairing(u: &[f64], test: &[f64]) -> f64 {
    u.iter().zip(test).map(|(u, t)| u * t).sum::<f64>() / u.len() as f64
}

/// The results of one experiment, less its limit if it is compared with that.
pub(super) struct Side<const D: usize> {
    pub fields: Fields<D>,
    pub nodal: Each<NodalField>,
    /// In the order of [`weak_names`].
    pub weak: Vec<f64>,
}

impl<const D: usize> Side<D> {
    /// Of fields on the grid of `spectral`.
    pub fn new(fields: Fields<D>, weak: Vec<f64>, spectral: &Spectral<D>) -> Self {
        Self { nodal: nodal(&fields, spectral), fields, weak }
    }
}

/// One replicate.
struct Replicate<const D: usize> {
    side: Side<D>,
    /// Coefficients of ρ_h of every population.
    densities: Vec<Vec<f64>>,
    tally: Tally,
    seconds: f64,
}

impl<const D: usize> Comparison<D> {
    /// Of `e` with its mollified `limit`.
    pub fn with_limit(e: &Experiment, limit: &LimitFields<D>) -> Result<Self, SimulationError> {
        let mut comparison = Self::alone(e)?;
        let (fields, means) = (comparison.macroscopic(limit), comparison.means_of(limit));
        comparison.tests.iter_mut().for_each(|test| test.limit = means(&test.nodal));
        let means: Vec<_> = comparison.tests.iter().map(|test| &test.limit).collect();
        let (fields_digest, means) = (xxh3_128(&encoded(&fields)?), format!("{means:?}"));
        comparison.definition += &format!(" less {fields_digest:032x} {means}");
        comparison.limit = fields;
        Ok(comparison)
    }

    /// Of `e` with `other`, replicate by replicate. The grid of `other` is no coarser.
    pub fn between(e: &Experiment, other: &Experiment) -> Result<Self, SimulationError> {
        let (own, other) = (Self::alone(e)?, Self::alone(other)?);
        let definition = format!("{} less {}", own.definition, other.definition);
        Ok(Self { other: Some(Box::new(other)), definition, ..own })
    }

    /// Of `e` with nothing.
    fn alone(e: &Experiment) -> Result<Self, SimulationError> {
        let model = Model::<D>::new(e)?;
        let tests = (e.converge.test_functions.iter())
            .map(|formula| {
                let nodal = model.grid().sample(|x| formula.eval(x));
                let limit = vec![(0.0, [0.0; D]); model.populations.len()];
                Test { formula: formula.clone(), nodal, limit }
            })
            .collect();
        let zeros = || vec![0.0; model.grid().len()];
        let none = || PopulationFields {
            density: zeros(),
            flux: std::array::from_fn(|_| zeros()),
            remainder: Vec::new(),
        };
        let limit = Fields {
            populations: model.populations.iter().map(|_| none()).collect(),
            signals: model.signals.iter().map(|_| zeros()).collect(),
        };
        let moments = model.populations.iter().map(|s| PhaseMoments::new(&s.space)).collect();
        let functions: Vec<&str> = e.converge.test_functions.iter().map(Formula::text).collect();
        let definition = format!("{} tests {functions:?}", model.definition);
        Ok(Self { limit, tests, moments, other: None, definition, model })
    }

    /// What the experiment is compared with, if not with its limit.
    pub fn other(&self) -> Option<&Self> {
        self.other.as_deref()
    }

    /// The transforms of the grid on which differences live: the finer of both.
    pub fn spectral(&self) -> &Spectral<D> {
        &self.other().unwrap_or(self).model.spectral
    }

    /// K_h * ρ₀, S₀ and K_h * J₀; r has no limit.
    pub fn macroscopic(&self, limit: &LimitFields<D>) -> Fields<D> {
        let Model { spectral, populations, .. } = &self.model;
        let one = |(species, limit): (&Species<D>, &LimitDensity<D>)| {
            let deposit = &species.deposit;
            let smoothed = |f: &Vec<f64>| spectral.inverse(&deposit.smooth(&spectral.forward(f)));
            PopulationFields {
                density: deposit.smooth(&limit.density),
                flux: limit.flux.each_ref().map(smoothed),
                remainder: Vec::new(),
            }
        };
        Fields {
            populations: populations.iter().zip(&limit.populations).map(one).collect(),
            signals: limit.signals.clone(),
        }
    }

    /// The means of `limit` against a nodal φ, not mollified.
    pub fn means_of(&self, limit: &LimitFields<D>) -> impl Fn(&[f64]) -> Vec<Means<D>> + use<D> {
        let spectral = &self.model.spectral;
        let nodal: Vec<(Vec<f64>, [Vec<f64>; D])> = (limit.populations.iter())
            .map(|own| (spectral.inverse(&own.density), own.flux.clone()))
            .collect();
        move |test| {
            let means = |(density, flux): &(Vec<f64>, [Vec<f64>; D])| {
                (pairing(density, test), flux.each_ref().map(|f| pairing(f, test)))
            };
            nodal.iter().map(means).collect()
        }
    }

    /// The differences of replicates 0, 1, … to what they are compared with.
    pub fn differences(
        &self,
        replicates: usize,
        monitor: &Monitor<'_>,
        share: f64,
    ) -> Result<Differences, SimulationError> {
        let mut all = Differences {
            fields: Vec::new(),
            weak: Vec::new(),
            density: vec![Moments::default(); self.model.populations.len()],
            other: vec![Moments::default(); self.model.populations.len()],
            tally: Tally::default(),
            loop_seconds: 0.0,
        };
        self.add_replicates(replicates, monitor, share, &mut all)?;
        Ok(all)
    }

    /// Appends the differences of the `more` replicates that follow to `all`.
    pub fn add_replicates(
        &self,
        more: usize,
        monitor: &Monitor<'_>,
        share: f64,
        all: &mut Differences,
    ) -> Result<(), SimulationError> {
        let (spectral, done) = (&self.model.spectral, all.replicates());
        self.model.tabulate()?;
        if let Some(other) = self.other() {
            other.model.tabulate()?;
        }
        for_each_replicate(
            done..done + more,
            monitor,
            |r| self.filed(r, monitor, share),
            |_, (fields, summary): (Filed, Summary)| {
                all.fields.push(fields);
                all.weak.push(summary.weak);
                let push =
                    |moments: &mut [Moments], fields: &mut dyn Iterator<Item = &Vec<f64>>| {
                        let pairs = moments.iter_mut().zip(fields);
                        pairs.for_each(|(moments, field)| moments.push(&spectral.inverse(field)));
                    };
                push(&mut all.density, &mut summary.densities.iter());
                match self.other() {
                    None => {
                        let limit = &self.limit.populations;
                        push(&mut all.other, &mut limit.iter().map(|p| &p.density));
                    }
                    Some(_) => push(&mut all.other, &mut summary.others.iter()),
                }
                all.tally += summary.tally;
                all.loop_seconds += summary.seconds;
            },
        )
    }

    /// The differences of one replicate, from its record if there is one.
    fn filed(
        &self,
        r: u64,
        monitor: &Monitor<'_>,
        share: f64,
    ) -> Result<(Filed, Summary), SimulationError> {
        let Some(ledger) = &monitor.ledger else {
            let (fields, summary) = self.compared(r, monitor, share)?;
            return Ok((Filed::Here(fields), summary));
        };
        let task = Task::new("replicate", &self.definition, r);
        let summary = if ledger.find(&task).map_err(SimulationError::Ledger)? {
            decoded(&ledger.section(&task, 0).map_err(SimulationError::Ledger)?)?
        } else {
            let (fields, summary) = self.compared(r, monitor, share)?;
            let mut sections = vec![encoded(&summary)?];
            for field in fields.values() {
                sections.push(encoded(field)?);
            }
            let sections: Vec<&[u8]> = sections.iter().map(|bytes| &bytes[..]).collect();
            ledger.keep(&task, &sections).map_err(SimulationError::Ledger)?;
            summary
        };
        let sections = Each::numbered(self.model.populations.len(), self.model.signals.len());
        Ok((Filed::There(ledger.clone(), task, sections), summary))
    }

    /// The differences of one replicate.
    fn compared(
        &self,
        r: u64,
        monitor: &Monitor<'_>,
        share: f64,
    ) -> Result<(Each<NodalField>, Summary), SimulationError> {
        let share = share / if self.other.is_some() { 2.0 } else { 1.0 };
        let Replicate { mut side, densities, mut tally, mut seconds } =
            self.replicate(r, monitor, share)?;
        let mut others = Vec::new();
        if let Some(other) = self.other() {
            let theirs = other.replicate(r, monitor, share)?;
            side = self.minus(side, theirs.side);
            let resample =
                |rho: &Vec<f64>| other.model.spectral.resample(rho, &self.model.spectral);
            others = theirs.densities.iter().map(resample).collect();
            tally += theirs.tally;
            seconds += theirs.seconds;
        }
        Ok((side.nodal, Summary { weak: side.weak, densities, others, tally, seconds }))
    }

    fn replicate(
        &self,
        r: u64,
        monitor: &Monitor<'_>,
        share: f64,
    ) -> Result<Replicate<D>, SimulationError> {
        let mut simulation = Simulation::new(&self.model, r)?;
        simulation.run(monitor.stop, &monitor.replicate(share), |_| {})?;
        let (state, seconds) = (simulation.state(), simulation.loop_time().as_secs_f64());
        let means = |test: &Test<D>| {
            let one = |colony: &Colony<D>| cell_means(&self.model, &colony.cells, &test.formula);
            state.populations.iter().map(one).collect()
        };
        let side = self.side(&Fields::new(&self.model, state, &self.moments), means);
        let densities = state.populations.iter().map(|colony| colony.density.now.clone()).collect();
        Ok(Replicate { side, densities, tally: state.tally(), seconds })
    }

    /// The results less the limit: ρ_h − K_h*ρ₀, S − S₀, ∇(S − S₀), J_h − K_h*J₀, and the moments of
    /// r_ε. `means` gives (1/|Ω|)∫ρφ dx and (1/|Ω|)∫Jφ dx without a deposit, and so without a
    /// bandwidth.
    pub fn side(&self, fields: &Fields<D>, means: impl Fn(&Test<D>) -> Vec<Means<D>>) -> Side<D> {
        let fields = subtract(fields, &self.limit);
        let nodal = nodal(&fields, &self.model.spectral);
        let mut weak = Vec::new();
        for test in &self.tests {
            let means = means(test);
            let pairs = || means.iter().zip(&test.limit);
            weak.extend(pairs().map(|((density, _), limit)| density - limit.0));
            let signals =
                |what| (0..fields.signals.len()).map(move |k| Observed::new(what, k, "", false));
            let paired = |component: &Vec<f64>| pairing(component, &test.nodal);
            weak.extend(signals(What::Signal).map(|k| paired(&nodal[k][0])));
            weak.extend(signals(What::Gradient).flat_map(|k| nodal[k].iter().map(paired)));
            weak.extend(
                pairs().flat_map(|((_, flux), limit)| (0..D).map(|a| flux[a] - limit.1[a])),
            );
        }
        Side { fields, nodal, weak }
    }

    /// What `from` found on its grid, on the grid of this one.
    pub fn lifted(&self, side: Side<D>, from: &Self) -> Side<D> {
        let fields = resampled(side.fields, from.spectral(), self.spectral());
        Side::new(fields, side.weak, self.spectral())
    }

    /// The results of the experiment less those of the other one, on the grid of the other.
    pub fn minus(&self, own: Side<D>, other: Side<D>) -> Side<D> {
        let to = self.spectral();
        let fields = subtract(&resampled(own.fields, &self.model.spectral, to), &other.fields);
        let weak = own.weak.iter().zip(&other.weak).map(|(a, b)| a - b).collect();
        Side::new(fields, weak, to)
    }
}

/// `a` − `b`; of the moments of r_ε those that `b` has.
fn subtract<const D: usize>(a: &Fields<D>, b: &Fields<D>) -> Fields<D> {
    let minus =
        |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let one = |(a, b): (&PopulationFields<D>, &PopulationFields<D>)| PopulationFields {
        density: minus(&a.density, &b.density),
        flux: std::array::from_fn(|i| minus(&a.flux[i], &b.flux[i])),
        remainder: match b.remainder.as_slice() {
            [] => a.remainder.clone(),
            b => a.remainder.iter().zip(b).map(|(a, b)| minus(a, b)).collect(),
        },
    };
    Fields {
        populations: a.populations.iter().zip(&b.populations).map(one).collect(),
        signals: a.signals.iter().zip(&b.signals).map(|(a, b)| minus(a, b)).collect(),
    }
}

/// The same fields on another grid. K_h * J is a sum of cosines, like all that K_h is applied to.
fn resampled<const D: usize>(f: Fields<D>, from: &Spectral<D>, to: &Spectral<D>) -> Fields<D> {
    if from.grid() == to.grid() {
        return f;
    }
    let there = |c: &Vec<f64>| from.resample(c, to);
    let one = |f: &PopulationFields<D>| PopulationFields {
        density: there(&f.density),
        flux: f.flux.each_ref().map(|flux| to.inverse(&there(&from.forward(flux)))),
        remainder: f.remainder.iter().map(there).collect(),
    };
    Fields {
        populations: f.populations.iter().map(one).collect(),
        signals: f.signals.iter().map(there).collect(),
    }
}

/// Nodal values. In the whole space S is known in the window alone.
fn nodal<const D: usize>(f: &Fields<D>, spectral: &Spectral<D>) -> Each<NodalField> {
    let shown = |values: Vec<f64>| spectral.grid().in_window(values);
    let slope = |signal: &Vec<f64>| -> NodalField {
        (0..D).map(|a| shown(spectral.derivative(a, signal))).collect()
    };
    let remainder = |p: &PopulationFields<D>| -> NodalField {
        p.remainder.iter().map(|m| spectral.inverse(m)).collect()
    };
    Each::new([
        f.populations.iter().map(|p| vec![spectral.inverse(&p.density)]).collect(),
        f.signals.iter().map(|signal| vec![shown(spectral.inverse(signal))]).collect(),
        f.signals.iter().map(slope).collect(),
        f.populations.iter().map(|p| p.flux.to_vec()).collect(),
        f.populations.iter().map(remainder).collect(),
    ])
}

/// (1/|Ω|) w Σᵢ φ(xᵢ) and (1/|Ω|) (w/ε) Σᵢ vᵢ φ(xᵢ).
fn cell_means<const D: usize>(model: &Model<D>, cells: &Population<D>, test: &Formula) -> Means<D> {
    let blocks: Vec<(f64, [f64; D])> = (cells.positions.par_blocks(BLOCK))
        .zip(cells.velocities.par_blocks(BLOCK))
        .map(|(xs, vs)| {
            let mut sum = (0.0, [0.0; D]);
            for (x, v) in xs.iter().zip(&*vs) {
                let value = test.eval(x);
                sum = (sum.0 + value, add_scaled(&sum.1, value, v));
            }
            sum
        })
        .collect();
    let scale = cells.weight / model.grid().volume();
    let density = blocks.iter().map(|(sum, _)| sum).sum::<f64>();
    let flux = blocks.iter().fold([0.0; D], |sum, (_, part)| add_scaled(&sum, 1.0, part));
    (scale * density, scaled(scale / model.epsilon, &flux))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};
    use crate::vector::Vector;

    /// What is deposited is the same function on another grid, up to walls, where K_h * J need not vanish.
    #[test]
    fn deposited_fields_are_the_same_on_another_grid() {
        let boundary = [Boundary::NoFlux, Boundary::Periodic];
        let on =
            |cells| Spectral::new(&Grid { lower: [0.0; 2], upper: [2.0, 1.0], cells, boundary });
        let (from, to) = (on([12, 9]), on([20, 16]));
        let wave = |x: &Vector<2>| {
            let (a, b) = (std::f64::consts::FRAC_PI_2 * x[0], std::f64::consts::TAU * x[1]);
            1.0 + (3.0 * a).cos() + a.cos() * (2.0 * b).sin()
        };
        let fields = |spectral: &Spectral<2>| {
            let nodal = spectral.grid().sample(wave);
            let coefficients = spectral.forward(&nodal);
            let (density, remainder) = (coefficients.clone(), vec![coefficients.clone()]);
            let population = PopulationFields { density, flux: [nodal.clone(), nodal], remainder };
            Fields { populations: vec![population], signals: vec![coefficients] }
        };
        let (there, due) = (resampled(fields(&from), &from, &to), fields(&to));
        let all = |f: Fields<2>| {
            let populations = f.populations.into_iter();
            let own = populations.flat_map(|p| [vec![p.density], p.flux.to_vec(), p.remainder]);
            own.flatten().chain(f.signals).flatten()
        };
        for (a, b) in all(there).zip(all(due)) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }
}
