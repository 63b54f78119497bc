//! The engine and a second, obvious one ([`crate::laboratory::slow`]) in a given signal, in boxes whose walls cells meet.

use super::moments::given;
use super::trial::{Place, Ready, Trial};
use super::{CELLS, Combination, combinations, words};
use crate::laboratory::kernels::{Lambda, Spec};
use crate::laboratory::sets::{BALL_F, SHELL, SPHERE, Set};
use crate::laboratory::slow::{Arena, fly};
use crate::laboratory::verdict::{Verdict, judge_family, same_law};
use kinetaxis::formula::Formula;
use kinetaxis::turning::{Bounds, TurningKernel};
use rayon::prelude::*;

/// Edges of the box, and its lower corner.
const EDGES: [f64; 3] = [2.7, 3.3, 2.1];
const LOWER: f64 = -0.4;
/// Cells start at this share of each edge.
const START: f64 = 0.2;

/// What the slow engine is given.
struct Slow<const D: usize> {
    case: (Set, Spec),
    arena: Arena<D>,
    epsilon: f64,
    time: f64,
    seed: u64,
}

impl<const D: usize> Slow<D> {
    fn verdicts(&self, ready: &Ready<D>) -> Vec<Verdict> {
        let (set, spec) = self.case;
        let kernel = spec.kernel::<D>(&set, self.epsilon);
        // |∇S| ≤ 0.9.
        let bound = 1.001 * kernel.bound(&Bounds::new(-0.6, 0.6, 0.9));
        let here = ready.run(0);
        let start: [f64; D] = std::array::from_fn(|a| LOWER + START * EDGES[a]);
        let scale = (self.epsilon, bound, self.time);
        let there = fly(&kernel, &set, &self.arena, scale, start, (CELLS, self.seed));
        let mut verdicts = Vec::new();
        for a in 0..D {
            let mut compare = |what: &str, f: fn(f64, f64) -> f64| {
                let [here, there] = [&here, &there]
                    .map(|all| all.iter().map(|(x, v)| f(x[a], v[a])).collect::<Vec<f64>>());
                let what = format!("{} axis {a}: {what}", ready.name);
                verdicts.push(same_law(&what, &here, &there));
            };
            compare("position in both engines", |x, _| x);
            compare("velocity in both engines", |_, v| v);
            compare("position and velocity in both engines", |x, v| x + v / 3.0);
        }
        verdicts
    }
}

/// Both engines, ready for one combination.
fn ready<const D: usize>(one: Combination) -> (Ready<D>, Slow<D>) {
    let (epsilon, time) = one.scales();
    let (lower, upper) = ([LOWER; D], std::array::from_fn(|a| LOWER + EDGES[a]));
    let wraps = one.boundary == "periodic";
    // A whole wave, or half of one where the slope at the walls has to vanish.
    let waves = if wraps { "0.12*cos(2*PI" } else { "0.2*cos(PI" };
    let phase = if wraps { 0.6 } else { 0.0 };
    let wave =
        |a: usize| format!("{waves}*({} - ({LOWER}))/{} + {phase})", ["x", "y", "z"][a], EDGES[a]);
    let text = (0..D).map(wave).collect::<Vec<_>>().join(" + ");
    let place = Place {
        corners: [lower.to_vec(), upper.to_vec()],
        grid: vec![if D == 3 { 16 } else { 32 }; D],
        signal: given(&text, one.boundary),
        start: Some((0..D).map(|a| LOWER + START * EDGES[a]).collect()),
    };
    let signal = Formula::parse(&text, &["x", "y", "z"][..D]).unwrap();
    let arena = Arena { lower, upper, wraps, signal };
    let ready = Trial { one, epsilon, time, cells: CELLS, seed: 5, place }.ready::<D>();
    (ready, Slow { case: one.case, arena, epsilon, time, seed: 70_000 + one.number as u64 })
}

fn of<const D: usize>(one: Combination) -> Vec<Verdict> {
    let (ready, slow) = ready::<D>(one);
    slow.verdicts(&ready)
}

/// Combinations with a closed box and the law of the kernel at ε = ½.
fn compared() -> Vec<Combination> {
    let mut all = combinations(false);
    all.retain(|one| words::is_closed(one.boundary).unwrap() && one.is_exact());
    all
}

#[test]
fn a_slow_engine_has_the_same_law() {
    let of = |one: &Combination| match one.dimension {
        1 => of::<1>(*one),
        2 => of::<2>(*one),
        _ => of::<3>(*one),
    };
    let verdicts: Vec<Verdict> = compared().par_iter().flat_map_iter(of).collect();
    println!("{}", judge_family(&verdicts).unwrap_or_else(|alarms| panic!("{alarms}")));
}

/// A slow engine of another model is told from it: other walls, the signal upside down, another F, ε or λ.
#[test]
fn another_slow_engine_has_another_law() {
    let local = Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 };
    let mut one = compared().into_iter().find(|one| one.boundary == "no-flux").unwrap();
    one.case = (BALL_F, local);
    let planted = |what: &str, plant: &dyn Fn(&mut Slow<2>)| {
        let (ready, mut slow) = ready::<2>(one);
        plant(&mut slow);
        assert!(judge_family(&slow.verdicts(&ready)).is_err(), "{what} went unseen");
    };
    planted("walls", &|slow| slow.arena.wraps = true);
    planted("sign", &|slow| {
        let text = format!("-({})", slow.arena.signal.text());
        slow.arena.signal = Formula::parse(&text, &["x", "y"]).unwrap();
    });
    planted("a sphere", &|slow| slow.case.0 = SPHERE);
    planted("a shell", &|slow| slow.case.0 = SHELL);
    planted("time", &|slow| slow.time *= 2.0);
}
