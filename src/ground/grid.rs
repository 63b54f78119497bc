//! The box Ω that cells and signal live in, and its regular grid of cell-centred nodes.

use crate::vector::Vector;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What happens at the two faces of the box across one axis, for cells and signal alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// x and x + L are the same point.
    Periodic,
    /// Cells are reflected and ∂ₙS = 0: the even extension of a periodic problem of period 2L.
    NoFlux,
    /// The whole space. The box is a window of edge L, which holds the mass, in the middle of a
    /// periodic box of edge L(1 + padding/4), which is wide enough for the field in the window to be
    /// that of the whole space. Cells fly on beyond both.
    Open {
        /// Eighths of L beyond each face of the window.
        padding: u32,
    },
}

impl Boundary {
    /// The boundary whose basis functions serve: fields in the whole space are periodic on the box
    /// that is wider than they are.
    pub fn of_basis(self) -> Self {
        match self {
            Self::Open { .. } => Self::Periodic,
            other => other,
        }
    }

    /// Eighths of the edge of the window beyond each of its faces; 0 where the window is the box.
    pub fn padding(self) -> u32 {
        match self {
            Self::Open { padding } => padding,
            _ => 0,
        }
    }
}

/// A box and its grid, as a file says them.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Lower corner.
    pub lower: Vec<f64>,
    /// Upper corner.
    pub upper: Vec<f64>,
    /// Grid cells along each axis.
    pub grid: Vec<usize>,
    /// Boundary along each axis.
    pub boundary: Vec<Boundary>,
    /// Share of the cells that may be outside the box in the whole space.
    pub leak: f64,
}

impl Domain {
    /// Whether the box stands for the whole space: open on one axis, open on all.
    pub fn is_open(&self) -> bool {
        self.boundary.iter().any(|b| matches!(b, Boundary::Open { .. }))
    }
}

/// A box with `cells[a]` nodes along axis a. Node i lies at lower + i·spacing on a periodic or open
/// axis and at lower + (i + ½)·spacing on a no-flux axis, where the even extension mirrors nodes onto
/// nodes. Arrays on the grid are row-major: the last axis runs fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid<const D: usize> {
    /// Lower corner of the box.
    pub lower: Vector<D>,
    /// Upper corner of the box.
    pub upper: Vector<D>,
    /// Grid cells along each axis, at least 4.
    pub cells: [usize; D],
    /// Boundary condition along each axis.
    pub boundary: [Boundary; D],
}

