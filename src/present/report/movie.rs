//! A field over time as pictures of pixels: a curve, or a map with a bar of colours, its axes and colours the same at all times.

use super::animation::Animation;
use super::axis::{Axis, Scale};
use super::canvas::{Canvas, Ink, LINE, width};
use super::colour::{FAINT, GREY, INK, MISSING, PALETTE, PAPER, Rgb, sequential};
use super::svg::Anchor;

/// The colours before those of the scale.
const INKS: [&str; 5] = [PAPER, INK, GREY, FAINT, PALETTE[0]];
const TEXT: Ink = Ink(1);
const LINES: Ink = Ink(2);
const GRID: Ink = Ink(3);
const CURVE: Ink = Ink(4);
const UNKNOWN: Ink = Ink(5);
const FIRST: u8 = 6;
/// Colours of the scale.
const LEVELS: usize = 250;
/// Width and height of a curve, and the size of a map, about.
const PLOT: [i32; 2] = [560, 320];
const MAP: usize = 480;
/// Between the frame and what stands beside it.
const GAP: i32 = 8;
const BAR: i32 = 16;

/// A field over time.
#[derive(Clone, Debug)]
pub struct Movie {
    /// The heading.
    pub title: String,
    /// Names of the axes.
    pub axes: [String; 2],
    /// What is measured.
    pub name: String,
    /// Coordinates along x, and along y where it is a map; evenly spaced.
    pub nodes: Vec<Vec<f64>>,
    /// (t, the values; those of a map with y running fastest).
    pub scenes: Vec<(String, Vec<f64>)>,
}

/// Where things are.
#[derive(Clone, Copy)]
struct Layout {
    size: [i32; 2],
    corner: [i32; 2],
    inner: [i32; 2],
}

impl Movie {
    /// The pictures.
    pub fn draw(&self) -> Animation {
        let values = self.scenes.iter().flat_map(|(_, values)| values).copied();
        let range = Axis::fit(Scale::Linear, values.filter(|v| v.is_finite()), 0.0);
        let is_map = self.nodes.len() > 1;
        let range = if is_map { range } else { Axis::fit(Scale::Linear, range.range(), 0.05) };
        let layout = self.layout(range);
        let rgb = |colour: &str| {
            let colour = u32::from_str_radix(&colour[1..], 16).unwrap_or_default();
            [16, 8, 0].map(|shift| (colour >> shift) as u8)
        };
        let scale = (0..LEVELS).map(|k| sequential(k as f64 / (LEVELS - 1) as f64));
        let colours: Vec<Rgb> = INKS.map(rgb).into_iter().chain([MISSING]).chain(scale).collect();
        let draw = |(time, values): &(String, Vec<f64>)| {
            let mut canvas = Canvas::new(layout.size);
            match is_map {
                true => self.draw_map(&mut canvas, layout, values, range),
                false => self.draw_curve(&mut canvas, layout, values, range),
            }
            self.draw_words(&mut canvas, layout, time);
            canvas.into_pixels()
        };
        let frames = self.scenes.iter().map(draw).collect();
        Animation { size: layout.size.map(|n| n as u16), colours, frames }
    }

    fn layout(&self, range: Axis) -> Layout {
        let widest = |axis: Axis| {
            axis.ticks().iter().map(|tick| width(&tick.label)).max().unwrap_or(0) + 2 * GAP
        };
        let (inner, left, right) = match self.nodes.get(1) {
            None => (PLOT, widest(range), 3 * GAP),
            Some(_) => (
                self.cells().map(|n| n * self.factor()),
                widest(self.axis(1)),
                2 * GAP + BAR + widest(range),
            ),
        };
        let room = width(&self.heading()) + width(&self.longest_time()) + 4 * GAP;
        let top = 3 * LINE + GAP;
        let size = [(left + inner[0] + right).max(room), top + inner[1] + 2 * LINE + 2 * GAP];
        Layout { size, corner: [left, top], inner }
    }

    fn cells(&self) -> [i32; 2] {
        [0, 1].map(|a| self.nodes[a].len() as i32)
    }

    /// Pixels of a node along either axis.
    fn factor(&self) -> i32 {
        (MAP / self.nodes.iter().map(Vec::len).max().unwrap_or(1)).max(1) as i32
    }

    /// The axis over all nodes, each in the middle of its place.
    fn axis(&self, a: usize) -> Axis {
        let nodes = &self.nodes[a];
        let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
        let half = 0.5 * (last - first) / (nodes.len() - 1).max(1) as f64;
        Axis::fit(Scale::Linear, [first - half, last + half], 0.0)
    }

