//! The judge of cells in a constant gradient: displacement and number of tumbles against the exact law.

use super::flight::{Flight, Landed, Way, pinned, whole_space};
use super::kernels::{Spec, gradient};
use super::sets::{Set, frame};
use super::truth::{Moments, Truth};
use super::verdict::{Verdict, mean};
use kinetaxis::turning::{LinearSignal, TurningKernel};
use kinetaxis::vector::dot;

/// One kernel on one set, for cells that fly at some ε for some time.
#[derive(Clone, Copy, Debug)]
pub struct Motion {
    /// V and F.
    pub set: Set,
    /// T.
    pub spec: Spec,
    /// ε.
    pub epsilon: f64,
    /// t.
    pub time: f64,
    /// Replicates of 2048 cells.
    pub replicates: u64,
    /// Seed.
    pub seed: u64,
    /// How they fly.
    pub way: Way,
}

/// S(0).
pub const OFFSET: f64 = 0.4;

impl Motion {
    fn flight<'a, const D: usize, K>(&self, kernel: &'a K) -> Flight<'a, D, K> {
        let (floor, bound) = self.spec.bounds::<D>(&self.set, self.epsilon, OFFSET);
        Flight {
            kernel,
            set: self.set,
            signal: LinearSignal { offset: OFFSET, gradient: gradient(self.spec.slope()) },
            grid: whole_space(),
            epsilon: self.epsilon,
            duration: self.time,
            bound,
            floor,
            replicates: self.replicates,
            seed: self.seed,
            way: self.way,
        }
    }

    /// Cells that turn by `kernel`, in the whole space, against the law of `self.spec`: mean, variance (also across) and
    /// number of tumbles. For kernels whose turning does not depend on the value of S.
    pub fn check<const D: usize, K: TurningKernel<D>>(&self, kernel: &K) -> Vec<Verdict> {
        self.compare(self.flight(kernel), &self.exact::<D>())
    }

    /// The same for a kernel with other bounds, whose every candidate is looked at.
    pub fn check_planted<const D: usize, K: TurningKernel<D>>(&self, kernel: &K) -> Vec<Verdict> {
        let flight = self.flight(kernel);
        let bound = 2.0 * flight.bound;
        self.compare(Flight { bound, floor: f64::NEG_INFINITY, ..flight }, &self.exact::<D>())
    }

    /// The same against other moments.
    pub fn check_against<const D: usize, K: TurningKernel<D>>(
        &self,
        kernel: &K,
        expected: &Moments,
    ) -> Vec<Verdict> {
        self.compare(self.flight(kernel), expected)
    }

    /// Whether every tumble is an event.
    fn counts_tumbles(&self) -> bool {
        matches!(self.way, Way::Given | Way::Found)
    }

    /// What must come of it.
    pub fn exact<const D: usize>(&self) -> Moments {
        let g = gradient::<D>(self.spec.slope());
        Truth::<D>::new(&self.set, &self.spec, self.epsilon, OFFSET, g).moments(self.time)
    }

    /// Number of tumbles only where one is expected.
    fn compare<const D: usize, K: TurningKernel<D>>(
        &self,
        flight: Flight<'_, D, K>,
        exact: &Moments,
    ) -> Vec<Verdict> {
        let cells = match flight.isotropic() {
            Ok(cells) => cells,
            Err(e) => panic!("{self:?}: {e}"),
        };
        let axes = frame(&flight.signal.gradient);
        let along: Vec<f64> = cells.x.iter().map(|x| dot(x, &axes[0])).collect();
        let about: Vec<f64> = along.iter().map(|x| (x - exact.mean).powi(2)).collect();
        let name =
            |what: &str| format!("{} {:?} {:?} d={D}: {what}", self.set.name, self.spec, self.way);
        let mut verdicts = vec![
            mean(&name("mean displacement"), &along, exact.mean),
            mean(&name("its variance"), &about, exact.variance),
        ];
        if exact.tumbles.is_finite() && self.counts_tumbles() {
            verdicts.push(mean(&name("tumbles"), &tumbles_per_cell(&cells), exact.tumbles));
        }
        if D > 1 {
            let across: Vec<f64> = cells.x.iter().map(|x| dot(x, &axes[D - 1])).collect();
            let square: Vec<f64> = across.iter().map(|x| x * x).collect();
            verdicts.push(mean(&name("mean across"), &across, 0.0));
            verdicts.push(mean(&name("spread across"), &square, exact.across));
        }
        verdicts
    }

    /// Cells held where S = [`OFFSET`], against the law of v: drift E v/ε and number of tumbles. For
    /// every kernel.
    pub fn check_pinned<const D: usize, K: TurningKernel<D>>(&self, kernel: &K) -> Vec<Verdict> {
        let flight = Flight { grid: pinned(), ..self.flight(kernel) };
        let cells = flight.isotropic().unwrap_or_else(|e| panic!("{self:?}: {e}"));
        let (exact, axis) = (self.exact::<D>(), frame(&flight.signal.gradient)[0]);
        let along: Vec<f64> = cells.v.iter().map(|v| dot(v, &axis) / self.epsilon).collect();
        let name =
            |what: &str| format!("{} {:?} {:?} d={D}: {what}", self.set.name, self.spec, self.way);
        let mut verdicts = vec![mean(&name("drift"), &along, exact.drift)];
        if self.counts_tumbles() {
            verdicts.push(mean(&name("tumbles"), &tumbles_per_cell(&cells), exact.tumbles));
        }
        verdicts
    }
}

/// Mean number of tumbles of a cell, by replicate.
fn tumbles_per_cell<const D: usize>(cells: &Landed<D>) -> Vec<f64> {
    cells.tallies.iter().map(|t| t.tumbles as f64 / t.cell_steps as f64).collect()
}
