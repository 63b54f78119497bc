//! What becomes of states that are the same everywhere: equilibria of the reactions, R₀, and the growth of small waves about
//! an equilibrium, in the limit and in the kinetic equation at any ε.
//!
//! A wave e^{ikx₁ + σt} about a homogeneous state leads to a matrix, of which σ is an eigenvalue:
//!
//! - in the limit, of the amplitudes of ρ_i and of the signals that have an equation in time (BC 32, 54),
//!   σρ̂_i = −k²D_iρ̂_i + k²Σ_m χ_m G(ρ_i) Ŝ_m + ĥ_i;
//! - in the kinetic equation, of those of f_i on ordinates of V_i (CMPS 7, BC 6),
//!   σf̂_i = −(ikv₁/ε) f̂_i + ε^{−(q_i+1)}( 𝒯_i f̂_i + 𝒯̂_i f_i ) + ĝ_i, where 𝒯̂_i is what a wave in S changes of 𝒯_i.
//!
//! Signals that follow densities at once (elliptic ones, and densities) are no unknowns. Of f only what has the
//! symmetry of the wave is kept, functions of |v| and v₁: nothing else moves mass.
//!
//! Derivatives of rates and of kernels are five-point differences ([`derivative`]). Eigenvalues are those of
//! a real matrix, by Schur's decomposition (the crate `nalgebra`).

mod classes;
mod derivative;
mod equilibrium;
mod forms;
mod homogeneous;
mod kinetic;
mod limit;
mod newton;
mod peak;
mod reactions;
mod response;
mod spectrum;
mod survey;
mod threshold;

pub use derivative::derivative;
pub use equilibrium::Equilibrium;
pub use homogeneous::{Homogeneous, State};
pub use kinetic::{KineticWaves, Waves};
pub use limit::LimitWaves;
pub use peak::{Mode, Peak, peak, wave_numbers};
pub use spectrum::{Spectrum, spectrum};
pub use survey::{Fastest, Survey, survey};
