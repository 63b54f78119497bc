//! The turning operator on discrete ordinates, in a frozen signal.

use super::ordinates::{Ordinates, largest};
use super::room::Room;
use crate::signal::AtNodes;
use crate::turning::TurningKernel;
use rayon::prelude::*;

/// Places where it is checked whether T is a sum.
const PROBES: usize = 8;
/// How far T may be from a sum, relative to its size.
const TOLERANCE: f64 = 1e-12;

/// T(vᵢ, vⱼ) at every node of the grid, negative values replaced by 0 as cells do.
pub struct Turns {
    rates: Rates,
    /// ∫T(v, vⱼ) dv by ordinate and node.
    loss: Vec<Vec<f64>>,
    /// The smallest value of `loss`.
    pub lowest: f64,
    /// The largest.
    pub highest: f64,
}

/// How T is stored.
enum Rates {
    /// T(v, w) = gain(v) + share(v) loss(w); gain and loss by ordinate and node.
    Sum { gain: Vec<Vec<f64>>, share: Vec<f64>, loss: Vec<Vec<f64>> },
    /// By i·J + j and node.
    Table(Vec<Vec<f64>>),
}

impl Turns {
    /// Of `kernel` in a signal at the nodes. Where it remembers the direction, its harmonics that the
    /// ordinates do not hold are left out: f has next to nothing of them, and sampled they would change
    /// those that it has.
    pub fn new<const D: usize>(
        kernel: &impl TurningKernel<D>,
        signal: &impl AtNodes<D>,
        ordinates: &Ordinates<D>,
        room: &Room<D>,
    ) -> Self {
        let (v, reverse, n) = (ordinates.looks(), &ordinates.reverse, ordinates.len());
        let beyond: Option<Vec<f64>> = kernel.beyond(ordinates.degree).map(|beyond| {
            (0..n * n).into_par_iter().map(|pair| beyond(&v[pair / n], &v[pair % n])).collect()
        });
        Self::of(ordinates, room.len(), |k, i, j| {
            let (x, sense) = signal.at(room.node(k), [i, reverse[j]]);
            let rate = kernel.relative_rate(&sense, x, &v[i], &v[j]);
            let left_out = |beyond: &Vec<f64>| kernel.memory_rate(&sense, x) * beyond[i * n + j];
            [rate, beyond.as_ref().map_or(0.0, left_out)]
        })
    }

    /// Of the rates T/F to node i of V from node j at each of `nodes` places, and what of them is left
    /// out unless they are negative.
    pub fn of<const D: usize>(
        ordinates: &Ordinates<D>,
        nodes: usize,
        relative: impl Fn(usize, usize, usize) -> [f64; 2] + Sync,
    ) -> Self {
        let (f, n) = (&ordinates.equilibrium, ordinates.len());
        let at = |k: usize, i: usize, j: usize| {
            let [rate, left_out] = relative(k, i, j);
            f[i] * (rate - left_out)
        };
        let clipped = |k: usize, i: usize, j: usize| {
            let [rate, left_out] = relative(k, i, j);
            if rate < 0.0 { 0.0 } else { f[i] * (rate - left_out) }
        };
        let rates = (Rates::sum(&at, nodes, vec![1.0; n], ordinates))
            .or_else(|| Rates::sum(&at, nodes, f.clone(), ordinates))
            .unwrap_or_else(|| Rates::table(&clipped, nodes, n));
        Self::with_loss(rates, ordinates, nodes)
    }

    fn with_loss<const D: usize>(rates: Rates, ordinates: &Ordinates<D>, nodes: usize) -> Self {
        let (n, weights) = (ordinates.len(), &ordinates.weights);
        let loss: Vec<Vec<f64>> = match &rates {
            Rates::Sum { gain, share, loss } => {
                let gains = ordinates.moment(gain, |_| 1.0);
                let own: f64 = weights.iter().zip(share).map(|(w, s)| w * s).sum();
                let shares = ordinates.even.count() as f64 * own;
                let of = |loss: &Vec<f64>| -> Vec<f64> {
                    gains.iter().zip(loss).map(|(g, l)| g + shares * l).collect()
                };
                loss.par_iter().map(of).collect()
            }
            Rates::Table(table) => {
                let column = |j: usize| {
                    let mut total = vec![0.0; nodes];
                    let fields = table.iter().skip(j).step_by(n);
                    fields.zip(weights).for_each(|(field, w)| add(&mut total, *w, field));
                    total
                };
                (0..n).into_par_iter().map(column).collect()
            }
        };
        let highest = largest(&loss);
        let lowest = loss.iter().flatten().fold(highest, |m, loss| m.min(*loss));
        Self { rates, loss, lowest, highest }
    }

