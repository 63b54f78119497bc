//! What noisy errors allow a slope to be: its extremes over a joint confidence region.
//!
//! Each error θₖ is known by an estimate Uₖ whose variance depends on θₖ itself, vₖ(θ) = 2aₖ|θ| + bₖ. With
//! zₖ = (θₖ − Uₖ)/√vₖ(θₖ), which is monotone in θₖ, and P the correlations of the Uₖ, the errors that the data
//! allow are { zᵀP⁻¹z ≤ t² }. A slope is a sum Σ wₖ log|θₖ|; its interval runs from the least to the largest
//! value of it there. Where the sum is linear in z over that region this is Student's interval; where an
//! error reaches zero within it, the sum has no bound on one side, or on both, as of Fieller (1954).

use crate::linear::solve;

/// An error on the scale of its estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Margin {
    /// U.
    pub value: f64,
    /// a, half the slope of the variance in θ.
    pub slope: f64,
    /// b > 0, the variance at θ = 0.
    pub constant: f64,
    /// Whether θ may be negative.
    pub signed: bool,
}

impl Margin {
    /// z at θ = 0.
    pub fn zero(&self) -> f64 {
        -self.value / self.constant.sqrt()
    }

    /// θ and dθ/dz at z: the root of (θ − U)² = z²(2aθ + b) on the side of z. For z above [`Self::zero`].
    pub fn at(&self, z: f64) -> [f64; 2] {
        let shift = self.slope * z;
        let root = (2.0 * self.slope * self.value + shift * shift + self.constant).max(0.0).sqrt();
        let slope = if root > 0.0 { (root + shift).powi(2) / root } else { 0.0 };
        [self.value + z * (shift + root), slope]
    }

    /// The same of −θ.
    fn turned(&self) -> Self {
        Self { value: -self.value, ..*self }
    }
}

/// Errors with their correlations.
pub(super) struct Profile {
    pub margins: Vec<Margin>,
    /// P.
    pub correlation: Vec<Vec<f64>>,
    /// t.
    pub quantile: f64,
}

/// Signs of so many errors are tried both ways; of more, nothing is said about a slope.
const MOST_SIGNS: usize = 8;
/// Weights below this fraction of the largest are zero.
const NEGLIGIBLE: f64 = 1e-9;
/// How far above the zero of an error the search starts, in z.
const INSIDE: f64 = 1e-3;
/// Added to the correlations of an error with itself.
const RIDGE: f64 = 1e-9;

impl Profile {
    /// Least and largest Σ wₖ log|θₖ|.
    pub fn extremes(&self, weights: &[f64]) -> [f64; 2] {
        let largest = weights.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
        let used: Vec<usize> =
            (0..weights.len()).filter(|k| weights[*k].abs() > NEGLIGIBLE * largest).collect();
        let weights: Vec<f64> = used.iter().map(|k| weights[*k]).collect();
        let open: Vec<usize> = (0..used.len())
            .filter(|i| self.margins[used[*i]].signed)
            .filter(|i| self.margins[used[*i]].zero().abs() < self.quantile)
            .collect();
        if open.len() > MOST_SIGNS {
            return [f64::NEG_INFINITY, f64::INFINITY];
        }
        let mut ends = [f64::INFINITY, f64::NEG_INFINITY];
        for choice in 0..1_usize << open.len() {
            let turned = |i: usize| {
                let margin = &self.margins[used[i]];
                let flip =
                    open.iter().position(|o| *o == i).is_some_and(|bit| choice >> bit & 1 == 1);
                flip != (margin.signed && margin.value < 0.0)
            };
            let signs: Vec<bool> = (0..used.len()).map(turned).collect();
            let region = Region::new(self, &used, &signs);
            if let Some(region) = region {
                let minus: Vec<f64> = weights.iter().map(|w| -w).collect();
                ends =
                    [ends[0].min(-region.largest(&minus)), ends[1].max(region.largest(&weights))];
            }
        }
        ends
    }
}

/// { zᵀP⁻¹z ≤ r², θ > 0 }, with θ turned so that it is positive.
struct Region {
    margins: Vec<Margin>,
    correlation: Vec<Vec<f64>>,
    /// r.
    radius: f64,
    /// A point inside.
    start: Vec<f64>,
}

