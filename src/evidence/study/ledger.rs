//! The ledger: what is known of each piece of independent work.
//!
//! A study is a set of tasks, each a pure function of its name; its result is the fold of their records in the
//! order of their names. Whoever has the records has the result, whenever and wherever they were made: a study goes on where it was, is
//! extended, or is shared out by asking for a record before doing the work.

use super::monitor::Monitor;
use crate::simulation::SimulationError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The name of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Task {
    role: &'static str,
    definition: u128,
    number: u64,
}

impl Task {
    /// The `number`-th among those in the role, such as "replicate", that `definition` defines but for that.
    pub fn new(role: &'static str, definition: &str, number: u64) -> Self {
        let program = env!("KINETAXIS_SOURCES");
        let definition = xxh3_128(format!("{program} {definition}").as_bytes());
        Self { role, definition, number }
    }

    /// replicate-<digest of the definition>-000007.
    pub fn name(&self) -> String {
        format!("{}-{:032x}-{:06}", self.role, self.definition, self.number)
    }
}

/// Where records are kept. All of it may be asked from any thread.
pub trait Ledger: Send + Sync {
    /// Whether there is a record of a task, all of it as it was written. One that is damaged is none.
    ///
    /// # Errors
    /// It cannot be said.
    fn find(&self, task: &Task) -> Result<bool, String>;

    /// Keeps a record, in sections.
    ///
    /// # Errors
    /// It could not be kept; then there is none.
    fn keep(&self, task: &Task, sections: &[&[u8]]) -> Result<(), String>;

    /// A section of a record that was found or kept.
    ///
    /// # Errors
    /// It is no longer there as it was.
    fn section(&self, task: &Task, number: usize) -> Result<Vec<u8>, String>;

    /// Whether this process does the next of the tasks that are shared out. All processes of a study ask for the same tasks in
    /// the same order.
    fn turn(&self) -> bool;

    /// Whether tasks are shared out, so that this process cannot have the result.
    fn is_shared(&self) -> bool;
}

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

    /// `None` for what other processes have a part in, so that this one goes on with the next.
    ///
    /// # Errors
    /// Any other error.
    pub(super) fn unless_shared<T>(
        &self,
        done: Result<T, SimulationError>,
    ) -> Result<Option<T>, SimulationError> {
        match done {
            Err(SimulationError::Shared) => Ok(None),
            done => done.map(Some),
        }
    }
}

/// The bytes of a value.
pub(super) fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, SimulationError> {
    postcard::to_stdvec(value).map_err(|e| SimulationError::Ledger(format!("a record: {e}")))
}

/// The value of such bytes.
pub(super) fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SimulationError> {
    postcard::from_bytes(bytes).map_err(|e| SimulationError::Ledger(format!("a record: {e}")))
}
