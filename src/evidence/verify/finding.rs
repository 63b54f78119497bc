//! One number, what is demanded of it, and the verdict.

use crate::study::statistics::Estimate;
use serde::{Deserialize, Serialize};

/// Where a number has to lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Demand {
    /// From the first to the second number.
    Within(f64, f64),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// An interval that holds the first number, and whose half width is at most the second.
    Held(f64, f64),
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

    /// The verdict on the interval from `low` to `high`.
    fn weigh(self, low: f64, high: f64) -> Verdict {
        let of = |holds: bool, fails: bool| match (holds, fails) {
            (true, _) => Verdict::Holds,
            (_, true) => Verdict::Fails,
            _ => Verdict::Undecided,
        };
        match self {
            Self::Within(from, to) => of(from <= low && high <= to, high < from || to < low),
            Self::AtMost(to) => of(high <= to, to < low),
            Self::AtLeast(from) => of(from <= low, high < from),
            Self::Held(value, half) => {
                let is_held = low <= value && value <= high;
                of(is_held && high - low <= 2.0 * half, value < low || high < value)
            }
            Self::Open => Verdict::Measured,
        }
    }

    /// "in [1.75, 2.25]".
    pub fn text(self) -> String {
        match self {
            Self::Within(low, high) => format!("in [{}, {}]", short(low), short(high)),
            Self::AtMost(high) => format!("at most {}", short(high)),
            Self::AtLeast(low) => format!("at least {}", short(low)),
            Self::Held(value, half) => {
                format!("holds {}, ± at most {}", short(value), short(half))
            }
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
        self.number.map_or(Verdict::Undecided, |n| self.demand.weigh(n.low, n.high))
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
        assert_eq!(of(0.5, 1.5, Demand::AtMost(1.0)), Verdict::Undecided);
        assert_eq!(of(1.1, 1.5, Demand::AtMost(1.0)), Verdict::Fails);
        assert_eq!(of(0.0, 1.0, Demand::AtLeast(2.0)), Verdict::Fails);
        assert_eq!(of(1.5, 2.5, Demand::AtLeast(2.0)), Verdict::Undecided);
        assert_eq!(of(2.0, 2.5, Demand::AtLeast(2.0)), Verdict::Holds);
        let held = Demand::Held(2.0, 0.25);
        assert_eq!(of(1.9, 2.3, held), Verdict::Holds);
        assert_eq!(of(1.7, 2.3, held), Verdict::Undecided);
        assert_eq!(of(2.1, 2.2, held), Verdict::Fails);
        assert_eq!(of(f64::NEG_INFINITY, 2.1, held), Verdict::Undecided);
        assert_eq!(Finding::new("", None, demand).verdict(), Verdict::Undecided);
        assert_eq!(Finding::exact("", f64::NAN, Demand::AtMost(1.0)).verdict(), Verdict::Undecided);
    }
}
