//! Marks for data: markers, whiskers, bounds, lines, bands and curves.

use super::axis::Scale;
use super::colour::{PAPER, palette};
use super::frame::Frame;
use super::series::{Curve, Point, Series};
use super::svg::{Pixel, Stroke, Svg};

/// A marker whose shape and colour tell the `index`-th series.
pub fn draw_marker(svg: &mut Svg, index: usize, at: Pixel, hollow: bool) {
    let colour = palette(index);
    let (fill, stroke) = (if hollow { PAPER } else { colour }, Stroke::solid(colour, 1.5));
    let shift = |d: &[Pixel]| d.iter().map(|p| [at[0] + p[0], at[1] + p[1]]).collect::<Vec<_>>();
    let shape: &[Pixel] = match index % 4 {
        0 => return svg.circle(at, 4.0, fill, stroke),
        1 => &[[-3.6, -3.6], [3.6, -3.6], [3.6, 3.6], [-3.6, 3.6]],
        2 => &[[0.0, -4.8], [4.6, 3.4], [-4.6, 3.4]],
        _ => &[[0.0, -5.0], [5.0, 0.0], [0.0, 5.0], [-5.0, 0.0]],
    };
    svg.polygon(&shift(shape), fill, 1.0, stroke);
}

/// A hollow marker at an upper bound, with an arrow towards the smaller values that it allows.
pub fn draw_bound(svg: &mut Svg, index: usize, at: Pixel) {
    let (colour, [x, y]) = (palette(index), at);
    let (stroke, tip) = (Stroke::solid(colour, 1.5), y + 18.0);
    svg.line(at, [x, tip], stroke);
    svg.polyline(&[[x - 3.5, tip - 5.0], [x, tip], [x + 3.5, tip - 5.0]], stroke);
    draw_marker(svg, index, at, true);
}

/// A dashed curve across the frame.
pub fn draw_curve(svg: &mut Svg, frame: &Frame, curve: &Curve, colour: &str) {
    let path: Vec<Pixel> =
        frame.x.sample(201).filter_map(|x| frame.place(x, curve.at(x))).collect();
    svg.polyline(&path, Stroke::dashed(colour, 1.5));
}

/// The joining line and the band of a series, in unbroken runs.
pub fn draw_run(svg: &mut Svg, frame: &Frame, index: usize, series: &Series) {
    let scale = frame.y.scale();
    let resolved = |p: &Point| p.is_resolved(scale) || series.band && frame.y.at(p.y).is_some();
    for run in series.points.split(|p| !resolved(p) || frame.x.at(p.x).is_none()) {
        if series.band {
            let end = |p: &Point, k: usize| Some([frame.x.at(p.x)?, end_of(frame, p.bounds()?[k])]);
            let upper = run.iter().filter_map(|p| end(p, 1));
            let outline: Vec<_> = upper.chain(run.iter().rev().filter_map(|p| end(p, 0))).collect();
            svg.polygon(&outline, palette(index), 0.2, Stroke::solid("none", 0.0));
        }
        if series.line {
            let path: Vec<_> = run.iter().filter_map(|p| frame.place(p.x, p.y)).collect();
            svg.polyline(&path, Stroke::solid(palette(index), 1.8));
        }
    }
}

/// A point as far as it can be drawn: marker and whisker, or the upper bound of what is not resolved.
pub fn draw_point(svg: &mut Svg, frame: &Frame, index: usize, series: &Series, point: &Point) {
    let Some(x) = frame.x.at(point.x) else { return };
    let stroke = Stroke::solid(palette(index), 1.3);
    match (point.is_resolved(frame.y.scale()), point.bounds()) {
        (true, bounds) => {
            if let Some(ends) = bounds.filter(|_| !series.band) {
                draw_whisker(svg, x, ends.map(|v| end_of(frame, v)), stroke);
            }
            if let Some(y) = frame.y.at(point.y).filter(|_| series.markers) {
                draw_marker(svg, index, [x, y], false);
            }
        }
        (false, Some([_, high])) if !series.band && frame.y.scale() == Scale::Log => {
            if let Some(y) = frame.y.at(high) {
                draw_bound(svg, index, [x, y]);
            }
        }
        _ => {}
    }
}

fn draw_whisker(svg: &mut Svg, x: f64, ends: [f64; 2], stroke: Stroke) {
    svg.line([x, ends[0]], [x, ends[1]], stroke);
    for y in ends {
        svg.line([x - 3.5, y], [x + 3.5, y], stroke);
    }
}

/// The height of one end of an interval; what lies beyond the axis stops at its edge.
fn end_of(frame: &Frame, value: f64) -> f64 {
    let [bottom, top] = frame.y.pixels();
    let beyond = if value > 0.0 && value > frame.y.range()[0] { top } else { bottom };
    frame.y.at(value).unwrap_or(beyond).clamp(top, bottom)
}
