//! Values against an evaluator that walks a tree, messages word by word, and any text at all.

use super::Formula;
use super::language::{Call, FUNCTIONS};
use proptest::prelude::*;
use std::fmt;

fn value(text: &str) -> f64 {
    Formula::parse(text, &["x", "y"]).unwrap_or_else(|e| panic!("{text}: {e}")).eval(&[3.0, -0.5])
}

#[test]
fn arguments_are_bound_by_name_not_by_alphabet() {
    let f = Formula::parse("t - 10*S", &["x", "S", "t"]).unwrap();
    assert_eq!(f.eval(&[9.0, 2.0, 1.0]), -19.0);
    assert!(f.uses("S") && f.uses("t") && !f.uses("x"));
}

#[test]
fn exponents_and_bare_points_are_read() {
    let f = |text: &str| Formula::parse(text, &["x1", "x2e3"]).unwrap().eval(&[7.0, 5.0]);
    assert_eq!(f("1e-3*x1 + 2.E+2 - .5e1"), 1e-3 * 7.0 + 200.0 - 5.0);
    assert_eq!(f("x2e3 + 3.*1e300*1e-300"), 8.0);
    assert_eq!(f("2\t*\n x1"), 14.0);
}

/// As in mathematics: powers bind to the right, and a sign comes after them.
#[test]
fn precedence_is_that_of_mathematics() {
    for (text, wanted) in [
        ("2^3^2", 512.0),
        ("(2^3)^2", 64.0),
        ("10^-x^2", 1e-9),
        ("2^-x", 0.125),
        ("2^-x*4", 0.5),
        ("-x^2", -9.0),
        ("(-x)^2", 9.0),
        ("exp( - x^2)", (-9.0_f64).exp()),
        ("1 - x^2", -8.0),
        ("2*-x^2", -18.0),
        ("18/-x^2", -2.0),
        ("18/- -x^2", 2.0),
        ("1 - -x^2 + -x", 7.0),
        ("--x^2", 9.0),
        ("+x - +x", 0.0),
        ("-cos(0)^2*x + 1", -2.0),
        ("atan2(-x, -x^2)", (-3.0_f64).atan2(-9.0)),
        ("-1e-3*x", -3e-3),
        ("24/2/3", 4.0),
        ("24/2*3", 36.0),
        ("2 - 3 - 4", -5.0),
        ("2 - (3 - 4)", 3.0),
        ("x - 4", -1.0),
        ("4 - x", 1.0),
        ("(x + 1) - (x - 1)", 2.0),
        ("(x + 1)/(x - 1)", 2.0),
        ("6/(x - 1)", 3.0),
        ("x^2*y^3 + x^4", 81.0 - 1.125),
        ("if(x > 2 and not y > 0 or 1 > 2, x, y)", 3.0),
        ("if(1 > 2 and 1 > 2 or 2 > 1, 1, 0)", 1.0),
        ("if(not 1 > 2 and 1 > 2, 1, 0)", 0.0),
        ("1 + if(x + 1 < 2*x, 1, 2)", 2.0),
        ("if(x == 3 and x >= 3 and x <= 3 and x != y, if(y < 0, 5, 6), 7)", 5.0),
    ] {
        assert_eq!(value(text), wanted, "{text}");
    }
}

