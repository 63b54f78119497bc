//! Why there is no limit.

use crate::cells::InitialError;
use crate::schema::OutOfRange;
use thiserror::Error;

/// Why there is no limit.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LimitError {
    /// ρ⁰ is none.
    #[error(transparent)]
    Initial(#[from] InitialError),
    /// An expression has a value that it must not have.
    #[error("{0}")]
    Value(Box<OutOfRange>),
    /// A step led to no numbers, though ρ had not grown before.
    #[error(
        "the limit is no number after t = {time}: the kernel's D or chi is not finite for some S that occurs, or \
         limit.step is far too long"
    )]
    NoNumber {
        /// The last time when it was one.
        time: f64,
    },
    /// r is so large that steps would have to be far shorter.
    #[error(
        "cells.growth, or the rate of a reaction, reaches {rate:e} at t = {time}: limit.step = {step} is more than 10⁶ \
         times too long for it. Lower that rate, or limit.step"
    )]
    Stiff {
        /// The largest |r|.
        rate: f64,
        /// t.
        time: f64,
        /// The step that was asked for.
        step: f64,
    },
}
