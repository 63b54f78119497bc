//! From checked values to the typed experiment.

use super::parts::{Drafts, Parts, SIGNAL};
use super::{
    Claim, Converge, Ensemble, Experiment, Format, Limit, Mobility, Output, Parameter, Population,
    Time, Units, Verify, reactions,
};
use crate::cells::Cells;
use crate::grid::{Boundary, Domain};
use crate::motion::Method;
use crate::reaction::ReactionSpec;
use crate::rng::ALONE;
use crate::schema::{Draft, unknown};
use crate::signal::{DepositSpec, NamedSignal, Signal};
use crate::turning::{KernelModel, KernelSpec, Term};
use crate::velocity::Velocity;

/// The experiment of a file of one population and one signal; `None` if a value is missing, which the table rules
/// out once nothing is wrong.
pub(crate) fn build(draft: &mut Draft) -> Option<Experiment> {
    let [cells, signal] = [[ALONE.to_string()], [SIGNAL.to_string()]];
    let senses = reactions::senses(draft, &signal, &cells);
    let producers = reactions::producers(draft, &cells, &signal)?;
    let equation = Signal::read(draft)?;
    let signals = vec![NamedSignal { name: SIGNAL.into(), producers, equation }];
    let terms = vec![Term { model: KernelModel::read(draft)?, senses: senses? }];
    let populations = vec![population(draft, ALONE.into(), terms)?];
    common(draft, std::slice::from_ref(draft), populations, signals, Vec::new())
}

/// The experiment of a file of several.
pub(crate) fn build_all(parts: &Parts, drafts: &mut Drafts) -> Option<Experiment> {
    let names: Vec<String> = parts.populations.iter().map(|(name, _)| name.clone()).collect();
    let (mut populations, mut signals, mut reactions) = (Vec::new(), Vec::new(), Vec::new());
    for (name, terms) in names.iter().zip(&mut drafts.populations) {
        let mut all = Vec::new();
        for draft in terms.iter_mut() {
            let senses = reactions::senses(draft, &parts.signals, &names);
            all.push(senses.map(|senses| Some(Term { model: KernelModel::read(draft)?, senses })));
        }
        let all: Option<Option<Vec<Term>>> = all.into_iter().collect();
        populations.push(all.flatten().and_then(|all| population(&terms[0], name.clone(), all)));
    }
    for (name, draft) in parts.signals.iter().zip(&mut drafts.signals) {
        let producers = reactions::producers(draft, &names, &parts.signals);
        let named = |producers| {
            Some(NamedSignal { name: name.clone(), producers, equation: Signal::read(draft)? })
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
    let reactions: Vec<ReactionSpec> = reactions.into_iter().flatten().collect();
    for (number, draft) in drafts.populations.iter_mut().enumerate() {
        reactions::pairs(&mut draft[0], number, &reactions);
    }
    common(drafts.first(), &drafts.signals, populations, signals, reactions)
}

/// What all populations share, and these; `fields` are the drafts of the signals.
fn common(
    draft: &Draft,
    fields: &[Draft],
    populations: Vec<Population>,
    signals: Vec<NamedSignal>,
    reactions: Vec<ReactionSpec>,
) -> Option<Experiment> {
    Some(Experiment {
        units: Units::read(draft),
        title: draft.text("title")?.into(),
        dimension: draft.dimension()?,
        epsilon: draft.float("epsilon")?,
        seed: draft.integer("seed")? as u64,
        motion: Method::read(draft)?,
        motion_bias: draft.float("motion_bias").unwrap_or(0.0),
        domain: domain(draft, fields)?,
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
            grid: draft.sizes("limit.grid")?,
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
            cells: draft.sizes("converge.cells")?,
            test_functions: draft.formulas("converge.test_functions")?,
            budget_replicates: draft.integer("converge.budget_replicates")? as usize,
            noise_free: draft.flag("converge.noise_free")?,
        },
        output: Output {
            formats: draft
                .texts("output.formats")?
                .iter()
                .filter_map(|w| Format::find(w))
                .collect(),
            cells_at: draft.floats("output.cells_at")?,
            knn: draft.integer("output.knn")? as usize,
        },
        verify: Verify {
            claims: draft.texts("verify.claims")?.iter().filter_map(|w| Claim::find(w)).collect(),
            source: draft.text("verify.source")?.into(),
            speed: draft.float("verify.speed"),
            quick: draft.texts("verify.quick")?,
            by_cells: draft.texts("verify.by_cells")?,
        },
    })
}

fn population(draft: &Draft, name: String, terms: Vec<Term>) -> Option<Population> {
    Some(Population {
        name,
        velocity: Velocity::read(draft)?,
        kernel: KernelSpec::read(draft, terms)?,
        cells: Cells::read(draft)?,
        deposit: DepositSpec {
            bandwidth: draft.float("deposit.bandwidth")?,
            order: draft.integer("deposit.order")? as usize,
        },
        q: draft.integer("kernel.q")? as i32,
        p: draft.integer("kernel.p")? as i32,
    })
}

/// The box, wide enough for every signal.
fn domain(draft: &Draft, fields: &[Draft]) -> Option<Domain> {
    let all = fields.iter().map(super::space::padding).collect::<Option<Vec<_>>>()?;
    let widest = |a: Vec<u32>, b: Vec<u32>| a.into_iter().zip(b).map(|(a, b)| a.max(b)).collect();
    let padding: Vec<u32> = all.into_iter().reduce(widest)?;
    let boundary = |(word, padding): (&String, u32)| match word.as_str() {
        "no-flux" => Boundary::NoFlux,
        "open" => Boundary::Open { padding },
        "periodic" => Boundary::Periodic,
        word => unknown("domain.boundary", word),
    };
    Some(Domain {
        lower: draft.floats("domain.lower")?,
        upper: draft.floats("domain.upper")?,
        grid: draft.sizes("domain.grid")?,
        boundary: draft.texts("domain.boundary")?.iter().zip(padding).map(boundary).collect(),
        leak: draft.float("domain.leak").unwrap_or(1.0),
    })
}
