//! The judges of `tests/suite/drift_diffusion.rs` refuse wrong kernels.
//!
//! Each kernel below carries one mistake of the kind that is easily made; the same comparison that passes the crate's
//! kernels must raise an alarm. With the numbers of cells used here an error of 2 % of λ moves the number of tumbles by more
//! than [`crate::laboratory::verdict`]'s `reach`, so it escapes with probability below 10⁻⁸; the tests assert that too.

use crate::laboratory::flight::Way;
use crate::laboratory::kernels::{Family, Lambda, Spec};
use crate::laboratory::motion::Motion;
use crate::laboratory::sets::{BALL, BALL_F, SHELL, SPHERE, Set};
use crate::laboratory::verdict::{Verdict, judge};
use kinetaxis::turning::{Bounds, Coefficients, Sense, TurningKernel};
use kinetaxis::vector::{Vector, dot};
use kinetaxis::velocity::VelocitySpace;
use kinetaxis::with_kernel;

const EPSILON: f64 = 0.5;

/// Replicates with which an error of 2 % of the rate is sure to be caught.
const FULL: u64 = 128;

/// What a wrong kernel is made of: v·g and w·g at a turn w → v, and the numbers of the right one.
struct Turn {
    /// v·∇S.
    new: f64,
    /// w·∇S.
    old: f64,
    /// |∇S|.
    slope: f64,
    /// F(v).
    density: f64,
    /// μ.
    measure: f64,
}

/// A kernel given by T/F.
struct Planted<const D: usize, R> {
    space: VelocitySpace<D>,
    rate: R,
}

impl<const D: usize, R: Fn(&Turn) -> f64 + Sync> TurningKernel<D> for Planted<D, R> {
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        let (_, g) = signal.value_and_gradient(x);
        (self.rate)(&Turn {
            new: dot(v, &g),
            old: dot(w, &g),
            slope: dot(&g, &g).sqrt(),
            density: self.space.density(v),
            measure: self.space.measure(),
        })
    }

    fn bound(&self, _: &Bounds<D>) -> f64 {
        unreachable!("the tests give the bound")
    }

    fn floor(&self, _: &Bounds<D>) -> f64 {
        unreachable!("the tests give the floor")
    }

    fn leading_rate(&self, _: f64, _: f64) -> f64 {
        unreachable!("cells do not ask")
    }

    fn coefficients(&self, _: f64, _: f64) -> Coefficients {
        unreachable!("cells do not ask")
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        unreachable!("cells do not ask")
    }

    fn with_epsilon(&self, _: f64) -> Self {
        unreachable!("cells do not ask")
    }
}

type Rate = fn(&Turn) -> f64;

/// λ = 1.3, aμ = 1.0, bμ = 0.7.
const LOCAL: Spec = Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 };
/// α₊ = 0.7, α₋ = 0.6, ψ = (z/√(1+z²) + 1.1)/μ.
const NONLOCAL: Spec = Spec::NonLocal { plus: 0.7, minus: 0.6, psi: Family::Saturating };

/// T/F of [`LOCAL`] with these λ, aμ, bμ.
fn local(t: &Turn, lambda: f64, a: f64, b: f64) -> f64 {
    lambda + EPSILON * (a * t.new - b * t.old) / (t.measure * t.density)
}

/// T/F of [`NONLOCAL`] with these α₊, α₋ and sensed differences.
fn nonlocal(plus: f64, minus: f64, ahead: f64, behind: f64) -> f64 {
    let psi = |z: f64| z / (1.0 + z * z).sqrt() + 1.1;
    plus * psi(ahead) + minus * psi(behind)
}

const WRONG_LOCAL: [(&str, Rate); 9] = [
    ("λ up 2 %", |t| local(t, 1.02 * 1.3, 1.0, 0.7)),
    ("λ down 2 %", |t| local(t, 1.3 / 1.02, 1.0, 0.7)),
    ("μ lost in a", |t| local(t, 1.3, 1.0 / t.measure, 0.7)),
    ("μ lost in b", |t| local(t, 1.3, 1.0, 0.7 / t.measure)),
    ("a with the other sign", |t| local(t, 1.3, -1.0, 0.7)),
    ("b with the other sign", |t| local(t, 1.3, 1.0, -0.7)),
    ("v for v′ in b", |t| local(t, 1.3, 1.0 - 0.7, 0.0)),
    ("v′ for v in a", |t| local(t, 1.3, 0.0, 0.7 - 1.0)),
    ("ε lost", |t| local(t, 1.3, 1.0 / EPSILON * 0.6, 0.7 / EPSILON * 0.6)),
];

const WRONG_NONLOCAL: [(&str, Rate); 7] = [
    ("T up 2 %", |t| 1.02 * nonlocal(0.7, 0.6, EPSILON * t.new, -EPSILON * t.old)),
    ("α₊, α₋ exchanged", |t| nonlocal(0.6, 0.7, EPSILON * t.new, -EPSILON * t.old)),
    ("behind for ahead", |t| nonlocal(0.7, 0.6, -EPSILON * t.new, -EPSILON * t.old)),
    ("ahead for behind", |t| nonlocal(0.7, 0.6, EPSILON * t.new, EPSILON * t.old)),
    ("v for v′ behind", |t| nonlocal(0.7, 0.6, EPSILON * t.new, -EPSILON * t.new)),
    ("S and S̃ exchanged", |t| nonlocal(0.7, 0.6, -EPSILON * t.new, EPSILON * t.old)),
    ("linear for saturating", |t| 0.7 * EPSILON * t.new - 0.6 * EPSILON * t.old + 1.3 * 1.1),
];

