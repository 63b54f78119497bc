//! What is made of the table of keys: the schema and the template.

use super::keys::TABLE;
use crate::schema;
use serde_json::Value as Json;

const HEAD: &str = "# An experiment of kinetaxis. A number may also be a constant expression: \"1/(2*PI)\".\n\
     # Keys behind a single # are optional and show their default, or an example.\n\n";

/// The template: aggregation on a plane. Every key is in it, the optional ones as comments.
pub fn template() -> String {
    schema::template(&TABLE, HEAD)
}

/// The JSON Schema of an experiment. Rules between keys are left to the reader.
pub fn json_schema() -> Json {
    schema::json_schema(&TABLE, "kinetaxis experiment", "An experiment of kinetaxis.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::keys::{OF_POPULATION, OF_SUM};
    use crate::experiment::read;
    use crate::schema::Key;
    use serde_json::json;

    #[test]
    fn the_template_reads_without_problems_and_holds_every_key() {
        let text = template();
        if let Err(problems) = read(&text, "template.toml", &[]) {
            panic!("{problems}");
        }
        for key in TABLE.keys.iter() {
            let name = format!("{} = ", key.split().1);
            let is_it = |line: &str| line.trim_start_matches('#').starts_with(&name);
            let header = format!("\n[{}]\n", key.split().0);
            let section = text.split_once(&header).map_or(&text[..], |(_, rest)| rest);
            assert!(section.lines().any(is_it), "{}", key.path);
        }
    }
    #[test]
    fn every_key_of_the_table_is_in_the_schema_and_nothing_else() {
        let mut schema = json_schema();
        let at = |schema: &Json, path: &str, key: &Key| {
            let pointer = format!("/properties/{}", path.replace('.', "/properties/"));
            let pointer = pointer.replace("/properties/NAME", "/additionalProperties");
            let property = schema.pointer(&pointer).unwrap_or_else(|| panic!("{path}"));
            assert!(property["description"].as_str().unwrap().starts_with(key.doc), "{path}");
        };
        for key in TABLE.keys.iter() {
            let (section, name) = key.split();
            match section {
                "reactions" => at(&schema, &format!("reactions.NAME.{name}"), key),
                _ => at(&schema, key.path, key),
            }
            if OF_POPULATION.contains(&section) {
                at(&schema, &format!("populations.NAME.{}", key.path), key);
            }
        }
        let term = TABLE.key("kernel.lambda");
        at(&schema, "terms.NAME.lambda", term);
        at(&schema, "populations.NAME.terms.NAME.lambda", term);
        for key in OF_SUM {
            for place in ["", "/properties/populations/additionalProperties"] {
                let terms = format!("{place}/properties/terms/additionalProperties");
                let at = |of: &str| schema.pointer(&format!("{of}/properties/{key}"));
                assert!(at(&terms).is_none(), "{terms} {key}");
                assert!(at(&format!("{place}/properties/kernel")).is_some(), "{place} {key}");
            }
        }
        at(&schema, "signals.NAME.decay", TABLE.key("signal.decay"));
        let groups = ["populations", "terms", "signals"];
        groups.iter().for_each(|name| schema["properties"][name] = json!(null));
        let told = schema.to_string().matches("\"description\"").count();
        assert_eq!(
            told,
            TABLE.keys.len() + TABLE.sections.len() + 2,
            "the file, and the reactions"
        );
    }

    #[test]
    fn ranges_choices_and_defaults_are_told() {
        let schema = json_schema();
        assert_eq!(schema["properties"]["epsilon"]["anyOf"][0]["exclusiveMinimum"], 0.0);
        let velocity = &schema["properties"]["velocity"];
        assert_eq!(velocity["properties"]["set"]["enum"], json!(["sphere", "ball", "shell"]));
        assert_eq!(velocity["properties"]["speed"]["default"], 1.0);
        assert_eq!(velocity["additionalProperties"], false);
        assert_eq!(schema["required"], json!(["dimension", "domain", "time"]));
        // Each population may have its own.
        assert_eq!(schema["if"]["required"], json!(["populations"]));
        assert_eq!(schema["else"]["required"], json!(["kernel"]));
        assert_eq!(schema["else"]["properties"]["kernel"]["required"], json!(["model"]));
        let reaction = &schema["properties"]["reactions"]["additionalProperties"];
        assert_eq!(reaction["required"], json!(["kind"]));
    }
}
