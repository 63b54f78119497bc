//! What axes are called.

use crate::experiment::{Experiment, NamedSignal, Population, Signal};
use crate::schema::Scale;

/// What is measured along an axis, or by the colours of a map.
#[derive(Clone, Copy)]
pub enum Quantity<'a> {
    /// The coordinate along an axis.
    Place(usize),
    /// t.
    Time,
    /// ρ of a population.
    Density(&'a Population),
    /// log10 ρ.
    LogDensity,
    /// S.
    Signal(&'a NamedSignal),
    /// ½∫∫f²/F dv dx.
    Entropy,
}

/// The name of an axis, with the unit of what is measured along it.
pub fn axis_label(quantity: Quantity<'_>, e: &Experiment) -> String {
    match quantity {
        Quantity::Place(axis) => e.units.label(["x", "y", "z"][axis], Scale::Length),
        Quantity::Time => e.units.label("t", Scale::Time),
        Quantity::Density(population) => match e.populations.len() {
            1 => format!("ρ{}", of_density(e)),
            _ => format!("ρ of {}{}", population.name, of_density(e)),
        },
        Quantity::LogDensity => "log10 ρ".into(),
        Quantity::Signal(signal) => {
            let name = match e.signals.len() {
                1 => "S".into(),
                _ => format!("S of {}", signal.name),
            };
            match signal.equation {
                Signal::Density => name + &of_density(e),
                _ => e.units.label(&name, Scale::Concentration),
            }
        }
        Quantity::Entropy => "entropy".into(),
    }
}

/// "t = 0.5", with its unit. No two times are alike.
pub fn time_label(time: f64, e: &Experiment) -> String {
    let unit = match e.units.text(Scale::Time) {
        None => String::new(),
        Some(unit) if unit.starts_with(|c: char| c.is_ascii_digit()) => format!(" × {unit}"),
        Some(unit) => format!(" {unit}"),
    };
    format!("t = {time}{unit}")
}

/// " (cells/mm²)", or what is known of it.
fn of_density(e: &Experiment) -> String {
    let d = e.dimension - 1;
    let power = ["", "²", "³"][d];
    let length = e.units.text(Scale::Length).map(|unit| match unit.contains([' ', '/']) {
        true => format!("({unit}){power}"),
        false => format!("{unit}{power}"),
    });
    let size = ["length", "area", "volume"][d];
    match (e.units.text(Scale::Mass), length) {
        (None, None) => format!(", per unit {size}"),
        (Some(mass), None) => format!(" ({mass} per unit {size})"),
        (None, Some(length)) => format!(" (1/{length})"),
        (Some(mass), Some(length)) => format!(" ({mass} per {length})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;

    const PLAIN: &str = r#"
        dimension = 2
        epsilon = 0.1
        domain = { lower = 0, upper = 1, grid = 8, boundary = "no-flux" }
        kernel = { model = "local", lambda = 1, a = 0.1 }
        signal = { equation = "parabolic", decay = 1 }
        cells = { count = 10 }
        time = { end = 1, step = 0.1 }
    "#;

    fn labels(units: &str) -> [String; 5] {
        let e = read(&format!("{PLAIN}{units}"), "it.toml", &[]).unwrap().experiment;
        let label = |quantity| axis_label(quantity, &e);
        [
            label(Quantity::Place(1)),
            label(Quantity::Time),
            label(Quantity::Density(e.first())),
            label(Quantity::Signal(&e.signals[0])),
            time_label(0.5, &e),
        ]
    }

    #[test]
    fn axes_have_the_units_of_the_file() {
        assert_eq!(labels(""), ["y", "t", "ρ, per unit area", "S", "t = 0.5"]);
        let units = "[units]\nlength = \"1 mm\"\ntime = \"10 min\"\nconcentration = \"1 uM\"\nmass = \"1e5 cells\"";
        let all = ["y (mm)", "t (10 min)", "ρ (1e5 cells per mm²)", "S (uM)", "t = 0.5 × 10 min"];
        assert_eq!(labels(units), all);
        let some = "[units]\nlength = \"20 um\"\ntime = \"1 h\"";
        assert_eq!(labels(some), ["y (20 um)", "t (h)", "ρ (1/(20 um)²)", "S", "t = 0.5 h"]);
    }
}
