//! The ledger: what is known of each piece of independent work.
//!
//! A study is a set of tasks, each a pure function of its name; its result is the fold of their records in the
//! order of their names. Whoever has the records has the result, whenever and wherever they were made: a study goes on where it was, is
//! extended, or is shared out by asking for a record before doing the work.

use crate::simulation::SimulationError;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

    /// As `replicate-DIGEST-000007`, with the digest of the definition.
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

/// The bytes of a value.
pub(super) fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, SimulationError> {
    postcard::to_stdvec(value).map_err(|e| SimulationError::Ledger(format!("a record: {e}")))
}

/// The value of such bytes.
pub(super) fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SimulationError> {
    postcard::from_bytes(bytes).map_err(|e| SimulationError::Ledger(format!("a record: {e}")))
}
