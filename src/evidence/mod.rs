//! What is recorded of the cells, what is made of it, and what is proved of the equations.

pub mod identities;
pub mod observe;
pub mod referee;
pub mod study;
pub mod verify;
