//! Where f lives: the grid of S, or in the whole space no more of it than holds the cells.
//!
//! In the whole space S needs a box that is padded by as much as its window again, or more. f lives on the part of it,
//! periodic for itself, beyond which there is next to nothing, and which grows when that changes: in three dimensions
//! a fraction of the nodes. That what leaves it enters on the other side is an error of [`EDGE`].

use crate::grid::{Boundary, Grid};
use crate::model::Model;
use crate::spectral::Spectral;
use std::sync::Arc;

/// The share of the largest density that counts as nothing.
const EDGE: f64 = 1e-7;
/// Grid spacings by which densities are smoothed before they are looked at: what a grid does not resolve rings
/// everywhere.
const BLUR: f64 = 1.5;
/// Nodes beside each face that have to be empty, without those that are reached in a step.
const MARGIN: usize = 2;
/// Most nodes that count as reached in a step.
const FARTHEST: f64 = 6.0;

/// The part of a model's grid on which f lives.
#[derive(Clone)]
pub(super) struct Room<'m, const D: usize> {
    model: &'m Model<D>,
    /// In the whole space.
    own: Option<Arc<Own<D>>>,
}

struct Own<const D: usize> {
    spectral: Spectral<D>,
    /// By node of the room: the node of the model's grid.
    nodes: Vec<usize>,
    /// Nodes of the model's grid beyond each face.
    beyond: [usize; D],
    /// By mode of the model's grid.
    blur: Vec<f64>,
}

impl<'m, const D: usize> Room<'m, D> {
    /// For densities with these coefficients.
    pub fn new(model: &'m Model<D>, densities: &[Vec<f64>]) -> Self {
        let grid = model.grid();
        if !grid.is_open() {
            return Self { model, own: None };
        }
        let spacing = grid.spacing();
        let square = |k: &[f64; D]| -> f64 { (0..D).map(|a| (k[a] * spacing[a]).powi(2)).sum() };
        let blur = model.spectral.table(|k| (-0.5 * BLUR * BLUR * square(k)).exp());
        let own = Own::new(grid, grid.window().map(|window| window.start), blur);
        let room = Self { model, own: Some(Arc::new(own)) };
        room.grown(densities, 0.0).unwrap_or(room)
    }

    /// The transforms of f.
    pub fn spectral(&self) -> &Spectral<D> {
        self.own.as_ref().map_or(&self.model.spectral, |own| &own.spectral)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.own.as_ref().map_or(self.model.grid().len(), |own| own.nodes.len())
    }

    /// The node of the model's grid that is `node` of the room.
    pub fn node(&self, node: usize) -> usize {
        self.own.as_ref().map_or(node, |own| own.nodes[node])
    }

    /// What lies in the room of nodal values on the model's grid.
    pub fn inside(&self, values: Vec<f64>) -> Vec<f64> {
        match &self.own {
            None => values,
            Some(own) => own.nodes.iter().map(|node| values[*node]).collect(),
        }
    }

    /// Nodal values on the model's grid, which vanish outside the room.
    pub fn extended(&self, values: Vec<f64>) -> Vec<f64> {
        match &self.own {
            None => values,
            Some(own) => {
                let mut all = vec![0.0; self.model.grid().len()];
                own.nodes.iter().zip(values).for_each(|(node, value)| all[*node] = value);
                all
            }
        }
    }

    /// The room made larger, if some density is not next to nothing where cells may leave it within a step in which
    /// they fly `reach`, until that is not so, or the whole box.
    pub fn grown(&self, densities: &[Vec<f64>], reach: f64) -> Option<Self> {
        let own = self.own.as_ref()?;
        if own.beyond == [0; D] {
            return None;
        }
        let (grid, spectral) = (self.model.grid(), &self.model.spectral);
        let spacing = grid.spacing();
        let margin: [usize; D] =
            std::array::from_fn(|a| MARGIN + (reach / spacing[a]).ceil().min(FARTHEST) as usize);
        let filled = |density: &Vec<f64>| {
            let blurred: Vec<f64> = density.iter().zip(&own.blur).map(|(c, b)| c * b).collect();
            let nodal = spectral.inverse(&blurred);
            let largest = nodal.iter().fold(0.0_f64, |m, rho| m.max(rho.abs()));
            let is_filled = move |node: &usize| nodal[*node].abs() > EDGE * largest;
            (0..grid.len()).filter(is_filled).map(|node| depth(grid, node)).collect()
        };
        let filled: Vec<Vec<[usize; D]>> = densities.iter().map(filled).collect();
        let mut beyond = own.beyond;
        let is_crowded = |beyond: &[usize; D]| {
            let within = |depth: &&[usize; D]| (0..D).all(|a| depth[a] >= beyond[a]);
            let near = |depth: &[usize; D]| (0..D).any(|a| depth[a] < beyond[a] + margin[a]);
            filled.iter().flatten().filter(within).any(near)
        };
        while beyond != [0; D] && is_crowded(&beyond) {
            beyond = std::array::from_fn(|a| beyond[a].saturating_sub(margin[a]));
        }
        let own = || Own::new(grid, beyond, own.blur.clone());
        (beyond != self.own.as_ref()?.beyond).then(|| Self { own: Some(Arc::new(own())), ..*self })
    }
}

