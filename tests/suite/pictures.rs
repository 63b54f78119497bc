//! Reports and moving pictures: what they show is what the tables hold, and everyone can read it.

use crate::common::program::{Desk, Table, expect, stderr, stdout};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// A colony away from the middle, on a grid and in a box that are no squares.
const PLANE: &str = r#"
dimension = 2
epsilon = 0.3
domain = { lower = [-2, -1.5], upper = [2, 1.5], grid = [16, 12], boundary = "no-flux" }
kernel = { model = "local", lambda = 1, a = 0.3 }
signal = { equation = "parabolic", decay = 1 }
time = { end = 0.4, step = 0.1, outputs = [0, 0.1, 0.4] }
limit = { step = 0.02 }
ensemble = { replicates = 3 }
[cells]
count = 3000
density = { shape = "expression", expression = "exp(-3*((x-1)^2 + (y+0.5)^2))" }
[converge]
epsilons = [0.4, 0.3]
replicates = 4
budget_replicates = 4
test_functions = ["cos( PI*(x+2)/4 ) + 1-1"]
"#;
const TIMES: usize = 3;
const LINE: &str = r#"
dimension = 1
epsilon = 0.3
domain = { lower = -2, upper = 2, grid = 16, boundary = "no-flux" }
kernel = { model = "local", lambda = 1, a = 0.3 }
signal = { equation = "parabolic", decay = 1 }
cells = { count = 500, density = { shape = "gaussian", width = 0.3 } }
time = { end = 0.2, step = 0.1, outputs = [0, 0.1] }
ensemble = { replicates = 3 }
"#;

fn results(desk: &Desk, command: &str) -> (PathBuf, String) {
    expect(0, &desk.line(command, command, &[]));
    let out = desk.path(command);
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    (out, report)
}

/// The values of an attribute.
fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let named = format!(" {name}=\"");
    html.split(&named[..]).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The start tags of an element.
fn tags<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let starts = [format!("<{name} "), format!("<{name}>")];
    let at = |start: &String| html.match_indices(&start[..]).map(|(at, _)| at).collect::<Vec<_>>();
    let starts = starts.iter().flat_map(at);
    starts.map(|at| &html[at..at + html[at..].find('>').unwrap()]).collect()
}

/// What a report lacks for someone who can not see it, or reads it on a telephone or without a network.
fn assert_open_to_all(html: &str, what: &str) {
    assert!(
        html.contains("<html lang=\"en\">") && html.contains("<title>") && html.contains("<main>")
    );
    assert!(html.contains("name=\"viewport\"") && html.contains("prefers-color-scheme: dark"));
    let pictures: Vec<&str> =
        tags(html, "svg").into_iter().filter(|tag| tag.contains("xmlns=")).collect();
    assert!(!pictures.is_empty(), "{what}");
    for tag in pictures {
        let text = attributes(tag, "aria-label");
        assert!(tag.contains("role=\"img\"") && text.len() == 1, "{what}: {tag}");
        assert!(
            text[0].len() > 30 && text[0].contains(|c: char| c.is_ascii_digit()),
            "{what}: {text:?}"
        );
    }
    for name in ["img", "canvas", "iframe", "link", "object"] {
        assert!(tags(html, name).is_empty(), "{what}: {name} without a text");
    }
    let ids = attributes(html, "id");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{what}: {ids:?}");
    let elsewhere = html.matches("http").count() - html.matches("xmlns=\"http:").count();
    let rule = html.matches("http-equiv").count();
    assert_eq!(
        elsewhere, rule,
        "{what}: only the name of SVG, and the rule that nothing is loaded"
    );
    assert!(tags(html, "th").iter().all(|tag| tag.contains("scope=")), "{what}");
    assert_eq!(tags(html, "table").len(), tags(html, "caption").len(), "{what}");
    let mut level = 0;
    for at in html.match_indices("<h").map(|(at, _)| &html[at + 2..at + 3]) {
        let Ok(next) = at.parse::<usize>() else { continue };
        assert!(next <= level + 1 && (level == 0) == (next == 1), "{what}: h{level}, then h{next}");
        level = next;
    }
}

/// Every figure that moves has a picture for each output time, of which the last is seen.
fn assert_moves(html: &str, figures: usize, what: &str) {
    let films: Vec<&str> = html.split("<figure class=\"film\">").skip(1).collect();
    assert_eq!(films.len(), figures, "{what}");
    for film in films.iter().map(|rest| rest.split("</figure>").next().unwrap()) {
        let slider = tags(film, "input")[0];
        let [steps] = attributes(slider, "max")[..] else { panic!("{slider}") };
        assert_eq!(steps.parse::<usize>().unwrap() + 1, TIMES, "{what}");
        for image in film.split("<svg xmlns=").skip(1) {
            let (times, seen) = (attributes(image, "data-time"), attributes(image, "display"));
            assert_eq!(times, ["t = 0", "t = 0.1", "t = 0.4"], "{what}");
            assert_eq!(seen, ["none", "none", "inline"], "{what}");
        }
    }
}

#[test]
fn reports_move_and_can_be_read_by_all() {
    let desk = Desk::new(PLANE);
    for (command, figures) in [("run", 2), ("ensemble", 2), ("limit", 2), ("converge", 0)] {
        let (out, report) = results(&desk, command);
        assert_open_to_all(&report, command);
        assert_moves(&report, figures, command);
        assert!(report.len() < 1_000_000, "{command}: {} bytes", report.len());
        if command == "converge" {
            assert_as_typed(&out);
        }
    }
}

