//! Orders: slopes of log error on log x, x = ε or another parameter.
//!
//! The same slopes ([`super::slope`]) are asked of the errors of every method, all values of the parameter
//! with the same weight and none left out, so that methods can be compared. An error in the noise enters with what is
//! known of it: the interval of a slope may then have no end on one side or on both.

use super::measured::Measured;
use super::profile::Profile;
use super::slope::{Slope, slopes};
use super::statistics::{Estimate, f_tail, student_quantile};
use crate::linear::solve;

/// What sums over cells and nodes leave of an exact zero.
pub(super) const ROUND_OFF: f64 = 1e-14;
/// Local slopes that are farther apart are not those of one order.
const NEAR: f64 = 0.5;
/// The tail probability below which errors are said to be bent.
const BENT: f64 = 0.01;

/// A slope, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What it is.
    pub slope: Slope,
    /// p with its interval, whose ends may be infinite; its value is NaN where an error has none. `None` if nothing
    /// is known.
    pub order: Option<Estimate>,
    /// log of the prefactor of the line of this slope through the middle of the errors.
    pub intercept: f64,
    /// Errors that it depends on.
    pub points: usize,
    /// For the mean slope, P(the errors are less straight by chance); `None` below 3 points and where it cannot be
    /// told.
    pub straightness: Option<f64>,
    /// One sentence for people.
    pub verdict: String,
}

/// The orders of errors that replicates know: the mean slope first.
///
/// Intervals are the extremes of the slope over the confidence region of the errors that it depends on, with the
/// correlations of the replicates, which share their random numbers across x. Where errors have
/// limits only, it is what the limits allow that hold for all of them at once.
pub fn orders(scales: &[f64], errors: &[Measured], power: f64, confidence: f64) -> Vec<Order> {
    let values: Vec<Estimate> = errors.iter().map(|e| e.estimate(confidence)).collect();
    let margins: Option<Vec<_>> = errors.iter().map(Measured::margin).collect();
    let profile = margins.map(|margins| {
        let entry = |a: &Measured, b: &Measured| {
            a.covariance(b) / (a.covariance(a) * b.covariance(b)).sqrt()
        };
        let row = |a: &Measured| errors.iter().map(|b| entry(a, b)).collect();
        let correlation = errors.iter().map(row).collect();
        let quantile = student_quantile(confidence, errors[0].replicates() - 1);
        Profile { margins, correlation, quantile }
    });
    let straightness = straightness(scales, errors, &values);
    let fit = |(slope, c): (Slope, Vec<f64>)| {
        let [low, high] = match &profile {
            Some(profile) => {
                let weights: Vec<f64> =
                    c.iter().zip(errors).map(|(c, e)| c * e.exponent()).collect();
                profile.extremes(&weights)
            }
            None => {
                let used = c.iter().filter(|c| is_used(**c, scales)).count();
                let together = 1.0 - (1.0 - confidence) / used as f64;
                let limits: Vec<Estimate> = errors.iter().map(|e| e.estimate(together)).collect();
                by_limits(scales, &c, &limits)
            }
        };
        finish(scales, slope, &c, &values, [low, high])
    };
    let mut orders: Vec<Order> = slopes(scales, power).into_iter().map(fit).collect();
    let lost = values.iter().filter(|e| !clear(e)).count();
    let mean = &mut orders[0];
    mean.straightness = straightness;
    mean.verdict = match (mean.order, lost) {
        (None, _) => format!("not supported: {lost} of {} errors are not resolved", errors.len()),
        (_, 0) if errors.len() == 2 => "from two values".into(),
        (_, 0) if straightness.is_some_and(|p| p < BENT) => {
            "bent: the order changes over this range".into()
        }
        (_, 0) => "measured".into(),
        _ => format!("{lost} of {} errors are not resolved", errors.len()),
    };
    orders
}

