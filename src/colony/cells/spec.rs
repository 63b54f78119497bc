//! What a file says of the cells at t = 0, and of their births and deaths.

use super::Precision;
use crate::formula::{Formula, Quantity};
use crate::scaling::SPEED;
use crate::schema::{
    ANY, DENSITY, Draft, Fallback::*, Key, Kind::*, LENGTH, MASS, POSITIVE, Range, SPACE, key,
    unknown,
};

const FRACTION: Range = Range { low: -1.0, high: 1.0, open: false };

#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("cells.count", Integer(0, i64::MAX), Derived("cells.mass/cells.weight"), "Number of cells of one replicate at t = 0.").live("20000"),
    key("cells.weight", Float(POSITIVE), Derived("cells.mass/cells.count"), "Mass of one cell, in the place of their number or of the total mass.").of(MASS)
        .sample("1e-4"),
    key("cells.least", Integer(1, i64::MAX), Derived("none"),
        "Where deaths leave fewer cells, each becomes two of half its weight.").sample("1000"),
    key("cells.most", Integer(2, i64::MAX), Derived("none"),
        "Where births make more cells, two become one of twice the weight.").sample("100000"),
    key("cells.mass", Float(POSITIVE), Derived("1; for an expression, its integral as it stands"),
        "Total mass M, the integral of rho.").of(MASS).live("20.0"),
    key("cells.mean_velocity", Vector(ANY), Value("0.0"),
        "Mean m of v at t = 0: f0 = rho F(v)(1 + d m.v/<|v|^2>), which must not be negative.").of(SPEED).sample("0.0"),
    key("cells.stratified", Flag, Value("true"), "Stratify the initial positions over the grid.").sample("true"),
    key("cells.antithetic", Flag, Value("false"),
        "Cells in pairs that start together and fly with mirrored randomness: the law of a cell is the same, noise odd in v cancels; the cells of a pair are not independent.")
        .sample("false"),
    key("cells.density.shape",
        Choice(&["uniform", "point", "gaussian", "ball", "ring", "cosine", "expression"]), Value("\"uniform\""),
        "1; all cells at center; exp(-|x-c|^2/2w^2); 1 where |x-c| < radius; exp(-(|x-c|-radius)^2/2w^2); 1 + amplitude prod cos(2 pi m (x-lower)/L), pi at no-flux; or an expression.")
        .live("\"gaussian\""),
    key("cells.density.grid", Sizes(4), Derived("domain.grid"),
        "Cells along each axis of the grid from which positions are drawn; refine it for a steep density.")
        .sample("128"),
    key("cells.density.center", Vector(ANY), Derived("the centre of the box"), "c, inside the box.").of(LENGTH)
        .sample("0.0").only("cells.density.shape", &["point", "gaussian", "ball", "ring"]),
    key("cells.density.width", Float(POSITIVE), Required, "w, standard deviation.").of(LENGTH)
        .live("0.8").only("cells.density.shape", &["gaussian", "ring"]),
    key("cells.density.radius", Float(POSITIVE), Required, "Radius of the ball or ring.").of(LENGTH)
        .sample("1.0").only("cells.density.shape", &["ball", "ring"]),
    key("cells.density.amplitude", Float(FRACTION), Required, "Amplitude of the cosine, from -1 to 1.").plain()
        .sample("0.5").only("cells.density.shape", &["cosine"]),
    key("cells.density.mode", Sizes(0), Value("1"), "m, half-waves (no-flux) or waves (periodic) along each axis.")
        .sample("1").only("cells.density.shape", &["cosine"]),
    key("cells.density.expression", Formula(SPACE), Required, "rho(x, 0), nowhere negative.").of(DENSITY)
        .sample("\"exp(-x^2)\"").only("cells.density.shape", &["expression"]),
];