    /// What is shown.
    fn heading(&self) -> String {
        match self.nodes.len() {
            1 => self.title.clone(),
            _ => format!("{}: {}", self.title, self.name),
        }
    }

    /// The longest of the times, which stand behind the heading.
    fn longest_time(&self) -> String {
        self.scenes
            .iter()
            .map(|(time, _)| time)
            .max_by_key(|time| time.len())
            .cloned()
            .unwrap_or_default()
    }

    fn draw_words(&self, canvas: &mut Canvas, layout: Layout, time: &str) {
        let Layout { size, corner: [left, top], inner: [w, h] } = layout;
        canvas.text([GAP, LINE], Anchor::Start, TEXT, &self.heading());
        canvas.text([size[0] - GAP, LINE], Anchor::End, TEXT, time);
        canvas.text([GAP, top - LINE], Anchor::Start, TEXT, &self.axes[1]);
        let [x, y] = [left + w / 2, top + h + GAP + LINE + LINE / 2];
        canvas.text([x, y + GAP / 2], Anchor::Middle, TEXT, &self.axes[0]);
    }

    fn draw_map(&self, canvas: &mut Canvas, layout: Layout, values: &[f64], range: Axis) {
        let Layout { corner: [left, top], inner: [w, h], .. } = layout;
        let ([nx, ny], factor) = (self.cells(), self.factor());
        let colours = range.onto(0.0, (LEVELS - 1) as f64);
        for (i, j) in (0..nx).flat_map(|i| (0..ny).map(move |j| (i, j))) {
            let corner = [left + i * factor, top + (ny - 1 - j) * factor];
            canvas.fill(corner, [factor; 2], level(colours, values[(i * ny + j) as usize]));
        }
        canvas.border([left, top], [w, h], LINES);
        draw_x_ticks(canvas, self.axis(0), layout);
        draw_y_ticks(canvas, self.axis(1), layout);
        let bar = [left + w + 2 * GAP, top];
        for row in 0..h {
            let place = (h - 1 - row) as usize * (LEVELS - 1) / (h - 1).max(1) as usize;
            canvas.fill([bar[0], top + row], [BAR, 1], Ink(FIRST + place as u8));
        }
        canvas.border(bar, [BAR, h], LINES);
        let ticks = range.onto(f64::from(top + h), f64::from(top));
        for (y, label) in placed(ticks) {
            canvas.line([bar[0] + BAR, y], [bar[0] + BAR + 3, y], LINES, 1);
            canvas.text([bar[0] + BAR + GAP, y], Anchor::Start, TEXT, &label);
        }
    }

    fn draw_curve(&self, canvas: &mut Canvas, layout: Layout, values: &[f64], range: Axis) {
        let Layout { corner: [left, top], inner: [w, h], .. } = layout;
        let x = self.axis(0).onto(f64::from(left), f64::from(left + w));
        let y = range.onto(f64::from(top + h - 1), f64::from(top));
        placed(y).iter().for_each(|(at, _)| canvas.line([left, *at], [left + w, *at], GRID, 1));
        draw_x_ticks(canvas, self.axis(0), layout);
        draw_y_ticks(canvas, range, layout);
        canvas.border([left, top], [w, h], LINES);
        let place = |(place, value): (&f64, &f64)| {
            Some([x.at(*place)?, y.at(*value)?].map(|p| p.round() as i32))
        };
        let points: Vec<Option<[i32; 2]>> = self.nodes[0].iter().zip(values).map(place).collect();
        for pair in points.windows(2) {
            if let [Some(from), Some(to)] = *pair {
                canvas.line(from, to, CURVE, 2);
            }
        }
    }
}

/// The place of a value among the colours of the scale.
fn level(colours: Axis, value: f64) -> Ink {
    match colours.at(value) {
        Some(at) => Ink(FIRST + at.round().clamp(0.0, (LEVELS - 1) as f64) as u8),
        None => UNKNOWN,
    }
}

/// Pixels and labels of the ticks that have one.
fn placed(axis: Axis) -> Vec<(i32, String)> {
    let ticks = axis.ticks().into_iter().filter(|tick| !tick.label.is_empty());
    ticks.filter_map(|tick| Some((axis.at(tick.value)?.round() as i32, tick.label))).collect()
}

fn draw_x_ticks(canvas: &mut Canvas, axis: Axis, layout: Layout) {
    let Layout { corner: [left, top], inner: [w, h], .. } = layout;
    let (bottom, mut free) = (top + h, i32::MIN);
    for (x, label) in placed(axis.onto(f64::from(left), f64::from(left + w))) {
        canvas.line([x, bottom], [x, bottom + 4], LINES, 1);
        let half = width(&label) / 2;
        if x - half > free {
            canvas.text([x, bottom + GAP + LINE / 2], Anchor::Middle, TEXT, &label);
            free = x + half + GAP;
        }
    }
}

