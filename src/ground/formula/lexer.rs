//! From text to numbers, names and signs.

use super::misread::Misread;

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Its first character, counted from 1.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Number(f64),
    Name,
    Sign,
}

/// Longer ones first.
const SIGNS: &[&str] = &["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "^", "(", ")", ","];

/// What people write in place of our signs, longer ones first.
const FOREIGN: &[(&str, &str)] = &[
    ("**", "^"),
    ("&&", "and"),
    ("||", "or"),
    ("&", "and"),
    ("|", "abs(...) or the word or"),
    ("!", "not"),
    ("=", "=="),
    ("−", "-"),
    ("–", "-"),
    ("×", "*"),
    ("·", "*"),
    ("⋅", "*"),
    ("÷", "/"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("√", "sqrt(...)"),
    ("²", "^2"),
    ("³", "^3"),
    ("[", "("),
    ("]", ")"),
    ("{", "("),
    ("}", ")"),
    ("%", "x - y*floor(x/y) for a remainder"),
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Misread> {
    let (mut tokens, mut rest, mut at) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            c if c.is_whitespace() => (None, c.len_utf8()),
            c if is_name(c) && !c.is_ascii_digit() => (Some(Kind::Name), name(rest)),
            _ => match literal(rest) {
                0 => (Some(Kind::Sign), sign(rest, at)?),
                length => (Some(Kind::Number(number(rest, length, at)?)), length),
            },
        };
        let (token, after) = rest.split_at(length);
        tokens.extend(kind.map(|kind| Token { kind, text: token, at }));
        at += token.chars().count();
        rest = after;
    }
    Ok(tokens)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() && !"²³".contains(c) || c == '_'
}

fn name(text: &str) -> usize {
    text.find(|c| !is_name(c)).unwrap_or(text.len())
}

fn sign(text: &str, at: usize) -> Result<usize, Misread> {
    if let Some((foreign, ours)) = FOREIGN.iter().find(|(foreign, _)| text.starts_with(foreign))
        && !["==", "!="].iter().any(|sign| text.starts_with(sign))
    {
        let message = format!("'{foreign}' at character {at} is not known");
        return Err(Misread::new(message, format!("Write {ours}.")));
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign));
    sign.map(|sign| sign.len()).ok_or_else(|| {
        let c = text.chars().next().unwrap_or_default();
        let message = format!("{c:?} at character {at} is no part of an expression");
        Misread::new(message, "Remove it.")
    })
}

/// Length of the number that `text` begins with; 0 if there is none.
fn literal(text: &str) -> usize {
    let digits = |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
    let mantissa = whole + fraction;
    if whole == 0 && fraction < 2 {
        return 0;
    }
    let exponent = text[mantissa..].strip_prefix(['e', 'E']).map_or(0, |rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        match digits(&rest[sign..]) {
            0 => 0,
            n => 1 + sign + n,
        }
    });
    mantissa + exponent
}

fn number(text: &str, length: usize, at: usize) -> Result<f64, Misread> {
    let (literal, after) = text.split_at(length);
    let value: f64 = literal.parse().unwrap_or(f64::NAN);
    let whole = || &text[..length + after.find(|c| !is_name(c) && c != '.').unwrap_or(after.len())];
    let no_number =
        |remedy| Err(Misread::new(format!("'{}' at character {at} is no number", whole()), remedy));
    let mantissa = literal.split(['e', 'E']).next().unwrap_or_default();
    if after.starts_with('.') {
        return no_number("Write one decimal point.");
    }
    if !value.is_finite() {
        return no_number("It is above 1.8e308, the largest that can be computed with.");
    }
    if value == 0.0 && mantissa.contains(|c| ('1'..='9').contains(&c)) {
        return no_number("It is below 5e-324, the least that can be computed with.");
    }
    Ok(value)
}
