//! What a file says of V and F.

use crate::formula::Formula;
use crate::scaling::SPEED;
use crate::schema::{Draft, Fallback::*, Key, Kind::*, POSITIVE, key, unknown};

#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("velocity.set", Choice(&["sphere", "ball", "shell"]), Value("\"sphere\""),
        "V: |v| = speed, |v| <= speed, or inner_speed <= |v| <= speed.").live("\"sphere\""),
    key("velocity.speed", Float(POSITIVE), Value("1.0"), "Largest speed s of a cell.").of(SPEED).live("1.0"),
    key("velocity.inner_speed", Float(POSITIVE), Required, "Least speed, below velocity.speed.").of(SPEED)
        .sample("0.5").only("velocity.set", &["shell"]),
    key("velocity.equilibrium", WordOrFormula("uniform", &["r"]), Value("\"uniform\""),
        "F up to normalisation, positive, as an expression in r = |v|.").plain()
        .sample("\"exp(-r^2)\"").only("velocity.set", &["ball", "shell"]),
];

/// The kinds of velocity set V.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VelocitySet {
    /// |v| = speed.
    Sphere,
    /// |v| ≤ speed.
    Ball,
    /// inner_speed ≤ |v| ≤ speed.
    Shell,
}

/// `[velocity]`
#[derive(Clone, Debug)]
pub struct Velocity {
    /// Kind of V.
    pub set: VelocitySet,
    /// Largest speed s.
    pub speed: f64,
    /// Inner radius of a shell; 0 otherwise.
    pub inner_speed: f64,
    /// F(|v|) up to normalisation, in the variable `r`; `None` is uniform.
    pub equilibrium: Option<Formula>,
}

impl VelocitySet {
    /// By its word.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        Some(match draft.text("velocity.set")? {
            "sphere" => VelocitySet::Sphere,
            "ball" => VelocitySet::Ball,
            "shell" => VelocitySet::Shell,
            word => unknown("velocity.set", word),
        })
    }
}

impl Velocity {
    /// From checked values.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        Some(Self {
            set: VelocitySet::read(draft)?,
            speed: draft.float("velocity.speed")?,
            inner_speed: draft.float("velocity.inner_speed").unwrap_or(0.0),
            equilibrium: draft.formula("velocity.equilibrium"),
        })
    }
}