impl Region {
    /// `None` if there is no such point.
    ///
    /// The squares of norms are not negative whatever their estimates are: of those, r² is counted from the
    /// least zᵀP⁻¹z that θ ≥ 0 allows, so that the region is never empty.
    fn new(profile: &Profile, used: &[usize], turned: &[bool]) -> Option<Self> {
        let margins: Vec<Margin> = (used.iter().zip(turned))
            .map(|(k, turned)| match turned {
                true => profile.margins[*k].turned(),
                false => profile.margins[*k],
            })
            .collect();
        let sign = |i: usize| if turned[i] { -1.0 } else { 1.0 };
        let entry = |i: usize, j: usize| sign(i) * sign(j) * profile.correlation[used[i]][used[j]];
        let n = used.len();
        let correlation: Vec<Vec<f64>> =
            (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
        let precision = inverse(&correlation);
        let floor =
            |inside: f64| -> Vec<f64> { margins.iter().map(|m| m.zero() + inside).collect() };
        let nearest = nearest(&precision, &floor(0.0));
        let least = form(&precision, &nearest);
        let square = profile.quantile * profile.quantile;
        let square = if margins.iter().any(|m| m.signed) { square } else { square + least };
        let start = self::nearest(&precision, &floor(INSIDE * profile.quantile));
        (form(&precision, &start) < square).then(|| Self {
            margins,
            correlation,
            radius: square.sqrt(),
            start,
        })
    }

    /// The largest Σ wₖ log θₖ, by steps towards the point of the ellipsoid that is farthest along the gradient
    /// (Frank & Wolfe 1956): none leaves the region.
    fn largest(&self, weights: &[f64]) -> f64 {
        let reaches_zero = |(m, w): (&Margin, &f64)| *w < 0.0 && m.zero() > -self.radius;
        if self.margins.iter().zip(weights).any(reaches_zero) {
            return f64::INFINITY;
        }
        let mut z = self.start.clone();
        let mut best = self.value(weights, &z);
        for _ in 0..400 {
            let gradient: Vec<f64> = (self.margins.iter().zip(weights).zip(&z))
                .map(|((m, w), z)| {
                    let [theta, slope] = m.at(*z);
                    w * slope / theta
                })
                .collect();
            let ahead = product(&self.correlation, &gradient);
            let length = dot(&gradient, &ahead).sqrt();
            let step: Vec<f64> =
                ahead.iter().zip(&z).map(|(a, z)| self.radius * a / length - z).collect();
            let gain = dot(&gradient, &step);
            if gain.is_nan() || gain <= 1e-10 * (1.0 + best.abs()) {
                break;
            }
            let along = |share: f64| -> Vec<f64> {
                z.iter().zip(&step).map(|(z, step)| z + share * step).collect()
            };
            let (share, value) = search(|share| self.value(weights, &along(share)));
            if value <= best {
                break;
            }
            (z, best) = (along(share), value);
        }
        best
    }

    /// Σ wₖ log θₖ; −∞ where a θₖ is not positive.
    fn value(&self, weights: &[f64], z: &[f64]) -> f64 {
        let mut sum = 0.0;
        for ((m, w), z) in self.margins.iter().zip(weights).zip(z) {
            let theta = m.at(*z)[0];
            if theta <= 0.0 || *z <= m.zero() {
                return f64::NEG_INFINITY;
            }
            sum += w * theta.ln();
        }
        sum
    }
}

/// The best of the shares in (0, 1]: the best of a row of halves, refined by golden sections beside it.
fn search(value: impl Fn(f64) -> f64) -> (f64, f64) {
    let mut best = (1.0, value(1.0));
    for power in 1..30 {
        let share = 0.5_f64.powi(power);
        let there = value(share);
        if there > best.1 {
            best = (share, there);
        }
    }
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let (mut low, mut high) = (0.5 * best.0, (2.0 * best.0).min(1.0));
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        let (at_a, at_b) = (value(a), value(b));
        let (share, there) = if at_a > at_b { (a, at_a) } else { (b, at_b) };
        if there > best.1 {
            best = (share, there);
        }
        *(if at_a > at_b { &mut high } else { &mut low }) = if at_a > at_b { b } else { a };
    }
    best
}

/// P⁻¹, with a ridge for the P of more errors than replicates.
fn inverse(correlation: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = correlation.len();
    let unit = |i: usize, j: usize| f64::from(u8::from(i == j));
    let mut matrix: Vec<f64> =
        (0..n * n).map(|at| correlation[at / n][at % n] + RIDGE * unit(at / n, at % n)).collect();
    let mut columns: Vec<Vec<f64>> = (0..n).map(|j| (0..n).map(|i| unit(i, j)).collect()).collect();
    solve(&mut matrix, &mut columns);
    columns
}

/// The z ≥ `floor` of least zᵀMz, coordinate by coordinate.
fn nearest(precision: &[Vec<f64>], floor: &[f64]) -> Vec<f64> {
    let mut z: Vec<f64> = floor.iter().map(|f| f.max(0.0)).collect();
    for _ in 0..200 {
        for k in 0..z.len() {
            let rest = dot(&precision[k], &z) - precision[k][k] * z[k];
            z[k] = (-rest / precision[k][k]).max(floor[k]);
        }
    }
    z
}