#[test]
fn every_function_has_its_value() {
    use std::f64::consts::*;
    // At ¼ (and 2), as other sources have them: closed forms, or 20 digits.
    for (text, wanted) in [
        ("abs(-1/4)", 0.25),
        ("sign(-1/4) + 10*sign(0) + 100*sign(1/4)", 99.0),
        ("signum(0) + 10*signum(-2)", -9.0),
        ("min(3, 1/4, 2)", 0.25),
        ("max(1/4, 3, 2)", 3.0),
        ("floor(-1/4)", -1.0),
        ("ceil(1/4)", 1.0),
        ("round(5/2) + 10*round(-1/4)", 3.0),
        ("trunc(-7/4)", -1.0),
        ("fract(-7/4)", -0.75),
        ("sqrt(1/4)", 0.5),
        ("cbrt(-8)", -2.0),
        ("exp(1)", E),
        ("ln(2)", LN_2),
        ("log(2)", LN_2),
        ("log2(1/4)", -2.0),
        ("log10(1000)", 3.0),
        ("sin(PI/6)", 0.5),
        ("cos(π/3)", 0.5),
        ("tan(TAU/8)", 1.0),
        ("asin(1/2)", FRAC_PI_6),
        ("acos(1/2)", FRAC_PI_3),
        ("atan(1)", FRAC_PI_4),
        ("atan2(1, -1)", 0.75 * PI),
        ("sinh(ln(2))", 0.75),
        ("cosh(ln(2))", 1.25),
        ("tanh(ln(2))", 0.6),
        ("asinh(3/4)", LN_2),
        ("acosh(5/4)", LN_2),
        ("atanh(3/5)", LN_2),
        ("erf(1/4)", 0.276_326_390_168_236_93),
        ("erfc(2)", 0.004_677_734_981_047_266),
        ("e + τ - E", TAU),
    ] {
        let found = value(text);
        assert!((found - wanted).abs() <= 4e-16 * wanted.abs().max(1.0), "{text}: {found}");
    }
    let tried = include_str!("tests.rs");
    let calls = FUNCTIONS.iter().map(|f| format!("(\"{}(", f.name));
    calls.for_each(|call| assert!(tried.contains(&call), "{call} is tried nowhere"));
}

/// No function and no condition hides that a value is none.
#[test]
fn none_stays_none() {
    for text in [
        "max(0, ln(-x))",
        "max(ln(-x), 0)",
        "min(ln(-x), 1)",
        "sign(ln(-x))",
        "abs(sqrt(-x))",
        "if(ln(-x) < 0, 1, 2)",
        "if(not ln(-x) == 0, 1, 2)",
        "if(ln(-x) < 0 or x < 0, 1, 2)",
        "if(ln(-x) < 0 and x > 0, 1, 2)",
    ] {
        assert!(value(text).is_nan(), "{text}: {}", value(text));
    }
    // What is certain whatever the missing value is.
    assert_eq!(value("if(x > 0 or ln(-x) < 0, 1, 2)"), 1.0);
    assert_eq!(value("if(x < 0 and ln(-x) < 0, 1, 2)"), 2.0);
    // The branch that is not taken does no harm.
    assert_eq!(value("if(y > 0, ln(y), 7)"), 7.0);
}

