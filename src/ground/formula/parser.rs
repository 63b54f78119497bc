//! From tokens to instructions, by precedence.
//!
//! or < and < not < comparisons < + - < * / < sign < ^, and ^ binds to the right: 2^3^2 = 2^(3^2),
//! -x^2 = -(x^2), 10^-x^2 = 10^(-(x^2)).

use super::code::{Arithmetic, Code, Source, Unary};
use super::language::{COMPARISONS, CONSTANTS, Call, FUNCTIONS, WORDS, and, not, or};
use super::lexer::{Kind, Token, tokens};
use super::misread::Misread;
use crate::spelling::nearest;

/// Parts within one another, of which a pair of parentheses makes up to two.
const DEEPEST: usize = 200;
/// Characters of an expression.
const LONGEST: usize = 100_000;

/// How tightly operators bind.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGN: u8 = 7;
const POWER: u8 = 8;

/// Whether a part is a number, or true or false.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sort {
    Number,
    Condition,
}

/// A part that has been read.
#[derive(Clone, Copy, Debug)]
struct Part {
    sort: Sort,
    /// Where its instructions start.
    start: usize,
    /// Where it stands in the text.
    at: usize,
}

/// What joins two parts.
#[derive(Clone, Copy)]
enum Operator {
    Logic(fn(f64, f64) -> f64),
    Comparison(fn(f64, f64) -> f64),
    Arithmetic(Arithmetic),
    Power,
}

