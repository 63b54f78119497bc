//! What the numbers of a key measure.

use std::fmt;

/// What dimensions are made of. Their sizes are known where the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// `units.length`.
    Length,
    /// `units.time`.
    Time,
    /// `units.concentration`, or the density of what is sensed.
    Concentration,
    /// `units.mass`.
    Mass,
    /// Length to the power of the dimension of space.
    Volume,
    /// The measure of the set of velocities.
    Measure,
    /// How slowly the signal follows.
    Delta,
    /// The small number of the file.
    Epsilon,
    /// It, to the power of q.
    EpsilonQ,
    /// It, to the power of p.
    EpsilonP,
}

impl Scale {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Length,
        Self::Time,
        Self::Concentration,
        Self::Mass,
        Self::Volume,
        Self::Measure,
        Self::Delta,
        Self::Epsilon,
        Self::EpsilonQ,
        Self::EpsilonP,
    ];

    /// Its word in the tables of keys.
    pub fn word(self) -> &'static str {
        ["length", "time", "concentration", "mass", "volume", "mu", "delta"]
            .get(self as usize)
            .unwrap_or(&"epsilon")
    }
}

/// A product of powers of scales: what one of a key's numbers is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension([i32; 10]);

/// Of a plain number.
pub const NUMBER: Dimension = Dimension([0; 10]);
/// Of a length.
pub const LENGTH: Dimension = Dimension::of(Scale::Length);
/// Of a time.
pub const TIME: Dimension = Dimension::of(Scale::Time);
/// Of a concentration.
pub const CONCENTRATION: Dimension = Dimension::of(Scale::Concentration);
/// Of a mass of cells.
pub const MASS: Dimension = Dimension::of(Scale::Mass);
/// Of a part of space.
pub const VOLUME: Dimension = Dimension::of(Scale::Volume);
/// Of a density of cells.
pub const DENSITY: Dimension = MASS.over(VOLUME);

impl Dimension {
    /// The scale itself.
    pub const fn of(scale: Scale) -> Self {
        let mut powers = [0; 10];
        powers[scale as usize] = 1;
        Self(powers)
    }

    const fn with(self, other: Self, power: i32) -> Self {
        let mut powers = self.0;
        let mut i = 0;
        while i < powers.len() {
            powers[i] += power * other.0[i];
            i += 1;
        }
        Self(powers)
    }

    /// The product.
    #[must_use]
    pub const fn times(self, other: Self) -> Self {
        self.with(other, 1)
    }

    /// The quotient.
    #[must_use]
    pub const fn over(self, other: Self) -> Self {
        self.with(other, -1)
    }

    /// The same of numbers that hold their powers of ε themselves.
    #[must_use]
    pub fn without_epsilon(self) -> Self {
        let mut powers = self.0;
        let of_epsilon = [Scale::Epsilon, Scale::EpsilonQ, Scale::EpsilonP];
        of_epsilon.into_iter().for_each(|scale| powers[scale as usize] = 0);
        Self(powers)
    }

    /// The scales and their powers.
    pub fn powers(self) -> impl Iterator<Item = (Scale, i32)> {
        Scale::ALL
            .into_iter()
            .map(move |scale| (scale, self.0[scale as usize]))
            .filter(|(_, n)| *n != 0)
    }

    /// ε to which power, as in "q-p-1"; "" for none.
    fn power_of_epsilon(self) -> String {
        let [one, q, p] =
            [Scale::Epsilon, Scale::EpsilonQ, Scale::EpsilonP].map(|scale| self.0[scale as usize]);
        let mut text = String::new();
        for (n, letter) in [(p, "p"), (q, "q")] {
            match n {
                0 => {}
                1 => text += &format!("+{letter}"),
                -1 => text += &format!("-{letter}"),
                n => text += &format!("{n:+}{letter}"),
            }
        }
        if one != 0 {
            text += &format!("{one:+}");
        }
        text.trim_start_matches('+').into()
    }
}

/// "length/(time epsilon)".
impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = |scale: Scale, n: i32| match n {
            1 => scale.word().to_string(),
            n => format!("{}^{n}", scale.word()),
        };
        let plain = || self.powers().filter(|(scale, _)| scale.word() != "epsilon");
        let mut over: Vec<String> =
            plain().filter(|(_, n)| *n > 0).map(|(s, n)| factor(s, n)).collect();
        let mut under: Vec<String> =
            plain().filter(|(_, n)| *n < 0).map(|(s, n)| factor(s, -n)).collect();
        let power = self.power_of_epsilon();
        let (side, power) = match power.starts_with('-') {
            true => (&mut under, NUMBER.over(*self).power_of_epsilon()),
            false => (&mut over, power),
        };
        match &power[..] {
            "" => {}
            "1" => side.push("epsilon".into()),
            power if power.len() == 1 => side.push(format!("epsilon^{power}")),
            power => side.push(format!("epsilon^({power})")),
        }
        let over = if over.is_empty() { "1".into() } else { over.join(" ") };
        match &under[..] {
            [] => write!(f, "{over}"),
            [one] => write!(f, "{over}/{one}"),
            under => write!(f, "{over}/({})", under.join(" ")),
        }
    }
}

/// What a key measures: the same always, or by the word of another key.
#[derive(Clone, Copy, Debug)]
pub enum Measures {
    /// This.
    One(Dimension),
    /// What the word of a key says, and what holds for all other words.
    By(&'static str, &'static [(&'static str, Dimension)], Dimension),
}

impl Measures {
    /// Whether it is nothing.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::One(NUMBER))
    }

    /// For the word that `word` gives of a key.
    pub fn at<'w>(&self, word: impl Fn(&str) -> Option<&'w str>) -> Dimension {
        match self {
            Self::One(dimension) => *dimension,
            Self::By(key, among, other) => {
                let word = word(key).unwrap_or_default();
                among.iter().find(|(own, _)| *own == word).map_or(*other, |(_, own)| *own)
            }
        }
    }
}

/// "time; density/time with reactions.kind = "source"".
impl fmt::Display for Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |dimension: &Dimension| match *dimension {
            NUMBER => "a number".to_string(),
            other => other.to_string(),
        };
        match self {
            Self::One(dimension) => write!(f, "{}", named(dimension)),
            Self::By(key, among, other) => {
                write!(f, "{}", named(other))?;
                among.iter().try_for_each(|(word, own)| {
                    write!(f, "; {} with {key} = \"{word}\"", named(own))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_told_as_quotients() {
        let epsilon = Dimension::of(Scale::Epsilon);
        let speed = LENGTH.over(TIME).over(epsilon);
        assert_eq!(speed.to_string(), "length/(time epsilon)");
        let rate = NUMBER.over(TIME).over(epsilon).over(Dimension::of(Scale::EpsilonQ));
        assert_eq!(rate.to_string(), "1/(time epsilon^(q+1))");
        assert_eq!(DENSITY.over(TIME).to_string(), "mass/(time volume)");
        assert_eq!(Measures::One(NUMBER).to_string(), "a number");
        let by = Measures::By("kind", &[("source", DENSITY)], NUMBER.over(TIME));
        assert_eq!(by.to_string(), "1/time; mass/volume with kind = \"source\"");
        assert_eq!(by.at(|_| Some("source")), DENSITY);
        assert_eq!(by.at(|_| Some("death")), NUMBER.over(TIME));
    }
}
