//! A budget: one horizontal bar per component on a logarithmic axis, with its interval.

use super::axis::{Axis, Scale};
use super::colour::{INK, PAPER, palette};
use super::frame::{EDGE, Frame, TEXT, draw_lines, draw_title};
use super::number::compact;
use super::picture::Picture;
use super::series::Point;
use super::svg::{Anchor, Pixel, Stroke, Svg};
use super::words;

const WIDTH: f64 = 520.0;
const THICK: f64 = 16.0;

#[derive(Clone, Debug)]
struct Bar {
    label: String,
    group: usize,
    size: Point,
}

/// A bar chart under construction. What cannot be told from zero is hollow and ends at the upper
/// bound of its interval, with an arrow to the left.
///
/// ```
/// use kinetaxis::report::Bars;
/// let svg = Bars::new("Where the error comes from", "relative L² error")
///     .bar("number of cells", 3.1e-3, 2.8e-3, 3.4e-3)
///     .bar("time step", 4e-5, -1e-5, 9e-5)
///     .total("all together", 3.2e-3, 2.9e-3, 3.5e-3)
///     .to_svg();
/// assert!(svg.contains("&lt; 9×10⁻⁵"));
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    title: String,
    name: String,
    bars: Vec<Bar>,
}

impl Bars {
    /// A chart without bars; `name` is that of the axis.
    pub fn new(title: &str, name: &str) -> Self {
        Self { title: title.to_owned(), name: name.to_owned(), bars: Vec::new() }
    }

    /// Adds a component: its value, and the interval from `low` to `high` that holds it.
    pub fn bar(self, label: &str, value: f64, low: f64, high: f64) -> Self {
        self.grouped(label, 0, value, low, high)
    }

    /// Adds a component in the colour of group number `group`.
    pub fn grouped(mut self, label: &str, group: usize, value: f64, low: f64, high: f64) -> Self {
        let size = Point { x: 1.0, y: value, interval: Some([low, high]) };
        self.bars.push(Bar { label: label.to_owned(), group, size });
        self
    }

    /// Adds a bar that stands out.
    pub fn total(self, label: &str, value: f64, low: f64, high: f64) -> Self {
        self.grouped(label, 5, value, low, high)
    }

    /// What a page shows.
    pub fn picture(&self) -> Picture {
        Picture { images: vec![self.to_svg()], times: Vec::new() }
    }

    /// The chart in words.
    fn text(&self) -> String {
        let bars = self.bars.iter().map(|bar| format!("{}: {}", bar.label, caption(&bar.size)));
        format!("{}, {}. {}.", self.title, self.name, bars.collect::<Vec<_>>().join("; "))
    }

    /// The picture.
    pub fn to_svg(&self) -> String {
        let mut svg = Svg::new(WIDTH);
        let top = draw_title(&mut svg, &self.title, 8.0) + 2.0;
        if self.bars.is_empty() {
            let end = draw_lines(&mut svg, [EDGE, top], WIDTH, "No data.");
            return svg.finish(end + 8.0, &self.title, &self.text());
        }
        let rows = self.rows();
        let height = 8.0 + rows.iter().map(|r| r.1).sum::<f64>();
        let frame = self.frame(top, height);
        frame.draw_x_grid(&mut svg);
        let mut y = top + 4.0;
        for (bar, (lines, row)) in self.bars.iter().zip(&rows) {
            draw_label(&mut svg, &frame, lines, y + 0.5 * row);
            draw_bar(&mut svg, &frame, bar, y + 0.5 * row);
            y += row;
        }
        frame.draw_border(&mut svg);
        frame.draw_x_ticks(&mut svg);
        let bottom = frame.draw_x_name(&mut svg, &self.name);
        svg.finish(bottom + 10.0, &self.title, &self.text())
    }

    /// The lines of each label and the height of its row.
    fn rows(&self) -> Vec<(Vec<String>, f64)> {
        let lines = self.bars.iter().map(|b| words::wrap(&b.label, TEXT, 150.0));
        lines.map(|l| (l.len().max(1) as f64 * 14.0 + 14.0, l)).map(|(h, l)| (l, h)).collect()
    }

    fn frame(&self, top: f64, height: f64) -> Frame {
        let widest =
            |texts: Vec<String>| texts.iter().map(|t| words::width(t, TEXT)).fold(0.0, f64::max);
        let labels = self.rows().into_iter().flat_map(|r| r.0).collect();
        let left = 8.0 + EDGE + widest(labels);
        let right = 10.0 + widest(self.bars.iter().map(|b| caption(&b.size)).collect());
        let sizes = self.bars.iter().flat_map(|b| b.size.ordinates(Scale::Log));
        let x = Axis::fit(Scale::Log, sizes, 0.12);
        let none = Axis::fit(Scale::Linear, [0.0, 1.0], 0.0);
        let width = (WIDTH - left - right).max(160.0);
        Frame::new(x, none, [left, top], [width, height])
    }
}

