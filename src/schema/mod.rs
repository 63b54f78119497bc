//! The reader of files that say something by keys: each has its type, range, default and meaning, once, in a
//! [`Table`].
//!
//! The strict reader, the JSON Schema and the commented template are made from the table. What the keys are
//! about is not known here, but for `dimension`, which tells how many axes there are.

mod check;
mod dimension;
mod draft;
mod fault;
mod json;
mod key;
mod problem;
mod ranged;
mod scales;
mod scope;
mod source;
mod table;
mod template;

pub(crate) use check::Checked;
pub use dimension::{
    CONCENTRATION, DENSITY, Dimension, LENGTH, MASS, Measures, NUMBER, Scale, TIME, VOLUME,
};
pub(crate) use draft::Draft;
pub(crate) use json::json_schema;
pub(crate) use key::key;
pub use key::{
    ANY, Fallback, Key, Kind, NONNEGATIVE, Only, POSITIVE, Range, SIZES, SPACE, Variables,
    names_in, quoted,
};
pub(crate) use problem::SET;
pub use problem::{Problem, Problems};
pub use ranged::{OutOfRange, Ranged};
pub(crate) use scales::{Scales, Size, size};
pub(crate) use scope::Scope;
pub(crate) use source::{Given, Source};
pub use table::{Group, Table};
pub(crate) use template::template;

/// The table has a word that nothing is made of. A test reads every word of the table.
pub(crate) fn unknown(path: &str, word: &str) -> ! {
    panic!("{path} = \"{word}\" is a word of the table alone")
}
