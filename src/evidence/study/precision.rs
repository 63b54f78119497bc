//! `--precision`: how well a sweep should know something.

use super::fit::Order;
use super::observed::Observed;
use super::statistics::Estimate;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// The wanted half width of the interval of an order, or of errors relative to their size.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Whether the order is wanted, or the errors themselves at every ε.
    pub of_order: bool,
    /// Of what.
    pub quantity: Observed,
    /// L1, L2, Linf, H-1 or weak:φ.
    pub norm: String,
    /// The half width.
    pub half_width: f64,
}

impl Precision {
    /// The name of what is wanted.
    pub fn name(&self) -> String {
        let what = if self.of_order { "order of " } else { "relative error of " };
        format!("{what}{} {}", self.quantity, self.norm)
    }

    /// The half width reached, relative for errors; infinite where nothing is known.
    pub fn reached(&self, errors: &[Estimate], order: &Order) -> f64 {
        let half = |e: &Estimate| (e.high - e.low) / 2.0;
        if self.of_order {
            return order.order.as_ref().map_or(f64::INFINITY, half);
        }
        // A value that is not positive, or none, is not known at all.
        let relative =
            |e: &Estimate| if e.value != 0.0 { half(e) / e.value.abs() } else { f64::INFINITY };
        errors.iter().map(relative).fold(0.0, f64::max)
    }
}

/// As [`FromStr`] reads it.
impl Display for Precision {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let order = if self.of_order { "order:" } else { "" };
        write!(f, "{order}{}:{}={:?}", self.quantity, self.norm, self.half_width)
    }
}

impl FromStr for Precision {
    type Err = String;

    /// `order=0.05`, `order:S:L2=0.1` or `rho:weak:cos(x)=0.02`; rho and L2 where nothing is named.
    fn from_str(text: &str) -> Result<Self, String> {
        let help = "Give e.g. order=0.05, order:S:L2=0.1 or rho:L2=0.02 (relative)";
        let (what, width) =
            text.rsplit_once('=').ok_or_else(|| format!("\"{text}\" has no number. {help}"))?;
        let half_width = width.parse().ok().filter(|w: &f64| *w > 0.0 && w.is_finite());
        let half_width =
            half_width.ok_or_else(|| format!("\"{width}\" is not a positive number. {help}"))?;
        let (of_order, rest) = match what.strip_prefix("order") {
            Some(rest) => (true, rest.strip_prefix(':').unwrap_or(rest)),
            None => (false, what),
        };
        let (quantity, norm) = rest.split_once(':').unwrap_or((rest, "L2"));
        let quantity = match quantity {
            "" => Observed::DENSITY,
            name => name.parse().map_err(|e| format!("{e}. {help}"))?,
        };
        Ok(Self { of_order, quantity, norm: norm.into(), half_width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_can_be_said_briefly() {
        let p: Precision = "order=0.05".parse().unwrap();
        assert_eq!((p.of_order, p.half_width), (true, 0.05));
        assert_eq!(p.name(), "order of rho L2");
        let p: Precision = "order:S:Linf=0.1".parse().unwrap();
        assert_eq!(p.name(), "order of S Linf");
        let p: Precision = "rho:weak:cos(x)=1e-3".parse().unwrap();
        assert_eq!((p.name().as_str(), p.half_width), ("relative error of rho weak:cos(x)", 1e-3));
        for own in ["order:S:Linf=0.1", "rho:weak:cos(x)=0.001"] {
            assert_eq!(own.parse::<Precision>().unwrap().to_string(), own);
        }
        for (bad, says) in [("order", "no number"), ("order=-1", "positive"), ("T=1", "\"T\"")] {
            let message = bad.parse::<Precision>().unwrap_err();
            assert!(message.contains(says) && message.contains("order=0.05"), "{message}");
        }
    }
}
