//! One turn at a time: when a cell turns, where to, and what happens to rates that must not be.
//!
//! Cells sit where S and ∇S have one value. Their velocities are then held against the exact law of
//! [`crate::laboratory::truth`], whose T is written down again from the equations.

use crate::laboratory::flight::{Flight, WAYS, Way, pinned, whole_space};
use crate::laboratory::kernels::{
    Family, Lambda, Memory, Spec, Text, gradient, remembering_specs, specs_of_signal, typed_specs,
    uniform_specs, weighted_specs,
};
use crate::laboratory::motion::OFFSET;
use crate::laboratory::sets::{
    BALL, BALL_F, Bins, SHELL, SHELL_F, SPHERE, Set, UNIFORM, WEIGHTED, frame,
};
use crate::laboratory::truth::Truth;
use crate::laboratory::verdict::{Verdict, counts, follows, judge};
use kinetaxis::cells::{BLOCK, Population};
use kinetaxis::formula::Quantity;
use kinetaxis::free_walk::FreeWalk;
use kinetaxis::motion::{Envelopes, Method, MotionError, Step, Tally, advance};
use kinetaxis::rng::Streams;
use kinetaxis::scaling::Scaling;
use kinetaxis::turning::{Bounds, LinearSignal, Local, Sense, TurningKernel};
use kinetaxis::vector::Vector;
use kinetaxis::with_kernel;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const EPSILON: f64 = 0.5;

/// Every kernel on every set that it allows.
fn cases() -> Vec<(Set, Spec)> {
    let on = |sets: &[Set], specs: Vec<Spec>| -> Vec<(Set, Spec)> {
        specs.iter().flat_map(|k| sets.iter().map(|v| (*v, *k))).collect()
    };
    let uniform = [uniform_specs(), specs_of_signal()].concat();
    let local = specs_of_signal().into_iter().take(1).collect();
    let remembering = [
        on(&[SPHERE], remembering_specs(true)),
        on(&[BALL, SHELL_F], remembering_specs(false)),
        on(&[SPHERE, BALL_F], typed_specs()),
    ];
    let others = [on(&UNIFORM, uniform), on(&WEIGHTED, [weighted_specs(), local].concat())];
    [others.concat(), remembering.concat()].concat()
}

/// A velocity of `set`, with this cosine to the gradient.
fn velocity<const D: usize>(set: &Set, cosine: f64) -> Vector<D> {
    let axes = frame(&gradient::<D>(1.0));
    let speed = if set.is_sphere() { set.outer } else { 0.3 * set.inner + 0.7 * set.outer };
    let across = if D == 1 { 0.0 } else { (1.0 - cosine * cosine).sqrt() };
    let along = if D == 1 { cosine.signum() } else { cosine };
    std::array::from_fn(|l| speed * (along * axes[0][l] + across * axes[D - 1][l]))
}

fn verdicts_of<const D: usize>(what: &str, verdicts: &[Verdict]) {
    let reach = verdicts.iter().map(|v| v.reach).fold(0.0, f64::max);
    let least = verdicts.iter().map(|v| v.p).fold(1.0, f64::min);
    println!("{what} d={D}: {} verdicts, least p {least:.1e}, reach {reach:.3}", verdicts.len());
    if let Err(alarms) = judge(verdicts) {
        panic!("{alarms}");
    }
}

/// T of the crate is T of the equations, number by number, and its floor and bound enclose T/F.
fn kernels_are_the_equations<const D: usize>() {
    for (set, spec) in cases() {
        let signal = LinearSignal { offset: OFFSET, gradient: gradient::<D>(spec.slope()) };
        let (kernel, space) = (spec.kernel::<D>(&set, EPSILON), set.space::<D>());
        let (floor, bound) = spec.bounds::<D>(&set, EPSILON, OFFSET);
        let nodes = Bins::new(set, &signal.gradient, 1, 2).nodes();
        let total: f64 = (nodes.iter())
            .map(|n| n.weight * set.profile.map_or(1.0, |(_, f)| f(kinetaxis::vector::norm(&n.v))))
            .sum();
        let t = spec.additive(&set, total, EPSILON, OFFSET, signal.gradient);
        for v in nodes.iter().step_by(3) {
            for w in nodes.iter().step_by(7) {
                let relative = kernel.relative_rate(&signal, &[0.0; D], &v.v, &w.v);
                let both = t.pair.as_ref().map_or(0.0, |pair| pair(&v.v, &w.v));
                let expected = (t.gain)(&v.v) + (t.exchange)(&w.v) + both;
                let found = relative * space.density(&v.v);
                let what = format!("{} {spec:?} d={D}: {found} for {expected}", set.name);
                assert!((found / expected - 1.0).abs() < 1e-9, "{what}");
                assert!(floor <= relative && relative <= bound, "{what}: {floor} {bound}");
            }
        }
    }
}

