//! A commented file to start from.

use super::key::{Fallback, Key};
use super::table::Table;

/// A file that begins with `head`. Every key of the table is in it, the optional ones as comments.
pub(crate) fn template(table: &Table, head: &str) -> String {
    let mut text = head.to_string();
    table.of_section("").for_each(|key| entry(&mut text, key));
    for (section, doc) in table.sections {
        let heading = if table.is_apart(section) {
            format!("#[{section}.NAME]")
        } else {
            format!("[{section}]")
        };
        text += &format!("{heading}\n# {doc}\n\n");
        table.of_section(section).for_each(|key| entry(&mut text, key));
    }
    for group in table.groups.iter().filter(|group| !table.has_section(group.name)) {
        text += &format!("#[{}.NAME]\n", group.name);
        wrap(group.doc, 96).iter().for_each(|line| text += &format!("# {line}\n"));
        text += "\n";
    }
    text.trim_end().to_string() + "\n"
}

fn entry(text: &mut String, key: &Key) {
    for line in wrap(&key.describe(), 96) {
        *text += &format!("# {line}\n");
    }
    let name = key.split().1;
    *text += &match (key.live, key.default) {
        (true, _) => format!("{name} = {}\n\n", key.sample),
        (false, Fallback::Value(value)) => format!("#{name} = {value}\n\n"),
        (false, _) => format!("#{name} = {}\n\n", key.sample),
    };
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            *line = word.into();
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            *line += &format!(" {word}");
        } else {
            lines.push(word.into());
        }
    }
    lines
}
