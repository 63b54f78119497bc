//! Whole walks against exact moments and against tumble-by-tumble simulation.
//!
//! 15 velocity spaces, 5 expected numbers of tumbles, 10 tests each: 750 tests, each with a false
//! alarm of 1.2·10⁻⁷, together below 10⁻⁴. From 6·10⁴ walks a test of moments misses a relative
//! error of a mean below about 2%, and the test of Kolmogorov and Smirnov one of a distribution
//! function below 0.02, below 0.09 where tumbles are dear to simulate. Tables, sums and transforms
//! are held to much less in the tests beside this one.

use super::super::pieces::Pieces;
use super::super::{FreeWalk, Outcome};
use super::exact::moments;
use super::spaces;
use crate::rng::{Purpose, Stream, Streams};
use crate::vector::{Vector, add_scaled, dot, norm};
use crate::velocity::VelocitySpace;
use rand::RngExt;

/// √(ln(2/α)/2) and the normal quantile for α = 1.2·10⁻⁷.
const KOLMOGOROV: f64 = 2.89;
const NORMAL: f64 = 5.3;
const WALKS: usize = 60_000;
const TUMBLES: [f64; 5] = [0.1, 1.0, 5.0, 30.0, 1000.0];

/// Mean velocity and last velocity, tumble by tumble.
fn simulate<const D: usize>(
    space: &VelocitySpace<D>,
    start: &Vector<D>,
    tumbles: f64,
    rng: &mut Stream,
) -> (Vector<D>, Vector<D>) {
    let (mut v, mut mean, mut time) = (*start, [0.0; D], 0.0);
    while time < 1.0 {
        let next = f64::min(1.0, time - (1.0 - rng.random::<f64>()).ln() / tumbles);
        mean = add_scaled(&mean, next - time, &v);
        time = next;
        if time < 1.0 {
            v = space.sample(rng);
        }
    }
    (mean, v)
}

/// Two-sample distance times √(nm/(n+m)).
fn kolmogorov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    // Both have atoms, equal up to round-off.
    for x in a.iter_mut().chain(b.iter_mut()) {
        *x = (*x * 1e10).round();
    }
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut worst) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        worst = worst.max((i as f64 / n - j as f64 / m).abs());
    }
    worst * (n * m / (n + m)).sqrt()
}

/// Distance of the mean of `values` from `exact` in standard errors.
fn deviation(values: impl Iterator<Item = f64>, exact: f64) -> f64 {
    let (mut n, mut sum, mut square) = (0.0, 0.0, 0.0);
    for x in values.map(|x| x - exact) {
        n += 1.0;
        sum += x;
        square += x * x;
    }
    let mean: f64 = sum / n;
    mean.abs() / ((square / n - mean * mean).max(0.0) / n).sqrt().max(1e-13)
}

/// E X·v, E|X|², E X·w, E|w|² and P(tumbled) of the walk from v, w its last velocity.
fn exact_moments<const D: usize>(space: &VelocitySpace<D>, v: &Vector<D>, t: f64) -> [f64; 5] {
    let stays = (-t).exp();
    let share = (1.0 - stays) / t;
    let (mean, square) = (space.mean_square_f(), dot(v, v));
    let extra = square - mean;
    [
        square * share,
        2.0 * (mean * (1.0 - share) + extra * (share - stays)) / t,
        mean * share + extra * stays,
        mean + extra * stays,
        1.0 - stays,
    ]
}

/// E|X|⁴ from a velocity of F: the Poisson mean of E|Z|⁴ over numbers of flights.
fn fourth_moment<const D: usize>(space: &VelocitySpace<D>, t: f64) -> f64 {
    let mut log = -t;
    (0..(t + 12.0 * t.sqrt() + 30.0) as usize)
        .map(|n| {
            log += if n > 0 { (t / n as f64).ln() } else { 0.0 };
            log.exp() * moments(space, n as f64 + 1.0)[1]
        })
        .sum()
}

fn whole_walks<const D: usize>(
    draw: impl Fn(&FreeWalk<D>, &mut Vector<D>, f64, &mut Stream) -> Outcome<D>,
) {
    for (i, space) in spaces::<D>().into_iter().enumerate() {
        let walk = FreeWalk::new(&space);
        let speed = if i == 0 { 1.3 } else { 1.1 };
        let start = [speed / (D as f64).sqrt(); D];
        for (j, t) in TUMBLES.into_iter().enumerate() {
            let mut rng = Streams::new(23, D as u64).stream(Purpose::Motion, i as u64, j as u64);
            let name = format!("d = {D}, space {i}, {t} tumbles");
            let mut last = vec![start; WALKS];
            let outcomes: Vec<Outcome<D>> =
                last.iter_mut().map(|v| draw(&walk, v, t, &mut rng)).collect();
            let walks = || outcomes.iter().map(|o| o.mean_velocity).zip(last.iter().copied());
            check_moments(&space, &start, t, &name, &outcomes, &last);

            let dear = if space.is_uniform() { 1.0 } else { 8.0 };
            let n = WALKS.min((1e7 / (t * dear)) as usize);
            let simulated: Vec<_> = (0..n).map(|_| simulate(&space, &start, t, &mut rng)).collect();
            let measures: [fn(&Vector<D>, &Vector<D>, &Vector<D>) -> f64; 4] =
                [|x, _, _| norm(x), |x, _, v| dot(x, v), |x, w, _| dot(x, w), |_, w, v| dot(w, v)];
            for (m, measure) in measures.into_iter().enumerate() {
                let a = walks().map(|(x, w)| measure(&x, &w, &start)).collect();
                let b = simulated.iter().map(|(x, w)| measure(x, w, &start)).collect();
                let distance = kolmogorov(a, b);
                assert!(distance < KOLMOGOROV, "{name}, measure {m}: {distance}");
            }
            let fresh = (0..WALKS).map(|_| {
                let mut v = space.sample(&mut rng);
                let x = draw(&walk, &mut v, t, &mut rng).mean_velocity;
                dot(&x, &x).powi(2)
            });
            let off = deviation(fresh, fourth_moment(&space, t));
            assert!(off < NORMAL, "{name}, fourth moment: {off}");
        }
    }
}

