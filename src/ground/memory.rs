//! The memory of the machine, and what is asked of it.
//!
//! Factors are measured (peaks of resident memory, signal parabolic) and hold to some 30%.

use std::sync::OnceLock;

/// Bytes of a number.
pub const NUMBER: f64 = 8.0;
/// Arrays on the grid that a model holds, tables of transforms and of the deposit included.
pub const MODEL_FIELDS: f64 = 20.0;
/// Those of a replicate in flight: S, densities, private grids of the deposit.
pub const FLIGHT_FIELDS: f64 = 18.0;
/// Those of the solver of the limit and of what refines it.
pub const LIMIT_FIELDS: f64 = 44.0;

/// How many times as many fields a run has with so many populations and signals as with one of each: 5 are shared, 14
/// are of a population (tables and private grids of its deposit, its density and rates of change), 16 of a signal.
pub fn run_share(populations: usize, signals: usize) -> f64 {
    (5.0 + 14.0 * populations as f64 + 16.0 * signals as f64) / 35.0
}

/// The same of the limit: 30 of a population, at the four points of a step, and 17 of a signal.
pub fn limit_share(populations: usize, signals: usize) -> f64 {
    (30.0 * populations as f64 + 17.0 * signals as f64) / 47.0
}

/// A part of what a command holds at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The key that lets it grow.
    pub key: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// Bytes.
    pub bytes: f64,
}

impl Part {
    /// So many numbers.
    pub fn numbers(key: &'static str, what: &'static str, count: f64) -> Self {
        Self { key, what, bytes: NUMBER * count }
    }
}

/// Bytes of all parts.
pub fn total(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.bytes).sum()
}

/// The key that asks for most and what is wrong with it, if all parts together do not fit into `most`
/// bytes.
pub fn refusal(parts: &[Part], most: f64) -> Option<(&'static str, String)> {
    let all = total(parts);
    if all <= most {
        return None;
    }
    let largest = parts.iter().max_by(|a, b| a.bytes.total_cmp(&b.bytes))?;
    let listed = parts.iter().filter(|part| part.bytes > 0.01 * all);
    let list: Vec<String> =
        listed.map(|part| format!("{} for {}", gib(part.bytes), part.what)).collect();
    let message = format!(
        "asks for about {} GiB of memory ({}), and {} GiB can be had",
        gib(all),
        list.join(", "),
        gib(most)
    );
    Some((largest.key, message))
}

/// Bytes in GiB, to two digits.
fn gib(bytes: f64) -> String {
    let x = bytes / (1u64 << 30) as f64;
    if x < 10.0 {
        format!("{x:.1}")
    } else if x < 1e6 {
        format!("{x:.0}")
    } else {
        format!("{x:.0e}")
    }
}

/// Share of what is free that can be counted on: an estimate may be short of the truth by a fifth.
const SURE: f64 = 0.8;

/// Bytes that can be had for sure, also under the limit of a control group; ∞ if nobody tells.
pub fn available() -> f64 {
    static BYTES: OnceLock<f64> = OnceLock::new();
    *BYTES.get_or_init(|| SURE * told())
}

/// What the machine tells.
#[cfg(not(target_family = "wasm"))]
fn told() -> f64 {
    let Ok(mut system) = sysinfo::System::new() else { return f64::INFINITY };
    system.refresh_memory();
    let limit = system.cgroup_limits().map_or(f64::INFINITY, |group| group.free_memory as f64);
    match system.available_memory() {
        0 => f64::INFINITY,
        bytes => limit.min(bytes as f64),
    }
}

/// What can be addressed.
#[cfg(target_family = "wasm")]
fn told() -> f64 {
    usize::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_some() {
        assert!(available() > 1e6);
    }

    #[test]
    fn the_key_that_asks_for_most_is_named() {
        let gib = (1u64 << 30) as f64;
        let parts = [
            Part { key: "a", what: "cells", bytes: gib },
            Part { key: "b", what: "fields", bytes: 20.0 * gib },
            Part { key: "c", what: "next to nothing", bytes: 1e-3 * gib },
        ];
        assert_eq!(refusal(&parts, 22.0 * gib), None);
        let (key, said) = refusal(&parts, 3.0 * gib).unwrap();
        let due = "asks for about 21 GiB of memory (1.0 for cells, 20 for fields), and 3.0 GiB can be had";
        assert_eq!((key, said.as_str()), ("b", due));
    }
}
