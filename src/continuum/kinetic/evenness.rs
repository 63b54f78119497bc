//! Data that are even about the middle of axes.
//!
//! Where ρ⁰ and S are even about the middle of an axis, and neither V nor the kernel singles out a place or a direction,
//! f(x*, v*) = f(x, v) with the images * across that middle, at all times: of the velocities that the middles of such axes
//! exchange, one of two, four or eight is enough. Beside walls f(x, v) is then periodic: beyond a wall it is that of the
//! wall's image, and a reflection at the wall and one at the middle are a shift by the length of the box.

use super::room::Room;
use crate::grid::{Boundary, Grid};
use crate::model::Model;
use crate::spectral::LONGEST;
use crate::turning::Kernel;
use crate::vector::Vector;

/// What of coefficients may be odd, relative to the largest.
const ROUND_OFF: f64 = 1e-12;
/// The same in the whole space, where the window and the room of f have one node more on one side, in the tails of ρ.
const OF_TAILS: f64 = 1e-6;

/// The axes about whose middle f is even, and the grid of f.
#[derive(Clone, Debug)]
pub struct Evenness<const D: usize> {
    axes: Vec<usize>,
    cells: [usize; D],
    walls: [bool; D],
}

impl<const D: usize> Evenness<D> {
    /// Of nothing.
    pub fn none() -> Self {
        Self { axes: Vec::new(), cells: [0; D], walls: [false; D] }
    }

    /// What a model begins with, as far as f goes.
    pub(super) fn of(model: &Model<D>, room: &Room<D>) -> Self {
        let ([species], true) = (&model.populations[..], model.network.is_empty()) else {
            return Self::none();
        };
        // Other kernels have T(v, w) of both velocities, or a rate of births their own places.
        let is_plain = matches!(species.kernel, Kernel::Local(_) | Kernel::NonLocal(_));
        let grows = species.growth.as_ref().is_some_and(|growth| growth.constant().is_none());
        if !is_plain || grows {
            return Self::none();
        }
        let (grid, initial) = (model.grid(), &species.initial);
        let is_wall = |a: usize| grid.boundary[a].of_basis() == Boundary::NoFlux;
        let is_even = |a: &usize| {
            let fits = !is_wall(*a) || grid.cells[*a] <= LONGEST;
            fits && initial.mean_velocity()[*a] == 0.0 && is_even(grid, *a, initial.start())
        };
        let axes = (0..D).filter(is_even).collect();
        Self { axes, cells: [0; D], walls: std::array::from_fn(is_wall) }.on(room.spectral().grid())
    }

    /// The same on a grid of more nodes.
    pub fn on(self, grid: &Grid<D>) -> Self {
        Self { cells: grid.cells, ..self }
    }

    /// Whether f is all there.
    pub fn is_none(&self) -> bool {
        self.axes.is_empty()
    }

    /// Images of one velocity, itself included.
    pub fn count(&self) -> usize {
        1 << self.axes.len()
    }

    /// The axes, and whether they have walls.
    pub fn axes(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.axes.iter().map(|a| (*a, self.walls[*a]))
    }

    /// Whether f is even about the middle of an axis with walls.
    pub fn is_wall(&self, axis: usize) -> bool {
        self.walls[axis] && self.axes.contains(&axis)
    }

    /// Whether f of this velocity is kept.
    pub fn keeps(&self, v: &Vector<D>) -> bool {
        self.axes.iter().all(|a| v[*a] > 0.0)
    }

    /// One of the images of a velocity.
    pub fn turned(&self, v: &Vector<D>, image: usize) -> Vector<D> {
        let mut turned = *v;
        self.turn(image, |a| turned[a] = -turned[a]);
        turned
    }

    fn turn(&self, image: usize, mut along: impl FnMut(usize)) {
        let bits = self.axes.iter().enumerate().filter(|(bit, _)| image >> bit & 1 == 1);
        bits.for_each(|(_, a)| along(*a));
    }

    /// Replaces a field by one of its images.
    pub fn mirror(&self, field: &mut [f64], image: usize) {
        self.turn(image, |a| self.pairs(a, field.len(), |x, y| field.swap(x, y)));
    }

    /// Replaces a field by what `together` makes of all its images, in pairs.
    pub fn of_images(&self, field: &mut [f64], together: impl Fn(f64, f64) -> f64) {
        for a in &self.axes {
            self.pairs(*a, field.len(), |x, y| {
                let both = together(field[x], field[y]);
                (field[x], field[y]) = (both, both);
            });
        }
    }

