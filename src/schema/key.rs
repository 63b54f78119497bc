//! A key of a file, and what it may hold.

use super::dimension::{Dimension, Measures, NUMBER, Scale};

/// A key of a file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Section and name, such as `domain.lower`.
    pub path: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What its numbers measure; `None` if it was not said.
    pub measures: Option<Measures>,
    /// What holds if it is not given.
    pub default: Fallback,
    /// One sentence: meaning, range, equation.
    pub doc: &'static str,
    /// A value in TOML, for the template and for messages.
    pub sample: &'static str,
    /// Whether the template sets it; otherwise it stands there as a comment.
    pub live: bool,
    /// When it has an effect; `None` is always.
    pub only: Option<Only>,
    /// A key with whose value in the file that of this one is forgotten, when the command line changes it.
    pub with: Option<&'static str>,
}

/// A key has an effect only while another one takes one of these values.
#[derive(Clone, Copy, Debug)]
pub struct Only {
    /// Path of the other key.
    pub key: &'static str,
    /// Its values.
    pub among: &'static [&'static str],
}

/// A key without a sample, that always has an effect.
pub(crate) const fn key(
    path: &'static str,
    kind: Kind,
    default: Fallback,
    doc: &'static str,
) -> Key {
    let measures = None;
    Key { path, kind, measures, default, doc, sample: "", live: false, only: None, with: None }
}

impl Key {
    /// With numbers that measure this.
    pub(crate) const fn of(self, dimension: Dimension) -> Self {
        Self { measures: Some(Measures::One(dimension)), ..self }
    }

    /// With numbers that measure what the word of another key says, and else `other`.
    pub(crate) const fn of_each(
        self,
        key: &'static str,
        among: &'static [(&'static str, Dimension)],
        other: Dimension,
    ) -> Self {
        Self { measures: Some(Measures::By(key, among, other)), ..self }
    }

    /// With numbers that measure nothing.
    pub(crate) const fn plain(self) -> Self {
        self.of(NUMBER)
    }

    /// What its numbers measure: of counts, nothing; `None` if it holds no numbers, or if it was not said.
    pub fn measures(&self) -> Option<Measures> {
        let counts = matches!(
            self.kind,
            Kind::Integer(..) | Kind::Among(_) | Kind::Sizes(_) | Kind::Integers(_)
        );
        self.measures.or(counts.then_some(Measures::One(NUMBER)))
    }

    /// With a value for the template and for messages.
    pub(crate) const fn sample(self, sample: &'static str) -> Self {
        Self { sample, ..self }
    }

    /// With a value that the template sets.
    pub(crate) const fn live(self, sample: &'static str) -> Self {
        Self { sample, live: true, ..self }
    }

    /// With an effect only while `key` takes one of these values.
    pub(crate) const fn only(self, key: &'static str, among: &'static [&'static str]) -> Self {
        Self { only: Some(Only { key, among }), ..self }
    }

    /// With a value in the file that holds for that of `key` in the file alone.
    pub(crate) const fn with(self, key: &'static str) -> Self {
        Self { with: Some(key), ..self }
    }

    /// The section, or "" at the top, and the name within it.
    pub fn split(&self) -> (&'static str, &'static str) {
        self.path.rsplit_once('.').unwrap_or(("", self.path))
    }
}

/// What holds if a key is not given.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// It must be given (where it has an effect).
    Required,
    /// A value in TOML.
    Value(&'static str),
    /// A value that follows from other keys, in words.
    Derived(&'static str),
}

/// What a key may hold. Every number may also be a constant expression such as `"1/(2*PI)"`.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// What one of this scale is, with its unit.
    Unit(Scale),
    /// true or false.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, or one for each axis.
    Choices(&'static [&'static str]),
    /// A list of these words.
    Words(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// An integer from the first to the second number.
    Integer(i64, i64),
    /// One of these integers.
    Among(&'static [i64]),
    /// An integer of at least this, or one for each axis.
    Sizes(i64),
    /// An integer of at least this, or a list of them.
    Integers(i64),
    /// A number.
    Float(Range),
    /// A number, or one for each axis.
    Vector(Range),
    /// A list of numbers.
    Floats(Range),
    /// A number, or an expression in these variables.
    Quantity(Range, Variables),
    /// An expression in these variables.
    Formula(Variables),
    /// This word, or an expression in these variables.
    WordOrFormula(&'static str, Variables),
    /// A list of expressions in these variables.
    Formulas(Variables),
}

/// Names of variables; `y` and `z` are known only where the dimension reaches them.
pub type Variables = &'static [&'static str];

/// Those of a place.
pub const SPACE: Variables = &["x", "y", "z"];

/// An interval of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower end; may be −∞.
    pub low: f64,
    /// Upper end; may be ∞.
    pub high: f64,
    /// Whether the ends themselves are left out.
    pub open: bool,
}

/// Every number.
pub const ANY: Range = Range { low: f64::NEG_INFINITY, high: f64::INFINITY, open: true };
/// x > 0.
pub const POSITIVE: Range = Range { low: 0.0, high: f64::INFINITY, open: true };
/// x ≥ 0.
pub const NONNEGATIVE: Range = Range { low: 0.0, high: f64::INFINITY, open: false };

/// Least and largest size of a number other than 0: products and quotients of several of them stay
/// within what f64 can tell.
pub const SIZES: [f64; 2] = [1e-30, 1e30];

impl Range {
    /// Whether `x` lies in it. NaN and ±∞ lie in none.
    pub fn contains(&self, x: f64) -> bool {
        let inside =
            if self.open { self.low < x && x < self.high } else { self.low <= x && x <= self.high };
        inside && x.is_finite()
    }

