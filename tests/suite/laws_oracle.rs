//! The closed laws of the free walk agree with one another, with other derivations, and with a walk made by hand.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use crate::common::laws::{
    Component, FourD, Stadje, Telegraph, Walk, bessel_i_scaled, bessel_j, characteristic,
    integrate, mean_square_displacement,
};
use crate::common::stats::{ALARM, Law, kolmogorov_smirnov, score};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

const S: f64 = 1.3;
const LAMBDA: f64 = 0.7;
const TIME: f64 = 0.9;
const EPS: [f64; 5] = [2.0, 0.8, 0.4, 0.1, 0.03];

type Make = fn(Walk) -> Box<dyn Radial>;

/// A law with its dimension.
trait Radial: Law {
    fn dim(&self) -> usize;
}

impl Radial for Telegraph {
    fn dim(&self) -> usize {
        1
    }
}

impl Radial for Stadje {
    fn dim(&self) -> usize {
        2
    }
}

impl Radial for FourD {
    fn dim(&self) -> usize {
        4
    }
}

const LAWS: [Make; 3] =
    [|w| Box::new(Telegraph(w)), |w| Box::new(Stadje(w)), |w| Box::new(FourD(w))];

/// ∫ over (0, ct) of f(r)P(|x| > r)dr, in the angle r = ct sin φ where all of these laws are smooth.
fn against_tail(law: &dyn Radial, walk: &Walk, f: impl Fn(f64) -> f64) -> f64 {
    let reach = walk.reach();
    let integrand = |phi: f64| {
        let r = reach * phi.sin();
        f(r) * (1.0 - law.cdf(r)) * reach * phi.cos()
    };
    integrate(integrand, 0.0, FRAC_PI_2, 60)
}

#[test]
fn laws_rise_from_nothing_to_one() {
    for (eps, make) in EPS.into_iter().flat_map(|e| LAWS.map(|m| (e, m))) {
        let walk = Walk::scaled(S, LAMBDA, eps, TIME);
        let law = make(walk);
        let [(place, mass)] = law.atoms()[..] else { panic!("one atom") };
        assert_eq!(place, walk.reach());
        assert!(law.cdf(-1e-9) == 0.0 && law.cdf(0.0) == 0.0);
        assert!(law.cdf(place) == 1.0 && law.cdf(2.0 * place) == 1.0);
        let values: Vec<f64> = (0..=1000).map(|i| law.cdf(place * f64::from(i) / 1000.0)).collect();
        assert!(values.windows(2).all(|w| w[1] >= w[0] - 1e-14), "d = {}, ε = {eps}", law.dim());
        // Up to its atom the law is continuous. The gap closes like a square root in d = 2, so step in the angle.
        let before = law.cdf(place * (FRAC_PI_2 - 1e-7).sin());
        assert!(
            (before + mass - 1.0).abs() < 1e-4 * mass + 1e-11,
            "d = {}, ε = {eps}: {before} + {mass}",
            law.dim()
        );
    }
}

#[test]
fn second_moments_are_the_mean_square_displacement() {
    for (eps, make) in EPS.into_iter().flat_map(|e| LAWS.map(|m| (e, m))) {
        let walk = Walk::scaled(S, LAMBDA, eps, TIME);
        let law = make(walk);
        let moment = against_tail(law.as_ref(), &walk, |r| 2.0 * r);
        let wanted = mean_square_displacement(S * S, LAMBDA, eps, TIME);
        assert!(
            (moment / wanted - 1.0).abs() < 1e-8,
            "d = {}, ε = {eps}: {moment} for {wanted}",
            law.dim()
        );
        // Planted: flips at the rate of redraws, or ε lost from the memory.
        let wrong = make(Walk { rate: 2.0 * walk.rate, ..walk });
        assert!((against_tail(wrong.as_ref(), &walk, |r| 2.0 * r) / wanted - 1.0).abs() > 1e-3);
        assert!((mean_square_displacement(S * S, LAMBDA, 1.0, TIME) / wanted - 1.0).abs() > 1e-3);
    }
}

