//! The turning operator on discrete ordinates, in a frozen signal.

use super::ordinates::Ordinates;
use crate::grid::Grid;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;
use rayon::prelude::*;

/// Places where it is checked whether T/F is a sum.
const PROBES: usize = 32;
/// How far T/F may be from a sum, relative to its size.
const TOLERANCE: f64 = 1e-12;

/// T/F(vᵢ, vⱼ) at every node of the grid, negative values replaced by 0 as cells do.
pub struct Turns {
    rates: Rates,
    /// ∫T(v, vⱼ) dv by ordinate and node.
    loss: Vec<Vec<f64>>,
    /// Largest value of `loss`.
    pub highest: f64,
}

/// How T/F is stored.
enum Rates {
    /// gain(vᵢ) + loss(vⱼ), by ordinate and node.
    Sum([Vec<Vec<f64>>; 2]),
    /// By i·J + j and node.
    Table(Vec<Vec<f64>>),
}

impl Turns {
    /// Evaluates the kernel.
    pub fn new<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
        kernel: &K,
        signal: &S,
        grid: &Grid<D>,
        ordinates: &Ordinates<D>,
    ) -> Self {
        let (v, n) = (&ordinates.velocities, ordinates.len());
        let at = |x: &Vector<D>, i: usize, j: usize| kernel.relative_rate(signal, x, &v[i], &v[j]);
        let nodes: Vec<Vector<D>> = grid.nodes().collect();
        let field =
            |i: usize, j: usize| -> Vec<f64> { nodes.iter().map(|x| at(x, i, j)).collect() };
        let gain: Vec<Vec<f64>> = (0..n).into_par_iter().map(|i| field(i, 0)).collect();
        let mut loss: Vec<Vec<f64>> = (0..n).into_par_iter().map(|j| field(0, j)).collect();
        let zero = loss[0].clone();
        loss.iter_mut().for_each(|l| l.iter_mut().zip(&zero).for_each(|(l, z)| *l -= z));
        let is_sum = (0..nodes.len()).step_by(nodes.len().div_ceil(PROBES)).all(|k| {
            (0..n * n).all(|pair| {
                let (rate, sum) =
                    (at(&nodes[k], pair / n, pair % n), gain[pair / n][k] + loss[pair % n][k]);
                (rate - sum).abs() <= TOLERANCE * (rate.abs() + sum.abs() + gain[0][k].abs())
            })
        });
        let least = |of: &[Vec<f64>], k: usize| of.iter().fold(f64::INFINITY, |m, r| m.min(r[k]));
        let rates = if is_sum && (0..nodes.len()).all(|k| least(&gain, k) + least(&loss, k) >= 0.0)
        {
            Rates::Sum([gain, loss])
        } else {
            let row = |pair: usize| field(pair / n, pair % n).iter().map(|r| r.max(0.0)).collect();
            Rates::Table((0..n * n).into_par_iter().map(row).collect())
        };
        Self::with_loss(rates, ordinates, nodes.len())
    }

    fn with_loss<const D: usize>(rates: Rates, ordinates: &Ordinates<D>, nodes: usize) -> Self {
        let n = ordinates.len();
        let share = |i: usize| ordinates.weights[i] * ordinates.equilibrium[i];
        let loss: Vec<Vec<f64>> = (0..n)
            .into_par_iter()
            .map(|j| {
                let mut total = vec![0.0; nodes];
                for i in 0..n {
                    add(
                        &mut total,
                        share(i),
                        match &rates {
                            Rates::Sum([gain, _]) => &gain[i],
                            Rates::Table(table) => &table[i * n + j],
                        },
                    );
                }
                if let Rates::Sum([_, loss]) = &rates {
                    add(&mut total, 1.0, &loss[j]);
                }
                total
            })
            .collect();
        let highest = loss.iter().flatten().fold(0.0_f64, |m, l| m.max(*l));
        Self { rates, loss, highest }
    }

    /// Writes ( ∫T(v,w)f(w)dw − f(v)∫T(w,v)dw )/ε² into `rate`.
    pub fn apply<const D: usize>(
        &self,
        ordinates: &Ordinates<D>,
        epsilon: f64,
        f: &[Vec<f64>],
        rate: &mut [Vec<f64>],
    ) {
        match &self.rates {
            Rates::Sum([gain, loss]) => {
                let density = ordinates.moment(f, |_| 1.0);
                let mut lost = vec![0.0; density.len()];
                for ((f, loss), w) in f.iter().zip(loss).zip(&ordinates.weights) {
                    let terms = f.iter().zip(loss).map(|(f, l)| w * f * l);
                    lost.iter_mut().zip(terms).for_each(|(s, t)| *s += t);
                }
                rate.par_iter_mut().zip(gain).for_each(|(rate, gain)| {
                    let gains = gain.iter().zip(&density).zip(&lost);
                    rate.iter_mut().zip(gains).for_each(|(r, ((g, d), l))| *r = g * d + l);
                });
            }
            Rates::Table(table) => {
                rate.par_iter_mut().zip(table.par_chunks(f.len())).for_each(|(rate, row)| {
                    rate.fill(0.0);
                    for ((f, t), w) in f.iter().zip(row).zip(&ordinates.weights) {
                        rate.iter_mut()
                            .zip(t.iter().zip(f))
                            .for_each(|(r, (t, f))| *r += w * t * f);
                    }
                });
            }
        }
        let scale = epsilon.powi(-2);
        let losses = self.loss.par_iter().zip(f).zip(&ordinates.equilibrium);
        rate.par_iter_mut().zip(losses).for_each(|(rate, ((loss, f), share))| {
            let losses = loss.iter().zip(f);
            rate.iter_mut().zip(losses).for_each(|(r, (l, f))| *r = scale * (share * *r - l * f));
        });
    }
}

