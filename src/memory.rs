//! The memory of the machine.

use std::sync::OnceLock;
use sysinfo::System;

/// Bytes that can still be had, also under the limit of a control group; ∞ if nobody tells.
pub fn available() -> f64 {
    static BYTES: OnceLock<f64> = OnceLock::new();
    *BYTES.get_or_init(|| {
        let Ok(mut system) = System::new() else { return f64::INFINITY };
        system.refresh_memory();
        let limit = system.cgroup_limits().map_or(f64::INFINITY, |group| group.free_memory as f64);
        match system.available_memory() {
            0 => f64::INFINITY,
            bytes => limit.min(bytes as f64),
        }
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_some() {
        assert!(super::available() > 1e6);
    }
}
