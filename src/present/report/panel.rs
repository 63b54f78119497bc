//! One field as an image, and the range of colours that it is read with.

use super::axis::{Axis, Scale};
use super::colour::{MISSING, Rgb, diverging};
use super::number::compact;
use super::png::{data_uri, indexed};

/// Colours of a scale; one more stands for missing values.
pub const LEVELS: usize = 255;

/// One field: values at the centres of nx × ny cells, `values[i * ny + j]` at the i-th place along x
/// and the j-th along y. What is not finite is grey.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is shown.
    pub title: String,
    /// Cells along x and y.
    pub cells: [usize; 2],
    /// The values.
    pub values: Vec<f64>,
}

impl Panel {
    /// A field of nx × ny cells. Unless there are nx·ny values nothing is shown.
    pub fn new(title: &str, cells: [usize; 2], values: Vec<f64>) -> Self {
        Self { title: title.to_owned(), cells, values }
    }

    /// self − other where both have a value.
    pub(super) fn minus(&self, other: &Self, title: &str) -> Option<Self> {
        let differ = |(a, b): (&f64, &f64)| a - b;
        let values = self.values.iter().zip(&other.values).map(differ).collect();
        (self.cells == other.cells).then(|| Self::new(title, self.cells, values))
    }

    /// The image, north up. Only for a panel that is not empty.
    pub(super) fn image(&self, colours: &Colours) -> String {
        let [nx, ny] = self.cells;
        let rows = (0..ny).rev().flat_map(|j| (0..nx).map(move |i| (i, j)));
        let pixels: Vec<u8> = rows.map(|(i, j)| colours.level(self.values[i * ny + j])).collect();
        data_uri(&indexed([nx, ny], &pixels, &colours.table))
    }

    /// Where on a rectangle of that extent the field is least and largest.
    pub(super) fn text(&self, extent: [[f64; 2]; 2]) -> String {
        let place = |(at, value): (usize, &f64)| {
            let place = [at / self.cells[1], at % self.cells[1]];
            let [x, y] = [0, 1].map(|a| {
                let [low, high] = extent[a];
                compact(low + (high - low) * (place[a] as f64 + 0.5) / self.cells[a] as f64)
            });
            format!("{} at ({x}, {y})", compact(*value))
        };
        let finite = || self.values.iter().enumerate().filter(|(_, v)| v.is_finite());
        let least = finite().min_by(|a, b| a.1.total_cmp(b.1));
        let most = finite().max_by(|a, b| a.1.total_cmp(b.1));
        match least.zip(most).filter(|_| !self.is_empty()) {
            Some((least, most)) => format!("from {} to {}", place(least), place(most)),
            None => "no data".to_owned(),
        }
    }

    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        let complete = self.cells[0].checked_mul(self.cells[1]) == Some(self.values.len());
        !complete || !self.values.iter().any(|v| v.is_finite())
    }
}

/// A range of values and the colours along it.
#[derive(Clone, Debug)]
pub struct Colours {
    /// The range, laid along the places of the table.
    pub axis: Axis,
    /// The colours, the last of them for missing values.
    pub table: Vec<Rgb>,
}

impl Colours {
    /// The colours of a scale spread along `axis`.
    pub fn new(axis: Axis, colour: fn(f64) -> Rgb) -> Self {
        let level = |k: usize| colour(k as f64 / (LEVELS - 1) as f64);
        let table = (0..LEVELS).map(level).chain([MISSING]).collect();
        Self { axis: axis.onto(0.0, (LEVELS - 1) as f64), table }
    }

    /// The place of `value` in the table.
    pub fn level(&self, value: f64) -> u8 {
        if !value.is_finite() {
            return LEVELS as u8;
        }
        let place = self.axis.at(value).unwrap_or(if value > 1.0 { f64::MAX } else { 0.0 });
        place.round().clamp(0.0, (LEVELS - 1) as f64) as u8
    }
}

/// Colours around 0, as far to both sides as the panels reach.
pub fn signed_colours<'p>(panels: impl Iterator<Item = &'p Panel>) -> Colours {
    let finite = panels.flat_map(|panel| &panel.values).filter(|v| v.is_finite());
    let reach = finite.fold(0.0, |m: f64, v| m.max(v.abs()));
    let reach = if reach > 0.0 { reach } else { 1.0 };
    Colours::new(Axis::fit(Scale::Linear, [-reach, reach], 0.0), diverging)
}

#[cfg(test)]
mod tests {
    use super::super::colour::sequential;
    use super::*;

    #[test]
    fn the_difference_is_neutral_at_zero_and_needs_equal_shapes() {
        let first = Panel::new("", [2, 2], vec![0.0, 1.0, 2.0, 3.0]);
        let second = Panel::new("", [2, 2], vec![0.0, 1.5, 2.0, 2.0]);
        let panel = first.minus(&second, "").unwrap();
        assert_eq!(panel.values, [0.0, -0.5, 0.0, 1.0]);
        let colours = signed_colours([&panel].into_iter());
        assert_eq!([-1.0, 0.0, 1.0].map(|v| colours.level(v)), [0, 127, 254]);
        let [r, g, b] = colours.table[127];
        assert!(r == g && g == b);
        let other = Panel::new("c", [4, 1], vec![0.0; 4]);
        assert_eq!(first.minus(&other, ""), None);
    }

    #[test]
    fn images_have_north_up_and_x_to_the_right() {
        let panel = Panel::new("", [3, 2], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let colours = Colours::new(Axis::fit(Scale::Linear, [0.0, 254.0], 0.0), sequential);
        let expected = indexed([3, 2], &[1, 3, 5, 0, 2, 4], &colours.table);
        assert_eq!(panel.image(&colours), data_uri(&expected));
    }

    #[test]
    fn a_panel_is_shown_only_when_whole() {
        let whole = Panel::new("", [1, 2], vec![0.0, f64::NAN]);
        let short = Panel::new("", [2, 2], vec![0.0]);
        let vast = Panel::new("", [usize::MAX, usize::MAX], vec![0.0]);
        let blank = Panel::new("", [1, 1], vec![f64::NAN]);
        let shown = [whole, short, vast, blank].map(|p| !p.is_empty());
        assert_eq!(shown, [true, false, false, false]);
    }
}
