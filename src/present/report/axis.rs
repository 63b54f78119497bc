//! Linear and logarithmic axes: from values to pixels.

use super::ticks::{Tick, linear_ticks, log_ticks};

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences at equal distances.
    Linear,
    /// Equal ratios at equal distances; only positive values can be drawn.
    Log,
}

impl Scale {
    /// The coordinate in which the axis is uniform: the value or its decimal logarithm. `None` for
    /// what cannot be drawn: not finite, beyond 10³⁰⁰, or, on a logarithmic axis, not between 10⁻²⁰⁰ and 10²⁰⁰.
    pub fn coordinate(self, value: f64) -> Option<f64> {
        match self {
            Scale::Linear if value.abs() < 1e-300 => Some(0.0),
            Scale::Linear if value.abs() <= 1e300 => Some(value),
            Scale::Log if (1e-200..=1e200).contains(&value) => Some(value.log10()),
            _ => None,
        }
    }

    /// The value at a coordinate.
    pub fn value(self, coordinate: f64) -> f64 {
        match self {
            Scale::Linear => coordinate,
            Scale::Log => 10f64.powf(coordinate),
        }
    }
}

/// A range of values laid along a range of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    scale: Scale,
    /// Coordinates of the two ends, increasing.
    ends: [f64; 2],
    /// Pixels of the two ends.
    pixels: [f64; 2],
}

impl Axis {
    /// An axis that holds all values that can be drawn, with a free `margin` at both ends as a
    /// fraction of the range. Without values it runs over [0, 1] or [0.1, 10].
    pub fn fit(scale: Scale, values: impl IntoIterator<Item = f64>, margin: f64) -> Self {
        let around = |ends: [f64; 2], u: f64| [ends[0].min(u), ends[1].max(u)];
        let none = [f64::INFINITY, f64::NEG_INFINITY];
        let seen = values.into_iter().filter_map(|v| scale.coordinate(v)).fold(none, around);
        let ends = match (scale, seen[0] <= seen[1]) {
            (Scale::Linear, false) => [0.0, 1.0],
            (Scale::Log, false) => [-1.0, 1.0],
            (_, true) => opened(scale, seen),
        };
        let pad = margin * (ends[1] - ends[0]);
        Self { scale, ends: [ends[0] - pad, ends[1] + pad], pixels: [0.0, 1.0] }
    }

    /// The same range of values from pixel `start` to pixel `end`.
    pub fn onto(self, start: f64, end: f64) -> Self {
        Self { pixels: [start, end], ..self }
    }

    /// Linear or logarithmic.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Values at the two ends.
    pub fn range(&self) -> [f64; 2] {
        self.ends.map(|u| self.scale.value(u))
    }

    /// Pixels of the two ends.
    pub fn pixels(&self) -> [f64; 2] {
        self.pixels
    }

    /// The pixel of `value`, bounded far outside the axis; `None` where it cannot be drawn.
    pub fn at(&self, value: f64) -> Option<f64> {
        let u = self.scale.coordinate(value)?;
        let t = ((u - self.ends[0]) / (self.ends[1] - self.ends[0])).clamp(-100.0, 100.0);
        Some(self.pixels[0] + t * (self.pixels[1] - self.pixels[0]))
    }

    /// Values at `n` ≥ 2 equidistant places from end to end.
    pub fn sample(&self, n: usize) -> impl Iterator<Item = f64> + '_ {
        let step = (self.ends[1] - self.ends[0]) / (n.max(2) - 1) as f64;
        (0..n).map(move |i| self.scale.value(self.ends[0] + i as f64 * step))
    }

    /// Ticks in increasing order, 3 to 10 of them labelled.
    pub fn ticks(&self) -> Vec<Tick> {
        match self.scale {
            Scale::Linear => linear_ticks(self.range()),
            Scale::Log => log_ticks(self.ends),
        }
    }
}

/// A range made wide enough to be divided.
fn opened(scale: Scale, [low, high]: [f64; 2]) -> [f64; 2] {
    let size = low.abs().max(high.abs());
    let half = match scale {
        Scale::Log => 0.5,
        Scale::Linear if size > 0.0 => 0.5 * size,
        Scale::Linear => 0.5,
    };
    let least = if scale == Scale::Log { 1e-6 } else { 1e-9 * size };
    if high - low > least { [low, high] } else { [low - half, high + half] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_value_finds_a_finite_pixel_or_none(values in prop::collection::vec(any::<f64>(), 0..6), v: f64) {
            for scale in [Scale::Linear, Scale::Log] {
                let axis = Axis::fit(scale, values.iter().copied(), 0.05).onto(50.0, 550.0);
                prop_assert!(axis.at(v).is_none_or(f64::is_finite));
                for value in values.iter().filter(|v| scale.coordinate(**v).is_some()) {
                    let pixel = axis.at(*value).unwrap();
                    prop_assert!((49.99..=550.01).contains(&pixel), "{pixel}");
                }
            }
        }
    }

    #[test]
    fn decades_are_equally_far_apart() {
        let axis = Axis::fit(Scale::Log, [1e-4, 1e2], 0.0).onto(600.0, 0.0);
        for (k, n) in (-4..=2).enumerate() {
            let pixel = axis.at(10f64.powi(n)).unwrap();
            assert!((pixel - (600.0 - 100.0 * k as f64)).abs() < 1e-9, "{pixel}");
        }
        assert_eq!([0.0, -1.0, f64::NAN, f64::INFINITY].map(|v| axis.at(v)), [None; 4]);
    }
}
