//! Drift and diffusion of every kernel on every set of velocities, in d = 1, 2, 3.
//!
//! Three things must agree: the closed forms of D and χ; the integral equations (CMPS 21, 22), solved on nodes; and cells.
//! Cells are held against the exact law at their ε ([`crate::laboratory::truth`]), and that law against D and χ as ε → 0.
//! See [`crate::laboratory::verdict`] for the rate of false alarms and what `reach` means.

use crate::common::laws::Component;
use crate::laboratory::flight::{WAYS, Way};
use crate::laboratory::kernels::{
    Family, Lambda, Memory, Spec, gradient, remembering_specs, specs_of_signal, typed_specs,
    uniform_specs, weighted_specs,
};
use crate::laboratory::motion::{Motion, OFFSET};
use crate::laboratory::sets::{BALL, BALL_F, SHELL, SPHERE, Set, UNIFORM, WEIGHTED, frame};
use crate::laboratory::truth::{Moments, Truth};
use crate::laboratory::verdict::{LEVEL, Verdict, judge};
use kinetaxis::limit::quadrature::{Transport, transport};
use kinetaxis::turning::{Coefficients, LinearSignal, TurningKernel};
use kinetaxis::vector::norm;
use kinetaxis::with_kernel;

/// ε of the cells.
const EPSILON: f64 = 0.5;

/// Every kernel on every set that it allows.
fn cases(of_signal: bool) -> Vec<(Set, Spec)> {
    let on = |sets: &[Set], specs: Vec<Spec>| -> Vec<(Set, Spec)> {
        specs.iter().flat_map(|k| sets.iter().map(|v| (*v, *k))).collect()
    };
    if of_signal {
        let local = specs_of_signal().into_iter().take(1).collect();
        let typed = specs_of_signal().into_iter().skip(3).collect();
        let shared = specs_of_signal().into_iter().take(3).collect();
        return [on(&UNIFORM, shared), on(&WEIGHTED, local), on(&[SPHERE, BALL_F], typed)].concat();
    }
    let remembering = [
        on(&[SPHERE], remembering_specs(true)),
        on(&[BALL, SHELL], remembering_specs(false)),
        on(&WEIGHTED, remembering_specs(false)),
        on(&[SPHERE, BALL_F], typed_specs()),
    ];
    let others = [on(&UNIFORM, uniform_specs()), on(&WEIGHTED, weighted_specs())];
    [others.concat(), remembering.concat()].concat()
}

/// The closed forms against the integral equations, to a relative 10⁻¹⁰.
fn check_coefficients<const D: usize>(
    closed: Coefficients,
    solved: &Transport<D>,
    signal: &LinearSignal<D>,
) -> Result<(), String> {
    check_to(1e-10, closed, solved, signal)
}

/// The same to another relative error.
fn check_to<const D: usize>(
    tolerance: f64,
    closed: Coefficients,
    solved: &Transport<D>,
    signal: &LinearSignal<D>,
) -> Result<(), String> {
    let e = frame(&signal.gradient);
    let scale = (closed.diffusivity.abs(), closed.sensitivity.abs() * norm(&signal.gradient));
    for a in 0..D {
        for b in 0..D {
            let expected = if a == b { closed.diffusivity } else { 0.0 };
            let found = solved.diffusivity[a][b];
            if (found - expected).abs() > tolerance * scale.0 {
                return Err(format!("D[{a}][{b}] = {found}, in closed form {expected}"));
            }
        }
        let expected = closed.sensitivity * norm(&signal.gradient) * e[0][a];
        if (solved.drift[a] - expected).abs() > tolerance * scale.1 {
            return Err(format!("Γ[{a}] = {}, in closed form {expected}", solved.drift[a]));
        }
    }
    Ok(())
}

/// The integral equations for `spec`, where S = `offset`.
fn solved<const D: usize>(set: &Set, spec: &Spec, signal: &LinearSignal<D>) -> Transport<D> {
    with_kernel!(spec.kernel::<D>(set, 1.0), k => {
        transport(|epsilon| k.with_epsilon(epsilon), &set.space(), signal)
    })
}