impl<const D: usize> Grid<D> {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.cells.iter().product()
    }

    /// A grid always has nodes; this is here for the convention that goes with `len`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Edge lengths of the box.
    pub fn lengths(&self) -> Vector<D> {
        std::array::from_fn(|a| self.upper[a] - self.lower[a])
    }

    /// Edge lengths of a grid cell.
    pub fn spacing(&self) -> Vector<D> {
        std::array::from_fn(|a| (self.upper[a] - self.lower[a]) / self.cells[a] as f64)
    }

    /// |Ω|.
    pub fn volume(&self) -> f64 {
        self.lengths().iter().product()
    }

    /// Volume of one grid cell.
    pub fn cell_volume(&self) -> f64 {
        self.spacing().iter().product()
    }

    /// Distance in the array between neighbours along each axis.
    pub fn strides(&self) -> [usize; D] {
        std::array::from_fn(|a| self.cells[a + 1..].iter().product())
    }

    /// Grid indices of the node at `flat` position in an array.
    pub fn unravel(&self, flat: usize) -> [usize; D] {
        let strides = self.strides();
        std::array::from_fn(|a| flat / strides[a] % self.cells[a])
    }

    /// Position of the first node of an axis, in units of the spacing.
    #[inline(always)]
    pub fn offset(&self, axis: usize) -> f64 {
        match self.boundary[axis].of_basis() {
            Boundary::NoFlux => 0.5,
            _ => 0.0,
        }
    }

    /// Coordinates of the node at `flat` position in an array.
    pub fn node(&self, flat: usize) -> Vector<D> {
        let (index, spacing) = (self.unravel(flat), self.spacing());
        std::array::from_fn(|a| self.lower[a] + (index[a] as f64 + self.offset(a)) * spacing[a])
    }

    /// All nodes, in array order.
    pub fn nodes(&self) -> impl Iterator<Item = Vector<D>> + '_ {
        (0..self.len()).map(|flat| self.node(flat))
    }

    /// A function sampled at the nodes.
    pub fn sample(&self, mut f: impl FnMut(&Vector<D>) -> f64) -> Vec<f64> {
        self.nodes().map(|x| f(&x)).collect()
    }

    /// The same box with another number of grid cells.
    pub fn with_cells(&self, cells: [usize; D]) -> Self {
        Self { cells, ..self.clone() }
    }

    /// Node index along `axis` of the possibly outlying index `i`: wrapped, or mirrored at the wall.
    #[inline(always)]
    pub fn fold_index(&self, axis: usize, i: i64) -> usize {
        let n = self.cells[axis] as i64;
        if (0..n).contains(&i) {
            return i as usize;
        }
        match self.boundary[axis].of_basis() {
            Boundary::NoFlux => {
                let j = i.rem_euclid(2 * n);
                (if j < n { j } else { 2 * n - 1 - j }) as usize
            }
            _ => i.rem_euclid(n) as usize,
        }
    }

    /// Whether `x` lies in the box.
    #[inline(always)]
    pub fn holds(&self, x: &Vector<D>) -> bool {
        (0..D).all(|a| x[a] >= self.lower[a] && x[a] < self.upper[a])
    }

    /// Whether L points, given by their components, lie in the box.
    #[inline(always)]
    pub fn holds_all<const L: usize>(&self, x: &[[f64; L]; D]) -> bool {
        let mut inside = 1;
        for a in 0..D {
            for l in 0..L {
                inside &= u64::from(x[a][l] >= self.lower[a]) & u64::from(x[a][l] < self.upper[a]);
            }
        }
        inside != 0
    }

    /// Brings a cell that has flown freely to `x` back into the box: wraps it, or reflects position
    /// and velocity at the walls (specular), however many times the box was crossed. An open axis
    /// has no faces: there it stays where it is.
    #[inline(always)]
    pub fn fold(&self, x: &mut Vector<D>, v: &mut Vector<D>) {
        for a in 0..D {
            if x[a] >= self.lower[a] && x[a] < self.upper[a] {
                continue;
            }
            let length = self.upper[a] - self.lower[a];
            match self.boundary[a] {
                Boundary::Periodic => {
                    x[a] = self.lower[a] + (x[a] - self.lower[a]).rem_euclid(length);
                }
                Boundary::NoFlux => {
                    let y = (x[a] - self.lower[a]).rem_euclid(2.0 * length);
                    if y > length {
                        x[a] = self.lower[a] + (2.0 * length - y);
                        v[a] = -v[a];
                    } else {
                        x[a] = self.lower[a] + y;
                    }
                }
                Boundary::Open { .. } => continue,
            }
            // rem_euclid may round up to the length itself.
            if x[a] >= self.upper[a] {
                x[a] = match self.boundary[a] {
                    Boundary::Periodic => self.lower[a],
                    _ => self.upper[a].next_down(),
                };
            }
        }
    }
}

/// The window of a grid in the whole space. In any other it is all of the grid.
impl<const D: usize> Grid<D> {
    /// Whether the box stands for the whole space.
    pub fn is_open(&self) -> bool {
        self.boundary.iter().any(|b| b.padding() > 0)
    }

    /// Indices of the nodes in the window along each axis.
    pub fn window(&self) -> [Range<usize>; D] {
        std::array::from_fn(|a| {
            let padding = self.boundary[a].padding() as usize;
            let inner = 4 * self.cells[a] / (4 + padding);
            let first = inner * padding / 8;
            first..first + inner
        })
    }

    /// Lower and upper corner of the window.
    pub fn window_corners(&self) -> [Vector<D>; 2] {
        let beyond = self.lengths();
        let beyond: Vector<D> = std::array::from_fn(|a| {
            let padding = f64::from(self.boundary[a].padding());
            beyond[a] * padding / (8.0 + 2.0 * padding)
        });
        let lower = std::array::from_fn(|a| self.lower[a] + beyond[a]);
        [lower, std::array::from_fn(|a| self.upper[a] - beyond[a])]
    }

