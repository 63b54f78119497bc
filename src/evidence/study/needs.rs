//! The memory that each command holds at its peak.

use super::fineness::{COARSER, STEPS, TRIED, most_ordinates};
use super::stage::solves_equation;
use super::work::Work;
use crate::cells::most_cells;
use crate::experiment::{Cells, Experiment, Parameter, Point, Population, points};
use crate::formula::Quantity;
use crate::grid::Grid;
use crate::memory::{
    FLIGHT_FIELDS, LIMIT_FIELDS, MODEL_FIELDS, Part, limit_share, refusal, run_share, total,
};
use crate::turning::KernelModel;
use crate::velocity::VelocitySpace;

/// Fields of a model with what it is compared with, and of a replicate in flight together with the
/// differences that are made of it.
const STAGE_FIELDS: f64 = 35.0;
const COMPARED_FIELDS: f64 = 50.0;
/// Arrays of the shape of f while the kinetic equation is solved.
const COPIES_OF_F: f64 = 7.0;
/// The same where turns are so fast that its steps are made by resolvents: 20 + 2n with n iterations, some six, of as many
/// velocities as so small an ε needs, which are three quarters of those that are counted in the plane and half in space.
const COPIES_IF_STIFF: f64 = 20.0;
/// Solutions of the limit that are held with all their outputs: one refines the other.
const SOLUTIONS: f64 = 2.0;
/// Fields of a solution of the kinetic equation, in those that are observed: itself and its causes.
const CAUSES: f64 = 5.0;

/// What `work` holds at its peak, by the key that lets each part grow. It is measured to hold within a
/// factor of 1.5, a dozen MiB aside.
pub fn needs<const D: usize>(work: Work, e: &Experiment) -> Vec<Part> {
    match work {
        Work::Run => flights::<D>(e, 1),
        Work::Ensemble => ensemble::<D>(e),
        Work::Limit => limit::<D>(e),
        Work::Converge => converge::<D>(e),
    }
}

/// Why `work` does not fit into `most` bytes: the key to blame, and what to say.
pub fn too_large<const D: usize>(
    work: Work,
    e: &Experiment,
    most: f64,
) -> Option<(&'static str, String)> {
    let (key, message) = refusal(&needs::<D>(work, e), most)?;
    let (value, others) = match key {
        "ensemble.replicates" => (
            format!(" = {}", e.ensemble.replicates),
            ", cells.count or the number of output.cells_at",
        ),
        "converge.replicates" => {
            let others = ", domain.grid or the number of converge.epsilons or converge.values";
            (format!(" = {}", e.converge.replicates), others)
        }
        "converge.budget_replicates" => {
            (format!(" = {}", e.converge.budget_replicates), " or domain.grid, or give 0 for none")
        }
        "converge.noise_free" => {
            return Some((
                key,
                format!("{key} = true: {message}. Lower domain.grid, or leave it out"),
            ));
        }
        "cells.count" | "cells.growth" => return Some((key, of_cells(key, e, work, &message))),
        "cells.density.grid" => (String::new(), " or domain.grid"),
        "domain.grid" => (format!(" = {:?}", e.domain.grid), ""),
        "limit.grid" => (format!(" = {:?}", e.limit.grid), ""),
        "output.cells_at" => (format!(" of {} times", e.output.cells_at.len()), " or cells.count"),
        _ => (format!(" of {} times", e.time.outputs.len()), " or domain.grid"),
    };
    let word = work.word();
    Some((key, format!("{key}{value}: `kinetaxis {word}` {message}. Lower it{others}")))
}

/// What to say of the population with the most cells.
fn of_cells(key: &str, e: &Experiment, work: Work, message: &str) -> String {
    let most = e.populations.iter().max_by_key(|p| p.cells.count).expect("there is one");
    let (path, count, word) = (e.key_of(most, key), most.cells.count, work.word());
    match key {
        "cells.count" => format!("{path} = {count}: `kinetaxis {word}` {message}. Lower it"),
        _ => format!("{path}: `kinetaxis {word}` {message}. Lower it, cells.count or time.end"),
    }
}

/// Populations and signals.
fn fields_of(e: &Experiment) -> [f64; 2] {
    [e.populations.len() as f64, e.signals.len() as f64]
}

/// How many times as many fields a run has as with one population and one signal.
fn share(e: &Experiment) -> f64 {
    run_share(e.populations.len(), e.signals.len())
}