/// The orders of errors without noise, each known up to the half width of its interval: the intervals are what
/// these allow at most.
pub fn orders_without_noise(scales: &[f64], errors: &[Estimate], power: f64) -> Vec<Order> {
    let sizes: Vec<Estimate> = errors
        .iter()
        .map(|e| {
            let half = (0.5 * (e.high - e.low)).max(ROUND_OFF);
            let value = e.value.abs();
            Estimate { value, std_error: 0.0, low: (value - half).max(0.0), high: value + half }
        })
        .collect();
    let fit = |(slope, c): (Slope, Vec<f64>)| {
        finish(scales, slope, &c, &sizes, by_limits(scales, &c, &sizes))
    };
    let mut orders: Vec<Order> = slopes(scales, power).into_iter().map(fit).collect();
    let local: Vec<Estimate> = (orders.iter())
        .filter(|o| matches!(o.slope, Slope::Local { .. }))
        .filter_map(|o| o.order.filter(|o| o.low.is_finite() && o.high.is_finite()))
        .collect();
    let end = |f: fn(f64, f64) -> f64, from: f64, of: fn(&Estimate) -> f64| {
        local.iter().map(of).fold(from, f)
    };
    let (least, most) =
        (end(f64::min, f64::INFINITY, |o| o.value), end(f64::max, f64::NEG_INFINITY, |o| o.value));
    let apart =
        end(f64::max, f64::NEG_INFINITY, |o| o.low) > end(f64::min, f64::INFINITY, |o| o.high);
    let lost = sizes.iter().filter(|e| !clear(e)).count();
    orders[0].verdict = match local.len() {
        _ if lost > 0 => format!("{lost} of {} errors are within their own error", errors.len()),
        1 => "without noise, from two values".into(),
        _ if apart && most - least > NEAR => {
            format!("no single order: {least:.2} to {most:.2} between neighbours")
        }
        _ if apart => format!("without noise, bent: {least:.2} to {most:.2} between neighbours"),
        _ => "without noise, straight within its errors".into(),
    };
    orders
}

/// Whether an error stands clear of zero.
fn clear(e: &Estimate) -> bool {
    e.low > ROUND_OFF || e.high < -ROUND_OFF
}

/// Whether a coefficient is more than round-off, as that of the middle of three values.
fn is_used(c: f64, scales: &[f64]) -> bool {
    c.abs() * (scales[0] / scales[scales.len() - 1]).ln().abs() > 1e-9
}

/// The slope and its interval, unless nothing is known of it.
fn finish(
    scales: &[f64],
    slope: Slope,
    c: &[f64],
    errors: &[Estimate],
    [low, high]: [f64; 2],
) -> Order {
    let log = |e: &Estimate| e.value.abs().max(ROUND_OFF * ROUND_OFF).ln();
    let used = || c.iter().zip(errors).filter(|(c, _)| is_used(**c, scales));
    // A norm whose square is not positive has no logarithm.
    let has_value = |e: &Estimate| e.value.abs() > ROUND_OFF;
    let value = match used().all(|(_, e)| has_value(e)) && (low.is_finite() || high.is_finite()) {
        true => used().map(|(c, e)| c * log(e)).sum(),
        false => f64::NAN,
    };
    let n = scales.len() as f64;
    let middle = match errors.iter().all(has_value) {
        true => errors.iter().map(log).sum::<f64>() / n,
        false => f64::NAN,
    };
    let intercept = middle - value * scales.iter().map(|x| x.ln()).sum::<f64>() / n;
    let known = low.is_finite() || high.is_finite();
    let std_error = f64::NAN;
    Order {
        slope,
        order: known.then_some(Estimate { value, std_error, low, high }),
        intercept,
        points: used().count(),
        straightness: None,
        verdict: if known { slope.to_string() } else { format!("not supported: {slope}") },
    }
}

/// The least and the largest slope that sizes within their limits have.
fn by_limits(scales: &[f64], c: &[f64], limits: &[Estimate]) -> [f64; 2] {
    let mut ends = [0.0; 2];
    for (c, e) in c.iter().zip(limits).filter(|(c, _)| is_used(**c, scales)) {
        let logs =
            [e.low, e.high].map(|end| if end > ROUND_OFF { end.ln() } else { f64::NEG_INFINITY });
        let [low, high] = if *c > 0.0 { logs } else { [logs[1], logs[0]] };
        (ends[0], ends[1]) = (ends[0] + c * low, ends[1] + c * high);
    }
    ends
}

