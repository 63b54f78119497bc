//! The frame of a picture: heading, border, grid lines, ticks and the names of the axes.

use super::axis::Axis;
use super::colour::{FAINT, GREY};
use super::svg::{Anchor, Pixel, Stroke, Svg};
use super::ticks::Tick;
use super::words;

/// Size of ordinary text.
pub const TEXT: f64 = 13.0;
/// Size of a title.
pub const TITLE: f64 = 15.0;
/// Where titles and legends begin: text beside the picture is flush with them.
pub const EDGE: f64 = 2.0;
/// Height of a line of ordinary text.
pub const LEADING: f64 = 17.0;

/// Two axes that span a rectangle.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Left to right.
    pub x: Axis,
    /// Bottom to top.
    pub y: Axis,
}

impl Frame {
    /// The axes laid along a rectangle of `size` whose upper left corner is `corner`.
    pub fn new(x: Axis, y: Axis, corner: Pixel, size: Pixel) -> Self {
        let ([left, top], [width, height]) = (corner, size);
        Self { x: x.onto(left, left + width), y: y.onto(top + height, top) }
    }

    /// Upper left corner.
    pub fn corner(&self) -> Pixel {
        [self.x.pixels()[0], self.y.pixels()[1]]
    }

    /// Width and height.
    pub fn size(&self) -> Pixel {
        let ([left, right], [bottom, top]) = (self.x.pixels(), self.y.pixels());
        [right - left, bottom - top]
    }

    /// Where a point lies, if it can be drawn.
    pub fn place(&self, x: f64, y: f64) -> Option<Pixel> {
        Some([self.x.at(x)?, self.y.at(y)?])
    }

    /// Faint vertical lines at the labelled ticks of x.
    pub fn draw_x_grid(&self, svg: &mut Svg) {
        let [bottom, top] = self.y.pixels();
        for (pixel, _) in labelled(&self.x) {
            svg.line([pixel, top], [pixel, bottom], Stroke::solid(FAINT, 1.0));
        }
    }

    /// Faint horizontal lines at the labelled ticks of y.
    pub fn draw_y_grid(&self, svg: &mut Svg) {
        let [left, right] = self.x.pixels();
        for (pixel, _) in labelled(&self.y) {
            svg.line([left, pixel], [right, pixel], Stroke::solid(FAINT, 1.0));
        }
    }

    /// The border.
    pub fn draw_border(&self, svg: &mut Svg) {
        svg.rect(self.corner(), self.size(), "none", Stroke::solid(GREY, 1.0));
    }

    /// Ticks under the frame, their labels thinned until none touches the next.
    pub fn draw_x_ticks(&self, svg: &mut Svg) {
        let bottom = self.y.pixels()[0];
        for (pixel, tick) in placed(&self.x) {
            let length = if tick.label.is_empty() { 3.0 } else { 5.0 };
            svg.line([pixel, bottom], [pixel, bottom + length], Stroke::solid(GREY, 1.0));
        }
        for (pixel, label) in apart(labelled(&self.x)) {
            svg.text([pixel, bottom + 19.0], TEXT, Anchor::Middle, &label);
        }
    }

    /// Ticks left of the frame, with their labels.
    pub fn draw_y_ticks(&self, svg: &mut Svg) {
        let left = self.x.pixels()[0];
        for (pixel, tick) in placed(&self.y) {
            let length = if tick.label.is_empty() { 3.0 } else { 5.0 };
            svg.line([left - length, pixel], [left, pixel], Stroke::solid(GREY, 1.0));
            svg.text([left - 8.0, pixel + 4.0], TEXT, Anchor::End, &tick.label);
        }
    }

    /// The name of the x axis, below the labels of its ticks; returns where it ends.
    pub fn draw_x_name(&self, svg: &mut Svg, name: &str) -> f64 {
        let ([left, right], bottom) = (self.x.pixels(), self.y.pixels()[0] + 24.0);
        let lines = words::wrap(name, TEXT, right - left);
        for (i, line) in lines.iter().enumerate() {
            let y = bottom + LEADING * (i + 1) as f64 - 2.0;
            svg.text([0.5 * (left + right), y], TEXT, Anchor::Middle, line);
        }
        bottom + LEADING * lines.len() as f64
    }
}

