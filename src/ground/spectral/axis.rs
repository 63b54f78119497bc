//! The transform of lines along one axis.

use crate::grid::Boundary;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

/// What a pass does along its axis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Nodal values of an even field to its coefficients.
    Analyse,
    /// Nodal values of a field that is odd across walls to the coefficients of its derivative.
    AnalyseDerivative,
    /// Coefficients to nodal values.
    Synthesise,
    /// Coefficients to nodal values of the derivative, which is odd across walls.
    SynthesiseDerivative,
}

impl Job {
    /// To coefficients, of the derivative or not.
    pub fn analyse(derivative: bool) -> Self {
        if derivative { Self::AnalyseDerivative } else { Self::Analyse }
    }

    /// To nodal values, of the derivative or not.
    pub fn synthesise(derivative: bool) -> Self {
        if derivative { Self::SynthesiseDerivative } else { Self::Synthesise }
    }
}

/// The transform along one axis. All bases are real, so that the transform of f + ig is that of f
/// plus i times that of g: two lines take one complex FFT.
pub struct Axis {
    /// No-flux, or else periodic.
    boundary: Boundary,
    /// |κ| of every basis function.
    pub wavenumbers: Vec<f64>,
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    /// e^{−iπj/2n} on no-flux axes.
    twiddles: Vec<Complex<f64>>,
}

/// i·z.
#[inline(always)]
fn turned(z: Complex<f64>) -> Complex<f64> {
    Complex::new(-z.im, z.re)
}

impl Axis {
    /// Plans the transform of `n` nodes.
    pub fn new(planner: &mut FftPlanner<f64>, boundary: Boundary, n: usize, length: f64) -> Self {
        let boundary = boundary.of_basis();
        let wavenumber = |j: usize| match boundary {
            Boundary::NoFlux => PI / length * j as f64,
            _ => 2.0 * PI / length * j.div_ceil(2) as f64,
        };
        let twiddle = |j: usize| Complex::cis(-0.5 * PI * j as f64 / n as f64);
        Self {
            boundary,
            wavenumbers: (0..n).map(wavenumber).collect(),
            forward: planner.plan_fft_forward(n),
            inverse: planner.plan_fft_inverse(n),
            twiddles: match boundary {
                Boundary::NoFlux => (0..n).map(twiddle).collect(),
                _ => Vec::new(),
            },
        }
    }

    /// Transforms a line, which is overwritten.
    pub fn transform(
        &self,
        job: Job,
        from: &mut [Complex<f64>],
        to: &mut [Complex<f64>],
        fft: &mut [Complex<f64>],
    ) {
        match (self.boundary, job) {
            (Boundary::NoFlux, Job::Analyse | Job::AnalyseDerivative) => {
                fold(job, from, to);
                self.forward.process_with_scratch(to, fft);
                self.to_cosines(job, to);
            }
            (Boundary::NoFlux, _) => {
                self.cosines_back(job, from);
                self.inverse.process_with_scratch(from, fft);
                unfold(job, from, to);
            }
            (_, Job::Analyse | Job::AnalyseDerivative) => {
                self.forward.process_with_scratch(from, fft);
                self.to_waves(job, from, to);
            }
            _ => {
                self.waves_back(job, from, to);
                self.inverse.process_with_scratch(to, fft);
            }
        }
    }

    /// Pairs (√2 cos, √2 sin) from the Fourier coefficients at ±κⱼ.
    fn to_waves(&self, job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
        let n = from.len();
        let (one, scale) = (1.0 / n as f64, FRAC_1_SQRT_2 / n as f64);
        let plus_minus = from[1..].iter().zip(from.iter().rev());
        let pairs = to[1..].chunks_exact_mut(2).zip(plus_minus);
        if job == Job::Analyse {
            for (pair, (p, m)) in pairs {
                pair[0] = (p + m) * scale;
                pair[1] = turned(p - m) * scale;
            }
            to[0] = from[0] * one;
        } else {
            for ((pair, (p, m)), k) in pairs.zip(self.wavenumbers[1..].iter().step_by(2)) {
                let scale = k * scale;
                pair[0] = turned(p - m) * scale;
                pair[1] = (p + m) * -scale;
            }
            to[0] = Complex::default();
        }
        if n.is_multiple_of(2) {
            // The derivative of the highest wave vanishes at the nodes.
            to[n - 1] = if job == Job::Analyse { from[n / 2] * one } else { Complex::default() };
        }
    }

    /// The Fourier coefficients at ±κⱼ from pairs (√2 cos, √2 sin).
    fn waves_back(&self, job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
        let n = from.len();
        let (low, high) = to.split_at_mut(n / 2 + 1);
        let plus_minus = low[1..].iter_mut().zip(high.iter_mut().rev());
        let pairs = from[1..].chunks_exact(2).zip(plus_minus);
        if job == Job::Synthesise {
            for (pair, (p, m)) in pairs {
                let (cos, sin) = (pair[0] * FRAC_1_SQRT_2, turned(pair[1]) * FRAC_1_SQRT_2);
                (*p, *m) = (cos - sin, cos + sin);
            }
            to[0] = from[0];
        } else {
            for ((pair, (p, m)), k) in pairs.zip(self.wavenumbers[1..].iter().step_by(2)) {
                let k = k * FRAC_1_SQRT_2;
                let (cos, sin) = (pair[1] * k, turned(pair[0]) * -k);
                (*p, *m) = (cos - sin, cos + sin);
            }
            to[0] = Complex::default();
        }
        if n.is_multiple_of(2) {
            to[n / 2] = if job == Job::Synthesise { from[n - 1] } else { Complex::default() };
        }
    }