#[test]
fn kernels_are_the_equations_in_every_dimension() {
    kernels_are_the_equations::<1>();
    kernels_are_the_equations::<2>();
    kernels_are_the_equations::<3>();
}

/// Cells that start at `v0` and turn by `spec`, after a time in which about half of them turn: counts by bin, and of those
/// that kept their velocity, against the law of `judged_by`.
fn turned<const D: usize>(
    set: Set,
    spec: Spec,
    judged_by: Spec,
    v0: Vector<D>,
    (way, seed): (Way, u64),
) -> Verdict {
    let signal = LinearSignal { offset: OFFSET, gradient: gradient::<D>(spec.slope()) };
    let (floor, bound) = spec.bounds::<D>(&set, EPSILON, OFFSET);
    let duration = 0.5 * EPSILON * EPSILON;
    let landed = with_kernel!(spec.kernel::<D>(&set, EPSILON), k => {
        let (grid, epsilon, replicates) = (pinned(), EPSILON, 16);
        let kernel = &k;
        Flight { kernel, set, signal, grid, epsilon, duration, bound, floor, replicates, seed, way }
            .at_velocity(v0)
    });
    let cells = landed.unwrap_or_else(|e| panic!("{spec:?}: {e}"));
    let bins = match judged_by.remembers() {
        true => Bins::new(set, &signal.gradient, 2, 4).remembering(),
        false => Bins::new(set, &signal.gradient, 3, 8),
    };
    let (kept, mut shares) =
        Truth::on(bins, &set, &judged_by, EPSILON, OFFSET, signal.gradient).velocity(&v0, duration);
    let mut seen = vec![0; bins.len() + 1];
    for v in &cells.v {
        seen[if *v == v0 { bins.len() } else { bins.of(v) }] += 1;
    }
    // On {±s} a cell may turn to where it was going.
    let same =
        if D == 1 && set.is_sphere() { std::mem::take(&mut shares[bins.of(&v0)]) } else { 0.0 };
    shares.push(kept + same);
    counts(&format!("{} {spec:?} {way:?} d={D} from {v0:?}", set.name), &seen, &shares)
}

fn turns_follow_the_kernel<const D: usize>() {
    let mut verdicts = Vec::new();
    for (i, (set, spec)) in cases().into_iter().enumerate() {
        for (j, cosine) in [0.8, -0.5].into_iter().enumerate() {
            for (k, way) in WAYS.into_iter().enumerate() {
                let seed = (10_000 * D + 10 * i + 3 * j + k) as u64;
                verdicts.push(turned::<D>(set, spec, spec, velocity(&set, cosine), (way, seed)));
            }
        }
    }
    verdicts_of::<D>("velocity after a turn", &verdicts);
}

#[test]
fn turns_follow_the_kernel_1d() {
    turns_follow_the_kernel::<1>();
}

#[test]
fn turns_follow_the_kernel_2d() {
    turns_follow_the_kernel::<2>();
}

#[test]
fn turns_follow_the_kernel_3d() {
    turns_follow_the_kernel::<3>();
}

/// The same judge refuses a kernel that differs only in what the new direction, or only in what the rate answers to.
#[test]
fn turns_by_another_kernel_are_refused() {
    let local = |a_mu, b_mu| Spec::Local { lambda: Lambda::Constant, a_mu, b_mu };
    let psi = Family::Saturating;
    let nonlocal = |plus, minus| Spec::NonLocal { plus, minus, psi };
    for (spec, judged_by) in [
        (local(1.2, 0.3), local(0.3, 1.2)),
        (local(1.6, 0.0), local(0.0, 1.6)),
        (nonlocal(1.0, 0.0), nonlocal(0.0, 1.0)),
        (nonlocal(0.9, 0.3), nonlocal(0.3, 0.9)),
        (Spec::Typed(Text::Path), Spec::Typed(Text::Remote)),
        (Spec::Isotropic(Memory::Given), local(0.5, 0.4)),
    ] {
        for set in [SPHERE, SHELL] {
            let verdict = turned::<2>(set, spec, judged_by, velocity(&set, 0.8), (Way::Found, 3));
            println!("{spec:?} judged by {judged_by:?}: {}", verdict.seen);
            assert!(judge(&[verdict]).is_err());
        }
    }
}

