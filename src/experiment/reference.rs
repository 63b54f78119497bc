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
- Where `[units]` says what one unit of the file is, a number may be given with its own unit, such as
  `\"22 um/s\"`; \"one is worth\" tells of each key what its plain numbers count ([units.md](units.md)).
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
        text += &format!(
            "\n## {heading}\n\n{doc}\n\n| key | meaning | holds | one is worth | default |\n"
        );
        text += "|---|---|---|---|---|\n";
        TABLE.of_section(section).for_each(|key| text += &row(key));
    }
    text += SEVERAL;
    for group in TABLE.groups {
        text += &format!("- {}\n", plain(group.doc));
    }
    text += &format!("{NAMES}\n```toml\n{EXAMPLE}```\n");
    text + &language()
}

const SEVERAL: &str = "
## Several populations, signals and reactions

A file with none of these sections speaks of one population, one signal and no reaction. What there may be
several of stands in sections under a name:

";

const NAMES: &str = "
- **What holds for all.** `[domain]`, `[time]` and the other sections stand once. What a population does not say in
  its `velocity`, `kernel`, `cells` and `deposit` is taken from the sections `[velocity]`, `[kernel]`, `[cells]` and
  `[deposit]` at the top, key by key, and only then from the defaults; `[signal]` does the same for all
  signals. A key at the top that each of them has itself is an error, also as `--set`: write
  `--set populations.virus.cells.count=1000`.
- **Names.** Letters, digits and `_`, a letter first; none that expressions know already, and none twice. They are
  what else in the file names: `senses` a signal, or a weighted sum of several, `\"food - 0.5*poison\"`;
  `producers`, `of`, `to`, `by` and `makes` populations. Populations and signals are at most 16 together.
- **Variables.** Rates of signals and reactions and `cells.growth` are expressions in the density of each population
  and in each signal, by name, and in `x`, `y`, `z` and `t`. Without named populations the density is `rho`,
  without named signals the signal is `S`. In a kernel `S` is what it senses, whatever its name.
- **Kernels of several terms.** `[populations.NAME.terms.NAME]`, or `[terms.NAME]` where populations have no
  names, adds a term to `kernel`. It has the keys of a kernel and senses a signal of its own; `q`, `p`,
  `negative` and `bound` are those of the sum, and stand in `kernel`. Up to 4 terms.
- **Signals that are densities.** `equation = \"density\"` is the density of `producers`, smoothed as it is deposited:
  so a population senses another one, or itself.
- **Numbers of cells.** Two of `count`, `mass` and `weight` give the third. `count = 0` with a `weight` is a
  population that is yet to be made. With `least` and `most` cells are split and merged, so that a population
  may grow and shrink by powers of ten.
- **Sweeps** in cells, bandwidth or delta set the value of the first population that has cells, or of the first signal
  that has a delta; the others change in proportion.

Cells that eat, and that follow their food and one another:
";

/// Everything that there may be several of, in one short file.
const EXAMPLE: &str = "dimension = 1
epsilon = 0.1

[domain]
lower = 0
upper = 4
grid = 32

[kernel]                        # of both populations
model = \"local\"
lambda = 1

[populations.eaters.kernel]
a = 0.2
senses = \"food\"

[populations.eaters.terms.company]
model = \"local\"
lambda = 1
a = 0.1
senses = \"crowd\"

[populations.eaters.cells]
count = 2000
mass = 1
density = { shape = \"cosine\", amplitude = 0.5 }

[populations.resting]
kernel = { senses = \"food\" }
cells = { count = 0, weight = 0.0005 }

[signals.food]                  # dfood/dt = Lap food - eaters food
equation = \"parabolic\"
production = 0
decay = \"eaters\"
initial = 1

[signals.crowd]                 # the density of all
equation = \"density\"

[reactions.hunger]              # eaters come to rest where there is no food
kind = \"conversion\"
of = \"eaters\"
to = \"resting\"
rate = \"0.5/(1 + food)\"

[reactions.division]
kind = \"division\"
of = \"eaters\"
rate = \"0.2*food\"

[time]
end = 1
step = 0.05
";

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
    let measures = key.measures().filter(|measures| !measures.is_number());
    let measures = measures.map_or(String::new(), |measures| plain(&measures.to_string()));
    let meaning = plain(key.doc) + &plain(&only);
    let cells = [format!("`{name}`"), meaning, plain(&kind), measures, default];
    format!("| {} |\n", cells.join(" | "))
}

/// Text in which Markdown sees no table, emphasis or HTML; the emphasis of a condition stays.
fn plain(text: &str) -> String {
    let emphasised = text.starts_with(" *Only");
    let text = text.replace('|', "\\|").replace('<', "&lt;").replace('_', "\\_");
    if emphasised { text } else { text.replace('*', "\\*") }
}

#[test]
fn the_example_of_several_is_an_experiment() {
    let loaded = crate::experiment::read(EXAMPLE, "example.toml", &[]);
    let e = loaded.unwrap_or_else(|problems| panic!("{problems}")).experiment;
    assert_eq!([e.populations.len(), e.signals.len(), e.reactions.len()], [2; 3]);
    assert_eq!(e.populations[0].kernel.terms.len(), 2);
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