fn product(matrix: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, x)).collect()
}

/// xᵀMx.
fn form(matrix: &[Vec<f64>], x: &[f64]) -> f64 {
    dot(&product(matrix, x), x)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn margin(value: f64, slope: f64, constant: f64, signed: bool) -> Margin {
        Margin { value, slope, constant, signed }
    }

    /// What a fine mesh of directions finds, for two errors with correlation ρ.
    fn by_mesh(profile: &Profile, weights: &[f64]) -> [f64; 2] {
        let rho = profile.correlation[0][1];
        let across = (1.0 - rho * rho).sqrt();
        let mut ends = [f64::INFINITY, f64::NEG_INFINITY];
        for i in 0..200_000 {
            let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 2e5).sin_cos();
            let z = [profile.quantile * cos, profile.quantile * (rho * cos + across * sin)];
            let sum: f64 =
                (0..2).map(|k| weights[k] * profile.margins[k].at(z[k])[0].abs().ln()).sum();
            ends = [ends[0].min(sum), ends[1].max(sum)];
        }
        ends
    }

    #[test]
    fn extremes_are_those_that_a_mesh_finds() {
        for (rho, quantile) in [(0.0, 2.0), (0.7, 2.4), (-0.5, 1.5), (0.95, 2.0)] {
            for margins in [
                vec![margin(1.0, 0.0, 0.01, true), margin(-0.3, 0.0, 0.01, true)],
                vec![margin(4.0, 0.05, 0.1, false), margin(1.0, 0.02, 0.04, false)],
            ] {
                let correlation = vec![vec![1.0, rho], vec![rho, 1.0]];
                let mut profile = Profile { margins, correlation, quantile };
                let weights = [1.3, -1.1];
                let found = profile.extremes(&weights);
                // The correlation of −θ with another is the opposite one.
                if profile.margins[0].signed {
                    profile.margins[1].value = 0.3;
                    profile.correlation = vec![vec![1.0, -rho], vec![-rho, 1.0]];
                }
                let mesh = by_mesh(&profile, &weights);
                for (found, mesh) in found.iter().zip(mesh) {
                    assert!((found - mesh).abs() < 1e-6, "{rho} {found} {mesh}");
                }
            }
        }
    }

    /// Far from zero the sum is linear: value ± t (wᵀΣw)^½ with Σ of log θ.
    #[test]
    fn far_from_zero_it_is_the_interval_of_student() {
        let margins = vec![margin(10.0, 0.0, 1e-8, true), margin(3.0, 0.0, 4e-8, true)];
        let correlation = vec![vec![1.0, 0.4], vec![0.4, 1.0]];
        let [low, high] = Profile { margins, correlation, quantile: 2.5 }.extremes(&[2.0, -2.0]);
        let [a, b]: [f64; 2] = [2.0 * 1e-4 / 10.0, -2.0 * 2e-4 / 3.0];
        let half = 2.5 * (a * a + b * b + 0.8 * a * b).sqrt();
        let middle = 2.0 * (10.0_f64 / 3.0).ln();
        assert!(
            ((high - middle) / half - 1.0).abs() < 1e-3
                && ((middle - low) / half - 1.0).abs() < 1e-3
        );
    }

    #[test]
    fn an_error_that_may_vanish_leaves_one_side_open() {
        for (value, signed) in [(0.1, true), (-0.1, true), (0.1, false), (-0.05, false)] {
            let margins = vec![margin(1.0, 0.0, 0.01, signed), margin(value, 0.0, 0.01, signed)];
            let correlation = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
            let profile = Profile { margins, correlation, quantile: 2.0 };
            let [low, high] = profile.extremes(&[1.0, -1.0]);
            assert!(high == f64::INFINITY && low.is_finite(), "{value}: {low} {high}");
            // The first is at least 0.8, the second at most this; both at once are out of reach.
            let beyond: f64 = if signed { 0.0 } else { (-value / 0.1).max(0.0) };
            let most = if signed { value.abs() } else { value } + 0.1 * 2_f64.hypot(beyond);
            assert!((0.8 / most).ln() < low && low < (1.0 / most).ln(), "{low} {most}");
            let [low, high] = profile.extremes(&[-1.0, 1.0]);
            assert!(low == f64::NEG_INFINITY && high.is_finite());
        }
        let lost = margin(0.0, 0.0, 0.01, true);
        let correlation = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        let profile = Profile { margins: vec![lost; 2], correlation, quantile: 2.0 };
        assert_eq!(profile.extremes(&[1.0, -1.0]), [f64::NEG_INFINITY, f64::INFINITY]);
    }
}
