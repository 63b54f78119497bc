use super::super::disk::fault;
use super::*;
use std::os::unix::fs::symlink;

const OLD: &str = r#"{ "program": "kinetaxis", "seed": 1 }"#;
const NEW: &str = r#"{ "program": "kinetaxis", "seed": 2 }"#;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn manifest(folder: &Path) -> String {
    fs::read_to_string(folder.join("manifest.json")).unwrap()
}

fn publish(target: &Path, force: bool, text: &str) -> Result<PathBuf, FolderError> {
    let folder = Folder::create(target, force)?;
    let at = FolderError::at(target);
    folder.write("table.csv", "a,b\n").map_err(&at)?;
    folder.write("manifest.json", text).map_err(&at)?;
    folder.publish()
}

#[test]
fn a_dropped_folder_leaves_no_trace_and_a_published_one_is_whole() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("a/b/results");
    drop(Folder::create(&target, false).unwrap());
    assert_eq!(names(home.path()), [""; 0]);
    publish(&target, false, OLD).unwrap();
    assert!(matches!(Folder::create(&target, false), Err(FolderError::Exists(_))));
    publish(&target, true, NEW).unwrap();
    assert_eq!(manifest(&target), NEW);
    assert_eq!(names(target.parent().unwrap()), ["results"]);
    assert_eq!(names(&target), ["manifest.json", "table.csv"]);
}

/// Whatever request of the file system fails: the old results stay, nothing is left in the making, and finished
/// results are whole where the error says.
#[test]
fn no_fault_of_the_file_system_loses_results() {
    for replace in [false, true] {
        let mut requests = 0;
        loop {
            let home = tempfile::tempdir().unwrap();
            let target = home.path().join("results");
            if replace {
                publish(&target, false, OLD).unwrap();
            }
            fault::after(requests);
            let published = publish(&target, replace, NEW);
            let happened = fault::happened();
            let found = names(home.path());
            assert!(!found.iter().any(|name| name.starts_with('.')), "{requests}: {found:?}");
            if !happened {
                published.unwrap();
                break;
            }
            let error = published.expect_err("the fault is told");
            assert!(error.to_string().contains("injected"), "{requests}: {error}");
            assert!(error.to_string().contains("results"), "{requests}: {error}");
            assert_eq!(target.exists(), replace, "{requests}: {error}");
            if replace {
                assert_eq!(manifest(&target), OLD, "{requests}: {error}");
            }
            match error {
                FolderError::Kept { kept, .. } => assert_eq!(manifest(&kept), NEW),
                _ => assert_eq!(found.len(), usize::from(replace), "{requests}: {found:?}"),
            }
            requests += 1;
        }
        // Two folders; a file and a manifest opened, written and synced; sync, rename and sync to publish.
        assert_eq!(requests, 2 + 2 * 3 + 3);
    }
}

#[test]
fn what_is_no_results_folder_is_spared() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("thesis")).unwrap();
    fs::write(at("thesis/chapter.tex"), "years of work").unwrap();
    fs::create_dir(at("extension")).unwrap();
    fs::write(at("extension/manifest.json"), r#"{ "name": "of a browser" }"#).unwrap();
    publish(&at("results"), false, OLD).unwrap();
    symlink(at("results"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    publish(&at("with more"), false, OLD).unwrap();
    fs::create_dir(at("with more/figures")).unwrap();
    let before = names(home.path());
    for name in [
        "thesis",
        "thesis/chapter.tex",
        "extension",
        "link",
        "dangling",
        "with more",
        "",
        ".",
        "/",
        "link/.",
    ] {
        let target = if name == "/" { PathBuf::from("/") } else { at(name) };
        let refused = Folder::create(&target, true).map(|_| ());
        let error = refused.expect_err(name);
        assert!(
            matches!(error, FolderError::Foreign(_) | FolderError::Unfit { .. }),
            "{name}: {error}"
        );
        assert!(error.is_of_the_place() && error.to_string().contains("--out"), "{error}");
    }
    for name in ["a".repeat(256), "thesis/chapter.tex/results".into()] {
        let error = Folder::create(&at(&name), true).map(|_| ()).expect_err(&name);
        assert!(error.is_of_the_place(), "{error}");
    }
    assert_eq!(names(home.path()), before);
    // The longest name that there is.
    publish(&at(&"a".repeat(255)), false, OLD).unwrap();
}

#[test]
fn what_appears_meanwhile_is_spared_and_the_results_are_kept() {
    for force in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("results");
        let folder = Folder::create(&target, force).unwrap();
        folder.write("manifest.json", NEW).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("mine"), "").unwrap();
        let error = folder.publish().expect_err("something is there");
        let FolderError::Kept { kept, .. } = error else { panic!("{error}") };
        assert_eq!((manifest(&kept).as_str(), names(&target)), (NEW, vec!["mine".into()]));
        drop(folder);
        assert_eq!(names(home.path()), ["results", "results-kept"]);
    }
}

