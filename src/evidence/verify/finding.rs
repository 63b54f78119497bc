//! One number, what is demanded of it, and the verdict.

use crate::study::statistics::Estimate;

/// Where a number has to lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Demand {
    /// From the first to the second number.
    Within(f64, f64),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Nothing is claimed: the number is the answer.
    Open,
}

/// What follows from the interval and the demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of the interval is where it has to be.
    Holds,
    /// None of it is.
    Fails,
    /// Some of it is: the number is not known well enough.
    Undecided,
    /// Nothing was demanded.
    Measured,
}

impl Verdict {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "FAILS",
            Self::Undecided => "undecided",
            Self::Measured => "measured",
        }
    }
}

impl Demand {
    /// `value` ± `tolerance`.
    pub fn near(value: f64, tolerance: f64) -> Self {
        Self::Within(value - tolerance, value + tolerance)
    }

    fn ends(self) -> (f64, f64) {
        match self {
            Self::Within(low, high) => (low, high),
            Self::AtMost(high) => (f64::NEG_INFINITY, high),
            Self::AtLeast(low) => (low, f64::INFINITY),
            Self::Open => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// "in [1.75, 2.25]".
    pub fn text(self) -> String {
        match self {
            Self::Within(low, high) => format!("in [{}, {}]", short(low), short(high)),
            Self::AtMost(high) => format!("at most {}", short(high)),
            Self::AtLeast(low) => format!("at least {}", short(low)),
            Self::Open => String::new(),
        }
    }
}

/// A number in four digits or a little more.
pub fn short(x: f64) -> String {
    match x.abs() {
        0.0 => "0".into(),
        1e-3..1e4 => format!("{x:.4}"),
        _ => format!("{x:.3e}"),
    }
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What the number is.
    pub what: String,
    /// The number with its interval; `None` if there is none, as of an order in noise.
    pub number: Option<Estimate>,
    /// What it has to be.
    pub demand: Demand,
}

impl Finding {
    /// A number with an interval.
    pub fn new(what: impl Into<String>, number: Option<Estimate>, demand: Demand) -> Self {
        Self { what: what.into(), number, demand }
    }

    /// A number that is known to all its digits, or whose interval is not known.
    pub fn exact(what: impl Into<String>, value: f64, demand: Demand) -> Self {
        let number = Estimate { value, std_error: 0.0, low: value, high: value };
        Self::new(what, value.is_finite().then_some(number), demand)
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        let (low, high) = self.demand.ends();
        match self.number {
            Some(_) if self.demand == Demand::Open => Verdict::Measured,
            Some(n) if low <= n.low && n.high <= high => Verdict::Holds,
            Some(n) if n.high < low || high < n.low => Verdict::Fails,
            _ => Verdict::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_follows_from_interval_and_demand() {
        let of = |low, high, demand| {
            let number = Estimate { value: 0.5 * (low + high), std_error: 0.1, low, high };
            Finding::new("", Some(number), demand).verdict()
        };
        let demand = Demand::Within(1.75, 2.25);
        assert_eq!(of(1.8, 2.1, demand), Verdict::Holds);
        assert_eq!(of(1.0, 1.7, demand), Verdict::Fails);
        assert_eq!(of(2.3, 2.4, demand), Verdict::Fails);
        assert_eq!(of(1.7, 2.0, demand), Verdict::Undecided);
        assert_eq!(of(0.0, 9.0, Demand::Open), Verdict::Measured);
        assert_eq!(of(0.0, 1.0, Demand::AtMost(1.0)), Verdict::Holds);
        assert_eq!(of(0.0, 1.0, Demand::AtLeast(2.0)), Verdict::Fails);
        assert_eq!(Finding::new("", None, demand).verdict(), Verdict::Undecided);
        assert_eq!(Finding::exact("", f64::NAN, Demand::AtMost(1.0)).verdict(), Verdict::Undecided);
    }
}
