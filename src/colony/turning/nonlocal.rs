//! The non-local kernel (CMPS Model 2; 42. HKS Remark 3.7 is α₊ = 1, α₋ = 0).

use super::psi::Ceiling;
use super::{
    Affine, Bounds, Coefficients, KernelModel, Majorant, Psi, PsiSpec, Response, Sense, Symmetry,
    Turn, TurningKernel, Turns, Wave,
};
use crate::schema::{Draft, Fallback::Value, Key, Kind::Float, NONNEGATIVE, OutOfRange, key};
use crate::vector::{Vector, add_scaled};
use crate::velocity::VelocitySpace;

/// Keys of the experiment file.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("kernel.alpha_plus", Float(NONNEGATIVE), Value("1.0"), "Weight of looking ahead along the new velocity.").plain()
        .sample("1.0").only("kernel.model", &["nonlocal"]),
    key("kernel.alpha_minus", Float(NONNEGATIVE), Value("0.0"), "Weight of looking back along the old velocity.").plain()
        .sample("0.0").only("kernel.model", &["nonlocal"]),
];

/// What the file says.
pub(super) fn read(draft: &Draft) -> Option<KernelModel> {
    Some(KernelModel::NonLocal {
        alpha_plus: draft.float("kernel.alpha_plus")?,
        alpha_minus: draft.float("kernel.alpha_minus")?,
        psi: PsiSpec::read(draft)?,
    })
}

/// T_ε = α₊ ψ(S(x), S(x+εv)) + α₋ ψ(S(x), S(x−εv′)), F = 1/μ.
///
/// D = m₂/(d(α₊+α₋)ψ(S,S)μ), χ = ∂₂ψ(S,S) m₂/(d ψ(S,S)).
#[derive(Clone, Debug)]
pub struct NonLocal<const D: usize> {
    plus: f64,
    minus: f64,
    psi: Psi,
    measure: f64,
    mean_square: f64,
    max_speed: f64,
    epsilon: f64,
}

impl<const D: usize> NonLocal<D> {
    /// α₊, α₋ ≥ 0 with positive sum.
    pub fn new(plus: f64, minus: f64, psi: Psi, space: &VelocitySpace<D>, epsilon: f64) -> Self {
        let (measure, mean_square) = (space.measure(), space.mean_square());
        Self { plus, minus, psi, measure, mean_square, max_speed: space.max_speed(), epsilon }
    }
}