#[test]
fn what_is_no_expression_is_told_with_place_and_remedy() {
    for (text, wanted) in [
        ("", "is empty. Write an expression."),
        ("x + q", "unknown name 'q' at character 5. The variables known here are x, y."),
        (
            "pi*x",
            "unknown name 'pi' at character 1. Did you mean PI? The variables known here are x, y.",
        ),
        ("2x", "no operator between '2' and 'x' at character 2. Write 2*x for a product."),
        (
            "2 (x + 1)",
            "no operator between '2' and '(' at character 3. Write 2*(...) for a product.",
        ),
        (
            "(x)(y)",
            "no operator between ')' and '(' at character 4. Write (...)*(...) for a product.",
        ),
        ("sin(x y)", "no operator between 'x' and 'y' at character 7. Write x*y for a product."),
        (
            "3e",
            "no operator between '3' and 'e' at character 2. Write 3*e for a product, or digits after it for a power of ten.",
        ),
        ("x(y + 1)", "'x' at character 1 is no function. Write x*(...) for a product."),
        ("sin x", "'sin' at character 1 is a function. Write sin(...)."),
        ("1.2.3", "'1.2.3' at character 1 is no number. Write one decimal point."),
        (
            "x + 1e999",
            "'1e999' at character 5 is no number. It is above 1.8e308, the largest that can be computed with.",
        ),
        (
            "1e-999",
            "'1e-999' at character 1 is no number. It is below 5e-324, the least that can be computed with.",
        ),
        (
            "0,5",
            "',' at character 2 stands between no values of a function. Write a decimal point as 0.5.",
        ),
        (
            "(0,5)",
            "',' at character 3 stands between no values of a function. Write a decimal point as 0.5.",
        ),
        ("sin((x)", "'(' at character 4 is not closed. Add a ) where it ends."),
        ("x + 1)", "')' at character 6 closes nothing. Remove it, or add a ( before."),
        ("1 + S*", "unknown name 'S' at character 5. The variables known here are x, y."),
        (
            "1 + x*",
            "nothing follows '*' at character 6. Add a number, a name or an expression in parentheses there.",
        ),
        (
            "1 + *x",
            "a value is missing before '*' at character 5. Add a number, a name or an expression in parentheses there.",
        ),
        (
            "sin(x, y)",
            "sin at character 1 takes 1 value, and 2 stand there. Give 1 value, with commas between them.",
        ),
        (
            "1 + atan2(x)",
            "atan2 at character 5 takes 2 values, and 1 stand there. Give 2 values, with commas between them.",
        ),
        (
            "min()",
            "min at character 1 takes 2 or more values, and 0 stand there. Give 2 or more values, with commas between them.",
        ),
        (
            "if(x > 0, 1)",
            "if at character 1 takes a condition and 2 values, and 2 stand there. Give a condition and 2 values, with commas between them.",
        ),
        (
            "if(x, 1, 2)",
            "what starts at character 4 is a number, and no condition. Compare it with another one, as in x > 0.",
        ),
        (
            "1 + (x > 0)",
            "what starts at character 5 is true or false, and no number. Write if(condition, value, other).",
        ),
        (
            "x > 0",
            "what starts at character 1 is true or false, and no number. Write if(condition, value, other).",
        ),
        (
            "if(0 < x < 1, 1, 2)",
            "'<' at character 10 compares a comparison. Join them by and, as in 0 < x and x < 1.",
        ),
        ("if(x = 0, 1, 2)", "'=' at character 6 is not known. Write ==."),
        ("x**2", "'**' at character 2 is not known. Write ^."),
        ("ε - x", "unknown name 'ε' at character 1. The variables known here are x, y."),
        ("x − y", "'−' at character 3 is not known. Write -."),
        ("x²", "'²' at character 2 is not known. Write ^2."),
        ("x # y", "'#' at character 3 is no part of an expression. Remove it."),
        (
            "if + 1",
            "'if' at character 1 stands alone. Write if(condition, value, other), x and y, x or y, not x.",
        ),
        ("pow(x, 2)", "unknown function 'pow' at character 1. Write x^y for a power."),
    ] {
        let told = match Formula::parse(text, &["x", "y"]) {
            Ok(_) => "nothing".to_string(),
            Err(e) => e.to_string(),
        };
        assert_eq!(told, wanted, "{text}");
    }
    let e = Formula::parse("cso(x)", &["x"]).unwrap_err();
    assert!(e.remedy.starts_with("Did you mean cos? The functions are abs, "), "{e}");
}

/// Neither depth nor length reaches the end of the machine's stack.
#[test]
fn depth_and_length_are_bounded() {
    let nested = |n: usize| format!("{}x{}", "(1 + ".repeat(n), ")".repeat(n));
    assert_eq!(value(&nested(90)), 93.0);
    for text in [
        nested(250),
        nested(15_000),
        "-".repeat(90_000) + "x",
        "2^".repeat(45_000) + "x",
        "not ".repeat(20_000),
        "sin(".repeat(20_000),
    ] {
        let e = Formula::parse(&text, &["x"]).unwrap_err();
        assert!(e.message.contains("is nested too deep"), "{e}");
    }
    assert_eq!(value(&("x + ".repeat(20_000) + "x")), 60_003.0);
    assert_eq!(value(&format!("max({}x)", "y, ".repeat(30_000))), 3.0);
    let e = Formula::parse(&"x + ".repeat(30_000), &["x"]).unwrap_err();
    assert_eq!(e.message, "is longer than 100000 characters");
}