    /// Cosine coefficients from the FFT of a folded line (Makhoul 1980); of an odd line, those of
    /// its derivative. Entries j and n − j become one another's partners.
    fn to_cosines(&self, job: Job, line: &mut [Complex<f64>]) {
        let n = line.len();
        let (one, scale) = (1.0 / n as f64, FRAC_1_SQRT_2 / n as f64);
        let (low, high) = line.split_at_mut(n / 2 + 1);
        let pairs = low[1..].iter_mut().zip(high.iter_mut().rev()).zip(&self.twiddles[1..]);
        if job == Job::Analyse {
            for ((a, b), w) in pairs {
                let (p, m) = (w * *a, w.conj() * *b);
                (*a, *b) = ((p + m) * scale, turned(p - m) * scale);
            }
            line[0] *= one;
        } else {
            let k = self.wavenumbers[1..].iter().zip(self.wavenumbers.iter().rev());
            for (((a, b), w), (ka, kb)) in pairs.zip(k) {
                let (p, m) = (w * *a, w.conj() * *b);
                (*a, *b) = (turned(p - m) * (ka * scale), (p + m) * (kb * scale));
            }
            line[0] = Complex::default();
        }
        if n.is_multiple_of(2) {
            line[n / 2] *= if job == Job::Analyse { one } else { one * self.wavenumbers[n / 2] };
        }
    }

    /// The FFT of a folded line from cosine coefficients; of an odd one, from those of the field
    /// whose derivative it is.
    fn cosines_back(&self, job: Job, line: &mut [Complex<f64>]) {
        let n = line.len();
        let (low, high) = line.split_at_mut(n / 2 + 1);
        let pairs = low[1..].iter_mut().zip(high.iter_mut().rev()).zip(&self.twiddles[1..]);
        if job == Job::Synthesise {
            for ((a, b), w) in pairs {
                let (p, m) = (*a * FRAC_1_SQRT_2, turned(*b) * FRAC_1_SQRT_2);
                (*a, *b) = (w.conj() * (p - m), w * (p + m));
            }
        } else {
            let k = self.wavenumbers[1..].iter().zip(self.wavenumbers.iter().rev());
            for (((a, b), w), (ka, kb)) in pairs.zip(k) {
                let (p, m) = (*b * (-kb * FRAC_1_SQRT_2), turned(*a) * (-ka * FRAC_1_SQRT_2));
                (*a, *b) = (w.conj() * (p - m), w * (p + m));
            }
            line[0] = Complex::default();
            if n.is_multiple_of(2) {
                line[n / 2] *= -self.wavenumbers[n / 2];
            }
        }
    }
}

/// Even entries forwards, then odd ones backwards; the latter change sign if the line is odd, which
/// makes cosines of its sines.
fn fold(job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
    let (even, odd) = to.split_at_mut(from.len().div_ceil(2));
    even.iter_mut().zip(from.iter().step_by(2)).for_each(|(to, from)| *to = *from);
    let sign = if job == Job::Analyse { 1.0 } else { -1.0 };
    let backwards = odd.iter_mut().rev();
    backwards.zip(from[1..].iter().step_by(2)).for_each(|(to, from)| *to = from * sign);
}

/// The reverse of [`fold`].
fn unfold(job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
    let (even, odd) = from.split_at(from.len().div_ceil(2));
    to.iter_mut().step_by(2).zip(even).for_each(|(to, from)| *to = *from);
    let sign = if job == Job::Synthesise { 1.0 } else { -1.0 };
    let backwards = odd.iter().rev();
    to[1..].iter_mut().step_by(2).zip(backwards).for_each(|(to, from)| *to = from * sign);
}

/// Work space of one pass along an axis.
pub struct Scratch {
    /// Slots for some lines, and one more: a line moves to the slot beside it when it is transformed.
    pub lines: Vec<Complex<f64>>,
    /// What the FFT asks for.
    pub fft: Vec<Complex<f64>>,
}

impl Axis {
    /// Work space for `count` lines.
    pub fn scratch(&self, count: usize) -> Scratch {
        let fft =
            self.forward.get_inplace_scratch_len().max(self.inverse.get_inplace_scratch_len());
        let lines = (count + 1) * self.pitch();
        Scratch { lines: vec![Complex::default(); lines], fft: vec![Complex::default(); fft] }
    }

    /// From one slot of [`Scratch`] to the next. Without the gap, lines of a power of two would share
    /// the lower bits of their addresses, and a load would wait for a store to the other line.
    pub fn pitch(&self) -> usize {
        self.wavenumbers.len() + 8
    }
}
