//! Cells without a signal: the closed laws of the free walk, in the whole space and in boxes.
//!
//! See [`crate::laboratory::verdict`] for the rate of false alarms and what `reach` means.

use crate::common::laws::{
    Component, FourD, Stadje, Telegraph, Walk, characteristic, integrate, mean_square_displacement,
};
use crate::common::stats::Law;
use crate::laboratory::flight::{Flight, Landed, WAYS, Way, cube, whole_space};
use crate::laboratory::sets::{BALL, BALL_F, SHELL, SHELL_F, SPHERE, Set, UNIFORM};
use crate::laboratory::verdict::{Verdict, counts, follows, judge, mean, same_law};
use kinetaxis::formula::Quantity;
use kinetaxis::grid::Boundary;
use kinetaxis::grid::Grid;
use kinetaxis::motion::Tally;
use kinetaxis::rng::Stream;
use kinetaxis::turning::{LinearSignal, Local};
use kinetaxis::vector::{Vector, dot, norm};
use rand::RngExt;

const LAMBDA: f64 = 1.3;
const EPSILON: f64 = 0.4;

/// ε²/λ: the mean time between redraws.
const MEMORY: f64 = EPSILON * EPSILON / LAMBDA;

/// A free walk of `replicates` times 2048 cells in `grid`.
#[derive(Clone)]
struct Free<const D: usize> {
    set: Set,
    grid: Grid<D>,
    epsilon: f64,
    time: f64,
    replicates: u64,
    seed: u64,
    /// Whether every candidate is looked at, as without a floor.
    looked_at: bool,
    way: Way,
}

impl<const D: usize> Free<D> {
    fn new(set: Set, time: f64, replicates: u64, seed: u64) -> Self {
        let (grid, epsilon) = (whole_space(), EPSILON);
        Self {
            set,
            grid,
            epsilon,
            time,
            replicates,
            seed,
            looked_at: seed.is_multiple_of(2),
            way: Way::Given,
        }
    }

    fn from(&self, start: impl Fn(&mut Stream) -> (Vector<D>, Vector<D>)) -> Landed<D> {
        let rate = Quantity::Constant;
        let space = self.set.space();
        let kernel = Local::new(rate(LAMBDA), rate(0.0), rate(0.0), space, self.epsilon);
        // A bound above the rate, so that not every candidate is a tumble.
        let flight = Flight {
            kernel: &kernel,
            set: self.set,
            signal: LinearSignal { offset: 0.0, gradient: [0.0; D] },
            grid: self.grid.clone(),
            epsilon: self.epsilon,
            duration: self.time,
            bound: 1.25 * LAMBDA,
            floor: if self.looked_at && self.way == Way::Given { 0.0 } else { LAMBDA },
            replicates: self.replicates,
            seed: self.seed,
            way: self.way,
        };
        flight.from(start).expect("a constant rate keeps its bound")
    }

    /// From one place.
    fn at(&self, x: Vector<D>) -> Landed<D> {
        let space = self.set.space::<D>();
        self.from(|rng| (x, space.sample(rng)))
    }
}

fn distances<const D: usize>(cells: &Landed<D>) -> Vec<f64> {
    cells.x.iter().map(norm).collect()
}

#[track_caller]
fn conclude(verdicts: &[Verdict]) {
    for v in verdicts {
        println!("{}: p = {:.2e}, reach {:.4}; {}", v.what, v.p, v.reach, v.seen);
    }
    if let Err(alarms) = judge(verdicts) {
        panic!("{alarms}");
    }
}

