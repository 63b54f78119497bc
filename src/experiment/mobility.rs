//! How much of a density drifts: G in J = −D∇ρ + χG(ρ)∇S.

/// G(ρ). The limit of the cells is linear; the others are regularisations of the macroscopic
/// equation itself, which no kernel here leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mobility {
    /// G = ρ.
    Linear,
    /// G = Q(ηρ)/η with Q(ξ) = ξ/(1+ξ) (Velázquez 2004; HKS Remark 3.8), η > 0: at most 1/η.
    Saturating(f64),
    /// G = ρ(1 − ρ/ρ*) (Painter & Hillen 2002), ρ* > 0: none where space is full.
    VolumeFilling(f64),
}

impl Mobility {
    /// G(ρ). Round-off may make ρ slightly negative.
    #[inline(always)]
    pub fn of(self, rho: f64) -> f64 {
        match self {
            Self::Linear => rho,
            Self::Saturating(eta) => rho / (1.0 + eta * rho.abs()),
            Self::VolumeFilling(full) => rho * (1.0 - rho / full),
        }
    }
}
