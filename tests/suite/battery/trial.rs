//! One experiment of the battery: its file, and the cells at its end.

use super::{Combination, words};
use crate::laboratory::kernels::{Family, GIVEN, Lambda, Memory, Spec};
use crate::laboratory::sets::Set;
use kinetaxis::device::Device;
use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use kinetaxis::vector::Vector;
use std::sync::atomic::AtomicBool;

/// How the kernel stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Alone.
    Alone,
    /// As the sum of two terms, each half of it: the same T.
    Halves,
    /// In a population beside another one, which nothing couples to it.
    Beside,
}

/// All of them.
pub const FORMS: [Form; 3] = [Form::Alone, Form::Halves, Form::Beside];

/// The box, its signal and where cells start, all in the file's own language.
#[derive(Clone, Debug)]
pub struct Place {
    /// Lower and upper corner.
    pub corners: [Vec<f64>; 2],
    /// Grid cells along each axis.
    pub grid: Vec<usize>,
    /// Lines of `[signal]`.
    pub signal: Vec<String>,
    /// The point where cells start; uniform in the box without one.
    pub start: Option<Vec<f64>>,
}

/// One experiment.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What is looked at.
    pub one: Combination,
    /// ε.
    pub epsilon: f64,
    /// t.
    pub time: f64,
    /// Number of cells.
    pub cells: usize,
    /// Seed.
    pub seed: u64,
    /// Where.
    pub place: Place,
}

/// Cells at the end: positions and velocities.
pub type Ended<const D: usize> = Vec<(Vector<D>, Vector<D>)>;

impl Trial {
    fn name<const D: usize>(&self) -> String {
        let Combination { case: (set, spec), form, motion, boundary, .. } = self.one;
        format!("d={D} {} {spec:?} {form:?} {motion} {boundary}", set.name)
    }

    /// The experiment file.
    fn text<const D: usize>(&self) -> String {
        let Self { epsilon, time, place, .. } = self;
        let Combination { motion, boundary, case: (set, spec), other: (beside, other), .. } =
            self.one;
        // Experiments share no stream.
        let seed = 10_000 * self.seed + self.one.number as u64;
        let mut lines = vec![
            format!("dimension = {D}"),
            format!("epsilon = {epsilon}"),
            format!("seed = {seed}"),
            format!("motion = \"{motion}\""),
            format!("domain.lower = {:?}", place.corners[0]),
            format!("domain.upper = {:?}", place.corners[1]),
            format!("domain.grid = {:?}", place.grid),
            format!("domain.boundary = \"{boundary}\""),
            format!("time.end = {time}"),
            format!("time.step = {}", time / 2.0),
        ];
        // Some tumbles are expected in each hybrid step.
        if !words::is_exact(motion).unwrap() {
            lines.push(format!("time.motion_step = {}", time / 4.0));
        }
        if motion == "auto" {
            lines.push("motion_bias = 0.05".into());
        }
        // Each law is judged in f64 and in f32; a graphics processor has its own bits.
        if self.one.number % 3 == 1 && matches!(self.one.device, Device::Cpu) {
            lines.push("motion_precision = \"f32\"".into());
        }
        lines.extend(place.signal.iter().map(|line| format!("signal.{line}")));
        match self.one.form {
            Form::Alone => lines.extend(self.population::<D>("", set, &[spec], 1.0)),
            Form::Halves => lines.extend(self.population::<D>("", set, &[spec, spec], 0.5)),
            Form::Beside => {
                let looked_at = self.population::<D>("populations.looked_at.", set, &[spec], 1.0);
                let other = self.population::<D>("populations.beside.", beside, &[other], 1.0);
                lines.extend(other.into_iter().chain(looked_at));
            }
        }
        lines.join("\n") + "\n"
    }

    /// Lines of a population whose kernel is the sum of `terms`, each times `share`.
    fn population<const D: usize>(
        &self,
        prefix: &str,
        set: Set,
        terms: &[Spec],
        share: f64,
    ) -> Vec<String> {
        let mut lines = vec![format!("cells.count = {}", self.cells)];
        match &self.place.start {
            None => lines.push("cells.stratified = false".into()),
            Some(at) => lines.extend([
                "cells.density.shape = \"point\"".into(),
                format!("cells.density.center = {at:?}"),
            ]),
        }
        lines.extend(velocity(&set));
        for (k, spec) in terms.iter().enumerate() {
            let section = if k == 0 { "kernel".into() } else { format!("terms.number{k}") };
            lines.extend(kernel::<D>(&set, spec, share).iter().map(|l| format!("{section}.{l}")));
        }
        lines.iter().map(|line| format!("{prefix}{line}")).collect()
    }