/// Room that the labels of a vertical axis need on its left.
pub fn label_room(axis: &Axis) -> f64 {
    let widths = axis.ticks().into_iter().map(|t| words::width(&t.label, TEXT));
    widths.fold(0.0, f64::max) + 16.0
}

/// A title from `top` down, broken into lines; returns where it ends.
pub fn draw_title(svg: &mut Svg, title: &str, top: f64) -> f64 {
    let lines = words::wrap(title, TITLE * 1.05, svg.width() - 2.0 * EDGE);
    for (i, line) in lines.iter().enumerate() {
        svg.bold([EDGE, top + 20.0 * i as f64 + 18.0], TITLE, Anchor::Start, line);
    }
    top + 20.0 * lines.len() as f64 + 6.0
}

/// Ordinary text from `corner` down, broken to fit `room`; returns where it ends.
pub fn draw_lines(svg: &mut Svg, corner: Pixel, room: f64, text: &str) -> f64 {
    let lines = words::wrap(text, TEXT, room);
    for (i, line) in lines.iter().enumerate() {
        let y = corner[1] + LEADING * i as f64 + 12.0;
        svg.text([corner[0], y], TEXT, Anchor::Start, line);
    }
    corner[1] + LEADING * lines.len() as f64
}

fn placed(axis: &Axis) -> Vec<(f64, Tick)> {
    axis.ticks().into_iter().filter_map(|t| Some((axis.at(t.value)?, t))).collect()
}

fn labelled(axis: &Axis) -> Vec<(f64, String)> {
    let ticks = placed(axis).into_iter().filter(|(_, t)| !t.label.is_empty());
    ticks.map(|(pixel, t)| (pixel, t.label)).collect()
}

/// Every label, or every second, third … of them, counted from zero where there is one: the most
/// that leave a gap between neighbours.
fn apart(labels: Vec<(f64, String)>) -> Vec<(f64, String)> {
    let half = |l: &str| 0.5 * words::width(l, TEXT);
    let free = |a: &(f64, String), b: &(f64, String)| b.0 - a.0 >= half(&a.1) + half(&b.1) + 6.0;
    let zero = labels.iter().position(|l| l.1 == "0").unwrap_or(0);
    for stride in 1..labels.len() {
        let kept: Vec<_> = labels.iter().skip(zero % stride).step_by(stride).cloned().collect();
        if kept.windows(2).all(|pair| free(&pair[0], &pair[1])) {
            return kept;
        }
    }
    labels.into_iter().skip(zero).take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::super::axis::Scale;
    use super::*;

    #[test]
    fn labels_never_touch_however_narrow_the_axis() {
        for width in [10.0, 60.0, 120.0, 600.0] {
            let axis = Axis::fit(Scale::Linear, [1.2345e-7, 1.2346e-7], 0.0).onto(0.0, width);
            let kept = apart(labelled(&axis));
            assert!(!kept.is_empty());
            for pair in kept.windows(2) {
                let need = words::width(&pair[0].1, TEXT) + words::width(&pair[1].1, TEXT);
                assert!(pair[1].0 - pair[0].0 > 0.5 * need);
            }
        }
    }

    #[test]
    fn thinning_keeps_zero() {
        let axis = Axis::fit(Scale::Linear, [-0.02, 0.02], 0.0).onto(0.0, 180.0);
        let kept = apart(labelled(&axis));
        assert!(kept.len() < labelled(&axis).len() && kept.iter().any(|l| l.1 == "0"), "{kept:?}");
    }

    #[test]
    fn y_grows_upwards() {
        let axis = Axis::fit(Scale::Linear, [0.0, 1.0], 0.0);
        let frame = Frame::new(axis, axis, [10.0, 20.0], [300.0, 200.0]);
        assert_eq!(frame.place(0.0, 0.0), Some([10.0, 220.0]));
        assert_eq!(frame.place(1.0, 1.0), Some([310.0, 20.0]));
        assert_eq!((frame.corner(), frame.size()), ([10.0, 20.0], [300.0, 200.0]));
    }
}