fn check_moments<const D: usize>(
    space: &VelocitySpace<D>,
    start: &Vector<D>,
    t: f64,
    name: &str,
    outcomes: &[Outcome<D>],
    last: &[Vector<D>],
) {
    let exact = exact_moments(space, start, t);
    let measures: [fn(&Outcome<D>, &Vector<D>, &Vector<D>) -> f64; 5] = [
        |o, _, v| dot(&o.mean_velocity, v),
        |o, _, _| dot(&o.mean_velocity, &o.mean_velocity),
        |o, w, _| dot(&o.mean_velocity, w),
        |_, w, _| dot(w, w),
        |o, _, _| f64::from(u8::from(o.tumbled)),
    ];
    for (m, (measure, exact)) in measures.into_iter().zip(exact).enumerate() {
        let values = outcomes.iter().zip(last).map(|(o, w)| measure(o, w, start));
        // Rare outcomes: P(no tumble) = e^{−30} is not seen, and then the variance is zero too.
        let off = if m == 4 && t > 20.0 { 0.0 } else { deviation(values, exact) };
        assert!(off < NORMAL, "{name}, moment {m}: {off}");
    }
}

/// Sums in two and three pieces: E|Z|² and E|Z|⁴ of 10⁶ draws, 18 tests with a false alarm of
/// 1.2·10⁻⁷ each. Misses relative errors of E|Z|² below 0.8% for d = 1 and 0.5% for d = 3; pieces of
/// fixed duration would make one of 0.8% at 127 flights.
fn sums<const D: usize>() {
    let space = &spaces::<D>()[1];
    let pieces = Pieces::new(space);
    for flights in [70, 127, 63 * 65 + (3 << 12)] {
        let mut rng = Streams::new(6, flights).stream(Purpose::Motion, D as u64, 0);
        let squares: Vec<f64> = (0..1_000_000)
            .map(|_| {
                let (path, time) = pieces.sum(space, flights, &mut rng);
                dot(&path, &path) / (time * time)
            })
            .collect();
        let [second, fourth, _] = moments(space, flights as f64);
        let off = deviation(squares.iter().copied(), second);
        assert!(off < NORMAL, "d = {D}, {flights} flights, second moment: {off}");
        let off = deviation(squares.iter().map(|x| x * x), fourth);
        assert!(off < NORMAL, "d = {D}, {flights} flights, fourth moment: {off}");
    }
}

#[test]
fn sums_of_pieces() {
    sums::<1>();
    sums::<2>();
    sums::<3>();
}

#[test]
fn line() {
    whole_walks::<1>(|walk, v, t, rng| walk.skip(v, t, rng));
}

#[test]
fn plane() {
    whole_walks::<2>(|walk, v, t, rng| walk.skip(v, t, rng));
}

#[test]
fn space() {
    whole_walks::<3>(|walk, v, t, rng| walk.skip(v, t, rng));
}

/// The public call, which takes few tumbles one by one, and two threads that share the tables.
#[test]
fn one_by_one_and_in_parallel() {
    let space = &spaces::<3>()[2];
    let walk = FreeWalk::new(space);
    for t in [0.0, 0.3, 4.0] {
        let start = [0.6, 0.0, -0.6];
        let mut rng = Streams::new(3, 0).stream(Purpose::Motion, 0, 0);
        let mut last = vec![start; WALKS];
        let outcomes: Vec<_> = last.iter_mut().map(|v| walk.outcome(v, t, &mut rng)).collect();
        if t == 0.0 {
            assert!(outcomes.iter().all(|o| !o.tumbled && o.mean_velocity == start));
        } else {
            check_moments(space, &start, t, "one by one", &outcomes, &last);
        }
    }
    let sum = || {
        let mut rng = Streams::new(4, 0).stream(Purpose::Motion, 0, 0);
        let mut v = [0.6, 0.0, -0.6];
        (0..3000).map(|i| walk.advance(&mut v, i as f64, &mut rng)[0]).sum::<f64>()
    };
    let sums = std::thread::scope(|s| [s.spawn(sum), s.spawn(sum)].map(|t| t.join().unwrap()));
    assert_eq!(sums[0], sums[1]);
}
