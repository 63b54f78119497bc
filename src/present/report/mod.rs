//! Pictures and one self-contained HTML page: plain numbers in, text out. Nothing here knows what the
//! numbers mean, writes files, or needs a font or a network to be read. A script turns the times of what moves; without it the
//! last is seen.
//!
//! ```
//! use kinetaxis::report::{Page, Plot, Scale, Series};
//! let error = Series::markers("N = 10⁶").point(0.1, 0.02).interval(0.2, 0.08, 0.07, 0.09);
//! let plot = Plot::new("Distance to the limit").x("ε", Scale::Log).y("error", Scale::Log);
//! let html = Page::new("Study").figure(&plot.series(error).picture(), "It shrinks.").to_html();
//! assert!(html.starts_with("<!DOCTYPE html>"));
//! ```

#[cfg(feature = "cli")]
pub mod animation;
pub mod axis;
pub mod bars;
#[cfg(feature = "cli")]
mod canvas;
pub mod colour;
pub mod frame;
pub mod heatmap;
pub mod html;
pub mod legend;
pub mod marks;
#[cfg(feature = "cli")]
pub mod movie;
pub mod number;
pub mod panel;
pub mod picture;
pub mod plot;
pub mod png;
mod scenes;
pub mod series;
pub mod svg;
pub mod ticks;
pub mod words;

#[cfg(test)]
mod markup;

#[cfg(feature = "cli")]
pub use animation::{Animation, Format};
pub use axis::Scale;
pub use bars::Bars;
pub use heatmap::Heatmap;
pub use html::{Page, Table};
#[cfg(feature = "cli")]
pub use movie::Movie;
pub use number::{compact, interval};
pub use panel::Panel;
pub use picture::Picture;
pub use plot::Plot;
pub use series::{Curve, Point, Series};
