//! Points with intervals, lines and fits over two axes.

use super::axis::{Axis, Scale};
use super::colour::{GREY, palette};
use super::frame::{EDGE, Frame, draw_lines, draw_title, label_room};
use super::legend::{Key, draw_legend};
use super::marks::{draw_curve, draw_point, draw_run};
use super::picture::Picture;
use super::scenes::{Scene, Scenes};
use super::series::{Curve, Point, Series};
use super::svg::Svg;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 280.0;
const MARGIN: f64 = 0.05;

/// A plot under construction.
///
/// On a logarithmic y axis a point whose interval reaches zero is not resolved: it is drawn hollow at
/// the upper end of its interval, with an arrow down. Points that cannot be drawn are counted below.
///
/// ```
/// use kinetaxis::report::{Curve, Plot, Scale, Series};
/// let error = Series::markers("weak error")
///     .interval(0.2, 4.1e-2, 3.8e-2, 4.4e-2)
///     .interval(0.1, 1.0e-2, 0.8e-2, 1.2e-2)
///     .interval(0.05, 1.0e-3, -1.0e-3, 3.0e-3)
///     .fit("1.02 ε²", Curve::Power { factor: 1.02, exponent: 2.0 });
/// let svg = Plot::new("Order in ε").x("ε", Scale::Log).y("error", Scale::Log).series(error).to_svg();
/// assert!(svg.starts_with("<svg") && svg.contains("not resolved"));
/// ```
#[derive(Clone, Debug)]
pub struct Plot {
    title: String,
    x: (String, Scale),
    y: (String, Scale),
    scenes: Scenes<Series>,
    references: Vec<(String, Curve)>,
    included: Vec<[f64; 2]>,
}

impl Plot {
    /// A plot without data, on linear axes.
    pub fn new(title: &str) -> Self {
        let axis = (String::new(), Scale::Linear);
        let (scenes, references, included) = (Scenes::new(), Vec::new(), Vec::new());
        Self { title: title.to_owned(), x: axis.clone(), y: axis, scenes, references, included }
    }

    /// Name and scale of the horizontal axis.
    pub fn x(self, name: &str, scale: Scale) -> Self {
        Self { x: (name.to_owned(), scale), ..self }
    }

    /// Name and scale of the vertical axis.
    pub fn y(self, name: &str, scale: Scale) -> Self {
        Self { y: (name.to_owned(), scale), ..self }
    }

    /// Begins what is shown at `time`. All times share their axes, and their legend is that of the last.
    pub fn at(mut self, time: &str) -> Self {
        self.scenes.at(time);
        self
    }

    /// Adds a series.
    pub fn series(mut self, series: Series) -> Self {
        self.scenes.push(series);
        self
    }

    /// Adds a grey dashed curve to compare with; it does not widen the axes.
    pub fn reference(mut self, label: &str, curve: Curve) -> Self {
        self.references.push((label.to_owned(), curve));
        self
    }

    /// Widens the axes to hold the point (x, y), drawing nothing there.
    pub fn include(mut self, x: f64, y: f64) -> Self {
        self.included.push([x, y]);
        self
    }

    /// What a page shows.
    pub fn picture(&self) -> Picture {
        Picture { images: vec![self.to_svg()], times: self.scenes.times() }
    }

    /// The picture.
    pub fn to_svg(&self) -> String {
        let mut svg = Svg::new(WIDTH);
        let mut top = draw_title(&mut svg, &self.title, 8.0);
        top = draw_legend(&mut svg, [EDGE, top], WIDTH - 2.0 * EDGE, &self.entries()) + 4.0;
        top = draw_lines(&mut svg, [EDGE, top], WIDTH - 2.0 * EDGE, &self.y.0) + 6.0;
        let frame = self.frame(top);
        frame.draw_x_grid(&mut svg);
        frame.draw_y_grid(&mut svg);
        self.draw_data(&mut svg, &frame);
        frame.draw_border(&mut svg);
        frame.draw_x_ticks(&mut svg);
        frame.draw_y_ticks(&mut svg);
        let mut bottom = frame.draw_x_name(&mut svg, &self.x.0) + 4.0;
        if let Some(note) = self.note(&frame) {
            bottom = draw_lines(&mut svg, [EDGE, bottom], WIDTH - 2.0 * EDGE, &note);
        }
        svg.finish(bottom + 8.0, &self.title, &self.text(self.scenes.last()))
    }

