//! The local kernel (CMPS Model 1; 38, 41).

use super::turns::{dots, lane, norms};
use super::{
    Affine, Bounds, Coefficients, KernelModel, Majorant, Response, Sense, Symmetry, Turn,
    TurningKernel, Turns, Wave, sampled_bound,
};
use crate::formula::Quantity;
use crate::scaling::{RESPONSE, TUMBLE_RATE};
use crate::schema::{
    Draft, Fallback::*, Key, Kind, NONNEGATIVE, OutOfRange, POSITIVE, Ranged, key,
};
use crate::vector::{Vector, dot, norm};
use crate::velocity::VelocitySpace;

/// Kernels with λ, a and b.
const WITH_BIAS: &[&str] = &["local", "isotropic"];

/// Keys of the experiment file.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("kernel.lambda", Kind::Quantity(POSITIVE, &["S", "G"]), Value("1.0"),
        "Tumble rate lambda(S, G), G = |grad S|.").of(TUMBLE_RATE)
        .sample("\"1 + 0.5*S\"").only("kernel.model", WITH_BIAS),
    key("kernel.a", Kind::Quantity(NONNEGATIVE, &["S"]), Value("0.0"),
        "a(S) >= 0, bias of the new velocity.").of(RESPONSE).sample("\"1/(1 + S)^2\"").only("kernel.model", WITH_BIAS),
    key("kernel.b", Kind::Quantity(NONNEGATIVE, &["S"]), Value("0.0"),
        "b(S) >= 0, bias of the tumble rate.").of(RESPONSE).sample("\"1/(1 + S)^2\"").only("kernel.model", WITH_BIAS),
];

/// What the file says.
pub(super) fn read(draft: &Draft) -> Option<KernelModel> {
    let [lambda, a, b] = biases(draft)?;
    Some(KernelModel::Local { lambda, a, b })
}

/// λ, a and b.
pub(super) fn biases(draft: &Draft) -> Option<[Quantity; 3]> {
    let quantity = |name| draft.quantity(name);
    Some([quantity("kernel.lambda")?, quantity("kernel.a")?, quantity("kernel.b")?])
}

/// T_ε = λ(S,|∇S|) F(v) + ε( a(S) v·∇S − b(S) v′·∇S ), a, b ≥ 0.
///
/// D = ⟨|v|²⟩_F/(dλ), χ = (b μ⟨|v|²⟩_F + a μ m₂)/(dλ). For uniform F, T ≥ 0 as long as
/// ε μ (a+b) s |∇S| ≤ λ.
#[derive(Clone, Debug)]
pub struct Local<const D: usize> {
    lambda: Ranged,
    a: Ranged,
    b: Ranged,
    space: VelocitySpace<D>,
    epsilon: f64,
}

impl<const D: usize> Local<D> {
    /// λ takes (S, |∇S|); a and b take (S).
    pub fn new(
        lambda: Quantity,
        a: Quantity,
        b: Quantity,
        space: VelocitySpace<D>,
        epsilon: f64,
    ) -> Self {
        let [lambda, a, b] = [("kernel.lambda", lambda), ("kernel.a", a), ("kernel.b", b)]
            .map(|(key, quantity)| Ranged::new(KEYS, key, quantity));
        Self { lambda, a, b, space, epsilon }
    }

    /// λ, a and b, if none depends on the signal.
    #[inline(always)]
    fn constants(&self) -> Option<[f64; 3]> {
        Some([self.lambda.constant()?, self.a.constant()?, self.b.constant()?])
    }

    /// Whether the rate does not depend on the signal at all.
    fn is_free(&self) -> bool {
        matches!(self.constants(), Some([_, a, b]) if a == 0.0 && b == 0.0)
    }

    /// λ where the cell is.
    #[inline(always)]
    pub(super) fn rate<S: Sense<D>>(&self, signal: &S, x: &Vector<D>) -> f64 {
        self.lambda.constant().unwrap_or_else(|| {
            let (s, gradient) = signal.value_and_gradient(x);
            self.lambda.eval(&[s, norm(&gradient)])
        })
    }

    /// λ where several cells are.
    #[inline(always)]
    pub(super) fn rates<S: Sense<D>, const L: usize>(
        &self,
        signal: &S,
        at: &[[f64; L]; D],
    ) -> [f64; L] {
        if let Some(rate) = self.lambda.constant() {
            return [rate; L];
        }
        let (s, gradient) = signal.values_and_gradients(at);
        self.lambda.eval_lanes([&s, &norms(&gradient)])
    }