/// Cells of one replicate, at their most: births of more than are held are refused as such.
fn cells<const D: usize>(e: &Experiment, cells: &Cells) -> f64 {
    let count = cells.count as f64;
    let most = count.max(most_cells::<D>() as f64);
    match cells.growth {
        Quantity::Constant(rate) => (count * (rate * e.time.end).exp()).clamp(count, most),
        Quantity::Formula(_) => count,
    }
}

/// Places and velocities of all of them, in numbers of f64.
fn vectors<const D: usize>(e: &Experiment) -> f64 {
    let share = |of: &Cells| of.precision.bytes() as f64 / size_of::<f64>() as f64;
    let of = |p: &Population| share(&p.cells) * cells::<D>(e, &p.cells);
    2.0 * D as f64 * e.populations.iter().map(of).sum::<f64>()
}

/// The key that makes most of them.
fn key_of_cells<const D: usize>(e: &Experiment) -> &'static str {
    let counts: usize = e.populations.iter().map(|p| p.cells.count).sum();
    let most = e.populations.iter().map(|p| cells::<D>(e, &p.cells)).sum::<f64>();
    match most > 2.0 * counts as f64 {
        true => "cells.growth",
        false => "cells.count",
    }
}

/// Times at which something is recorded.
fn records(e: &Experiment) -> f64 {
    let kept = e.output.cells_at.iter().filter(|t| !e.time.outputs.contains(t));
    (e.time.outputs.len() + kept.count()) as f64
}

/// The model, and replicates in flight with all that is recorded of them.
fn flights<const D: usize>(e: &Experiment, flights: usize) -> Vec<Part> {
    let nodes = Grid::<D>::from_domain(&e.domain).len() as f64;
    let (flights, each) = (flights as f64, vectors::<D>(e));
    let [populations, signals] = fields_of(e);
    let adaptive = if flights == 1.0 && e.output.knn > 0 { populations } else { 0.0 };
    let fields = populations + signals + adaptive;
    let drawn = |p: &Population| p.cells.density_grid.iter().map(|n| *n as f64).product::<f64>();
    let drawn: f64 = e.populations.iter().map(drawn).sum();
    vec![
        Part::numbers(key_of_cells::<D>(e), "cells", flights * each),
        Part::numbers(
            "domain.grid",
            "fields",
            share(e) * (MODEL_FIELDS + flights * FLIGHT_FIELDS) * nodes,
        ),
        Part::numbers("cells.density.grid", "the initial density", 2.0 * drawn),
        Part::numbers(
            "time.outputs",
            "fields at the outputs",
            flights * fields * records(e) * nodes,
        ),
        Part::numbers(
            "output.cells_at",
            "cells at the outputs",
            flights * e.output.cells_at.len() as f64 * each,
        ),
    ]
}

/// Mean and square of ρ and S at every output, and what is kept of every replicate.
fn ensemble<const D: usize>(e: &Experiment) -> Vec<Part> {
    let (nodes, count) = (Grid::<D>::from_domain(&e.domain).len() as f64, e.ensemble.replicates);
    let mut parts = flights::<D>(e, count.min(rayon::current_num_threads()));
    let moments = 2.0 * fields_of(e).iter().sum::<f64>() * records(e) * nodes;
    let kept = count as f64 * e.output.cells_at.len() as f64 * vectors::<D>(e);
    parts.push(Part::numbers("time.outputs", "their means and squares", moments));
    parts.push(Part::numbers("ensemble.replicates", "cells of every replicate", kept));
    parts
}

fn limit<const D: usize>(e: &Experiment) -> Vec<Part> {
    let mut own = e.domain.clone();
    own.grid.clone_from(&e.limit.grid);
    let nodes = Grid::<D>::from_domain(&own).len() as f64;
    let [populations, signals] = fields_of(e);
    let shown = populations * (1 + D) as f64 + signals;
    let outputs = SOLUTIONS * shown * e.time.outputs.len() as f64 * nodes;
    let share = limit_share(e.populations.len(), e.signals.len());
    vec![
        Part::numbers("limit.grid", "the limit", share * LIMIT_FIELDS * nodes),
        Part::numbers("time.outputs", "the limit at the outputs", outputs),
    ]
}

/// Fields that are observed of a replicate: of populations ρ, J and the moments of r_ε, of signals S and ∇S.
fn observed<const D: usize>(e: &Experiment) -> f64 {
    let [populations, signals] = fields_of(e);
    populations * (1 + D + moments::<D>()) as f64 + signals * (1 + D) as f64
}

/// Moments of r_ε.
const fn moments<const D: usize>() -> usize {
    D * (D + 3) / 2
}

