//! Fields on a rectangle, side by side in the same colours, and how they differ.

use super::axis::{Axis, Scale};
use super::colour::sequential;
use super::frame::{EDGE, Frame, TEXT, draw_lines, draw_title, label_room};
use super::panel::{Colours, LEVELS, Panel, signed_colours};
use super::picture::Picture;
use super::png::{data_uri, indexed};
use super::scenes::Scenes;
use super::svg::{Anchor, Pixel, Svg};

/// Width of a field.
const WIDTH: f64 = 300.0;

/// A row of panels under construction.
///
/// ```
/// use kinetaxis::report::{Heatmap, Page, Panel};
/// let field = |shift: f64| (0..64).map(|k| (k / 8) as f64 + shift * (k % 8) as f64).collect();
/// let map = Heatmap::new("Density beside its limit", "cells per unit area")
///     .extent([0.0, 1.0], [0.0, 1.0])
///     .axes("x", "y")
///     .panel(Panel::new("cells", [8, 8], field(1.0)))
///     .panel(Panel::new("limit", [8, 8], field(1.1)))
///     .difference("cells − limit");
/// let page = Page::new("Map").figure(&map.picture(), "Both.").to_html();
/// assert_eq!(page.matches("data:image/png").count(), 6, "three fields, each with its bar of colours");
/// ```
#[derive(Clone, Debug)]
pub struct Heatmap {
    title: String,
    name: String,
    extent: [[f64; 2]; 2],
    axes: [String; 2],
    scale: Scale,
    scenes: Scenes<Panel>,
    difference: Option<String>,
}

impl Heatmap {
    /// No panels yet, on the unit square; `name` is what the colours measure.
    pub fn new(title: &str, name: &str) -> Self {
        let (title, name, axes) = (title.to_owned(), name.to_owned(), Default::default());
        let (extent, scale) = ([[0.0, 1.0]; 2], Scale::Linear);
        Self { title, name, extent, axes, scale, scenes: Scenes::new(), difference: None }
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

    /// Begins what is shown at `time`: as many fields as at any other.
    pub fn at(mut self, time: &str) -> Self {
        self.scenes.at(time);
        self
    }

    /// Adds a field; all share one range of colours, at all times.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.scenes.push(panel);
        self
    }

    /// Adds the first field less the second, if they have as many cells, in its own colours around 0.
    pub fn difference(self, title: &str) -> Self {
        Self { difference: Some(title.to_owned()), ..self }
    }

    /// What a page shows.
    pub fn picture(&self) -> Picture {
        Picture { images: self.images(), times: self.scenes.times() }
    }

    /// One image for each field, and one for the difference.
    fn images(&self) -> Vec<String> {
        let shared = Colours::new(self.shared_axis(), sequential);
        let count = self.scenes.all().iter().map(|scene| scene.shown.len()).min().unwrap_or(0);
        let mut images: Vec<String> = (0..count)
            .map(|k| self.image(&self.course(|all| all.get(k).cloned()), &shared))
            .collect();
        let difference = self.difference.as_ref().map(|title| {
            self.course(|all| match all {
                [a, b, ..] => a.minus(b, title),
                _ => None,
            })
        });
        if let Some(course) = difference.filter(|course| course.shown().next().is_some()) {
            images.push(self.image(&course, &signed_colours(course.shown())));
        }
        if images.is_empty() {
            images.push(self.image(&Scenes::new(), &shared));
        }
        images
    }

    /// One field at all times.
    fn course(&self, of: impl Fn(&[Panel]) -> Option<Panel>) -> Scenes<Panel> {
        let mut course = Scenes::new();
        for scene in self.scenes.all() {
            if !scene.time.is_empty() {
                course.at(&scene.time);
            }
            of(&scene.shown).into_iter().for_each(|panel| course.push(panel));
        }
        course
    }

    /// The range that holds every finite value of every panel.
    fn shared_axis(&self) -> Axis {
        let values = || self.scenes.shown().flat_map(|p| &p.values).copied();
        let finite = || values().filter(|v| v.is_finite());
        let floor = match self.scale {
            Scale::Linear => f64::NEG_INFINITY,
            Scale::Log => 1e-6 * finite().fold(0.0, f64::max),
        };
        Axis::fit(self.scale, finite().filter(|v| *v >= floor), 0.0)
    }

    fn size(&self) -> Pixel {
        let [x, y] = self.extent.map(|e| (e[1] - e[0]).abs());
        let ratio = if x > 0.0 && (y / x).is_finite() { y / x } else { 1.0 };
        [WIDTH, WIDTH * ratio.clamp(0.2, 1.8)]
    }