    /// λ, if it is the same everywhere.
    pub(super) fn constant_rate(&self) -> Option<f64> {
        self.lambda.constant()
    }

    /// An upper bound on λ.
    pub(super) fn highest_rate(&self, bounds: &Bounds<D>) -> f64 {
        self.constant_rate().unwrap_or_else(|| {
            sampled_bound([bounds.low, bounds.high], [0.0, bounds.slope], |s, g| {
                self.lambda.eval(&[s, g])
            })
        })
    }

    /// a(S) and b(S)μ.
    pub(super) fn biases(&self, s: f64) -> [f64; 2] {
        [self.a.eval(&[s]), self.space.measure() * self.b.eval(&[s])]
    }

    /// An upper bound on ε|a v·∇S − b v′·∇S|/F.
    pub(super) fn bias_bound(&self, bounds: &Bounds<D>) -> f64 {
        let highest = |q: &Ranged| {
            let signal = [bounds.low, bounds.high];
            q.constant().unwrap_or_else(|| sampled_bound(signal, [0.0; 2], |s, _| q.eval(&[s])))
        };
        let reach = self.epsilon * self.space.max_speed() * bounds.slope;
        (highest(&self.a) + highest(&self.b)) * reach * self.space.inverse_density_bound()
    }

    /// (A1) where the unbiased part of T/F is at most `highest`λ and `rate` is T/F. No S bounds ∇S: a
    /// bias makes T negative in a steep gradient, or else unbounded, by its range 2ε(a+b)s|∇S|.
    pub(super) fn majorant_with(
        &self,
        highest: Option<f64>,
        rate: impl Fn(&Turn<D>) -> f64,
    ) -> Majorant<D> {
        let bias = |s: f64| self.a.eval(&[s]) + self.b.eval(&[s]);
        if let Some(s) = [1.0, 0.1, 10.0, 0.01, 100.0].into_iter().find(|s| bias(*s) > 0.0) {
            return self.steepened(s, bias(s), rate);
        }
        match (self.constants(), highest) {
            (Some([lambda, _, _]), Some(highest)) => {
                Majorant::Holds { constant: lambda * highest * self.space.density_bound() }
            }
            _ => Majorant::Unknown,
        }
    }

    /// Where S = `s` and a + b = `bias`, steeper and steeper.
    fn steepened(&self, s: f64, bias: f64, rate: impl Fn(&Turn<D>) -> f64) -> Majorant<D> {
        let speed = self.space.max_speed();
        let turn = |slope: f64, v: f64| Turn::along(Wave::steep(s, slope), v, -v);
        let reach = self.space.inverse_density(&turn(1.0, speed).new) * self.epsilon * speed;
        // Twice what makes T = 0 without memory and with a λ of S alone.
        let slope = 2.0 * self.leading_rate(s, 0.0) / (bias * reach);
        (0..40)
            .map(|n| turn(slope * 2.0_f64.powi(n), -speed))
            .find(|down| rate(down) < 0.0)
            .map_or_else(
                || Majorant::Unbounded([slope, 8.0 * slope].map(|g| turn(g, speed))),
                Majorant::Negative,
            )
    }

    /// (30, 31) where the unbiased part of T/F is at least `least`λ, for constant λ, a, b. For
    /// uniform F, φ^S/FF′ = unbiased part + ½εμ(a−b)(v+v′)·∇S and φ^A/FF′ = ½εμ(a+b)(v−v′)·∇S; else
    /// both deviate by at most the largest bias.
    pub(super) fn symmetry_with(&self, least: f64, slope: f64) -> Option<Symmetry> {
        let [lambda, a, b] = self.constants()?;
        let (gamma, speed) = (least * lambda, self.space.max_speed());
        let across = speed * speed + self.space.mean_square() / D as f64;
        let (decrease, square) = match self.space.is_uniform() {
            true => {
                let steep = self.space.measure() * slope;
                let half = 0.5 * (a + b) * steep;
                ((a - b).abs() * steep * speed, half * half * across)
            }
            false => {
                let most = (a + b) * speed * slope * self.space.inverse_density_bound();
                (most, most * most)
            }
        };
        let floor = gamma - self.epsilon * decrease;
        (floor > 0.0).then(|| Symmetry { gamma, lower: decrease / gamma, upper: square / floor })
    }
}

