//! The unbiased turn: T₀ > 0 with the detailed balance T₀(v,v′)F(v′) = T₀(v′,v)F(v) (CMPS A0).

use crate::formula::Formula;
use crate::schema::Draft;
use crate::velocity::{VelocitySet, VelocitySpace};

/// Speeds and cosines at which T₀ is tried.
const SPEEDS: usize = 9;
const COSINES: usize = 17;
/// Relative difference of both sides that is taken for round-off.
const ROUND_OFF: f64 = 1e-9;

pub(super) fn on_sphere(draft: &mut Draft) -> Option<()> {
    let (set, law) = (draft.text("velocity.set")?, draft.text("kernel.scattering")?);
    if set != "sphere" && law != "expression" {
        let message =
            format!("is a law of directions, but velocity.set = \"{set}\" has speeds, too");
        let remedy =
            "Set velocity.set = \"sphere\", or give T0 as an expression in kernel.leading.";
        draft.complain("kernel.scattering", message, remedy);
    }
    Some(())
}

pub(super) fn leading(draft: &mut Draft) -> Option<()> {
    let formula = draft.formula("kernel.leading")?;
    let (set, dimension) = (VelocitySet::read(draft)?, draft.dimension()?);
    let inner = draft.float("velocity.inner_speed").unwrap_or(0.0);
    let outer = draft.float("velocity.speed").filter(|&outer| outer > inner)?;
    let profile = draft.formula("velocity.equilibrium");
    let pairs = match dimension {
        1 => pairs(&VelocitySpace::<1>::new(set, inner, outer, profile), &formula),
        2 => pairs(&VelocitySpace::<2>::new(set, inner, outer, profile), &formula),
        _ => pairs(&VelocitySpace::<3>::new(set, inner, outer, profile), &formula),
    };
    let least = pairs.iter().find(|p| !p.there.is_finite()).or_else(|| {
        pairs.iter().filter(|p| p.there <= 0.0).min_by(|a, b| a.there.total_cmp(&b.there))
    });
    if let Some(bad) = least {
        let message = format!("must be positive and finite, but is {:.6} at {bad}", bad.there);
        let remedy = match bad.there.is_finite() {
            true => {
                format!("Add more than {:.6}*F, or weaken what is negative.", -bad.there / bad.f)
            }
            false => "Correct the expression.".into(),
        };
        draft.complain("kernel.leading", message, remedy);
        return Some(());
    }
    let worst = pairs.iter().max_by(|a, b| a.imbalance().total_cmp(&b.imbalance()))?;
    if worst.imbalance() > ROUND_OFF {
        let (left, right) = worst.flows();
        let message = format!(
            "violates detailed balance: at {worst}, T0(v, v') F(v') = {left:.6} but T0(v', v) F(v) = {right:.6}"
        );
        let remedy = format!(
            "Write it as F h with h the same when r and q are exchanged; T0 = {:.6} there, and the like, would be half the sum of both ways.",
            0.5 * (left + right) / worst.g
        );
        draft.complain("kernel.leading", message, remedy);
    }
    Some(())
}

/// T₀ for a turn from v′ to v, and back.
struct Pair {
    r: f64,
    q: f64,
    p: f64,
    /// F(v) and F(v′).
    f: f64,
    g: f64,
    /// T₀(v,v′) and T₀(v′,v).
    there: f64,
    back: f64,
}

impl Pair {
    fn flows(&self) -> (f64, f64) {
        (self.there * self.g, self.back * self.f)
    }

    fn imbalance(&self) -> f64 {
        let (left, right) = self.flows();
        (left - right).abs() / left.abs().max(right.abs())
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "r = {:.4}, q = {:.4}, p = {:.4}", self.r, self.q, self.p)
    }
}

/// T₀ at speeds and cosines all over V.
fn pairs<const D: usize>(space: &VelocitySpace<D>, formula: &Formula) -> Vec<Pair> {
    let (low, high) = (space.min_speed(), space.max_speed());
    let speed = |i: usize| low + (high - low) * i as f64 / (SPEEDS - 1) as f64;
    let speeds: Vec<f64> = match low == high {
        true => vec![high],
        false => (0..SPEEDS).map(speed).collect(),
    };
    let step = if D == 1 { COSINES - 1 } else { 1 };
    let cosines = (0..COSINES).step_by(step).map(|i| 1.0 - 2.0 * i as f64 / (COSINES - 1) as f64);
    let cosines: Vec<f64> = cosines.collect();
    let mut pairs = Vec::new();
    for &r in &speeds {
        for &q in &speeds {
            for c in &cosines {
                let (p, f, g) =
                    (r * q * c + 0.0, space.density_at_speed(r), space.density_at_speed(q));
                let (there, back) = (formula.eval(&[r, q, p, f]), formula.eval(&[q, r, p, g]));
                pairs.push(Pair { r, q, p, f, g, there, back });
            }
        }
    }
    pairs
}