/// The instructions of `text` in these variables.
pub(super) fn parse(text: &str, variables: &[&str]) -> Result<Code, Misread> {
    if text.len() > LONGEST {
        let message = format!("is longer than {LONGEST} characters");
        return Err(Misread::new(message, "Shorten it."));
    }
    let tokens = tokens(text)?;
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens, next: 0, end, depth: 0, code: Code::default(), variables };
    let all = parser.part(OR)?;
    if let Some(token) = parser.peek() {
        return Err(parser.left_over(token));
    }
    parser.want(all, Sort::Number)?;
    Ok(parser.code.finished())
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    /// The place after the last character.
    end: usize,
    depth: usize,
    code: Code,
    variables: &'a [&'a str],
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).copied()
    }

    /// Passes the sign or word `text`, if it comes next.
    fn pass(&mut self, text: &str) -> bool {
        let passes = self.peek().is_some_and(|token| token.text == text);
        self.next += usize::from(passes);
        passes
    }

    /// Operators that bind at least as tightly as `least`, and what stands between them.
    fn part(&mut self, least: u8) -> Result<Part, Misread> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let at = self.peek().map_or(self.end, |token| token.at);
            let message = format!("is nested too deep at character {at}");
            return Err(Misread::new(message, "Simplify it."));
        }
        let mut left = self.operand()?;
        while let Some((operator, binds)) = self.peek().and_then(operator)
            && binds >= least
        {
            let token = self.tokens[self.next];
            self.next += 1;
            let right = self.part(if binds == POWER { binds } else { binds + 1 })?;
            left = self.join(left, (operator, token), right)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn join(
        &mut self,
        left: Part,
        (operator, token): (Operator, Token<'a>),
        right: Part,
    ) -> Result<Part, Misread> {
        let logic = matches!(operator, Operator::Logic(_));
        let compared = matches!(operator, Operator::Comparison(_));
        let taken = if logic { Sort::Condition } else { Sort::Number };
        if compared && left.sort == Sort::Condition {
            let message =
                format!("'{}' at character {} compares a comparison", token.text, token.at);
            return Err(Misread::new(message, "Join them by and, as in 0 < x and x < 1."));
        }
        self.want(left, taken)?;
        self.want(right, taken)?;
        match operator {
            Operator::Logic(f) | Operator::Comparison(f) => self.code.binary(f, left.start),
            Operator::Arithmetic(what) => self.code.arithmetic(what, left.start, right.start),
            Operator::Power => self.code.power(left.start, right.start),
        }
        let sort = if logic || compared { Sort::Condition } else { Sort::Number };
        Ok(Part { sort, ..left })
    }

    /// What an operator takes: a number, a name, a call, parentheses, with any signs before.
    fn operand(&mut self) -> Result<Part, Misread> {
        let Some(token) = self.peek() else { return Err(self.ends()) };
        self.next += 1;
        let here = Part { sort: Sort::Number, start: self.code.end(), at: token.at };
        match (token.kind, token.text) {
            (Kind::Number(x), _) => {
                self.code.load(Source::Number(x));
                Ok(here)
            }
            (_, "-") => self.signed(here, SIGN, Sort::Number, Some(Unary::Negate)),
            (_, "+") => self.signed(here, SIGN, Sort::Number, None),
            (_, "not") => self.signed(here, NOT, Sort::Condition, Some(Unary::Call(not))),
            (_, "(") => {
                let inner = self.part(OR)?;
                self.close(token)?;
                Ok(Part { at: token.at, ..inner })
            }
            (Kind::Name, name) => self.named(here, name),
            (_, text) => Err(Misread::new(
                format!("a value is missing before '{text}' at character {}", token.at),
                "Add a number, a name or an expression in parentheses there.",
            )),
        }
    }

    /// A sign or `not`, and what it belongs to.
    fn signed(
        &mut self,
        here: Part,
        binds: u8,
        sort: Sort,
        f: Option<Unary>,
    ) -> Result<Part, Misread> {
        let inner = self.part(binds)?;
        self.want(inner, sort)?;
        f.into_iter().for_each(|f| self.code.unary(f, here.start));
        Ok(Part { sort, ..here })
    }

    fn named(&mut self, here: Part, name: &'a str) -> Result<Part, Misread> {
        let called = self.peek().is_some_and(|token| token.text == "(");
        let function = FUNCTIONS.iter().find(|function| function.name == name);
        let constant = CONSTANTS.iter().find(|constant| constant.name == name);
        let variable = self.variables.iter().position(|variable| *variable == name);
        let source = variable.map(Source::Variable).or(constant.map(|c| Source::Number(c.value)));
        match (source, function, called) {
            (_, Some(function), true) => self.call(here, function.name, function.call),
            (Some(source), _, false) => {
                self.code.load(source);
                Ok(here)
            }
            (Some(_), _, true) => {
                let message = format!("'{name}' at character {} is no function", here.at);
                Err(Misread::new(message, format!("Write {name}*(...) for a product.")))
            }
            (_, Some(_), false) => {
                let message = format!("'{name}' at character {} is a function", here.at);
                Err(Misread::new(message, format!("Write {name}(...).")))
            }
            _ if name == "if" && called => self.choice(here),
            _ if WORDS.contains(&name) => Err(Misread::new(
                format!("'{name}' at character {} stands alone", here.at),
                "Write if(condition, value, other), x and y, x or y, not x.",
            )),
            _ => Err(self.unknown(here.at, name, called)),
        }
    }

    fn call(&mut self, here: Part, name: &str, call: Call) -> Result<Part, Misread> {
        let parts = self.values(match call {
            Call::Many(f) => Some(f),
            _ => None,
        })?;
        if !call.takes(parts.len()) {
            return Err(arity(here.at, name, call.describe(), parts.len()));
        }
        parts.iter().try_for_each(|part| self.want(*part, Sort::Number))?;
        match call {
            Call::One(f) => self.code.unary(of_name(name, f), here.start),
            Call::Two(f) => self.code.binary(f, here.start),
            Call::Many(_) => {}
        }
        Ok(here)
    }

    /// if(condition, value, other).
    fn choice(&mut self, here: Part) -> Result<Part, Misread> {
        let parts = self.values(None)?;
        let [condition, yes, no] = parts[..] else {
            return Err(arity(here.at, "if", "a condition and 2 values", parts.len()));
        };
        self.want(condition, Sort::Condition)?;
        self.want(yes, Sort::Number)?;
        self.want(no, Sort::Number)?;
        self.code.select(here.start);
        Ok(here)
    }

    /// `(x, y, ...)`, joined one by one if `join` says how.
    fn values(&mut self, join: Option<fn(f64, f64) -> f64>) -> Result<Vec<Part>, Misread> {
        let open = self.tokens[self.next];
        self.next += 1;
        if self.pass(")") {
            return Ok(vec![]);
        }
        let mut parts = vec![self.part(OR)?];
        while self.pass(",") {
            parts.push(self.part(OR)?);
            if let Some(f) = join {
                self.want(parts[parts.len() - 1], Sort::Number)?;
                self.code.binary(f, parts[0].start);
            }
        }
        self.close(open)?;
        Ok(parts)
    }

    fn close(&mut self, open: Token) -> Result<(), Misread> {
        if self.pass(")") {
            return Ok(());
        }
        Err(match self.peek() {
            Some(token) if token.text != "," => self.left_over(token),
            Some(token) => Misread::new(
                format!("',' at character {} stands between no values of a function", token.at),
                "Write a decimal point as 0.5.",
            ),
            None => Misread::new(
                format!("'(' at character {} is not closed", open.at),
                "Add a ) where it ends.",
            ),
        })
    }

    fn want(&self, part: Part, sort: Sort) -> Result<(), Misread> {
        match (sort, part.sort) {
            (Sort::Number, Sort::Condition) => Err(Misread::new(
                format!("what starts at character {} is true or false, and no number", part.at),
                "Write if(condition, value, other).",
            )),
            (Sort::Condition, Sort::Number) => Err(Misread::new(
                format!("what starts at character {} is a number, and no condition", part.at),
                "Compare it with another one, as in x > 0.",
            )),
            _ => Ok(()),
        }
    }

    /// The text ends where a value should stand.
    fn ends(&self) -> Misread {
        match self.tokens.last() {
            None => Misread::new("is empty", "Write an expression."),
            Some(token) => Misread::new(
                format!("nothing follows '{}' at character {}", token.text, token.at),
                "Add a number, a name or an expression in parentheses there.",
            ),
        }
    }

    /// A token that does not go on with what stands before it.
    fn left_over(&self, token: Token) -> Misread {
        let (at, text) = (token.at, token.text);
        match text {
            ")" => Misread::new(
                format!("')' at character {at} closes nothing"),
                "Remove it, or add a ( before.",
            ),
            "," => Misread::new(
                format!("',' at character {at} stands between no values of a function"),
                "Write a decimal point as 0.5.",
            ),
            _ => {
                let before = self.tokens[self.next - 1].text;
                let missing =
                    format!("no operator between '{before}' and '{text}' at character {at}");
                let product = if [")", "("].contains(&text) { "(...)" } else { text };
                let left = if before == ")" { "(...)" } else { before };
                let exponent = match ["e", "E"].contains(&text) {
                    true => ", or digits after it for a power of ten",
                    false => "",
                };
                Misread::new(missing, format!("Write {left}*{product} for a product{exponent}."))
            }
        }
    }

    fn unknown(&self, at: usize, name: &str, called: bool) -> Misread {
        let functions = || FUNCTIONS.iter().map(|function| function.name);
        let constants = || CONSTANTS.iter().map(|constant| constant.name);
        let variables = || self.variables.iter().copied();
        let (what, near, known) = if called {
            let known = functions().collect::<Vec<_>>().join(", ");
            let near = nearest(name, functions()).or(variables().find(|v| *v == name));
            ("function", near, format!("The functions are {known} and if."))
        } else {
            let known = match self.variables {
                [] => "No variable is known here.".to_string(),
                variables => format!("The variables known here are {}.", variables.join(", ")),
            };
            ("name", nearest(name, variables().chain(constants()).chain(functions())), known)
        };
        let message = format!("unknown {what} '{name}' at character {at}");
        let remedy = match (name, near) {
            ("pow", _) => "Write x^y for a power.".to_string(),
            (_, Some(near)) => format!("Did you mean {near}? {known}"),
            _ => known,
        };
        Misread::new(message, remedy)
    }
}

/// The function of this name.
fn of_name(name: &str, f: fn(f64) -> f64) -> Unary {
    match name {
        "sqrt" => Unary::Root,
        "abs" => Unary::Absolute,
        _ => Unary::Call(f),
    }
}

fn arity(at: usize, name: &str, takes: &str, given: usize) -> Misread {
    let message = format!("{name} at character {at} takes {takes}, and {given} stand there");
    Misread::new(message, format!("Give {takes}, with commas between them."))
}

fn operator(token: Token) -> Option<(Operator, u8)> {
    let comparison = || COMPARISONS.iter().find(|(sign, _)| *sign == token.text);
    Some(match token.text {
        "or" => (Operator::Logic(or), OR),
        "and" => (Operator::Logic(and), AND),
        "+" => (Operator::Arithmetic(Arithmetic::Add), SUM),
        "-" => (Operator::Arithmetic(Arithmetic::Subtract), SUM),
        "*" => (Operator::Arithmetic(Arithmetic::Multiply), PRODUCT),
        "/" => (Operator::Arithmetic(Arithmetic::Divide), PRODUCT),
        "^" => (Operator::Power, POWER),
        _ => (Operator::Comparison(comparison()?.1), COMPARISON),
    })
}
