//! What a table of findings was made from, so that it is seen when that has changed since.

use crate::experiment::given;

/// Each experiment with a digest of what its file gives, whatever its comments and layout are. `overrides` are
/// those of `--set`.
pub fn stamp<'a>(files: impl Iterator<Item = (&'a str, &'a str, &'a [String])>) -> String {
    let of = |(name, text, overrides)| {
        let given = serde_json::to_string(&given(text, overrides)).expect("texts and numbers");
        format!("{name} {:016x}", digest(given.as_bytes()))
    };
    files.map(of).collect::<Vec<_>>().join(", ")
}

/// FNV-1a (Fowler, Noll & Vo): the same on every machine, for ever.
fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_reference() {
        assert_eq!(digest(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn layout_does_not_matter_and_values_do() {
        let of = |text: &str, set: &[String]| stamp([("walk", text, set)].into_iter());
        let plain = of("epsilon = 0.1\ntime = { end = 1 }", &[]);
        assert_eq!(plain, of("epsilon=0.1 # small\n\n[time]\nend = 1", &[]));
        assert_ne!(plain, of("epsilon = 0.1\ntime = { end = 2 }", &[]));
        assert_ne!(plain, of("epsilon = 0.1\ntime = { end = 1 }", &["time.end=2".into()]));
    }
}