/// Bytes on the disk of the ledger of `work`, beside the results. It is measured to hold within a factor of 1.5.
pub fn ledger<const D: usize>(work: Work, e: &Experiment) -> f64 {
    let [populations, signals] = fields_of(e);
    let nodes = |e: &Experiment| Grid::<D>::from_domain(&e.domain).len() as f64;
    let numbers = match work {
        Work::Run | Work::Limit => 0.0,
        Work::Ensemble => {
            let cells = e.output.cells_at.len() as f64 * vectors::<D>(e);
            let fields = (populations + signals) * records(e) * nodes(e);
            e.ensemble.replicates as f64 * (fields + cells)
        }
        Work::Converge => {
            let limit = populations * (1 + D) as f64 + signals;
            let outputs = (e.time.outputs.len() + 4) as f64;
            let of = |Point { own, other, .. }: Point| {
                let finest = other.as_ref().map_or(0.0, nodes).max(nodes(&own));
                let others = if other.is_some() { populations } else { 0.0 };
                let each = (observed::<D>(&own) + populations + others) * finest;
                // One of the paired runs has twice the grid.
                let paired = 2f64.powi(D as i32) + 3.0;
                let budget = match own.converge.parameter {
                    Parameter::Epsilon => own.converge.budget_replicates as f64 * paired,
                    _ => 0.0,
                };
                let solved = match solves_equation(&own) {
                    true => observed::<D>(&own) * finest * (1.0 + 4.0 * COARSER.powi(-(D as i32))),
                    false => 0.0,
                };
                let limits = if own.converge.budget_replicates > 0 { 4.0 } else { 0.0 };
                (own.converge.replicates as f64 + budget) * each
                    + solved
                    + limits * limit * outputs * finest
            };
            points(e).into_iter().map(of).sum::<f64>() + 2.0 * limit * outputs * nodes(e)
        }
    };
    8.0 * numbers
}

