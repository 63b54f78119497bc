//! Centre and spread of a mass, on a line or around a circle.
//!
//! Around a circle of length L a mean of coordinates depends on where they begin. The angle of the first
//! Fourier mode, ∫ρ e^{2πix/L} dx, does not: a mass that has one is cut opposite to it, and what lies
//! on the line so made has a centre and a variance as on any line. They follow every translation.
//! An even mass has no such angle, and so neither centre nor variance.

use crate::crew::Crew;
use crate::grid::{Boundary, Grid};
use crate::vector::Vector;
use std::f64::consts::TAU;

/// Where a mass is and how far it spreads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments<const D: usize> {
    /// c, the centre of mass; around a circle the image of it that is nearest to what is asked for. NaN
    /// along a circle on which there is none.
    pub center: Vector<D>,
    /// (1/M)∫|x−c|²ρ dx; NaN if there is no centre.
    pub variance: f64,
}

/// Least first mode of a density, as a share of its mass, that is more than round-off.
const ROUND_OFF: f64 = 1e-9;
/// Least first mode of N cells in units of 1/√N, which is what an even law has by chance: a centre is seen
/// in its noise once in e²⁵ tries.
const NOISE: f64 = 5.0;
/// First mode that is a centre however few the cells are.
const PLAIN: f64 = 0.5;

impl<const D: usize> Moments<D> {
    /// Of points of equal weight that a crew has. Centres are the images nearest to `near`.
    pub fn of_points(
        crew: &Crew,
        grid: &Grid<D>,
        points: impl ExactSizeIterator<Item = Vector<D>> + Clone,
        near: &Vector<D>,
    ) -> Self {
        let n = crew.count(points.len()) as f64;
        let least = PLAIN.min(NOISE / n.sqrt());
        Self::along_axes(|a| {
            let mean = |f: &dyn Fn(f64) -> f64| crew.sum(points.clone().map(|x| f(x[a]))) / n;
            let Some(circle) = Circle::of(grid, a) else {
                let center = mean(&|x| x);
                return Some([center, mean(&|x| (x - center).powi(2))]);
            };
            let mode = [mean(&|x| circle.angle(x).cos()), mean(&|x| circle.angle(x).sin())];
            let cut = circle.pivot(mode, least)?;
            let center = mean(&|x| circle.nearest(x, cut));
            let variance = mean(&|x| (circle.nearest(x, cut) - center).powi(2));
            Some([circle.nearest(center, near[a]), variance])
        })
    }

    /// Of a density given at the nodes. Centres are the images nearest to `near`.
    ///
    /// The rule of the rectangles errs by powers of the spacing h where the line is cut: the first two
    /// terms of Euler and Maclaurin's formula are taken off, which leaves O(h³).
    pub fn of_density(grid: &Grid<D>, density: &[f64], near: &Vector<D>) -> Self {
        let mass: f64 = density.iter().sum();
        let stride = grid.strides();
        Self::along_axes(|a| {
            let (n, h) = (grid.cells[a], grid.spacing()[a]);
            // The share of the mass at each node of the axis.
            let mut shares = vec![0.0; n];
            for (i, rho) in density.iter().enumerate() {
                shares[i / stride[a] % n] += rho / mass;
            }
            let node = |i: usize| grid.lower[a] + (i as f64 + grid.offset(a)) * h;
            let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
                shares.iter().enumerate().map(|(i, share)| share * f(node(i))).sum()
            };
            let Some(circle) = Circle::of(grid, a) else {
                let center = mean(&|x| x);
                return Some([center, mean(&|x| (x - center).powi(2))]);
            };
            let mode = [mean(&|x| circle.angle(x).cos()), mean(&|x| circle.angle(x).sin())];
            let pivot = circle.pivot(mode, ROUND_OFF)?;
            // In units of the spacing: the line begins at the cut, its first node a distance θ behind.
            let cut = (pivot - grid.lower[a]) / h - 0.5 * n as f64;
            let (begin, theta) = (cut.ceil(), cut.ceil() - cut);
            let share = |i: f64| shares[i.rem_euclid(n as f64) as usize % n];
            let line = |power: i32| -> f64 {
                let place = |i: usize| (i as f64 + theta - 0.5 * n as f64) * h;
                (0..n).map(|i| share(begin + i as f64) * place(i).powi(power)).sum()
            };
            let at_cut = |f: &dyn Fn(f64) -> f64| (1.0 - theta) * f(begin) + theta * f(begin - 1.0);
            let slope = at_cut(&|i| 0.5 * (share(i + 1.0) - share(i - 1.0)));
            let (rho, slope) = (at_cut(&share) / h, slope / (h * h));
            let bernoulli = [theta - 0.5, theta * theta - theta + 1.0 / 6.0];
            let l = circle.length;
            let ends = l * (h * bernoulli[0] * rho + 0.5 * h * h * bernoulli[1] * slope);
            let first = line(1) - ends;
            let second = line(2) - l * h * h * bernoulli[1] * rho;
            Some([circle.nearest(pivot + first, near[a]), second - first * first])
        })
    }

    /// From centre and variance along each axis.
    fn along_axes(moments: impl Fn(usize) -> Option<[f64; 2]>) -> Self {
        let along: [[f64; 2]; D] = std::array::from_fn(|a| moments(a).unwrap_or([f64::NAN; 2]));
        Self { center: along.map(|[center, _]| center), variance: along.iter().map(|m| m[1]).sum() }
    }

    /// Where the mass is, for images to be near to; the middle of the box along a circle without centre.
    pub fn place(&self, grid: &Grid<D>) -> Vector<D> {
        std::array::from_fn(|a| match self.center[a].is_nan() {
            true => 0.5 * (grid.lower[a] + grid.upper[a]),
            false => self.center[a],
        })
    }

    /// (1/M)∫|x|²ρ dx, of the images that the variance is of.
    pub fn square(&self) -> f64 {
        self.variance + self.center.iter().map(|c| c * c).sum::<f64>()
    }
}

