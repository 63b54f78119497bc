//! A commented experiment to start from.

use super::keys::{Fallback, KEYS, Key, SECTIONS};

/// The template: aggregation on a plane. Every key is in it, the optional ones as comments.
pub fn template() -> String {
    let mut text = String::from(
        "# An experiment of kinetaxis. A number may also be a constant expression: \"1/(2*PI)\".\n\
         # Keys behind a single # are optional and show their default, or an example.\n\n",
    );
    KEYS.iter().filter(|key| key.split().0.is_empty()).for_each(|key| entry(&mut text, key));
    for (section, doc) in SECTIONS {
        text += &format!("[{section}]\n# {doc}\n\n");
        KEYS.iter().filter(|key| key.split().0 == *section).for_each(|key| entry(&mut text, key));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;

    #[test]
    fn the_template_reads_without_problems_and_holds_every_key() {
        let text = template();
        if let Err(problems) = read(&text, "template.toml", &[]) {
            panic!("{problems}");
        }
        for key in KEYS.iter() {
            let name = format!("{} = ", key.split().1);
            let is_it = |line: &str| line.trim_start_matches('#').starts_with(&name);
            let header = format!("\n[{}]\n", key.split().0);
            let section = text.split_once(&header).map_or(&text[..], |(_, rest)| rest);
            assert!(section.lines().any(is_it), "{}", key.path);
        }
    }
}
