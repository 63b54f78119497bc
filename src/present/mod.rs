//! What is written and drawn.

#[cfg(not(target_family = "wasm"))]
pub mod formats;
#[cfg(not(target_family = "wasm"))]
pub mod output;
pub mod pages;
pub mod report;
pub mod sheet;
pub mod text;
