//! e^{τA}f where turns are so fast that a Taylor series would take work like 1/ε².
//!
//! e^{τA} is the rational function r(hA)^m of [`rational`](super::rational), h = τ/m, each pole μ of which asks for
//! (μ − hA)⁻¹f. With A = A₀ + B, where A₀ is free flight with one rate of turning, whose resolvent R is exact in Fourier
//! space ([`Unfolded`]), that is x = Rf + hRBx. B is small beside A₀ by a factor O(ε), and what of hRB acts on ρ
//! is a drift within h: so the number of iterations is bounded in ε, and falls with it.
//!
//! r errs by (hν)⁸/1.4·10⁶ where f decays or drifts at the rate ν ≪ 1/ε², and has next to nothing left where f decays
//! within h by far more than e^{−4}. What lies in between has to be little, so r is for h ≥ 8 τ/λ alone, and for as many parts
//! as the waves of ρ ask for.

use super::krylov::{self, Parts};
use super::ordinates::Ordinates;
use super::rational::{LEFT, ORDER, Pole, poles};
use super::room::Room;
use super::turns::Turns;
use super::unfolded::{Resolvent, Unfolded};
use crate::model::Species;
use rayon::prelude::*;
use rustfft::num_complex::Complex;

/// What is left of the equations of a resolvent, relative to the right side.
const TOLERANCE: f64 = 1e-10;
/// What r may add to the error of ρ in a step, relative to ρ in L².
const ACCURACY: f64 = 1e-10;
/// λh/τ from which on turns are fast.
const FAST: f64 = 8.0;
/// Most parts of a step.
const MOST: usize = 64;
/// Slow rates are those of diffusion, and drifts may double them.
const DRIFTS: f64 = 2.0;
/// Evaluations of Af that cost as much as one part: as seen.
pub(super) const WORTH: f64 = 30.0;

/// In how many parts a step of length `dt` is made by r; None if r is not for it. Cells
/// turn at the rate `lowest`/τ or more, and `density` has the coefficients of ρ on the grid of `room`.
pub(super) fn parts<const D: usize>(
    species: &Species<D>,
    room: &Room<D>,
    lowest: f64,
    dt: f64,
    density: &[f64],
) -> Option<usize> {
    let scaling = species.scaling;
    let turns = dt * lowest / scaling.tumble_time();
    if turns < FAST {
        return None;
    }
    let flight = dt / scaling.epsilon();
    let spread = DRIFTS * species.space.mean_square_f() / D as f64 * flight * flight / turns;
    let waves = room.spectral().laplacian();
    let norm: f64 = density.iter().map(|c| c * c).sum();
    let is_enough = |parts: &usize| {
        let m = *parts as f64;
        let error = |k: &f64| (m * LEFT * (spread * k / m).powi(ORDER + 1)).min(1.0);
        let sum: f64 = density.iter().zip(waves).map(|(c, k)| (c * error(k)).powi(2)).sum();
        sum <= ACCURACY * ACCURACY * norm
    };
    let fits = |parts: &usize| turns / *parts as f64 >= FAST;
    std::iter::successors(Some(1_usize), |m| Some(m + m.div_ceil(2)))
        .take_while(|m| *m <= MOST)
        .take_while(fits)
        .find(is_enough)
}

/// What is made once for the ordinates and grid of a population.
pub(super) struct Stiff<const D: usize> {
    unfolded: Unfolded<D>,
    poles: Vec<Pole>,
    /// λ of A₀ and h, with the resolvents of all poles.
    kept: Option<([f64; 2], Vec<Resolvent>)>,
}

impl<const D: usize> Stiff<D> {
    pub fn new(room: &Room<D>, ordinates: &Ordinates<D>) -> Self {
        let unfolded = Unfolded::new(room.spectral(), ordinates);
        Self { unfolded, poles: poles(), kept: None }
    }

