//! From checked values to the typed experiment.

use super::draft::Draft;
use super::parts::{Drafts, Parts};
use super::*;
use crate::rng::ALONE;

/// The experiment of a file of one population and one signal; `None` if a value is missing, which the table rules
/// out once nothing is wrong.
pub(crate) fn build(draft: &Draft) -> Option<Experiment> {
    let signals =
        vec![NamedSignal { name: "S".into(), producers: vec![0], equation: signal(draft)? }];
    let terms = vec![Term { model: model(draft)?, senses: vec![(0, 1.0)] }];
    common(draft, vec![population(draft, ALONE.into(), terms)?], signals, Vec::new())
}

/// The experiment of a file of several.
pub(crate) fn build_all(parts: &Parts, drafts: &mut Drafts) -> Option<Experiment> {
    let names: Vec<String> = parts.populations.iter().map(|(name, _)| name.clone()).collect();
    let (mut populations, mut signals, mut reactions) = (Vec::new(), Vec::new(), Vec::new());
    for (name, terms) in names.iter().zip(&mut drafts.populations) {
        let mut all = Vec::new();
        for draft in terms.iter_mut() {
            let senses = reactions::senses(draft, &parts.signals);
            all.push(senses.map(|senses| Some(Term { model: model(draft)?, senses })));
        }
        let all: Option<Option<Vec<Term>>> = all.into_iter().collect();
        populations.push(all.flatten().and_then(|all| population(&terms[0], name.clone(), all)));
    }
    for (name, draft) in parts.signals.iter().zip(&mut drafts.signals) {
        let producers = reactions::producers(draft, &names, &parts.signals);
        let named = |producers| {
            Some(NamedSignal { name: name.clone(), producers, equation: signal(draft)? })
        };
        signals.push(producers.and_then(named));
    }
    for (name, draft) in parts.reactions.iter().zip(&mut drafts.reactions) {
        reactions.push(reactions::build(draft, name, &names, &parts.signals));
    }
    let populations = populations.into_iter().collect::<Option<Vec<_>>>()?;
    let signals = signals.into_iter().collect::<Option<Vec<_>>>()?;
    let reactions = reactions.into_iter().collect::<Option<Vec<_>>>()?;
    for (draft, own) in drafts.reactions.iter_mut().zip(&reactions) {
        reactions::velocities(draft, own, &populations);
    }
    let reactions = reactions.into_iter().flatten().collect();
    common(&drafts.populations[0][0], populations, signals, reactions)
}

/// What all populations share, and these.
fn common(
    draft: &Draft,
    populations: Vec<Population>,
    signals: Vec<NamedSignal>,
    reactions: Vec<Reaction>,
) -> Option<Experiment> {
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
        populations,
        signals,
        reactions,
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

fn population(draft: &Draft, name: String, terms: Vec<Term>) -> Option<Population> {
    Some(Population {
        name,
        velocity: velocity(draft)?,
        kernel: Kernel {
            terms,
            refuse_negative: draft.text("kernel.negative")? == "refuse",
            bound: draft.float("kernel.bound"),
        },
        cells: cells(draft)?,
        deposit: Deposit {
            bandwidth: draft.float("deposit.bandwidth")?,
            order: draft.integer("deposit.order")? as usize,
        },
        q: draft.integer("kernel.q")? as i32,
        p: draft.integer("kernel.p")? as i32,
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

fn model(draft: &Draft) -> Option<KernelModel> {
    let word = draft.text("kernel.model")?;
    let kind = crate::turning::KINDS.iter().find(|kind| kind.word == word)?;
    (kind.read)(draft)
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
        "density" => Signal::Density,
        word => unknown("signal.equation", word),
    })
}

fn cells(draft: &Draft) -> Option<Cells> {
    Some(Cells {
        count: draft.integer("cells.count")? as usize,
        mass: draft.float("cells.mass"),
        weight: draft.float("cells.weight").filter(|_| draft.integer("cells.count") == Some(0)),
        between: between(draft),
        density: density(draft)?,
        mean_velocity: draft.floats("cells.mean_velocity")?,
        density_grid: sizes(draft, "cells.density.grid")?,
        stratified: draft.flag("cells.stratified")?,
        antithetic: draft.flag("cells.antithetic")?,
        growth: draft.quantity("cells.growth")?,
    })
}

fn between(draft: &Draft) -> Option<[usize; 2]> {
    let (least, most) = (draft.integer("cells.least"), draft.integer("cells.most"));
    let given = least.is_some() || most.is_some();
    given.then(|| [least.unwrap_or(0) as usize, most.map_or(usize::MAX, |most| most as usize)])
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
