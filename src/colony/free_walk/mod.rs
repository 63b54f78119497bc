//! The free walk over any time, drawn at a cost that does not grow with its number of tumbles.
//!
//! A free walk flies at v, tumbles at rate Λ and takes each new velocity from F, whatever the old
//! one was: the kernel T = λF, with Λ = λ/ε². After n tumbles within the time h the n + 1 flights
//! share h like independent exponential variables divided by their sum (Dirichlet 1, …, 1), so
//!
//! (1/h)∫v dt = (E₁v₁ + … + E_{n+1}v_{n+1})/(E₁ + … + E_{n+1}),  n ~ Poisson(Λh).
//!
//! The first velocity is given, the last one must be returned, and the flights between are an
//! isotropic sum whose law depends on their number and on F alone. That sum is drawn
//!
//! - on the line with two speeds ±s by counting the flights either way;
//! - on the circle (Stadje 1987) and in the uniform disk from a closed law;
//! - everywhere else flight by flight if there are few, and from tables of |sum| if there are many.

mod bessel;
mod closed;
mod modes;
mod pieces;
mod poisson;
mod resolvent;
mod table;
mod transform;

#[cfg(test)]
mod tests;

use crate::rng::Stream;
use crate::vector::{Vector, add_scaled, scaled};
use crate::velocity::{VelocitySet, VelocitySpace};
use pieces::Pieces;
use rand_distr::{Distribution, Exp1, Gamma};

/// On the line, tumbles are drawn one by one if fewer than this are expected.
const FEW: f64 = 16.0;

/// The law of a free walk for one V and F.
///
/// Cheap to build: a table is made when a draw first needs it, and is the same whoever makes it.
///
/// ```
/// use kinetaxis::free_walk::FreeWalk;
/// use kinetaxis::rng::{Purpose, Streams};
/// use kinetaxis::velocity::{VelocitySet, VelocitySpace};
/// let walk = FreeWalk::new(&VelocitySpace::<3>::new(VelocitySet::Ball, 0.0, 2.0, None));
/// let mut rng = Streams::new(7, 0).stream(Purpose::Motion, 0, 0);
/// let mut v = [2.0, 0.0, 0.0];
/// let mean = walk.advance(&mut v, 1e6, &mut rng);
/// assert!(mean.iter().all(|x| x.abs() < 0.02));
/// ```
#[derive(Debug)]
pub struct FreeWalk<const D: usize> {
    space: VelocitySpace<D>,
    law: Law<D>,
}

/// What a free walk did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome<const D: usize> {
    /// (1/h)∫v dt, in the units of velocity.
    pub mean_velocity: Vector<D>,
    /// Whether it tumbled at all.
    pub tumbled: bool,
}

/// How the flights between the first and the last are summed.
#[derive(Debug)]
enum Law<const D: usize> {
    /// V = {−s, s}.
    Line,
    /// A circle.
    Circle,
    /// A disk with uniform F.
    Disk,
    /// Any other V and F.
    Pieces(Box<Pieces<D>>),
}

impl<const D: usize> FreeWalk<D> {
    /// The walk on `space`. F must be smooth in |v| for the tables to have their stated error.
    pub fn new(space: &VelocitySpace<D>) -> Self {
        let law = match (space.set(), D) {
            (VelocitySet::Sphere, 1) => Law::Line,
            (VelocitySet::Sphere, 2) => Law::Circle,
            (VelocitySet::Ball, 2) if space.is_uniform() => Law::Disk,
            _ => Law::Pieces(Box::new(Pieces::new(space))),
        };
        Self { space: space.clone(), law }
    }