/// The largest phase of a sweep: the kinetic equation, the flights, the error budget or the statistics, besides the
/// models. Of all replicates one field is held at a time, and what is made of it.
fn converge<const D: usize>(e: &Experiment) -> Vec<Part> {
    let observed = observed::<D>(e);
    // L¹ and L^∞ transform all of ρ, S, ∇S and J; of r_ε there are more components.
    let largest = moments::<D>().max(2 * D).max(2) as f64;
    let (stage_fields, compared_fields) = (share(e) * STAGE_FIELDS, share(e) * COMPARED_FIELDS);
    let nodes = |e: &Experiment| Grid::<D>::from_domain(&e.domain).len() as f64;
    let threads = e.converge.replicates.min(rayon::current_num_threads()) as f64;
    let (mut stages, mut kept, mut solutions) = (0.0, 0.0_f64, 0.0);
    let (mut flying, mut cells_flying, mut variant, mut equation) =
        (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for Point { own, other, .. } in points(e) {
        let finest = other.as_ref().map_or(0.0, nodes).max(nodes(&own));
        let both = || std::iter::once(&own).chain(&other);
        let of_both = |of: &dyn Fn(&Experiment) -> f64| both().map(of).sum::<f64>();
        stages += stage_fields * of_both(&nodes);
        flying = flying.max(threads * compared_fields * of_both(&nodes));
        cells_flying = cells_flying.max(threads * of_both(&vectors::<D>));
        kept = kept.max(own.converge.replicates as f64 * largest * finest);
        let budget = own.converge.budget_replicates as f64;
        if own.converge.parameter == Parameter::Epsilon && budget > 0.0 {
            // The finest variant has twice the grid; its differences are taken to the base grid.
            let finer = 2f64.powi(D as i32) * finest;
            let fields = stage_fields + threads * compared_fields + budget * largest;
            variant = variant.max(fields * finer + 2.0 * budget * largest * finest);
        }
        if solves_equation(&own) {
            stages += stage_fields * of_both(&nodes) * COARSER.powi(-(D as i32));
            solutions += CAUSES * observed * finest;
            let coarse = finest * COARSER.powi(-(D as i32));
            let each = |p: &Population| {
                let space = VelocitySpace::<D>::from_experiment(&p.velocity);
                match p.kernel.terms.iter().any(|term| is_table(&term.model, D)) {
                    true => {
                        let count = most_ordinates(&space, coarse) as f64;
                        COPIES_OF_F * count + count * count
                    }
                    false => {
                        let stiff = own.epsilon.powi(2) < STEPS * own.time.step;
                        let copies = if stiff { COPIES_IF_STIFF } else { COPIES_OF_F };
                        copies * space.ordinates(TRIED).len() as f64
                    }
                }
            };
            let each: f64 = own.populations.iter().map(each).sum();
            equation = equation.max(each * finest);
        }
    }
    let models = Part::numbers("domain.grid", "models", stages);
    let fields = || Part::numbers("converge.replicates", "one field of every replicate", kept);
    let found =
        || Part::numbers("converge.noise_free", "solutions of the kinetic equation", solutions);
    let phases = [
        vec![Part::numbers("converge.noise_free", "the kinetic equation", equation)],
        vec![
            found(),
            fields(),
            Part::numbers("domain.grid", "fields in flight", flying),
            Part::numbers(key_of_cells::<D>(e), "cells", cells_flying),
        ],
        vec![
            found(),
            fields(),
            Part::numbers("converge.budget_replicates", "the error budget", variant),
        ],
    ];
    let largest = phases.into_iter().max_by(|a, b| total(a).total_cmp(&total(b)));
    let sweep: Vec<Part> = std::iter::once(models).chain(largest.into_iter().flatten()).collect();
    // The limit comes first, and is gone by then.
    let alone = limit::<D>(&points(e)[0].own);
    match e.converge.parameter == Parameter::Epsilon && total(&alone) > total(&sweep) {
        true => alone,
        false => sweep,
    }
}

/// Replicates of each value of a sweep that fit into `most` bytes.
pub fn most_replicates<const D: usize>(e: &Experiment, most: f64) -> usize {
    let kept = |replicates: usize| {
        let mut e = e.clone();
        e.converge.replicates = replicates;
        total(&converge::<D>(&e))
    };
    // Beyond the number of threads memory grows in proportion to replicates.
    let base = 1000;
    let each = (kept(2 * base) - kept(base)) / base as f64;
    let fit = base as f64 + (most - kept(base)) / each;
    fit.max(0.0) as usize
}

/// Whether the turning operator is stored by pairs of velocities, unless it happens to be a sum.
fn is_table(kernel: &KernelModel, dimension: usize) -> bool {
    match kernel {
        KernelModel::Local { .. } | KernelModel::NonLocal { .. } => false,
        KernelModel::Isotropic { .. } => dimension > 1,
        KernelModel::Expression(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;

    const TEXT: &str = "dimension = 2\nepsilon = 0.1\ndomain = { lower = 0, upper = 1, grid = 32 }\n\
                        kernel = { model = \"local\" }\ncells = { count = 1000 }\n\
                        signal = { equation = \"parabolic\" }\ntime = { end = 0.1, step = 0.05 }\n\
                        converge = { replicates = 10, epsilons = [0.2, 0.1] }";

    fn experiment(set: &[&str]) -> Experiment {
        let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
        read(TEXT, "e.toml", &set).unwrap().experiment
    }

    fn bytes(work: Work, set: &[&str]) -> f64 {
        total(&needs::<2>(work, &experiment(set)))
    }

    /// Replicates on 32 × 32 nodes: the five moments of r at most, a field at a time. What a budget, the equation
    /// and more cells add is more, and a sweep in the grid keeps the finest one.
    #[test]
    fn a_sweep_counts_what_it_keeps() {
        let bytes = |set: &[&str]| bytes(Work::Converge, set);
        let kept = |replicates: f64, nodes: f64| 8.0 * replicates * 5.0 * nodes;
        let [few, base] = [100, 1000].map(|r| bytes(&[&format!("converge.replicates={r}")]));
        assert!(few > kept(100.0, 1024.0));
        let more = base - few;
        assert!((more / kept(900.0, 1024.0) - 1.0).abs() < 1e-12, "{more}");
        for set in
            ["converge.budget_replicates=4", "converge.noise_free=true", "cells.count=100000"]
        {
            assert!(bytes(&["converge.replicates=100", set]) > few, "{set}");
        }
        let grids = ["converge.in=grid", "converge.values=[32, 40]"];
        assert!(bytes(&grids) > kept(10.0, 6400.0));
        // Up to 96 velocities, a table of their pairs.
        let equation = [
            "converge.noise_free=true",
            "kernel.model=isotropic",
            "kernel.scattering=henyey-greenstein",
            "kernel.mean_cosine=0.5",
        ];
        assert!(bytes(&equation) > 8.0 * 96.0 * 96.0 * 1024.0);
    }

    /// Each replicate keeps every cell at three times: 4 numbers each. Fields at the outputs are kept
    /// once for the means, and once in every flight.
    #[test]
    fn an_ensemble_counts_cells_and_outputs() {
        let times = "output.cells_at=[0, 0.05, 0.1]";
        let of = |r: usize| bytes(Work::Ensemble, &[times, &format!("ensemble.replicates={r}")]);
        let due = 900.0 * 3.0 * 1000.0 * 4.0 * 8.0;
        assert!(((of(1000) - of(100)) / due - 1.0).abs() < 1e-12);
        let outputs: Vec<String> = (1..=100).map(|i| (0.001 * f64::from(i)).to_string()).collect();
        let outputs = format!("time.outputs=[{}]", outputs.join(","));
        for (work, fields) in [(Work::Run, 2.0), (Work::Ensemble, 6.0), (Work::Limit, 8.0)] {
            let more = bytes(work, &[&outputs]) - bytes(work, &[]);
            assert!(more > 0.99 * fields * 99.0 * 8.0 * 1024.0, "{work:?}: {more}");
        }
        let growing = bytes(Work::Run, &["cells.growth=46", "cells.count=1000000"]);
        assert!(growing > 90.0 * 1e6 * 32.0);
        // More than are held are refused as such, and by growth.
        let crowd = needs::<2>(Work::Run, &experiment(&["cells.growth=1e5"]));
        assert!(crowd[0].key == "cells.growth" && total(&crowd) < 1e11, "{crowd:?}");
    }

    #[test]
    fn every_population_and_signal_counts() {
        let text = |populations: usize, signals: usize| {
            let head = "dimension = 2\nepsilon = 0.1\ndomain = { lower = 0, upper = 1, grid = 64 }\n\
                        time = { end = 0.1, step = 0.01 }\n";
            let population = |p: usize| {
                format!(
                    "[populations.p{p}]\nkernel = {{ model = \"local\", senses = \"s0\" }}\ncells = {{ count = 1000 }}\n"
                )
            };
            let signal = |s: usize| format!("[signals.s{s}]\nequation = \"density\"\n");
            let all = (0..populations).map(population).chain((0..signals).map(signal));
            head.to_string() + &all.collect::<String>()
        };
        let of = |work: Work, populations: usize, signals: usize| {
            let e = crate::experiment::read(&text(populations, signals), "f", &[]);
            let e = e.unwrap_or_else(|problems| panic!("{problems}")).experiment;
            needs::<2>(work, &e)
        };
        for work in Work::ALL {
            let [one, two, more] = [(1, 1), (2, 1), (2, 2)].map(|(p, s)| total(&of(work, p, s)));
            assert!(one < two && two < more && more < 2.01 * one, "{work:?}: {one} {two} {more}");
        }
        // Cells of both.
        let cells = |p: usize| of(Work::Run, p, 1)[0].bytes;
        assert!(cells(2) > 1.99 * cells(1));
    }

    #[test]
    fn what_is_too_large_is_told_by_its_key() {
        let most = 64.0 * (1 << 20) as f64;
        let told = |work: Work, set: &[&str]| too_large::<2>(work, &experiment(set), most);
        for work in Work::ALL {
            assert_eq!(told(work, &["cells.density.grid=8"]), None, "{work:?}");
        }
        for (work, set, key) in [
            (
                Work::Ensemble,
                &["ensemble.replicates=1000", "output.cells_at=[0.1]", "cells.count=10000"][..],
                "ensemble.replicates",
            ),
            (Work::Converge, &["converge.replicates=1000000000"], "converge.replicates"),
            (Work::Converge, &["converge.budget_replicates=100000"], "converge.budget_replicates"),
            (
                Work::Converge,
                &["converge.noise_free=true", "domain.grid=128", "velocity.set=ball"],
                "converge.noise_free",
            ),
            (Work::Limit, &["limit.grid=1024"], "limit.grid"),
        ] {
            let (named, said) = told(work, set).unwrap_or_else(|| panic!("{set:?}"));
            assert_eq!(named, key, "{said}");
            assert!(
                said.starts_with(key) && said.contains("GiB") && said.contains("Lower"),
                "{said}"
            );
            assert!(work.owns(key) && !Work::Run.owns(key));
        }
    }

    #[test]
    fn the_most_replicates_just_fit() {
        let (e, most) = (experiment(&[]), (1 << 30) as f64);
        let replicates = most_replicates::<2>(&e, most);
        let fits = |replicates: usize| {
            let mut e = e.clone();
            e.converge.replicates = replicates;
            total(&converge::<2>(&e)) <= most
        };
        assert!(fits(replicates) && !fits(replicates + 2), "{replicates}");
        assert_eq!(most_replicates::<2>(&e, 1e3), 0);
    }
}