fn closed_forms_solve_the_integral_equations<const D: usize>() {
    let places = [(cases(false), vec![0.4]), (cases(true), vec![-0.3, 0.4])];
    for (cases, offsets) in places {
        for ((set, spec), offset) in cases.iter().flat_map(|c| offsets.iter().map(move |s| (c, *s)))
        {
            let signal = LinearSignal { offset, gradient: gradient::<D>(spec.slope()) };
            let closed = spec.kernel::<D>(set, 1.0).coefficients(offset, spec.slope());
            // Those of an expression are interpolated, with an error of 10⁻¹⁰ of their own.
            let tolerance = if matches!(spec, Spec::Typed(_)) { 1e-9 } else { 1e-10 };
            let checked = check_to(tolerance, closed, &solved(set, spec, &signal), &signal);
            assert_eq!(checked, Ok(()), "{} {spec:?} d={D}", set.name);
        }
    }
}

#[test]
fn closed_forms_solve_the_integral_equations_1d() {
    closed_forms_solve_the_integral_equations::<1>();
}

#[test]
fn closed_forms_solve_the_integral_equations_2d() {
    closed_forms_solve_the_integral_equations::<2>();
}

#[test]
fn closed_forms_solve_the_integral_equations_3d() {
    closed_forms_solve_the_integral_equations::<3>();
}

/// A closed form with a factor lost is refused.
#[test]
fn a_wrong_closed_form_is_refused() {
    let (mu, m2, m2f) = {
        let space = BALL_F.space::<3>();
        (space.measure(), space.mean_square(), space.mean_square_f())
    };
    let spec = Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 };
    let signal = LinearSignal { offset: 0.4, gradient: gradient::<3>(0.6) };
    let solved = solved(&BALL_F, &spec, &signal);
    let right = spec.kernel::<3>(&BALL_F, 1.0).coefficients(0.4, 0.6);
    assert_eq!(check_coefficients(right, &solved, &signal), Ok(()));
    let (d, chi) = (right.diffusivity, right.sensitivity);
    let planted = [
        ("d lost in D", 3.0 * d, chi),
        ("d lost in χ", d, 3.0 * chi),
        ("μ lost", d, chi / mu),
        ("uniform mean square in D", d * m2 / m2f, chi),
        ("mean squares exchanged in χ", d, (0.7 * m2 + m2f) / (3.0 * 1.3)),
        ("b with the other sign", d, (m2 - 0.7 * m2f) / (3.0 * 1.3)),
        ("λ up 2 %", d / 1.02, chi / 1.02),
    ];
    for (what, diffusivity, sensitivity) in planted {
        let wrong = Coefficients { diffusivity, sensitivity };
        assert!(check_coefficients(wrong, &solved, &signal).is_err(), "{what} went unseen");
    }
}

/// So is one of a persistent turn that forgets what it remembers.
#[test]
fn a_wrong_persistence_is_refused() {
    let spec = Spec::Isotropic(Memory::Poisson);
    let signal = LinearSignal { offset: 0.4, gradient: gradient::<3>(0.6) };
    let solved = solved(&SPHERE, &spec, &signal);
    let right = spec.kernel::<3>(&SPHERE, 1.0).coefficients(0.4, 0.6);
    assert_eq!(check_coefficients(right, &solved, &signal), Ok(()));
    let (d, chi) = (right.diffusivity, right.sensitivity);
    let planted = [
        ("1 − g lost in D", 0.6 * d, chi),
        ("1 − g lost in χ", d, 0.6 * chi),
        ("1 − g² for 1 − g", d * 0.6 / 0.84, chi * 0.6 / 0.84),
        ("1 + g for 1 − g", d * 0.6 / 1.4, chi * 0.6 / 1.4),
        ("b alone", d, chi * 0.4 / 0.9),
    ];
    for (what, diffusivity, sensitivity) in planted {
        let wrong = Coefficients { diffusivity, sensitivity };
        assert!(check_coefficients(wrong, &solved, &signal).is_err(), "{what} went unseen");
    }
}