    /// The sum of `parts`, which are fields of one image each, as the images are.
    pub fn sum(&self, mut parts: Vec<Vec<f64>>) -> Vec<f64> {
        for (bit, a) in self.axes.iter().enumerate().rev() {
            let upper = parts.split_off(1 << bit);
            for (part, mut image) in parts.iter_mut().zip(upper) {
                self.pairs(*a, image.len(), |x, y| image.swap(x, y));
                part.iter_mut().zip(image).for_each(|(sum, image)| *sum += image);
            }
        }
        parts.swap_remove(0)
    }

    /// Each pair of nodes, of so many, that are images across the middle of an axis, or the one that is its own.
    fn pairs(&self, axis: usize, nodes: usize, mut then: impl FnMut(usize, usize)) {
        let n = self.cells[axis];
        let stride: usize = self.cells[axis + 1..].iter().product();
        let image = |i: usize| if self.walls[axis] { n - 1 - i } else { (n - i) % n };
        for block in (0..nodes).step_by(n * stride) {
            for i in (0..n).filter(|i| *i <= image(*i)) {
                let [from, to] = [i, image(i)].map(|i| block + i * stride);
                (0..stride).for_each(|k| then(from + k, to + k));
            }
        }
    }

    /// Whether fields with these coefficients are even about the same middles.
    pub(super) fn holds_for(&self, grid: &Grid<D>, fields: &[Vec<f64>]) -> bool {
        self.axes.iter().all(|a| fields.iter().all(|field| is_even(grid, *a, field)))
    }
}

/// Whether a field with these coefficients is even about the middle of an axis.
fn is_even<const D: usize>(grid: &Grid<D>, axis: usize, coefficients: &[f64]) -> bool {
    let (n, stride) = (grid.cells[axis], grid.strides()[axis]);
    let walls = grid.boundary[axis].of_basis() == Boundary::NoFlux;
    let is_odd = |mode: usize| {
        let j = mode / stride % n;
        // Cosines about a wall, or else 1, cos, sin, cos, sin, …
        j > 0 && walls != j.is_multiple_of(2)
    };
    let largest = coefficients.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
    let most = largest * if grid.is_open() { OF_TAILS } else { ROUND_OFF };
    coefficients.iter().enumerate().all(|(mode, c)| !is_odd(mode) || c.abs() <= most)
}

#[cfg(test)]
mod tests {
    use crate::experiment::read;
    use crate::kinetic::{KineticSolver, Resolution};
    use crate::model::Model;
    use std::sync::atomic::AtomicBool;

    const LOCAL: &str = "{ model = \"local\", lambda = 1.3, a = 0.2, b = 0.3 }";
    const AHEAD: &str =
        "{ model = \"nonlocal\", psi = \"saturating\", c1 = 0.1, c2 = 0.3, alpha_minus = 0.5 }";

