//! `docs/experiment-file.md` is made from the table of keys and kept equal to it.
//!
//! To write it anew: `UPDATE_DOCS=1 cargo test --release reference`.

use super::keys::TABLE;
use crate::formula::language::{CONSTANTS, FUNCTIONS};
use crate::schema::{Fallback, Key, quoted};

const PREFACE: &str = "# The experiment file

An experiment is a TOML file; `kinetaxis new FILE` writes a commented one and `kinetaxis check FILE`
validates it. Every problem is reported at once, with its line and a remedy. An unknown key is an
error, and so is a key that has no effect with the others. `--set key=value` overrides a key on the
command line, and `kinetaxis schema` prints a JSON Schema for editors.

- A number may also be a constant expression in quotes, such as `\"2/PI\"`.
- An expression is written as [below](#expressions), in the variables named beside its key; `y` and
  `z` only where the dimension reaches them.
- A number other than 0 has a size from 1e-30 to 1e30.
- \"One for each axis\" is a list of `dimension` entries; a single value is repeated.

This page is made from the table in `src/experiment/keys.rs`. After a change there, write it anew
with `UPDATE_DOCS=1 cargo test --release reference`.
";

fn markdown() -> String {
    let mut text = PREFACE.to_string();
    let top = ("", "Keys above the first section.");
    for (section, doc) in std::iter::once(&top).chain(TABLE.sections) {
        let heading = match *section {
            "" => "Top".into(),
            section if TABLE.is_apart(section) => format!("`[{section}.NAME]`"),
            section => format!("`[{section}]`"),
        };
        text += &format!("\n## {heading}\n\n{doc}\n\n| key | meaning | holds | default |\n");
        text += "|---|---|---|---|\n";
        TABLE.of_section(section).for_each(|key| text += &row(key));
    }
    text += "\n## Several\n\n";
    for group in TABLE.groups {
        text += &format!("- {}\n", plain(group.doc));
    }
    text + &language()
}

const LANGUAGE: &str = "
## Expressions

Numbers are written as `2`, `0.5` or `1e-3`, and a product needs its `*`: `2*x`. From what binds least
to what binds most:

| written | meaning |
|---|---|
| `or` | true if one of two conditions is |
| `and` | true if both are |
| `not` | true if the condition is not |
| `<` `<=` `>` `>=` `==` `!=` | a condition of two numbers; two are joined by `and`: `0 < x and x < 1` |
| `+` `-` | sum, difference |
| `*` `/` | product, quotient; from the left: `1/2*x` = `(1/2)*x` |
| `-` | the sign: `-x^2` = `-(x^2)` |
| `^` | power; from the right: `2^3^2` = `2^(3^2)`, `10^-x^2` = `10^(-(x^2))` |
| `if(condition, value, other)` | the value if the condition holds, else the other |

Values are f64, angles are radians. What is no number stays none: `max(0, ln(-1))` and
`if(ln(-1) < 0, 1, 2)` are none, but the branch that is not taken does no harm. An expression is at
most 100000 characters long, and some 100 parentheses deep.
";

/// What an expression may hold, from the tables of the language.
fn language() -> String {
    let mut text = LANGUAGE.to_string() + "\n| constant | value |\n|---|---|\n";
    for constant in CONSTANTS {
        text += &format!("| `{}` | {} |\n", constant.name, constant.doc);
    }
    text += "\n| function | takes | value |\n|---|---|---|\n";
    for function in FUNCTIONS {
        let doc = plain(function.doc);
        text += &format!("| `{}` | {} | {doc} |\n", function.name, function.call.describe());
    }
    text
}

fn row(key: &Key) -> String {
    let only = key.only.map_or(String::new(), |only| {
        let words = quoted(only.among).replace(", ", " or ");
        format!(" *Only with {} = {words}.*", only.key)
    });
    let default = match key.default {
        Fallback::Required => "required".to_string(),
        Fallback::Value(value) => format!("`{value}`"),
        Fallback::Derived(words) => words.to_string(),
    };
    let (name, kind) = (key.split().1, key.kind.describe());
    let cells = [format!("`{name}`"), plain(key.doc) + &plain(&only), plain(&kind), default];
    format!("| {} |\n", cells.join(" | "))
}

/// Text in which Markdown sees no table, emphasis or HTML; the emphasis of a condition stays.
fn plain(text: &str) -> String {
    let emphasised = text.starts_with(" *Only");
    let text = text.replace('|', "\\|").replace('<', "&lt;").replace('_', "\\_");
    if emphasised { text } else { text.replace('*', "\\*") }
}

#[test]
fn the_page_of_the_keys_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/experiment-file.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, markdown()).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == markdown(),
        "docs/experiment-file.md differs from src/experiment/keys.rs; write it anew with \
         UPDATE_DOCS=1 cargo test --release reference"
    );
}
