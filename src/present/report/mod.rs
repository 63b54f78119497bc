//! Pictures and one self-contained HTML page: plain numbers in, text out. Nothing here knows what the
//! numbers mean, writes files, or needs a script, a font or a network to be read.
//!
//! ```
//! use kinetaxis::report::{Page, Plot, Scale, Series};
//! let error = Series::markers("N = 10⁶").point(0.1, 0.02).interval(0.2, 0.08, 0.07, 0.09);
//! let plot = Plot::new("Distance to the limit").x("ε", Scale::Log).y("error", Scale::Log);
//! let html = Page::new("Study").figure(&plot.series(error).to_svg(), "It shrinks.").to_html();
//! assert!(html.starts_with("<!DOCTYPE html>"));
//! ```

pub mod axis;
pub mod bars;
pub mod colour;
pub mod frame;
pub mod heatmap;
pub mod html;
pub mod legend;
pub mod marks;
pub mod number;
pub mod panel;
pub mod plot;
pub mod png;
pub mod series;
pub mod svg;
pub mod ticks;
pub mod words;

#[cfg(test)]
mod markup;

pub use axis::Scale;
pub use bars::Bars;
pub use heatmap::Heatmap;
pub use html::{Page, Table};
pub use number::{compact, interval};
pub use panel::Panel;
pub use plot::Plot;
pub use series::{Curve, Point, Series};
