//! The experiments that are shipped with claims of the papers.

/// Name and text of every file, in the order of the table.
pub const SHIPPED: &[(&str, &str)] = &[
    ("cmps-model1-3d", include_str!("../../../experiments/cmps-model1-3d.toml")),
    ("cmps-model2-3d", include_str!("../../../experiments/cmps-model2-3d.toml")),
    ("hks-2d", include_str!("../../../experiments/hks-2d.toml")),
    ("hks-3d", include_str!("../../../experiments/hks-3d.toml")),
    ("hks-saturating", include_str!("../../../experiments/hks-saturating.toml")),
    ("designed-coefficients", include_str!("../../../experiments/designed-coefficients.toml")),
    ("persistence", include_str!("../../../experiments/persistence.toml")),
    ("subcritical", include_str!("../../../experiments/subcritical.toml")),
    ("supercritical-2d", include_str!("../../../experiments/supercritical-2d.toml")),
    ("blow-up-3d", include_str!("../../../experiments/blow-up-3d.toml")),
    ("blow-up-3d-model1", include_str!("../../../experiments/blow-up-3d-model1.toml")),
    ("quasi-steady", include_str!("../../../experiments/quasi-steady.toml")),
    ("regularisations", include_str!("../../../experiments/regularisations.toml")),
    ("growing-colony", include_str!("../../../experiments/growing-colony.toml")),
    ("virus-ode", include_str!("../../../experiments/virus-ode.toml")),
    ("virus-threshold", include_str!("../../../experiments/virus-threshold.toml")),
    ("virus-limit-1d", include_str!("../../../experiments/virus-limit-1d.toml")),
    ("virus-limit-2d", include_str!("../../../experiments/virus-limit-2d.toml")),
    ("virus-exponents", include_str!("../../../experiments/virus-exponents.toml")),
    ("virus-taxis", include_str!("../../../experiments/virus-taxis.toml")),
    ("virus-invasion-2d", include_str!("../../../experiments/virus-invasion-2d.toml")),
    ("travelling-band", include_str!("../../../experiments/travelling-band.toml")),
    ("two-signals", include_str!("../../../experiments/two-signals.toml")),
];
