//! The spline at several points at once: the same bits as [`NodeMap::value`] and its gradient, point by point.
//!
//! Loops and no closures: what is called has to be inlined to be compiled for the processor at hand.

use super::{NodeMap, REACH};
use crate::simd::{nearest, whole};

/// Numbers of L points for the nodes in reach along one axis.
type Rows<const L: usize> = [[f64; L]; REACH];

/// L points between their nodes.
struct Stencils<const D: usize, const L: usize> {
    /// Places of the lowest nodes in the padded array.
    base: [usize; L],
    /// B and dB/dt along every axis.
    weight: [Rows<L>; D],
    slope: [Rows<L>; D],
}

/// Sums along the last axis, weighed along the others.
struct Sums<const D: usize, const L: usize> {
    value: Rows<L>,
    steep: [Rows<L>; D],
}

/// Nodes beside the lowest one, along all axes but the last, of the line of this number.
#[inline(always)]
fn beside<const D: usize>(line: usize) -> [usize; 2] {
    if D < 3 { [line, 0] } else { [line / REACH, line % REACH] }
}

/// Σ a·b.
#[inline(always)]
fn product<const L: usize>(a: &Rows<L>, b: &Rows<L>) -> [f64; L] {
    let mut sum = [0.0; L];
    for l in 0..L {
        sum[l] = (a[0][l] * b[0][l] + a[1][l] * b[1][l]) + a[2][l] * b[2][l];
    }
    sum
}

/// Adds the coefficients of a line, times the numbers of i and j (in 1D times 1, in 2D times that of i).
#[inline(always)]
fn add<const D: usize, const L: usize>(sum: &mut Rows<L>, [i, j]: [&[f64; L]; 2], line: &Rows<L>) {
    for l in 0..L {
        let factor = match D {
            1 => 1.0,
            2 => i[l],
            _ => i[l] * j[l],
        };
        sum[0][l] += factor * line[0][l];
        sum[1][l] += factor * line[1][l];
        sum[2][l] += factor * line[2][l];
    }
}

impl<const D: usize> NodeMap<D> {
    /// Where L points of the box are.
    #[inline(always)]
    fn stencils<const L: usize>(&self, x: &[[f64; L]; D]) -> Stencils<D, L> {
        const B: [[f64; REACH]; 3] = [[0.125, 0.75, 0.125], [-0.5, 0.0, 0.5], [0.5, -1.0, 0.5]];
        const C: [[f64; REACH]; 2] = [[-0.5, 0.0, 0.5], [1.0, -2.0, 1.0]];
        let (mut first, mut base) = ([self.first; L], [0; L]);
        let [mut weight, mut slope] = [[[[0.0; L]; REACH]; D]; 2];
        for a in 0..D {
            for l in 0..L {
                let u = (x[a][l] - self.lower[a]) * self.per_spacing[a];
                let i = nearest(u);
                first[l] += i * self.stride[a];
                let t = u - i;
                for k in 0..REACH {
                    weight[a][k][l] = B[0][k] + t * (B[1][k] + t * B[2][k]);
                    slope[a][k][l] = C[0][k] + t * C[1][k];
                }
            }
        }
        for l in 0..L {
            base[l] = whole(first[l]);
        }
        Stencils { base, weight, slope }
    }

    /// The coefficients of a line of nodes along the last axis.
    #[inline(always)]
    fn line<const L: usize>(
        &self,
        padded: &[f64],
        base: &[usize; L],
        [i, j]: [usize; 2],
    ) -> Rows<L> {
        let mut offset = 0;
        if D > 1 {
            offset += i * self.strides[0];
        }
        if D > 2 {
            offset += j * self.strides[1];
        }
        let mut rows = [[0.0; L]; REACH];
        for l in 0..L {
            let row = &padded[base[l] + offset..][..REACH];
            (rows[0][l], rows[1][l], rows[2][l]) = (row[0], row[1], row[2]);
        }
        rows
    }