    /// How many of the points lie outside the window, and whether all lie in the box.
    pub fn outside(&self, points: impl Iterator<Item = Vector<D>> + Clone) -> (u64, bool) {
        let [lower, upper] = self.window_corners();
        let out = |x: &Vector<D>| (0..D).any(|a| x[a] < lower[a] || x[a] >= upper[a]);
        let outside = points.clone().filter(out).count() as u64;
        (outside, outside == 0 || points.clone().all(|x| self.holds(&x)))
    }

    /// Nodes of the window with their place in arrays, in array order.
    pub fn window_nodes(&self) -> impl Iterator<Item = (usize, Vector<D>)> + '_ {
        let window = self.window();
        (0..self.len()).filter_map(move |flat| {
            let index = self.unravel(flat);
            let shown = (0..D).all(|a| window[a].contains(&index[a]));
            shown.then(|| (flat, self.node(flat)))
        })
    }

    /// Nodal values with zeros outside the window.
    pub fn in_window(&self, values: Vec<f64>) -> Vec<f64> {
        if !self.is_open() {
            return values;
        }
        let mut shown = vec![0.0; values.len()];
        self.window_nodes().for_each(|(i, _)| shown[i] = values[i]);
        shown
    }

    /// Brings a point beyond an open axis to the nearest point of the box.
    #[cold]
    pub fn clamped(&self, x: &Vector<D>) -> Vector<D> {
        std::array::from_fn(|a| match self.boundary[a] {
            Boundary::Open { .. } => x[a].clamp(self.lower[a], self.upper[a].next_down()),
            _ => x[a],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(boundary: Boundary) -> Grid<1> {
        Grid { lower: [-1.0], upper: [2.0], cells: [6], boundary: [boundary] }
    }

    #[test]
    fn folding_twice_is_folding_once_and_reflection_keeps_speed() {
        for boundary in [Boundary::Periodic, Boundary::NoFlux] {
            let g = grid(boundary);
            for i in -400..400 {
                let (mut x, mut v) = ([i as f64 * 0.0371], [0.7]);
                g.fold(&mut x, &mut v);
                assert!(x[0] >= -1.0 && x[0] < 2.0 && v[0].abs() == 0.7);
                let (mut y, mut w) = (x, v);
                g.fold(&mut y, &mut w);
                assert_eq!((x, v), (y, w));
            }
        }
    }

    #[test]
    fn the_window_lies_in_the_middle_and_cells_fly_through_its_faces() {
        // Window [−1, 2) of 8 nodes, 3/8 of it beyond either face.
        let g = Grid {
            lower: [-2.125],
            upper: [3.125],
            cells: [14],
            boundary: [Boundary::Open { padding: 3 }],
        };
        assert_eq!((g.window()[0].clone(), g.window_corners()), (3..11, [[-1.0], [2.0]]));
        let shown: Vec<_> = g.window_nodes().collect();
        assert_eq!((shown.len(), shown[0], shown[7]), (8, (3, [-1.0]), (10, [1.625])));
        let (mut x, mut v) = ([7.0], [1.0]);
        g.fold(&mut x, &mut v);
        assert_eq!((x, v), ([7.0], [1.0]));
        assert!(g.holds(&g.clamped(&x)) && g.clamped(&x)[0] > 3.12);
        let closed = grid(Boundary::NoFlux);
        assert_eq!((closed.window()[0].clone(), closed.is_open()), (0..6, false));
        assert_eq!(closed.window_corners(), [closed.lower, closed.upper]);
    }

    #[test]
    fn a_wall_mirrors_and_a_period_wraps() {
        let (mut x, mut v) = ([2.25], [1.0]);
        grid(Boundary::NoFlux).fold(&mut x, &mut v);
        assert!((x[0] - 1.75).abs() < 1e-14 && v[0] == -1.0);
        let (mut x, mut v) = ([2.25], [1.0]);
        grid(Boundary::Periodic).fold(&mut x, &mut v);
        assert!((x[0] + 0.75).abs() < 1e-14 && v[0] == 1.0);
        assert_eq!(grid(Boundary::NoFlux).fold_index(0, -2), 1);
        assert_eq!(grid(Boundary::NoFlux).fold_index(0, 6), 5);
        assert_eq!(grid(Boundary::Periodic).fold_index(0, -2), 4);
    }
}
