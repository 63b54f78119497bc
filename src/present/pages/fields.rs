//! Fields at the output times: curves in 1D, maps in 2D, maps of the middle slice in 3D.

use super::labels::{Quantity, axis_label, time_label};
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::report::{Heatmap, Panel, Picture, Plot, Scale, Series, compact};
use std::borrow::Cow;

/// Most nodes along an axis of a map; a larger field is thinned.
pub const LARGEST_PANEL: usize = 256;
/// Most values of one field in a picture, at all times together: a curve takes some 15 bytes of the page for each, a map one.
const MOST: [usize; 2] = [1 << 15, 1 << 20];
/// Nodes along an axis that are left however many times there are.
const LEAST: usize = 32;

/// A field at one time.
pub struct Field<'a> {
    /// Whose it is.
    pub name: &'a str,
    /// By node.
    pub values: Cow<'a, [f64]>,
    /// The interval that holds each; it is seen in 1D.
    pub interval: Option<Vec<[f64; 2]>>,
}

impl<'a> Field<'a> {
    /// Without intervals.
    pub fn plain(name: &'a str, values: impl Into<Cow<'a, [f64]>>) -> Self {
        Self { name, values: values.into(), interval: None }
    }
}

/// What is drawn: fields beside each other, by time.
pub struct Course<'a> {
    /// The heading.
    pub title: String,
    /// What they measure.
    pub quantity: Quantity<'a>,
    /// (t, the fields).
    pub scenes: Vec<(f64, Vec<Field<'a>>)>,
}

impl Course<'_> {
    /// The picture.
    pub fn picture<const D: usize>(&self, e: &Experiment, grid: &Grid<D>) -> Picture {
        if D == 1 { self.curves(e, grid) } else { self.maps(e, grid) }
    }

    /// `what` it shows, and when.
    pub fn caption(&self, what: &str) -> String {
        match &self.scenes[..] {
            [(first, _), .., (last, _)] => format!(
                "{what} at {} times from t = {} to t = {}.",
                self.scenes.len(),
                compact(*first),
                compact(*last)
            ),
            scenes => scenes.iter().map(|(t, _)| at(*t, what)).collect(),
        }
    }

    /// Every how many-th node is drawn.
    fn step(&self, sizes: &[usize]) -> usize {
        let longest = sizes.iter().copied().max().unwrap_or(1);
        let (most, times) = (MOST[sizes.len() - 1], self.scenes.len());
        let enough = |step: &usize| {
            let drawn: usize = sizes.iter().map(|n| n.div_ceil(*step)).product();
            let fits = longest.div_ceil(*step) <= LARGEST_PANEL || sizes.len() == 1;
            fits && drawn * times <= most || longest.div_ceil(step + 1) < LEAST
        };
        (1..).find(enough).expect("in the end none would be left")
    }

    fn curves<const D: usize>(&self, e: &Experiment, grid: &Grid<D>) -> Picture {
        let step = self.step(&[grid.window()[0].len()]);
        let names = [Quantity::Place(0), self.quantity].map(|of| axis_label(of, e));
        let mut plot =
            Plot::new(&self.title).x(&names[0], Scale::Linear).y(&names[1], Scale::Linear);
        for (time, fields) in &self.scenes {
            plot = plot.at(&time_label(*time, e));
            for field in fields {
                let nodes = grid.window_nodes().step_by(step);
                let point = |series: Series, (i, x): (usize, [f64; D])| match &field.interval {
                    Some(ends) => series.interval(x[0], field.values[i], ends[i][0], ends[i][1]),
                    None => series.point(x[0], field.values[i]),
                };
                let empty = match field.interval {
                    Some(_) => Series::band(field.name),
                    None => Series::line(field.name),
                };
                plot = plot.series(nodes.fold(empty, point));
            }
        }
        plot.picture()
    }

    fn maps<const D: usize>(&self, e: &Experiment, grid: &Grid<D>) -> Picture {
        let (window, spacing) = (grid.window(), grid.spacing());
        let ranges = [window[0].clone(), window[1].clone()];
        let step = self.step(&ranges.each_ref().map(ExactSizeIterator::len));
        let shown = |a: usize| ranges[a].clone().step_by(step);
        // A node is in the middle of what is drawn of it.
        let extent = [0, 1].map(|a| {
            let (h, range) = (spacing[a], &ranges[a]);
            let first = grid.lower[a] + (range.start as f64 + grid.offset(a) - 0.5) * h;
            [first, first + (shown(a).len() * step) as f64 * h]
        });
        let depth = if D == 3 { grid.cells[2] } else { 1 };
        let at = |i: usize, j: usize| (i * grid.cells[1] + j) * depth + depth / 2;
        let places: Vec<usize> = shown(0).flat_map(|i| shown(1).map(move |j| at(i, j))).collect();
        let middle = if D == 3 { ", middle slice in z" } else { "" };
        let names = [0, 1].map(|axis| axis_label(Quantity::Place(axis), e));
        let title = format!("{}{middle}", self.title);
        let mut map = Heatmap::new(&title, &axis_label(self.quantity, e))
            .extent(extent[0], extent[1])
            .axes(&names[0], &names[1]);
        for (time, fields) in &self.scenes {
            map = map.at(&time_label(*time, e));
            for field in fields {
                let values = places.iter().map(|at| field.values[*at]).collect();
                map = map.panel(Panel::new(field.name, [shown(0).len(), shown(1).len()], values));
            }
        }
        if self.scenes.iter().any(|(_, fields)| fields.len() > 1) {
            map = map.difference("difference");
        }
        map.picture()
    }
}

/// "Density at t = 1."
pub fn at(time: f64, what: &str) -> String {
    format!("{what} at t = {}.", compact(time))
}
