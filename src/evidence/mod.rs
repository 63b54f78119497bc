//! What is recorded of the cells, what is made of it.

pub mod observe;
pub mod referee;
pub mod study;
pub mod verify;