/// P(the local slopes differ more by chance), by Hotelling's T² of their differences.
fn straightness(scales: &[f64], errors: &[Measured], values: &[Estimate]) -> Option<f64> {
    let (n, replicates) = (errors.len(), errors[0].replicates());
    let margins: Option<Vec<_>> = errors.iter().map(Measured::margin).collect();
    let margins = margins?;
    if n < 3 || replicates < n || !values.iter().all(clear) {
        return None;
    }
    let relative: Vec<f64> =
        errors.iter().zip(&margins).map(|(e, m)| e.exponent() / m.value).collect();
    let logs: Vec<f64> = values.iter().map(|v| v.value.abs().ln()).collect();
    let local: Vec<Vec<f64>> = (slopes(scales, 1.0).into_iter())
        .filter(|(slope, _)| matches!(slope, Slope::Local { .. }))
        .map(|(_, c)| c)
        .collect();
    let bends: Vec<Vec<f64>> =
        local.windows(2).map(|w| w[1].iter().zip(&w[0]).map(|(b, a)| b - a).collect()).collect();
    let apply = |c: &Vec<f64>| c.iter().zip(&logs).map(|(c, y)| c * y).sum::<f64>();
    let mut along = vec![bends.iter().map(apply).collect::<Vec<f64>>()];
    let sum = |a: &Vec<f64>, b: &Vec<f64>| {
        let terms = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        let term = |(i, j): (usize, usize)| {
            a[i] * b[j] * relative[i] * relative[j] * errors[i].covariance(&errors[j])
        };
        terms.map(term).sum::<f64>()
    };
    let mut matrix: Vec<f64> = bends.iter().flat_map(|a| bends.iter().map(|b| sum(a, b))).collect();
    let d = along[0].clone();
    solve(&mut matrix, &mut along);
    let square: f64 = d.iter().zip(&along[0]).map(|(d, s)| d * s).sum();
    let (q, r) = (bends.len() as f64, replicates as f64);
    Some(f_tail((r - q) / ((r - 1.0) * q) * square, q, r - q))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Streams};
    use crate::study::square::Square;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    const SCALES: [f64; 4] = [0.8, 0.56, 0.4, 0.28];

    /// x² e^{x²/2}: its local slopes run from 2.5 down to 2.1.
    fn truth(x: f64) -> f64 {
        x * x * (0.5 * x * x).exp()
    }

    /// Fields of some modes whose noises share one half of their variance across x; the error is in one of them. The
    /// noise is `noise` of the smallest error, seen in the mean of all replicates.
    fn fields(modes: usize, noise: f64, replicates: usize, seed: u64) -> Vec<Vec<Vec<Vec<f64>>>> {
        let size = noise * truth(SCALES[3]) * (replicates as f64).sqrt();
        let mut rng = Streams::new(seed, 0).stream(Purpose::Statistics, 0, 0);
        let mut normal = || -> f64 { rng.sample(StandardNormal) };
        let mut fields = vec![Vec::new(); 4];
        for _ in 0..replicates {
            let shared: Vec<f64> = (0..modes).map(|_| normal()).collect();
            for (fields, x) in fields.iter_mut().zip(SCALES) {
                let mode = |m: usize| {
                    let z = 0.5_f64.sqrt() * (shared[m] + normal());
                    (if m == modes / 3 { truth(x) } else { 0.0 })
                        + size * z / (1.0 + 0.5 * m as f64)
                };
                fields.push(vec![(0..modes).map(mode).collect()]);
            }
        }
        fields
    }

    /// Of the square of fields with some modes; of a weak error for none.
    fn study(modes: usize, noise: f64, replicates: usize, seed: u64) -> Vec<Order> {
        let measured = |of: &Vec<Vec<Vec<f64>>>| match modes {
            // Negative throughout: it is its size that is fitted.
            0 => Measured::Mean(of.iter().map(|u| -u[0][0]).collect()),
            _ => Measured::Square(Square::new(&of.iter().collect::<Vec<_>>(), 1.0)),
        };
        let fields = fields(modes.max(1), noise, replicates, seed);
        let errors: Vec<Measured> = fields.iter().map(measured).collect();
        orders(&SCALES, &errors, 2.0, 0.95)
    }

    /// The slopes of the true errors.
    fn due() -> Vec<f64> {
        let apply =
            |(_, c): (Slope, Vec<f64>)| c.iter().zip(SCALES).map(|(c, x)| c * truth(x).ln()).sum();
        slopes(&SCALES, 2.0).into_iter().map(apply).collect()
    }

    #[test]
    fn without_noise_the_slopes_are_exact() {
        for (order, due) in study(6, 0.0, 8, 0).iter().zip(due()) {
            let o = order.order.unwrap();
            assert!((o.value - due).abs() < 1e-9 && o.high - o.low < 1e-5, "{order:?}");
        }
        assert!((due()[1] - 2.0).abs() < 1e-12, "extrapolated by its own model");
    }

    /// 500 studies each of every slope, bent errors, from clear ones to the finest lost in half of the studies: the
    /// interval holds the slope of the true errors in at least 460 of them (95% less 3 standard deviations: false alarm
    /// 10⁻³ each), with no more than two of the 60 counts below (10⁻⁵), and those of clear weak errors in at most 490.
    /// Points dropped where they are lost, weights (26 to 89%), normal quantiles, a variance without that of the noise
    /// alone and correlations of the wrong sign would be caught.
    #[test]
    fn intervals_of_orders_hold_the_slopes_of_the_true_errors() {
        let (mut few, mut many) = (0, 0);
        for modes in [0, 1, 6] {
            for (noise, replicates) in [(0.08, 8), (0.5, 8), (0.08, 32), (0.5, 32)] {
                let mut covered = [0; 5];
                for seed in 0..500 {
                    let found = study(modes, noise, replicates, seed);
                    for ((order, due), count) in found.iter().zip(due()).zip(&mut covered) {
                        let held = order.order.is_none_or(|o| o.low <= due && due <= o.high);
                        *count += usize::from(held);
                    }
                }
                println!(
                    "{modes} modes, noise {noise}, {replicates} replicates: {covered:?} of 500"
                );
                few += covered.iter().filter(|c| **c < 460).count();
                let clear = modes == 0 && noise < 0.1;
                many += covered.iter().filter(|c| clear && **c > 490).count();
            }
        }
        assert!(few <= 2 && many == 0, "{few} of 60 counts are below 92%, {many} of 10 above 98%");
    }

    #[test]
    fn what_is_lost_opens_the_interval_and_is_told() {
        let order = &study(6, 1.0, 16, 1)[0];
        let o = order.order.unwrap();
        assert!(o.high == f64::INFINITY && o.low > 0.0, "{order:?}");
        assert!(order.verdict.contains("not resolved") && order.points == 4, "{order:?}");
        let order = &study(0, 1e4, 16, 1)[0];
        assert!(order.order.is_none() && order.verdict.contains("not supported"), "{order:?}");
    }

    /// Bent errors are called bent, straight ones in 99% of studies not: of 300, at most 10 (mean 3, false alarm
    /// 10⁻³).
    #[test]
    fn bending_is_told() {
        let bent = |order: &Order| order.straightness.is_some_and(|p| p < BENT);
        let found = (0..100).filter(|seed| bent(&study(0, 0.01, 16, *seed)[0])).count();
        assert!(found > 95, "{found}");
        let straight = |seed| {
            let mut fields = fields(1, 0.05, 16, seed);
            for (fields, x) in fields.iter_mut().zip(SCALES) {
                fields.iter_mut().for_each(|u| u[0][0] += x * x - truth(x));
            }
            let errors: Vec<Measured> = (fields.iter())
                .map(|of| Measured::Mean(of.iter().map(|u| u[0][0]).collect()))
                .collect();
            orders(&SCALES, &errors, 2.0, 0.95)
        };
        let found = (0..300).filter(|seed| bent(&straight(*seed)[0])).count();
        assert!(found <= 10, "{found}");
    }

    /// Errors known to a half width: the interval holds every slope that they allow and no more.
    #[test]
    fn orders_without_noise_are_what_the_errors_allow() {
        let estimate = |value: f64, half: f64| Estimate {
            value,
            std_error: 0.0,
            low: value - half,
            high: value + half,
        };
        let errors = [estimate(-0.4, 0.1), estimate(-0.1, 0.02)];
        let order = orders_without_noise(&[0.2, 0.1], &errors, 2.0).remove(0);
        let o = order.order.unwrap();
        assert!((o.value - 2.0).abs() < 1e-12);
        assert!((o.low - (0.3 / 0.12_f64).log2()).abs() < 1e-12);
        assert!((o.high - (0.5 / 0.08_f64).log2()).abs() < 1e-12);
        // One that is within its own error leaves the order open above.
        let errors = [estimate(0.4, 0.1), estimate(0.1, 0.2)];
        let o = orders_without_noise(&[0.2, 0.1], &errors, 2.0)[0].order.unwrap();
        assert!(o.high == f64::INFINITY && (o.low - (0.3_f64 / 0.3).log2()).abs() < 1e-12);
        // Slopes of 1 and 4 are no order.
        let errors = [1.0, 0.5, 0.03125].map(|value| estimate(value, 1e-4));
        let verdict = &orders_without_noise(&[0.4, 0.2, 0.1], &errors, 2.0)[0].verdict;
        assert!(verdict.contains("no single order: 1.00 to 4.00"), "{verdict}");
    }
}
