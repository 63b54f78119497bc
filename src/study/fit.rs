//! The order p of an error that goes like xᵖ, x = ε or another parameter.

use super::norms::LeaveOneOut;
use super::statistics::{Estimate, around, chi_square_tail, jackknife_error};

/// What sums over cells and nodes leave of an exact zero.
pub(super) const ROUND_OFF: f64 = 1e-14;

/// A fitted order, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// p with its interval; `None` where the data cannot support a fit.
    pub order: Option<Estimate>,
    /// log of the prefactor: log error = intercept + p log x.
    pub intercept: f64,
    /// Errors that stood clear of their noise.
    pub points: usize,
    /// P(χ² of the residuals is larger by chance); `None` below 3 points.
    pub straightness: Option<f64>,
    /// One sentence for people.
    pub verdict: String,
}

impl Order {
    fn none(points: usize, verdict: String) -> Self {
        Self { order: None, intercept: f64::NAN, points, straightness: None, verdict }
    }
}

/// Weighted least squares of log error on log x, over the errors that stand clear of the noise.
///
/// Weights are 1/(relative standard error)². The interval comes from leaving out one replicate at
/// all x together, so errors that share random numbers across x are treated as what they are.
pub fn fit_order(scales: &[f64], errors: &[LeaveOneOut], confidence: f64) -> Order {
    let clear: Vec<_> = (scales.iter().zip(errors))
        .filter(|(_, e)| e.estimate(confidence).low > ROUND_OFF)
        .filter_map(|(x, e)| e.logarithms().map(|(full, omitted)| (x.ln(), full, omitted)))
        .collect();
    let points = clear.len();
    if points < 2 {
        let (all, clear) = (errors.len(), "errors stand clear of the noise");
        return Order::none(points, format!("not supported: {points} of {all} {clear}"));
    }
    let x: Vec<f64> = clear.iter().map(|(x, _, _)| *x).collect();
    let y: Vec<f64> = clear.iter().map(|(_, y, _)| *y).collect();
    // A floor keeps errors without any noise from dominating by round-off.
    let sigma: Vec<f64> =
        clear.iter().map(|(_, _, omitted)| jackknife_error(omitted).max(1e-9)).collect();
    let (slope, intercept) = line(&x, &y, &sigma);
    let replicates = clear[0].2.len();
    let omitted: Vec<f64> = (0..replicates)
        .map(|r| {
            let y: Vec<f64> = clear.iter().map(|(_, _, omitted)| omitted[r]).collect();
            line(&x, &y, &sigma).0
        })
        .collect();
    let order = around(slope, jackknife_error(&omitted), confidence, replicates - 1);
    let misfit: f64 =
        (0..points).map(|i| ((y[i] - intercept - slope * x[i]) / sigma[i]).powi(2)).sum();
    let straightness = (points > 2).then(|| chi_square_tail(misfit, points - 2));
    let mut verdict = match points {
        2 => "from two points: straightness not tested".to_string(),
        _ => "measured".to_string(),
    };
    if straightness.is_some_and(|p| p < 0.01) {
        verdict = "measured, but not straight: the order changes over this range".to_string();
    }
    if points < errors.len() {
        verdict +=
            &format!("; {} of {} errors are below the noise", errors.len() - points, errors.len());
    }
    Order { order: Some(order), intercept, points, straightness, verdict }
}

/// Least squares of log error on log x for errors without noise, each known up to the half width of
/// its interval. The interval of the order is what these allow at most.
pub fn order_without_noise(scales: &[f64], errors: &[Estimate]) -> Order {
    let clear: Vec<_> = (scales.iter().zip(errors))
        .map(|(x, e)| (x.ln(), e.value.abs(), (e.high - e.low) / 2.0))
        .filter(|(_, value, error)| value - error > ROUND_OFF)
        .collect();
    let points = clear.len();
    if points < 2 {
        let all = errors.len();
        return Order::none(points, format!("{points} of {all} errors are above their own error"));
    }
    let x: Vec<f64> = clear.iter().map(|(x, ..)| *x).collect();
    let y: Vec<f64> = clear.iter().map(|(_, value, _)| value.ln()).collect();
    let (slope, intercept) = line(&x, &y, &vec![1.0; points]);
    let middle = x.iter().sum::<f64>() / points as f64;
    let spread: f64 = x.iter().map(|x| (x - middle).powi(2)).sum();
    let reach: f64 = (clear.iter())
        .map(|(x, value, error)| (x - middle).abs() / spread * -(1.0 - error / value).ln())
        .sum();
    let order = Estimate { value: slope, std_error: 0.0, low: slope - reach, high: slope + reach };
    let mut local: Vec<f64> = (1..points).map(|i| (y[i] - y[i - 1]) / (x[i] - x[i - 1])).collect();
    local.sort_by(f64::total_cmp);
    let verdict = match local.as_slice() {
        [_] => "without noise, from two points".to_string(),
        [low, .., high] => format!("without noise; {low:.2} to {high:.2} between neighbours"),
        [] => unreachable!("two points have a slope"),
    };
    Order { order: Some(order), intercept, points, straightness: None, verdict }
}

/// Slope and intercept of the weighted line.
fn line(x: &[f64], y: &[f64], sigma: &[f64]) -> (f64, f64) {
    let weights: Vec<f64> = sigma.iter().map(|s| s.powi(-2)).collect();
    let sum = |f: &dyn Fn(usize) -> f64| (0..x.len()).map(|i| weights[i] * f(i)).sum::<f64>();
    let total = sum(&|_| 1.0);
    let (mx, my) = (sum(&|i| x[i]) / total, sum(&|i| y[i]) / total);
    let slope = sum(&|i| (x[i] - mx) * (y[i] - my)) / sum(&|i| (x[i] - mx).powi(2));
    (slope, my - slope * mx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Streams};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    fn study(order: f64, noise: f64, seed: u64) -> Order {
        let epsilons = [0.4_f64, 0.28, 0.2, 0.14];
        let errors: Vec<LeaveOneOut> = epsilons
            .iter()
            .enumerate()
            .map(|(i, eps)| {
                let mut rng = Streams::new(seed, i as u64).stream(Purpose::Statistics, 0, 0);
                let samples: Vec<f64> = (0..16)
                    .map(|_| {
                        let z: f64 = rng.sample(StandardNormal);
                        eps.powf(order) + noise * z
                    })
                    .collect();
                LeaveOneOut::mean(&samples).magnitude()
            })
            .collect();
        fit_order(&epsilons, &errors, 0.95)
    }

    #[test]
    fn an_exact_power_is_found() {
        let order = study(1.5, 0.0, 0).order.unwrap();
        assert!((order.value - 1.5).abs() < 1e-12 && order.high - order.low < 1e-6);
    }

    /// 400 studies: see `intervals_cover_the_truth` in `norms` for what the bounds mean.
    #[test]
    fn the_interval_of_the_order_covers() {
        let covered = (0..400)
            .filter(|seed| {
                let order = study(2.0, 0.004, *seed).order.unwrap();
                order.low <= 2.0 && 2.0 <= order.high
            })
            .count();
        assert!((366..=394).contains(&covered), "{covered}");
    }

    #[test]
    fn noise_alone_supports_no_fit() {
        let unsupported = (0..100).filter(|seed| study(9.0, 5.0, *seed).order.is_none()).count();
        assert!(unsupported > 85, "{unsupported}");
    }
}