impl<const D: usize> TurningKernel<D> for NonLocal<D> {
    #[inline(always)]
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        let here = signal.value(x);
        let mut rate = 0.0;
        if self.plus != 0.0 {
            let ahead = signal.ahead(x, self.epsilon, v);
            rate += self.plus * self.psi.eval(here, ahead);
        }
        if self.minus != 0.0 {
            let behind = signal.behind(x, self.epsilon, w);
            rate += self.minus * self.psi.eval(here, behind);
        }
        self.measure * rate
    }

    #[inline(always)]
    fn together<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        let (here, mut rates) = (signal.values(turns.at), [0.0; L]);
        if self.plus != 0.0 {
            let psi = self.psi.eval_lanes(&here, &turns.ahead(signal, self.epsilon));
            for l in 0..L {
                rates[l] += self.plus * psi[l];
            }
        }
        if self.minus != 0.0 {
            let psi = self.psi.eval_lanes(&here, &turns.behind(signal, self.epsilon));
            for l in 0..L {
                rates[l] += self.minus * psi[l];
            }
        }
        for l in 0..L {
            rates[l] *= self.measure;
        }
        rates
    }

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        let reach = bounds.difference(self.epsilon * self.max_speed);
        self.measure * (self.plus + self.minus) * self.psi.bound([bounds.low, bounds.high], reach)
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        let reach = bounds.difference(self.epsilon * self.max_speed);
        self.measure * (self.plus + self.minus) * self.psi.floor(reach)
    }

    /// Of ψ(S,S), by which cells turn where S is flat, and of ψ at what is sensed remotely.
    fn refused<S: Sense<D>>(&self, signal: &S, [x, v, w]: [&Vector<D>; 3]) -> Option<OutOfRange> {
        let here = signal.value(x);
        let sensed = [(self.plus, v, self.epsilon), (self.minus, w, -self.epsilon)];
        self.psi.refused(here, here).or_else(|| {
            (sensed.into_iter().filter(|(weight, ..)| *weight != 0.0))
                .find_map(|(_, v, by)| self.psi.refused(here, signal.value(&add_scaled(x, by, v))))
        })
    }

    /// S(x+εv) − S(x) = εv·g, and g the mean of ∇S on the way.
    fn affine(&self, bounds: &Bounds<D>) -> Option<Affine> {
        let t = self.psi.tangent(bounds.difference(self.epsilon * self.max_speed))?;
        let noise = 2.0 * bounds.noise * t.slope;
        let (scale, weights) = (self.measure * t.slope, self.plus + self.minus);
        let (scale, saturation) = match t.saturates {
            true => (scale, self.epsilon),
            false => (scale * self.epsilon, 0.0),
        };
        Some(Affine {
            rate: self.measure * weights * t.value,
            gain: scale * self.plus,
            loss: -scale * self.minus,
            saturation,
            lag: self.epsilon,
            slack: self.measure * weights * (t.slack + noise),
        })
    }

    fn sensing_distance(&self) -> f64 {
        self.epsilon * self.max_speed
    }

    fn is_sampled(&self) -> bool {
        !self.psi.is_of_difference()
    }

    fn leading_rate(&self, s: f64, _slope: f64) -> f64 {
        self.measure * (self.plus + self.minus) * self.psi.eval(s, s)
    }

    fn response(&self, s: f64, slope: f64) -> Option<Response> {
        let steepness = self.measure * self.psi.remote_slope(s);
        let (gain, loss) = (self.plus * steepness, self.minus * steepness);
        Some(Response { rate: self.leading_rate(s, slope), gain, loss })
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        let d = D as f64;
        Coefficients {
            diffusivity: self.mean_square / (d * self.leading_rate(s, slope)),
            sensitivity: self.psi.remote_slope(s) * self.mean_square / (d * self.psi.eval(s, s)),
        }
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        self.psi.is_of_difference().then(|| self.coefficients(0.0, 0.0))
    }

    /// From ψ ≤ α₁S̃ + α₂: T ≤ (α₊+α₋)α₂ + α₁(α₊S(x+εv) + α₋S(x−εv′)).
    fn majorant(&self) -> Majorant<D> {
        let (speed, reach) = (self.max_speed, self.epsilon * self.max_speed);
        let turn = |signal: Wave| Turn::along(signal, speed, speed);
        match self.psi.ceiling() {
            Ceiling::Affine { slope, level } => Majorant::Holds {
                constant: ((self.plus + self.minus) * level).max(slope * self.plus.max(self.minus)),
            },
            Ceiling::Negative { height } => Majorant::Negative(turn(Wave::hill(height, reach))),
            Ceiling::Rises { height } => {
                Majorant::Unbounded([height, 2.0 * height].map(|h| turn(Wave::valley(h, reach))))
            }
            Ceiling::Falls { height } => {
                Majorant::Unbounded([height, 2.0 * height].map(|h| turn(Wave::hill(h, reach))))
            }
            Ceiling::Unknown => Majorant::Unknown,
        }
    }

    /// With y = εs|∇S| ≥ |z| and α = α₊+α₋, φ^S/FF′ ≥ μαψ(−y) ≥ μα(C₂ − C₁y), and by the mean value
    /// theorem |φ^A|/FF′ ≤ ½μα L ε|∇S||v−v′|, L the largest |ψ′| within y.
    fn symmetry(&self, slope: f64) -> Option<Symmetry> {
        let reach = self.epsilon * self.max_speed * slope;
        let steepest = self.psi.steepest(reach)?;
        let (floor, level) = (self.psi.floor(reach), self.psi.eval(0.0, 0.0));
        let weight = self.measure * (self.plus + self.minus);
        let across = self.max_speed.powi(2) + self.mean_square;
        (floor > 0.0).then(|| Symmetry {
            gamma: weight * level,
            lower: self.psi.remote_slope(0.0) * self.max_speed * slope / level,
            upper: weight * (steepest * slope).powi(2) * across / (4.0 * floor),
        })
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        Self { epsilon, ..self.clone() }
    }
}