    /// Draws the mean velocity (1/h)∫v dt of a walk that starts with `v` and is expected to tumble
    /// Λh = `tumbles` times, and leaves its last velocity in `v`. In scaled time h the cell has
    /// moved by h/ε times the mean velocity.
    ///
    /// `tumbles` is finite and not negative. The joint law of both velocities is exact up to
    /// round-off and an error below 2·10⁻¹⁰ in the distribution function of each tabulated length.
    /// Round-off can carry the mean beyond V's convex hull by some 10⁻¹⁵ of its size.
    #[inline]
    pub fn advance(&self, v: &mut Vector<D>, tumbles: f64, rng: &mut Stream) -> Vector<D> {
        self.outcome(v, tumbles, rng).mean_velocity
    }

    /// As [`advance`](Self::advance), and whether there was a tumble.
    pub fn outcome(&self, v: &mut Vector<D>, tumbles: f64, rng: &mut Stream) -> Outcome<D> {
        debug_assert!(tumbles >= 0.0 && tumbles.is_finite());
        let few = match &self.law {
            Law::Line => FEW,
            Law::Circle | Law::Disk => 0.0,
            Law::Pieces(pieces) => pieces.direct() as f64,
        };
        if tumbles < few {
            singly(&self.space, v, tumbles, rng)
        } else {
            self.skip(v, tumbles, rng)
        }
    }

    /// The walk without its tumbles one by one.
    #[inline(always)]
    fn skip(&self, v: &mut Vector<D>, tumbles: f64, rng: &mut Stream) -> Outcome<D> {
        let space = &self.space;
        match &self.law {
            Law::Line => closed::line(space, v, tumbles, rng),
            Law::Circle => between(space, v, tumbles, rng, closed::circle),
            Law::Disk => between(space, v, tumbles, rng, closed::disk),
            Law::Pieces(pieces) => {
                between(space, v, tumbles, rng, |space, time, rng| pieces.path(space, time, rng))
            }
        }
    }
}

/// First and last flight, and between them `middle`: the sum of v dt over a time in which `.1`
/// tumbles are expected, in units of 1/Λ. The last flight is the time since the last tumble, drawn
/// backwards: exponential too, unless it reaches back to the first tumble.
#[inline(always)]
fn between<const D: usize>(
    space: &VelocitySpace<D>,
    v: &mut Vector<D>,
    tumbles: f64,
    rng: &mut Stream,
    middle: impl Fn(&VelocitySpace<D>, f64, &mut Stream) -> Vector<D>,
) -> Outcome<D> {
    let first: f64 = Exp1.sample(rng);
    if first >= tumbles {
        return Outcome { mean_velocity: *v, tumbled: false };
    }
    let last = space.sample(rng);
    let rest = tumbles - first;
    let flight = rest.min(Exp1.sample(rng));
    let mut path = add_scaled(&scaled(first, v), flight, &last);
    if flight < rest {
        path = add_scaled(&path, 1.0, &middle(space, rest - flight, rng));
    }
    *v = last;
    Outcome { mean_velocity: scaled(1.0 / tumbles, &path), tumbled: true }
}

/// The walk itself, tumble by tumble.
#[inline(always)]
fn singly<const D: usize>(
    space: &VelocitySpace<D>,
    v: &mut Vector<D>,
    tumbles: f64,
    rng: &mut Stream,
) -> Outcome<D> {
    let mut path = [0.0; D];
    let (mut rest, mut tumbled) = (tumbles, false);
    loop {
        let flight: f64 = Exp1.sample(rng);
        if flight >= rest {
            break;
        }
        path = add_scaled(&path, flight, v);
        rest -= flight;
        *v = space.sample(rng);
        tumbled = true;
    }
    let mean_velocity = match tumbled {
        true => scaled(1.0 / tumbles, &add_scaled(&path, rest, v)),
        false => *v,
    };
    Outcome { mean_velocity, tumbled }
}

/// The sum of `count` standard exponential variables.
#[inline(always)]
fn exponentials(count: u64, rng: &mut Stream) -> f64 {
    Gamma::new(count as f64, 1.0).map_or(0.0, |law| law.sample(rng))
}