impl<const D: usize> TurningKernel<D> for Local<D> {
    #[inline(always)]
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        if self.is_free() {
            return self.lambda.eval(&[0.0, 0.0]);
        }
        let (s, gradient) = signal.value_and_gradient(x);
        let [lambda, a, b] = self.constants().unwrap_or_else(|| {
            [self.lambda.eval(&[s, norm(&gradient)]), self.a.eval(&[s]), self.b.eval(&[s])]
        });
        let bias = a * dot(v, &gradient) - b * dot(w, &gradient);
        lambda + self.epsilon * bias * self.space.inverse_density(v)
    }

    #[inline(always)]
    fn together<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        if self.is_free() {
            return self.one_by_one(signal, turns);
        }
        let (s, gradient) = signal.values_and_gradients(turns.at);
        let [lambda, a, b] = match self.constants() {
            Some(constants) => constants.map(|x| [x; L]),
            None => [
                self.lambda.eval_lanes([&s, &norms(&gradient)]),
                self.a.eval_lanes([&s]),
                self.b.eval_lanes([&s]),
            ],
        };
        let (new, old) = (dots(turns.new, &gradient), dots(turns.old, &gradient));
        let mut rates = [0.0; L];
        for l in 0..L {
            let bias = a[l] * new[l] - b[l] * old[l];
            let inverse = self.space.inverse_density(&lane(turns.new, l));
            rates[l] = lambda[l] + self.epsilon * bias * inverse;
        }
        rates
    }

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        self.highest_rate(bounds) + self.bias_bound(bounds)
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        self.constant_rate().map_or(0.0, |rate| rate - self.bias_bound(bounds))
    }

    fn lowest(&self, bounds: &Bounds<D>) -> f64 {
        self.constant_rate().unwrap_or(0.0) - self.bias_bound(bounds)
    }

    fn affine(&self, _bounds: &Bounds<D>) -> Option<Affine> {
        let [rate, a, b] = self.constants().filter(|_| self.space.is_uniform())?;
        let scale = self.epsilon * self.space.measure();
        let (gain, loss) = (scale * a, -scale * b);
        Some(Affine { rate, gain, loss, saturation: 0.0, lag: 0.0, slack: 0.0 })
    }

    fn is_sampled(&self) -> bool {
        self.constants().is_none()
    }

    fn refused<S: Sense<D>>(&self, signal: &S, [x, v, w]: [&Vector<D>; 3]) -> Option<OutOfRange> {
        let (s, gradient) = signal.value_and_gradient(x);
        (self.lambda.check(&[s, norm(&gradient)]))
            .or_else(|| self.a.check(&[s]))
            .or_else(|| self.b.check(&[s]))
            .or_else(|| [v, w].into_iter().find_map(|v| self.space.refused(v)))
    }

    fn leading_rate(&self, s: f64, slope: f64) -> f64 {
        self.lambda.eval(&[s, slope])
    }

    fn response(&self, s: f64, slope: f64) -> Option<Response> {
        let mu = self.space.measure();
        let (gain, loss) = (mu * self.a.eval(&[s]), mu * self.b.eval(&[s]));
        Some(Response { rate: self.leading_rate(s, slope), gain, loss })
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        let d_lambda = D as f64 * self.leading_rate(s, slope);
        let (m2, m2f) = (self.space.mean_square(), self.space.mean_square_f());
        let [a, b_mu] = self.biases(s);
        Coefficients {
            diffusivity: m2f / d_lambda,
            sensitivity: (b_mu * m2f + a * self.space.measure() * m2) / d_lambda,
        }
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        self.constants().map(|_| self.coefficients(0.0, 0.0))
    }

    fn first_order(&self, s: f64, slope: f64, square: f64) -> [f64; 2] {
        let [a, b_mu] = self.biases(s);
        let given = a * self.space.measure() * self.space.mean_square() / D as f64;
        [self.leading_rate(s, slope), b_mu * square + given]
    }

    fn is_constant(&self) -> bool {
        self.constants().is_some()
    }

    fn majorant(&self) -> Majorant<D> {
        self.majorant_with(Some(1.0), |t| self.relative_rate(&t.signal, &[0.0; D], &t.new, &t.old))
    }

    fn symmetry(&self, slope: f64) -> Option<Symmetry> {
        self.symmetry_with(1.0, slope)
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        Self { epsilon, ..self.clone() }
    }
}
