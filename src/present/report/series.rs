//! What a plot shows: points with intervals, and curves through or beside them.

use super::axis::Scale;
use super::number::{compact, interval};

/// Most points that are told one by one.
const FEW: usize = 8;

/// A point, with the interval that its y is known to lie in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Abscissa.
    pub x: f64,
    /// Ordinate.
    pub y: f64,
    /// Low and high end of the interval of y.
    pub interval: Option<[f64; 2]>,
}

impl Point {
    /// The interval in increasing order; `None` if there is none or an end is not a number.
    pub fn bounds(&self) -> Option<[f64; 2]> {
        let [a, b] = self.interval?;
        (!a.is_nan() && !b.is_nan()).then(|| [a.min(b), a.max(b)])
    }

    /// Whether y and its interval can be told from zero on an axis of that scale.
    pub fn is_resolved(&self, scale: Scale) -> bool {
        scale.coordinate(self.y).is_some()
            && (scale == Scale::Linear || self.bounds().is_none_or(|b| b[0] > 0.0))
    }

    /// The ordinates that an axis of that scale must hold to show this point.
    pub(super) fn ordinates(&self, scale: Scale) -> Vec<f64> {
        match (self.is_resolved(scale), self.bounds()) {
            (true, bounds) => bounds.into_iter().flatten().chain([self.y]).collect(),
            // Room for the arrow that points down from the upper bound.
            (false, Some([_, high])) if scale == Scale::Log => vec![high, high / 2.0],
            _ => Vec::new(),
        }
    }
}

/// A curve given by a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// y = intercept + slope·x, straight on linear axes.
    Affine {
        /// Value at x = 0.
        intercept: f64,
        /// Derivative.
        slope: f64,
    },
    /// y = factor·xᵉˣᵖᵒⁿᵉⁿᵗ, straight on logarithmic axes.
    Power {
        /// Value at x = 1.
        factor: f64,
        /// Exponent.
        exponent: f64,
    },
}

impl Curve {
    /// The ordinate at `x`.
    pub fn at(&self, x: f64) -> f64 {
        match *self {
            Curve::Affine { intercept, slope } => intercept + slope * x,
            Curve::Power { factor, exponent } => factor * x.powf(exponent),
        }
    }
}

/// Points that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Name in the legend; empty for none.
    pub label: String,
    /// The points, in the order that a line would join them.
    pub points: Vec<Point>,
    /// Whether each point is marked.
    pub markers: bool,
    /// Whether the points are joined. What cannot be drawn leaves a gap.
    pub line: bool,
    /// Whether the intervals are shown as a shaded band, not as one whisker each.
    pub band: bool,
    /// A fitted curve in the same colour, and its name in the legend.
    pub fit: Option<(String, Curve)>,
}

impl Series {
    /// Marked points, not joined.
    pub fn markers(label: &str) -> Self {
        Self { label: label.to_owned(), markers: true, ..Self::default() }
    }

    /// A line, its points not marked.
    pub fn line(label: &str) -> Self {
        Self { label: label.to_owned(), line: true, ..Self::default() }
    }

    /// A line in a shaded band of intervals.
    pub fn band(label: &str) -> Self {
        Self { band: true, ..Self::line(label) }
    }

    /// Adds a point without an interval.
    pub fn point(mut self, x: f64, y: f64) -> Self {
        self.points.push(Point { x, y, interval: None });
        self
    }

    /// Adds a point with an interval.
    pub fn interval(mut self, x: f64, y: f64, low: f64, high: f64) -> Self {
        self.points.push(Point { x, y, interval: Some([low, high]) });
        self
    }

    /// Adds points without intervals.
    pub fn points(mut self, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.points.extend(points.into_iter().map(|(x, y)| Point { x, y, interval: None }));
        self
    }

    /// Joins the points.
    pub fn joined(self) -> Self {
        Self { line: true, ..self }
    }

    /// The series in words: each point if there are few, else where it is least and largest.
    pub fn text(&self) -> String {
        let finite = || self.points.iter().filter(|p| p.y.is_finite());
        let place = |p: &Point| format!("{} at {}", compact(p.y), compact(p.x));
        let told = |p: &Point| match p.bounds() {
            Some([low, high]) => {
                format!("{} {} at {}", compact(p.y), interval(low, high, compact), compact(p.x))
            }
            None => place(p),
        };
        let ends = finite()
            .min_by(|a, b| a.y.total_cmp(&b.y))
            .zip(finite().max_by(|a, b| a.y.total_cmp(&b.y)));
        let what = match ends {
            None => "no data".to_owned(),
            Some(_) if self.points.len() <= FEW => {
                finite().map(told).collect::<Vec<_>>().join(", ")
            }
            Some((least, most)) => format!("from {} to {}", place(least), place(most)),
        };
        let fit = self.fit.iter().map(|(label, _)| format!(", {label}"));
        let label = if self.label.is_empty() { String::new() } else { format!("{}: ", self.label) };
        format!("{label}{what}") + &fit.collect::<String>()
    }

    /// Adds a fitted curve.
    pub fn fit(self, label: &str, curve: Curve) -> Self {
        Self { fit: Some((label.to_owned(), curve)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_resolved_when_its_interval_stays_above_zero() {
        let point = |y, interval| Point { x: 1.0, y, interval };
        let resolved = [point(1.0, None), point(1.0, Some([2.0, 0.5]))];
        let not = [point(0.0, None), point(1.0, Some([0.0, 2.0])), point(1.0, Some([3.0, -1.0]))];
        assert!(resolved.iter().all(|p| p.is_resolved(Scale::Log)));
        assert!(!not.iter().any(|p| p.is_resolved(Scale::Log)));
        assert!(not.iter().all(|p| p.is_resolved(Scale::Linear)));
        assert!(!point(f64::NAN, Some([1.0, 2.0])).is_resolved(Scale::Linear));
        assert_eq!(not[2].ordinates(Scale::Log), [3.0, 1.5]);
    }

    #[test]
    fn words_have_the_numbers() {
        let few = Series::markers("a").interval(0.1, 2.0, 1.0, 3.0).point(0.2, f64::NAN);
        let few = few.fit("order 1", Curve::Affine { intercept: 0.0, slope: 1.0 });
        assert_eq!(few.text(), "a: 2 [1, 3] at 0.1, order 1");
        let many = Series::line("b").points((0..20).map(|i| (i as f64, (i as f64 - 7.0).abs())));
        assert_eq!(many.text(), "b: from 0 at 7 to 12 at 19");
        assert_eq!(Series::line("c").text(), "c: no data");
    }

    #[test]
    fn curves_follow_their_formulas() {
        assert_eq!(Curve::Affine { intercept: 1.0, slope: 2.0 }.at(3.0), 7.0);
        assert_eq!(Curve::Power { factor: 0.5, exponent: 2.0 }.at(4.0), 8.0);
    }
}
