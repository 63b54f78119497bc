//! A small SVG canvas: shapes are written as they come, the height is fixed last.

use super::colour::{INK, PAPER};
use super::words::escape;
use std::fmt::Write;

/// A place or an extent in pixels, y downwards.
pub type Pixel = [f64; 2];

/// Which part of a text lies at the given place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Stroke<'a> {
    /// Colour.
    pub colour: &'a str,
    /// Width in pixels.
    pub width: f64,
    /// Dash pattern; empty for a solid line.
    pub dash: &'a str,
}

impl<'a> Stroke<'a> {
    /// A solid line.
    pub fn solid(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dash: "" }
    }

    /// A dashed line.
    pub fn dashed(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dash: "6 4" }
    }

    fn attributes(&self) -> String {
        let dash = match self.dash {
            "" => String::new(),
            dash => format!(" stroke-dasharray=\"{dash}\""),
        };
        format!("stroke=\"{}\" stroke-width=\"{}\"{dash}", self.colour, pixels(self.width))
    }
}

/// A picture under construction.
#[derive(Clone, Debug)]
pub struct Svg {
    width: f64,
    body: String,
}

impl Svg {
    /// An empty picture, `width` pixels wide.
    pub fn new(width: f64) -> Self {
        Self { width, body: String::new() }
    }

    /// Width in pixels.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// A straight line.
    pub fn line(&mut self, from: Pixel, to: Pixel, stroke: Stroke) {
        let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(pixels);
        let look = stroke.attributes();
        self.push(&format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {look}/>"));
    }

    /// An open chain of lines; fewer than two points draw nothing.
    pub fn polyline(&mut self, points: &[Pixel], stroke: Stroke) {
        if points.len() > 1 {
            let (list, look) = (list(points), stroke.attributes());
            let join = "fill=\"none\" stroke-linejoin=\"round\"";
            self.push(&format!("<polyline points=\"{list}\" {join} {look}/>"));
        }
    }

    /// A closed shape.
    pub fn polygon(&mut self, points: &[Pixel], fill: &str, opacity: f64, stroke: Stroke) {
        let (list, look, opacity) = (list(points), stroke.attributes(), pixels(opacity));
        let fill = format!("fill=\"{fill}\" fill-opacity=\"{opacity}\"");
        self.push(&format!("<polygon points=\"{list}\" {fill} {look}/>"));
    }

    /// A filled rectangle.
    pub fn rect(&mut self, corner: Pixel, size: Pixel, fill: &str, stroke: Stroke) {
        let place = placed(corner, size);
        self.push(&format!("<rect {place} fill=\"{fill}\" {}/>", stroke.attributes()));
    }

    /// A filled circle.
    pub fn circle(&mut self, centre: Pixel, radius: f64, fill: &str, stroke: Stroke) {
        let [x, y, r] = [centre[0], centre[1], radius].map(pixels);
        let look = stroke.attributes();
        self.push(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{fill}\" {look}/>"));
    }

    /// Text with its baseline at `at`.
    pub fn text(&mut self, at: Pixel, size: f64, anchor: Anchor, text: &str) {
        self.styled_text(at, size, anchor, text, "");
    }

    /// Bold text with its baseline at `at`.
    pub fn bold(&mut self, at: Pixel, size: f64, anchor: Anchor, text: &str) {
        self.styled_text(at, size, anchor, text, " font-weight=\"600\"");
    }

    fn styled_text(&mut self, at: Pixel, size: f64, anchor: Anchor, text: &str, style: &str) {
        let [x, y, size] = [at[0], at[1], size].map(pixels);
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        let place = format!("x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\"");
        self.push(&format!("<text {place}{style}>{text}</text>"));
    }

    /// An image, stretched to `size`, its pixels kept sharp.
    pub fn image(&mut self, corner: Pixel, size: Pixel, data_uri: &str) {
        let place = placed(corner, size);
        let look = "preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\"";
        self.push(&format!("<image {place} {look} href=\"{data_uri}\"/>"));
    }