/// A test function that is typed with blanks too many, and with what comes to nothing, is called so.
fn assert_as_typed(out: &Path) {
    for file in ["convergence.csv", "orders.csv", "summary.json", "report.html"] {
        let text = fs::read_to_string(out.join(file)).unwrap();
        assert!(text.contains("weak:cos( PI*(x+2)/4 ) + 1-1"), "{file}");
    }
}

/// Pixels of an image in a page, or of the frames of a picture.
fn decoded(png: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let count = reader.info().animation_control().map_or(1, |control| control.num_frames);
    let mut next = |_| {
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels
    };
    (0..count).map(&mut next).collect()
}

/// Demands that `level(i, j)` of each output time, a share of the range of all, is the density in a table.
fn assert_shows(table: &Table, column: &str, level: impl Fn(usize, usize, usize) -> f64) {
    let (values, [nx, ny]) = (table.numbers(column), [16, 12]);
    assert_eq!(values.len(), TIMES * nx * ny);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (at, value) in values.iter().enumerate() {
        let (time, i, j) = (at / (nx * ny), at / ny % nx, at % ny);
        let (shown, share) = (level(time, i, j), (value - low) / (high - low));
        assert!((shown - share).abs() < 0.005, "{time} {i} {j}: {shown}, not {share}");
    }
}

#[test]
fn the_pictures_of_a_report_are_its_tables() {
    let desk = Desk::new(PLANE);
    let (out, report) = results(&desk, "run");
    let film = report.split("<figure class=\"film\">").nth(1).unwrap();
    let images: Vec<Vec<u8>> = attributes(film, "href")[..TIMES]
        .iter()
        .map(|uri| {
            let png = STANDARD.decode(uri.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
            decoded(&png).remove(0)
        })
        .collect();
    let level =
        |time: usize, i: usize, j: usize| f64::from(images[time][(11 - j) * 16 + i]) / 254.0;
    assert_shows(&Table::read(out.join("density.csv")), "value", level);
}

/// Left, top and the pixels of a node of the map in a picture: its colours are the 250 from 6 on.
fn map_of(frame: &[u8], width: usize) -> [usize; 3] {
    let coloured: Vec<usize> = (0..frame.len()).filter(|at| frame[*at] >= 6).collect();
    let (top, left) = (coloured[0] / width, coloured.iter().map(|at| at % width).min().unwrap());
    let bottom = coloured.last().unwrap() / width;
    assert_eq!((bottom + 1 - top) % 12, 0);
    [left, top, (bottom + 1 - top) / 12]
}

#[test]
fn a_movie_shows_the_tables() {
    let desk = Desk::new(PLANE);
    for (command, column) in [("run", "value"), ("ensemble", "mean"), ("limit", "rho")] {
        let (out, _) = results(&desk, command);
        let (folder, gif) = (out.display().to_string(), desk.path(&format!("{command}.gif")));
        let said = stdout(&expect(0, &["movie", &folder]));
        assert!(said.contains("density, 3 times") && said.contains(".gif"), "{said}");
        let mut decoder = gif::Decoder::new(Cursor::new(fs::read(&gif).unwrap())).unwrap();
        let size = [decoder.width(), decoder.height()].map(usize::from);
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            frames.push(frame.buffer.to_vec());
        }
        assert_eq!(frames.len(), TIMES);
        let [left, top, factor] = map_of(&frames[0], size[0]);
        assert!(left + 16 * factor < size[0]);
        let level = |time: usize, i: usize, j: usize| {
            let (x, y) = (left + i * factor + factor / 2, top + (11 - j) * factor + factor / 2);
            (f64::from(frames[time][y * size[0] + x]) - 6.0) / 249.0
        };
        let table = if command == "limit" { "limit.csv" } else { "density.csv" };
        assert_shows(&Table::read(out.join(table)), column, level);
        let png = desk.path("it.png");
        expect(0, &["movie", &folder, "--force", "--out", png.to_str().unwrap()]);
        assert_eq!(decoded(&fs::read(&png).unwrap()), frames, "{command}");
    }
}

#[test]
fn what_a_movie_can_not_show_is_told_with_a_remedy() {
    let desk = Desk::new(LINE);
    let (out, _) = results(&desk, "ensemble");
    let folder = out.to_str().unwrap();
    let refused = |words: &[&str], told: &[&str]| {
        let error = stderr(&expect(2, &[&["movie"], words].concat()));
        assert!(told.iter().all(|told| error.contains(told)), "{words:?}: {error}");
    };
    let png = desk.path("it.png");
    let png = png.to_str().unwrap();
    expect(0, &["movie", folder, "--of", "signal", "--out", png]);
    assert_eq!(decoded(&fs::read(png).unwrap()).len(), 3);
    let before = fs::read(png).unwrap();
    refused(&[folder, "--out", png], &["exists", "--force"]);
    let link = desk.path("link.png");
    std::os::unix::fs::symlink(png, &link).unwrap();
    let link = link.to_str().unwrap();
    refused(&[folder, "--out", link, "--force"], &["no plain file", "another name by --out"]);
    assert_eq!(fs::read(png).unwrap(), before);
    refused(&[folder, "--out", "it.mp4"], &["it.mp4", ".gif"]);
    refused(&[folder, "--population", "queens"], &["queens", "cells"]);
    refused(
        &[desk.home.path().to_str().unwrap()],
        &["no results folder", "run, ensemble or limit"],
    );
    fs::remove_file(Path::new(folder).join("density.csv")).unwrap();
    refused(&[folder], &["density.csv", "run, ensemble or limit"]);
    expect(0, &desk.line("run", "once", &["--set", "time.outputs=[]"]));
    refused(&[desk.path("once").to_str().unwrap()], &["one time only", "time.outputs"]);
}