/// Another derivation: given n flips, the share of time spent forwards is a Beta variable.
#[test]
fn telegraph_is_a_poisson_mixture_of_betas() {
    for eps in EPS {
        let walk = Walk::scaled(S, LAMBDA, eps, TIME);
        let flips = 0.5 * walk.rate * TIME;
        let weight = |n: usize| (n as f64 * flips.ln() - flips - ln_gamma(n as f64 + 1.0)).exp();
        for share in [0.02, 0.1, 0.3, 0.7, 0.95] {
            // n flips cut [0, t] into n+1 exchangeable pieces; ⌈(n+1)/2⌉ go one way. |2B−1| ≤ share is symmetric in B.
            let given = |n: usize| {
                let (a, b) = (n.div_ceil(2) as f64, (n / 2 + 1) as f64);
                beta_reg(a, b, 0.5 * (1.0 + share)) - beta_reg(a, b, 0.5 * (1.0 - share))
            };
            let most = (flips + 12.0 * flips.sqrt() + 40.0) as usize;
            let mixture: f64 = (1..most).map(|n| weight(n) * given(n)).sum();
            let law = Telegraph(walk).cdf(share * walk.reach());
            assert!(
                (law - mixture).abs() < 1e-10,
                "ε = {eps}, |x| ≤ {share}ct: {law} for {mixture}"
            );
        }
    }
}

/// E e^{ik·x} from a radial law: E φ(k|x|) = 1 + ∫ kφ'(kr)P(|x| > r)dr, φ the mean of e^{iu·e} over directions e.
fn characteristic_of(law: &dyn Radial, walk: &Walk, k: f64) -> f64 {
    let slope = |u: f64| match law.dim() {
        1 => -u.sin(),
        2 => -bessel_j(1, u),
        // φ = 2J₁(u)/u.
        4 => {
            if u < 1e-3 {
                -u / 4.0
            } else {
                -2.0 * bessel_j(2, u) / u
            }
        }
        d => unreachable!("no closed law in d = {d}"),
    };
    1.0 + against_tail(law, walk, |r| k * slope(k * r))
}

#[test]
fn characteristic_function_is_right_to_second_order() {
    let (lambda, k, t) = (1.1, 1.7, 0.8);
    for make in LAWS {
        let error = |eps: f64, tilt: f64| {
            let walk = Walk::scaled(S, lambda, eps, t);
            let law = make(walk);
            let mut v = Component::sphere(law.dim(), S);
            v.fourth *= tilt;
            characteristic_of(law.as_ref(), &walk, k) - characteristic(v, lambda, eps, k, t)
        };
        let order = |tilt: f64| (error(0.08, tilt) / error(0.04, tilt)).abs().log2();
        println!(
            "d = {}: order {} ({:e})",
            make(Walk::scaled(S, 1.0, 1.0, t)).dim(),
            order(1.0),
            error(0.04, 1.0)
        );
        // In d = 4, E v₁⁴ = 2(E v₁²)² and nothing is left beyond the second order.
        let exact = error(0.04, 1.0).abs() < 1e-13 && error(0.08, 1.0).abs() < 1e-13;
        assert!(exact || (order(1.0) - 4.0).abs() < 0.2, "{}", order(1.0));
        // Planted: E v₁⁴ too large by 5% leaves an error of second order.
        assert!(order(1.05) < 2.5, "{}", order(1.05));
    }
}

#[test]
fn telegraph_characteristic_function_is_closed() {
    for eps in [0.8, 0.4, 0.1] {
        let (walk, k) = (Walk::scaled(S, LAMBDA, eps, TIME), 0.9);
        let (nu, root) = (0.5 * walk.rate, 0.25 * walk.rate.powi(2) - (walk.speed * k).powi(2));
        let (even, odd) = if root > 0.0 {
            let w = root.sqrt();
            ((w * TIME).cosh(), (w * TIME).sinh() / w)
        } else {
            let w = (-root).sqrt();
            ((w * TIME).cos(), (w * TIME).sin() / w)
        };
        let wanted = (-nu * TIME).exp() * (even + nu * odd);
        let law = characteristic_of(&Telegraph(walk), &walk, k);
        assert!((law - wanted).abs() < 1e-10, "ε = {eps}: {law} for {wanted}");
    }
}

#[test]
fn moments_of_a_component() {
    // The disk is the shadow of the sphere in four dimensions.
    let (disk, sphere) = (Component::ball(2, S), Component::sphere(4, S));
    assert!(
        (disk.second - sphere.second).abs() < 1e-15 && (disk.fourth - sphere.fourth).abs() < 1e-15
    );
    // The circle, by quadrature over the angle.
    let mean = |p: i32| integrate(|a| (S * f64::cos(a)).powi(p), 0.0, TAU, 4) / TAU;
    let circle = Component::sphere(2, S);
    assert!((mean(2) - circle.second).abs() < 1e-13 && (mean(4) - circle.fourth).abs() < 1e-13);
    // The ball in three dimensions, by quadrature over the radius of spheres.
    let shell = |f: fn(Component) -> f64| {
        integrate(|r| f(Component::sphere(3, r)) * 3.0 * r * r, 0.0, S, 1) / S.powi(3)
    };
    let ball = Component::ball(3, S);
    assert!(
        (shell(|c| c.second) - ball.second).abs() < 1e-13
            && (shell(|c| c.fourth) - ball.fourth).abs() < 1e-13
    );
}

