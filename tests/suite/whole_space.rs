//! The field of the whole space against closed forms and Fourier integrals, and beside the
//! second-order method of Hockney.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::grid::Grid;
use kinetaxis::model::Model;
use kinetaxis::quadrature::gauss_legendre;
use kinetaxis::signal::equation;
use kinetaxis::simulation::Simulation;
use kinetaxis::spectral::Spectral;
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

/// Mass of the Gaussian, and where it is.
const MASS: f64 = 7.0;
const CENTER: [f64; 3] = [0.4, -0.3, 0.2];

fn experiment(dimension: usize, edges: &[f64], grid: &[usize], signal: &str) -> Experiment {
    let lower: Vec<f64> = edges.iter().map(|edge| -0.5 * edge).collect();
    let upper: Vec<f64> = edges.iter().map(|edge| 0.5 * edge).collect();
    let text = format!(
        "dimension = {dimension}\nepsilon = 0.1\n[domain]\nlower = {lower:?}\nupper = {upper:?}\n\
         grid = {grid:?}\nboundary = \"open\"\n[kernel]\nmodel = \"local\"\na = 1\n[signal]\n{signal}\n\
         [cells]\ncount = 1\nmass = {MASS}\n[cells.density]\nshape = \"point\"\n[time]\nend = 1\nstep = 1\n"
    );
    read(&text, "test.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment
}

/// A Gaussian of this width at [`CENTER`].
fn gaussian<const D: usize>(width: f64, x: &[f64; D]) -> f64 {
    let square: f64 = (0..D).map(|a| (x[a] - CENTER[a]).powi(2)).sum();
    MASS * (-0.5 * square / (width * width)).exp() / (2.0 * PI * width * width).powf(D as f64 / 2.0)
}

/// Distance from [`CENTER`].
fn distance<const D: usize>(x: &[f64; D]) -> f64 {
    (0..D).map(|a| (x[a] - CENTER[a]).powi(2)).sum::<f64>().sqrt()
}

/// E₁(x): its series, or its continued fraction by Lentz's method.
fn exponential_integral(x: f64) -> f64 {
    if x < 1.5 {
        let (mut term, mut sum) = (1.0, 0.0);
        for k in 1..60 {
            term *= -x / f64::from(k);
            sum -= term / f64::from(k);
        }
        return sum - 0.577_215_664_901_532_9 - x.ln();
    }
    let mut fraction = 0.0;
    for k in (1..200).rev() {
        let k = f64::from(k);
        fraction = k / (1.0 + k / (x + fraction));
    }
    (-x).exp() / (x + fraction)
}

/// S of the Gaussian without decay, in closed form.
fn newtonian(dimension: usize, width: f64, r: f64) -> f64 {
    let erf = libm::erf;
    match dimension {
        1 => {
            let z = r / (2.0_f64.sqrt() * width);
            -0.5 * MASS * (r * erf(z) + width * (2.0 / PI).sqrt() * (-z * z).exp())
        }
        2 => {
            let x = 0.5 * (r / width).powi(2);
            -MASS / (2.0 * PI) * (r.ln() + 0.5 * exponential_integral(x))
        }
        _ => MASS * erf(r / (2.0_f64.sqrt() * width)) / (4.0 * PI * r),
    }
}

/// S of the Gaussian with decay κ², as the inverse transform of its product with 1/(k² + κ²).
fn screened(dimension: usize, width: f64, kappa: f64, r: f64) -> f64 {
    // Panels that shrink towards 0, where the factor has its peak, and even ones beyond.
    let step = 0.1 / width;
    let graded = (0..40).map(|i| step * 0.5_f64.powi(i)).map(|k| (0.5 * k, k));
    let even = (1..90).map(|i| step * f64::from(i)).map(|k| (k, k + step));
    let rule: Vec<_> = graded.chain(even).flat_map(|(a, b)| gauss_legendre(16, a, b)).collect();
    let measure = |k: f64| match dimension {
        1 => (k * r).cos() / PI,
        2 => libm::j0(k * r) * k / (2.0 * PI),
        _ => (k * r).sin() / r * k / (2.0 * PI * PI),
    };
    let density = |k: f64| MASS * (-0.5 * (k * width).powi(2)).exp();
    rule.iter().map(|(k, w)| w * density(*k) * measure(*k) / (k * k + kappa * kappa)).sum()
}

/// Largest error of S over the largest |S|, at some 500 nodes all over the box.
fn error<const D: usize>(e: &Experiment, width: f64, exact: impl Fn(f64) -> f64) -> f64 {
    let spectral = Spectral::<D>::new(&Grid::from_domain(&e.domain));
    let density = spectral.forward(&spectral.grid().sample(|x| gaussian(width, x)));
    let s = spectral
        .inverse(&equation::<D>(&e.signals[0].equation, &e.domain).initial(&spectral, &density));
    let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
    // A step prime to the edges of the grids: in the end it comes to every row.
    let every = (e.domain.grid.iter().product::<usize>() / 500 + 1) | 1;
    for (i, x) in spectral.grid().window_nodes().step_by(every) {
        let want = exact(distance(&x));
        worst = worst.max((s[i] - want).abs());
        largest = largest.max(want.abs());
    }
    worst / largest
}

/// A Gaussian three cells wide, off the centre of boxes that are no cubes: every value in the box
/// is the Newtonian potential, its constant included, to 10⁻⁶ and far better.
#[test]
fn newtonian_potentials_of_a_gaussian_of_three_cells() {
    let signal = "equation = \"elliptic\"";
    let width = 3.0 / 8.0;
    let line = experiment(1, &[8.0], &[64], signal);
    let plane = experiment(2, &[8.0, 10.0], &[64, 80], signal);
    let space = experiment(3, &[7.0, 7.0, 8.0], &[56, 56, 64], signal);
    let errors = [
        error::<1>(&line, width, |r| newtonian(1, width, r)),
        error::<2>(&plane, width, |r| newtonian(2, width, r)),
        error::<3>(&space, width, |r| newtonian(3, width, r)),
    ];
    println!("relative errors in 1, 2, 3 dimensions: {errors:?}");
    assert!(errors.iter().all(|e| *e < 1e-9), "{errors:?}");
}

/// With decay, from much slower to much faster than across the box, where the padding shrinks.
#[test]
fn screened_potentials_in_one_two_and_three_dimensions() {
    for decay in [1e-3, 0.5, 40.0_f64] {
        let (kappa, width) = ((decay / 2.0).sqrt(), 0.5);
        let signal =
            format!("equation = \"elliptic\"\ndiffusion = 2\nproduction = 3\ndecay = {decay}");
        let exact = |d: usize| move |r: f64| 1.5 * screened(d, width, kappa, r);
        let line = experiment(1, &[12.0], &[64], &signal);
        let plane = experiment(2, &[12.0, 10.0], &[64, 56], &signal);
        let errors = [error::<1>(&line, width, exact(1)), error::<2>(&plane, width, exact(2))];
        assert!(errors.iter().all(|e| *e < 1e-9), "{decay}: {errors:?}");
        let space = experiment(3, &[9.0; 3], &[48; 3], &signal);
        let error = error::<3>(&space, width, exact(3));
        assert!(error < 1e-9, "{decay}: {error}");
    }
}

/// Hockney's method in the plane at the nodes along one row: the sum over nodes of ρ times the
/// kernel, or its mean over the cell at distance zero.
fn hockney(spacing: f64, width: f64) -> f64 {
    let n = (8.0 / spacing).round() as i64;
    let node = |i: i64| (i - n / 2) as f64 * spacing;
    // The mean of ln r over a square of edge h is ln h − ln(2)/2 − 3/2 + π/4.
    let mean = -(spacing.ln() - 0.5 * 2.0_f64.ln() - 1.5 + 0.25 * PI) / (2.0 * PI);
    let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
    for i in (0..n).step_by((n / 16) as usize) {
        let x = [node(i), node(n / 2)];
        let mut sum = 0.0;
        for j in 0..n {
            for k in 0..n {
                let y = [node(j), node(k)];
                let r = (x[0] - y[0]).hypot(x[1] - y[1]);
                let kernel = if r == 0.0 { mean } else { -r.ln() / (2.0 * PI) };
                sum += spacing * spacing * kernel * gaussian(width, &y);
            }
        }
        let want = newtonian(2, width, distance(&x));
        worst = worst.max((sum - want).abs());
        largest = largest.max(want.abs());
    }
    worst / largest
}

/// Halving the spacing divides the error of Hockney's method by four; here the error goes from that
/// of ρ, which the coarsest grid resolves to some 10⁻⁵, to round-off.
#[test]
fn spectral_order_beside_the_second_order_of_hockney() {
    let width = 0.4;
    let (mut ours, mut second) = (Vec::new(), Vec::new());
    for n in [32, 64, 128] {
        let e = experiment(2, &[8.0; 2], &[n; 2], "equation = \"elliptic\"");
        ours.push(error::<2>(&e, width, |r| newtonian(2, width, r)));
        second.push(hockney(8.0 / n as f64, width));
    }
    println!("truncated kernel {ours:?}, Hockney {second:?}");
    for pair in second.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((1.8..2.2).contains(&order), "{order} {second:?}");
    }
    assert!(ours[0] < 1e-4 && ours[1] < 1e-11 && ours[2] < 1e-12, "{ours:?}");
}

