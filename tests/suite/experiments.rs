//! Every shipped experiment, shortened, through every command: files, headers, rows, conservation.

use crate::common::program::{Table, assert_same_csv, expect, json, names_in, stdout};
use serde_json::Value;
use std::f64::consts::FRAC_1_PI;
use std::fs;
use std::path::{Path, PathBuf};

/// A test for each file of `experiments/`, named as it is, with D and χ at t = 0 where its header states
/// them.
macro_rules! shipped {
    ($($name:ident: $coefficients:expr;)*) => {
        const SHIPPED: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            Case::new(stringify!($name), $coefficients).check_all();
        })*
    };
}

shipped! {
    aggregation_2d: Some([FRAC_1_PI, 0.45]);
    bench_w1: Some([0.5, 0.5]);
    bench_w2: Some([0.5, 0.5]);
    blow_up_3d_model1: Some([1.0 / 3.0, 0.3]);
    blow_up_3d: Some([1.0 / 3.0, 0.3]);
    cmps_model1_3d: Some([1.0 / 3.0, 0.5]);
    cmps_model2_3d: Some([1.0 / 3.0, 0.25]);
    designed_coefficients: None;
    detailed_balance_2d: None;
    ecoli_band: None;
    expression_2d: None;
    free_walk_1d: Some([1.0, 0.0]);
    free_walk_2d: Some([0.5, 0.0]);
    free_walk_3d: Some([0.2, 0.0]);
    growing_colony: Some([0.5, 0.31416]);
    hks_2d: Some([0.5, 0.25]);
    hks_3d: Some([1.0 / 3.0, 0.2]);
    hks_saturating: Some([0.5, 0.25]);
    local_1d: Some([0.2537, 0.1269]);
    local_2d: Some([0.5, 0.6283]);
    local_3d: Some([0.2214, 0.1623]);
    net_flux_2d: Some([FRAC_1_PI, 0.45]);
    nonlocal_1d: None;
    nonlocal_2d: Some([0.3316, 0.1563]);
    nonlocal_3d: Some([0.1910, 0.24]);
    persistence: Some([2.0 / 3.0, 1.0 / 6.0]);
    quasi_steady: Some([0.5, 0.9425]);
    regularisations: Some([0.5, 0.25]);
    slab_reference_2d: Some([0.5, 1.0]);
    subcritical: Some([1.0, 1.0]);
    supercritical_2d: Some([0.5, 0.3142]);
    temporal_2d: Some([0.5, 0.25]);
    travelling_band: None;
    two_signals: None;
    virus_exponents: None;
    virus_invasion_2d: None;
    virus_limit_1d: None;
    virus_limit_2d: None;
    virus_ode: None;
    virus_taxis: None;
    virus_threshold: None;
}

/// Those whose limit is lost within a tenth of a unit of time, those whose fields in the whole
/// space of three dimensions take long, and those with several populations or signals, whose keys have other names:
/// `verify --quick` runs them, and the gallery that with units.
const ELSEWHERE: [&str; 16] = [
    "ecoli-band",
    "travelling-band",
    "two-signals",
    "virus-exponents",
    "virus-invasion-2d",
    "virus-limit-1d",
    "virus-limit-2d",
    "virus-ode",
    "virus-taxis",
    "virus-threshold",
    "blow-up-3d",
    "blow-up-3d-model1",
    "regularisations",
    "supercritical-2d",
    "cmps-model1-3d",
    "cmps-model2-3d",
];
const CELLS: usize = 4000;
const REPLICATES: usize = 4;
const TIMES: [f64; 3] = [0.0, 0.05, 0.1];
const STATISTICS: &str = "mean,std_error,ci_low,ci_high,replicates";

/// One experiment and where its results go.
struct Case {
    name: String,
    coefficients: Option<[f64; 2]>,
    file: PathBuf,
    home: tempfile::TempDir,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments")
}

/// The file of a test.
fn file_of(test: &str) -> String {
    format!("{}.toml", test.replace('_', "-"))
}

