//! A particle-based stochastic simulator of kinetic chemotaxis and of its drift–diffusion limit.
//!
//! Cells at x with velocity v ∈ V, of phase-space density f(x, v, t), fly at v/ε and tumble at rates
//! of order 1/ε² that answer to a chemical signal S:
//!
//! ε² ∂t f + ε v·∇f = ∫_V ( T_ε\[S\](x,v,v′) f(v′) − T_ε\[S\](x,v′,v) f(v) ) dv′.
//!
//! As ε → 0 the density ρ = ∫f dv follows ∂tρ = ∇·(D\[S\]∇ρ − χ\[S\]ρ∇S). The crate simulates the
//! first equation with particles, solves the second one without, and measures the distance between
//! them and its order in ε.
//!
//! Floors, lowest first; dependencies go one way.
//!
//! - ground: [`vector`], [`clock`], [`rng`], [`simd`], [`device`], [`grid`], [`tiles`], [`schedule`], [`quadrature`],
//!   [`linear`], [`memory`], [`spelling`], [`units`], [`formula`], [`moments`], [`spectral`], [`spline`]
//! - the reader of files: [`schema`]
//! - the terms of the kinetic equation, and what a file says of each: [`velocity`] (V and F), [`signal`] (S),
//!   [`turning`] (T), [`cells`] (f⁰), [`reaction`] and [`growth`] (G), [`scaling`] (ε), [`free_walk`] (the law without a
//!   signal), [`motion`] (flights and tumbles)
//! - the experiment file as a whole: [`experiment`]
//! - one realisation: [`model`] (rebuilt from the experiment), [`state`] (what changes), [`simulation`] (the loop),
//!   [`fields`] (what it shows); and what is proved of it: [`identities`]
//! - the equations that know no cells: the kinetic one, [`kinetic`], and the macroscopic one, [`limit`]
//! - what is recorded and what is made of it: [`observe`], [`study`]; what the papers assume and
//!   prove of an experiment: [`referee`], [`verify`]
//! - what is written: [`sheet`], [`mod@formats`], [`output`], [`text`], [`report`], [`pages`]; what the commands compute,
//!   as functions: [`api`]; and the commands: `cli`
//!
//! In a constant gradient g, starting from an isotropic law, the kernel T = λF + εa v·g moves the
//! cells on average by χg( t − (ε²/λ)(1 − e^{−λt/ε²}) ):
//!
//! ```
//! use kinetaxis::{experiment, model::Model, simulation::Simulation, turning::TurningKernel};
//! use std::sync::atomic::AtomicBool;
//! let text = r#"
//!     dimension = 1
//!     epsilon = 0.1
//!     domain = { lower = -8, upper = 8, grid = 32, boundary = "no-flux" }
//!     kernel = { model = "local", lambda = 1, a = 0.25 }
//!     signal = { equation = "prescribed", expression = "x" }
//!     cells = { count = 4000, density = { shape = "point" } }
//!     time = { end = 0.5, step = 0.1 }
//! "#;
//! let experiment = experiment::read(text, "example.toml", &[])?.experiment;
//! let model = Model::<1>::new(&experiment)?;
//! let mut simulation = Simulation::new(&model, 0)?;
//! simulation.run(&AtomicBool::new(false), &|_progress| {}, |_state| {})?;
//! let cells = simulation.state().first().cells.positions.iter().map(|x| x[0]);
//! let mean = cells.sum::<f64>() / 4000.0;
//! let chi = model.first().kernel.coefficients(0.0, 1.0).sensitivity;
//! let exact = chi * (0.5 - 0.01 * (1.0 - (-0.5_f64 / 0.01).exp()));
//! // Five standard errors, of √(2Dt/4000) each with D = 1.
//! assert!((mean - exact).abs() < 5.0 * (1.0 / 4000.0_f64).sqrt(), "{mean} {exact}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]
pub mod api;
#[cfg(feature = "cli")]
pub mod cli;
pub mod experiment;

mod colony;
mod continuum;
mod engine;
mod evidence;
mod ground;
mod present;
pub mod schema;

pub use colony::*;
pub use continuum::*;
pub use engine::*;
pub use evidence::*;
pub use ground::*;
pub use present::*;
