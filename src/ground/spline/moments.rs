//! Points deposited by their moments about the nearest node.
//!
//! A weight of the stencil is a polynomial of degree 2 in the distance t from the nearest node, so sums of
//! products of 1, t and t² over the points of a node tell what they give to all nodes in reach. The nine sums
//! of a node lie together: points that follow one another need not wait for each other's rows. That pays where many points
//! share few nodes.

use super::NodeMap;
use crate::simd::{nearest, whole};
use crate::vector::Vector;
use std::ops::Range;

/// Points that are located together.
const TOGETHER: usize = 32;
/// Powers of t along the two axes in the products, but for the product of none.
const POWERS: [[usize; 2]; 8] = [[0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]];
/// The weights of the three nodes along an axis: by power of t.
const WEIGHTS: [[f64; 3]; 3] = [[0.125, 0.75, 0.125], [-0.5, 0.0, 0.5], [0.5, -1.0, 0.5]];

/// One row of numbers for the products.
type Products = [f64; POWERS.len()];

/// By power: 1 at the products with that power along an axis.
const fn having(axis: usize) -> [Products; 3] {
    let (mut all, mut k) = ([[0.0; POWERS.len()]; 3], 0);
    while k < POWERS.len() {
        all[POWERS[k][axis]][k] = 1.0;
        k += 1;
    }
    all
}

const FIRST: [Products; 3] = having(0);
const SECOND: [Products; 3] = having(1);

/// Sums by the place in the padded array of the lowest node in reach of each node of a grid in the plane.
pub struct Moments {
    counts: Vec<u32>,
    sums: Vec<Products>,
    /// Where there may be any.
    touched: Range<usize>,
}

impl Moments {
    /// None yet. `len` is the length of the padded array.
    pub fn new(len: usize) -> Self {
        Self { counts: vec![0; len], sums: vec![[0.0; POWERS.len()]; len], touched: len..0 }
    }

    /// Adds points of the box, at most 2³² at a node.
    #[inline(always)]
    pub fn add(&mut self, map: &NodeMap<2>, xs: &[Vector<2>]) {
        for xs in xs.chunks(TOGETHER) {
            let mut points = [[map.lower[0], map.lower[1]]; TOGETHER];
            points[..xs.len()].copy_from_slice(xs);
            let (mut places, mut t) = ([0.0; TOGETHER], [[0.0; 2]; TOGETHER]);
            for k in 0..TOGETHER {
                places[k] = map.first;
                for a in 0..2 {
                    let u = (points[k][a] - map.lower[a]) * map.per_spacing[a];
                    let i = nearest(u);
                    places[k] += i * map.stride[a];
                    t[k][a] = u - i;
                }
            }
            for k in 0..xs.len() {
                let place = whole(places[k]);
                let mut sums = self.sums[place];
                for j in 0..POWERS.len() {
                    let along =
                        |t: f64, of: &[Products; 3]| of[0][j] + t * (of[1][j] + t * of[2][j]);
                    sums[j] += along(t[k][0], &FIRST) * along(t[k][1], &SECOND);
                }
                self.sums[place] = sums;
                self.counts[place] += 1;
                self.touched.start = self.touched.start.min(place);
                self.touched.end = self.touched.end.max(place + 1);
            }
        }
    }

    /// Adds `amount` for every point, by its weights, to the nodes in reach, and forgets the points.
    #[inline(always)]
    pub fn pour(&mut self, map: &NodeMap<2>, amount: f64, padded: &mut [f64]) {
        for place in std::mem::replace(&mut self.touched, self.counts.len()..0) {
            let count = std::mem::take(&mut self.counts[place]);
            if count == 0 {
                continue;
            }
            let sums = std::mem::take(&mut self.sums[place]);
            let mut moments = [[0.0; 3]; 3];
            moments[0][0] = f64::from(count);
            for (power, sum) in POWERS.iter().zip(sums) {
                moments[power[0]][power[1]] = sum;
            }
            for i in 0..3 {
                let mut row = [0.0; 3];
                for p in 0..3 {
                    for q in 0..3 {
                        row[q] += amount * WEIGHTS[p][i] * moments[p][q];
                    }
                }
                let line = &mut padded[place + i * map.strides[0]..][..3];
                for j in 0..3 {
                    line[j] +=
                        WEIGHTS[0][j] * row[0] + WEIGHTS[1][j] * row[1] + WEIGHTS[2][j] * row[2];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};

    /// The same as point by point, up to round-off, twice with the same memory.
    #[test]
    fn moments_are_the_points() {
        let boundary = [Boundary::Periodic, Boundary::NoFlux];
        let grid = Grid { lower: [-1.0, 0.0], upper: [1.0, 3.0], cells: [12, 9], boundary };
        let map = NodeMap::new(&grid);
        let mut moments = Moments::new(map.len());
        for salt in [7919, 6007] {
            let at = |i: usize, n: usize| (i * n % 1009) as f64 / 1009.0;
            let xs: Vec<_> =
                (0..1009).map(|i| [-1.0 + 2.0 * at(i, salt), 3.0 * at(i, 337)]).collect();
            let (mut one, mut other) = (vec![0.0; map.len()], vec![0.0; map.len()]);
            xs.iter().for_each(|x| map.deposit(&mut one, &map.stencil(x), 0.25));
            moments.add(&map, &xs[..500]);
            moments.add(&map, &xs[500..]);
            moments.pour(&map, 0.25, &mut other);
            let total: f64 = other.iter().sum();
            assert!((total - 0.25 * 1009.0).abs() < 1e-11, "{total}");
            for (a, b) in one.iter().zip(&other) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
        }
    }
}