    /// What is wrong with `x`, and what to do if that is not the range.
    pub fn refusal(&self, x: f64) -> Option<(String, Option<String>)> {
        let [least, largest] = SIZES;
        let zero = if self.contains(0.0) { "0, or " } else { "" };
        let sizes = || Some(format!("Give {zero}a number from {least:e} to {largest:e} in size."));
        match x.abs() {
            _ if !x.is_finite() => Some(("must be finite".into(), None)),
            _ if !self.contains(x) => Some((self.demand(), None)),
            size if size > largest => Some(("is too large".into(), sizes())),
            size if size < least && size > 0.0 => Some(("is too small".into(), sizes())),
            _ => None,
        }
    }

    /// "a number above 0".
    pub fn describe(&self) -> String {
        let (low, high) = (self.low, self.high);
        match (low.is_finite(), high.is_finite(), self.open) {
            (true, false, true) => format!("a number above {low}"),
            (true, false, false) => format!("a number of at least {low}"),
            (true, true, true) => format!("a number above {low} and below {high}"),
            (true, true, false) => format!("a number from {low} to {high}"),
            _ => "a number".into(),
        }
    }

    /// "must be positive".
    pub fn demand(&self) -> String {
        match *self {
            POSITIVE => "must be positive".into(),
            NONNEGATIVE => "must not be negative".into(),
            _ => "is out of range".into(),
        }
    }
}

impl Kind {
    /// "an integer of at least 4, or one for each axis".
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "a text".into(),
            Self::Unit(_) => "a number with its unit".into(),
            Self::Flag => "true or false".into(),
            Self::Choice(words) => format!("one of {}", quoted(words)),
            Self::Choices(words) => format!("one of {}, or one for each axis", quoted(words)),
            Self::Words(words) => format!("a list of {}", quoted(words)),
            Self::Texts => "a list of texts".into(),
            Self::Integer(low, i64::MAX) => format!("an integer of at least {low}"),
            Self::Integer(low, high) => format!("an integer from {low} to {high}"),
            Self::Among(numbers) => {
                format!(
                    "one of {}",
                    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
                )
            }
            Self::Sizes(low) => format!("an integer of at least {low}, or one for each axis"),
            Self::Integers(low) => format!("an integer of at least {low}, or a list of them"),
            Self::Float(range) => range.describe(),
            Self::Vector(range) => format!("{}, or one for each axis", range.describe()),
            Self::Floats(range) => format!("a list, each entry {}", range.describe()),
            Self::Quantity(range, names) => {
                format!("{}, or an expression in {}", range.describe(), names.join(", "))
            }
            Self::Formula(names) => format!("an expression in {}", names.join(", ")),
            Self::WordOrFormula(word, names) => {
                format!("\"{word}\" or an expression in {}", names.join(", "))
            }
            Self::Formulas(names) => format!("a list of expressions in {}", names.join(", ")),
        }
    }

    /// Whether it holds numbers.
    pub fn is_numeric(&self) -> bool {
        !matches!(
            self,
            Self::Text
                | Self::Unit(_)
                | Self::Flag
                | Self::Choice(_)
                | Self::Choices(_)
                | Self::Words(_)
                | Self::Texts
        )
    }

    /// Whether it may hold this word.
    pub fn has_word(&self, word: &str) -> bool {
        matches!(self, Self::Choice(words) | Self::Choices(words) if words.contains(&word))
    }

    /// The variables of its expressions.
    pub fn variables(&self) -> Variables {
        match self {
            Self::Quantity(_, names)
            | Self::Formula(names)
            | Self::WordOrFormula(_, names)
            | Self::Formulas(names) => names,
            _ => &[],
        }
    }

    /// The same, where space has this dimension.
    pub fn describe_in(&self, dimension: Option<usize>) -> String {
        let reached = |names: Variables| names_in(names, dimension).join(", ");
        match self {
            Self::Quantity(range, names) => {
                format!("{}, or an expression in {}", range.describe(), reached(names))
            }
            Self::Formula(names) => format!("an expression in {}", reached(names)),
            Self::Formulas(names) => format!("a list of expressions in {}", reached(names)),
            _ => self.describe(),
        }
    }
}

/// `"a", "b", "c"`.
pub fn quoted(words: &[&str]) -> String {
    words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
}

/// The variables that are known in this dimension; all of them if it is not known itself.
pub fn names_in(variables: Variables, dimension: Option<usize>) -> Vec<&'static str> {
    let reached = |name: &&str| match *name {
        "y" => dimension.is_none_or(|d| d > 1),
        "z" => dimension.is_none_or(|d| d > 2),
        _ => true,
    };
    variables.iter().copied().filter(reached).collect()
}

impl Key {
    /// Everything about the key in words: meaning, what it may hold, default, when it applies.
    pub fn describe(&self) -> String {
        let mut text = self.doc.to_string();
        if let Some(only) = self.only {
            let words = quoted(only.among).replace(", ", " or ");
            text += &format!(" Only with {} = {words}.", only.key);
        }
        text += &format!(" Holds {}.", self.kind.describe());
        if let Some(measures) = self.measures().filter(|measures| !measures.is_number()) {
            text += &format!(" One is worth {measures}.");
        }
        text + &match (self.default, self.only) {
            (Fallback::Required, None) => " Required.".to_string(),
            (Fallback::Required, Some(_)) => " Required there.".to_string(),
            (Fallback::Value(value), _) => format!(" Default: {value}."),
            (Fallback::Derived(words), _) => format!(" Default: {words}."),
        }
    }
}
