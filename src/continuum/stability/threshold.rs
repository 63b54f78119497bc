//! R₀ (van den Driessche & Watmough 2002).

use super::equilibrium::Equilibrium;
use super::forms::{Form, Forms, unit};
use super::homogeneous::{Homogeneous, State};
use super::limit::LimitWaves;
use super::reactions::flow;
use super::spectrum::spectrum;
use crate::reaction::{Event, Reaction};
use nalgebra::DMatrix;

impl<const D: usize> Homogeneous<'_, D> {
    /// The populations that carry an infection: those that it makes, or that are made from such, as long as more
    /// infections may follow from them.
    pub fn infected(&self) -> Vec<usize> {
        let reactions = &self.model.network.reactions;
        let (mut reached, mut leads) = (vec![false; self.populations()], self.none());
        for reaction in reactions {
            if let Event::Infection { to, by, .. } = reaction.event {
                (reached[to], leads[by]) = (true, true);
            }
        }
        let passes = |reaction: &Reaction| match reaction.event {
            Event::Conversion { of, to } | Event::Production { of, makes: to, .. } => {
                Some([of, to])
            }
            _ => None,
        };
        for _ in 0..self.populations() {
            for [of, to] in reactions.iter().filter_map(passes) {
                reached[to] |= reached[of];
                leads[of] |= leads[to];
            }
        }
        (0..self.populations()).filter(|i| leads[*i] && (reached[*i] || self.meets(*i))).collect()
    }

    fn none(&self) -> Vec<bool> {
        vec![false; self.populations()]
    }

    fn meets(&self, population: usize) -> bool {
        self.model.network.reactions.iter().any(|r| r.event.meets() == Some(population))
    }

    /// R₀: the spectral radius of FV⁻¹, where F − V is the Jacobian of the infected populations at the equilibrium without
    /// infection, and F what of it is infections. `None` where nothing is infected, or where there is no such equilibrium.
    pub fn reproduction_number(&self, equilibria: &[Equilibrium]) -> Option<f64> {
        let infected = self.infected();
        let is_free = |e: &&Equilibrium| infected.iter().all(|i| e.state.densities[*i] == 0.0);
        let free: Vec<&Equilibrium> = equilibria.iter().filter(is_free).collect();
        let lasts = |e: &&&Equilibrium| self.lasts_uninfected(&e.state, &infected);
        let state = &free.iter().find(lasts).or(free.last())?.state;
        let (all, new) = (self.jacobian(state), self.infections(state));
        let of = |matrix: &DMatrix<f64>| matrix.select_rows(&infected).select_columns(&infected);
        let (all, new) = (of(&all), of(&new));
        let next = &new * (&new - all).try_inverse()?;
        let radius = spectrum(next)?.all().map(|[re, im]| re.hypot(im)).fold(0.0, f64::max);
        (!infected.is_empty() && radius.is_finite()).then_some(radius)
    }

    fn jacobian(&self, state: &State) -> DMatrix<f64> {
        LimitWaves::new(self, state, false).matrix(0.0)
    }

    /// Whether it does not move away without infection.
    fn lasts_uninfected(&self, state: &State, infected: &[usize]) -> bool {
        let others: Vec<usize> = (0..self.unknowns()).filter(|i| !infected.contains(i)).collect();
        let own = self.jacobian(state).select_rows(&others).select_columns(&others);
        let size = own.norm();
        spectrum(own).is_some_and(|s| s.rate() <= 1e-9 * size)
    }

    /// What of the Jacobian is infections.
    fn infections(&self, state: &State) -> DMatrix<f64> {
        let n = self.unknowns();
        let density: Vec<Form> = (0..self.populations()).map(|i| unit(n, i)).collect();
        let none = density.iter().map(|_| Form::zeros(n)).collect();
        let forms = Forms::new(self, 0.0, false, [density, none]);
        let mut matrix = DMatrix::zeros(n, n);
        for reaction in &self.model.network.reactions {
            if let Event::Infection { to, .. } = reaction.event {
                let mut row = matrix.row_mut(to);
                row += flow(self, &forms, reaction, state);
            }
        }
        matrix
    }
}