    /// f ← r(hA)^m f, and how often Af was evaluated, which is twice for a complex f. None, with f as it was, if the
    /// iterations do not end; `memory` is of the shape of f.
    pub fn advance(
        &mut self,
        (species, ordinates): (&Species<D>, &Ordinates<D>),
        turns: &Turns,
        f: &mut [Vec<f64>],
        (dt, parts): (f64, usize),
        memory: [&mut [Vec<f64>]; 2],
    ) -> Option<usize> {
        let (h, tau) = (dt / parts as f64, species.scaling.tumble_time());
        let rate = 0.5 * (turns.lowest + turns.highest);
        self.keep((species, ordinates), rate, h);
        let ([rate, _], resolvents) = self.kept.as_ref()?;
        let less = turns.less(ordinates, *rate)?;
        let [folded, real] = memory;
        let mut imaginary = f.to_vec();
        let before = f.to_vec();
        let mut products = 0;
        for _part in 0..parts {
            let start = self.unfolded.unfold(f, None);
            let mut sum: Parts = start.iter().map(|s| vec![Complex::default(); s.len()]).collect();
            for (pole, resolvent) in self.poles.iter().zip(resolvents) {
                let mut right = start.clone();
                self.unfolded.apply(ordinates, resolvent, &mut right);
                let solved = krylov::solve(right, TOLERANCE, |x| {
                    self.unfolded.fold(x, folded, |c| c.re);
                    less.apply(ordinates, tau / h, folded, real);
                    self.unfolded.fold(x, folded, |c| c.im);
                    less.apply(ordinates, tau / h, folded, &mut imaginary);
                    let mut y = self.unfolded.unfold(real, Some(&imaginary));
                    self.unfolded.apply(ordinates, resolvent, &mut y);
                    y
                });
                let Some((x, count)) = solved else {
                    f.iter_mut().zip(before).for_each(|(f, before)| *f = before);
                    return None;
                };
                products += 2 * (count + 1);
                sum.par_iter_mut().zip(&x).for_each(|(sum, x)| {
                    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += pole.weight * x);
                });
            }
            self.unfolded.fold(&sum, f, |c| 2.0 * c.re);
        }
        Some(products)
    }

    /// Makes the resolvents for this λ and h, unless they are there for about this λ.
    fn keep(&mut self, (species, ordinates): (&Species<D>, &Ordinates<D>), rate: f64, h: f64) {
        let near = |kept: &[f64; 2]| (kept[0] / rate - 1.0).abs() < 0.02 && kept[1] == h;
        if self.kept.as_ref().is_some_and(|(kept, _)| near(kept)) {
            return;
        }
        let scaling = species.scaling;
        let speeds = (h / scaling.epsilon(), h * rate / scaling.tumble_time());
        let of = |pole: &Pole| self.unfolded.resolvent(ordinates, pole.place, speeds);
        self.kept = Some(([rate, h], self.poles.iter().map(of).collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;
    use crate::kinetic::ordinates::largest;
    use crate::kinetic::phase::Phase;
    use crate::kinetic::{KineticSolver, Resolution, norm};
    use crate::model::Model;

    /// Walls and periods, a signal with slopes that goes on smoothly beyond either, so that T is nowhere negative and ρ gets smooth,
    /// and velocities with more than one speed.
    fn text(epsilon: f64, grid: &str, boundary: &str, rest: &str) -> String {
        let dimension = grid.split(',').count();
        let is_period = boundary.trim_start_matches('[').starts_with("\"periodic");
        let signal = if is_period { "0.1*sin(2*PI*x/1.5)" } else { "0.2*cos(PI*x/1.5)" };
        format!(
            "dimension = {dimension}\nepsilon = {epsilon}
            domain = {{ lower = 0, upper = 1.5, grid = {grid}, boundary = {boundary} }}
            signal = {{ equation = \"parabolic\", decay = 1, initial = \"0.5 + {signal}\" }}
            cells = {{ count = 10, mass = 6, density = {{ shape = \"cosine\", amplitude = 0.4, mode = 1 }} }}
            deposit = {{ bandwidth = 0.375 }}\ntime = {{ end = 0.4, step = 0.4 }}\n{rest}"
        )
    }

    /// f far from all that is smooth, in a frozen signal.
    fn with_rough<const D: usize>(
        text: &str,
        then: impl FnOnce(&Model<D>, &Room<D>, &mut Phase<'_, D>, &Turns),
    ) {
        let e = read(text, "stiff.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
        let model = Model::<D>::new(&e).unwrap();
        let mut solver = KineticSolver::new(&model, Resolution { angles: 8, step: 0.1 });
        let signals = solver.signals.clone();
        let phase = &mut solver.phases[0];
        for (j, f) in phase.f.iter_mut().enumerate() {
            let rough =
                |(k, f): (usize, &mut f64)| *f *= 1.0 + 0.5 * ((3 * j + 7 * k * k) as f64).sin();
            f.iter_mut().enumerate().for_each(rough);
        }
        let turns = phase.turns((&model, &solver.room), &signals, None);
        assert!(turns.is_sum());
        then(&model, &solver.room, phase, &turns);
    }

    fn farthest(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
        let pairs = a.iter().flatten().zip(b.iter().flatten());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest(a)
    }

    /// Where ‖hA‖ is small, r is the exponential up to 7·10⁻⁷‖hA‖⁸ for whatever f: a wrong pole, weight, sign, rate or image shows
    /// at once.
    fn short_step<const D: usize>(text: &str) {
        with_rough::<D>(text, |model, room, phase, turns| {
            let size = 0.3;
            let dt = size / norm(model, phase.species, turns.highest);
            let start = phase.f.clone();
            phase.advance_by_series(room, turns, (dt, size));
            let series = std::mem::replace(&mut phase.f, start.clone());
            phase.advance_stiffly(room, turns, (dt, 1)).unwrap();
            let (off, moved) = (farthest(&series, &phase.f), farthest(&series, &start));
            println!("off by {off:.1e} of {moved:.1e}");
            // ‖A‖ is at most twice the size, in L²; the largest of f may be some times that.
            assert!(moved > 0.01 && off < 10.0 * LEFT * (2.0 * size).powi(8), "{off:e}");
        });
    }

    #[test]
    fn a_short_step_is_that_of_the_series() {
        let shell = "velocity = { set = \"shell\", inner_speed = 0.4, speed = 1.2, equilibrium = \"exp(-r*r)\" }";
        let local = "kernel = { model = \"local\", lambda = 1.3, a = 0.2, b = 0.3 }";
        let ahead = "kernel = { model = \"nonlocal\", psi = \"saturating\", c1 = 0.1, c2 = 0.3 }";
        short_step::<1>(&text(0.3, "[12]", "\"no-flux\"", &format!("{shell}\n{local}")));
        short_step::<2>(&text(0.3, "[9, 10]", "\"periodic\"", ahead));
        short_step::<2>(&text(
            0.3,
            "[9, 8]",
            "[\"no-flux\", \"periodic\"]",
            &format!("{shell}\n{local}"),
        ));
        short_step::<3>(&text(0.3, "[5, 6, 4]", "[\"no-flux\", \"periodic\", \"no-flux\"]", ahead));
        short_step::<3>(&text(0.3, "[4, 6, 5]", "[\"periodic\", \"no-flux\", \"no-flux\"]", local));
    }

    /// Where turns are fast and f no longer holds what decays with them, a step is the exponential as well, in a
    /// bounded number of iterations. (Odd numbers of nodes: the highest wave of an even axis never decays.)
    #[test]
    fn a_long_step_is_that_of_the_series_and_takes_no_more_for_a_smaller_epsilon() {
        let local = "kernel = { model = \"local\", lambda = 1.3, a = 0.2, b = 0.3 }";
        let mut all = Vec::new();
        for epsilon in [0.02, 0.01, 0.005] {
            let text = text(epsilon, "[9, 7]", "[\"no-flux\", \"periodic\"]", local);
            with_rough::<2>(&text, |model, room, phase, turns| {
                let (layer, dt) = (0.15, 0.01);
                let size = |dt: f64| dt * norm(model, phase.species, turns.highest);
                let [of_layer, of_step] = [size(layer), size(dt)];
                phase.advance_by_series(room, turns, (layer, of_layer));
                let start = phase.f.clone();
                phase.advance_by_series(room, turns, (dt, of_step));
                let series = std::mem::replace(&mut phase.f, start);
                let parts = phase.parts(room, turns, dt).unwrap();
                let products = phase.advance_stiffly(room, turns, (dt, parts)).unwrap();
                let off = farthest(&series, &phase.f);
                println!("ε = {epsilon}: {products} products in {parts} parts, off by {off:.1e}");
                assert!(off < 1e-8, "{epsilon}: {off:e}");
                all.push(products / parts);
            });
        }
        assert!(all[2] <= all[0] && all[2] < 40, "{all:?}");
    }
}