#[test]
fn every_file_has_its_test() {
    // The folder of those that count how often intervals hold is the business of their own test.
    let mut files = names_in(&folder());
    files.retain(|name| name.ends_with(".toml"));
    let mut tested: Vec<String> = SHIPPED.iter().map(|test| file_of(test)).collect();
    tested.sort();
    assert_eq!(files, tested);
}

impl Case {
    fn new(test: &str, coefficients: Option<[f64; 2]>) -> Self {
        let (file, home) = (folder().join(file_of(test)), tempfile::tempdir().unwrap());
        Self { name: test.replace('_', "-"), coefficients, file, home }
    }

    fn check_all(&self) {
        let file = self.file.to_str().unwrap();
        let told = stdout(&expect(0, &["check", file]));
        if ELSEWHERE.contains(&self.name.as_str()) {
            return assert!(told.ends_with(&format!("{file}: valid\n")));
        }
        let (warnings, verdict) = told.split_at(told.rfind(file).unwrap());
        assert_eq!(verdict, format!("{file}: valid\n"));
        // A wave that is bent at its faces.
        assert!(warnings.is_empty() || self.name == "bench-w1", "{warnings}");
        self.inspect(file);
        let e = self.run();
        self.run_again_from_the_manifest();
        self.ensemble(&e);
        self.limit(&e);
        self.converge(&e);
    }

    /// The command with a shorter experiment; its results folder.
    fn command(&self, command: &str, more: &[&str]) -> PathBuf {
        let out = self.home.path().join(command);
        let (cells, replicates) = (format!("={CELLS}"), format!("={REPLICATES}"));
        let set = [
            format!("cells.count{cells}"),
            format!("converge.cells{cells}"),
            format!("ensemble.replicates{replicates}"),
            format!("converge.replicates{replicates}"),
            "time.end=0.1".into(),
            "time.step=0.05".into(),
            "time.outputs=[0, 0.05, 0.1]".into(),
            "limit.step=0.01".into(),
        ];
        let mut line = vec![command, self.file.to_str().unwrap(), "--quiet", "--threads", "1"];
        line.extend(["--seed", "77", "--out", out.to_str().unwrap()]);
        for assignment in set.iter().map(String::as_str).chain(more.iter().copied()) {
            line.extend(["--set", assignment]);
        }
        expect(0, &line);
        out
    }

    fn inspect(&self, file: &str) {
        let facts: Value = serde_json::from_str(&stdout(&expect(0, &["inspect", file, "--json"])))
            .expect("inspect --json prints JSON");
        assert_eq!(facts["positivity"]["holds_at_start"], true, "{}", self.name);
        let referee = &facts["referee"];
        assert_eq!(referee["A0"]["status"], "holds", "{}", self.name);
        assert_eq!(referee["order"]["kernel_is_even"], true, "{}", self.name);
        assert_eq!(referee["theorems"].as_array().map(Vec::len), Some(4), "{}", self.name);
        for (i, name) in ["diffusivity", "sensitivity"].into_iter().enumerate() {
            let value = facts["limit"][name].as_f64().unwrap();
            let quadrature = facts["limit"][format!("{name}_quadrature")].as_f64().unwrap();
            assert!((value - quadrature).abs() < 1e-5 * (1.0 + value), "{} {name}", self.name);
            if let Some(stated) = self.coefficients {
                assert!((value - stated[i]).abs() < 1e-4, "{} {name}: {value}", self.name);
            }
        }
    }

