//! Derivatives of what is known by its values alone.

/// The step, as a share of the scale: truncation and round-off are alike.
const STEP: f64 = 1e-3;
/// Share of the scale below which an argument counts as 0.
const NOTHING: f64 = 1e-6;
/// Nodes, in steps, and weights of the differences, over 12: central, forward and backward.
const CENTRAL: [(f64, f64); 4] = [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)];
const ONE_SIDED: [(f64, f64); 5] =
    [(0.0, -25.0), (1.0, 48.0), (2.0, -36.0), (3.0, 16.0), (4.0, -3.0)];

/// f′(x) by differences of f, where x is of the size of `scale`; 0 is a border of what is defined if `from_zero`.
///
/// With h = 10⁻³|x|, or 10⁻³ `scale` for x = 0, the error is h⁴|f⁽⁵⁾|/30, or h⁴|f⁽⁵⁾|/5 on one side of a border (none for
/// polynomials of degree 4), and round-off 10⁻¹³|f|/|x|. Where f is no number on one side, the other is taken.
///
/// ```
/// use kinetaxis::stability::derivative;
/// assert!((derivative(f64::exp, 1.0, 1.0, false) / 1.0_f64.exp() - 1.0).abs() < 1e-12);
/// assert!((derivative(|x| x * (2.0 - x).powi(3), 0.0, 1.0, true) - 8.0).abs() < 1e-11);
/// ```
pub fn derivative(f: impl Fn(f64) -> f64, x: f64, scale: f64, from_zero: bool) -> f64 {
    let is_zero = x.abs() <= NOTHING * scale;
    let h = STEP * if is_zero { scale } else { x.abs() };
    let by = |nodes: &[(f64, f64)], h: f64| -> f64 {
        nodes.iter().map(|(step, weight)| weight * f(x + step * h)).sum::<f64>() / (12.0 * h)
    };
    let central = if is_zero && from_zero { f64::NAN } else { by(&CENTRAL, h) };
    let tries = [central, by(&ONE_SIDED, h), by(&ONE_SIDED, -h)];
    tries.into_iter().find(|slope| slope.is_finite()).unwrap_or(f64::NAN)
}
