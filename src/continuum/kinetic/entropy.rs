//! The quadratic entropy H = ½∫∫f²/F dv dx and what becomes of it (CMPS Lemmas 1, 2).
//!
//! With g = f/F and the symmetric and antisymmetric part φ^S, φ^A of T_ε(v,v′)F(v′),
//!
//! dH/dt = −(1/2ε²)∫∫∫ φ^S (g − g′)² + (1/2ε²)∫∫∫ φ^A(v,v′) (g² − g′²)
//!
//! at every ε. The first is what is dissipated, the second what the signal produces: φ^A = 0 where T
//! keeps the detailed balance. Transport, periods and walls leave H as it is. As ∫φ^A(v,v′)dv′ is half
//! of −𝒯_ε(F), the second is ½∫∫g²(−𝒯_ε(F)/ε²), and both need nothing but the operator.

use super::ordinates::Ordinates;
use super::turns::Turns;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The entropy at one time, and what was dissipated and produced since t = 0.
///
/// `entropy + dissipated − produced` stays, up to the error of the time integrals by the trapezoidal
/// rule, O(Δt²).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entropy {
    /// t.
    pub time: f64,
    /// H.
    pub entropy: f64,
    /// What was dissipated: never falls.
    pub dissipated: f64,
    /// What was produced, of either sign.
    pub produced: f64,
}

/// The terms of dH/dt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// (1/2ε²)∫∫∫ φ^S (g − g′)².
    pub dissipation: f64,
    /// (1/2ε²)∫∫∫ φ^A (g² − g′²).
    pub production: f64,
}

/// ½ Σⱼ wⱼ/Fⱼ ∫fⱼ² dx, with a grid cell of volume `cell`.
pub fn entropy<const D: usize>(ordinates: &Ordinates<D>, f: &[Vec<f64>], cell: f64) -> f64 {
    let weight = |j: usize| ordinates.weights[j] / ordinates.equilibrium[j];
    let cell = ordinates.even.count() as f64 * cell;
    0.5 * cell * sum(f, |j| weight(j) * f[j].iter().map(|f| f * f).sum::<f64>())
}

/// The terms of dH/dt in a frozen signal, where rates are over `time`; `memory` is two arrays of the shape of f.
pub fn rates<const D: usize>(
    turns: &Turns,
    ordinates: &Ordinates<D>,
    (time, cell): (f64, f64),
    f: &[Vec<f64>],
    [balanced, rate]: [&mut [Vec<f64>]; 2],
) -> Rates {
    let (w, equilibrium) = (&ordinates.weights, &ordinates.equilibrium);
    let cell = ordinates.even.count() as f64 * cell;
    balanced.par_iter_mut().zip(equilibrium).for_each(|(b, share)| b.fill(*share));
    turns.apply(ordinates, time, balanced, rate);
    let squares = |j: usize| f[j].iter().zip(&rate[j]).map(|(f, r)| f * f * r).sum::<f64>();
    let production = 0.5 * cell * sum(f, |j| w[j] / (equilibrium[j] * equilibrium[j]) * squares(j));
    turns.apply(ordinates, time, f, rate);
    let products = |j: usize| f[j].iter().zip(&rate[j]).map(|(f, r)| f * r).sum::<f64>();
    let total = cell * sum(f, |j| w[j] / equilibrium[j] * products(j));
    Rates { dissipation: production - total, production }
}

/// Σⱼ of(j), in order.
fn sum(f: &[Vec<f64>], of: impl Fn(usize) -> f64 + Sync + Send) -> f64 {
    (0..f.len()).into_par_iter().map(of).collect::<Vec<f64>>().into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::{Formula, Quantity::Constant as c};
    use crate::grid::{Boundary, Grid};
    use crate::turning::{LinearSignal, Local, TurningKernel};
    use crate::vector::Vector;
    use crate::velocity::{VelocitySet, VelocitySpace};

    /// Both terms against the double integrals of φ^S and φ^A, from values of T alone, for an F that is
    /// not uniform and an f far from equilibrium.
    #[test]
    fn dissipation_and_production_are_the_double_integrals() {
        let f = Formula::parse("exp(-r*r)", &["r"]).unwrap();
        let space = VelocitySpace::<2>::new(VelocitySet::Shell, 0.4, 1.2, Some(f));
        let boundary = [Boundary::Periodic; 2];
        let grid = Grid { lower: [0.0; 2], upper: [1.0; 2], cells: [4, 5], boundary };
        let (ordinates, epsilon) = (Ordinates::new(&space, 8, &boundary), 0.25);
        let signal = LinearSignal { offset: 0.3, gradient: [0.4, -0.2] };
        let kernel = Local::new(c(1.5), c(0.3), c(0.2), space, epsilon);
        let turns = Turns::of(&ordinates, grid.len(), |k, i, j| {
            let v = &ordinates.velocities;
            [kernel.relative_rate(&signal, &grid.node(k), &v[i], &v[j]), 0.0]
        });
        let n = ordinates.len();
        let at = |j: usize, k: usize| {
            1.0 + 0.5 * ordinates.velocities[j][0] + 0.3 * ((3 * j + k) as f64).sin()
        };
        let field =
            |j: usize| (0..grid.len()).map(|k| at(j, k) * ordinates.equilibrium[j]).collect();
        let f: Vec<Vec<f64>> = (0..n).map(field).collect();
        let (mut one, mut two) = (f.clone(), f.clone());
        let cell = grid.cell_volume();
        let fast = rates(&turns, &ordinates, (epsilon * epsilon, cell), &f, [&mut one, &mut two]);

        let (v, share, w) = (&ordinates.velocities, &ordinates.equilibrium, &ordinates.weights);
        let (mut dissipation, mut production) = (0.0, 0.0);
        for (k, x) in grid.nodes().enumerate() {
            let flow = |i: usize, j: usize| {
                let at: &Vector<2> = &x;
                share[i] * kernel.relative_rate(&signal, at, &v[i], &v[j]) * share[j]
            };
            for i in 0..n {
                for j in 0..n {
                    let (even, odd) =
                        (0.5 * (flow(i, j) + flow(j, i)), 0.5 * (flow(i, j) - flow(j, i)));
                    let (g, h) = (f[i][k] / share[i], f[j][k] / share[j]);
                    let weight = 0.5 * cell * w[i] * w[j] / (epsilon * epsilon);
                    dissipation += weight * even * (g - h).powi(2);
                    production += weight * odd * (g * g - h * h);
                }
            }
        }
        assert!(dissipation > 0.0 && production.abs() > 1e-3 * dissipation);
        assert!((fast.dissipation / dissipation - 1.0).abs() < 1e-11, "{fast:?} {dissipation}");
        let off = (fast.production - production).abs();
        assert!(off < 1e-12 * dissipation, "{fast:?} {production}");
    }
}