    fn run(&self) -> Facts {
        let out = self.command("run", &["output.cells_at=[0.1]"]);
        let e = Facts::read(&out, "run");
        let files =
            ["cells.csv", "density.csv", "experiment.toml", "manifest.json", "observables.csv"];
        assert_eq!(
            names_in(&out),
            [&files[..], &["report.html", "signal.csv", "summary.json"]].concat()
        );
        let mass = e.observables(&out, "time,population,observable,value", "value");
        for file in ["density.csv", "signal.csv"] {
            let header = format!("time,population,{},value", e.axes(""));
            let table = e.field(&out, file, &header, &e.grid, &TIMES);
            if file == "density.csv" {
                e.assert_mass(&table, "value", &e.grid, &mass);
            }
        }
        // Cells that divide or die keep their mass.
        let count = (CELLS as f64 * mass[2] / mass[0]).round() as usize;
        let cells = e.table(&out, "cells.csv", &e.cells_header(), count);
        let ids: Vec<String> = (0..count).map(|i| i.to_string()).collect();
        assert_eq!(cells.texts("id"), ids);
        cells.texts("population").iter().for_each(|p| assert_eq!(*p, "cells"));
        let summary = json(out.join("summary.json"));
        assert_eq!(summary["command"], "run");
        assert_eq!(summary["negative_rates"], 0, "{}", self.name);
        e
    }

    /// The experiment in the manifest is valid, and gives the same bytes.
    fn run_again_from_the_manifest(&self) {
        let (first, again) = (self.home.path().join("run"), self.home.path().join("again"));
        let text = json(first.join("manifest.json"))["experiment_toml"].clone();
        let file = self.home.path().join("again.toml");
        fs::write(&file, text.as_str().unwrap()).unwrap();
        let file = file.to_str().unwrap();
        expect(0, &["check", file]);
        expect(0, &["run", file, "--quiet", "--out", again.to_str().unwrap()]);
        assert_same_csv(&first, &again);
    }

    fn ensemble(&self, e: &Facts) {
        let out = self.command("ensemble", &["output.cells_at=[0.1]"]);
        Facts::read(&out, "ensemble");
        let header = format!("time,population,observable,{STATISTICS}");
        let mass = e.observables(&out, &header, "mean");
        let table = e.with_centre(Table::read(out.join("observables.csv")), "mean");
        assert_statistics(&table);
        if self.name.starts_with("free-walk") {
            self.second_moment(e, &table);
        }
        for file in ["density.csv", "signal.csv"] {
            let header = format!("time,population,{},{STATISTICS}", e.axes(""));
            let table = e.field(&out, file, &header, &e.grid, &TIMES);
            assert_statistics(&table);
            if file == "density.csv" {
                e.assert_mass(&table, "mean", &e.grid, &mass);
            }
        }
        let count = ((CELLS * REPLICATES) as f64 * mass[2] / mass[0]).round() as usize;
        e.table(&out, "cells.csv", &e.cells_header(), count);
    }

    /// E|x|² = 2dD(t − ε²(1 − e^{−t/ε²})), λ = 1. |x|² has a standard deviation of at most √2 times
    /// its mean, so that of the mean over 16 000 cells is below 1.2%: 6% raise a false alarm less
    /// often than once in a million.
    fn second_moment(&self, e: &Facts, observables: &Table) {
        let [diffusivity, _] = self.coefficients.unwrap();
        let epsilon = e.experiment["epsilon"].as_f64().unwrap();
        let rows = observables.rows_with("observable", "second_moment");
        assert_eq!(rows.len(), TIMES.len());
        for row in rows {
            let (t, mean): (f64, f64) = (row[0].parse().unwrap(), row[3].parse().unwrap());
            let square = epsilon * epsilon;
            let law =
                2.0 * e.dimension as f64 * diffusivity * (t + square * (-t / square).exp_m1());
            assert!((mean - law).abs() <= 0.06 * law, "{}: {mean} for {law}", self.name);
        }
    }

    fn limit(&self, e: &Facts) {
        let out = self.command("limit", &[]);
        Facts::read(&out, "limit");
        let files =
            ["experiment.toml", "limit.csv", "manifest.json", "report.html", "summary.json"];
        assert_eq!(names_in(&out), files);
        let header = format!("time,{},rho,signal,rho_smoothed", e.axes(""));
        let table = e.field(&out, "limit.csv", &header, &e.limit_grid, &TIMES);
        let mass = json(out.join("summary.json"))["mass"].as_f64().unwrap();
        if !e.grows() {
            e.assert_mass(&table, "rho", &e.limit_grid, &[mass; TIMES.len()]);
        }
        // A start that the grid does not resolve rings: what is negative is what the summary says.
        let (rho, spread) =
            (table.numbers("rho"), json(out.join("summary.json"))["spread"].clone());
        let nodes = rho.len() / TIMES.len();
        for (i, rho) in rho.chunks(nodes).enumerate() {
            let negative: f64 = rho.iter().map(|rho| -rho.min(0.0)).sum();
            let share = negative / rho.iter().sum::<f64>();
            let said = spread[i]["negative"].as_f64().unwrap();
            assert!(share <= said + 1e-12, "{}: {share} and {said}", self.name);
        }
    }