fn motion(set: Set, spec: Spec, seed: u64) -> Motion {
    Motion { set, spec, epsilon: EPSILON, time: 2.0, replicates: FULL, seed, way: Way::Given }
}

/// How the wrong kernel is judged.
fn verdicts<const D: usize>(motion: &Motion, rate: impl Fn(&Turn) -> f64 + Sync) -> Vec<Verdict> {
    motion.check_planted(&Planted::<D, _> { space: motion.set.space(), rate })
}

fn every_mistake_is_seen<const D: usize>(
    set: Set,
    spec: Spec,
    right: Rate,
    wrong: &[(&str, Rate)],
) {
    let case = format!("{} d={D}", set.name);
    let judged = verdicts::<D>(&motion(set, spec, 500 + D as u64), right);
    assert_eq!(judge(&judged), Ok(()), "the judge refuses the right kernel: {case}");
    let tumbles = judged.iter().find(|v| v.what.ends_with("tumbles")).unwrap();
    println!("{case}: an error of {:.2} % of the rate is caught", 100.0 * tumbles.reach);
    assert!(tumbles.reach < 0.02);
    for (what, rate) in wrong {
        // Most mistakes show in a few cells.
        let alarm = [6, FULL].into_iter().find_map(|replicates| {
            let few = Motion { replicates, ..motion(set, spec, 600 + D as u64) };
            judge(&verdicts::<D>(&few, rate)).err()
        });
        println!("{case}, {what}: {alarm:?}");
        assert!(alarm.is_some(), "{case}: {what} went unseen");
    }
}

#[test]
fn mistakes_in_the_local_kernel() {
    let right: Rate = |t| local(t, 1.3, 1.0, 0.7);
    every_mistake_is_seen::<1>(SPHERE, LOCAL, right, &WRONG_LOCAL);
    every_mistake_is_seen::<2>(SHELL, LOCAL, right, &WRONG_LOCAL);
    every_mistake_is_seen::<3>(BALL, LOCAL, right, &WRONG_LOCAL);
    every_mistake_is_seen::<2>(BALL_F, LOCAL, right, &WRONG_LOCAL);
    // Only a non-uniform F tells dividing by F from multiplying by μ.
    let divided: Rate = |t| 1.3 + EPSILON * (1.0 * t.new - 0.7 * t.old);
    assert!(judge(&verdicts::<2>(&motion(BALL_F, LOCAL, 9), divided)).is_err());
}

#[test]
fn mistakes_in_the_non_local_kernel() {
    let right: Rate = |t| nonlocal(0.7, 0.6, EPSILON * t.new, -EPSILON * t.old);
    every_mistake_is_seen::<1>(SPHERE, NONLOCAL, right, &WRONG_NONLOCAL);
    every_mistake_is_seen::<2>(BALL, NONLOCAL, right, &WRONG_NONLOCAL);
    every_mistake_is_seen::<3>(SPHERE, NONLOCAL, right, &WRONG_NONLOCAL);
}

/// λ(|∇S|) taken at |∇S| = 0.
#[test]
fn a_rate_that_forgets_the_slope_is_seen() {
    let spec = Spec::Local { lambda: Lambda::OfSlope, a_mu: 0.8, b_mu: 0.7 };
    let right: Rate = |t| local(t, 1.1 + 0.5 * t.slope.powi(2), 0.8, 0.7);
    let forgetful: Rate = |t| local(t, 1.1, 0.8, 0.7);
    assert_eq!(judge(&verdicts::<2>(&motion(SPHERE, spec, 31), right)), Ok(()));
    assert!(judge(&verdicts::<2>(&motion(SPHERE, spec, 32), forgetful)).is_err());
}

/// Cells at another ε, time, set or gradient than they are judged by.
#[test]
fn mistakes_in_the_setting_are_seen() {
    let spec = LOCAL;
    let judged_by = motion(SPHERE, spec, 41);
    for (what, flown) in [
        ("ε up 2 %", Motion { epsilon: 1.02 * EPSILON, ..judged_by }),
        ("t up 2 %", Motion { time: 1.02 * 2.0, ..judged_by }),
        ("a ball", Motion { set: BALL, ..judged_by }),
    ] {
        let verdicts = with_kernel!(spec.kernel::<2>(&flown.set, flown.epsilon), k => {
            flown.check_against(&k, &judged_by.exact::<2>())
        });
        assert!(judge(&verdicts).is_err(), "{what} went unseen");
    }
}

/// Where T < 0 the law of the linear kernel is no law; clipping it at 0 gives another model, and this shows.
#[test]
fn clipping_a_negative_rate_is_seen() {
    let spec = Spec::Local { lambda: Lambda::Constant, a_mu: 2.4, b_mu: 2.4 };
    let clipped: Rate = |t| local(t, 1.3, 2.4, 2.4).max(0.0);
    let alarm = judge(&verdicts::<2>(&motion(SPHERE, spec, 51), clipped));
    println!("clipped: {alarm:?}");
    assert!(alarm.is_err());
}