    /// T − λF, where T is a sum.
    pub fn less<const D: usize>(&self, ordinates: &Ordinates<D>, rate: f64) -> Option<Self> {
        let Rates::Sum { gain, share, loss } = &self.rates else { return None };
        let minus = |(field, by): (&Vec<f64>, f64)| field.iter().map(|f| f - by).collect();
        let shares = ordinates.equilibrium.iter().map(|share| rate * share);
        let gain = gain.iter().zip(shares).map(minus).collect();
        let rates = Rates::Sum { gain, share: share.clone(), loss: loss.clone() };
        let loss = self.loss.iter().map(|loss| minus((loss, rate))).collect();
        Some(Self { rates, loss, lowest: self.lowest - rate, highest: self.highest - rate })
    }

    /// Whether T is a sum.
    pub fn is_sum(&self) -> bool {
        matches!(self.rates, Rates::Sum { .. })
    }

    /// Writes ( ∫T(v,w)f(w)dw − f(v)∫T(w,v)dw )/`duration` into `rate`.
    pub fn apply<const D: usize>(
        &self,
        ordinates: &Ordinates<D>,
        duration: f64,
        f: &[Vec<f64>],
        rate: &mut [Vec<f64>],
    ) {
        match &self.rates {
            Rates::Sum { gain, share, loss } => {
                let density = ordinates.moment(f, |_| 1.0);
                let lost = ordinates.sum(density.len(), |j, here, lost: &mut [f64]| {
                    let (f, loss, w) = (&f[j][here.clone()], &loss[j][here], ordinates.weights[j]);
                    let terms = f.iter().zip(loss).map(|(f, l)| w * f * l);
                    lost.iter_mut().zip(terms).for_each(|(s, t)| *s += t);
                });
                rate.par_iter_mut().zip(gain).zip(share).for_each(|((rate, gain), share)| {
                    let gains = gain.iter().zip(&density).zip(&lost);
                    rate.iter_mut().zip(gains).for_each(|(r, ((g, d), l))| *r = g * d + share * l);
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
        let scale = duration.recip();
        rate.par_iter_mut().zip(&self.loss).zip(f).for_each(|((rate, loss), f)| {
            let losses = loss.iter().zip(f);
            rate.iter_mut().zip(losses).for_each(|(r, (l, f))| *r = scale * (*r - l * f));
        });
    }
}

impl Rates {
    /// T(v, w) = gain(v) + share(v) loss(w) where it is that, and nowhere negative.
    fn sum<const D: usize>(
        at: &(impl Fn(usize, usize, usize) -> f64 + Sync),
        nodes: usize,
        share: Vec<f64>,
        ordinates: &Ordinates<D>,
    ) -> Option<Self> {
        let (n, reference) = (share.len(), ordinates.reference());
        let is_sum = |x: usize| {
            let loss = |j: usize| (at(x, 0, j) - at(x, 0, reference)) / share[0];
            let losses: Vec<f64> = (0..n).map(loss).collect();
            (0..n).all(|i| {
                let gain = at(x, i, reference);
                losses.iter().enumerate().all(|(j, loss)| {
                    let (rate, sum) = (at(x, i, j), gain + share[i] * loss);
                    (rate - sum).abs() <= TOLERANCE * (rate.abs() + gain.abs() + losses[0].abs())
                })
            })
        };
        if !(0..nodes).step_by(nodes.div_ceil(PROBES)).all(is_sum) {
            return None;
        }
        let base: Vec<f64> = (0..nodes).into_par_iter().map(|x| at(x, 0, reference)).collect();
        let gain = |i: usize| match i {
            0 => base.clone(),
            _ => (0..nodes).map(|x| at(x, i, reference)).collect::<Vec<f64>>(),
        };
        let gain: Vec<_> = (0..n).into_par_iter().map(gain).collect();
        let loss = |j: usize| match j {
            _ if j == reference => vec![0.0; nodes],
            _ => base.iter().enumerate().map(|(x, base)| (at(x, 0, j) - base) / share[0]).collect(),
        };
        let loss: Vec<Vec<f64>> = (0..n).into_par_iter().map(loss).collect();
        let mut least = vec![0.0_f64; nodes];
        for loss in &loss {
            least.iter_mut().zip(loss).for_each(|(least, loss)| *least = least.min(*loss));
        }
        ordinates.even.of_images(&mut least, f64::min);
        let negative = |(gain, share): (&Vec<f64>, &f64)| {
            gain.iter().zip(&least).any(|(gain, least)| gain + share * least < 0.0)
        };
        match gain.par_iter().zip(&share).any(negative) {
            true => None,
            false => Some(Self::Sum { gain, share, loss }),
        }
    }

    fn table(at: &(impl Fn(usize, usize, usize) -> f64 + Sync), nodes: usize, n: usize) -> Self {
        let row = |pair: usize| (0..nodes).map(|x| at(x, pair / n, pair % n)).collect();
        Self::Table((0..n * n).into_par_iter().map(row).collect())
    }
}

/// sum += factor · field.
fn add(sum: &mut [f64], factor: f64, field: &[f64]) {
    sum.iter_mut().zip(field).for_each(|(s, f)| *s += factor * f);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::{Formula, Quantity::Constant as c};
    use crate::grid::{Boundary, Grid};
    use crate::turning::{LinearSignal, Local};
    use crate::velocity::{VelocitySet, VelocitySpace};

    /// A kernel that is a sum, stored as a table, gives the same rates; both conserve cells.
    #[test]
    fn a_table_and_a_sum_agree() {
        let f = Formula::parse("exp(-r*r)", &["r"]).unwrap();
        let space = VelocitySpace::<2>::new(VelocitySet::Shell, 0.4, 1.2, Some(f));
        let boundary = [Boundary::Periodic; 2];
        let grid = Grid { lower: [0.0; 2], upper: [1.0; 2], cells: [4, 5], boundary };
        let ordinates = Ordinates::new(&space, 8, &boundary);
        let signal = LinearSignal { offset: 0.3, gradient: [0.4, -0.2] };
        let kernel = Local::new(c(1.5), c(0.3), c(0.2), space, 0.25);
        let (v, n) = (&ordinates.velocities, ordinates.len());
        let relative = |k: usize, i: usize, j: usize| {
            kernel.relative_rate(&signal, &grid.node(k), &v[i], &v[j])
        };
        let sum = Turns::of(&ordinates, grid.len(), |k, i, j| [relative(k, i, j), 0.0]);
        assert!(matches!(sum.rates, Rates::Sum { .. }));
        let at = |k: usize, i: usize, j: usize| ordinates.equilibrium[i] * relative(k, i, j);
        let table = Turns::with_loss(Rates::table(&at, grid.len(), n), &ordinates, grid.len());
        let f: Vec<Vec<f64>> = (0..n)
            .map(|j| (0..grid.len()).map(|k| 1.0 + ((3 * j + k) as f64).sin()).collect())
            .collect();
        let [mut a, mut b] = [f.clone(), f.clone()];
        sum.apply(&ordinates, 0.0625, &f, &mut a);
        table.apply(&ordinates, 0.0625, &f, &mut b);
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
        let kernel = Local::new(c(1.0), c(0.5), c(0.5), space, 1.0);
        let v = &ordinates.velocities;
        let turns = Turns::of(&ordinates, grid.len(), |k, i, j| {
            [kernel.relative_rate(&signal, &grid.node(k), &v[i], &v[j]), 0.0]
        });
        assert!(matches!(turns.rates, Rates::Table(_)));
        let up = usize::from(ordinates.velocities[0][0] < 0.0);
        // To itself 1 and to the other 0, each with F = 1/2; the other way 1 and 9.
        assert!((turns.loss[up][0] - 0.5).abs() < 1e-14);
        assert!((turns.loss[1 - up][0] - 5.0).abs() < 1e-14);
    }
}