    fn text(epsilon: f64, domain: &str, center: &str, kernel: &str, rest: &str) -> String {
        let dimension = center.split(',').count();
        let signal = if rest.contains("signal") {
            ""
        } else {
            "signal = { equation = \"parabolic\", decay = 1 }"
        };
        let bandwidth = "deposit = { bandwidth = 0.4 }";
        format!(
            "dimension = {dimension}\nepsilon = {epsilon}\ndomain = {{ {domain} }}\nkernel = {kernel}\n{signal}
            cells = {{ count = 10, mass = 6{}, density = {{ shape = \"gaussian\", center = {center}, width = 0.4 }} }}
            {bandwidth}\ntime = {{ end = 0.2, step = 0.1 }}\n{rest}",
            if rest.contains("flow") { ", mean_velocity = [0, 0, 0.2]" } else { "" }
        )
    }

    /// Half of V or less, as many as are told of all, gives what all of it does: ρ, J, S and the entropy. At the start and at
    /// the end.
    fn agree<const D: usize>(text: &str, kept: [usize; 2], all: usize, most: f64) {
        let e = read(text, "even.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
        let model = Model::<D>::new(&e).unwrap();
        let resolution = Resolution { angles: 8, step: 0.1 };
        let solve = |whole: bool| {
            let mut solver = KineticSolver::new(&model, resolution);
            if whole {
                let KineticSolver { phases, room, .. } = &mut solver;
                phases[0].unfold((&model, room), resolution.angles);
            }
            solver.keep_entropy();
            let first = solver.phases[0].f.len();
            assert!(solver.run(0.2, &AtomicBool::new(false), &|_| {}));
            let last = solver.phases[0].f.len();
            let entropy = solver.entropy().last().unwrap();
            let of_entropy = vec![entropy.entropy, entropy.dissipated, entropy.produced];
            let [rho, signal] = [solver.density(0), solver.signals[0].clone()];
            let fields = [vec![rho, signal, of_entropy], solver.flux(0).to_vec()].concat();
            ([first, last], fields)
        };
        let ((few, of_few), (many, of_many)) = (solve(false), solve(true));
        assert_eq!((few, many), (kept, [all; 2]));
        for (few, many) in of_few.iter().zip(&of_many) {
            let largest = many.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            let off = few.iter().zip(many).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            println!("off by {off:.1e} of {largest:.1e}");
            assert!(largest > 1e-3 && off <= most * largest, "{off:e} of {largest:e}");
        }
    }

    /// Every step is solved to 10⁻¹⁰, of series and of resolvents, and there are a dozen.
    const SOLVED: f64 = 3e-9;

    #[test]
    fn a_part_of_v_is_as_good_as_all_of_it() {
        let line = "lower = 0, upper = 3, grid = 17, boundary = \"no-flux\"";
        agree::<1>(&text(0.2, line, "[1.5]", LOCAL, ""), [1; 2], 2, SOLVED);
        let mixed =
            "lower = 0, upper = [3, 2], grid = [16, 9], boundary = [\"no-flux\", \"periodic\"]";
        for epsilon in [0.2, 0.02] {
            for kernel in [LOCAL, AHEAD] {
                agree::<2>(&text(epsilon, mixed, "[1.5, 1]", kernel, ""), [2; 2], 8, SOLVED);
            }
        }
        agree::<2>(&text(0.2, mixed, "[1.2, 1]", AHEAD, ""), [4; 2], 8, SOLVED);
        let shell = "velocity = { set = \"shell\", inner_speed = 0.4, speed = 1.2, equilibrium = \"exp(-r*r)\" }";
        let all = {
            let text = text(0.2, mixed, "[1.2, 1]", LOCAL, shell);
            let e = read(&text, "even.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
            let model = Model::<2>::new(&e).unwrap();
            model.first().space.ordinates(8).len()
        };
        agree::<2>(&text(0.2, mixed, "[1.5, 1]", LOCAL, shell), [all / 4; 2], all, SOLVED);
        let space = "lower = 0, upper = [2, 3, 2], grid = [6, 8, 5], boundary = [\"no-flux\", \"periodic\", \"no-flux\"]";
        agree::<3>(&text(0.2, space, "[1, 1.5, 1]", AHEAD, ""), [4; 2], 32, SOLVED);
        agree::<3>(&text(0.02, space, "[1, 1.5, 1]", LOCAL, "# flow"), [8; 2], 32, SOLVED);
    }

    /// In the whole space windows and rooms have a node more on one side.
    #[test]
    fn it_is_in_the_whole_space_but_for_tails() {
        let open = "lower = -3, upper = 3, grid = 32, boundary = \"open\"";
        let signal = "signal = { equation = \"elliptic\" }";
        agree::<2>(&text(0.3, open, "[0, 0]", LOCAL, signal), [2; 2], 8, 1e-5);
    }

    /// A signal that is not even, and a T that is clipped, ask for all of V from the first step on.
    #[test]
    fn it_is_all_of_v_where_it_has_to_be() {
        let line = "lower = 0, upper = 3, grid = 16, boundary = \"no-flux\"";
        let tilted = "signal = { equation = \"parabolic\", decay = 1, initial = \"x/3\" }";
        agree::<1>(&text(0.2, line, "[1.5]", LOCAL, tilted), [1, 2], 2, 1e-12);
        let square = "lower = 0, upper = 3, grid = 16, boundary = \"periodic\"";
        let steep = "{ model = \"local\", lambda = 1, a = 2, b = 3 }";
        let signal =
            "signal = { equation = \"parabolic\", decay = 1, initial = \"2*cos(2*PI*x/3)\" }";
        agree::<2>(&text(0.5, square, "[1.5, 1.5]", steep, signal), [2, 8], 8, 1e-12);
    }
}