/// `[cells]`
#[derive(Clone, Debug)]
pub struct Cells {
    /// Number of cells of one replicate.
    pub count: usize,
    /// Mass of one cell; `None` is the total mass over the count.
    pub weight: Option<f64>,
    /// Numbers of cells between which births and deaths are to leave it: below the first every cell is split
    /// into two of half the weight, above the second two are merged into one.
    pub between: Option<[usize; 2]>,
    /// Total mass M; `None` takes ∫ of the density expression as it stands (1 for shapes).
    pub mass: Option<f64>,
    /// ρ(x, 0) up to normalisation.
    pub density: Density,
    /// Cells along each axis of the grid from which positions are drawn.
    pub density_grid: Vec<usize>,
    /// Mean of v at t = 0; f⁰ ∝ F(v)(1 + d m·v/⟨|v|²⟩).
    pub mean_velocity: Vec<f64>,
    /// Stratify initial positions over the grid.
    pub stratified: bool,
    /// Pair cells 2i and 2i+1: same start, mirrored randomness.
    pub antithetic: bool,
    /// r(ρ, S): births less deaths, per cell and unit of time.
    pub growth: Quantity,
    /// What positions and velocities are kept in.
    pub precision: Precision,
}

/// Initial densities by name.
#[derive(Clone, Debug)]
pub enum Density {
    /// Constant.
    Uniform,
    /// All cells at one point.
    Point {
        /// The point.
        center: Vec<f64>,
    },
    /// exp(−|x−c|²/2w²).
    Gaussian {
        /// c.
        center: Vec<f64>,
        /// w.
        width: f64,
    },
    /// Constant in |x−c| < r, else 0.
    Ball {
        /// c.
        center: Vec<f64>,
        /// r.
        radius: f64,
    },
    /// exp(−(|x−c|−r)²/2w²).
    Ring {
        /// c.
        center: Vec<f64>,
        /// r.
        radius: f64,
        /// w.
        width: f64,
    },
    /// 1 + A Πₐ cos(2π mₐ (xₐ−lowerₐ)/Lₐ) (periodic axis) or cos(π mₐ (xₐ−lowerₐ)/Lₐ) (no-flux axis).
    Cosine {
        /// A ∈ [−1, 1].
        amplitude: f64,
        /// m, one integer per axis.
        mode: Vec<usize>,
    },
    /// Any expression in x, y, z.
    Expression(Formula),
}

impl Cells {
    /// From checked values.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        Some(Self {
            count: draft.integer("cells.count")? as usize,
            mass: draft.float("cells.mass"),
            weight: draft.float("cells.weight").filter(|_| draft.integer("cells.count") == Some(0)),
            between: between(draft),
            density: Density::read(draft)?,
            mean_velocity: draft.floats("cells.mean_velocity")?,
            density_grid: draft.sizes("cells.density.grid")?,
            stratified: draft.flag("cells.stratified")?,
            antithetic: draft.flag("cells.antithetic")?,
            growth: draft.quantity("cells.growth")?,
            precision: Precision::read(draft)?,
        })
    }
}

impl Precision {
    /// From checked values.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        Some(match draft.text("motion_precision")? {
            "f64" => Self::Double,
            "f32" => Self::Single,
            word => unknown("motion_precision", word),
        })
    }
}

fn between(draft: &Draft) -> Option<[usize; 2]> {
    let (least, most) = (draft.integer("cells.least"), draft.integer("cells.most"));
    let given = least.is_some() || most.is_some();
    given.then(|| [least.unwrap_or(0) as usize, most.map_or(usize::MAX, |most| most as usize)])
}

impl Density {
    /// From checked values.
    fn read(draft: &Draft) -> Option<Self> {
        let number = |name: &str| draft.float(&format!("cells.density.{name}"));
        let center = || draft.floats("cells.density.center");
        Some(match draft.text("cells.density.shape")? {
            "uniform" => Self::Uniform,
            "point" => Self::Point { center: center()? },
            "gaussian" => Self::Gaussian { center: center()?, width: number("width")? },
            "ball" => Self::Ball { center: center()?, radius: number("radius")? },
            "ring" => {
                Self::Ring { center: center()?, radius: number("radius")?, width: number("width")? }
            }
            "cosine" => Self::Cosine {
                amplitude: number("amplitude")?,
                mode: draft.sizes("cells.density.mode")?,
            },
            "expression" => Self::Expression(draft.formula("cells.density.expression")?),
            word => unknown("cells.density.shape", word),
        })
    }
}
