//! Places as whole numbers.

use crate::grid::{Boundary, Grid};
use crate::vector::Vector;

/// 2³², the units of a range.
pub const UNITS: f64 = 4_294_967_296.0;

/// The range of a place along every axis: the box if it is periodic, twice the box at walls (its even extension), and
/// in the whole space four times the box, which is its second quarter. A place is a number of 2⁻³²s of it, and stands
/// for the middle of its unit: mirrored at a wall it is its complement.
#[derive(Clone, Debug)]
pub struct Frame<const D: usize> {
    grid: Grid<D>,
    lower: Vector<D>,
    /// Length of a unit.
    unit: Vector<D>,
}

/// Boxes in a range, and those before the box.
fn boxes(boundary: Boundary) -> [f64; 2] {
    match boundary {
        Boundary::Periodic => [1.0, 0.0],
        Boundary::NoFlux => [2.0, 0.0],
        Boundary::Open { .. } => [4.0, 1.0],
    }
}

impl<const D: usize> Frame<D> {
    /// That of a box.
    pub fn new(grid: &Grid<D>) -> Self {
        let edges = grid.lengths();
        let boxes = grid.boundary.map(boxes);
        Self {
            lower: std::array::from_fn(|a| grid.lower[a] - boxes[a][1] * edges[a]),
            unit: std::array::from_fn(|a| boxes[a][0] * edges[a] / UNITS),
            grid: grid.clone(),
        }
    }

    /// Length of a unit along every axis.
    pub fn unit(&self) -> Vector<D> {
        self.unit
    }

    /// Nodes in the range, and those before the box.
    pub fn nodes(&self, axis: usize) -> [u32; 2] {
        boxes(self.grid.boundary[axis]).map(|boxes| boxes as u32 * self.grid.cells[axis] as u32)
    }

    /// The number of a coordinate in the box.
    pub fn word(&self, axis: usize, x: f64) -> u32 {
        let most = match self.grid.boundary[axis] {
            Boundary::NoFlux => 0.5 * UNITS - 1.0,
            _ => UNITS - 1.0,
        };
        // The conversion rounds down, and gives 0 for what is less.
        ((x - self.lower[axis]) / self.unit[axis]).min(most) as u32
    }

    /// The coordinate of a number.
    pub fn coordinate(&self, axis: usize, word: u32) -> f64 {
        let x = self.lower[axis] + (f64::from(word) + 0.5) * self.unit[axis];
        match self.grid.boundary[axis] {
            Boundary::Open { .. } => x,
            _ => x.clamp(self.grid.lower[axis], self.grid.upper[axis].next_down()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There and back again is where it was, and no coordinate is off by more than half a unit.
    #[test]
    fn numbers_and_coordinates_go_together() {
        let boundaries = [Boundary::Periodic, Boundary::NoFlux, Boundary::Open { padding: 8 }];
        for boundary in boundaries {
            let grid = Grid { lower: [-3.0], upper: [7.5], cells: [20], boundary: [boundary] };
            let frame = Frame::new(&grid);
            let most = if boundary == Boundary::NoFlux { u32::MAX / 2 } else { u32::MAX };
            for i in 0..=1000_u32 {
                let word = (most / 1000).wrapping_mul(i).min(most);
                assert_eq!(frame.word(0, frame.coordinate(0, word)), word, "{boundary:?}");
                let x = -3.0 + 10.5 * f64::from(i) / 1000.5;
                let off = frame.coordinate(0, frame.word(0, x)) - x;
                assert!(off.abs() <= 0.501 * frame.unit()[0], "{boundary:?} {x} {off}");
            }
        }
    }

    /// A wall is where a number and its complement meet; the box of the whole space is the second quarter.
    #[test]
    fn the_box_is_where_the_program_takes_it_to_be() {
        let grid = |boundary| Grid { lower: [1.0], upper: [3.0], cells: [4], boundary: [boundary] };
        let walled = Frame::new(&grid(Boundary::NoFlux));
        assert!(walled.coordinate(0, u32::MAX / 2) > 3.0 - 1e-9);
        assert_eq!(walled.nodes(0), [8, 0]);
        let open = Frame::new(&grid(Boundary::Open { padding: 8 }));
        assert!((open.coordinate(0, 1 << 30) - 1.0).abs() < 1e-8);
        assert!((open.coordinate(0, (1 << 31) - 1) - 3.0).abs() < 1e-8);
        assert_eq!(open.nodes(0), [16, 4]);
    }
}
