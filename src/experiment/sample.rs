//! Where formulas are tried: speeds of V, nodes of the grid.

use crate::schema::Draft;

/// Intervals of the quadrature over speeds, even.
const INTERVALS: usize = 512;

/// Evenly spaced speeds from the least to the largest; `None` if there is no shell between them.
pub(crate) fn speeds(draft: &Draft) -> Option<impl Iterator<Item = f64> + use<>> {
    let inner = draft.float("velocity.inner_speed").unwrap_or(0.0);
    let speed = draft.float("velocity.speed").filter(|&speed| speed > inner)?;
    Some((0..=INTERVALS).map(move |i| inner + (speed - inner) * i as f64 / INTERVALS as f64))
}

/// ⟨|v|²⟩_F: Simpson's rule over the speeds.
pub(crate) fn mean_square(draft: &Draft) -> Option<f64> {
    let d = draft.dimension()? as i32;
    let speed = draft.float("velocity.speed")?;
    if draft.text("velocity.set")? == "sphere" {
        return Some(speed * speed);
    }
    let formula = draft.formula("velocity.equilibrium");
    let (mut mass, mut moment) = (0.0, 0.0);
    for (i, r) in speeds(draft)?.enumerate() {
        let simpson = if i == 0 || i == INTERVALS { 1.0 } else { (2 + 2 * (i % 2)) as f64 };
        let weight = simpson * formula.as_ref().map_or(1.0, |f| f.eval(&[r])) * r.powi(d - 1);
        mass += weight;
        moment += weight * r * r;
    }
    (mass > 0.0 && moment.is_finite()).then_some(moment / mass)
}

/// Nodes of a grid at which formulas are tried, at most.
const MOST: i64 = 1 << 19;

/// Nodes of the grid with t = 0 after the last coordinate; of a large grid, some all over it.
pub(crate) fn nodes(draft: &Draft) -> Option<impl Iterator<Item = [f64; 4]> + use<>> {
    let d = draft.dimension()?;
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let grid = draft.integers("domain.grid")?;
    let total = grid.iter().try_fold(1, |n: i64, &m| n.checked_mul(m))?;
    // Odd, so that it meets every column of a grid of even numbers.
    let stride = (total / MOST) | 1;
    if [lower.len(), upper.len(), grid.len()] != [d; 3] {
        return None;
    }
    Some((0..total).step_by(stride as usize).map(move |mut flat| {
        let mut x = [0.0; 4];
        for a in (0..d).rev() {
            let spacing = (upper[a] - lower[a]) / grid[a] as f64;
            x[a] = lower[a] + ((flat % grid[a]) as f64 + 0.5) * spacing;
            flat /= grid[a];
        }
        x
    }))
}
