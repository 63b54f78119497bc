//! A checker of well-formed markup, for tests: every tag closed, every attribute quoted and given
//! once, nothing left unescaped.

/// What is wrong with `markup`, if anything.
pub fn check(markup: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup.strip_prefix("<!DOCTYPE html>\n").unwrap_or(markup);
    while let Some(start) = rest.find('<') {
        text(&rest[..start])?;
        let end = start + rest[start..].find('>').ok_or("a tag does not end")?;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            match open.pop() {
                Some(opened) if opened == name => {}
                opened => return Err(format!("{opened:?} closed by {name}")),
            }
            continue;
        }
        let (body, closed) = match tag.strip_suffix('/') {
            Some(body) => (body, true),
            None => (tag, false),
        };
        let name = element(body)?;
        if name == "script" {
            // Anything but its end.
            rest = &rest[rest.find("</script>").ok_or("a script does not end")?..];
        }
        if !closed {
            open.push(name);
        }
    }
    text(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} left open")) }
}

/// The name of an element, its attributes checked.
fn element(tag: &str) -> Result<&str, String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(format!("bad name {name:?}"));
    }
    let mut seen = Vec::new();
    while !rest.trim().is_empty() {
        let (key, tail) = rest.split_once("=\"").ok_or(format!("unquoted: {rest:?}"))?;
        let (value, tail) = tail.split_once('"').ok_or(format!("open quote: {rest:?}"))?;
        let key = key.trim();
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("bad attribute {key:?}"));
        }
        if seen.contains(&key) {
            return Err(format!("{key} given twice"));
        }
        seen.push(key);
        text(value)?;
        rest = tail;
    }
    Ok(name)
}

/// Text or an attribute: no stray `>`, every `&` the start of a known reference.
fn text(text: &str) -> Result<(), String> {
    if text.contains('>') || text.contains('<') || text.contains('\0') {
        return Err(format!("unescaped: {text:?}"));
    }
    for after in text.split('&').skip(1) {
        if !["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|name| after.starts_with(name)) {
            return Err(format!("bare ampersand before {after:?}"));
        }
    }
    Ok(())
}

#[test]
fn the_checker_can_fail() {
    assert_eq!(check("<a><b x=\"1\" y-z=\"&lt;\"/>t&amp;</a>"), Ok(()));
    assert_eq!(check("<script>a < b && c => d</script>"), Ok(()));
    let wrong = [
        "<a>",
        "</a>",
        "<a></b>",
        "<a x=1/>",
        "<a x=\"1/>",
        "<a x=\"1\" x=\"2\"/>",
        "<a",
        "<script>",
        "<a>&</a>",
        "<a>></a>",
        "<a x=\"&b\"/>",
        "<<a/>",
        "<a><b></a></b>",
    ];
    for markup in wrong {
        assert!(check(markup).is_err(), "{markup}");
    }
}
