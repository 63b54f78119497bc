//! Numbers as a reader wants them: few digits, no `1e-5`, never `NaN`.

/// `exponent` in Unicode superscripts.
pub fn superscript(exponent: i32) -> String {
    let raised = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        _ => char::from_u32('⁰' as u32 + c as u32 - '0' as u32).unwrap_or(c),
    };
    exponent.to_string().chars().map(raised).collect()
}

/// Mantissa and decimal exponent of a finite `value`, rounded to `digits` significant digits.
pub fn decompose(value: f64, digits: usize) -> (String, i32) {
    let text = format!("{:.*e}", digits.max(1) - 1, value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (trim_zeros(mantissa).to_owned(), exponent.parse().unwrap_or(0))
}

/// `mantissa`·10ⁿ, without a mantissa of one.
pub fn scientific(mantissa: &str, exponent: i32) -> String {
    let power = format!("10{}", superscript(exponent));
    match (mantissa, exponent) {
        (_, 0) => minus(mantissa),
        ("1", 1) => "10".to_owned(),
        ("1", _) => power,
        ("-1", _) => format!("−{power}"),
        _ => format!("{}×{power}", minus(mantissa)),
    }
}

/// `value` to `digits` significant digits: 0.0123, 4.5×10⁻⁷. What is not finite becomes a dash, or ±∞.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let (mantissa, exponent) = decompose(value, digits);
    if value == 0.0 || (-3..5).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        return fixed(value, decimals);
    }
    scientific(&mantissa, exponent)
}

/// `value` to three significant digits.
pub fn compact(value: f64) -> String {
    significant(value, 3)
}

/// `[low, high]`, each end as `write` gives it; an end at infinity is open.
pub fn interval(low: f64, high: f64, write: impl Fn(f64) -> String) -> String {
    let (left, right) =
        (if low.is_finite() { '[' } else { '(' }, if high.is_finite() { ']' } else { ')' });
    format!("{left}{}, {}{right}", write(low), write(high))
}

/// `value` with at most `decimals` decimals, trailing zeros removed.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    minus(trim_zeros(&text))
}

/// A typographic minus, and none before zero.
pub fn minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text.to_owned(),
    }
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.1 + 0.2, "0.3"),
            (-0.012345, "−0.0123"),
            (9.9996, "10"),
            (12345.0, "12345"),
            (123456.0, "1.23×10⁵"),
            (1e-7, "10⁻⁷"),
            (-1e9, "−10⁹"),
            (4.5e-12, "4.5×10⁻¹²"),
            (f64::NAN, "–"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (value, text) in cases {
            assert_eq!(compact(value), text, "{value:e}");
        }
    }

    #[test]
    fn superscripts_cover_every_digit() {
        assert_eq!(superscript(-1234567890), "⁻¹²³⁴⁵⁶⁷⁸⁹⁰");
    }

    #[test]
    fn rounding_to_zero_leaves_no_sign() {
        assert_eq!(fixed(-0.001, 2), "0");
        assert_eq!(fixed(100.0, 0), "100");
    }
}