/// The time of the first turn, over many short steps, is exponential with rate λ_ε(v)/ε².
fn first_turns<const D: usize>(set: Set, spec: Spec, cosine: f64) -> Verdict {
    let signal = LinearSignal { offset: OFFSET, gradient: gradient::<D>(spec.slope()) };
    let v0 = velocity::<D>(&set, cosine);
    let rate =
        Truth::new(&set, &spec, EPSILON, OFFSET, signal.gradient).rate(&v0) / EPSILON.powi(2);
    let duration = 0.07 / rate;
    let (floor, bound) = spec.bounds::<D>(&set, EPSILON, OFFSET);
    let (positions, velocities) = (vec![[0.0; D]; 4 * BLOCK], vec![v0; 4 * BLOCK]);
    let mut cells = Population::new(positions, velocities, 1.0);
    let mut first = vec![None; cells.len()];
    const STEPS: u64 = 60;
    for number in 0..STEPS {
        with_kernel!(spec.kernel::<D>(&set, EPSILON), k => {
            let step = Step {
                kernel: &k,
                signal: &signal,
                space: &set.space(),
                walk: &FreeWalk::new(&set.space()),
                grid: &pinned(),
                scaling: Scaling::parabolic(EPSILON),
                duration,
                method: Method::Exact,
                hop: f64::INFINITY,
                envelopes: Envelopes::uniform(bound, floor),
                refuse_negative: true,
                antithetic: false,
            };
            advance(&mut cells, &step, Streams::new(17, D as u64), number).unwrap();
        });
        for (first, v) in first.iter_mut().zip(cells.velocities.iter()) {
            if first.is_none() && v != v0 {
                *first = Some(number);
            }
        }
    }
    // Where in its step a turn fell is drawn, so that P(time ≤ that) is uniform.
    let before = |steps: u64| -(-rate * duration * steps as f64).exp_m1();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let uniform: Vec<f64> = (first.iter())
        .map(|first| {
            let (from, to) = first.map_or((before(STEPS), 1.0), |n| (before(n), before(n + 1)));
            from + (to - from) * rng.random::<f64>()
        })
        .collect();
    let what = format!("{} {spec:?} d={D} cosine {cosine}: first turn", set.name);
    follows(&what, &uniform, &|u: f64| u.clamp(0.0, 1.0))
}

#[test]
fn times_between_turns_are_exponential() {
    let mut verdicts = Vec::new();
    let nonlocal = |plus, minus, psi| Spec::NonLocal { plus, minus, psi };
    for spec in [
        Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 },
        Spec::Local { lambda: Lambda::OfBoth, a_mu: 0.0, b_mu: 1.3 },
        nonlocal(0.0, 1.0, Family::Saturating),
        nonlocal(0.7, 0.6, Family::SeparableOfSignal),
    ] {
        for cosine in [0.9, -0.9] {
            verdicts.push(first_turns::<1>(SHELL, spec, cosine));
            verdicts.push(first_turns::<2>(SPHERE, spec, cosine));
            verdicts.push(first_turns::<3>(BALL, spec, cosine));
        }
    }
    verdicts_of::<0>("time of a turn", &verdicts);
}

/// A mirrored cell repeats the draws of its neighbour with proposals −v, and follows the same law.
fn antithetic_cells(set: Set) {
    let spec = Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 };
    let signal = LinearSignal { offset: OFFSET, gradient: gradient::<2>(spec.slope()) };
    let (v0, duration) = (velocity::<2>(&set, 0.8), 0.5 * EPSILON * EPSILON);
    let (floor, bound) = spec.bounds::<2>(&set, EPSILON, OFFSET);
    let (positions, velocities) = (vec![[0.0; 2]; 24 * BLOCK], vec![v0; 24 * BLOCK]);
    let mut cells = Population::new(positions, velocities, 1.0);
    with_kernel!(spec.kernel::<2>(&set, EPSILON), k => {
        let step = Step {
            kernel: &k,
            signal: &signal,
            space: &set.space(),
            walk: &FreeWalk::new(&set.space()),
            grid: &whole_space(),
            scaling: Scaling::parabolic(EPSILON),
            duration,
            method: Method::Exact,
            hop: f64::INFINITY,
            envelopes: Envelopes::uniform(bound, floor),
            refuse_negative: true,
            antithetic: true,
        };
        advance(&mut cells, &step, Streams::new(4, 0), 0).unwrap();
    });
    let bins = Bins::new(set, &signal.gradient, 3, 8);
    let (kept, mut shares) =
        Truth::on(bins, &set, &spec, EPSILON, OFFSET, signal.gradient).velocity(&v0, duration);
    shares.push(kept);
    for parity in [0, 1] {
        let mut seen = vec![0; bins.len() + 1];
        for v in cells.velocities.iter().skip(parity).step_by(2) {
            seen[if v == v0 { bins.len() } else { bins.of(&v) }] += 1;
        }
        assert_eq!(judge(&[counts(&format!("parity {parity}"), &seen, &shares)]), Ok(()));
    }
}