/// An expression as a tree, written with as few parentheses as the rules allow.
#[derive(Clone, Debug)]
enum Tree {
    Number(f64),
    Variable(usize),
    Negative(Box<Tree>),
    Join(char, Box<[Tree; 2]>),
    Call(usize, Vec<Tree>),
    If(&'static str, Box<[Tree; 4]>),
}

const NAMES: [&str; 2] = ["x", "y"];

impl Tree {
    fn eval(&self, at: &[f64]) -> f64 {
        match self {
            Self::Number(x) => *x,
            Self::Variable(i) => at[*i],
            Self::Negative(inner) => -inner.eval(at),
            Self::Join(sign, parts) => {
                let [x, y] = [parts[0].eval(at), parts[1].eval(at)];
                match sign {
                    '+' => x + y,
                    '-' => x - y,
                    '*' => x * y,
                    '/' => x / y,
                    _ => x.powf(y),
                }
            }
            Self::Call(i, parts) => match FUNCTIONS[*i].call {
                Call::One(f) => f(parts[0].eval(at)),
                Call::Two(f) => f(parts[0].eval(at), parts[1].eval(at)),
                Call::Many(f) => parts.iter().map(|p| p.eval(at)).reduce(f).unwrap(),
            },
            Self::If(sign, parts) => {
                let [x, y] = [parts[0].eval(at), parts[1].eval(at)];
                let holds = match x.partial_cmp(&y) {
                    None => return f64::NAN,
                    Some(order) => match *sign {
                        "<" => order.is_lt(),
                        "<=" => order.is_le(),
                        ">" => order.is_gt(),
                        ">=" => order.is_ge(),
                        "==" => order.is_eq(),
                        _ => order.is_ne(),
                    },
                };
                parts[if holds { 2 } else { 3 }].eval(at)
            }
        }
    }

    /// How tightly it holds together.
    fn binds(&self) -> u8 {
        match self {
            Self::Join('+' | '-', _) => 1,
            Self::Join('*' | '/', _) => 2,
            Self::Negative(_) => 3,
            Self::Join(..) => 4,
            _ => 5,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.binds() < least { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(x) => write!(f, "{x:e}"),
            Self::Variable(i) => write!(f, "{}", NAMES[*i]),
            Self::Negative(inner) => {
                write!(f, "-")?;
                inner.write(f, 3)
            }
            Self::Join(sign, parts) => {
                let own = self.binds();
                let [left, right] = match sign {
                    '^' => [5, 3],
                    _ => [own, own + 1],
                };
                parts[0].write(f, left)?;
                write!(f, " {sign} ")?;
                parts[1].write(f, right)
            }
            Self::Call(i, parts) => {
                write!(f, "{}(", FUNCTIONS[*i].name)?;
                for (n, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if n > 0 { ", " } else { "" })?;
                }
                write!(f, ")")
            }
            Self::If(sign, parts) => {
                let [a, b, c, d] = &**parts;
                write!(f, "if({a} {sign} {b}, {c}, {d})")
            }
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let signs = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let numbers =
        prop_oneof![Just(2.0), Just(0.0), Just(1.0), 0.0..1e3, (-300.0..300.0).prop_map(f64::exp)];
    let leaf = prop_oneof![numbers.prop_map(Tree::Number), (0..2usize).prop_map(Tree::Variable)];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        let join = prop::sample::select(vec!['+', '-', '*', '/', '^']);
        let call = (0..FUNCTIONS.len(), prop::collection::vec(inner.clone(), 2..5));
        prop_oneof![
            inner.clone().prop_map(|t| Tree::Negative(Box::new(t))),
            (join, prop::array::uniform2(inner.clone()))
                .prop_map(|(c, p)| Tree::Join(c, Box::new(p))),
            call.prop_map(|(i, mut parts)| {
                let most = match FUNCTIONS[i].call {
                    Call::One(_) => 1,
                    Call::Two(_) => 2,
                    Call::Many(_) => 5,
                };
                parts.truncate(most);
                Tree::Call(i, parts)
            }),
            (signs.clone(), prop::array::uniform4(inner))
                .prop_map(|(s, p)| Tree::If(s, Box::new(p))),
        ]
    })
}

fn same(found: f64, wanted: f64) -> bool {
    found.to_bits() == wanted.to_bits() || found.is_nan() && wanted.is_nan()
}

/// 2000 cases, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let asked = ProptestConfig::default();
    let cases = if given { asked.cases } else { 2000 };
    ProptestConfig { cases, failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(config())]

