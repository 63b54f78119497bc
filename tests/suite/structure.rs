//! Arrows between the files of `src/` go one way: a file imports what stands below it.
//!
//! An arrow leads from a file to the file where what it names is written, whatever it is re-exported by. It is seen
//! where it leaves their common folder: from one entry of that folder to another. If the entries of every folder are
//! without a circle, so are all files, but for a file and the folder that it opens. Tests know everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The path of a module, from the root of the crate.
type Module = Vec<String>;

/// What a file says: the names that it imports, and every path in it.
#[derive(Default)]
struct Source {
    imports: BTreeMap<String, Module>,
    /// `use a::*`.
    globs: Vec<Module>,
    paths: Vec<Module>,
}

type Sources = BTreeMap<Module, Source>;
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn no_folder_has_a_circle() {
    let sources = sources(&texts());
    let circles = circles(&sources);
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
    for (file, source) in sources.iter().filter(|(file, _)| !file.is_empty()) {
        let hidden = source.globs.iter().filter_map(|glob| absolute(&sources, file, glob));
        let hidden: Vec<_> = hidden.filter(|glob| sources.contains_key(glob)).collect();
        assert!(
            hidden.is_empty(),
            "{file:?} imports whatever is in {hidden:?}: name what it takes"
        );
    }
}

#[test]
fn floors_know_what_stands_below() {
    let (sources, floors) = (sources(&texts()), floors());
    let there: BTreeSet<String> =
        sources.keys().filter_map(|file| file.first()).filter(|f| *f != "main").cloned().collect();
    assert_eq!(
        there,
        floors.iter().cloned().collect(),
        "the folders, and those of CONTRIBUTING.md"
    );
    let upwards = upwards(&sources, &floors);
    assert!(upwards.is_empty(), "\n{}", upwards.join("\n"));
}

/// Each is seen: an import of a floor above by its short name, a path in the text to a neighbour that knows this file,
/// and the same by a re-export.
#[test]
fn a_planted_arrow_back_is_seen() {
    let (all, floors) = (texts(), floors());
    for (file, line) in [
        ("ground::vector", "use crate::turning::Kernel;"),
        ("ground::vector", "pub use crate::{grid, simulation::Simulation};"),
        ("colony::turning::sense", "fn f() -> super::Local<1> { todo!() }"),
        ("colony::motion::step", "use super::advance;"),
        ("colony::velocity", "use crate::turning::Affine;"),
    ] {
        let mut texts = all.clone();
        let text = texts.get_mut(&module(file)).unwrap_or_else(|| panic!("no {file}"));
        text.push_str(line);
        let sources = sources(&texts);
        let told = [circles(&sources), upwards(&sources, &floors)].concat();
        assert!(told.iter().any(|told| told.contains(file)), "{file}: {line}\n{told:?}");
    }
}

/// The floors, lowest first, as CONTRIBUTING.md lists them.
fn floors() -> Vec<String> {
    let page = fs::read_to_string(Path::new(ROOT).join("CONTRIBUTING.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| **`")?.split_once("`**"));
    rows.map(|(floor, _)| floor.to_string()).collect()
}

fn module(path: &str) -> Module {
    path.split("::").filter(|name| !name.is_empty()).map(String::from).collect()
}

/// The text of every file, without comments and tests.
fn texts() -> BTreeMap<Module, String> {
    let (root, mut texts) = (Path::new(ROOT).join("src"), BTreeMap::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let mut file = module(&inside.to_str().unwrap().replace('/', "::"));
            if file.last().is_some_and(|name| name == "mod" || name == "lib") {
                file.pop();
            }
            if file.iter().any(|name| name == "tests") {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(path).unwrap();
                let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
                let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
                texts.insert(file, code.flat_map(|line| [line, "\n"]).collect());
            }
        }
    }
    texts
}

fn sources(texts: &BTreeMap<Module, String>) -> Sources {
    texts.iter().map(|(file, text)| (file.clone(), Source::of(text))).collect()
}

impl Source {
    fn of(text: &str) -> Self {
        let (mut source, mut rest) = (Self::default(), String::new());
        for statement in text.split_inclusive(';') {
            let start = statement.rfind("use ").filter(|at| {
                let line = statement[..*at].lines().last().unwrap_or_default().trim();
                statement.ends_with(';') && (line.is_empty() || line.starts_with("pub"))
            });
            let (before, tree) = statement.split_at(start.unwrap_or(statement.len()));
            rest.push_str(before);
            source.import("", tree.trim_start_matches("use ").trim_end_matches(';'));
        }
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let paths = rest.split(|c| !is_path(c)).filter(|path| path.contains("::"));
        source.paths.extend(paths.map(module));
        source
    }

