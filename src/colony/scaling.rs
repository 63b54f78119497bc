//! The powers of ε in the equation of one population, and with them what its numbers are worth in units of the file.

use crate::schema::{CONCENTRATION, Dimension, LENGTH, NUMBER, Scale, TIME};

/// δ: how slowly a signal follows.
pub const DELTA: Dimension = Dimension::of(Scale::Delta);
/// μ: the measure of V.
pub const MEASURE: Dimension = Dimension::of(Scale::Measure);
/// Of what happens to a cell per unit of time, but for its turns.
pub const PER_TIME: Dimension = NUMBER.over(TIME);
/// v: a cell moves at v/ε.
pub const SPEED: Dimension = LENGTH.over(TIME).over(Dimension::of(Scale::Epsilon));
/// λ: a cell tumbles at λ/ε^{q+1}.
pub const TUMBLE_RATE: Dimension =
    PER_TIME.over(Dimension::of(Scale::Epsilon)).over(Dimension::of(Scale::EpsilonQ));
/// T: a cell turns into dv at T dv/ε^{q+1}.
pub const TURNING: Dimension = TUMBLE_RATE.over(MEASURE);
/// a and b: ε^p a v·∇S is a part of T.
pub const RESPONSE: Dimension =
    TURNING.times(Dimension::of(Scale::EpsilonP)).over(SPEED).over(CONCENTRATION).times(LENGTH);
/// D, of the order ⟨|v|²⟩/λ.
pub const DIFFUSIVITY: Dimension = SPEED.times(SPEED).over(TUMBLE_RATE);
/// χ, of the order bμ⟨|v|²⟩/λ.
pub const SENSITIVITY: Dimension = RESPONSE.times(MEASURE).times(DIFFUSIVITY);

/// ∂t f + (1/ε) v·∇f = ε^{−(q+1)} 𝒯f, 𝒯 = 𝒯⁰ + ε^p 𝒯¹ (BC 6, 7), with q, p ≥ 1. CMPS and HKS have q = p = 1.
///
/// As ε → 0 the flux is J = ε^{p−1}Γρ − ε^{q−1}D∇ρ: diffusion is left for q = 1 alone, drift for p = 1
/// alone (the Kronecker deltas of BC 32).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    epsilon: f64,
    q: i32,
    p: i32,
    tumble_time: f64,
    free_path: f64,
    bias: f64,
}

impl Scaling {
    /// ε with the exponents q and p.
    pub fn new(epsilon: f64, q: i32, p: i32) -> Self {
        let [free_path, tumble_time, bias] = [q, q + 1, p].map(|power| epsilon.powi(power));
        Self { epsilon, q, p, tumble_time, free_path, bias }
    }

    /// q = p = 1.
    pub fn parabolic(epsilon: f64) -> Self {
        Self::new(epsilon, 1, 1)
    }

    /// ε: a cell of velocity v moves at v/ε.
    #[inline(always)]
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// ε^{q+1}: a cell tumbles at the rate of its kernel over this.
    #[inline(always)]
    pub fn tumble_time(&self) -> f64 {
        self.tumble_time
    }

    /// ε^q: a cell flies as far between tumbles as its velocity over the rate of its kernel, times this.
    #[inline(always)]
    pub fn free_path(&self) -> f64 {
        self.free_path
    }

    /// ε^p: what stands for ε in the kernel.
    #[inline(always)]
    pub fn bias(&self) -> f64 {
        self.bias
    }

    /// ε^{q−1}: what is left of D.
    #[inline(always)]
    pub fn of_diffusion(&self) -> f64 {
        self.epsilon.powi(self.q - 1)
    }

    /// ε^{p−1}: what is left of χ.
    #[inline(always)]
    pub fn of_drift(&self) -> f64 {
        self.epsilon.powi(self.p - 1)
    }

    /// What is left of D and of χ as ε → 0: 1 or 0 of each.
    pub fn left(&self) -> [f64; 2] {
        [self.q, self.p].map(|power| if power == 1 { 1.0 } else { 0.0 })
    }

    /// The same exponents at another ε.
    pub fn at(&self, epsilon: f64) -> Self {
        Self::new(epsilon, self.q, self.p)
    }
}
