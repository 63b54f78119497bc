//! `docs/experiment-file.md` is made from the table of keys and kept equal to it.
//!
//! To write it anew: `UPDATE_DOCS=1 cargo test --release reference`.

use super::keys::{Fallback, KEYS, Key, SECTIONS, quoted};

const PREFACE: &str = "# The experiment file

An experiment is a TOML file; `kinetaxis new FILE` writes a commented one and `kinetaxis check FILE`
validates it. Every problem is reported at once, with its line and a remedy. An unknown key is an
error, and so is a key that has no effect with the others. `--set key=value` overrides a key on the
command line, and `kinetaxis schema` prints a JSON Schema for editors.

- A number may also be a constant expression in quotes, such as `\"2/PI\"`.
- An expression may use + - * / ^, parentheses, the usual functions (`exp`, `ln`, `sqrt`, `sin`,
  `tanh`, ...), `PI` and `E`, and the variables named below; `y` and `z` only where the dimension
  reaches them.
- \"One for each axis\" is a list of `dimension` entries; a single value is repeated.

This page is made from the table in `src/experiment/keys.rs`. After a change there, write it anew
with `UPDATE_DOCS=1 cargo test --release reference`.
";

fn markdown() -> String {
    let mut text = PREFACE.to_string();
    let top = ("", "Keys above the first section.");
    for (section, doc) in std::iter::once(&top).chain(SECTIONS) {
        let heading = if section.is_empty() { "Top".into() } else { format!("`[{section}]`") };
        text += &format!("\n## {heading}\n\n{doc}\n\n| key | meaning | holds | default |\n");
        text += "|---|---|---|---|\n";
        KEYS.iter().filter(|key| key.split().0 == *section).for_each(|key| text += &row(key));
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
