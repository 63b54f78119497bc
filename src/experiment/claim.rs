//! What an experiment claims.

/// A kind of claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Distances vanish with the expected order; in ε, J and r_ε stay bounded.
    Order,
    /// D and χ in closed form are those of the integral equations.
    Coefficients,
    /// Mass, centre and spread of the cells are those of the limit.
    Moments,
    /// The virial identity of the plane.
    Virial,
    /// The limit blows up, the cells do not.
    BlowUp,
    /// The kinetic regularisation beside Velázquez's.
    Regularisation,
    /// Homogeneous data follow the ODE of the reactions.
    Reactions,
    /// R₀ = 1 is a threshold.
    Threshold,
    /// The speed of a band.
    Speed,
    /// How fast populations that spread take up space.
    Front,
    /// How small waves about a homogeneous state grow.
    Stability,
}

impl Claim {
    /// Every claim with its word in the experiment file.
    pub const ALL: [(Self, &str); 11] = [
        (Self::Order, "order"),
        (Self::Coefficients, "coefficients"),
        (Self::Moments, "moments"),
        (Self::Virial, "virial"),
        (Self::BlowUp, "blow-up"),
        (Self::Regularisation, "regularisation"),
        (Self::Reactions, "reactions"),
        (Self::Threshold, "threshold"),
        (Self::Speed, "speed"),
        (Self::Front, "front"),
        (Self::Stability, "stability"),
    ];

    /// The words.
    pub const WORDS: [&str; Self::ALL.len()] = {
        let mut words = [""; Self::ALL.len()];
        let mut i = 0;
        while i < words.len() {
            words[i] = Self::ALL[i].1;
            i += 1;
        }
        words
    };

    /// The claim with this word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, own)| *own == word).map(|(claim, _)| *claim)
    }
}
