//! What the referee found, as JSON and for people.

use crate::experiment::Experiment;
use crate::referee::{Balance, Example, Review, Status, Structure, Theorem};
use crate::turning::Symmetry;
use serde_json::{Value, json};

/// Everything, as JSON.
pub fn verdicts<const D: usize>(e: &Experiment, review: &Review<D>) -> Value {
    let (parts, of) = (&review.parts, e.first());
    json!({
        "population": of.name,
        "A0": balance(&review.balance),
        "A1": structure(&review.structure),
        "CMPS_30_31": {
            "slope": review.place.slope,
            "proved": review.proved.map(symmetry),
            "measured": {
                "gamma": parts.gamma,
                "Lambda_30": parts.lower,
                "Lambda_31": parts.upper,
                "least_symmetric_part": parts.least.0,
                "least_at": { "v": parts.least.1[0].to_vec(), "w": parts.least.1[1].to_vec() },
                "sensitivity_from_antisymmetric_part": parts.sensitivity,
            },
        },
        "theorems": review.theorems.iter().map(theorem).collect::<Vec<_>>(),
        "order": {
            "predicted": review.parity.order(of),
            "f0_is_even": review.parity.even_start,
            "kernel_is_even": review.parity.even_kernel(),
            "kernel_odd_part": review.parity.odd_part,
            "reason": review.parity.reason(of),
        },
        "critical_mass": review.virial.map(|v| json!({
            "mass": v.mass,
            "critical": v.critical_mass,
            "ratio": v.mass / v.critical_mass,
        })),
    })
}

fn balance<const D: usize>(b: &Balance<D>) -> Value {
    let ([v, w], rates) = &b.worst;
    json!({
        "status": b.status().word(),
        "detailed_balance_violation": b.violation,
        "worst": { "v": v.to_vec(), "w": w.to_vec(), "there": rates[0], "back": rates[1] },
        "flux_of_F": b.flux,
        "gamma": b.least,
        "largest_T0_over_F": b.most,
        "same_for_every_signal_tried": b.constant,
    })
}

fn structure<const D: usize>(s: &Structure<D>) -> Value {
    let found = |f: &crate::referee::Found| json!({ "largest_S": f.scale, "ratio": f.ratio });
    json!({
        "status": s.status.word(),
        "C": s.constant,
        "counter_examples": s.examples.iter().map(example).collect::<Vec<_>>(),
        "found": s.found.iter().map(found).collect::<Vec<_>>(),
    })
}

fn example<const D: usize>(e: &Example<D>) -> Value {
    let wave = &e.turn.signal;
    json!({
        "signal": {
            "mean": wave.mean,
            "amplitude": wave.amplitude,
            "number": wave.number,
            "phase": wave.phase,
        },
        "v": e.turn.new.to_vec(),
        "w": e.turn.old.to_vec(),
        "T": e.turning,
        "ratio": e.ratio,
    })
}

fn symmetry(s: Symmetry) -> Value {
    json!({ "gamma": s.gamma, "Lambda_30": s.lower, "Lambda_31": s.upper })
}

fn theorem(t: &Theorem) -> Value {
    let hypothesis = |h: &crate::referee::Hypothesis| json!({ "asks": h.asks, "status": h.status.word(), "note": h.note });
    json!({
        "name": t.name,
        "claim": t.claim,
        "verdict": verdict(t.status()),
        "hypotheses": t.hypotheses.iter().map(hypothesis).collect::<Vec<_>>(),
    })
}

fn verdict(status: Status) -> &'static str {
    match status {
        Status::Holds => "applies",
        Status::Fails => "does not apply",
        Status::Unknown => "not known to apply",
    }
}

/// The same for people.
pub fn report<const D: usize>(e: &Experiment, review: &Review<D>) -> String {
    let of = match &e.populations[..] {
        [_] => String::new(),
        [first, ..] => format!(" of {}, the first population, and of no other", first.name),
        [] => unreachable!("an experiment has a population"),
    };
    let mut text =
        format!("\nAssumptions{of}, at t = 0 where |grad S| <= {}\n", short(review.place.slope));
    let mut line = |name: &str, status: &str, what: String| {
        text += &format!("  {name:<9} {status:<10} {what}\n");
    };
    let b = &review.balance;
    line("(A0)", b.status().word(), balance_text(b));
    line("(A1)", review.structure.status.word(), structure_text(&review.structure));
    let proved = match &review.proved {
        Some(s) => constants(s.gamma, s.lower, Some(s.upper)),
        None => "for no class of signals at this epsilon".into(),
    };
    line("(30, 31)", "proved", proved);
    let p = &review.parts;
    line("", "measured", constants(p.gamma, p.lower, p.upper));
    if let Some(chi) = p.sensitivity {
        let limit = review.comparison.closed.sensitivity;
        let what = format!("chi from phi^A {}, in the limit {}", short(chi), short(limit));
        line("(34)", "measured", what);
    }
    text += "\nTheorems\n";
    for t in &review.theorems {
        text += &format!("  {} {}: {}\n", t.name, verdict(t.status()), t.claim);
        for h in t.gaps() {
            text += &format!("    {} {}: {}\n", h.asks, h.status.word(), h.note);
        }
    }
    text
}

fn balance_text<const D: usize>(b: &Balance<D>) -> String {
    let reach = if b.constant { "whatever S" } else { "over the range of S" };
    let mut text = format!(
        "T0/F from gamma = {} to {}, {reach}; detailed balance to {:.0e}, flux of F {:.0e}",
        short(b.least),
        short(b.most),
        b.violation,
        b.flux
    );
    if b.status() == Status::Fails {
        let ([v, w], rates) = &b.worst;
        let [there, back] = rates.map(short);
        text += &format!("; T0/F is {there} from {w:.4?} to {v:.4?} and {back} the other way");
    }
    text
}

fn structure_text<const D: usize>(s: &Structure<D>) -> String {
    if let Some(constant) = s.constant {
        return format!("C = {}", short(constant));
    }
    if let [only] = &s.examples[..] {
        return format!("T < 0: {}", example_text(only));
    }
    if !s.examples.is_empty() {
        let each: Vec<String> = s.examples.iter().map(example_text).collect();
        return format!("no C will do: {}", each.join("; "));
    }
    let found =
        |f: &crate::referee::Found| format!("{} for S <= {}", short(f.ratio), short(f.scale));
    let all: Vec<String> = s.found.iter().map(found).collect();
    format!("C must be at least {}", all.join(", "))
}

fn example_text<const D: usize>(e: &Example<D>) -> String {
    let (turning, ratio) = (short(e.turning), short(e.ratio));
    format!(
        "T = {turning}, T/(1 + S(x+eps v) + S(x-eps v')) = {ratio} at x = 0 in {}, v = {:.4?}, v' = {:.4?}",
        e.turn.signal, e.turn.new, e.turn.old
    )
}

fn constants(gamma: f64, lower: f64, upper: Option<f64>) -> String {
    let upper = upper.map_or("none, phi^S is not positive".into(), short);
    format!("gamma = {}, Lambda = {} in (30), {upper} in (31)", short(gamma), short(lower))
}

/// Six digits.
fn short(x: f64) -> String {
    match x != 0.0 && !(1e-3..1e6).contains(&x.abs()) {
        true => format!("{x:.4e}"),
        false => format!("{x:.6}").trim_end_matches('0').trim_end_matches('.').into(),
    }
}