/// Drift and spread of the exact law at ε, ε/2: the distance from D and χ is O(ε²), and it vanishes.
fn exact_laws_tend_to_the_limit<const D: usize>() {
    for (set, spec) in [cases(false), cases(true)].concat() {
        let (slope, offset) = (spec.slope(), 0.4);
        let limit = spec.kernel::<D>(&set, 1.0).coefficients(offset, slope);
        // Relative errors of drift, D along and D across.
        let errors = |epsilon: f64| {
            let t = Truth::<D>::new(&set, &spec, epsilon, offset, gradient(slope));
            let drift = t.drift() / (limit.sensitivity * slope) - 1.0;
            [
                drift,
                t.spread(0) / limit.diffusivity - 1.0,
                t.spread(D - 1) / limit.diffusivity - 1.0,
            ]
        };
        let (epsilon, coarse, fine) = (0.05_f64, errors(0.05), errors(0.025));
        for (what, (c, f)) in ["drift", "D along", "D across"].iter().zip(coarse.iter().zip(&fine))
        {
            let what = format!("{} {spec:?} d={D}: {what}, {c:e} then {f:e}", set.name);
            assert!(c.abs() < 0.01, "{what}");
            // What is left of c − 4f is O(ε⁴); a first-order term of 10⁻³ would show.
            assert!((c - 4.0 * f).abs() < 10.0 * epsilon.powi(4), "{what}: not O(ε²)");
        }
    }
}

#[test]
fn exact_laws_tend_to_the_limit_in_every_dimension() {
    exact_laws_tend_to_the_limit::<1>();
    exact_laws_tend_to_the_limit::<2>();
    exact_laws_tend_to_the_limit::<3>();
}

/// The corrections of the local kernel that are known in closed form.
fn local_corrections<const D: usize>() {
    let epsilon = 0.2_f64;
    for (set, v) in [(SPHERE, Component::sphere(D, 1.3)), (BALL, Component::ball(D, 1.3))] {
        let truth = |a_mu, b_mu| {
            let spec = Spec::Local { lambda: Lambda::Constant, a_mu, b_mu };
            Truth::<D>::new(&set, &spec, epsilon, 0.0, gradient(0.6))
        };
        // χ|g|[ 1 + ε² b'² (m₄−m₂'²)|g|²/(m₂'λ²) + O(ε⁴) ]
        for (a_mu, b_mu) in [(0.0, 1.6), (1.0, 0.7)] {
            let chi = (a_mu + b_mu) * v.second / 1.3;
            let excess = truth(a_mu, b_mu).drift() / (chi * 0.6) - 1.0;
            let second =
                (epsilon * b_mu * 0.6 / 1.3).powi(2) * (v.fourth - v.second.powi(2)) / v.second;
            assert!((excess - second).abs() < 3.0 * second.powi(2) + 1e-12, "{excess} {second}");
            assert!(D == 1 && set.is_sphere() || excess > 1e-4);
        }
        // b = 0: χ|g|( t − (ε²/λ)(1−e^{−λt/ε²}) )
        let memory = epsilon.powi(2) / 1.3;
        for t in [0.3 * memory, 3.0 * memory, 1.0] {
            let expected = 1.6 * v.second / 1.3 * 0.6 * (t + memory * (-t / memory).exp_m1());
            let found = truth(1.6, 0.0).moments(t).mean;
            assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        }
    }
}

#[test]
fn the_exact_law_has_the_known_corrections() {
    local_corrections::<1>();
    local_corrections::<2>();
    local_corrections::<3>();
}

/// Prints the least sharp verdict of each kind, and fails if one is an alarm.
fn conclude(verdicts: &[Verdict]) {
    for kind in
        ["mean displacement", "its variance", "tumbles", "mean across", "spread across", "drift"]
    {
        let reach = verdicts.iter().filter(|v| v.what.ends_with(kind)).map(|v| v.reach);
        if let Some(reach) = reach.reduce(f64::max) {
            println!("{kind}: errors of {reach:.4} and more are caught");
        }
    }
    if let Err(alarms) = judge(verdicts) {
        panic!("{} verdicts, false alarm {LEVEL:e} each:\n{alarms}", verdicts.len());
    }
}