/// Mean square displacement, E x·v and the law of v at t = 0.2, 2 and 12 mean times between redraws.
fn second_moments<const D: usize>() {
    let mut verdicts = Vec::new();
    for (i, set) in [SPHERE, BALL, SHELL, BALL_F, SHELL_F].into_iter().enumerate() {
        let space = set.space::<D>();
        let m2 = space.mean_square_f();
        for (j, memories) in [0.2, 2.0, 12.0].into_iter().enumerate() {
            let time = memories * MEMORY;
            // Where few tumbles are expected in a hybrid step they come one by one.
            for way in [Way::Given, Way::Skips, Way::Hops(1), Way::Hops(2)] {
                let cells =
                    Free::<D> { way, ..Free::new(set, time, 32, (100 * D + 10 * i + j) as u64) }
                        .at([0.0; D]);
                let name = |what: &str| {
                    format!("{} {way:?} d={D} t={memories} memories: {what}", set.name)
                };
                let pairs = || cells.x.iter().zip(&cells.v);
                let of = |f: &dyn Fn(&Vector<D>, &Vector<D>) -> f64| -> Vec<f64> {
                    pairs().map(|(x, v)| f(x, v)).collect()
                };
                let displacement = mean_square_displacement(m2, LAMBDA, EPSILON, time);
                // ε d/dt E|x|²/2.
                let flux = EPSILON * m2 / LAMBDA * -(-memories).exp_m1();
                verdicts.extend([
                    mean(&name("|x|²"), &of(&|x, _| dot(x, x)), displacement),
                    mean(&name("x₁²"), &of(&|x, _| x[0] * x[0]), displacement / D as f64),
                    mean(&name("x_d²"), &of(&|x, _| x[D - 1].powi(2)), displacement / D as f64),
                    mean(&name("x·v"), &of(&dot), flux),
                    mean(&name("|v|²"), &of(&|_, v| dot(v, v)), m2),
                    mean(&name("v₁"), &of(&|_, v| v[0]), 0.0),
                    mean(&name("v₁²"), &of(&|_, v| v[0] * v[0]), m2 / D as f64),
                ]);
                if D > 1 {
                    verdicts.push(mean(&name("v₁v_d"), &of(&|_, v| v[0] * v[D - 1]), 0.0));
                    verdicts.push(mean(&name("x₁x_d"), &of(&|x, _| x[0] * x[D - 1]), 0.0));
                }
                if set.profile.is_none() && !set.is_sphere() {
                    let speeds: Vec<f64> = cells.v.iter().map(norm).collect();
                    verdicts.push(follows(&name("|v|"), &speeds, &|r: f64| set.speed_law::<D>(r)));
                }
            }
        }
    }
    conclude(&verdicts);
}

#[test]
fn moments_are_the_closed_ones_1d() {
    second_moments::<1>();
}

#[test]
fn moments_are_the_closed_ones_2d() {
    second_moments::<2>();
}

#[test]
fn moments_are_the_closed_ones_3d() {
    second_moments::<3>();
}

/// The crate's ⟨|v|²⟩_F, which the moments above take for granted, against moments of its own draws would be circular: here
/// it is held against an integral.
#[test]
fn mean_square_speeds_are_integrals() {
    fn check<const D: usize>() {
        for set in UNIFORM {
            let closed = set.speed_moment::<D>(2);
            assert!((set.space::<D>().mean_square_f() / closed - 1.0).abs() < 1e-12);
        }
        for set in [BALL_F, SHELL_F] {
            let profile = set.profile.unwrap().1;
            let power = |p: i32| {
                integrate(|r| r.powi(D as i32 - 1 + p) * profile(r), set.inner, set.outer, 4)
            };
            let expected = power(2) / power(0);
            assert!((set.space::<D>().mean_square_f() / expected - 1.0).abs() < 1e-9);
        }
    }
    check::<1>();
    check::<2>();
    check::<3>();
}

/// |x| in d = 2, V the disk: two coordinates of the walk in d = 4. A point of the sphere of radius R in ℝ⁴ has
/// P(x₁²+x₂² > r²) = 1 − r²/R², so P(|x| > r) = ∫_r^ct (2r²/R³)P(R₄ > R)dR + (r/ct)²·0 by parts.
struct Disk(Walk);

impl Law for Disk {
    fn cdf(&self, r: f64) -> f64 {
        let end = self.0.reach();
        if r <= 0.0 || r >= end {
            return f64::from(u8::from(r > 0.0));
        }
        // The atom of R₄ at ct is beyond every R < ct: P(R₄ > R) holds it. Substituting R = r/√u, 2r²/R³dR = −du.
        let beyond = |u: f64| 1.0 - FourD(self.0).cdf(r / u.sqrt());
        1.0 - integrate(beyond, (r / end).powi(2), 1.0, 6)
    }
}

/// |x| itself where its law is closed.
#[test]
fn distances_follow_closed_laws() {
    let mut verdicts = Vec::new();
    let times = [0.5, 3.0, 20.0].into_iter().enumerate();
    for ((i, memories), way) in times.flat_map(|t| WAYS.map(|way| (t, way))) {
        let time = memories * MEMORY;
        let walk = Walk::scaled(1.3, LAMBDA, EPSILON, time);
        let name = |what: &str| format!("{what} at {memories} memories, {way:?}");
        let seed = 700 + i as u64;
        let line = distances(&Free::<1> { way, ..Free::new(SPHERE, time, 16, seed) }.at([0.0]));
        verdicts.push(follows(&name("telegraph"), &line, &Telegraph(walk)));
        let circle =
            distances(&Free::<2> { way, ..Free::new(SPHERE, time, 48, seed) }.at([0.0; 2]));
        verdicts.push(follows(&name("Stadje"), &circle, &Stadje(walk)));
        let disk = distances(&Free::<2> { way, ..Free::new(BALL, time, 16, seed) }.at([0.0; 2]));
        verdicts.push(follows(&name("disk"), &disk, &Disk(walk)));
        // The wrong rate is out of reach of none of them.
        let wrong = Walk { rate: 1.1 * walk.rate, ..walk };
        if memories > 1.0 {
            assert!(judge(&[follows("rate up 10 %", &circle, &Stadje(wrong))]).is_err());
        }
    }
    conclude(&verdicts);
}