fn draw_label(svg: &mut Svg, frame: &Frame, lines: &[String], middle: f64) {
    for (i, line) in lines.iter().enumerate() {
        let baseline = middle + 4.0 + 14.0 * (i as f64 - 0.5 * (lines.len() as f64 - 1.0));
        svg.text([frame.corner()[0] - 8.0, baseline], TEXT, Anchor::End, line);
    }
}

fn draw_bar(svg: &mut Svg, frame: &Frame, bar: &Bar, middle: f64) {
    let (left, colour) = (frame.corner()[0], palette(bar.group));
    let corner = [left, middle - 0.5 * THICK];
    let end = |v: f64| frame.x.at(v).map(|p| p.clamp(left, left + frame.size()[0]));
    match (bar.size.is_resolved(Scale::Log), bar.size.bounds()) {
        (true, bounds) => {
            let length = end(bar.size.y).unwrap_or(left) - left;
            svg.rect(corner, [length, THICK], colour, Stroke::solid("none", 0.0));
            if let Some([Some(low), Some(high)]) = bounds.map(|b| b.map(end)) {
                draw_whisker(svg, [low, high], middle);
            }
        }
        (false, Some([_, high])) => {
            if let Some(tip) = end(high) {
                draw_upper_bound(svg, [left, tip], middle, colour);
            }
        }
        _ => {}
    }
    let at = [left + frame.size()[0] + 8.0, middle + 4.0];
    svg.text(at, TEXT, Anchor::Start, &caption(&bar.size));
}

fn draw_whisker(svg: &mut Svg, ends: Pixel, y: f64) {
    // White below ink: visible on the bar and off it.
    for (colour, width) in [(PAPER, 3.5), (INK, 1.3)] {
        svg.line([ends[0], y], [ends[1], y], Stroke::solid(colour, width));
        for x in ends {
            svg.line([x, y - 4.0], [x, y + 4.0], Stroke::solid(colour, width));
        }
    }
}

fn draw_upper_bound(svg: &mut Svg, [left, tip]: Pixel, y: f64, colour: &str) {
    let (corner, size) = ([left, y - 0.5 * THICK], [tip - left, THICK]);
    svg.rect(corner, size, PAPER, Stroke { colour, width: 1.3, dash: "3 2" });
    let (stroke, back) = (Stroke::solid(colour, 1.5), (tip - 24.0).max(left + 4.0));
    svg.line([tip, y], [back, y], stroke);
    svg.polyline(&[[back + 5.0, y - 3.5], [back, y], [back + 5.0, y + 3.5]], stroke);
}

/// The value and its interval in words.
fn caption(size: &Point) -> String {
    let short = compact;
    match (size.is_resolved(Scale::Log), size.bounds()) {
        (true, Some([low, high])) => format!("{} [{}, {}]", short(size.y), short(low), short(high)),
        (false, Some([_, high])) if high > 0.0 => format!("< {}", short(high)),
        _ => short(size.y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::markup;
    use proptest::prelude::*;

    #[test]
    fn captions_say_value_and_interval_or_bound() {
        let say = |y, low, high| caption(&Point { x: 1.0, y, interval: Some([low, high]) });
        assert_eq!(say(0.0123, 0.011, 0.0134), "0.0123 [0.011, 0.0134]");
        assert_eq!(say(1e-6, -1e-6, 4e-6), "< 4×10⁻⁶");
        assert_eq!(say(0.5, f64::NAN, 1.0), "0.5");
        assert_eq!(say(0.0, 0.0, 0.0), "0");
        assert_eq!(say(f64::NAN, f64::NAN, 0.0), "–");
    }

    #[test]
    fn ten_times_the_value_is_a_decade_longer() {
        let svg = Bars::new("t", "x")
            .bar("a", 0.1, 0.1, 0.1)
            .bar("b", 1.0, 1.0, 1.0)
            .bar("c", 10.0, 10.0, 10.0);
        let widths: Vec<f64> = svg
            .to_svg()
            .lines()
            .filter(|l| l.contains(palette(0)))
            .map(|l| {
                l.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
            })
            .collect();
        assert_eq!(widths.len(), 3);
        assert!((widths[2] - widths[1] - (widths[1] - widths[0])).abs() < 0.02, "{widths:?}");
        assert!(widths[0] > 0.0 && widths[1] > widths[0]);
    }

    proptest! {
        #[test]
        fn hostile_bars_leave_a_well_formed_picture(
            bars in prop::collection::vec((".{0,60}", any::<f64>(), any::<f64>(), any::<f64>()), 0..5),
        ) {
            let odd = [0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, f64::MAX];
            let mut chart = odd.iter().fold(Bars::new("t", "x"), |c, v| c.bar("", *v, *v, *v));
            let plain = chart.to_svg();
            prop_assert!(!plain.contains("NaN") && !plain.contains("inf"));
            for (label, value, low, high) in bars {
                chart = chart.bar(&label, value, low, high).total("", 1.0, low, high);
            }
            prop_assert_eq!(markup::check(&chart.to_svg()), Ok(()));
        }
    }
}
