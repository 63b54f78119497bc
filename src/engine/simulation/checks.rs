//! What must hold of a population whatever happened to it. That cells are in the box is seen where they fly.

use super::SimulationError;
use super::error::{Broken, Wrong};
use crate::cells::BLOCK;
use crate::grid::Grid;
use crate::invariants::difference;
use crate::motion::stray;
use crate::reaction::Census;
use crate::state::Colony;
use rayon::prelude::*;

/// Round-off of the mass when cells are split and merged, each time by two operations.
const MERGERS: f64 = 64.0 * f64::EPSILON;

/// Round-off of the mass of a deposit: each node of a private grid is a sum over up to `length` cells, and a
/// transform of `nodes` values errs, in the square mean, by the logarithm of their number.
fn of_deposit(length: usize, nodes: usize) -> f64 {
    let nodes = nodes as f64;
    f64::EPSILON * (length as f64 + 8.0 * nodes.sqrt() * (1.0 + nodes.log2()))
}

/// Whether there are as many cells as there were before, and were born since, less those that died.
pub(super) fn count<const D: usize>(
    colony: &mut Colony<D>,
    (before, census): (usize, Census),
) -> Result<(), Wrong> {
    let (born, died) = (colony.census.born - census.born, colony.census.died - census.died);
    let after = colony.cells.len();
    colony.tally.invariants.counts += 1;
    match before as i128 + i128::from(born) - i128::from(died) == after as i128 {
        true => Ok(()),
        false => Err(Wrong::Count { before, born, died, after }),
    }
}

/// Whether splitting and merging have left the mass as it was.
pub(super) fn mass_kept<const D: usize>(colony: &mut Colony<D>, before: f64) -> Result<(), Wrong> {
    let cells = colony.cells.mass();
    mass((colony, cells), before, MERGERS, "before cells were split or merged")
}

/// Whether the coefficients of a ρ_h have the mass of the cells, `all` in number. `length` cells were deposited on each
/// private grid.
pub(super) fn mass_deposited<const D: usize>(
    (colony, all): (&mut Colony<D>, usize),
    grid: &Grid<D>,
    field: &[f64],
    length: usize,
) -> Result<(), Wrong> {
    let tolerance = of_deposit(length, grid.len());
    let cells = colony.cells.weight * all as f64;
    mass((colony, cells), field[0] * grid.volume(), tolerance, "on the grid")
}

fn mass<const D: usize>(
    (colony, cells): (&mut Colony<D>, f64),
    found: f64,
    tolerance: f64,
    by: &'static str,
) -> Result<(), Wrong> {
    colony.tally.invariants.weigh(cells, found);
    match difference(cells, found) <= tolerance {
        true => Ok(()),
        false => Err(Wrong::Mass { cells, found, by }),
    }
}

/// Whether all cells are where cells can be, the newborn among them.
pub(super) fn places<const D: usize>(colony: &mut Colony<D>, grid: &Grid<D>) -> Result<(), Wrong> {
    let (xs, vs) = (&colony.cells.positions, &colony.cells.velocities);
    colony.tally.invariants.cells += xs.len() as u64;
    let found =
        xs.par_blocks(BLOCK).zip(vs.par_blocks(BLOCK)).enumerate().find_map_first(
            |(block, (xs, vs))| stray(grid, &xs, &vs).map(|cell| block * BLOCK + cell),
        );
    match found {
        None => Ok(()),
        Some(cell) => {
            let [at, velocity] = [xs.get(cell).to_vec(), vs.get(cell).to_vec()];
            Err(Wrong::Stray { cell, at, velocity })
        }
    }
}

impl Wrong {
    /// The same of a population, by name, at time `time`.
    pub(super) fn of(self, population: &str, time: f64) -> SimulationError {
        SimulationError::Broken(Broken { time, population: population.into(), what: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::{Population, Vectors};
    use crate::grid::Boundary;
    use crate::motion::Tally;
    use crate::state::Tracked;

    fn colony(cells: usize) -> Colony<1> {
        let positions: Vec<_> = (0..cells).map(|i| [i as f64 / cells as f64]).collect();
        Colony {
            cells: Population::new(positions, vec![[1.0]; cells], 0.5),
            density: Tracked::default(),
            flux: Vec::new(),
            cell_time: 0.0,
            tally: Tally::default(),
            census: Census { born: 7, died: 3 },
        }
    }

    /// One cell too many, one too few, and one that was counted twice.
    #[test]
    fn cells_from_nowhere_are_seen() {
        let census = Census { born: 5, died: 2 };
        let broken = |cells: usize| count(&mut colony(cells), (9, census)).err();
        let wrong = |after| Wrong::Count { before: 9, born: 2, died: 1, after };
        assert_eq!((broken(10), broken(11), broken(9)), (None, Some(wrong(11)), Some(wrong(9))));
        let said = wrong(9).of("virus", 0.5).to_string();
        let due = "at t = 0.5 the population virus has 9 cells, where there were 9, 2 were born and 1 died;";
        assert!(said.starts_with(due), "{said}");
    }

    #[test]
    fn mass_from_nowhere_is_seen() {
        let grid = Grid { lower: [0.0], upper: [4.0], cells: [32], boundary: [Boundary::Periodic] };
        let mut of = colony(4000);
        assert_eq!(mass_deposited((&mut of, 4000), &grid, &[500.0], 2048), Ok(()));
        // A cell less, of 4000; and what is no number.
        for density in [500.0 - 0.125, f64::NAN] {
            let told = mass_deposited((&mut of, 4000), &grid, &[density], 2048).unwrap_err();
            assert!(matches!(told, Wrong::Mass { cells: 2000.0, .. }), "{told}");
        }
        assert_eq!(mass_kept(&mut of, 2000.0 * (1.0 + 1e-15)), Ok(()));
        assert!(mass_kept(&mut of, 2000.5).is_err());
        assert_eq!((of.tally.invariants.masses, of.tally.invariants.mass), (5, 0.5 / 2000.0));
        // One cell among as many as there may be is more than round-off.
        assert!(of_deposit(crate::cells::most_cells::<1>() / 64, 1 << 24) < 3e-9);
    }

    #[test]
    fn cells_that_are_nowhere_are_seen() {
        let grid = Grid { lower: [0.0], upper: [1.0], cells: [32], boundary: [Boundary::NoFlux] };
        let mut of = colony(5000);
        assert_eq!(places(&mut of, &grid), Ok(()));
        let change = |vectors: &mut Vectors<1>, i: usize, to: f64| {
            vectors.parts(5000)[0].edit(&mut Vec::new(), |all| all[i] = [to]);
        };
        change(&mut of.cells.positions, 4321, 1.0);
        change(&mut of.cells.velocities, 4999, f64::NAN);
        let wrong = Wrong::Stray { cell: 4321, at: vec![1.0], velocity: vec![1.0] };
        assert_eq!(places(&mut of, &grid), Err(wrong));
    }
}
