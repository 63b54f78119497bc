//! The distribution function of |Z| for one number of flights, and draws from it.

use super::modes::{MODES, Modes};
use super::resolvent::Resolvent;
use super::transform::{FLOOR, Transform};

/// Intervals of a table, unless its law is rough.
pub(super) const NODES: usize = 1024;
/// Intervals are halved, down to 1/FINEST, while cubics between nodes err by more than this.
const BEND: f64 = 1.5e-10;
const FINEST: usize = 32;
/// So many values in a row below [`FLOOR`] end the series.
const ZEROS: usize = 6;

/// P(|Z| ≤ r) on equidistant nodes in [0, reach], cubic between them.
#[derive(Debug)]
pub(super) struct Table {
    /// Width of an interval, in the units of velocity.
    spacing: f64,
    /// P and its increase over one interval at the rate of the node.
    law: Box<[[f64; 2]]>,
    /// The last node whose P is at most i/NODES.
    guide: Box<[u16]>,
}

impl Table {
    /// For a sum of `flights`. The error of P is below 2·10⁻¹⁰.
    pub(super) fn new<const D: usize>(
        resolvent: &Resolvent,
        modes: &Modes<D>,
        flights: u64,
    ) -> Self {
        let transform = Transform::new(resolvent, flights);
        let reach = transform.reach();
        let (mut values, mut zeros) = (Vec::new(), 0);
        while zeros < ZEROS && values.len() < MODES {
            let wave = modes.wave(values.len() + 1);
            if wave / reach > transform.widest() {
                break;
            }
            let value = transform.at(wave / reach);
            values.push(value);
            zeros = if value.abs() < FLOOR { zeros + 1 } else { 0 };
        }
        let mut law = series(&values, modes);
        let mut factor = 1;
        while factor < FINEST && bend(&law) > BEND {
            factor *= 2;
            law = series(&values, &Modes::<D>::new(factor * modes.nodes()));
        }
        let spacing = resolvent.speed() * reach / (law.len() - 1) as f64;
        Self::from_law(law, spacing)
    }

    /// Makes P monotone from 0 to 1 and adds the guide.
    fn from_law(mut law: Vec<[f64; 2]>, spacing: f64) -> Self {
        let intervals = law.len() - 1;
        law[0][0] = 0.0;
        law[intervals][0] = 1.0;
        for i in 0..=intervals {
            law[i][1] = law[i][1].max(0.0) / intervals as f64;
            law[i][0] = law[i][0].clamp(law[i.saturating_sub(1)][0], 1.0);
        }
        let mut node = 0;
        let guide = (0..=NODES)
            .map(|i| {
                let level = i as f64 / NODES as f64;
                while node + 1 < intervals && law[node + 1][0] <= level {
                    node += 1;
                }
                node as u16
            })
            .collect();
        Self { spacing, law: law.into(), guide }
    }

    /// |Z| where P is `u` ∈ [0, 1).
    #[inline(always)]
    pub(super) fn draw(&self, u: f64) -> f64 {
        let cell = (u * NODES as f64) as usize;
        let mut low = usize::from(self.guide[cell]);
        let mut high = usize::from(self.guide[cell + 1]) + 1;
        while high - low > 1 {
            let middle = (low + high) / 2;
            if self.law[middle][0] <= u {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.spacing * (low as f64 + inverse(&self.law[low], &self.law[low + 1], u))
    }

    /// P(|Z| ≤ r).
    #[cfg(test)]
    pub(super) fn at(&self, r: f64) -> f64 {
        let x = r / self.spacing;
        let i = (x as usize).min(self.law.len() - 2);
        let [a, b, c] = cubic(&self.law[i], &self.law[i + 1]);
        let t = (x - i as f64).min(1.0);
        self.law[i][0] + t * (a + t * (b + t * c))
    }

    /// The largest r of the table.
    #[cfg(test)]
    pub(super) fn reach(&self) -> f64 {
        self.spacing * (self.law.len() - 1) as f64
    }
}

/// P and dP/d(r/reach) at the nodes of `modes`.
fn series<const D: usize>(values: &[f64], modes: &Modes<D>) -> Vec<[f64; 2]> {
    let mut law = vec![[0.0; 2]; modes.nodes() + 1];
    for (i, value) in values.iter().enumerate() {
        modes.add(i + 1, *value, &mut law);
    }
    law
}

/// The error of cubics between nodes: h⁴/384 of the fourth derivative of P, which is the third
/// difference of its slope.
fn bend(law: &[[f64; 2]]) -> f64 {
    let third = |w: &[[f64; 2]]| (w[3][1] - w[0][1] - 3.0 * (w[2][1] - w[1][1])).abs();
    law.windows(4).map(third).fold(0.0, f64::max) / (384.0 * (law.len() - 1) as f64)
}

/// P − P(left) = t(a + t(b + tc)) between two nodes, t ∈ [0, 1], with the right values and slopes.
#[inline(always)]
fn cubic(left: &[f64; 2], right: &[f64; 2]) -> [f64; 3] {
    let rise = right[0] - left[0];
    [left[1], 3.0 * rise - 2.0 * left[1] - right[1], left[1] + right[1] - 2.0 * rise]
}

/// The t at which the cubic is `u`: Newton's iteration from the secant, kept within a bracket. After
/// a step of 10⁻³ or less, P is right to 10⁻¹¹: convergence is quadratic, and an interval that holds
/// much of the law is narrow on the scale of its density.
#[inline(always)]
fn inverse(left: &[f64; 2], right: &[f64; 2], u: f64) -> f64 {
    let [a, b, c] = cubic(left, right);
    let target = u - left[0];
    let (mut low, mut high) = (0.0, 1.0);
    let mut t = target / (right[0] - left[0]);
    for _ in 0..60 {
        let value = t * (a + t * (b + t * c)) - target;
        if value > 0.0 {
            high = t;
        } else {
            low = t;
        }
        let next = t - value / (a + t * (2.0 * b + t * 3.0 * c));
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        let step = (next - t).abs();
        t = next;
        if step < 1e-3 {
            break;
        }
    }
    t
}
