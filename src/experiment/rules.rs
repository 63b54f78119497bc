//! What several keys must fulfil together.

mod model;
mod numerics;
mod places;
mod scattering;
mod sizes;
mod space;
mod sweep;

use crate::schema::{Draft, Problem};
use serde_json::Value as Json;

/// Applies every rule but those of the sweep. A rule that lacks a value is left out: its absence was already
/// reported.
pub(crate) fn apply(draft: &mut Draft) {
    let rules: [fn(&mut Draft) -> Option<()>; 35] = [
        numerics::corners,
        numerics::bandwidth,
        numerics::steps,
        numerics::output_times,
        numerics::formats,
        numerics::neighbour,
        numerics::sweep,
        sizes::steps,
        sizes::density,
        model::shell,
        model::equilibrium,
        model::weights,
        model::saturation,
        model::uniform_for_nonlocal,
        model::centre,
        model::mode,
        model::sampled,
        model::mean_velocity,
        model::growth,
        model::count,
        model::weight,
        model::between,
        model::elliptic,
        space::all_axes,
        space::grids,
        space::shape,
        space::signal,
        space::initial_signal,
        space::lost_constant,
        space::drowned,
        scattering::on_sphere,
        scattering::leading,
        places::resolution,
        places::test_functions,
        sweep::quasi_steady,
    ];
    for rule in rules {
        rule(draft);
    }
}

/// Whether the populations, by the drafts of their first terms, fit into memory together with so many signals.
pub(crate) fn memory(populations: &mut [&mut Draft], signals: usize) {
    sizes::memory(populations, signals);
}

/// Judges the sweep, last of all: the experiments of it are read, which is of use once all else is right. `whole` is
/// all that holds if it is, and `refusal` what is wrong with another experiment.
pub(crate) fn sweep(
    draft: &mut Draft,
    whole: Option<&Json>,
    refusal: &dyn Fn(&Json) -> Option<Problem>,
) {
    sweep::values(draft, whole, refusal);
}