/// `--force` is for what stood there when the run began.
#[test]
fn what_replaces_the_old_results_meanwhile_is_spared() {
    let home = tempfile::tempdir().unwrap();
    let (target, other) = (home.path().join("results"), home.path().join("other"));
    for text in ["{}", OLD] {
        publish(&target, true, OLD).unwrap();
        let folder = Folder::create(&target, true).unwrap();
        folder.write("manifest.json", NEW).unwrap();
        fs::rename(&target, &other).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("manifest.json"), text).unwrap();
        assert!(matches!(folder.publish(), Err(FolderError::Kept { .. })));
        assert_eq!((manifest(&target).as_str(), manifest(&other).as_str()), (text, OLD));
        fs::remove_dir_all(&target).unwrap();
        fs::remove_dir_all(&other).unwrap();
    }
    assert_eq!(names(home.path()), ["results-kept", "results-kept-2"]);
    // Moved away, it is not missed.
    publish(&target, true, OLD).unwrap();
    let folder = Folder::create(&target, true).unwrap();
    folder.write("manifest.json", NEW).unwrap();
    fs::rename(&target, &other).unwrap();
    folder.publish().unwrap();
    assert_eq!((manifest(&target).as_str(), manifest(&other).as_str()), (NEW, OLD));
}

#[test]
fn a_target_is_reserved_for_one_run_however_it_is_written() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("results");
    let first = Folder::create(&target, false).unwrap();
    for same in ["results", "results/", "./results", "../NAME/results"] {
        let name = home.path().file_name().unwrap().to_str().unwrap();
        let same = home.path().join(same.replace("NAME", name));
        assert!(matches!(Folder::create(&same, true), Err(FolderError::Busy(_))), "{same:?}");
    }
    Folder::create(&home.path().join("results2"), false).unwrap();
    drop(first);
    Folder::create(&target, false).unwrap();
    assert_eq!(names(home.path()), [""; 0]);
}

/// A run that was killed leaves its folder unlocked. The next one beside it clears it away, but for results that
/// were finished.
#[test]
fn what_a_killed_run_left_is_cleared_away_by_the_next_one() {
    for (finished, next) in [(false, "results"), (true, "results"), (false, "b"), (true, "b")] {
        let home = tempfile::tempdir().unwrap();
        let staging = home.path().join(".kinetaxis-results");
        fs::create_dir_all(staging.join("results")).unwrap();
        fs::write(staging.join("lock"), "").unwrap();
        fs::write(staging.join("results/table.csv"), "half a").unwrap();
        if finished {
            fs::write(staging.join("results/manifest.json"), OLD).unwrap();
        }
        // Not one of ours.
        fs::create_dir(home.path().join(".kinetaxis-other")).unwrap();
        let folder = Folder::create(&home.path().join(next), false).unwrap();
        assert_eq!(folder.rescued().len(), usize::from(finished));
        drop(folder);
        let kept: &[&str] = if finished { &["results-kept"] } else { &[] };
        assert_eq!(names(home.path()), [&[".kinetaxis-other"], kept].concat());
        if finished {
            assert_eq!(names(&home.path().join("results-kept")), ["manifest.json", "table.csv"]);
        }
    }
}

#[test]
fn nothing_is_written_once_a_signal_has_cleared_away() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::create(&home.path().join("results"), false).unwrap();
    folder.write("table.csv", "").unwrap();
    folder.reservation().end(|| assert_eq!(names(home.path()), [""; 0]));
    assert!(folder.write("manifest.json", NEW).is_err());
    assert!(folder.publish().is_err());
    drop(folder);
    assert_eq!(names(home.path()), [""; 0]);
}
