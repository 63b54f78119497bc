//! The JSON Schema of a file, for editors.

use super::key::{Fallback, Key, Kind, Range};
use super::source::toml_value;
use super::table::{Group, Table};
use serde_json::{Map, Value as Json, json};

/// The schema, draft 2020-12, under a title and with a sentence about it. Rules between keys are left to the reader.
pub(crate) fn json_schema(table: &Table, title: &str, doc: &str) -> Json {
    let mut root = section(table, "", doc);
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!(title);
    for group in table.groups {
        root["properties"][group.name] = of_group(table, group);
    }
    // What a part has of its own need not be said for all.
    for group in table.groups.iter().filter(|group| !group.sections.is_empty()) {
        let mut alone = json!({});
        for name in group.sections {
            let own = root["properties"][name].as_object_mut().expect("a section of the file");
            if let Some(required) = own.remove("required") {
                alone["properties"][name]["required"] = required;
            }
        }
        if let Some(all) = root["required"].as_array_mut() {
            let is_shared = |name: &Json| group.sections.iter().any(|own| name == own);
            let (shared, own): (Vec<Json>, Vec<Json>) = all.drain(..).partition(is_shared);
            alone["required"] = shared.into();
            *all = own;
        }
        root["if"] = json!({ "required": [group.name] });
        root["else"] = alone;
    }
    root
}

/// Things of a kind, by name.
fn of_group(table: &Table, group: &Group) -> Json {
    let mut one = json!({ "type": "object", "additionalProperties": false, "properties": {} });
    if let Some(name) = group.keys_of {
        one = section(table, name, group.doc);
        let properties = one["properties"].as_object_mut().expect("a section");
        properties.retain(|key, _| !group.without.contains(&&key[..]));
    }
    for (name, doc) in table.sections.iter().filter(|(name, _)| group.sections.contains(name)) {
        let mut section = section(table, name, doc);
        section.as_object_mut().expect("a section").remove("required");
        one["properties"][name] = section;
    }
    for inner in group.groups {
        one["properties"][inner.name] = of_group(table, inner);
    }
    json!({ "type": "object", "description": group.doc, "additionalProperties": one })
}

fn section(table: &Table, path: &str, doc: &str) -> Json {
    let mut properties = Map::new();
    let mut required = vec![];
    for key in table.of_section(path) {
        let name = key.split().1;
        properties.insert(name.into(), property(key));
        if matches!(key.default, Fallback::Required) && key.only.is_none() {
            required.push(name);
        }
    }
    for (child, doc) in table.sections.iter().filter(|(child, _)| !table.is_apart(child)) {
        let (parent, name) = child.rsplit_once('.').unwrap_or(("", child));
        if parent == path {
            let section = section(table, child, doc);
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
        Kind::Text | Kind::Unit(_) => json!({"type": "string"}),
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