/// E cos k·x to second order in ε at k of order 1, in the two cases where the fourth moments are closed.
fn fourier_modes<const D: usize>() {
    let (epsilon, time) = (0.2_f64, 0.8);
    let mut verdicts = Vec::new();
    for (set, v) in [(SPHERE, Component::sphere(D, 1.3)), (BALL, Component::ball(D, 1.3))] {
        let walk = Free::<D> { epsilon, ..Free::new(set, time, 240, 40 + D as u64) };
        let cells = walk.at([0.0; D]);
        // Where Dk²t = ½: the correction is largest near there.
        let k = (0.5 * LAMBDA / (v.second * time)).sqrt();
        let direction: Vector<D> = crate::laboratory::kernels::gradient(k);
        let cosines: Vec<f64> = cells.x.iter().map(|x| dot(&direction, x).cos()).collect();
        let expected = characteristic(v, LAMBDA, epsilon, k, time);
        let verdict = mean(&format!("{} d={D}: E cos k·x", set.name), &cosines, expected);
        let first = characteristic(v, LAMBDA, 0.0, k, time);
        let correction = expected / first - 1.0;
        println!("{}: correction {correction:.4}, p {:.1e}", verdict.what, verdict.p);
        println!("reach {:.4}; {}", verdict.reach, verdict.seen);
        if D == 1 && set.is_sphere() {
            // The telegraph process has a closed one: what is left out is far below the reach.
            let (half, c) = (0.5 * LAMBDA / epsilon.powi(2), 1.3 / epsilon);
            let root = (half * half - (k * c).powi(2)).sqrt();
            let (sinh, cosh) = ((root * time).sinh(), (root * time).cosh());
            let exact = (-half * time).exp() * (cosh + half / root * sinh);
            assert!((exact / expected - 1.0).abs() < 0.1 * verdict.reach, "{exact} {expected}");
        }
        // Without its correction the law is refused.
        assert!(judge(&[mean("without correction", &cosines, first)]).is_err());
        verdicts.push(verdict);
    }
    conclude(&verdicts);
}

#[test]
fn fourier_modes_have_their_second_order() {
    fourier_modes::<1>();
    fourier_modes::<2>();
    fourier_modes::<3>();
}

/// Wraps or mirrors y = x − lower into [0, length): the triangle wave, by steps instead of remainders.
fn folded(mut y: f64, length: f64, boundary: Boundary) -> (f64, f64) {
    let mut sign = 1.0;
    while !(0.0..length).contains(&y) {
        match boundary {
            Boundary::Periodic if y < 0.0 => y += length,
            Boundary::Periodic => y -= length,
            Boundary::NoFlux if y < 0.0 => (y, sign) = (-y, -sign),
            Boundary::NoFlux => (y, sign) = (2.0 * length - y, -sign),
            Boundary::Open { .. } => unreachable!("the whole space has no faces"),
        }
    }
    (y, sign)
}

