//! What is said of the way in which cells fly.

use crate::device::Device;
use crate::motion::Tally;
use crate::study::Plan;
use serde_json::{Value, json};

/// What they flew on, where that is not the processor, in a line.
pub fn device_line(device: &Device) -> String {
    match device {
        Device::Cpu => String::new(),
        Device::Gpu(_) => format!("  on {}\n", device.name()),
    }
}

/// The plan, for JSON.
pub fn plan_json(plan: &Plan) -> Value {
    let offers: Vec<Value> = (plan.offers.iter())
        .map(|o| {
            json!({
                "motion": o.method.name(), "events_per_cell": o.events, "cost": o.cost,
                "bias": o.bias,
            })
        })
        .collect();
    json!({
        "asked": plan.asked.name(), "taken_at_start": plan.taken.name(), "reason": plan.reason(),
        "offers_per_field_step": offers,
        "rounding": plan.rounding.map(|rounding| json!({
            "kept_in": "f32", "step": rounding.step, "adds_to_diffusivity": rounding.diffusivity,
        })),
    })
}

/// One line for people: what was taken over the whole run, and why at its start.
pub fn plan_line(plan: &Plan, tally: &Tally) -> String {
    let share = |part: u64| 100.0 * part as f64 / tally.cell_steps.max(1) as f64;
    let (skips, hybrid) = (share(tally.skip_ahead), share(tally.hybrid));
    format!(
        "motion {}\n  flown: exact {:.0}%, skip-ahead {skips:.0}%, hybrid {hybrid:.0}% of the cell-steps\n",
        plan.reason(),
        100.0 - skips - hybrid,
    )
}