/// Some ten tumbles of 10⁵ cells at ε = ½, where the bias is nearly as strong as T ≥ 0 allows.
fn cells_follow_the_exact_law<const D: usize>() {
    let cases = cases(false);
    let verdicts: Vec<Verdict> =
        (cases.iter().flat_map(|case| WAYS.map(|way| (case, way))).enumerate())
            .flat_map(|(i, ((set, spec), way))| {
                let seed = 1000 * D as u64 + i as u64;
                let (set, spec) = (*set, *spec);
                let motion =
                    Motion { set, spec, epsilon: EPSILON, time: 2.0, replicates: 36, seed, way };
                with_kernel!(spec.kernel::<D>(&set, EPSILON), k => motion.check(&k))
            })
            .collect();
    conclude(&verdicts);
}

#[test]
fn cells_follow_the_exact_law_1d() {
    cells_follow_the_exact_law::<1>();
}

#[test]
fn cells_follow_the_exact_law_2d() {
    cells_follow_the_exact_law::<2>();
}

#[test]
fn cells_follow_the_exact_law_3d() {
    cells_follow_the_exact_law::<3>();
}

/// Kernels that answer to the value of S, for cells held where it has one value.
fn pinned_cells_follow_the_exact_law<const D: usize>() {
    let cases = cases(true);
    let verdicts: Vec<Verdict> =
        (cases.iter().flat_map(|case| WAYS.map(|way| (case, way))).enumerate())
            .flat_map(|(i, ((set, spec), way))| {
                let seed = 5000 + 1000 * D as u64 + i as u64;
                let (set, spec) = (*set, *spec);
                let motion =
                    Motion { set, spec, epsilon: EPSILON, time: 0.6, replicates: 24, seed, way };
                with_kernel!(spec.kernel::<D>(&set, EPSILON), k => motion.check_pinned(&k))
            })
            .collect();
    conclude(&verdicts);
}

#[test]
fn pinned_cells_follow_the_exact_law_in_every_dimension() {
    pinned_cells_follow_the_exact_law::<1>();
    pinned_cells_follow_the_exact_law::<2>();
    pinned_cells_follow_the_exact_law::<3>();
}

/// At ε = 0.1 over t = 1, cells against D and χ themselves: what ε adds is below a fifth of what is sure to be caught.
fn cells_near_the_limit<const D: usize>(set: Set, spec: Spec, way: Way) {
    let (epsilon, time, slope) = (0.1, 1.0, spec.slope());
    let motion = Motion { set, spec, epsilon, time, replicates: 16, seed: 77, way };
    let limit = spec.kernel::<D>(&set, epsilon).coefficients(OFFSET, slope);
    let layer =
        time - epsilon.powi(2) / spec.kernel::<D>(&set, epsilon).leading_rate(OFFSET, slope);
    let expected = Moments {
        mean: limit.sensitivity * slope * layer,
        variance: 2.0 * limit.diffusivity * layer,
        across: 2.0 * limit.diffusivity * layer,
        drift: limit.sensitivity * slope,
        tumbles: f64::NAN,
    };
    let exact = Truth::<D>::new(&set, &spec, epsilon, OFFSET, gradient(slope)).moments(time);
    let verdicts =
        with_kernel!(spec.kernel::<D>(&set, epsilon), k => motion.check_against(&k, &expected));
    for (v, (a, b)) in
        verdicts.iter().zip([(exact.mean, expected.mean), (exact.variance, expected.variance)])
    {
        println!("{}: reach {:.3}, ε adds {:.4}", v.what, v.reach, a / b - 1.0);
        assert!((a / b - 1.0).abs() < 0.2 * v.reach, "{}", v.what);
    }
    conclude(&verdicts);
}

#[test]
fn cells_have_the_drift_and_spread_of_the_limit() {
    for spec in [
        Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 },
        Spec::NonLocal { plus: 0.7, minus: 0.6, psi: Family::Saturating },
    ] {
        for way in WAYS {
            cells_near_the_limit::<1>(SHELL, spec, way);
            cells_near_the_limit::<2>(SPHERE, spec, way);
            cells_near_the_limit::<3>(BALL, spec, way);
        }
    }
}