/// sum += factor · field.
fn add(sum: &mut [f64], factor: f64, field: &[f64]) {
    sum.iter_mut().zip(field).for_each(|(s, f)| *s += factor * f);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Boundary;
    use crate::turning::{LinearSignal, Local};
    use crate::velocity::{VelocitySet, VelocitySpace};

    /// A kernel that is a sum, stored as a table, gives the same rates; both conserve cells.
    #[test]
    fn a_table_and_a_sum_agree() {
        let space = VelocitySpace::<2>::new(VelocitySet::Shell, 0.4, 1.2, None);
        let boundary = [Boundary::Periodic; 2];
        let grid = Grid { lower: [0.0; 2], upper: [1.0; 2], cells: [4, 5], boundary };
        let ordinates = Ordinates::new(&space, 8, &boundary);
        let signal = LinearSignal { offset: 0.3, gradient: [0.4, -0.2] };
        let kernel = Local::new(1.5, 0.3, 0.2, space, 0.25);
        let sum = Turns::new(&kernel, &signal, &grid, &ordinates);
        assert!(matches!(sum.rates, Rates::Sum(_)));
        let (v, n) = (&ordinates.velocities, ordinates.len());
        let row = |pair: usize| {
            let at = |x: Vector<2>| kernel.relative_rate(&signal, &x, &v[pair / n], &v[pair % n]);
            grid.nodes().map(at).collect()
        };
        let table = Rates::Table((0..n * n).map(row).collect());
        let table = Turns::with_loss(table, &ordinates, grid.len());
        let f: Vec<Vec<f64>> = (0..n)
            .map(|j| (0..grid.len()).map(|k| 1.0 + ((3 * j + k) as f64).sin()).collect())
            .collect();
        let [mut a, mut b] = [f.clone(), f.clone()];
        sum.apply(&ordinates, 0.25, &f, &mut a);
        table.apply(&ordinates, 0.25, &f, &mut b);
        for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
            assert!((a - b).abs() < 1e-11 * (1.0 + a.abs()), "{a} {b}");
        }
        assert!(ordinates.moment(&a, |_| 1.0).iter().all(|rate| rate.abs() < 1e-11));
    }

    /// Where T would be negative the rates are clipped, as those of cells are.
    #[test]
    fn negative_rates_are_clipped() {
        let space = VelocitySpace::<1>::new(VelocitySet::Sphere, 0.0, 1.0, None);
        let boundary = [Boundary::Periodic];
        let grid = Grid { lower: [0.0], upper: [1.0], cells: [4], boundary };
        let ordinates = Ordinates::new(&space, 4, &boundary);
        let signal = LinearSignal { offset: 0.0, gradient: [4.0] };
        // T/F = 1 + 4(v − w): −7 from the velocity 1 to −1, and 9 back.
        let kernel = Local::new(1.0, 0.5, 0.5, space, 1.0);
        let turns = Turns::new(&kernel, &signal, &grid, &ordinates);
        assert!(matches!(turns.rates, Rates::Table(_)));
        let up = usize::from(ordinates.velocities[0][0] < 0.0);
        // To itself 1 and to the other 0, each with F = 1/2; the other way 1 and 9.
        assert!((turns.loss[up][0] - 0.5).abs() < 1e-14);
        assert!((turns.loss[1 - up][0] - 5.0).abs() < 1e-14);
    }
}
