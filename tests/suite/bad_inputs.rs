//! Every file of `tests/bad-inputs` is refused with exactly the message that stands beside it: as it is read, or, of
//! what only densities and signals at t = 0 show, as the model is built.

use kinetaxis::experiment::read;
use kinetaxis::model::Model;
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
        let refused = |e: &kinetaxis::experiment::Experiment| match e.dimension {
            1 => Model::<1>::new(e).err(),
            2 => Model::<2>::new(e).err(),
            _ => Model::<3>::new(e).err(),
        };
        let problems = match read(&fs::read_to_string(&path).unwrap(), name, &[]) {
            Err(problems) => problems.to_string(),
            Ok(loaded) => match refused(&loaded.experiment) {
                Some(error) => error.to_string(),
                None => panic!("{name} was accepted"),
            },
        };
        let wanted = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        assert_eq!(format!("{problems}\n"), wanted, "{name}");
        seen += 1;
    }
    assert!(seen >= 12, "only {seen} files");
}