    /// Runs `draw`, showing only what falls inside the rectangle.
    pub fn clipped(&mut self, corner: Pixel, size: Pixel, draw: impl FnOnce(&mut Self)) {
        let [x, y, w, h] = [corner[0], corner[1], size[0], size[1]].map(pixels);
        let place = placed(corner, size);
        self.push(&format!("<svg {place} viewBox=\"{x} {y} {w} {h}\" overflow=\"hidden\">"));
        draw(self);
        self.push("</svg>");
    }

    /// Runs `draw` for what is seen at one of several times, which `text` says in words. It is `seen`, or waits for a
    /// script.
    pub fn scene(&mut self, time: &str, text: &str, seen: bool, draw: impl FnOnce(&mut Self)) {
        let (time, text) = (escape(time), escape(text));
        let display = if seen { "inline" } else { "none" };
        let data = format!("data-time=\"{time}\" data-text=\"{text}\"");
        self.push(&format!("<g class=\"scene\" {data} display=\"{display}\">"));
        draw(self);
        self.push("</g>");
    }

    /// The finished picture, `height` pixels high, and `text`, what it shows with its numbers, for those who cannot see
    /// it.
    pub fn finish(self, height: f64, title: &str, text: &str) -> String {
        let (w, h) = (pixels(self.width), pixels(height));
        let [title, text] = [title, text].map(escape);
        let root = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
             height=\"{h}\" role=\"img\" aria-label=\"{text}\" fill=\"{INK}\" \
             font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">"
        );
        let paper = format!("<rect width=\"{w}\" height=\"{h}\" fill=\"{PAPER}\"/>");
        format!("{root}\n<title>{title}</title>\n{paper}\n{}</svg>\n", self.body)
    }

    fn push(&mut self, element: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "{element}");
    }
}

/// A coordinate to a hundredth of a pixel, bounded, 0 when it is not a number.
fn pixels(value: f64) -> String {
    let value = if value.is_nan() { 0.0 } else { value.clamp(-1e6, 1e6) };
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn placed(corner: Pixel, size: Pixel) -> String {
    let [x, y] = corner.map(pixels);
    let [w, h] = size.map(|s| pixels(s.max(0.0)));
    format!("x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"")
}

fn list(points: &[Pixel]) -> String {
    let pairs: Vec<_> =
        points.iter().map(|p| format!("{},{}", pixels(p[0]), pixels(p[1]))).collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::markup;

    #[test]
    fn coordinates_are_short_and_finite() {
        let values = [1.0, 1.005, -0.001, 33.333333, f64::NAN, f64::INFINITY, -1e300];
        let texts = values.map(pixels);
        assert_eq!(texts, ["1", "1", "0", "33.33", "0", "1000000", "-1000000"]);
    }

    #[test]
    fn every_shape_is_well_formed_under_hostile_input() {
        let (bad, stroke) = ([f64::NAN, f64::INFINITY], Stroke::dashed("#000000", f64::NAN));
        let mut svg = Svg::new(100.0);
        svg.clipped(bad, bad, |svg| {
            svg.line(bad, bad, stroke);
            svg.polyline(&[bad, bad], stroke);
            svg.polygon(&[bad], "none", f64::NAN, stroke);
            svg.rect(bad, [-1.0, -1.0], "none", stroke);
            svg.circle(bad, f64::NAN, "none", stroke);
            svg.text(bad, f64::NAN, Anchor::End, "<b> & \"c\"");
            svg.image(bad, bad, "data:,");
            svg.scene("<", "\"", false, |svg| svg.line(bad, bad, stroke));
        });
        let out = svg.finish(f64::NAN, "</svg>", "<\">");
        markup::check(&out).unwrap();
        assert!(!out.contains("NaN") && !out.contains("inf"), "{out}");
        assert!(!out.contains("width=\"-"));
        assert!(out.contains("&lt;b&gt; &amp; &quot;c&quot;"));
    }
}
