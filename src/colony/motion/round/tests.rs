//! Decisions of rounds against the kernel.

use super::super::{Envelopes, FlightScale, Method, Step};
use super::*;
use crate::formula::Quantity::Constant as c;
use crate::free_walk::FreeWalk;
use crate::grid::Boundary;
use crate::rng::Streams;
use crate::signal::SensedSignal;
use crate::spectral::Spectral;
use crate::spline::{NodeMap, symbol};
use crate::turning::{Local, NonLocal, Psi, PsiSpec, TurningKernel};

/// In a signal that bends, every candidate turns exactly if its level is below T/F as the kernel tells it, and
/// none is above its bound; some are decided without a look.
fn candidates_are_decided_rightly<const D: usize, K: TurningKernel<D>>(
    boundary: [Boundary; D],
    kernel: impl Fn(&VelocitySpace<D>) -> K,
    antithetic: bool,
) {
    let grid = Grid { lower: [-1.0; D], upper: [1.4; D], cells: [14; D], boundary };
    let (spectral, map) = (Spectral::new(&grid), NodeMap::new(&grid));
    let wave = |x: &Vector<D>| (0..D).map(|a| (2.6 * x[a] + a as f64).sin()).product();
    let symbol = spectral.table(|k| symbol(&grid, k));
    let mut field = spectral.forward(&grid.sample(wave));
    let signal = SensedSignal::new(&spectral, &map, &symbol, &mut field, Vec::new());
    let space = VelocitySpace::<D>::new(VelocitySet::Sphere, 0.0, 1.0, None);
    let (kernel, duration, epsilon) = (kernel(&space), 0.2, 0.2);
    let scale = FlightScale {
        method: Method::Exact,
        speed: 1.0 / epsilon,
        max_speed: 1.0,
        tumble_time: epsilon * epsilon,
        duration,
        cells: 100_000,
        in_rounds: true,
    };
    let envelopes = Envelopes::local(&kernel, &signal, &grid, &scale, &[[0.0; D]]).unwrap();
    assert!(envelopes.tangents.is_some());
    let walk = FreeWalk::new(&space);
    let step = Step {
        kernel: &kernel,
        signal: &signal,
        space: &space,
        walk: &walk,
        grid: &grid,
        scaling: Scaling::parabolic(epsilon),
        duration,
        method: Method::Exact,
        hop: duration,
        envelopes,
        refuse_negative: true,
        antithetic,
    };
    let (mut all, mut looks, mut told) = (0, 0, Vec::new());
    for cell in 0..201 {
        let at = |k: usize| ((k * 37 + 11) % 101) as f64 / 101.0;
        let mut x: Vec<Vector<D>> =
            (0..201).map(|i| std::array::from_fn(|a| -1.0 + 2.4 * at(i * 7 + a * 13))).collect();
        let mut v: Vec<Vector<D>> =
            (0..201).map(|i| std::array::from_fn(|a| f64::from(u8::from(a == i % D)))).collect();
        let (mut trace, stop) = (Trace::of(cell), AtomicBool::new(false));
        let streams = Streams::new(5, 0);
        let tally =
            step.fly_watched(&mut x, &mut v, streams, [0, 0], &stop, Some(&mut trace)).unwrap();
        for candidate in &trace.candidates {
            let Candidate { rate, level, bound, turned, .. } = *candidate;
            assert_eq!(turned, Some(level < rate), "{D} {candidate:?}");
            assert!(rate <= bound, "{D} {candidate:?}");
        }
        (all, looks) = (all + trace.candidates.len(), tally.invariants.looks as usize);
        assert!(looks < tally.candidates as usize, "{looks} of {}", tally.candidates);
        told.push(trace.candidates);
    }
    if antithetic {
        pairs_are_opposite(&told);
    }
    assert!(all > 500, "{all} {looks}");
}

/// Both of a pair meet the same candidates, but for the sides of the walls that their opposite proposals are told on.
fn pairs_are_opposite<const D: usize>(told: &[Vec<Candidate<D>>]) {
    let (mut opposite, mut all) = (0, 0);
    for [one, two] in told.as_chunks().0 {
        assert_eq!(one.len(), two.len());
        for (one, two) in one.iter().zip(two) {
            assert_eq!([one.time, one.bound, one.level], [two.time, two.bound, two.level]);
            assert_eq!(one.proposed.map(f64::abs), two.proposed.map(f64::abs));
            opposite += usize::from(one.proposed == two.proposed.map(|v| -v));
            all += 1;
        }
    }
    assert!(2 * opposite > all && all > 300, "{opposite} of {all}");
}

#[test]
fn what_is_decided_without_a_look_is_decided_rightly() {
    use Boundary::{NoFlux, Periodic};
    fn local<const D: usize>(a: f64, b: f64) -> impl Fn(&VelocitySpace<D>) -> Local<D> {
        move |space| {
            let scale = 1.0 / space.measure();
            Local::new(c(1.0), c(a * scale), c(b * scale), space.clone(), 0.2)
        }
    }
    fn nonlocal<const D: usize>(plus: f64) -> impl Fn(&VelocitySpace<D>) -> NonLocal<D> {
        move |space| {
            let scale = 1.0 / space.measure();
            let psi = PsiSpec::Saturating { c1: 0.6 * scale, c2: scale };
            NonLocal::new(plus, 1.0 - plus, Psi::new(psi, space), space, 0.2)
        }
    }
    candidates_are_decided_rightly([NoFlux], local(0.0, 1.0), false);
    candidates_are_decided_rightly([NoFlux, Periodic], local(0.0, 1.0), false);
    candidates_are_decided_rightly([NoFlux, Periodic], local(0.7, 0.3), false);
    candidates_are_decided_rightly([NoFlux, NoFlux], nonlocal(0.0), false);
    candidates_are_decided_rightly([Periodic, NoFlux], nonlocal(0.5), false);
    candidates_are_decided_rightly([NoFlux, Periodic, NoFlux], local(0.4, 0.6), false);
}

/// Of antithetic pairs too, and of a last cell that has no partner.
#[test]
fn pairs_are_decided_rightly() {
    use Boundary::{NoFlux, Periodic};
    let scale = |space: &VelocitySpace<2>| 1.0 / space.measure();
    let local = |space: &VelocitySpace<2>| {
        Local::new(c(1.0), c(0.7 * scale(space)), c(0.3 * scale(space)), space.clone(), 0.2)
    };
    candidates_are_decided_rightly([NoFlux, Periodic], local, true);
    let loss = |space: &VelocitySpace<1>| Local::new(c(1.0), c(0.0), c(0.5), space.clone(), 0.2);
    candidates_are_decided_rightly([NoFlux], loss, true);
}
