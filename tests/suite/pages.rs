//! Whole experiments that the pages show are experiments.

use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use std::{fs, path::Path};

#[test]
fn experiments_on_pages_can_be_run() {
    let mut seen = 0;
    for page in ["README.md", "docs/experiment-file.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        for block in blocks.filter(|block| block.starts_with("dimension")) {
            let loaded = read(block, page, &[]).unwrap_or_else(|problems| panic!("{problems}"));
            let e = &loaded.experiment;
            let problem = match e.dimension {
                1 => Model::<1>::new(e).err(),
                2 => Model::<2>::new(e).err(),
                _ => Model::<3>::new(e).err(),
            };
            assert_eq!(problem, None, "{page}: {block}");
            seen += 1;
        }
    }
    assert!(seen >= 3, "only {seen} of them");
}