/// A periodic axis.
struct Circle {
    lower: f64,
    length: f64,
}

impl Circle {
    fn of<const D: usize>(grid: &Grid<D>, axis: usize) -> Option<Self> {
        let (lower, length) = (grid.lower[axis], grid.lengths()[axis]);
        (grid.boundary[axis] == Boundary::Periodic).then_some(Self { lower, length })
    }

    fn angle(&self, x: f64) -> f64 {
        TAU * (x - self.lower) / self.length
    }

    /// Where a first mode points to, if it is at least `least`.
    fn pivot(&self, [cos, sin]: [f64; 2], least: f64) -> Option<f64> {
        (cos.hypot(sin) >= least).then(|| self.lower + self.length * sin.atan2(cos) / TAU)
    }

    /// The image of `x` nearest to `y`.
    fn nearest(&self, x: f64, y: f64) -> f64 {
        x - self.length * ((x - y) / self.length).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: [Boundary; 1] = [Boundary::Periodic];

    fn circle(n: usize) -> Grid<1> {
        Grid { lower: [-1.0], upper: [3.0], cells: [n], boundary: ROUND }
    }

    /// exp(κ cos(2π(x−c)/L)): of its moments only those of c = 1, the middle, are plain integrals.
    fn bump(grid: &Grid<1>, kappa: f64, c: f64) -> Vec<f64> {
        grid.sample(|x| (kappa * (TAU * (x[0] - c) / 4.0).cos()).exp())
    }

    #[test]
    fn a_density_has_the_same_moments_wherever_it_is() {
        for kappa in [0.3, 2.0, 30.0] {
            let exact = crate::quadrature::gauss_legendre(200, -2.0, 2.0);
            let law = |x: f64| (kappa * (TAU * x / 4.0).cos()).exp();
            let mass: f64 = exact.iter().map(|(x, w)| w * law(*x)).sum();
            let square: f64 = exact.iter().map(|(x, w)| w * x * x * law(*x)).sum();
            for (n, tolerance) in [(64, 2e-4), (128, 2.5e-5)] {
                for c in [1.0, 0.998, -1.0, -0.9871, 2.99, 3.0, 0.333] {
                    let grid = circle(n);
                    let m = Moments::of_density(&grid, &bump(&grid, kappa, c), &[1.0]);
                    let off = m.center[0] - c;
                    let off = off - 4.0 * (off / 4.0).round();
                    assert!(off.abs() < tolerance, "{kappa} {n} {c}: {m:?}");
                    let variance = square / mass;
                    assert!((m.variance - variance).abs() < tolerance, "{kappa} {n} {c}: {m:?}");
                    assert!((m.center[0] - 1.0).abs() <= 2.0);
                }
            }
        }
    }

    #[test]
    fn an_even_mass_has_no_centre() {
        let grid = circle(64);
        let m = Moments::of_density(&grid, &[0.3; 64], &[0.0]);
        assert!(m.center[0].is_nan() && m.variance.is_nan());
        assert_eq!(m.place(&grid), [1.0]);
        let even: Vec<[f64; 1]> = (0..1000).map(|i| [-1.0 + 0.004 * f64::from(i)]).collect();
        assert!(
            Moments::of_points(&Crew::default(), &grid, even.into_iter(), &[0.0]).variance.is_nan()
        );
    }

    /// Cells about a face, around a circle and between walls.
    #[test]
    fn cells_about_a_face_are_one_colony() {
        let colony = [[2.9], [-0.9], [2.8], [-0.8]];
        let of = |grid: &Grid<1>, near: &[f64; 1]| {
            Moments::of_points(&Crew::default(), grid, colony.into_iter(), near)
        };
        let round = of(&circle(8), &[2.9]);
        assert!((round.center[0] - 3.0).abs() < 1e-14 && (round.variance - 0.025).abs() < 1e-14);
        assert!((of(&circle(8), &[-0.5]).center[0] + 1.0).abs() < 1e-14);
        assert!((round.square() - 9.025).abs() < 1e-13);
        let walls = Grid { boundary: [Boundary::NoFlux], ..circle(8) };
        let between = of(&walls, &[2.9]);
        assert!((between.center[0] - 1.0).abs() < 1e-14 && between.variance > 3.0);
    }

    #[test]
    fn a_mass_at_one_node_has_no_variance() {
        let grid = circle(64);
        for i in [0, 1, 31, 32, 63] {
            let mut density = vec![0.0; 64];
            density[i] = 3.0;
            let m = Moments::of_density(&grid, &density, &grid.node(i));
            assert!((m.center[0] - grid.node(i)[0]).abs() < 1e-14 && m.variance.abs() < 1e-14);
        }
    }
}
