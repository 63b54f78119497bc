//! Tables of text for people.

/// A number with six decimals, or a dash for none.
pub fn figure(value: f64) -> String {
    if value.is_nan() { "-".into() } else { format!("{value:.6}") }
}

/// Columns aligned by their widest entry: the first to the left, the others to the right.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|f| f.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|c| width(c).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (c, field) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c] - field.chars().count());
            text += &if c == 0 { format!("{field}{pad}") } else { format!("  {pad}{field}") };
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}