#[test]
fn bessel_functions_are_their_integrals() {
    for z in [0.0, 0.01, 1.0, 7.0, 29.99, 30.0, 200.0, 3000.0] {
        let integral = |n: f64| {
            let f = |a: f64| (-2.0 * z * (0.5 * a).sin().powi(2)).exp() * (n * a).cos();
            integrate(f, 0.0, PI, 100) / PI
        };
        let (i0, i1) = bessel_i_scaled(z);
        assert!(
            (i0 - integral(0.0)).abs() < 1e-13 * i0 && (i1 - integral(1.0)).abs() < 1e-13 * i0,
            "{z}"
        );
    }
    // Abramowitz & Stegun, table 9.1.
    for (n, u, value) in
        [(0, 1.0, 0.7651976865579666), (1, 2.0, 0.5767248077568734), (2, 5.0, 0.0465651162777522)]
    {
        assert!((bessel_j(n, u) - value).abs() < 1e-14, "J{n}({u})");
    }
}

/// A walk made by hand, flight by flight, in d = 1, 2, 4. Returns the first coordinate and the distance.
fn stroll(
    stream: &mut Xoshiro256PlusPlus,
    d: usize,
    walk: &Walk,
    flips_always: bool,
) -> (f64, f64) {
    let (mut x, mut left, mut direction) = ([0.0; 4], walk.time, direction(stream, d));
    while left > 0.0 {
        let flight = (-(1.0 - stream.random::<f64>()).ln() / walk.rate).min(left);
        (0..4).for_each(|i| x[i] += walk.speed * flight * direction[i]);
        left -= flight;
        direction = if flips_always { direction.map(|v| -v) } else { self::direction(stream, d) };
    }
    (x[0], x.iter().map(|x| x * x).sum::<f64>().sqrt())
}

/// Uniform on the sphere: ±1, an angle, or a Gaussian made by Box and Muller's method and put to length 1.
fn direction(stream: &mut Xoshiro256PlusPlus, d: usize) -> [f64; 4] {
    let mut pair = || {
        let (radius, angle) =
            ((-2.0 * (1.0 - stream.random::<f64>()).ln()).sqrt(), TAU * stream.random::<f64>());
        (radius * angle.cos(), radius * angle.sin())
    };
    let ((a, b), (c, d)) = match d {
        1 => ((pair().0, 0.0), (0.0, 0.0)),
        2 => (pair(), (0.0, 0.0)),
        _ => (pair(), pair()),
    };
    let length = (a * a + b * b + c * c + d * d).sqrt();
    [a, b, c, d].map(|v| v / length)
}

#[test]
fn a_walk_made_by_hand_follows_the_laws() {
    const CELLS: usize = 40_000;
    for (eps, make) in [0.8, 0.3].into_iter().flat_map(|e| LAWS.map(|m| (e, m))) {
        let walk = Walk::scaled(S, LAMBDA, eps, TIME);
        let law = make(walk);
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(law.dim() as u64);
        let cells: Vec<(f64, f64)> =
            (0..CELLS).map(|_| stroll(&mut stream, law.dim(), &walk, false)).collect();
        let distance: Vec<f64> = cells.iter().map(|c| c.1).collect();
        let what = format!("d = {}, ε = {eps}", law.dim());
        let verdict = kolmogorov_smirnov(&distance, law.as_ref());
        println!("{what}: {verdict:?}");
        verdict.assert_plausible(&what);
        let squares: Vec<f64> = distance.iter().map(|r| r * r).collect();
        score(&squares, mean_square_displacement(S * S, LAMBDA, eps, TIME)).assert_plausible(&what);
        let waves: Vec<f64> = cells.iter().map(|c| (0.9 * c.0).cos()).collect();
        score(&waves, characteristic_of(law.as_ref(), &walk, 0.9)).assert_plausible(&what);

        // Planted: a turn that always reverses, and a rate too large by a quarter.
        let reversed: Vec<f64> =
            (0..CELLS).map(|_| stroll(&mut stream, law.dim(), &walk, true).1).collect();
        assert!(kolmogorov_smirnov(&reversed, law.as_ref()).p < ALARM, "{what}: reversals pass");
        let hasty = Walk { rate: 1.25 * walk.rate, ..walk };
        let hasty: Vec<f64> =
            (0..CELLS).map(|_| stroll(&mut stream, law.dim(), &hasty, false).1).collect();
        assert!(
            kolmogorov_smirnov(&hasty, law.as_ref()).p < ALARM,
            "{what}: a rate off by a quarter passes"
        );
    }
}
