mod exact;
mod law;
mod transforms;

use crate::formula::Formula;
use crate::velocity::{VelocitySet, VelocitySpace};

/// Sphere, ball, shell, and falling F on ball and shell.
fn spaces<const D: usize>() -> Vec<VelocitySpace<D>> {
    let f = |text| Some(Formula::parse(text, &["r"]).unwrap());
    vec![
        VelocitySpace::new(VelocitySet::Sphere, 0.0, 1.3, None),
        VelocitySpace::new(VelocitySet::Ball, 0.0, 1.3, None),
        VelocitySpace::new(VelocitySet::Shell, 0.4, 1.3, None),
        VelocitySpace::new(VelocitySet::Ball, 0.0, 1.3, f("exp(-3*r*r)")),
        VelocitySpace::new(VelocitySet::Shell, 0.4, 1.3, f("1/(1+r^4)")),
    ]
}

/// A thin shell, and an F far narrower than V: their laws stay rough for long.
fn rough_spaces<const D: usize>() -> Vec<VelocitySpace<D>> {
    let peak = Formula::parse("exp(-60*r*r)", &["r"]).unwrap();
    vec![
        VelocitySpace::new(VelocitySet::Shell, 1.29, 1.3, None),
        VelocitySpace::new(VelocitySet::Ball, 0.0, 1.3, Some(peak)),
    ]
}
