//! What is written and drawn.

#[cfg(not(target_family = "wasm"))]
pub mod formats;
#[cfg(not(target_family = "wasm"))]
pub mod output;
pub mod pages;
#[cfg(feature = "cli")]
pub mod recorded;
pub mod report;
pub mod sheet;
pub mod text;