    /// What is written is read as what it was, and has its value to the last bit, one by one or many
    /// at a time. Small integer powers are products, so they have their rounding: x^2 is tried apart.
    #[test]
    fn what_is_written_is_read(tree in trees(), x in -3.0..3.0, y in -3.0..3.0) {
        let text = tree.to_string();
        let f = Formula::parse(&text, &NAMES).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        let tree = with_products(tree);
        let wanted = tree.eval(&[x, y]);
        prop_assert!(same(f.eval(&[x, y]), wanted), "{text}: {} for {wanted}", f.eval(&[x, y]));
        let [xs, ys] = [x, y].map(|c| (0..67).map(|i| c + f64::from(i)).collect::<Vec<_>>());
        let mut values = vec![0.0; 67];
        f.eval_all(&[&xs, &ys], &mut values);
        for (i, value) in values.into_iter().enumerate() {
            prop_assert!(same(value, f.eval(&[xs[i], ys[i]])), "{text}");
        }
        let lanes = [&xs, &ys].map(|c| -> [f64; 16] { c[..16].try_into().unwrap() });
        for (i, value) in f.eval_lanes([&lanes[0], &lanes[1]]).into_iter().enumerate() {
            prop_assert!(same(value, f.eval(&[xs[i], ys[i]])), "{text}");
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", pieces in prop::collection::vec(0..PIECES.len(), 0..30)) {
        for text in [text, pieces.iter().map(|i| PIECES[*i]).collect()] {
            if let Err(e) = Formula::parse(&text, &NAMES) {
                prop_assert!(!e.message.is_empty() && e.remedy.ends_with(['.', '?']), "{text}: {e}");
            }
        }
    }
}

/// What expressions, right and wrong, are made of.
const PIECES: &[&str] = &[
    "x", "y", "1", "2.5", "1e", "e-3", ".", "..", "(", ")", ",", "+", "-", "*", "/", "^", "<",
    "<=", "=", "==", "!", "!=", " ", " and ", " or ", " not ", "if(", "sin(", "max(", "atan2(",
    "PI", "π", "²", "−", "\t", "\"", "e", "E", "0", "é", "∂", "pow(", "not(",
];

/// Powers that are computed as products, as such.
fn with_products(tree: Tree) -> Tree {
    let boxed = |t: Tree| Box::new(with_products(t));
    match tree {
        Tree::Join('^', parts) => {
            let [base, exponent] = (*parts).map(with_products);
            // Constants are folded first.
            let whole = exponent.eval(&[f64::NAN; 2]);
            let join = |c, a: &Tree, b: &Tree| Tree::Join(c, Box::new([a.clone(), b.clone()]));
            let square = join('*', &base, &base);
            match whole {
                2.0 => square,
                3.0 => join('*', &square, &base),
                4.0 => join('*', &square, &square),
                _ => Tree::Join('^', Box::new([base, exponent])),
            }
        }
        Tree::Join(c, parts) => Tree::Join(c, Box::new((*parts).map(with_products))),
        Tree::Negative(inner) => Tree::Negative(boxed(*inner)),
        Tree::Call(i, parts) => Tree::Call(i, parts.into_iter().map(with_products).collect()),
        Tree::If(s, parts) => Tree::If(s, Box::new((*parts).map(with_products))),
        leaf => leaf,
    }
}
