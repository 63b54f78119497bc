//! From checked values to the typed experiment.

use super::draft::Draft;
use super::*;

/// `None` if a value is missing, which the table rules out once nothing is wrong.
pub(crate) fn build(draft: &Draft) -> Option<Experiment> {
    Some(Experiment {
        title: draft.text("title")?.into(),
        dimension: draft.dimension()?,
        epsilon: draft.float("epsilon")?,
        seed: draft.integer("seed")? as u64,
        motion: match draft.text("motion")? {
            "skip-ahead" => Method::SkipAhead,
            "hybrid" => Method::Hybrid,
            "auto" => Method::Auto,
            "exact" => Method::Exact,
            word => unknown("motion", word),
        },
        motion_bias: draft.float("motion_bias").unwrap_or(0.0),
        domain: domain(draft)?,
        populations: vec![population(draft)?],
        signals: vec![NamedSignal {
            name: "S".into(),
            producers: vec![0],
            equation: signal(draft)?,
        }],
        reactions: Vec::new(),
        time: Time {
            end: draft.float("time.end")?,
            step: draft.float("time.step")?,
            outputs: draft.floats("time.outputs")?,
            motion_step: draft.float("time.motion_step").or(draft.float("time.step"))?,
        },
        limit: Limit {
            grid: sizes(draft, "limit.grid")?,
            step: draft.float("limit.step")?,
            mobility: match draft.text("limit.mobility")? {
                "saturating" => Mobility::Saturating(draft.float("limit.saturation")?),
                "volume-filling" => Mobility::VolumeFilling(draft.float("limit.full")?),
                "linear" => Mobility::Linear,
                word => unknown("limit.mobility", word),
            },
        },
        ensemble: Ensemble {
            replicates: draft.integer("ensemble.replicates")? as usize,
            confidence: draft.float("ensemble.confidence")?,
        },
        converge: Converge {
            parameter: Parameter::from_word(draft.text("converge.in")?)?,
            epsilons: draft.floats("converge.epsilons")?,
            values: draft.floats("converge.values").unwrap_or_default(),
            replicates: draft.integer("converge.replicates")? as usize,
            cells: sizes(draft, "converge.cells")?,
            test_functions: draft.formulas("converge.test_functions")?,
            budget_replicates: draft.integer("converge.budget_replicates")? as usize,
            noise_free: draft.flag("converge.noise_free")?,
        },
        output: Output {
            cells_at: draft.floats("output.cells_at")?,
            knn: draft.integer("output.knn")? as usize,
        },
        verify: Verify {
            claims: draft.texts("verify.claims")?.iter().filter_map(|w| Claim::find(w)).collect(),
            source: draft.text("verify.source")?.into(),
            quick: draft.texts("verify.quick")?,
        },
    })
}

fn population(draft: &Draft) -> Option<Population> {
    Some(Population {
        name: "cells".into(),
        velocity: velocity(draft)?,
        kernel: kernel(draft)?,
        cells: cells(draft)?,
        deposit: Deposit {
            bandwidth: draft.float("deposit.bandwidth")?,
            order: draft.integer("deposit.order")? as usize,
        },
        q: 1,
        p: 1,
    })
}

fn sizes(draft: &Draft, path: &str) -> Option<Vec<usize>> {
    Some(draft.integers(path)?.into_iter().map(|n| n as usize).collect())
}

fn domain(draft: &Draft) -> Option<Domain> {
    let padding = super::space::padding(draft)?;
    let boundary = |(word, padding): (&String, u32)| match word.as_str() {
        "no-flux" => Boundary::NoFlux,
        "open" => Boundary::Open { padding },
        "periodic" => Boundary::Periodic,
        word => unknown("domain.boundary", word),
    };
    Some(Domain {
        lower: draft.floats("domain.lower")?,
        upper: draft.floats("domain.upper")?,
        grid: sizes(draft, "domain.grid")?,
        boundary: draft.texts("domain.boundary")?.iter().zip(padding).map(boundary).collect(),
        leak: draft.float("domain.leak").unwrap_or(1.0),
    })
}

/// V, by its word.
pub(crate) fn velocity_set(draft: &Draft) -> Option<VelocitySet> {
    Some(match draft.text("velocity.set")? {
        "sphere" => VelocitySet::Sphere,
        "ball" => VelocitySet::Ball,
        "shell" => VelocitySet::Shell,
        word => unknown("velocity.set", word),
    })
}

fn velocity(draft: &Draft) -> Option<Velocity> {
    Some(Velocity {
        set: velocity_set(draft)?,
        speed: draft.float("velocity.speed")?,
        inner_speed: draft.float("velocity.inner_speed").unwrap_or(0.0),
        equilibrium: draft.formula("velocity.equilibrium"),
    })
}

fn kernel(draft: &Draft) -> Option<Kernel> {
    let word = draft.text("kernel.model")?;
    let kind = crate::turning::KINDS.iter().find(|kind| kind.word == word)?;
    Some(Kernel {
        terms: vec![Term { model: (kind.read)(draft)?, senses: vec![(0, 1.0)] }],
        refuse_negative: draft.text("kernel.negative")? == "refuse",
        bound: draft.float("kernel.bound"),
    })
}

fn signal(draft: &Draft) -> Option<Signal> {
    let number = |name: &str| draft.float(&format!("signal.{name}"));
    Some(match draft.text("signal.equation")? {
        "none" => Signal::None,
        "prescribed" => Signal::Prescribed(draft.formula("signal.expression")?),
        "parabolic" => Signal::Parabolic {
            delta: number("delta")?,
            diffusion: number("diffusion")?,
            production: draft.quantity("signal.production")?,
            decay: draft.quantity("signal.decay")?,
            source: draft.quantity("signal.source")?,
            initial: draft.quantity("signal.initial")?,
        },
        "elliptic" => Signal::Elliptic {
            diffusion: number("diffusion")?,
            production: draft.constant("signal.production")?,
            decay: draft.constant("signal.decay")?,
        },
        word => unknown("signal.equation", word),
    })
}

fn cells(draft: &Draft) -> Option<Cells> {
    Some(Cells {
        count: draft.integer("cells.count")? as usize,
        mass: draft.float("cells.mass"),
        weight: None,
        between: None,
        density: density(draft)?,
        mean_velocity: draft.floats("cells.mean_velocity")?,
        density_grid: sizes(draft, "cells.density.grid")?,
        stratified: draft.flag("cells.stratified")?,
        antithetic: draft.flag("cells.antithetic")?,
        growth: draft.quantity("cells.growth")?,
    })
}

fn density(draft: &Draft) -> Option<Density> {
    let number = |name: &str| draft.float(&format!("cells.density.{name}"));
    let center = || draft.floats("cells.density.center");
    Some(match draft.text("cells.density.shape")? {
        "uniform" => Density::Uniform,
        "point" => Density::Point { center: center()? },
        "gaussian" => Density::Gaussian { center: center()?, width: number("width")? },
        "ball" => Density::Ball { center: center()?, radius: number("radius")? },
        "ring" => {
            Density::Ring { center: center()?, radius: number("radius")?, width: number("width")? }
        }
        "cosine" => Density::Cosine {
            amplitude: number("amplitude")?,
            mode: sizes(draft, "cells.density.mode")?,
        },
        "expression" => Density::Expression(draft.formula("cells.density.expression")?),
        word => unknown("cells.density.shape", word),
    })
}

/// The table has a word that nothing is made of. A test reads every word of the table.
pub(crate) fn unknown(path: &str, word: &str) -> ! {
    panic!("{path} = \"{word}\" is a word of the table alone")
}
