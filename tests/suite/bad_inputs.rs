//! Every file of `tests/bad-inputs` is refused with exactly the message that stands beside it.

use kinetaxis::experiment::read;
use std::{fs, path::Path};

#[test]
fn every_bad_input_gets_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-inputs");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let problems = read(&fs::read_to_string(&path).unwrap(), name, &[])
            .expect_err(&format!("{name} was accepted"));
        let wanted = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        assert_eq!(format!("{problems}\n"), wanted, "{name}");
        seen += 1;
    }
    assert!(seen >= 12, "only {seen} files");
}