/// ∇S at any place is that of the spline, third order in value and second in slope, of a field that
/// is exact at the nodes.
#[test]
fn the_gradient_is_that_of_newton() {
    let (e, width) = (experiment(2, &[8.0; 2], &[64; 2], "equation = \"elliptic\""), 0.5);
    let spectral = Spectral::<2>::new(&Grid::from_domain(&e.domain));
    let density = spectral.forward(&spectral.grid().sample(|x| gaussian(width, x)));
    let s = equation::<2>(&e.signals[0].equation, &e.domain).initial(&spectral, &density);
    let slope = spectral.derivative(0, &s);
    for (i, x) in spectral.grid().window_nodes() {
        let r = distance(&x);
        let want = -MASS * -(-0.5 * (r / width).powi(2)).exp_m1() / (2.0 * PI * r * r);
        assert!((slope[i] - want * (x[0] - CENTER[0])).abs() < 1e-8, "{x:?}");
    }
}

/// δ∂tS = D_SΔS + αρ − βS with a density that rests: S is ∫₀ᵗ of spreading, decaying Gaussians, and
/// what S(x, 0) has become.
#[test]
fn parabolic_signals_in_one_two_and_three_dimensions() {
    let (delta, diffusion, decay, end, width) = (0.5_f64, 0.3, 0.8, 0.7, 0.5);
    let exact = |d: f64, at_start: f64, r: f64| {
        let gauss = |square: f64| (-0.5 * r * r / square).exp() / (2.0 * PI * square).powf(0.5 * d);
        let at = |s: f64| width * width + 2.0 * diffusion / delta * s;
        let fed: f64 = (gauss_legendre(40, 0.0, end).iter())
            .map(|(s, w)| w * 2.0 / delta * MASS * (-decay / delta * s).exp() * gauss(at(*s)))
            .sum();
        fed + at_start * MASS * (-decay / delta * end).exp() * gauss(at(end))
    };
    fn check<const D: usize>(edge: f64, n: usize, text: &str, exact: impl Fn(f64) -> f64) {
        let e = experiment(D, &[edge; D], &[n; D], text);
        let spectral = Spectral::<D>::new(&Grid::from_domain(&e.domain));
        let density = spectral.forward(&spectral.grid().sample(|x| gaussian(0.5, x)));
        let (equation, mut s) = (equation::<D>(&e.signals[0].equation, &e.domain), Vec::new());
        let start = equation.initial(&spectral, &density);
        let none = vec![0.0; density.len()];
        equation.advance(&spectral, &start, [&density, &none], [0.0, 0.7], &mut s);
        let (s, largest) = (spectral.inverse(&s), exact(0.1));
        for (i, x) in spectral.grid().window_nodes() {
            let (got, want) = (s[i], exact(distance(&x)));
            assert!((got - want).abs() < 1e-9 * largest, "{D}: {got} {want} at {x:?}");
        }
    }
    let law = format!(
        "equation = \"parabolic\"\ndelta = {delta}\ndiffusion = {diffusion}\nproduction = 2\n\
         decay = {decay}\n"
    );
    check::<1>(10.0, 64, &law, |r| exact(1.0, 0.0, r));
    check::<3>(8.0, 40, &law, |r| exact(3.0, 0.0, r));
    // S(x, 0) is ρ itself.
    let bell = format!(
        "initial = \"{MASS}/(2*PI*0.25)*exp(-2*((x - {})^2 + (y + {})^2))\"\n",
        CENTER[0], -CENTER[1]
    );
    check::<2>(10.0, 64, &(law + &bell), |r| exact(2.0, 1.0, r));
}

