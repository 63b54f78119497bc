//! The word that was meant.

/// The word most like `text`, if one is like it at all. Capitals count for little.
pub fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let small = text.to_lowercase();
    let likeness = |word: &str| {
        let as_written = strsim::normalized_damerau_levenshtein(text, word);
        let in_small = strsim::normalized_damerau_levenshtein(&small, &word.to_lowercase());
        as_written.max(0.99 * in_small)
    };
    words
        .map(|word| (likeness(word), word))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn capitals_count_for_little() {
        let words = || ["PI", "sin", "sinh"].into_iter();
        assert_eq!(nearest("pi", words()), Some("PI"));
        assert_eq!(nearest("Sin", words()), Some("sin"));
        assert_eq!(nearest("sihn", words()), Some("sinh"));
        assert_eq!(nearest("q", words()), None);
    }
}
