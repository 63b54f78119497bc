//! The file of a cell that broke what must hold.

use super::error::CliError;
use crate::output::{Record, RecordError};
use crate::simulation::{Incident, Scene};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a file of this kind is called.
const NAME: &str = "a cell to replay";

/// What the file holds beside the experiment.
#[derive(Serialize, Deserialize)]
pub struct Case {
    /// Of the program.
    pub version: String,
    /// What the history follows from.
    pub scene: Scene,
    /// What the run said.
    pub told: String,
}

/// Writes the file of an incident in a run of an experiment by this version of the program.
///
/// # Errors
/// Why it could not be written.
pub fn write(
    path: &Path,
    version: String,
    experiment: &str,
    incident: &Incident,
) -> Result<(), String> {
    let Incident { error, scene } = incident;
    let case = Case { version, told: scene.told(error.clone()), scene: scene.clone() };
    let case = postcard::to_stdvec(&case).map_err(|e| e.to_string())?;
    Record::write(path, NAME, &[experiment.as_bytes(), &case]).map_err(|e| e.to_string())
}

/// The experiment and the case of a file.
pub fn read(file: &Path) -> Result<(String, Case), CliError> {
    let bad =
        |e: RecordError| CliError::BadInput(format!("{e}. Give the file that a run has named"));
    let mut record = Record::open(file).map_err(bad)?;
    let foreign = || bad(RecordError::Foreign(file.into()));
    if record.name() != NAME {
        return Err(foreign());
    }
    let text = String::from_utf8(record.section(0).map_err(bad)?).map_err(|_| foreign())?;
    let case = postcard::from_bytes(&record.section(1).map_err(bad)?);
    case.map(|case| (text, case)).map_err(|_| foreign())
}
