//! Round ticks and their labels: 1, 2, 5 times a power of ten.

use super::number::{decompose, fixed, minus, scientific};

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where.
    pub value: f64,
    /// What is written there; nothing at a minor tick.
    pub label: String,
}

/// The least of 1, 2, 5 times a power of ten that cuts `span` into at most eight parts.
fn step(span: f64) -> f64 {
    let power = 10f64.powf((span / 8.0).log10().floor());
    let fits = |m: &f64| m * power * 8.0 >= span * (1.0 - 1e-9);
    power * [1.0, 2.0, 5.0].into_iter().find(fits).unwrap_or(10.0)
}

/// Ticks at round values between the ends of a range.
pub fn linear_ticks([low, high]: [f64; 2]) -> Vec<Tick> {
    let step = step(high - low);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let label = linear_label(low.abs().max(high.abs()), step);
    let count = (last - first).clamp(0.0, 9.0) as usize;
    let place = |k| ((first + k as f64) * step).clamp(low, high);
    // A tick that is zero up to rounding is zero.
    let clean = |v: f64| if v.abs() < 1e-9 * step { 0.0 } else { v };
    let tick = |v: f64| Tick { value: v, label: label(clean(v)) };
    (0..=count).map(place).map(tick).collect()
}

/// Labels that share decimals and exponent, fine enough to tell apart two ticks `step` apart.
fn linear_label(size: f64, step: f64) -> impl Fn(f64) -> String {
    let (order, fine) = (size.log10().floor() as i32, (step.log10() + 1e-9).floor() as i32);
    let exponent = if (-3..5).contains(&order) { 0 } else { order };
    let decimals = (exponent - fine).max(0) as usize;
    move |v| match exponent {
        _ if v == 0.0 => "0".to_owned(),
        0 => minus(&format!("{v:.decimals$}")),
        _ => {
            // In two factors, because 10⁻³⁰⁰ has no safe inverse near the end of the range.
            let half = 10f64.powi(-exponent / 2);
            let mantissa = v * half * 10f64.powi(-exponent + exponent / 2);
            scientific(&fixed(mantissa, decimals).replace('−', "-"), exponent)
        }
    }
}

/// Ticks between two decimal logarithms: at decades, at 1, 2 and 5 times a decade, or as on a linear
/// axis where the range is too narrow for three of these.
pub fn log_ticks(ends: [f64; 2]) -> Vec<Tick> {
    let decades = multiples(ends, &[1.0]);
    if decades.len() >= 3 {
        return decade_ticks(ends, decades.len().div_ceil(8) as i32);
    }
    let some = multiples(ends, &[1.0, 2.0, 5.0]);
    if some.len() < 3 {
        return linear_ticks(ends.map(|u| 10f64.powf(u)));
    }
    let powers = ends[0] < -3.0 || ends[1] > 5.0;
    some.into_iter()
        .map(|(m, n)| Tick { value: m * pow10(n), label: log_label(m, n, powers) })
        .collect()
}

/// Labels at every `stride`-th decade; minor ticks at the other decades, or at 2 and 5.
fn decade_ticks(ends: [f64; 2], stride: i32) -> Vec<Tick> {
    let powers = ends[0] < -3.0 || ends[1] > 5.0;
    let mantissas: &[f64] = if ends[1] - ends[0] < 6.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let label = |m: f64, n: i32| match m == 1.0 && n.rem_euclid(stride) == 0 {
        true => log_label(m, n, powers),
        false => String::new(),
    };
    let tick = |(m, n)| Tick { value: m * pow10(n), label: label(m, n) };
    let ticks = multiples(ends, mantissas).into_iter().map(tick);
    ticks.filter(|t| stride <= 5 || !t.label.is_empty()).collect()
}

fn log_label(mantissa: f64, exponent: i32, powers: bool) -> String {
    if powers {
        return scientific(&decompose(mantissa, 1).0, exponent);
    }
    fixed(mantissa * pow10(exponent), (-exponent).max(0) as usize)
}

/// Every m·10ⁿ in the range, in increasing order.
fn multiples([low, high]: [f64; 2], mantissas: &[f64]) -> Vec<(f64, i32)> {
    let inside = |m: f64, n: i32| {
        let u = m.log10() + n as f64;
        low - 1e-9 <= u && u <= high + 1e-9
    };
    let orders = low.floor() as i32..=high.ceil() as i32;
    orders
        .flat_map(|n| mantissas.iter().filter(move |m| inside(**m, n)).map(move |m| (*m, n)))
        .collect()
}

fn pow10(n: i32) -> f64 {
    10f64.powi(n)
}

#[cfg(test)]
mod tests {
    use super::super::axis::{Axis, Scale};
    use proptest::prelude::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    fn check_ticks(axis: &Axis) -> Result<(), TestCaseError> {
        let (ticks, [low, high], shown) = (axis.ticks(), axis.range(), labels(axis));
        let slack = 1e-8 * (high - low);
        prop_assert!((3..=10).contains(&shown.len()), "{shown:?} in {low:e}..{high:e}");
        prop_assert!(ticks.iter().all(|t| low - slack <= t.value && t.value <= high + slack));
        prop_assert!(ticks.windows(2).all(|t| t[0].value < t[1].value), "{ticks:?}");
        prop_assert!(shown.windows(2).all(|l| l[0] != l[1]), "{shown:?}");
        Ok(())
    }

    proptest! {
        #[test]
        fn ticks_are_few_rising_inside_and_told_apart(
            a in -1.0..1.0, b in -1.0..1.0, order in -290.0..290.0f64, near in 0.0..6.0f64,
        ) {
            let size = 10f64.powf(order);
            check_ticks(&Axis::fit(Scale::Linear, [a * size, b * size], 0.05))?;
            check_ticks(&Axis::fit(Scale::Linear, [size, size * (1.0 + a * 10f64.powf(-near))], 0.0))?;
        }

        #[test]
        fn log_ticks_are_few_rising_inside_and_told_apart(order in -199.0..199.0f64, span in 0.0..8.0f64) {
            let far = 10f64.powf((order + span.exp() - 1.0).min(200.0));
            check_ticks(&Axis::fit(Scale::Log, [10f64.powf(order), far], 0.0))?;
            check_ticks(&Axis::fit(Scale::Log, [10f64.powf(order)], 0.05))?;
        }
    }

    #[test]
    fn familiar_ranges_get_familiar_labels() {
        let show = |scale, a, b| labels(&Axis::fit(scale, [a, b], 0.0)).join(" ");
        assert_eq!(show(Scale::Linear, 0.0, 1.0), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(show(Scale::Linear, -40.0, 40.0), "−40 −30 −20 −10 0 10 20 30 40");
        let tiny = "0 0.5×10⁻⁶ 10⁻⁶ 1.5×10⁻⁶ 2×10⁻⁶ 2.5×10⁻⁶ 3×10⁻⁶";
        assert_eq!(show(Scale::Linear, 0.0, 3e-6), tiny);
        assert_eq!(show(Scale::Log, 0.05, 0.8), "0.05 0.1 0.2 0.5");
        assert_eq!(show(Scale::Log, 0.01, 100.0), "0.01 0.1 1 10 100");
        assert_eq!(show(Scale::Log, 1e-5, 1.0), "10⁻⁵ 10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 1");
        assert_eq!(show(Scale::Log, 0.3, 0.45), "0.30 0.32 0.34 0.36 0.38 0.40 0.42 0.44");
    }
}