    fn converge(&self, e: &Facts) {
        // Doubling a large grid takes long and shows nothing new.
        let budget = if e.grid.iter().product::<usize>() < 10_000 { REPLICATES } else { 0 };
        // Ordinates in space take long as well, and so do those on 64 x 64 nodes: CI runs a small study.
        let few = e.dimension < 3 && e.grid.iter().product::<usize>() < 4096;
        let noise_free = e.experiment["converge"]["noise_free"] == true && few;
        let set = [
            format!("converge.budget_replicates={budget}"),
            format!("converge.noise_free={noise_free}"),
        ];
        let out = self.command("converge", &set.each_ref().map(String::as_str));
        Facts::read(&out, "converge");
        let files =
            ["convergence.csv", "density.csv", "experiment.toml", "manifest.json", "orders.csv"];
        let mut names = [&files[..], &["report.html", "summary.json"]].concat();
        let parameter = e.experiment["converge"]["in"].as_str().unwrap();
        // Only the sweep in epsilon has a limit and a budget.
        let of_epsilon = parameter == "epsilon";
        if of_epsilon {
            names.extend(["budget.csv", "limit.csv"]);
        }
        if noise_free {
            names.extend([
                "cells_against_equation.csv",
                "convergence_cells.csv",
                "orders_cells.csv",
            ]);
            if !e.grows() {
                names.push("entropy.csv");
            }
            if parameter == "delta" {
                names.extend(["convergence_limit.csv", "orders_limit.csv"]);
            }
        }
        names.sort();
        assert_eq!(names_in(&out), names);
        let coupled = ["parabolic", "elliptic"]
            .contains(&e.experiment["signal"]["equation"].as_str().unwrap());
        let tests = e.experiment["converge"]["test_functions"].as_array().unwrap().len();
        // Without a signal of the cells' own there is no S and no grad S. Weak errors are one for
        // each scalar and each component.
        let (strong, pairs) = if coupled { (4 + 3 + 3 + 3 + 1, 2) } else { (4 + 3 + 1, 1) };
        let norms = strong + tests * pairs * (1 + e.dimension);
        let values = if of_epsilon { "epsilons" } else { "values" };
        let values = e.experiment["converge"][values].as_array().unwrap();

        let header = format!(
            "{parameter},quantity,norm,error,std_error,ci_low,ci_high,replicates,cells,resolved,from_below"
        );
        let rows = norms * values.len();
        // What is known best is first; the cells are its check.
        let by_cells = if noise_free { "_cells" } else { "" };
        let table = e.table(&out, &format!("convergence{by_cells}.csv"), &header, rows);
        let all = |name: &str, value: usize| {
            assert_eq!(table.texts(name), vec![value.to_string(); rows], "{name}");
        };
        all("replicates", REPLICATES);
        all("cells", CELLS);
        let (low, high) = (table.numbers("ci_low"), table.numbers("ci_high"));
        let resolved = table.texts("resolved");
        for i in 0..rows {
            // An exact zero, such as a flux across a slab, is left with some round-off.
            let clear = low[i] > 1e-14 || high[i] < -1e-14;
            assert_eq!(resolved[i], clear.to_string(), "{} {:?}", self.name, table.rows[i]);
        }
        for value in values {
            let value = format!("{:?}", value.as_f64().unwrap());
            assert_eq!(table.rows_with(parameter, &value).len(), norms, "{value}");
        }
        let header = "quantity,norm,order,ci_low,ci_high,points,straightness,verdict,kind,from,to";
        // The mean slope, that at 0 and those between neighbours.
        let slopes = values.len() + usize::from(values.len() > 2);
        let orders = e.table(&out, "orders.csv", header, norms * slopes);
        assert_eq!(orders.rows_with("kind", "mean").len(), norms);
        assert!(orders.texts("kind")[..norms].iter().all(|kind| *kind == "mean"));
        assert!(orders.texts("verdict").iter().all(|v| !v.is_empty()));
        let quantities = if coupled { 4 } else { 2 };
        let header = format!("time,population,{},{STATISTICS}", e.axes(""));
        let density = e.field(&out, "density.csv", &header, &e.grid, &TIMES[2..]);
        assert_statistics(&density);
        if !of_epsilon {
            return;
        }
        let rows = if budget > 0 { values.len() * quantities * 6 } else { 0 };
        let header = "epsilon,quantity,norm,component,value,ci_low,ci_high";
        e.table(&out, "budget.csv", header, rows);
        let header = format!("time,{},rho,signal,rho_smoothed", e.axes(""));
        let limit = e.field(&out, "limit.csv", &header, &e.grid, &TIMES[2..]);
        let mass = limit.numbers("rho").iter().sum::<f64>() * e.cell_volume(&e.grid);
        if !e.grows() {
            e.assert_mass(&density, "mean", &e.grid, &[mass]);
        }
    }
}

