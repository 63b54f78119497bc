//! `kinetaxis new FILE`: an experiment to start from, one of several.

use super::error::CliError;
use super::whole;
use crate::experiment::template;
use std::path::Path;

/// What there is to start from, but for the first, which holds every key: shipped experiments, by name.
const SHIPPED: &[(&str, &str)] = &[
    ("band", include_str!("../../experiments/travelling-band.toml")),
    ("cmps", include_str!("../../experiments/cmps-model1-3d.toml")),
    ("designed", include_str!("../../experiments/designed-coefficients.toml")),
    ("expression", include_str!("../../experiments/expression-2d.toml")),
    ("free-walk", include_str!("../../experiments/free-walk-2d.toml")),
    ("growth", include_str!("../../experiments/growing-colony.toml")),
    ("hks", include_str!("../../experiments/hks-2d.toml")),
    ("persistence", include_str!("../../experiments/persistence.toml")),
    ("two-signals", include_str!("../../experiments/two-signals.toml")),
    ("virus", include_str!("../../experiments/virus-taxis.toml")),
];
/// The first.
pub const EVERY_KEY: &str = "every-key";

/// Names of all of them.
pub fn templates() -> impl Iterator<Item = &'static str> {
    std::iter::once(EVERY_KEY).chain(SHIPPED.iter().map(|(name, _)| *name))
}

/// Where editors that know TOML find what each key may hold: `kinetaxis schema > kinetaxis.schema.json`.
const SCHEMA: &str = "#:schema kinetaxis.schema.json\n";

fn text(name: &str) -> String {
    let shipped = SHIPPED.iter().find(|(own, _)| *own == name);
    SCHEMA.to_string() + &shipped.map_or_else(template, |(_, text)| text.to_string())
}

/// Writes a commented experiment, whole or not at all.
pub fn new(file: &Path, name: &str, force: bool) -> Result<(), CliError> {
    let shown = file.display();
    whole::write(file, text(name), force, "another name")?;
    super::tables::print(&format!(
        "wrote {shown}; try: kinetaxis inspect {shown}\n\
         editors complete its keys after: kinetaxis schema > kinetaxis.schema.json\n"
    ));
    Ok(())
}