    /// Σᵢ cᵢ B(x − xᵢ) at L points of the box, given by their components.
    #[inline(always)]
    pub fn values<const L: usize>(&self, padded: &[f64], x: &[[f64; L]; D]) -> [f64; L] {
        let Stencils { base, weight, .. } = self.stencils(x);
        let mut sum = [[0.0; L]; REACH];
        for number in 0..REACH.pow(D as u32 - 1) {
            let r = beside::<D>(number);
            let line = self.line(padded, &base, r);
            add::<D, L>(&mut sum, [&weight[0][r[0]], &weight[D.min(2) - 1][r[1]]], &line);
        }
        product(&sum, &weight[D - 1])
    }

    /// Σᵢ cᵢ B(x − xᵢ) and its gradient at L points of the box, given by their components.
    #[inline(always)]
    pub fn values_and_gradients<const L: usize>(
        &self,
        padded: &[f64],
        x: &[[f64; L]; D],
    ) -> ([f64; L], [[f64; L]; D]) {
        let Stencils { base, weight, slope } = self.stencils(x);
        let zero = [[0.0; L]; REACH];
        let mut sums = Sums { value: zero, steep: [zero; D] };
        for number in 0..REACH.pow(D as u32 - 1) {
            let r = beside::<D>(number);
            let line = self.line(padded, &base, r);
            let second = D.min(2) - 1;
            let (i, j) = (&weight[0][r[0]], &weight[second][r[1]]);
            add::<D, L>(&mut sums.value, [i, j], &line);
            if D > 1 {
                add::<D, L>(&mut sums.steep[0], [&slope[0][r[0]], j], &line);
            }
            if D > 2 {
                add::<D, L>(&mut sums.steep[second], [i, &slope[second][r[1]]], &line);
            }
        }
        sums.steep[D - 1] = sums.value;
        let mut gradient = [[0.0; L]; D];
        for a in 0..D {
            let along = if a == D - 1 { &slope[a] } else { &weight[D - 1] };
            let steep = product(&sums.steep[a], along);
            for l in 0..L {
                gradient[a][l] = steep[l] * self.per_spacing[a];
            }
        }
        (product(&sums.value, &weight[D - 1]), gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};

    /// The same bits as one by one, at nodes, between them and at the faces.
    fn check<const D: usize>(boundary: Boundary) {
        let grid = Grid {
            lower: [-1.0; D],
            upper: [1.0; D],
            cells: std::array::from_fn(|a| 7 + a),
            boundary: [boundary; D],
        };
        let (map, mut padded) = (NodeMap::new(&grid), Vec::new());
        let nodal: Vec<f64> = (0..grid.len()).map(|i| (0.7 * i as f64).sin()).collect();
        map.pad(&nodal, &mut padded);
        for shift in 0..50 {
            let x: [[f64; 16]; D] = std::array::from_fn(|a| {
                std::array::from_fn(|l| {
                    let share = (0.618 * (shift * 16 + l + 5 * a) as f64).fract();
                    if l == 0 { -1.0 } else { -1.0 + 2.0 * share * (1.0 - f64::EPSILON) }
                })
            });
            let (values, gradients) = map.values_and_gradients(&padded, &x);
            let same = map.values(&padded, &x);
            for l in 0..16 {
                let at = std::array::from_fn(|a| x[a][l]);
                let (value, gradient) = map.value_and_gradient(&padded, &at);
                let own: [f64; D] = std::array::from_fn(|a| gradients[a][l]);
                assert_eq!(value.to_bits(), values[l].to_bits());
                assert_eq!(map.value(&padded, &at).to_bits(), same[l].to_bits());
                assert_eq!(gradient.map(f64::to_bits), own.map(f64::to_bits));
            }
        }
    }

    #[test]
    fn several_points_at_once_are_each_by_itself() {
        for boundary in [Boundary::Periodic, Boundary::NoFlux] {
            check::<1>(boundary);
            check::<2>(boundary);
            check::<3>(boundary);
        }
    }
}