#[test]
fn antithetic_cells_follow_the_same_law() {
    for set in [SPHERE, SHELL, BALL_F] {
        antithetic_cells(set);
    }
}

/// Flat where x < 0, steep beyond.
struct Ramp;

impl Sense<1> for Ramp {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<1>) -> f64 {
        3.0 * x[0].max(0.0)
    }

    fn value_and_gradient(&self, x: &Vector<1>) -> (f64, Vector<1>) {
        (self.value(x), [if x[0] < 0.0 { 0.0 } else { 3.0 }])
    }

    fn bounds(&self) -> Bounds<1> {
        Bounds::new(0.0, 6.0, 3.0)
    }
}

/// Cells on the flat, but for one on the ramp, where T/F is 1 + 4.8ε(v − w): 7.24 from −1.3 to 1.3, −5.24 back.
fn one_on_the_ramp(bound: f64, floor: f64, refuse_negative: bool) -> Result<Tally, MotionError> {
    on_the_ramp(bound, floor, refuse_negative, -1.3)
}

/// The same, where that cell starts at the velocity `v`.
fn on_the_ramp(
    bound: f64,
    floor: f64,
    refuse_negative: bool,
    v: f64,
) -> Result<Tally, MotionError> {
    let constant = Quantity::Constant;
    let space = SPHERE.space::<1>();
    let kernel = Local::new(constant(1.0), constant(0.8), constant(0.8), space.clone(), EPSILON);
    let mut positions = vec![[-1.0]; 2 * BLOCK];
    positions[ODD_ONE] = [1.0];
    let mut velocities = vec![[-1.3]; 2 * BLOCK];
    velocities[ODD_ONE] = [v];
    let mut cells = Population::new(positions, velocities, 1.0);
    let step = Step {
        kernel: &kernel,
        signal: &Ramp,
        space: &space,
        walk: &FreeWalk::new(&space),
        grid: &whole_space(),
        scaling: Scaling::parabolic(EPSILON),
        // Too short to come to the ramp or to leave it, and some candidates long.
        duration: 0.3,
        method: Method::Exact,
        hop: f64::INFINITY,
        envelopes: Envelopes::uniform(bound, floor),
        refuse_negative,
        antithetic: false,
    };
    advance(&mut cells, &step, Streams::new(21, 7), 5)
}

const ODD_ONE: usize = 3000;

#[test]
fn a_rate_above_its_bound_names_its_cell() {
    let error = one_on_the_ramp(4.0, 0.0, false).unwrap_err();
    let MotionError::AboveBound { cell, replicate, step, rate, bound, ref at } = error else {
        panic!("{error}");
    };
    assert_eq!((cell, replicate, step), (ODD_ONE, 7, 5));
    // With its room for round-off.
    assert!((0.0..1e-8).contains(&(bound / 4.0 - 1.0)), "{bound}");
    assert!(rate > 4.0 && at[0] > 0.0);
    assert!(error.to_string().starts_with("cell 3000 of replicate 7 at step 5: T/F = "));
    // Replayed, it is the same.
    assert_eq!(one_on_the_ramp(4.0, 0.0, false).unwrap_err(), error);
}

#[test]
fn a_bound_below_the_floor_is_no_bound() {
    // On the flat T/F = 1: a bound of ½ would halve the rate of turning of every cell.
    let error = one_on_the_ramp(0.5, 1.0, false).unwrap_err();
    assert!(matches!(error, MotionError::AboveBound { .. }), "{error}");
}

/// Every cell is looked at once, and T/F against its bound at every candidate.
#[test]
fn what_is_looked_at_is_counted() {
    let high = 7.24 * (1.0 + 1e-9);
    let tally = on_the_ramp(high, 0.0, false, 1.3).unwrap();
    let seen = tally.invariants;
    assert_eq!(seen.cells, 2 * BLOCK as u64);
    assert!(seen.looks > 0 && seen.steepest > 0.1 && seen.steepest <= 1.0, "{seen:?}");
}

#[test]
fn a_negative_rate_is_refused_or_counted() {
    let high = 7.24 * (1.0 + 1e-9);
    let error = one_on_the_ramp(high, 0.0, true).unwrap_err();
    let MotionError::Negative { cell, rate, .. } = error else { panic!("{error}") };
    assert!(cell == ODD_ONE && rate < 0.0);
    let tally = one_on_the_ramp(high, 0.0, false).unwrap();
    assert!(tally.negative > 0 && tally.negative < 30, "{tally:?}");
    assert_eq!(tally.cell_steps, 2 * BLOCK as u64);
}
