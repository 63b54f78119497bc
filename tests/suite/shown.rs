//! What README.md shows: the tables and pictures of its first command, made by
//!
//! `UPDATE_DOCS=1 cargo test --release shown -- --ignored`
//!
//! in some minutes. It leaves docs/shown.txt: digests of what is shown and of the experiment, and numbers of a small
//! study of the same experiment. Where those are no longer what they were, the program has changed since, and what is
//! shown is out of date.

use crate::common::program::{Table, program};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const README: &str = "README.md";
const EXPERIMENT: &str = "experiments/aggregation-2d.toml";
const KEPT: &str = "docs/shown.txt";
/// Title of a picture in the report, and its file.
const PICTURES: [(&str, &str); 2] = [
    ("Distance to the limit", "docs/aggregation-2d-order.svg"),
    ("Density ρ", "docs/aggregation-2d.svg"),
];
const BEGIN: &str = "<!-- UPDATE_DOCS=1 cargo test --release shown -- --ignored -->\n";
const END: &str = "<!-- end -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Fowler, Noll & Vo's 64-bit hash, 1a.
fn digest(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// `converge` on the experiment with these settings: what it prints, and its folder.
fn converge(out: &Path, set: &[&str]) -> (String, PathBuf) {
    let mut command = program();
    command.current_dir(root()).arg("converge").arg(EXPERIMENT).arg("--out").arg(out);
    set.iter().for_each(|set| {
        command.args(["--set", set]);
    });
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), out.into())
}

/// Distances and slopes of a small study, in few digits: by the equation, and by cells.
fn numbers() -> String {
    let home = tempfile::tempdir().unwrap();
    let set = ["domain.grid=16", "deposit.bandwidth=0.5", "cells.count=2000", "time.step=0.1"];
    let few = ["time.outputs=[]", "converge.replicates=4", "converge.budget_replicates=0"];
    let ranges = ["converge.epsilons=[0.4, 0.3, 0.2]", "limit.step=0.02"];
    let (_, out) = converge(&home.path().join("small"), &[&set[..], &few, &ranges].concat());
    let mut text = String::new();
    for name in ["convergence", "convergence_cells", "orders", "orders_cells"] {
        let table = Table::read(out.join(format!("{name}.csv")));
        let columns =
            if name.starts_with("orders") { ["order", "ci_low"] } else { ["error", "ci_high"] };
        let columns = columns.map(|column| table.texts(column));
        for i in 0..table.rows.len() {
            let of = [table.texts("quantity")[i], table.texts("norm")[i]];
            if of == ["rho", "L2"] || of == ["S", "L2"] {
                // Five digits, so that it does not matter in which order a machine adds.
                let digits = columns
                    .each_ref()
                    .map(|c| c[i].parse::<f64>().map_or(String::new(), |x| format!("{x:.4e}")));
                writeln!(text, "{name} {} {} {} {}", of[0], of[1], digits[0], digits[1]).unwrap();
            }
        }
    }
    text
}

