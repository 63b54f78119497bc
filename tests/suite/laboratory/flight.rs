//! Cells of the engine, flown from one place.

use super::sets::Set;
use kinetaxis::cells::{BLOCK, Population};
use kinetaxis::free_walk::FreeWalk;
use kinetaxis::grid::{Boundary, Grid};
use kinetaxis::motion::{Envelopes, FlightScale, Method, MotionError, Step, Tally, advance};
use kinetaxis::rng::{Purpose, Stream, Streams};
use kinetaxis::scaling::Scaling;
use kinetaxis::turning::{LinearSignal, TurningKernel};
use kinetaxis::vector::Vector;

/// Cells of one replicate: one block.
pub const CELLS: usize = BLOCK;

/// One experiment.
pub struct Flight<'a, const D: usize, K> {
    /// T.
    pub kernel: &'a K,
    /// V and F.
    pub set: Set,
    /// S.
    pub signal: LinearSignal<D>,
    /// The box.
    pub grid: Grid<D>,
    /// ε.
    pub epsilon: f64,
    /// How long.
    pub duration: f64,
    /// Bound on T/F.
    pub bound: f64,
    /// Floor under T/F.
    pub floor: f64,
    /// How they fly.
    pub way: Way,
    /// How many replicates of [`CELLS`] cells.
    pub replicates: u64,
    /// Seed.
    pub seed: u64,
}

/// How cells fly, and where their bounds are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One candidate after the other, by the given bounds.
    Given,
    /// One after the other, by what the kernel tells of each leg; as `Given` where that is too costly.
    Found,
    /// Free walks at once.
    Skips,
    /// So many hybrid steps.
    Hops(u32),
}

/// Every exact way.
pub const WAYS: [Way; 3] = [Way::Given, Way::Found, Way::Skips];

/// Where they ended.
pub struct Landed<const D: usize> {
    /// Positions.
    pub x: Vec<Vector<D>>,
    /// Velocities.
    pub v: Vec<Vector<D>>,
    /// What happened, by replicate.
    pub tallies: Vec<Tally>,
}

/// A box [lower, upper]ᵈ.
pub fn cube<const D: usize>(lower: f64, upper: f64, boundary: Boundary) -> Grid<D> {
    Grid { lower: [lower; D], upper: [upper; D], cells: [4; D], boundary: [boundary; D] }
}

/// A box that no cell leaves.
pub fn whole_space<const D: usize>() -> Grid<D> {
    cube(-1e6, 1e6, Boundary::Periodic)
}

/// A periodic box so small that S hardly changes in it, while S(x ± εv) is still sensed beyond: it holds a cell where
/// the signal has one value, whatever it does.
pub fn pinned<const D: usize>() -> Grid<D> {
    cube(-1e-9, 1e-9, Boundary::Periodic)
}

impl<const D: usize, K: TurningKernel<D>> Flight<'_, D, K> {
    /// From x = 0, velocities drawn from F.
    pub fn isotropic(&self) -> Result<Landed<D>, MotionError> {
        let space = self.set.space::<D>();
        self.from(|rng| ([0.0; D], space.sample(rng)))
    }

    /// From x = 0 at velocity `v0`.
    pub fn at_velocity(&self, v0: Vector<D>) -> Result<Landed<D>, MotionError> {
        self.from(|_| ([0.0; D], v0))
    }

    /// From where `start` says.
    pub fn from(
        &self,
        start: impl Fn(&mut Stream) -> (Vector<D>, Vector<D>),
    ) -> Result<Landed<D>, MotionError> {
        let space = self.set.space::<D>();
        let (method, hops) = match self.way {
            Way::Skips => (Method::SkipAhead, 1),
            Way::Hops(n) => (Method::Hybrid, n),
            Way::Given | Way::Found => (Method::Exact, 1),
        };
        let scale = FlightScale {
            method,
            speed: space.max_speed() / self.epsilon,
            max_speed: space.max_speed(),
            tumble_time: self.epsilon * self.epsilon,
            duration: self.duration,
            cells: CELLS,
            in_rounds: method == Method::Exact && space.is_uniform(),
        };
        let envelopes = match self.way {
            Way::Found if !self.kernel.is_sampled() => {
                Envelopes::local(self.kernel, &self.signal, &self.grid, &scale, &[[0.0; D]])
                    .expect("T/F has a bound")
            }
            _ => Envelopes::uniform(self.bound, self.floor),
        };
        let step = Step {
            kernel: self.kernel,
            signal: &self.signal,
            space: &space,
            walk: &FreeWalk::new(&space),
            grid: &self.grid,
            scaling: Scaling::parabolic(self.epsilon),
            duration: self.duration,
            method,
            hop: self.duration / f64::from(hops),
            envelopes,
            refuse_negative: true,
            antithetic: false,
        };
        let mut all = Landed { x: Vec::new(), v: Vec::new(), tallies: Vec::new() };
        for replicate in 0..self.replicates {
            let streams = Streams::new(self.seed, replicate);
            let mut rng = streams.stream(Purpose::InitialVelocity, 0, 0);
            let (positions, velocities) = (0..CELLS).map(|_| start(&mut rng)).unzip();
            let mut cells = Population::new(positions, velocities, 1.0);
            all.tallies.push(advance(&mut cells, &step, streams, 0)?);
            all.x.extend(cells.positions.iter());
            all.v.extend(cells.velocities.iter());
        }
        Ok(all)
    }
}
