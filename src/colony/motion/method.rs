//! The ways to fly.

use crate::schema::{Draft, Fallback::*, Key, Kind::*, POSITIVE, Range, TIME, key, unknown};

const SHARE: Range = Range { low: 0.0, high: 1.0, open: false };

#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("motion", Choice(&["exact", "skip-ahead", "hybrid", "auto"]), Value("\"exact\""),
        "How cells fly: tumble by tumble; by free walks drawn at once between the events that depend on the signal, which has the same law; by kinetic-diffusion steps, whose cost does not grow as epsilon tends to 0 but which are biased by O(epsilon^2 + motion_step^2); or at each field step by the one that is predicted to cost least.")
        .sample("\"skip-ahead\""),
    key("motion_bias", Float(SHARE), Value("0.0"),
        "Relative bias of the drift up to which auto may take the hybrid, by an estimate; 0 leaves the two exact ways.").plain()
        .sample("0.01").only("motion", &["auto"]),
    key("motion_precision", Choice(&["f64", "f32"]), Value("\"f64\""),
        "What places and velocities of cells are kept in between field steps: f32 takes half the memory, and adds to the diffusivity what inspect tells.")
        .sample("\"f32\""),
    key("time.motion_step", Float(POSITIVE), Derived("time.step"),
        "Longest step of the hybrid, which cuts a field step into equal ones; its bias is O(motion_step^2).").of(TIME)
        .sample("0.01").only("motion", &["hybrid", "auto"]),
];

/// How cells fly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Thinning, one tumble after the other: some λ/ε² events per cell and time.
    Exact,
    /// Free walks at once, events for the part of T that depends on the signal alone: some
    /// 1/ε per cell and time.
    SkipAhead,
    /// Kinetic–diffusion steps: some events per cell and step, whatever ε. Biased by O(ε²) and
    /// O(Δt²). Cells that expect few tumbles in a step fly as by `Exact`.
    Hybrid,
    /// At every field step the one with the least predicted cost: expected events times
    /// [`Method::cost`]. Hybrid takes part only where a bias is tolerated.
    Auto,
}

impl Method {
    /// As experiment files call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::SkipAhead => "skip-ahead",
            Self::Hybrid => "hybrid",
            Self::Auto => "auto",
        }
    }

    /// From checked values.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        Some(match draft.text("motion")? {
            "skip-ahead" => Self::SkipAhead,
            "hybrid" => Self::Hybrid,
            "auto" => Self::Auto,
            "exact" => Self::Exact,
            word => unknown("motion", word),
        })
    }

    /// Time per event, relative to exact thinning in rounds; `circle` if V is a circle, where the free walk is
    /// drawn in lanes, `in_rounds` if exact thinning is. Measured: docs/performance.md.
    pub fn cost(self, circle: bool, in_rounds: bool) -> f64 {
        match (self, circle) {
            (Self::SkipAhead, true) => 2.3,
            (Self::SkipAhead, false) => 5.7,
            (Self::Hybrid, _) => 43.0,
            _ if in_rounds => 1.0,
            _ => 2.0,
        }
    }
}