    /// The image of one field, with its bar of colours.
    fn image(&self, course: &Scenes<Panel>, colours: &Colours) -> String {
        let axes = self.extent.map(|e| Axis::fit(Scale::Linear, e, 0.0));
        let ([width, height], left) = (self.size(), label_room(&axes[1]));
        let mut svg = Svg::new(left + width + 20.0);
        let own = course.last().shown.first().map_or("", |panel| &panel.title);
        let title = match own {
            "" => self.title.clone(),
            own => format!("{}: {own}", self.title),
        };
        let mut top = draw_title(&mut svg, &title, 8.0);
        if course.shown().next().is_none() {
            let end = draw_lines(&mut svg, [EDGE, top], width, "No data.");
            return svg.finish(end + 8.0, &title, &format!("{title}. No data."));
        }
        if !self.axes[1].is_empty() {
            top = draw_lines(&mut svg, [EDGE, top - 4.0], width, &self.axes[1]) + 4.0;
        }
        let frame = Frame::new(axes[0], axes[1], [left, top], [width, height]);
        let text = |time: &str, shown: &[Panel]| {
            let time = if time.is_empty() { String::new() } else { format!(", {time}") };
            let shown: Vec<String> = shown.iter().map(|panel| panel.text(self.extent)).collect();
            format!("{title}{time}. {} {}.", self.name, shown.join("; "))
        };
        course.draw(
            &mut svg,
            |scene| text(&scene.time, &scene.shown),
            |svg, scene| {
                scene.shown.iter().for_each(|panel| draw_field(svg, &frame, panel, colours))
            },
        );
        frame.draw_border(&mut svg);
        frame.draw_x_ticks(&mut svg);
        frame.draw_y_ticks(&mut svg);
        let bottom = frame.draw_x_name(&mut svg, &self.axes[0]);
        let end = draw_colour_bar(&mut svg, [left, bottom + 8.0], width, colours, &self.name);
        let last = course.last();
        svg.finish(end + 8.0, &title, &text(&last.time, &last.shown))
    }
}

fn draw_field(svg: &mut Svg, frame: &Frame, panel: &Panel, colours: &Colours) {
    let ([left, top], size) = (frame.corner(), frame.size());
    if panel.is_empty() {
        let middle = [left + 0.5 * size[0], top + 0.5 * size[1]];
        svg.text(middle, TEXT, Anchor::Middle, "no data");
    } else {
        svg.image([left, top], size, &panel.image(colours));
    }
}

/// A bar of colours with ticks and, below, what they measure; returns where it ends.
fn draw_colour_bar(svg: &mut Svg, corner: Pixel, width: f64, colours: &Colours, name: &str) -> f64 {
    let size = [width, 12.0];
    let none = Axis::fit(Scale::Linear, [], 0.0);
    let frame = Frame::new(colours.axis, none, corner, size);
    let levels: Vec<u8> = (0..LEVELS as u8).collect();
    svg.image(corner, size, &data_uri(&indexed([LEVELS, 1], &levels, &colours.table)));
    frame.draw_border(svg);
    frame.draw_x_ticks(svg);
    frame.draw_x_name(svg, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::markup;
    use crate::report::png::decoded;
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

    /// What is drawn at each time is the field of that time, in the colours of its bar, with x to the right and y up.
    #[test]
    fn every_scene_is_its_field_in_colours_that_stay() {
        let field = |t: f64| (0..6).map(|k| t + k as f64).collect::<Vec<f64>>();
        let times = [0.0, 1.0, 4.0];
        let map = times.iter().fold(Heatmap::new("t", "density"), |map, t| {
            let panel = |title, values| Panel::new(title, [3, 2], values);
            map.at(&format!("t = {t}")).panel(panel("a", field(*t))).panel(panel("b", vec![9.0; 6]))
        });
        let images = map.clone().difference("a − b").images();
        assert_eq!((images.len(), map.picture().times.len()), (3, 3));
        let uris: Vec<&str> = images[0]
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert_eq!(uris.len(), times.len() + 1);
        let ([levels, 1], bar, table) = decoded(uris[3]) else { panic!("no bar") };
        for (t, uri) in times.iter().zip(&uris) {
            let ([3, 2], pixels, colours) = decoded(uri) else { panic!("no field") };
            assert_eq!(colours, table);
            for (at, pixel) in pixels.iter().enumerate() {
                let (i, j) = (at % 3, 1 - at / 3);
                // From 0 to 9 at all times, by the place in the bar.
                let place = bar.iter().position(|level| level == pixel).unwrap();
                let value = 9.0 * place as f64 / (levels - 1) as f64;
                assert!((value - field(*t)[i * 2 + j]).abs() < 0.02, "{t} {i} {j}: {value}");
            }
        }
        assert_eq!(images[0].matches("display=\"inline\"").count(), 1);
        let last = images[0].rsplit("<g class=\"scene\"").next().unwrap();
        assert!(last.contains("t = 4") && last.contains("display=\"inline\""));
        let said = "t: a, t = 4. density from 4 at (0.167, 0.25) to 9 at (0.833, 0.75).";
        assert_eq!(images[0].matches(said).count(), 2, "on the picture and for its last scene");
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
                for svg in map.images() {
                    prop_assert_eq!(markup::check(&svg), Ok(()));
                    // Images aside: base64 may spell anything.
                    let drawn: String = svg.lines().filter(|l| !l.starts_with("<image")).collect();
                    prop_assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
                }
            }
        }
    }
}