fn draw_y_ticks(canvas: &mut Canvas, axis: Axis, layout: Layout) {
    let Layout { corner: [left, top], inner: [_, h], .. } = layout;
    for (y, label) in placed(axis.onto(f64::from(top + h), f64::from(top))) {
        canvas.line([left - 4, y], [left, y], LINES, 1);
        canvas.text([left - GAP, y], Anchor::End, TEXT, &label);
    }
}

#[cfg(test)]
mod tests {
    use super::super::animation::{Format, decoded};
    use super::*;

    fn movie(nodes: Vec<Vec<f64>>, field: impl Fn(f64, f64, f64) -> f64) -> Movie {
        let ys = nodes.get(1).cloned().unwrap_or(vec![0.0]);
        let at = |t: f64| {
            let values = nodes[0]
                .iter()
                .flat_map(|x| ys.iter().map(|y| field(t, *x, *y)).collect::<Vec<_>>());
            (format!("t = {t}"), values.collect())
        };
        let scenes = [0.0, 0.5, 2.0].map(at).to_vec();
        let (axes, name) = (["x", "y"].map(String::from), "density".into());
        Movie { title: "density of cells".into(), axes, name, nodes, scenes }
    }

    fn line(n: usize) -> Vec<f64> {
        (0..n).map(|i| -1.0 + 0.25 * i as f64).collect()
    }

    /// A field that is another one when its axes are exchanged, turned round or when times are.
    #[test]
    fn a_map_is_its_field_in_colours_that_stay() {
        let movie = movie(vec![line(12), line(7)], |t, x, y| 10.0 * t + 3.0 * x + 0.5 * y);
        let (layout, all) =
            (movie.layout(Axis::fit(Scale::Linear, [-3.5, 26.0], 0.0)), movie.draw());
        let values = || movie.scenes.iter().flat_map(|(_, values)| values);
        let least = values().copied().fold(f64::INFINITY, f64::min);
        let most = values().copied().fold(f64::NEG_INFINITY, f64::max);
        for format in [Format::Gif, Format::Png] {
            let (size, frames) = decoded(&all.encode(format), format);
            assert_eq!(size, all.size.map(usize::from));
            assert_eq!(frames.len(), 3);
            for (frame, t) in frames.iter().zip([0.0, 0.5, 2.0]) {
                for (i, x) in line(12).iter().enumerate() {
                    for (j, y) in line(7).iter().enumerate() {
                        // The pixel in the middle of the node, north up.
                        let (f, [left, top]) = (movie.factor(), layout.corner);
                        let column = left + f * i as i32 + f / 2;
                        let row = top + f * (6 - j as i32) + f / 2;
                        let place = frame[row as usize * size[0] + column as usize] - FIRST;
                        let shown = least + (most - least) * f64::from(place) / (LEVELS - 1) as f64;
                        let value = 10.0 * t + 3.0 * x + 0.5 * y;
                        assert!(
                            (shown - value).abs() < 0.07,
                            "{format:?} {t} {x} {y}: {shown} {value}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_curve_passes_through_its_values() {
        let movie = movie(vec![line(9)], |t, x, _| (1.0 + t) * x);
        let range = Axis::fit(Scale::Linear, [-3.0, 3.0], 0.05);
        let (layout, all) = (movie.layout(range), movie.draw());
        let ([left, top], [w, h]) = (layout.corner, layout.inner);
        let x_axis = movie.axis(0).onto(f64::from(left), f64::from(left + w));
        let y_axis = range.onto(f64::from(top + h - 1), f64::from(top));
        for (frame, t) in all.frames.iter().zip([0.0, 0.5, 2.0]) {
            for x in line(9) {
                let column = x_axis.at(x).unwrap().round() as usize;
                let row = y_axis.at((1.0 + t) * x).unwrap();
                let own = (0..usize::from(all.size[1]))
                    .filter(|y| frame[y * usize::from(all.size[0]) + column] == CURVE.0);
                let off = own.map(|y| (y as f64 - row).abs()).fold(f64::INFINITY, f64::min);
                assert!(off < 1.6, "{t} {x}: {off}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_grey_or_a_gap() {
        let map = movie(vec![line(4), line(4)], |_, x, _| if x < -0.9 { f64::NAN } else { x });
        assert!(map.draw().frames[0].contains(&UNKNOWN.0));
        let none = movie(vec![line(4)], |_, _, _| f64::NAN).draw();
        assert!(!none.frames[0].contains(&CURVE.0));
    }
}
