//! The legend: rows above the frame, where no data are.

use super::colour::{GREY, PAPER, palette};
use super::frame::{LEADING, TEXT};
use super::marks::draw_marker;
use super::svg::{Anchor, Pixel, Stroke, Svg};
use super::words;

/// Width of a sample before its label.
const SAMPLE: f64 = 28.0;

/// What a sample in the legend looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key {
    /// The `index`-th series.
    Series {
        /// Colour and shape.
        index: usize,
        /// Marked points.
        markers: bool,
        /// Joined points.
        line: bool,
        /// Shaded intervals.
        band: bool,
    },
    /// A dashed curve in that colour.
    Dashed(&'static str),
    /// The upper bound of something not resolved.
    Bound,
}

/// Samples and labels in rows from `corner` down, at most `room` wide; returns where they end.
pub fn draw_legend(svg: &mut Svg, corner: Pixel, room: f64, entries: &[(Key, String)]) -> f64 {
    let [mut x, mut y] = corner;
    let mut row = 0.0f64;
    for (key, label) in entries.iter().filter(|(_, label)| !label.trim().is_empty()) {
        let lines = words::wrap(label, TEXT, room - SAMPLE - 8.0);
        let widest = lines.iter().map(|l| words::width(l, TEXT)).fold(0.0, f64::max);
        let width = SAMPLE + 8.0 + widest;
        if x > corner[0] && x + width > corner[0] + room {
            (x, y, row) = (corner[0], y + row, 0.0);
        }
        draw_sample(svg, *key, [x, y + 8.0]);
        for (i, line) in lines.iter().enumerate() {
            let baseline = y + 12.0 + LEADING * i as f64;
            svg.text([x + SAMPLE + 6.0, baseline], TEXT, Anchor::Start, line);
        }
        x += width + 16.0;
        row = row.max(LEADING * lines.len() as f64 + 4.0);
    }
    y + row
}

fn draw_sample(svg: &mut Svg, key: Key, [x, y]: Pixel) {
    let (end, middle) = ([x + SAMPLE, y], [x + 0.5 * SAMPLE, y]);
    match key {
        Key::Dashed(colour) => svg.line([x, y], end, Stroke::dashed(colour, 1.5)),
        Key::Bound => {
            let stroke = Stroke::solid(GREY, 1.5);
            let [x, y] = [middle[0], y - 3.0];
            svg.line([x, y], [x, y + 11.0], stroke);
            svg.polyline(&[[x - 3.5, y + 7.0], [x, y + 11.0], [x + 3.5, y + 7.0]], stroke);
            svg.circle([x, y], 3.5, PAPER, stroke);
        }
        Key::Series { index, markers, line, band } => {
            let colour = palette(index);
            if band {
                let corners = [[x, y - 5.0], [end[0], y - 5.0], [end[0], y + 5.0], [x, y + 5.0]];
                svg.polygon(&corners, colour, 0.2, Stroke::solid("none", 0.0));
            }
            if line {
                svg.line([x, y], end, Stroke::solid(colour, 1.8));
            }
            if markers {
                draw_marker(svg, index, middle, false);
            }
        }
    }
}
