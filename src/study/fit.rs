//! The order p of an error that goes like εᵖ.

use super::norms::LeaveOneOut;
use super::statistics::{around, chi_square_tail, jackknife_error};

/// What sums over cells and nodes leave of an exact zero.
pub(super) const ROUND_OFF: f64 = 1e-14;

/// A fitted order, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// p with its interval; `None` where the data cannot support a fit.
    pub order: Option<super::statistics::Estimate>,
    /// log of the prefactor: log error = intercept + p log ε.
    pub intercept: f64,
    /// Errors that stood clear of their noise.
    pub points: usize,
    /// P(χ² of the residuals is larger by chance); `None` below 3 points.
    pub straightness: Option<f64>,
    /// One sentence for people.
    pub verdict: String,
}

/// Weighted least squares of log error on log ε, over the errors that stand clear of the noise.
///
/// Weights are 1/(relative standard error)². The interval comes from leaving out one replicate at
/// all ε together, so errors that share random numbers across ε are treated as what they are.
pub fn fit_order(epsilons: &[f64], errors: &[LeaveOneOut], confidence: f64) -> Order {
    let clear: Vec<_> = (epsilons.iter().zip(errors))
        .filter(|(_, e)| e.estimate(confidence).low > ROUND_OFF)
        .filter_map(|(eps, e)| e.logarithms().map(|(full, omitted)| (eps.ln(), full, omitted)))
        .collect();
    let points = clear.len();
    let none = |verdict: String| Order {
        order: None,
        intercept: f64::NAN,
        points,
        straightness: None,
        verdict,
    };
    if points < 2 {
        let all = errors.len();
        return none(format!("not supported: {points} of {all} errors stand clear of the noise"));
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
        verdict = "measured, but not straight: the order changes over this range of ε".to_string();
    }
    if points < errors.len() {
        verdict +=
            &format!("; {} of {} errors are below the noise", errors.len() - points, errors.len());
    }
    Order { order: Some(order), intercept, points, straightness, verdict }
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
