//! What is written and drawn.

pub mod output;
pub mod pages;
pub mod report;
