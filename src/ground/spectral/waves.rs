//! Complex Fourier coefficients of complex fields on a box that is periodic along all axes.

use crate::vector::Vector;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::f64::consts::PI;
use std::sync::Arc;

/// Edge of the squares in which an array is turned.
const SQUARE: usize = 16;

/// The transforms of one box.
pub struct Waves<const D: usize> {
    cells: [usize; D],
    forward: [Arc<dyn Fft<f64>>; D],
    inverse: [Arc<dyn Fft<f64>>; D],
    /// By mode: κ. Of the highest wave of an even axis, which is half of a pair, the derivative vanishes at the nodes.
    pub vectors: Vec<Vector<D>>,
}

impl<const D: usize> Waves<D> {
    /// Plans the transforms of a box of so many nodes and these edges.
    pub fn new(cells: [usize; D], lengths: &Vector<D>) -> Self {
        let mut planner = FftPlanner::new();
        let wave = |a: usize, j: usize| {
            let n = cells[a];
            let j = match (2 * j).cmp(&n) {
                std::cmp::Ordering::Less => j as f64,
                std::cmp::Ordering::Equal => 0.0,
                std::cmp::Ordering::Greater => j as f64 - n as f64,
            };
            2.0 * PI / lengths[a] * j
        };
        let mut waves = Self {
            cells,
            forward: cells.map(|n| planner.plan_fft_forward(n)),
            inverse: cells.map(|n| planner.plan_fft_inverse(n)),
            vectors: Vec::new(),
        };
        let vector = |mode: usize| {
            let index = waves.index(mode);
            std::array::from_fn(|a| wave(a, index[a]))
        };
        waves.vectors = (0..waves.count()).map(vector).collect();
        waves
    }

    /// Number of nodes.
    pub fn count(&self) -> usize {
        self.cells.iter().product()
    }

    /// Replaces nodal values, the last axis running fastest, by coefficients of e^{iκx}.
    pub fn forward(&self, data: &mut Vec<Complex<f64>>, memory: &mut Memory) {
        for a in (0..D).rev() {
            memory.process(&*self.forward[a], data);
            if a > 0 {
                memory.turn(data, self.cells[a]);
            }
        }
        let scale = 1.0 / self.count() as f64;
        data.iter_mut().for_each(|c| *c *= scale);
    }

    /// Replaces coefficients by nodal values.
    pub fn inverse(&self, data: &mut Vec<Complex<f64>>, memory: &mut Memory) {
        for a in 0..D {
            memory.process(&*self.inverse[a], data);
            if a + 1 < D {
                memory.turn(data, self.count() / self.cells[a + 1]);
            }
        }
    }

    /// Adds to coefficients those of the mirror image across an axis, node 0 becoming the last one where it lies between
    /// `walls`, or else itself.
    pub fn add_image(&self, axis: usize, walls: bool, coefficients: &mut [Complex<f64>]) {
        let (n, stride) = (self.cells[axis], self.strides()[axis]);
        let off = f64::from(walls);
        let phase = |j: usize| Complex::cis(2.0 * PI * off * j as f64 / n as f64);
        let phases: Vec<Complex<f64>> = (0..n).map(phase).collect();
        let own = coefficients.to_vec();
        for (mode, c) in coefficients.iter_mut().enumerate() {
            let j = mode / stride % n;
            *c += phases[j] * own[mode - j * stride + (n - j) % n * stride];
        }
    }

    /// From one mode to the next along each axis. The first axis runs fastest, the others as they do at the nodes.
    fn strides(&self) -> [usize; D] {
        std::array::from_fn(|a| match a {
            0 => 1,
            _ => self.cells[0] * self.cells[a + 1..].iter().product::<usize>(),
        })
    }

    fn index(&self, mode: usize) -> [usize; D] {
        let strides = self.strides();
        std::array::from_fn(|a| mode / strides[a] % self.cells[a])
    }
}

/// Work space of the transforms.
#[derive(Default)]
pub struct Memory {
    fft: Vec<Complex<f64>>,
    turned: Vec<Complex<f64>>,
}

impl Memory {
    fn process(&mut self, fft: &dyn Fft<f64>, data: &mut [Complex<f64>]) {
        self.fft.resize(fft.get_inplace_scratch_len(), Complex::default());
        fft.process_with_scratch(data, &mut self.fft);
    }

    /// Swaps rows and columns of a matrix with so many columns.
    fn turn(&mut self, data: &mut Vec<Complex<f64>>, columns: usize) {
        let rows = data.len() / columns;
        self.turned.resize(data.len(), Complex::default());
        for row in (0..rows).step_by(SQUARE) {
            for column in (0..columns).step_by(SQUARE) {
                for r in row..rows.min(row + SQUARE) {
                    for c in column..columns.min(column + SQUARE) {
                        self.turned[c * rows + r] = data[r * columns + c];
                    }
                }
            }
        }
        std::mem::swap(data, &mut self.turned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rough(n: usize) -> Vec<Complex<f64>> {
        let at = |i: usize, a: f64| ((i * i) as f64 * a).sin();
        (0..n).map(|i| Complex::new(at(i, 0.37), at(i, 0.61))).collect()
    }

    /// A wave has one coefficient, in the place of its κ; there and back is nothing; a mirror image is that of the
    /// nodes.
    fn are_waves<const D: usize>(cells: [usize; D]) {
        let lengths: Vector<D> = std::array::from_fn(|a| 1.5 + a as f64);
        let (waves, mut memory) = (Waves::new(cells, &lengths), Memory::default());
        let n = waves.count();
        let strides: [usize; D] = std::array::from_fn(|a| cells[a + 1..].iter().product());
        let place =
            |node: usize| -> [usize; D] { std::array::from_fn(|a| node / strides[a] % cells[a]) };
        let jump: [usize; D] = std::array::from_fn(|a| 1 + a);
        let at = |node: usize| {
            let turns = |a: usize| (jump[a] * place(node)[a]) as f64 / cells[a] as f64;
            Complex::cis(2.0 * PI * (0..D).map(turns).sum::<f64>())
        };
        let mut wave: Vec<Complex<f64>> = (0..n).map(at).collect();
        waves.forward(&mut wave, &mut memory);
        for (c, vector) in wave.iter().zip(&waves.vectors) {
            let own = |a: usize| 2.0 * PI / lengths[a] * jump[a] as f64;
            let is_own = (0..D).all(|a| (vector[a] - own(a)).abs() < 1e-9);
            assert!((c - f64::from(is_own)).norm() < 1e-13, "{c} {vector:?}");
        }
        let mut field = rough(n);
        waves.forward(&mut field, &mut memory);
        for axis in 0..D {
            for walls in [true, false] {
                let mut sum = field.clone();
                waves.add_image(axis, walls, &mut sum);
                waves.inverse(&mut sum, &mut memory);
                for (node, sum) in sum.iter().enumerate() {
                    let i = place(node)[axis];
                    let to =
                        if walls { cells[axis] - 1 - i } else { (cells[axis] - i) % cells[axis] };
                    let image = node + to * strides[axis] - i * strides[axis];
                    let want = rough(n)[node] + rough(n)[image];
                    assert!((sum - want).norm() < 1e-12, "{sum} {want}");
                }
            }
        }
        waves.inverse(&mut field, &mut memory);
        assert!(field.iter().zip(rough(n)).all(|(a, b)| (a - b).norm() < 1e-13));
    }

    #[test]
    fn waves_are_in_their_place_and_images_those_of_the_nodes() {
        are_waves([12]);
        are_waves([9, 20]);
        are_waves([8, 17, 10]);
    }
}
