//! Laws of cells on the adapter, and errors in the program that they must see.

use crate::battery::trial::Form;
use crate::battery::{Combination, EXACT, combinations, moments, uniform};
use crate::laboratory::kernels::{Family, Lambda, Spec, gradient};
use crate::laboratory::truth::Truth;
use crate::laboratory::verdict::{Verdict, judge_family, mean, same_law};
use crate::{GPU, made};
use kinetaxis::device::Device;
use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::sync::atomic::AtomicBool;

/// Cells of one run.
const CELLS: usize = 32_768;

/// Whether a kernel is there on the device.
fn flies(spec: &Spec) -> bool {
    let psi = |psi: &Family| matches!(psi, Family::Saturating | Family::Linear);
    matches!(spec, Spec::Local { lambda: Lambda::Constant, .. })
        || matches!(spec, Spec::NonLocal { psi: family, .. } if psi(family))
}

/// What of the battery is there on the device.
fn supported(device: &'static Device) -> Vec<Combination> {
    let is_there = |one: &Combination| {
        let own = |(set, spec): &(crate::laboratory::sets::Set, Spec)| {
            set.profile.is_none() && flies(spec)
        };
        one.motion == "exact"
            && own(&one.case)
            && match one.form {
                Form::Alone => true,
                Form::Halves => matches!(one.case.1, Spec::Local { .. }),
                Form::Beside => own(&one.other),
            }
    };
    let all = combinations(true).into_iter().filter(is_there);
    all.map(|one| Combination { device, ..one }).collect()
}

/// Verdicts of the moments in a constant gradient.
fn of_moments(one: Combination) -> Vec<Verdict> {
    fn of<const D: usize>(one: Combination) -> Vec<Verdict> {
        let (set, spec) = one.case;
        let truth = Truth::<D>::new(&set, &spec, EXACT.0, 0.0, gradient(spec.slope()));
        moments::ready::<D>(one, truth.moments(EXACT.1), CELLS)(0)
    }
    match one.dimension {
        1 => of::<1>(one),
        2 => of::<2>(one),
        _ => of::<3>(one),
    }
}

/// Verdicts of a uniform density, in a closed box.
fn of_uniform(one: Combination) -> Vec<Verdict> {
    uniform::ready(one, CELLS).map_or(Vec::new(), |check| check(0))
}

fn conclude(verdicts: impl Fn(Combination) -> Vec<Verdict>) {
    let all = supported(&GPU);
    let met = |of: &dyn Fn(&Combination) -> (usize, String)| -> usize {
        all.iter().map(of).collect::<BTreeSet<_>>().len()
    };
    // Every boundary, every kernel and every form in every dimension.
    assert_eq!(met(&|one| (one.dimension, one.boundary.into())), 9);
    assert_eq!(met(&|one| (one.dimension, format!("{:?}", one.case))), 27);
    assert_eq!(met(&|one| (one.dimension, format!("{:?}", one.form))), 9);
    let verdicts: Vec<Verdict> = all.into_iter().flat_map(verdicts).collect();
    println!("{}", judge_family(&verdicts).unwrap_or_else(|alarms| panic!("{alarms}")));
}

#[test]
fn moments_are_exact() {
    conclude(of_moments);
}

#[test]
fn a_uniform_density_stays_uniform() {
    conclude(of_uniform);
}

/// A box of sides 2 and 3 with S of some waves, which cells cross a few times: rates change along every flight.
fn bent(dimension: usize, is_local: bool, boundary: &str, cells: usize) -> String {
    let waves = ["sin(3*x)", "sin(3*x)*cos(2*y)", "sin(3*x)*cos(2*y) + cos(z)"][dimension - 1];
    let (low, high) =
        (&["0", "-1", "0.5"][..dimension], &["2.0943951", "2.1415927", "6.7831853"][..dimension]);
    let kernel = kernel(is_local, dimension);
    format!(
        "dimension = {dimension}\nepsilon = 0.4\nseed = 3\ndomain.lower = [{}]\ndomain.upper = [{}]\n\
         domain.grid = 12\ndomain.boundary = \"{boundary}\"\ntime.end = 1\ntime.step = 0.5\n\
         cells.count = {cells}\ncells.density.shape = \"expression\"\n\
         cells.density.expression = \"1 + 0.5*sin(3*x)\"\n\
         signal.equation = \"prescribed\"\nsignal.expression = \"{waves}\"\n{kernel}\n",
        low.join(", "),
        high.join(", ")
    )
}

/// A local kernel, or one that senses ahead and behind; T/F does not depend on the dimension.
fn kernel(is_local: bool, dimension: usize) -> String {
    let mu = [2.0, TAU, 2.0 * TAU][dimension - 1];
    match is_local {
        true => format!("[kernel]\nmodel = \"local\"\na = {}\nb = {}", 0.15 / mu, 0.5 / mu),
        false => format!(
            "[kernel]\nmodel = \"nonlocal\"\npsi = \"saturating\"\nalpha_plus = 0.7\nalpha_minus = 0.6\n\
             c1 = {}\nc2 = {}",
            1.0 / mu,
            1.2 / mu
        ),
    }
}