    /// Takes in the tree of a `use`.
    fn import(&mut self, before: &str, tree: &str) {
        let tree = tree.trim();
        if let Some((head, list)) = tree.split_once('{') {
            let (mut depth, before) = (0, format!("{before}{}", head.trim()));
            let list = list.trim_end().strip_suffix('}').expect("a list ends");
            let at_comma = |c: char| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                c == ',' && depth == 0
            };
            list.split(at_comma).for_each(|part| self.import(&before, part));
        } else if !tree.is_empty() {
            let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
            let mut path = module(&format!("{before}{}", path.trim()));
            let last = path.last().cloned().expect("a path has a name");
            if last == "*" || last == "self" {
                path.pop();
            }
            match last.as_str() {
                "*" => self.globs.push(path.clone()),
                _ => {
                    let name = if name.is_empty() { path.last().unwrap() } else { name.trim() };
                    self.imports.insert(name.to_string(), path.clone());
                }
            }
            self.paths.push(path);
        }
    }
}

/// `path`, as `file` has it, from the root of the crate; `None` if it leads out of the crate, or to what is written in
/// the file itself.
fn absolute(sources: &Sources, file: &Module, path: &[String]) -> Option<Module> {
    let rest = path.get(1..)?;
    let from = |start: &[String]| Some([start, rest].concat());
    match path[0].as_str() {
        "crate" => from(&[]),
        "self" => from(file),
        "super" => {
            let up = path.iter().take_while(|name| *name == "super").count();
            Some([&file[..file.len().checked_sub(up)?], &path[up..]].concat())
        }
        _ => {
            let inside = [file, path].concat();
            sources.contains_key(&inside[..=file.len()]).then_some(inside)
        }
    }
}

/// The file where the last name of an absolute path is written.
fn written_in(sources: &Sources, path: &[String]) -> Module {
    let mut file = Module::new();
    for (depth, name) in path.iter().enumerate() {
        let (source, mut deeper) = (&sources[&file], file.clone());
        deeper.push(name.clone());
        if sources.contains_key(&deeper) {
            file = deeper;
            continue;
        }
        let globs =
            source.globs.iter().map(|glob| [&glob[..], std::slice::from_ref(name)].concat());
        let globs = globs.filter_map(|path| absolute(sources, &file, &path));
        let imported = source.imports.get(name).and_then(|path| absolute(sources, &file, path));
        let other = imported.or_else(|| globs.into_iter().find(|path| sources.contains_key(path)));
        return match other {
            Some(other) => written_in(sources, &[&other, &path[depth + 1..]].concat()),
            None => file,
        };
    }
    file
}

/// (file, the other file) of all arrows but those between a file and the folder that it opens.
fn arrows(sources: &Sources) -> BTreeSet<[Module; 2]> {
    let mut arrows = BTreeSet::new();
    for (file, source) in sources {
        for path in &source.paths {
            let import = source.imports.get(&path[0]).filter(|import| **import != *path);
            let path = import.map_or(path.clone(), |start| [start, &path[1..]].concat());
            if let Some(path) = absolute(sources, file, &path) {
                let other = written_in(sources, &path);
                if !other.starts_with(file) && !file.starts_with(&other) {
                    arrows.insert([file.clone(), other]);
                }
            }
        }
    }
    arrows
}

/// Every circle of the entries of a folder, as the arrows that make it.
fn circles(sources: &Sources) -> Vec<String> {
    let mut entries = Arrows::new();
    for [file, other] in arrows(sources) {
        let common = file.iter().zip(&other).take_while(|(a, b)| a == b).count();
        let [from, to] = [&file, &other].map(|file| file[..=common].join("::"));
        let arrow = format!("{} -> {}", file.join("::"), other.join("::"));
        entries.entry(from).or_default().insert(to, arrow);
    }
    // What leads nowhere is in no circle, and neither is what nothing leads to; nor what is left alone by taking these away.
    loop {
        let from: BTreeSet<String> = entries.keys().cloned().collect();
        let to: BTreeSet<String> = entries.values().flat_map(BTreeMap::keys).cloned().collect();
        if from == to {
            break entries.into_values().flat_map(BTreeMap::into_values).collect();
        }
        entries.values_mut().for_each(|arrows| arrows.retain(|entry, _| from.contains(entry)));
        entries.retain(|entry, arrows| to.contains(entry) && !arrows.is_empty());
    }
}

/// Arrows from a floor to one above it.
fn upwards(sources: &Sources, floors: &[String]) -> Vec<String> {
    let height = |file: &Module| floors.iter().position(|floor| *floor == file[0]);
    let told = |[file, other]: [Module; 2]| {
        let up = height(&file)? < height(&other)?;
        up.then(|| format!("{} -> {}", file.join("::"), other.join("::")))
    };
    arrows(sources).into_iter().filter_map(told).collect()
}
