//! Where a single run is set down between field steps, and taken up again.

/// Where a run is set down. All errors are in words for people.
pub trait Checkpoints: Sync {
    /// Whether there is one to take up.
    fn found(&self) -> bool;

    /// A section of it.
    ///
    /// # Errors
    /// It cannot be read.
    fn section(&self, number: usize) -> Result<Vec<u8>, String>;

    /// What to do after a field step.
    fn due(&self) -> Due;

    /// Sets a run down that has come to the time `time` by `step` field steps.
    ///
    /// # Errors
    /// It could not be; then those before it stand.
    fn save(&self, step: u64, time: f64, sections: &[&[u8]]) -> Result<(), String>;
}

/// What to do after a field step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Go on.
    Nothing,
    /// Set the run down and go on.
    Save,
    /// Set it down and end.
    Stop,
}
