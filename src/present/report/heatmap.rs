//! Fields on a rectangle, side by side in the same colours, and how they differ.

use super::axis::{Axis, Scale};
use super::colour::sequential;
use super::frame::{EDGE, Frame, LEADING, TEXT, draw_lines, draw_title, label_room};
use super::panel::{Colours, LEVELS, Panel, signed_colours};
use super::png::{data_uri, indexed};
use super::svg::{Anchor, Pixel, Svg};
use super::words;

const GAP: f64 = 26.0;

/// A row of panels under construction.
///
/// ```
/// use kinetaxis::report::{Heatmap, Panel};
/// let field = |shift: f64| (0..64).map(|k| (k / 8) as f64 + shift * (k % 8) as f64).collect();
/// let svg = Heatmap::new("Density beside its limit", "cells per unit area")
///     .extent([0.0, 1.0], [0.0, 1.0])
///     .axes("x", "y")
///     .panel(Panel::new("cells", [8, 8], field(1.0)))
///     .panel(Panel::new("limit", [8, 8], field(1.1)))
///     .difference("cells − limit")
///     .to_svg();
/// assert_eq!(svg.matches("data:image/png").count(), 5, "three fields and two colour bars");
/// ```
#[derive(Clone, Debug)]
pub struct Heatmap {
    title: String,
    name: String,
    extent: [[f64; 2]; 2],
    axes: [String; 2],
    scale: Scale,
    panels: Vec<Panel>,
    difference: Option<String>,
}

impl Heatmap {
    /// No panels yet, on the unit square; `name` is what the colours measure.
    pub fn new(title: &str, name: &str) -> Self {
        let (title, name, axes) = (title.to_owned(), name.to_owned(), Default::default());
        let (extent, scale) = ([[0.0, 1.0]; 2], Scale::Linear);
        Self { title, name, extent, axes, scale, panels: Vec::new(), difference: None }
    }

    /// The ranges of x and y that the cells fill.
    pub fn extent(self, x: [f64; 2], y: [f64; 2]) -> Self {
        Self { extent: [x, y], ..self }
    }

    /// Names of the axes.
    pub fn axes(self, x: &str, y: &str) -> Self {
        Self { axes: [x.to_owned(), y.to_owned()], ..self }
    }

