//! Distances to the k-th nearest neighbour, in a k-d tree.

use crate::grid::{Boundary, Grid};
use crate::vector::Vector;
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;
use std::num::NonZero;

/// The distance from each of `points` to the `k`-th nearest other one, 1 ≤ k < number of points.
///
/// Images of the points count as neighbours: those beyond a wall are mirrored, those beyond a periodic
/// face shifted, one box away at most; there are none beyond an open one. The images of the *point* are
/// looked up instead, at the same distances, wherever their ball reaches into the box.
pub fn distances_to_neighbour<const D: usize>(
    grid: &Grid<D>,
    points: &[Vector<D>],
    k: usize,
) -> Vec<f64> {
    let tree = ImmutableKdTree::<f64, D>::new_from_slice(points).expect("positions are numbers");
    // In order, so that the first of the nearest is the point itself or one at its place.
    let nearest = |x: &Vector<D>, count: usize| -> Vec<f64> {
        let count = NonZero::new(count).expect("k is at least 1");
        let found = tree.query(x).nearest_n::<SquaredEuclidean<f64>>(count).execute();
        found.iter().map(|item| item.distance).collect()
    };
    let distance = |x: &Vector<D>| {
        let mut squares = nearest(x, k + 1).split_off(1);
        for image in images(grid, x) {
            if outside(grid, &image) < squares[k - 1] {
                squares.extend(nearest(&image, k));
                squares.sort_by(f64::total_cmp);
                squares.truncate(k);
            }
        }
        squares[k - 1].sqrt()
    };
    points.par_iter().map(distance).collect()
}

/// The images of `x` in the boxes around the box.
fn images<const D: usize>(grid: &Grid<D>, x: &Vector<D>) -> Vec<Vector<D>> {
    let mut images = vec![*x];
    for a in 0..D {
        let (lower, upper) = (grid.lower[a], grid.upper[a]);
        let along = match grid.boundary[a] {
            Boundary::Periodic => vec![x[a], x[a] - (upper - lower), x[a] + (upper - lower)],
            Boundary::NoFlux => vec![x[a], 2.0 * lower - x[a], 2.0 * upper - x[a]],
            Boundary::Open { .. } => vec![x[a]],
        };
        let at = |image: Vector<D>, place: f64| {
            std::array::from_fn(|b| if b == a { place } else { image[b] })
        };
        let moved = |image: Vector<D>| along.iter().map(move |place| at(image, *place));
        images = images.into_iter().flat_map(moved).collect();
    }
    images.split_off(1)
}

/// Squared distance of `x` from the box along its closed axes.
fn outside<const D: usize>(grid: &Grid<D>, x: &Vector<D>) -> f64 {
    let beyond = |a: usize| match grid.boundary[a] {
        Boundary::Open { .. } => 0.0,
        _ => (grid.lower[a] - x[a]).max(x[a] - grid.upper[a]).max(0.0),
    };
    (0..D).map(|a| beyond(a).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Streams};
    use rand::RngExt;

    /// Sorted distances to all other points and all images within two boxes on every side.
    fn slowly<const D: usize>(grid: &Grid<D>, points: &[Vector<D>], k: usize) -> Vec<f64> {
        let along = |a: usize, x: f64| -> Vec<f64> {
            let (l, u) = (grid.lower[a], grid.upper[a]);
            match grid.boundary[a] {
                Boundary::Periodic => vec![x, x - (u - l), x + (u - l)],
                Boundary::NoFlux => vec![x, 2.0 * l - x, 2.0 * u - x],
                Boundary::Open { .. } => vec![x],
            }
        };
        let distance = |i: usize| {
            let mut all = Vec::new();
            for (j, y) in points.iter().enumerate() {
                let mut squares = vec![0.0];
                for a in 0..D {
                    let one = along(a, y[a]);
                    let to = |s: f64| one.iter().map(move |y| s + (y - points[i][a]).powi(2));
                    squares = squares.into_iter().flat_map(to).collect();
                }
                // The first is the point where it is.
                all.extend(squares.into_iter().skip(usize::from(i == j)));
            }
            all.sort_by(f64::total_cmp);
            all[k - 1].sqrt()
        };
        (0..points.len()).map(distance).collect()
    }

    fn compare<const D: usize>(boundary: [Boundary; D]) {
        let grid = Grid { lower: [-1.0; D], upper: [2.0; D], cells: [8; D], boundary };
        let mut rng = Streams::new(5, 0).stream(Purpose::Statistics, D as u64, 0);
        // Denser towards a corner, so that balls differ in size.
        let mut draw = || -1.0 + 3.0 * rng.random::<f64>().powi(2);
        let points: Vec<Vector<D>> = (0..120).map(|_| std::array::from_fn(|_| draw())).collect();
        for k in [1, 2, 7, 40] {
            let fast = distances_to_neighbour(&grid, &points, k);
            for (fast, slow) in fast.iter().zip(slowly(&grid, &points, k)) {
                assert!((fast - slow).abs() < 1e-12, "{boundary:?} {k}: {fast} {slow}");
            }
        }
    }

    #[test]
    fn distances_are_those_to_all_points_and_images() {
        let (periodic, wall, open) =
            (Boundary::Periodic, Boundary::NoFlux, Boundary::Open { padding: 2 });
        compare([periodic]);
        compare([wall]);
        compare([periodic, wall]);
        compare([open, open]);
        compare([wall, periodic, wall]);
    }

    #[test]
    fn points_at_one_place_are_at_no_distance() {
        let boundary = [Boundary::Periodic; 2];
        let grid = Grid { lower: [0.0; 2], upper: [1.0; 2], cells: [4; 2], boundary };
        let mut points = vec![[0.25, 0.75]; 5000];
        points.push([0.5, 0.75]);
        let distances = distances_to_neighbour(&grid, &points, 50);
        assert!(distances[..5000].iter().all(|d| *d == 0.0) && distances[5000] == 0.25);
    }
}
