//! What a file says of the signals, and of the deposit of cells that feeds them.

use crate::formula::{Formula, Quantity};
use crate::scaling::DELTA;
use crate::schema::{
    ANY, CONCENTRATION, DENSITY, Draft, Fallback::*, Key, Kind::*, LENGTH, NONNEGATIVE, NUMBER,
    POSITIVE, SPACE, TIME, Variables, key, unknown,
};

/// Variables of what feels densities and signals; where there are several, their names, place and time.
pub const AROUND: Variables = &["rho", "S"];
const SPACE_TIME: Variables = &["x", "y", "z", "t"];

#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("signal.equation", Choice(&["none", "prescribed", "parabolic", "elliptic", "density"]), Value("\"none\""),
        "S = 0; S(x, t) given; delta dS/dt = diffusion Lap S + production rho - decay S; 0 = the same right side (mean-free if decay = 0, except in the whole space); or S = rho as it is deposited.")
        .live("\"parabolic\""),
    key("signal.expression", Formula(SPACE_TIME), Required, "S(x, t).").of(CONCENTRATION)
        .sample("\"cos(x)*exp(-t)\"").only("signal.equation", &["prescribed"]),
    key("signal.diffusion", Float(NONNEGATIVE), Value("1.0"), "Diffusion coefficient of S; positive if elliptic.").of(LENGTH.times(LENGTH).over(TIME).over(DELTA))
        .live("1.0").only("signal.equation", &["parabolic", "elliptic"]),
    key("signal.production", Quantity(NONNEGATIVE, AROUND), Value("1.0"),
        "Production of S per unit of cell mass; if parabolic, it may depend on rho and S.").of(CONCENTRATION.over(TIME).over(DENSITY).over(DELTA))
        .live("1.0").only("signal.equation", &["parabolic", "elliptic"]),
    key("signal.decay", Quantity(NONNEGATIVE, AROUND), Value("0.0"),
        "Decay rate of S; if parabolic, it may depend on rho and S, as in consumption, \"rho\".").of(NUMBER.over(TIME).over(DELTA))
        .live("0.1").only("signal.equation", &["parabolic", "elliptic"]),
    key("signal.source", Quantity(ANY, AROUND), Value("0.0"),
        "What else is made of S per volume and time, and not by cells.").of(CONCENTRATION.over(TIME).over(DELTA))
        .sample("\"1 - S\"").only("signal.equation", &["parabolic"]),
    key("signal.delta", Float(POSITIVE), Value("1.0"),
        "delta, how slowly S follows: as it vanishes, S becomes that of the elliptic equation.").plain()
        .sample("0.01").only("signal.equation", &["parabolic"]),
    key("signal.initial", Quantity(ANY, SPACE), Value("0.0"), "S(x, 0).").of(CONCENTRATION)
        .sample("0.0").only("signal.equation", &["parabolic"]),

    key("signal.producers", Texts, Derived("all populations"),
        "The populations whose densities are rho in the equation of S, together.")
        .sample("[\"cells\"]").only("signal.equation", &["parabolic", "elliptic", "density"]),

    key("deposit.bandwidth", Float(POSITIVE), Derived("1.5 grid spacings, at most a quarter of the shortest edge of the box"),
        "h, standard deviation of the kernel that makes a density of the cells; from the largest grid spacing to a quarter of the shortest edge.").of(LENGTH)
        .sample("0.2"),
    key("deposit.order", Among(&[2, 4, 6]), Value("2"), "Order of the kernel in h: 2 (Gaussian), 4 or 6.").sample("2"),
];

/// One signal: `[signal]`.
#[derive(Clone, Debug)]
pub struct NamedSignal {
    /// Its name: `S` where there is no other.
    pub name: String,
    /// The populations, by number, whose densities it is made of: ρ in its equation is their sum.
    pub producers: Vec<usize>,
    /// Its equation.
    pub equation: Signal,
}

/// `[signal]`
#[derive(Clone, Debug)]
pub enum Signal {
    /// S ≡ 0.
    None,
    /// S(x, t) given.
    Prescribed(Formula),
    /// δ∂tS = D_S ΔS + αρ − βS + σ.
    Parabolic {
        /// δ > 0.
        delta: f64,
        /// D_S ≥ 0.
        diffusion: f64,
        /// α(ρ, S).
        production: Quantity,
        /// β(ρ, S).
        decay: Quantity,
        /// σ, what else is made of S per volume.
        source: Quantity,
        /// S(x, 0).
        initial: Quantity,
    },
    /// 0 = D_S ΔS + αρ − βS; with β = 0 the mean of ρ is subtracted and S has mean zero.
    Elliptic {
        /// D_S > 0.
        diffusion: f64,
        /// α ≥ 0.
        production: f64,
        /// β ≥ 0.
        decay: f64,
    },
    /// S = K_h * ρ.
    Density,
}

/// `[deposit]`
#[derive(Clone, Debug)]
pub struct DepositSpec {
    /// h, standard deviation of the Gaussian kernel K_h.
    pub bandwidth: f64,
    /// Order of the kernel: 2 (Gaussian), 4 or 6.
    pub order: usize,
}

impl Signal {
    /// From checked values.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        let number = |name: &str| draft.float(&format!("signal.{name}"));
        Some(match draft.text("signal.equation")? {
            "none" => Self::None,
            "prescribed" => Self::Prescribed(draft.formula("signal.expression")?),
            "parabolic" => Self::Parabolic {
                delta: number("delta")?,
                diffusion: number("diffusion")?,
                production: draft.quantity("signal.production")?,
                decay: draft.quantity("signal.decay")?,
                source: draft.quantity("signal.source")?,
                initial: draft.quantity("signal.initial")?,
            },
            "elliptic" => Self::Elliptic {
                diffusion: number("diffusion")?,
                production: draft.constant("signal.production")?,
                decay: draft.constant("signal.decay")?,
            },
            "density" => Self::Density,
            word => unknown("signal.equation", word),
        })
    }
}