    /// How values are spread along the colours. A logarithmic scale shows at most six decades.
    pub fn scale(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// Adds a field; all share one range of colours.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Adds the first field less the second, if they have as many cells, in its own colours around 0.
    pub fn difference(self, title: &str) -> Self {
        Self { difference: Some(title.to_owned()), ..self }
    }

    /// The picture.
    pub fn to_svg(&self) -> String {
        let mut panels: Vec<(Panel, Colours)> = Vec::new();
        let shared = Colours::new(self.shared_axis(), sequential);
        panels.extend(self.panels.iter().map(|p| (p.clone(), shared.clone())));
        panels.extend(self.differing().map(|p| (p.clone(), signed_colours(&p))));
        let axes = self.extent.map(|e| Axis::fit(Scale::Linear, e, 0.0));
        let (left, size) = (label_room(&axes[1]), self.panel_size(panels.len()));
        let step = size[0] + GAP;
        let mut svg = Svg::new((left + panels.len() as f64 * step).max(360.0));
        let titled = draw_title(&mut svg, &self.title, 8.0);
        if panels.is_empty() {
            let end = draw_lines(&mut svg, [EDGE, titled], 300.0, "No data.");
            return svg.finish(end + 8.0, &self.title);
        }
        let top = titled + self.heading_height(size[0]);
        let frame = |k: usize| Frame::new(axes[0], axes[1], [left + k as f64 * step, top], size);
        let mut bottom = top;
        for (k, (panel, colours)) in panels.iter().enumerate() {
            bottom = self.draw_panel(&mut svg, &frame(k), panel, colours, k == 0);
        }
        let end = self.draw_colour_bars(&mut svg, [left, bottom + 8.0], size[0], &panels);
        svg.finish(end + 8.0, &self.title)
    }

    /// One bar under the panels that share it, one under the difference; returns where they end.
    fn draw_colour_bars(
        &self,
        svg: &mut Svg,
        corner: Pixel,
        width: f64,
        panels: &[(Panel, Colours)],
    ) -> f64 {
        let ([left, top], step, sharing) = (corner, width + GAP, self.panels.len());
        let room = (sharing as f64 * step - GAP).min(2.0 * step - GAP);
        let mut end = draw_colour_bar(svg, corner, room, &panels[0].1, &self.name);
        if let Some((_, own)) = panels.get(sharing) {
            let corner = [left + sharing as f64 * step, top];
            end = end.max(draw_colour_bar(svg, corner, width, own, &self.name));
        }
        end
    }

    /// The difference panel, if one is wanted and there is one.
    fn differing(&self) -> Option<Panel> {
        match (&self.difference, &self.panels[..]) {
            (Some(title), [a, b, ..]) => a.minus(b, title),
            _ => None,
        }
    }

    /// The range that holds every finite value of every panel.
    fn shared_axis(&self) -> Axis {
        let values = || self.panels.iter().flat_map(|p| &p.values).copied();
        let finite = values().filter(|v| v.is_finite());
        let floor = match self.scale {
            Scale::Linear => f64::NEG_INFINITY,
            Scale::Log => 1e-6 * finite.clone().fold(0.0, f64::max),
        };
        Axis::fit(self.scale, finite.filter(|v| *v >= floor), 0.0)
    }

    fn panel_size(&self, count: usize) -> Pixel {
        let width = [420.0, 420.0, 330.0, 290.0][count.min(3)];
        let [x, y] = self.extent.map(|e| (e[1] - e[0]).abs());
        let ratio = if x > 0.0 && (y / x).is_finite() { y / x } else { 1.0 };
        [width, width * ratio.clamp(0.2, 1.8)]
    }

    /// Room above the panels for their titles and the name of the y axis.
    fn heading_height(&self, room: f64) -> f64 {
        let titles = self.panels.iter().map(|p| &p.title).chain(&self.difference);
        let most = titles.map(|t| words::wrap(t, TEXT, room).len()).max().unwrap_or(0);
        LEADING * most as f64 + self.name_height() + 6.0
    }

    /// Room for the name of the y axis.
    fn name_height(&self) -> f64 {
        if self.axes[1].is_empty() { 0.0 } else { LEADING + 4.0 }
    }

    fn draw_panel(
        &self,
        svg: &mut Svg,
        frame: &Frame,
        panel: &Panel,
        colours: &Colours,
        first: bool,
    ) -> f64 {
        let ([left, top], size) = (frame.corner(), frame.size());
        let lines = words::wrap(&panel.title, TEXT, size[0]).len() as f64;
        let above = LEADING * lines + self.name_height() + 4.0;
        draw_lines(svg, [left, top - above], size[0], &panel.title);
        if panel.is_empty() {
            svg.text([left + 0.5 * size[0], top + 0.5 * size[1]], TEXT, Anchor::Middle, "no data");
        } else {
            svg.image([left, top], size, &panel.image(colours));
        }
        frame.draw_border(svg);
        frame.draw_x_ticks(svg);
        if first {
            frame.draw_y_ticks(svg);
            svg.text([EDGE, top - 10.0], TEXT, Anchor::Start, &self.axes[1]);
        }
        frame.draw_x_name(svg, &self.axes[0])
    }
}

/// A bar of colours with ticks and, below, what they measure; returns where it ends.
fn draw_colour_bar(svg: &mut Svg, corner: Pixel, width: f64, colours: &Colours, name: &str) -> f64 {
    let size = [width, 12.0];
    let none = Axis::fit(Scale::Linear, [], 0.0);
    let frame = Frame::new(colours.axis, none, corner, size);
    let levels: Vec<u8> = (0..LEVELS as u8).collect();
    svg.image(corner, size, &data_uri(&indexed(LEVELS, 1, &levels, &colours.table)));
    frame.draw_border(svg);
    frame.draw_x_ticks(svg);
    frame.draw_x_name(svg, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::markup;
    use proptest::prelude::*;

    fn pair(a: Vec<f64>, b: Vec<f64>) -> Heatmap {
        let map = Heatmap::new("t", "density").axes("x", "y").difference("a − b");
        map.panel(Panel::new("a", [2, 2], a)).panel(Panel::new("b", [2, 2], b))
    }

    #[test]
    fn panels_share_their_range() {
        let map = pair(vec![0.0, 1.0, 2.0, 3.0], vec![1.0, 5.0, f64::NAN, 2.0]);
        assert_eq!(map.shared_axis().range(), [0.0, 5.0]);
        let colours = Colours::new(map.shared_axis(), sequential);
        let levels = [0.0, 2.5, 5.0, 9.0, f64::NAN].map(|v| colours.level(v));
        assert_eq!(levels, [0, 127, 254, 254, 255]);
    }

    #[test]
    fn a_log_range_ends_six_decades_down() {
        let map = pair(vec![0.0, 1e-30, 1.0, 100.0], vec![1.0; 4]).scale(Scale::Log);
        let [low, high] = map.shared_axis().range();
        assert!(low >= 1e-4 && (high - 100.0).abs() < 1e-9, "{low:e} {high:e}");
        assert_eq!(Colours::new(map.shared_axis(), sequential).level(0.0), 0);
    }

    proptest! {
        #[test]
        fn hostile_fields_leave_a_well_formed_picture(
            values in prop::collection::vec(any::<f64>(), 0..6), nx in 0usize..4, ny in 0usize..4,
            extent: [f64; 4], log: bool,
        ) {
            let scale = if log { Scale::Log } else { Scale::Linear };
            let map = pair(values.clone(), vec![f64::INFINITY, 0.0, -1.0, f64::NAN]).scale(scale)
                .panel(Panel::new("<c>", [nx, ny], values))
                .extent([extent[0], extent[1]], [extent[2], extent[3]]);
            for map in [map, Heatmap::new("empty", "")] {
                let svg = map.to_svg();
                prop_assert_eq!(markup::check(&svg), Ok(()));
                // Images aside: base64 may spell anything.
                let drawn: String = svg.lines().filter(|l| !l.starts_with("<image")).collect();
                prop_assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
            }
        }
    }
}
