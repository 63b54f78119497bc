//! A study asks for the record of a task before it does the work.

use super::ledger::{Ledger, Task, decoded, encoded};
use super::monitor::Monitor;
use crate::simulation::SimulationError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A ledger for a task that this process does alone.
struct Whole(Arc<dyn Ledger>);

impl Ledger for Whole {
    fn find(&self, task: &Task) -> Result<bool, String> {
        self.0.find(task)
    }

    fn keep(&self, task: &Task, sections: &[&[u8]]) -> Result<(), String> {
        self.0.keep(task, sections)
    }

    fn section(&self, task: &Task, number: usize) -> Result<Vec<u8>, String> {
        self.0.section(task, number)
    }

    fn turn(&self) -> bool {
        true
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl Monitor<'_> {
    /// The result of a task, from its record if there is one; else the work is done, and recorded.
    ///
    /// # Errors
    /// Those of `work`, or of the ledger.
    pub fn recall<T: Serialize + DeserializeOwned>(
        &self,
        task: impl FnOnce() -> Task,
        work: impl FnOnce() -> Result<T, SimulationError>,
    ) -> Result<T, SimulationError> {
        let Some(ledger) = &self.ledger else { return work() };
        let task = task();
        if ledger.find(&task).map_err(SimulationError::Ledger)? {
            let bytes = ledger.section(&task, 0).map_err(SimulationError::Ledger)?;
            return decoded(&bytes);
        }
        let result = work()?;
        ledger.keep(&task, &[&encoded(&result)?]).map_err(SimulationError::Ledger)?;
        Ok(result)
    }

    /// The same for a task that is shared out as a whole: `None` if another process has it.
    ///
    /// # Errors
    /// As [`Monitor::recall`].
    pub fn share<T: Serialize + DeserializeOwned>(
        &self,
        task: Task,
        work: impl FnOnce(&Monitor<'_>) -> Result<T, SimulationError>,
    ) -> Result<Option<T>, SimulationError> {
        if !self.takes_turn() {
            return Ok(None);
        }
        let ledger = self.ledger.clone().map(|ledger| Arc::new(Whole(ledger)) as Arc<dyn Ledger>);
        let whole = Monitor { ledger, ..*self };
        whole.recall(|| task, || work(&whole)).map(Some)
    }

    /// Whether this process does the next task of those that are shared out.
    pub(super) fn takes_turn(&self) -> bool {
        self.ledger.as_ref().is_none_or(|ledger| ledger.turn())
    }

    /// Whether this process does only some of the tasks.
    pub(super) fn is_shared(&self) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| ledger.is_shared())
    }
}

/// `None` for what other processes have a part in, so that this one goes on with the next.
///
/// # Errors
/// Any other error.
pub(super) fn unless_shared<T>(
    done: Result<T, SimulationError>,
) -> Result<Option<T>, SimulationError> {
    match done {
        Err(SimulationError::Shared) => Ok(None),
        done => done.map(Some),
    }
}