/// In a box the walk is the free one, folded: position, velocity and both together, axis by axis.
fn boxes<const D: usize>(boundary: Boundary) {
    let mut verdicts = Vec::new();
    let lower = -0.3;
    // A wide box in which some cells have not met a wall, and a narrow one that a flight crosses more than once.
    let sizes = [(0.9, 1.5), (0.25, 1.0)];
    let cases = sizes.iter().flat_map(|size| UNIFORM.into_iter().map(move |set| (set, *size)));
    let cases = cases
        .enumerate()
        .flat_map(|case| [Way::Given, Way::Skips, Way::Hops(1)].map(|way| (case, way)));
    for ((i, (set, (length, memories))), way) in cases {
        let time = memories * MEMORY;
        let seed = 300 + i as u64;
        let confined = Free::<D> {
            grid: cube(lower, lower + length, boundary),
            way,
            ..Free::new(set, time, 24, seed)
        };
        let start = [lower + 0.2 * length; D];
        let (there, here) =
            (Free::<D>::new(set, time, 24, seed + 50).at(start), confined.at(start));
        for a in 0..D {
            let name = |what: &str| {
                format!("{} {way:?} d={D} {boundary:?} {length} axis {a}: {what}", set.name)
            };
            let image: Vec<(f64, f64)> = (there.x.iter().zip(&there.v))
                .map(|(x, v)| {
                    let (y, sign) = folded(x[a] - lower, length, boundary);
                    (lower + y, sign * v[a])
                })
                .collect();
            let actual: Vec<(f64, f64)> =
                here.x.iter().zip(&here.v).map(|(x, v)| (x[a], v[a])).collect();
            assert!(actual.iter().all(|(x, _)| (lower..lower + length).contains(x)));
            let of =
                |z: &[(f64, f64)], f: fn(&(f64, f64)) -> f64| z.iter().map(f).collect::<Vec<_>>();
            for (what, f) in [
                ("x", (|z| z.0) as fn(&(f64, f64)) -> f64),
                ("v", |z| z.1),
                ("x + v/3", |z| z.0 + z.1 / 3.0),
                ("xv", |z| z.0 * z.1),
            ] {
                verdicts.push(same_law(&name(what), &of(&actual, f), &of(&image, f)));
            }
        }
        // A uniform density stays uniform, and its velocities F.
        let space = set.space::<D>();
        let uniform = confined.from(|rng| {
            (std::array::from_fn(|_| lower + length * rng.random::<f64>()), space.sample(rng))
        });
        for a in 0..D {
            let x: Vec<f64> = uniform.x.iter().map(|x| (x[a] - lower) / length).collect();
            let name = |what: &str| {
                format!("{} {way:?} d={D} {boundary:?} {length} axis {a}: {what}", set.name)
            };
            verdicts.push(follows(&name("uniform"), &x, &|x: f64| x.clamp(0.0, 1.0)));
            let v: Vec<f64> = uniform.v.iter().map(|v| v[a] * v[a]).collect();
            verdicts.push(mean(&name("v²"), &v, set.speed_moment::<D>(2) / D as f64));
        }
        let mut cubes = vec![0; 6_usize.pow(D as u32)];
        for x in &uniform.x {
            let cell = x.iter().fold(0, |i, x| 6 * i + (6.0 * (x - lower) / length) as usize);
            cubes[cell] += 1;
        }
        let share = vec![1.0 / cubes.len() as f64; cubes.len()];
        verdicts.push(counts(
            &format!("{} {way:?} d={D} {boundary:?} {length}: cubes", set.name),
            &cubes,
            &share,
        ));
    }
    let least = verdicts.iter().map(|v| v.p).fold(1.0, f64::min);
    println!("d={D} {boundary:?}: {} verdicts, least p = {least:.1e}", verdicts.len());
    if let Err(alarms) = judge(&verdicts) {
        panic!("{alarms}");
    }
}

#[test]
fn boxes_fold_the_free_walk() {
    for boundary in [Boundary::Periodic, Boundary::NoFlux] {
        boxes::<1>(boundary);
        boxes::<2>(boundary);
        boxes::<3>(boundary);
    }
}

/// A wall that lets cells out on the other side is told from one that reflects.
#[test]
fn the_wrong_boundary_is_refused() {
    let start = [0.1];
    let at = |boundary, seed| {
        let free = Free::<1>::new(BALL, 1.5 * MEMORY, 24, seed);
        let cells = Free { grid: cube(0.0, 0.9, boundary), ..free }.at(start);
        cells.x.iter().map(|x| x[0]).collect::<Vec<f64>>()
    };
    let (wrapped, mirrored) = (at(Boundary::Periodic, 1), at(Boundary::NoFlux, 2));
    assert!(judge(&[same_law("wrong boundary", &wrapped, &mirrored)]).is_err());
    assert!(judge(&[same_law("same boundary", &mirrored, &at(Boundary::NoFlux, 3))]).is_ok());
}

/// The floor spares looks at the signal and changes nothing else: every cell ends at the same bits.
#[test]
fn the_floor_changes_no_bit() {
    let walk = Free::<2>::new(SHELL, 8.0 * MEMORY, 4, 9);
    let (looking, sparing) = (
        Free { looked_at: true, ..walk.clone() }.at([0.0; 2]),
        Free { looked_at: false, ..walk }.at([0.0; 2]),
    );
    assert!(looking.x == sparing.x && looking.v == sparing.v);
    // What is not looked at is not checked either.
    let happened = |tally: &Tally| Tally { invariants: Default::default(), ..*tally };
    let of = |all: &[Tally]| all.iter().map(happened).collect::<Vec<_>>();
    assert_eq!(of(&looking.tallies), of(&sparing.tallies));
}
