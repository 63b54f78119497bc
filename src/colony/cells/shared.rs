//! One law, with its tables, for all models that start from it: those of a study differ in ε, steps or numbers of cells.

use super::error::InitialError;
use super::initial::InitialLaw;
use super::spec::Cells;
use crate::grid::Grid;
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Laws by what decides them; those that no model holds any longer go when the next one is made.
static LAWS: Mutex<Vec<(String, Weak<dyn Any + Send + Sync>)>> = Mutex::new(Vec::new());

impl<const D: usize> InitialLaw<D> {
    /// [`InitialLaw::new`], or the same law if some model still holds it.
    ///
    /// # Errors
    /// As [`InitialLaw::new`].
    pub fn shared(cells: &Cells, grid: &Grid<D>) -> Result<Arc<Self>, InitialError> {
        let name = name(cells, grid);
        let known = {
            let laws = LAWS.lock().unwrap_or_else(PoisonError::into_inner);
            laws.iter().find(|(other, _)| *other == name).and_then(|(_, law)| law.upgrade())
        };
        if let Some(Ok(law)) = known.map(Arc::downcast) {
            return Ok(law);
        }
        // Made outside the lock; where two threads make it at once, both are the same.
        let law = Arc::new(Self::new(cells, grid)?);
        let shared: Arc<dyn Any + Send + Sync> = law.clone();
        let mut laws = LAWS.lock().unwrap_or_else(PoisonError::into_inner);
        laws.retain(|(other, law)| *other != name && law.strong_count() > 0);
        laws.push((name, Arc::downgrade(&shared)));
        Ok(law)
    }
}

/// All that a law is made of; of the number of cells, whether there are any.
fn name<const D: usize>(cells: &Cells, grid: &Grid<D>) -> String {
    let Cells { count, mass, density, density_grid, mean_velocity, .. } = cells;
    let Cells { stratified, antithetic, weight: _, between: _, growth: _, .. } = cells;
    let (any, mass) = (*count > 0, mass.map(f64::to_bits));
    format!(
        "{D} {any} {mass:?} {density:?} {density_grid:?} {mean_velocity:?} {stratified} {antithetic} {grid:?}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Density;
    use crate::cells::Precision;
    use crate::formula::Quantity;
    use crate::grid::Boundary;

    /// Nothing that decides a law is left out of its name, and what does not is.
    #[test]
    fn a_law_is_shared_by_those_that_start_from_it_alone() {
        let space = |cells: usize| Grid {
            lower: [0.0],
            upper: [1.0],
            cells: [cells],
            boundary: [Boundary::Periodic],
        };
        let one = Cells {
            count: 10,
            weight: None,
            between: None,
            mass: Some(1.0),
            density: Density::Cosine { amplitude: 0.5, mode: vec![1] },
            density_grid: vec![32],
            mean_velocity: vec![0.0],
            stratified: true,
            antithetic: false,
            growth: Quantity::Constant(0.0),
            precision: Precision::Double,
        };
        let law = |cells: &Cells, n: usize| InitialLaw::shared(cells, &space(n)).expect("a law");
        let first = law(&one, 32);
        let more = Cells { count: 20, weight: Some(0.1), ..one.clone() };
        assert!(Arc::ptr_eq(&first, &law(&more, 32)));
        assert!(!Arc::ptr_eq(&first, &law(&one, 64)));
        let density = Density::Cosine { amplitude: 0.5 + f64::EPSILON, mode: vec![1] };
        for other in [
            Cells { count: 0, ..one.clone() },
            Cells { mass: Some(2.0), ..one.clone() },
            Cells { density, ..one.clone() },
            Cells { density_grid: vec![64], ..one.clone() },
            Cells { mean_velocity: vec![0.1], ..one.clone() },
            Cells { stratified: false, ..one.clone() },
            Cells { antithetic: true, ..one.clone() },
        ] {
            assert!(!Arc::ptr_eq(&first, &law(&other, 32)), "{other:?}");
        }
        // It goes with the last that holds it.
        let gone = Arc::downgrade(&first);
        drop(first);
        assert!(gone.upgrade().is_none());
    }
}
