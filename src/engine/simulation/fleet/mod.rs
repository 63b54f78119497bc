//! The cells of one population on a graphics processor, where they stay from one field step to the next.

#[cfg(feature = "gpu")]
mod aboard;
#[cfg(feature = "gpu")]
mod frame;
#[cfg(not(feature = "gpu"))]
mod none;
#[cfg(feature = "gpu")]
mod orders;

#[cfg(feature = "gpu")]
pub(super) use aboard::Fleet;
#[cfg(not(feature = "gpu"))]
pub(super) use none::Fleet;
