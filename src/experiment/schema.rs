//! The JSON Schema of the experiment file, for editors.

use super::draft::toml_value;
use super::keys::{Fallback, KEYS, Key, Kind, Range, SECTIONS};
use serde_json::{Map, Value as Json, json};

/// The schema, draft 2020-12. Rules between keys are left to the reader.
pub fn json_schema() -> Json {
    let mut root = section("", "An experiment of kinetaxis.");
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("kinetaxis experiment");
    root
}

fn section(path: &str, doc: &str) -> Json {
    let mut properties = Map::new();
    let mut required = vec![];
    for key in KEYS.iter().filter(|key| key.split().0 == path) {
        let name = key.split().1;
        properties.insert(name.into(), property(key));
        if matches!(key.default, Fallback::Required) && key.only.is_none() {
            required.push(name);
        }
    }
    for (child, doc) in SECTIONS {
        let (parent, name) = child.rsplit_once('.').unwrap_or(("", child));
        if parent == path {
            let section = section(child, doc);
            if section.get("required").is_some() {
                required.push(name);
            }
            properties.insert(name.into(), section);
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": doc,
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &Key) -> Json {
    let mut schema = values(&key.kind);
    schema["description"] = json!(key.describe());
    if let Fallback::Value(text) = key.default {
        schema["default"] = toml_value(text);
    }
    schema
}

fn values(kind: &Kind) -> Json {
    match kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Formula(_) | Kind::WordOrFormula(..) => expression(),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Choice(words) => json!({"enum": words}),
        Kind::Words(words) => json!({"type": "array", "items": {"enum": words}}),
        Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Choices(words) => one_or_more(json!({"enum": words}), 3),
        Kind::Integer(low, i64::MAX) => json!({"type": "integer", "minimum": low}),
        Kind::Integer(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Kind::Among(list) => json!({"enum": list}),
        Kind::Sizes(low) => one_or_more(json!({"type": "integer", "minimum": low}), 3),
        Kind::Integers(low) => one_or_more(json!({"type": "integer", "minimum": low}), usize::MAX),
        Kind::Float(range) | Kind::Quantity(range, _) => number(range),
        Kind::Vector(range) => one_or_more(number(range), 3),
        Kind::Floats(range) => json!({"type": "array", "items": number(range)}),
        Kind::Formulas(_) => json!({"type": "array", "items": expression()}),
    }
}

fn one_or_more(one: Json, most: usize) -> Json {
    let mut list = json!({"type": "array", "items": one, "minItems": 1});
    if most < usize::MAX {
        list["maxItems"] = json!(most);
    }
    json!({"anyOf": [one, list]})
}

fn expression() -> Json {
    json!({"type": ["string", "number"]})
}

/// A number in the range, or an expression.
fn number(range: &Range) -> Json {
    let mut number = json!({"type": "number"});
    let (low, high) =
        if range.open { ("exclusiveMinimum", "exclusiveMaximum") } else { ("minimum", "maximum") };
    if range.low.is_finite() {
        number[low] = json!(range.low);
    }
    if range.high.is_finite() {
        number[high] = json!(range.high);
    }
    json!({"anyOf": [number, {"type": "string"}]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_in_the_schema_and_nothing_else() {
        let schema = json_schema();
        for key in KEYS.iter() {
            let pointer = format!("/properties/{}", key.path.replace('.', "/properties/"));
            let property = schema.pointer(&pointer).unwrap_or_else(|| panic!("{}", key.path));
            assert!(property["description"].as_str().unwrap().starts_with(key.doc));
        }
        assert_eq!(
            schema.to_string().matches("\"description\"").count(),
            KEYS.len() + SECTIONS.len() + 1
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
        assert_eq!(
            schema["required"],
            json!(["dimension", "epsilon", "domain", "kernel", "cells", "time"])
        );
    }
}