    /// A scene in words.
    fn text(&self, scene: &Scene<Series>) -> String {
        let series: Vec<String> = scene.shown.iter().map(Series::text).collect();
        let head = [&self.title, &scene.time].map(String::as_str).into_iter();
        let head: Vec<&str> = head.filter(|part| !part.is_empty()).collect();
        let axes = match [&self.y.0, &self.x.0].map(|name| name.is_empty()) {
            [false, false] => format!(", {} against {}", self.y.0, self.x.0),
            _ => String::new(),
        };
        format!("{}{axes}. {}.", head.join(", "), series.join("; "))
    }

    fn frame(&self, top: f64) -> Frame {
        let points = self.scenes.shown().flat_map(|s| &s.points);
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) =
            self.included.iter().map(|p| (p[0], p[1])).unzip();
        for p in points.filter(|p| self.x.1.coordinate(p.x).is_some()) {
            let held = p.ordinates(self.y.1);
            xs.extend((!held.is_empty()).then_some(p.x));
            ys.extend(held);
        }
        let (x, y) = (Axis::fit(self.x.1, xs, MARGIN), Axis::fit(self.y.1, ys, MARGIN));
        let left = label_room(&y);
        Frame::new(x, y, [left, top], [WIDTH - left - 22.0, HEIGHT])
    }

    fn entries(&self) -> Vec<(Key, String)> {
        let mut entries = Vec::new();
        for (index, s) in self.scenes.last().shown.iter().enumerate() {
            let Series { markers, line, band, .. } = *s;
            entries.push((Key::Series { index, markers, line, band }, s.label.clone()));
            let fit = s.fit.iter().map(|(label, _)| (Key::Dashed(palette(index)), label.clone()));
            entries.extend(fit);
        }
        entries.extend(self.references.iter().map(|(label, _)| (Key::Dashed(GREY), label.clone())));
        let mut marked = self.scenes.shown().filter(|s| !s.band).flat_map(|s| &s.points);
        if marked.any(|p| !p.is_resolved(self.y.1) && !p.ordinates(self.y.1).is_empty()) {
            entries.push((Key::Bound, "not resolved: upper bound".to_owned()));
        }
        entries
    }

    fn draw_data(&self, svg: &mut Svg, frame: &Frame) {
        svg.clipped(frame.corner(), frame.size(), |svg| {
            self.references.iter().for_each(|(_, curve)| draw_curve(svg, frame, curve, GREY));
        });
        self.scenes.draw(svg, |scene| self.text(scene), |svg, scene| draw_scene(svg, frame, scene));
    }

    /// How many points are not in the picture.
    fn note(&self, frame: &Frame) -> Option<String> {
        let hidden = |p: &&Point| {
            frame.x.at(p.x).is_none()
                || !p.ordinates(self.y.1).iter().any(|y| frame.y.at(*y).is_some())
        };
        match self.scenes.shown().flat_map(|s| &s.points).filter(hidden).count() {
            0 if self.scenes.shown().all(|s| s.points.is_empty()) => Some("No data.".to_owned()),
            0 => None,
            1 => Some("1 point cannot be drawn on these axes.".to_owned()),
            n => Some(format!("{n} points cannot be drawn on these axes.")),
        }
    }
}