/// Nodes between this one and the nearer face, along each axis.
fn depth<const D: usize>(grid: &Grid<D>, node: usize) -> [usize; D] {
    let index = grid.unravel(node);
    std::array::from_fn(|a| index[a].min(grid.cells[a] - 1 - index[a]))
}

impl<const D: usize> Own<D> {
    fn new(grid: &Grid<D>, beyond: [usize; D], blur: Vec<f64>) -> Self {
        let (spacing, strides) = (grid.spacing(), grid.strides());
        let cells: [usize; D] = std::array::from_fn(|a| grid.cells[a] - 2 * beyond[a]);
        let off = |a: usize| beyond[a] as f64 * spacing[a];
        let own = Grid {
            lower: std::array::from_fn(|a| grid.lower[a] + off(a)),
            upper: std::array::from_fn(|a| grid.upper[a] - off(a)),
            cells,
            boundary: [Boundary::Periodic; D],
        };
        let place = |node: usize| -> usize {
            let index = own.unravel(node);
            (0..D).map(|a| (index[a] + beyond[a]) * strides[a]).sum()
        };
        let nodes = (0..own.len()).map(place).collect();
        Self { spectral: Spectral::new(&own), nodes, beyond, blur }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;
    use crate::kinetic::{KineticSolver, Resolution};
    use std::sync::atomic::AtomicBool;

    const TEXT: &str = "dimension = 2\nepsilon = 0.3
        domain = { lower = -2, upper = 2, grid = 32, boundary = \"open\", leak = 0.01 }
        kernel = { model = \"nonlocal\", psi = \"linear\", c1 = 0.05, c2 = 0.16 }
        signal = { equation = \"parabolic\", decay = 20 }
        cells = { count = 10, mass = 4, density = { shape = \"gaussian\", width = 0.32 } }
        deposit = { bandwidth = 0.2 }\ntime = { end = 0.3, step = 0.05 }";

    /// The room is a part of the grid, grows, and what is cut off does not matter: ρ is that of all of the grid.
    #[test]
    fn a_room_that_grows_is_as_good_as_all_of_the_grid() {
        let e = read(TEXT, "open.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
        let model = Model::<2>::new(&e).unwrap();
        let resolution = Resolution { angles: 8, step: 0.025 };
        let solve = |whole: bool| {
            let mut solver = KineticSolver::new(&model, resolution);
            if whole {
                let blur = solver.room.own.as_ref().unwrap().blur.clone();
                let own = Some(Arc::new(Own::new(model.grid(), [0; 2], blur)));
                let all = Room { model: &model, own };
                solver.phases.iter_mut().for_each(|phase| phase.move_to([&solver.room, &all]));
                solver.room = all;
            }
            let first = solver.room.len();
            assert!(solver.run(0.3, &AtomicBool::new(false), &|_| {}));
            ([first, solver.room.len()], solver.density(0))
        };
        let ((of_room, rho), (of_all, whole)) = (solve(false), solve(true));
        println!("{of_room:?} of {of_all:?} nodes");
        assert!(of_room[0] < of_room[1] && of_room[1] < of_all[1], "{of_room:?} {of_all:?}");
        let largest = whole.iter().fold(0.0_f64, |m, rho| m.max(*rho));
        let off = rho.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("off by {:.1e}", off / largest);
        assert!(off < 10.0 * EDGE * largest, "{:e}", off / largest);
    }
}