/// The interval holds the mean, and the replicates are those asked for.
fn assert_statistics(table: &Table) {
    let (mean, low, high) =
        (table.numbers("mean"), table.numbers("ci_low"), table.numbers("ci_high"));
    let (error, replicates) = (table.numbers("std_error"), table.numbers("replicates"));
    assert!(!mean.is_empty());
    for i in 0..mean.len() {
        assert!(low[i] <= mean[i] && mean[i] <= high[i] && error[i] >= 0.0, "{:?}", table.rows[i]);
        assert_eq!(replicates[i], REPLICATES as f64);
    }
}

/// What the manifest says of the experiment.
struct Facts {
    experiment: Value,
    dimension: usize,
    grid: Vec<usize>,
    limit_grid: Vec<usize>,
    volume: f64,
}

impl Facts {
    fn read(out: &Path, command: &str) -> Self {
        let manifest = json(out.join("manifest.json"));
        assert_eq!(manifest["program"], "kinetaxis");
        assert_eq!(manifest["command"], command);
        assert_eq!(manifest["seed"], 77);
        let report = fs::read_to_string(out.join("report.html")).unwrap();
        assert!(report.contains("</html>") && report.contains("<svg"));
        let experiment = manifest["experiment"].clone();
        let numbers = |section: &str, key: &str| -> Vec<f64> {
            let list = experiment[section][key].as_array().unwrap();
            list.iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let sizes = |section| numbers(section, "grid").iter().map(|n| *n as usize).collect();
        let (lower, upper) = (numbers("domain", "lower"), numbers("domain", "upper"));
        Self {
            dimension: lower.len(),
            volume: lower.iter().zip(&upper).map(|(l, u)| u - l).product(),
            grid: sizes("domain"),
            limit_grid: sizes("limit"),
            experiment,
        }
    }

    /// Names of the coordinates.
    fn axes(&self, prefix: &str) -> String {
        let axes = &["x", "y", "z"][..self.dimension];
        axes.iter().map(|a| format!("{prefix}{a}")).collect::<Vec<_>>().join(",")
    }

    fn cells_header(&self) -> String {
        format!("time,replicate,population,id,{},{}", self.axes(""), self.axes("v"))
    }

    /// Whether cells divide or die, so that their mass changes.
    fn grows(&self) -> bool {
        self.experiment["cells"]["growth"] != 0.0
    }

    fn cell_volume(&self, grid: &[usize]) -> f64 {
        self.volume / grid.iter().product::<usize>() as f64
    }

    /// A table of this header and so many rows.
    fn table(&self, out: &Path, file: &str, header: &str, rows: usize) -> Table {
        let table = Table::read(out.join(file));
        assert_eq!(table.header.join(","), header, "{}", table.path.display());
        assert_eq!(table.rows.len(), rows, "{}", table.path.display());
        table
    }

    /// A field: every node of the grid at every time.
    fn field(&self, out: &Path, file: &str, header: &str, grid: &[usize], times: &[f64]) -> Table {
        let nodes = grid.iter().product::<usize>();
        let table = self.table(out, file, header, nodes * times.len());
        let found = table.numbers("time");
        for (i, time) in times.iter().enumerate() {
            assert!(found[i * nodes..(i + 1) * nodes].iter().all(|t| t == time), "{file}");
        }
        for (a, axis) in ["x", "y", "z"].iter().enumerate().take(self.dimension) {
            let mut values = table.numbers(axis);
            values.sort_by(f64::total_cmp);
            values.dedup();
            assert_eq!(values.len(), grid[a], "{file} {axis}");
        }
        table
    }

    /// The observables, all of them at all times; the masses.
    fn observables(&self, out: &Path, header: &str, value: &str) -> Vec<f64> {
        let mut names = vec!["mass".to_string()];
        for prefix in ["center_", "mean_velocity_"] {
            names.extend(self.axes(prefix).split(',').map(String::from));
        }
        let (domain, kernel) = (&self.experiment["domain"], &self.experiment["kernel"]);
        let virial =
            domain["boundary"][0] == "open" && kernel["model"] == "local" && self.dimension == 2;
        let predicted = ["second_moment_predicted", "second_moment_excess"].iter();
        let of_density = ["max_density", "density_L2", "density_L4", "density_square"];
        let others = ["max_signal", "leak", "tumbles_per_cell", "clipped_fraction"];
        let all = ["second_moment", "variance"].iter().chain(predicted.filter(|_| virial));
        names.extend(all.chain(&of_density).chain(&others).map(|name| name.to_string()));
        let rows = names.len() * TIMES.len();
        let table = self.table(out, "observables.csv", header, rows);
        assert_eq!(table.texts("observable"), vec![names.clone(); TIMES.len()].concat());
        let mut masses = self.with_centre(table, value);
        masses.numbers(value);
        masses.rows.retain(|row| row.contains(&names[0]));
        let masses = masses.numbers(value);
        assert_eq!(masses.len(), TIMES.len());
        if let (Some(mass), false) = (self.experiment["cells"]["mass"].as_f64(), self.grows()) {
            masses.iter().for_each(|m| assert!((m / mass - 1.0).abs() < 1e-12, "{m} for {mass}"));
        }
        masses
    }

    /// The rows that have a value. Around a periodic axis an even law has no centre, and so neither
    /// variance nor second moment; nothing else may be left out.
    fn with_centre(&self, mut table: Table, value: &str) -> Table {
        let column = table.header.iter().position(|name| name == value).unwrap();
        let boundary = self.experiment["domain"]["boundary"].as_array().unwrap();
        let periodic = boundary.iter().any(|b| *b == "periodic");
        let of_centre = ["center_x", "center_y", "center_z", "variance", "second_moment"];
        table.rows.retain(|row| {
            let stated = !row[column].is_empty();
            let may = periodic && row.iter().any(|field| of_centre.contains(&field.as_str()));
            assert!(stated || may, "{}: {row:?}", table.path.display());
            stated
        });
        table
    }

    /// The integral of a density at each time.
    #[track_caller]
    fn assert_mass(&self, table: &Table, column: &str, grid: &[usize], masses: &[f64]) {
        let (values, nodes) = (table.numbers(column), grid.iter().product::<usize>());
        assert_eq!(values.len(), nodes * masses.len());
        // In the whole space a tail is outside the box that is written.
        let domain = &self.experiment["domain"];
        let open = domain["boundary"][0] == "open";
        let tolerance = if open { domain["leak"].as_f64().unwrap() } else { 1e-12 };
        for (field, mass) in values.chunks(nodes).zip(masses) {
            let total = field.iter().sum::<f64>() * self.cell_volume(grid);
            assert!((total / mass - 1.0).abs() < tolerance, "{:?}: {total} {mass}", table.path);
        }
    }
}