fn draw_scene(svg: &mut Svg, frame: &Frame, scene: &Scene<Series>) {
    svg.clipped(frame.corner(), frame.size(), |svg| {
        for (i, series) in scene.shown.iter().enumerate() {
            if let Some((_, curve)) = &series.fit {
                draw_curve(svg, frame, curve, palette(i));
            }
            draw_run(svg, frame, i, series);
        }
    });
    for (i, series) in scene.shown.iter().enumerate() {
        series.points.iter().for_each(|point| draw_point(svg, frame, i, series, point));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::markup;
    use proptest::prelude::*;

    fn log_log(series: Series) -> String {
        Plot::new("t").x("ε", Scale::Log).y("error", Scale::Log).series(series).to_svg()
    }

    fn count(svg: &str, what: &str) -> usize {
        svg.matches(what).count()
    }

    #[test]
    fn what_reaches_zero_is_a_hollow_marker_with_an_arrow() {
        let svg =
            log_log(Series::markers("").interval(0.1, 1.0, 0.5, 2.0).interval(0.2, 1.0, -0.5, 2.0));
        assert_eq!(count(&svg, "<circle"), 3, "two points and one in the legend");
        assert_eq!(count(&svg, "fill=\"#ffffff\" stroke"), 2);
        assert_eq!(count(&svg, "<polyline"), 2, "two arrow heads");
        let resolved = log_log(Series::markers("").interval(0.1, 1.0, 0.5, 2.0));
        assert!(!resolved.contains("not resolved"));
    }

    #[test]
    fn points_that_cannot_be_drawn_are_counted() {
        let svg = log_log(Series::markers("a").point(0.0, 1.0).point(1.0, 0.0).point(1.0, 2.0));
        assert!(svg.contains("2 points cannot be drawn"));
        assert_eq!(count(&svg, "<circle"), 2);
        assert!(Plot::new("t").to_svg().contains("No data."));
    }

    #[test]
    fn a_power_law_is_straight_on_log_axes() {
        let curve = Curve::Power { factor: 3.0, exponent: 2.0 };
        let axis = |values| Axis::fit(Scale::Log, values, 0.0);
        let frame = Frame::new(axis([0.01, 1.0]), axis([1e-4, 10.0]), [0.0; 2], [200.0, 500.0]);
        let path: Vec<_> =
            frame.x.sample(9).map(|x| frame.place(x, curve.at(x)).unwrap()).collect();
        for pair in path.windows(2) {
            let slope = (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0]);
            assert!((slope + 2.0).abs() < 1e-9, "{slope}");
        }
    }

    #[test]
    fn labels_are_escaped() {
        let s = Series::line("<script>").points([(0.0, 1.0), (1.0, 2.0)]);
        let svg = Plot::new("a<b & \"c\"").x("<x>", Scale::Linear).series(s).to_svg();
        markup::check(&svg).unwrap();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"));
    }

    fn number() -> impl Strategy<Value = f64> {
        let odd = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324, 1.0];
        prop_oneof![any::<f64>(), prop::sample::select(odd.to_vec())]
    }

    proptest! {
        #[test]
        fn hostile_numbers_leave_a_well_formed_picture(
            points in prop::collection::vec((number(), number(), number(), number()), 0..6),
            looks in prop::array::uniform5(any::<bool>()), a in number(), b in number(),
        ) {
            let mut series = Series { markers: looks[0], line: looks[1], band: looks[2], ..Series::default() }
                .fit("fit", Curve::Affine { intercept: a, slope: b });
            for (x, y, low, high) in points {
                series = series.interval(x, y, low, high).point(x, y);
            }
            let scale = |log| if log { Scale::Log } else { Scale::Linear };
            let plot = Plot::new("t").x("x", scale(looks[3])).y("y", scale(looks[4])).series(series);
            let svg = plot.reference("r", Curve::Power { factor: a, exponent: b }).include(a, b).to_svg();
            prop_assert_eq!(markup::check(&svg), Ok(()));
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        }
    }
}