/// What is compared of cells at the end: waves of their places, and these times velocities.
fn features<const D: usize>(text: &str, device: &Device, replicate: u64) -> Vec<[f64; 6]> {
    let e = read(text, "bent.toml", &[]).unwrap_or_else(|why| panic!("{why}\n{text}")).experiment;
    let model = Model::<D>::new(&e).unwrap().aboard(device, &e).unwrap();
    let mut simulation = Simulation::new(&model, replicate).unwrap();
    simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}).unwrap();
    let cells = &simulation.state().first().cells;
    let of = |(x, v): ([f64; D], [f64; D])| {
        let (first, last) = (3.0 * x[0], 2.0 * x[D - 1]);
        let (up, across) = (v[0], v[D - 1]);
        [
            first.sin(),
            first.cos(),
            last.sin(),
            last.cos() * across,
            first.cos() * up,
            first.sin() * up,
        ]
    };
    cells.positions.iter().zip(cells.velocities.iter()).map(of).collect()
}

/// Cells here and cells on the processor have one law.
fn compared(device: &'static Device, cells: usize, whole: bool) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for boundary in ["periodic", "no-flux"] {
        for is_local in [true, false] {
            for dimension in (1..=3).filter(|d| whole || *d == 2) {
                let text = bent(dimension, is_local, boundary, cells);
                let of = |device: &Device, replicate| match dimension {
                    1 => features::<1>(&text, device, replicate),
                    2 => features::<2>(&text, device, replicate),
                    _ => features::<3>(&text, device, replicate),
                };
                let (there, here) = (of(device, 1), of(&Device::Cpu, 2));
                for k in 0..6 {
                    let own = |all: &[[f64; 6]]| all.iter().map(|f| f[k]).collect::<Vec<_>>();
                    let name =
                        format!("d = {dimension}, {boundary}, local {is_local}: feature {k}");
                    let (there, here) = (own(&there), own(&here));
                    verdicts.push(same_law(&name, &there, &here));
                    let apart: Vec<f64> = there.iter().zip(&here).map(|(a, b)| a - b).collect();
                    verdicts.push(mean(&format!("{name}, mean"), &apart, 0.0));
                }
            }
        }
    }
    verdicts
}

#[test]
fn where_a_signal_bends_the_law_is_that_of_the_processor() {
    let verdicts = compared(&GPU, 100_000, true);
    println!("{}", judge_family(&verdicts).unwrap_or_else(|alarms| panic!("{alarms}")));
}

/// The family that must see an error.
enum By {
    Moments,
    Uniform,
    Bent,
}

/// Lines of the program that laws rest on, each wrong in turn.
#[test]
fn planted_errors_are_seen() {
    use By::{Bent, Moments, Uniform};
    const PLANTED: [(&str, By, &str, &str); 14] = [
        (
            "a slow clock",
            Moments,
            "exponential(words.x) * now.wait",
            "1.25 * exponential(words.x) * now.wait",
        ),
        ("a draw used twice", Moments, "share(words.y) * now.bound", "share(words.x) * now.bound"),
        ("a bias that is lost", Moments, "now.gain * sensed(dot(v, g))", "0.0"),
        (
            "a factor of the bias",
            Moments,
            "now.loss * sensed(dot(w, g))",
            "0.5 * now.loss * sensed(dot(w, g))",
        ),
        ("the sign of the loss", Moments, "now.loss * sensed(down)", "-now.loss * sensed(down)"),
        ("the new velocity for the old", Moments, "sensed(dot(w, g))", "sensed(dot(v, g))"),
        ("how far ahead", Moments, "v * now.ahead", "0.5 * v * now.ahead"),
        (
            "ahead for behind",
            Moments,
            "moved(place, -w * now.ahead)",
            "moved(place, w * now.ahead)",
        ),
        ("candidates that always turn", Moments, "turns = level < rate;", "turns = true;"),
        (
            "a part of the flight",
            Moments,
            "left -= time;",
            "left -= min(left, time + (time >> 3u));",
        ),
        (
            "a quarter of the velocities",
            Uniform,
            "return vec2<f32>(-sine, cosine);",
            "return vec2<f32>(cosine, sine);",
        ),
        ("a wall that keeps velocities", Uniform, "v = select(v, -v, mirrored);", ""),
        (
            "the gradient where the leg began",
            Bent,
            "relative_rate(place, fresh, v)",
            "relative_rate(began, fresh, v)",
        ),
        (
            "a grid that is shifted",
            Bent,
            "let walled = now.boundary == vec3<u32>(NO_FLUX);",
            "let walled = now.boundary == vec3<u32>(PERIODIC);",
        ),
    ];
    let mut unseen = Vec::new();
    for (what, by, text, with) in PLANTED {
        let planted = made(|adapter| {
            let adapter = adapter.planted(text, with);
            match with.contains("began") {
                true => adapter.planted(
                    "place = moved(place, y);",
                    "let began = place; place = moved(place, y);",
                ),
                false => adapter,
            }
        });
        let device: &'static Device = Box::leak(Box::new(planted));
        let few = supported(device)
            .into_iter()
            .filter(|one| one.dimension == 2 && one.form == Form::Alone && one.case.0.is_sphere());
        let few: Vec<Combination> = few.collect();
        let verdicts: Vec<Verdict> = match by {
            Moments => few.iter().flat_map(|one| of_moments(*one)).collect(),
            Uniform => few.iter().flat_map(|one| of_uniform(*one)).collect(),
            Bent => compared(device, 200_000, false),
        };
        unseen.extend(judge_family(&verdicts).is_ok().then_some(what));
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}