    /// Reads the file and builds the model.
    pub fn ready<const D: usize>(&self) -> Ready<D> {
        let (name, text) = (self.name::<D>(), self.text::<D>());
        let fail = |why: String| -> ! { panic!("{name}: {why}\n{text}") };
        let read = read(&text, "battery.toml", &[]);
        let e = read.unwrap_or_else(|why| fail(why.to_string())).experiment;
        let model = Model::<D>::new(&e).unwrap_or_else(|why| fail(why.to_string()));
        let model = model.aboard(self.one.device, &e).unwrap_or_else(|why| fail(why.to_string()));
        let number = e.populations.iter().position(|p| p.name != "beside").unwrap();
        Ready { name, text, model, number }
    }
}

/// An experiment ready to run.
pub struct Ready<const D: usize> {
    /// For messages.
    pub name: String,
    text: String,
    model: Model<D>,
    number: usize,
}

impl<const D: usize> Ready<D> {
    /// Runs a replicate: the cells of the population that is looked at.
    pub fn run(&self, replicate: u64) -> Ended<D> {
        let fail = |why: String| -> ! { panic!("{}: {why}\n{}", self.name, self.text) };
        let simulation = Simulation::new(&self.model, replicate);
        let mut simulation = simulation.unwrap_or_else(|e| fail(e.to_string()));
        let run = simulation.run(&AtomicBool::new(false), &|_| {}, |_| {});
        run.unwrap_or_else(|why| fail(why.to_string()));
        let cells = &simulation.state().populations[self.number].cells;
        let mut velocities = cells.velocities.to_vec();
        // As a field step takes those that are kept in f32.
        self.model.populations[self.number].space.project(&mut velocities);
        cells.positions.iter().zip(velocities).collect()
    }
}

/// Lines of `[velocity]`.
fn velocity(set: &Set) -> Vec<String> {
    let word = match (set.is_sphere(), set.inner) {
        (true, _) => "sphere",
        (_, 0.0) => "ball",
        _ => "shell",
    };
    let mut lines =
        vec![format!("velocity.set = \"{word}\""), format!("velocity.speed = {}", set.outer)];
    if word == "shell" {
        lines.push(format!("velocity.inner_speed = {}", set.inner));
    }
    if let Some((text, _)) = set.profile {
        lines.push(format!("velocity.equilibrium = \"{text}\""));
    }
    lines
}

/// Lines of `[kernel]` for T times `share`, as the equations of [`Spec`] say.
fn kernel<const D: usize>(set: &Set, spec: &Spec, share: f64) -> Vec<String> {
    let (mu, d) = (set.measure::<D>(), D as f64);
    let model = |word: &str| format!("model = \"{word}\"");
    match *spec {
        Spec::Local { lambda: Lambda::Constant, a_mu, b_mu } => vec![
            model("local"),
            format!("lambda = {}", 1.3 * share),
            format!("a = {}", a_mu / mu * share),
            format!("b = {}", b_mu / mu * share),
        ],
        Spec::NonLocal { plus, minus, psi } => {
            let of_word = |word: &str, c1: f64| {
                let (c1, c2) = (c1 / mu * share, 1.1 / mu * share);
                vec![format!("psi = \"{word}\""), format!("c1 = {c1}"), format!("c2 = {c2}")]
            };
            let mut lines = match psi {
                Family::Saturating => of_word("saturating", 1.0),
                Family::Linear => of_word("linear", 0.8),
                Family::Exponential => of_word("exponential", 0.9),
                Family::Separable => vec![
                    "psi = \"separable\"".into(),
                    format!("diffusivity = {}", set.speed_moment::<D>(2) / (1.2 * d * share)),
                    "sensitivity = 0.4".into(),
                ],
                Family::Expression => vec![
                    "psi = \"expression\"".into(),
                    format!("expression = \"{share}*(1.2 + tanh(R - S))/{mu}\""),
                ],
                other => panic!("{other:?} depends on the value of S"),
            };
            lines.extend([model("nonlocal"), format!("alpha_plus = {plus}")]);
            lines.push(format!("alpha_minus = {minus}"));
            lines
        }
        Spec::Isotropic(memory) => {
            let mut lines = match memory {
                Memory::Poisson => vec!["mean_cosine = 0.4".into()],
                Memory::PoissonBack => vec!["mean_cosine = -0.4".into()],
                Memory::VonMisesFisher => {
                    vec!["scattering = \"von-mises-fisher\"".into(), "concentration = 0.8".into()]
                }
                Memory::Given => {
                    vec!["scattering = \"expression\"".into(), format!("leading = \"{GIVEN}\"")]
                }
            };
            lines.extend([
                model("isotropic"),
                format!("lambda = {}", 1.3 * share),
                format!("a = {}", 0.5 / mu * share),
                format!("b = {}", 0.4 / mu * share),
            ]);
            lines
        }
        Spec::Typed(text) => {
            vec![model("expression"), format!("turning = \"{share}*{}\"", text.text())]
        }
        other => panic!("{other:?} is not in the battery"),
    }
}