const FREE: &str = "dimension = 2\nepsilon = 0.5\n[domain]\nlower = -LOW\nupper = 6\ngrid = 32\n\
    boundary = \"open\"\n[kernel]\nmodel = \"local\"\nlambda = 0.5\n[cells]\ncount = 2000\n\
    [cells.density]\nshape = \"gaussian\"\nwidth = 1\ncenter = 0\n[time]\nend = 8\nstep = 0.1\n";

/// What is outside at t = 0 is told with the nearest box that would do, and that one does.
#[test]
fn mass_outside_the_box_is_refused_with_a_box_that_holds_it() {
    let model = |text: &str| {
        let e = read(text, "test.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
        Model::<2>::new(&e).map(drop).map_err(|e| e.to_string())
    };
    let refused = model(&FREE.replace("LOW", "3")).expect_err("a tail beyond x = -3");
    // Two tails of P(x < −3) = 1.35e-3, of which the padding of the grid sees the near part.
    let outside = refused.strip_prefix("cells.density has at least ").unwrap();
    let outside: f64 = outside.split_once(' ').unwrap().0.parse().unwrap();
    assert!((1e-3..2.8e-3).contains(&outside), "{refused}");
    let (_, lower) = refused.split_once("domain.lower = ").unwrap();
    let (lower, upper) = lower.split_once(" and domain.upper = ").unwrap();
    let upper = &upper[..=upper.find(']').unwrap()];
    let good = FREE.replace("-LOW", lower).replace("upper = 6", &format!("upper = {upper}"));
    assert_eq!(model(&good), Ok(()), "{good}");
    assert_eq!(model(&FREE.replace("LOW", "6")), Ok(()));
}

/// Cells fly on through the faces, with the second moment of the free walk, 2 + 4t − …, and stop the
/// run when too many are outside. P(|x| > 6 or |y| > 6) of a Gaussian is 0.1% at a variance of 3.3 along
/// each axis, that is near t = 1.3; far beyond and far before cannot be.
#[test]
fn a_leak_is_counted_and_stops_the_run() {
    let run = |text: &str| {
        let e = read(text, "test.toml", &[]).unwrap().experiment;
        let model = Model::<2>::new(&e).unwrap();
        let mut simulation = Simulation::new(&model, 0).unwrap();
        let result = simulation.run(&AtomicBool::new(false), &|_| {}, |_| {});
        let cells = &simulation.state().first().cells.positions;
        let outside = model.grid().outside(cells.iter()).0;
        let beyond = |x: &[f64; 2]| x.iter().any(|x| !(-6.0..6.0).contains(x));
        assert_eq!(outside, cells.iter().filter(beyond).count() as u64);
        (result.map_err(|e| e.to_string()), simulation.state().clone(), outside)
    };
    // Without a signal one step leads to the output: ask for many.
    let times: Vec<f64> = (1..=80).map(|i| 0.1 * f64::from(i)).collect();
    let text = FREE.replace("LOW", "6") + &format!("outputs = {times:?}\n");
    let (stopped, state, _) = run(&text);
    let message = stopped.expect_err("the colony outgrows its box");
    assert!(message.contains("domain.leak") && message.contains("cells fill ["), "{message}");
    assert!((0.3..3.0).contains(&state.time), "{message}");
    let (through, state, outside) = run(&text
        .replace("boundary", "leak = 1\nboundary")
        .replace("end = 8", "end = 2")
        .replace(&format!("outputs = {times:?}"), &format!("outputs = {:?}", &times[..20])));
    assert_eq!(through, Ok(()));
    assert!(outside > 0 && state.tally().outside >= outside && state.tally().outside < 2000 * 20);
}
