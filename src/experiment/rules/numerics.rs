//! The box, the grid, the clock, the sweep.

use crate::experiment::derive::scales;
use crate::experiment::format::Format;
use crate::schema::Draft;

pub(super) fn corners(draft: &mut Draft) -> Option<()> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let mut axes = 0..lower.len().min(upper.len());
    if axes.clone().any(|a| !(upper[a] - lower[a]).is_finite()) {
        draft.complain("domain.upper", "is too far from domain.lower", "Lower it.");
    }
    let bad = axes.find(|&a| lower[a] >= upper[a])?;
    let message = format!("must lie above domain.lower, which is {} there", lower[bad]);
    draft.complain("domain.upper", message, format!("Raise it along axis {}.", bad + 1));
    Some(())
}

pub(super) fn bandwidth(draft: &mut Draft) -> Option<()> {
    let ((spacing, edge), h) = (scales(draft)?, draft.float("deposit.bandwidth")?);
    let most = 0.25 * edge;
    if !(spacing > 0.0 && edge > 0.0) {
        return None;
    }
    let grid_for = |h: f64| {
        let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
        let cells = |(l, u): (&f64, &f64)| ((u - l) / h * (1.0 - 1e-12)).ceil().to_string();
        let list = lower.iter().zip(&upper).map(cells).collect::<Vec<_>>().join(", ");
        Some(format!("domain.grid to at least [{list}]"))
    };
    if spacing > most * (1.0 + 1e-12) {
        let message = format!(
            "has a spacing of {spacing}, and a kernel as wide as that exceeds a quarter of the shortest edge, {most}"
        );
        let remedy = format!("Raise {}.", grid_for(most)?);
        draft.complain("domain.grid", message, remedy);
    } else if h < spacing * (1.0 - 1e-12) {
        let message =
            format!("is below the largest grid spacing, {spacing}, which would not resolve it");
        let remedy = format!("Give at least {spacing}, or raise {}.", grid_for(h)?);
        draft.complain("deposit.bandwidth", message, remedy);
    } else if h > most * (1.0 + 1e-12) {
        let message = format!("is above a quarter of the shortest edge of the box, {most}");
        draft.complain("deposit.bandwidth", message, format!("Give at most {most}."));
    }
    Some(())
}

pub(super) fn steps(draft: &mut Draft) -> Option<()> {
    let (end, step) = (draft.float("time.end")?, draft.float("time.step"));
    for path in ["time.step", "limit.step"] {
        let own = path == "time.step" || draft.float(path) != step;
        if own && draft.float(path).is_some_and(|step| step > end) {
            let message = format!("is above time.end, which is {end}");
            draft.complain(path, message, format!("Give at most {end}."));
        }
    }
    Some(())
}

pub(super) fn output_times(draft: &mut Draft) -> Option<()> {
    let end = draft.float("time.end")?;
    for path in ["time.outputs", "output.cells_at"] {
        let late = draft.floats(path).and_then(|times| times.into_iter().find(|&t| t > end));
        if let Some(late) = late {
            let message = format!("holds {late}, which is after time.end = {end}");
            draft.complain(path, message, "Remove it, or raise time.end.");
        }
    }
    Some(())
}

pub(super) fn formats(draft: &mut Draft) -> Option<()> {
    let words = draft.texts("output.formats")?;
    if words.is_empty() {
        let remedy = "Give at least one, such as [\"csv\"].";
        draft.complain("output.formats", "is empty, so that no table would be written", remedy);
    }
    let missing = words.iter().filter_map(|word| Format::find(word)).any(|f| !f.is_there());
    if missing {
        let message = "holds \"parquet\", which this program was built without";
        let remedy = "Leave it out, or build with --features parquet.";
        draft.complain("output.formats", message, remedy);
    }
    Some(())
}

pub(super) fn neighbour(draft: &mut Draft) -> Option<()> {
    let (k, count) = (draft.integer("output.knn")?, draft.integer("cells.count")?);
    // Cells that are yet to come may be as many as it takes.
    if k > 0 && count > 0 && k >= count {
        let message = format!("is too far: each of {count} cells has {} others", count - 1);
        let remedy = "Lower it (50 is a good start), raise cells.count, or give 0 for none.";
        draft.complain("output.knn", message, remedy);
    }
    Some(())
}

pub(super) fn sweep(draft: &mut Draft) -> Option<()> {
    if let Some(1..=3) = draft.integer("converge.budget_replicates") {
        let message = "is too few for a confidence interval";
        draft.complain("converge.budget_replicates", message, "Give 0, or at least 4.");
    }
    let epsilons = draft.floats("converge.epsilons")?;
    if epsilons.iter().any(|epsilon| !epsilon.is_finite()) {
        draft.complain("epsilon", "is too large", "Lower it.");
    } else if epsilons.len() < 2 {
        let message = "has fewer than 2 values: no rate can be measured";
        draft.complain("converge.epsilons", message, "Give at least 2, all different.");
    } else if let Some(pair) = epsilons.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("holds {} twice", pair[0]);
        draft.complain("converge.epsilons", message, "Give each value once.");
    }
    let (cells, n) = (draft.integers("converge.cells")?.len(), epsilons.len());
    if cells != n {
        let message = format!("has {cells} entries for {n} values of epsilon");
        draft.complain("converge.cells", message, "Give one number, or one for each epsilon.");
    }
    Some(())
}
