//! Drift and diffusion of every kernel on every set of velocities, in d = 1, 2, 3.
//!
//! Three things must agree: the closed forms of D and χ; the integral equations (CMPS 21, 22), solved on nodes; and cells.
//! Cells are held against the exact law at their ε ([`laboratory::truth`]), and that law against D and χ as ε → 0.
//! See [`laboratory::verdict`] for the rate of false alarms and what `reach` means.

mod common;
mod laboratory;

use common::laws::Component;
use kinetaxis::limit::quadrature::{Transport, transport};
use kinetaxis::turning::{Coefficients, LinearSignal, TurningKernel};
use kinetaxis::vector::norm;
use kinetaxis::with_kernel;
use laboratory::flight::{Flight, pinned, whole_space};
use laboratory::kernels::{
    Lambda, Spec, gradient, specs_of_signal, uniform_specs, weighted_specs,
};
use laboratory::sets::{SPHERE, BALL, Set, UNIFORM, WEIGHTED, frame};
use laboratory::truth::Truth;
use laboratory::verdict::{self, LEVEL, Verdict, judge};

/// ε of the cells.
const EPSILON: f64 = 0.5;

/// Every kernel on every set that it allows.
fn cases(of_signal: bool) -> Vec<(Set, Spec)> {
    let on = |sets: &[Set], specs: Vec<Spec>| -> Vec<(Set, Spec)> {
        specs.iter().flat_map(|k| sets.iter().map(|v| (*v, *k))).collect()
    };
    if of_signal {
        let local = specs_of_signal().into_iter().take(1).collect();
        return [on(&UNIFORM, specs_of_signal()), on(&WEIGHTED, local)].concat();
    }
    [on(&UNIFORM, uniform_specs()), on(&WEIGHTED, weighted_specs())].concat()
}

/// The closed forms against the integral equations, to a relative 10⁻⁹.
fn check_coefficients<const D: usize>(
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
            if (found - expected).abs() > 1e-9 * scale.0 {
                return Err(format!("D[{a}][{b}] = {found}, in closed form {expected}"));
            }
        }
        let expected = closed.sensitivity * norm(&signal.gradient) * e[0][a];
        if (solved.drift[a] - expected).abs() > 1e-9 * scale.1 {
            return Err(format!("Γ[{a}] = {}, in closed form {expected}", solved.drift[a]));
        }
    }
    Ok(())
}

fn closed_forms_solve_the_integral_equations<const D: usize>() {
    for (set, spec) in [cases(false), cases(true)].concat() {
        let g = gradient::<D>(spec.slope());
        for offset in if cases(true).contains(&(set, spec)) { vec![-0.3, 0.4] } else { vec![0.4] } {
            let signal = LinearSignal { offset, gradient: g };
            let solved = transport(|eps| spec.kernel::<D>(&set, eps), &set.space(), &signal);
            let closed = spec.kernel::<D>(&set, 1.0).coefficients(offset, norm(&g));
            let checked = check_coefficients(closed, &solved, &signal);
            assert_eq!(checked, Ok(()), "{} {spec:?} d={D}", set.name);
        }
    }
}