/// The figure of this title in a report: its images, side by side in one.
fn picture(report: &str, title: &str) -> String {
    let titles = [format!("<title>{title}</title>"), format!("<title>{title}: ")];
    let mut figures =
        report.split("<figure ").skip(1).map(|rest| rest.split("</figure>").next().unwrap());
    let figure = figures.find(|figure| titles.iter().any(|title| figure.contains(title)));
    let figure = figure.unwrap_or_else(|| panic!("no picture {title}"));
    let (_, images) = figure.split_once("<div class=\"images\">\n").expect("a figure has images");
    let images = images.split("</div>").next().unwrap();
    let starts: Vec<usize> = images.match_indices("<svg xmlns").map(|(at, _)| at).collect();
    let [_, .., _] = starts[..] else { return images.trim_end().to_string() };
    let size = |svg: &str, of: &str| -> f64 {
        let rest = svg.split(&format!(" {of}=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let (mut x, mut height, mut all) = (0.0, 0.0f64, String::new());
    for (k, start) in starts.iter().enumerate() {
        let svg = &images[*start..starts.get(k + 1).copied().unwrap_or(images.len())];
        all += &svg.replacen("<svg ", &format!("<svg x=\"{x}\" "), 1);
        (x, height) = (x + size(svg, "width"), height.max(size(svg, "height")));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {x} {height}\" width=\"{x}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{title}\">\n{all}</svg>"
    )
}

/// The block of README.md that is made, with its fence.
fn block() -> Option<String> {
    let readme = text_of(README);
    let start = readme.find(BEGIN)? + BEGIN.len();
    let end = start + readme[start..].find(END)?;
    Some(readme[start..end].to_string())
}

/// What is kept to see whether anything has changed.
fn state(block: &str) -> String {
    let mut text =
        format!("{EXPERIMENT} {}\n{README} {}\n", digest(&text_of(EXPERIMENT)), digest(block));
    for (_, file) in PICTURES {
        writeln!(text, "{file} {}", digest(&text_of(file))).unwrap();
    }
    text + &numbers()
}

/// The lines of ρ in L², with the headings, the budget and what is said about them.
fn excerpt(printed: &str) -> String {
    let heading = |line: &str| {
        ["error by ", "order by ", "budget", "cells against"].iter().any(|h| line.starts_with(h))
    };
    let (mut lines, mut kept) = (Vec::new(), false);
    for line in printed.lines() {
        let first = line.split("  ").next().unwrap_or_default().trim_end();
        kept = match first {
            "" => line.trim_start().starts_with("extrapolated") && kept,
            "rho L2" | "rho" => true,
            _ => {
                heading(line)
                    || line.starts_with("rho at ")
                    || line.starts_with("What is not well below")
            }
        };
        if heading(line) && !lines.is_empty() {
            lines.push(String::new());
        }
        if kept {
            lines.push(line.to_string());
        }
    }
    lines.join("\n") + "\n"
}

#[test]
#[ignore = "minutes; makes what README.md shows"]
fn what_is_shown_is_made() {
    assert!(std::env::var_os("UPDATE_DOCS").is_some(), "give UPDATE_DOCS=1");
    let home = tempfile::tempdir().unwrap();
    let (printed, out) = converge(&home.path().join("shown"), &[]);
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    for (title, file) in PICTURES {
        fs::write(root().join(file), format!("{}\n", picture(&report, title))).unwrap();
    }
    let block = format!("```text\n{}```\n", excerpt(&printed));
    let readme = text_of(README);
    let (start, end) = (readme.find(BEGIN).unwrap() + BEGIN.len(), readme.find(END).unwrap());
    fs::write(root().join(README), format!("{}{block}{}", &readme[..start], &readme[end..]))
        .unwrap();
    fs::write(root().join(KEPT), state(&block)).unwrap();
}

#[test]
fn what_is_shown_is_of_this_program() {
    let block = block().expect("README.md has the marks of the block that is made");
    // Before it was made for the first time.
    let Ok(kept) = fs::read_to_string(root().join(KEPT)) else { return };
    assert_eq!(
        kept,
        state(&block),
        "make it again: UPDATE_DOCS=1 cargo test --release shown -- --ignored"
    );
}

#[test]
fn an_excerpt_keeps_the_lines_of_rho() {
    let printed = "error by x  epsilon  value\nrho L1  0.1  2\nrho L2  0.1  1\nS L2  0.1  3\n\norder by x  mean\nrho L1  2\n  \
                   extrapolated to 0  2\nrho L2  1.9\n  extrapolated to 0  2.0\nS L2  1\n  extrapolated to 0  3\nmore\n";
    let kept = "error by x  epsilon  value\nrho L2  0.1  1\n\norder by x  mean\nrho L2  1.9\n  extrapolated to 0  2.0\n";
    assert_eq!(excerpt(printed), kept);
    assert_eq!(digest("a"), "af63dc4c8601ec8c");
    let svg = |title: &str| {
        format!("<svg xmlns=\"\" width=\"3\" height=\"2\"><title>{title}</title></svg>\n")
    };
    let figure = |images: String| {
        format!("<figure class=\"still\">\n<div class=\"images\">\n{images}</div></figure>")
    };
    let report = figure(svg("a")) + &figure(svg("b: 1") + &svg("b: 2"));
    assert_eq!(picture(&report, "a"), svg("a").trim_end());
    let both = picture(&report, "b");
    assert!(both.contains("viewBox=\"0 0 6 2\"") && both.contains("<svg x=\"3\" "), "{both}");
}
