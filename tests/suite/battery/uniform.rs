//! Where nothing is sensed a uniform density stays uniform in a closed box, and velocities keep to F.

use super::trial::{Place, Ready, Trial};
use super::{Check, Combination, words};
use crate::common::laws::integrate;
use crate::laboratory::sets::Set;
use crate::laboratory::verdict::{Verdict, counts, follows, mean};
use kinetaxis::vector::dot;

/// Edges of the box, which a flight crosses more than once.
const EDGES: [f64; 3] = [0.9, 1.1, 0.7];
const LOWER: f64 = -0.3;
/// Parts of an edge in the count of cubes, at most, and cells that a cube expects at least.
const PARTS: usize = 4;
const EXPECTED: f64 = 20.0;

/// The verdicts of one combination, if its box is closed.
pub fn ready(one: Combination, cells: usize) -> Option<Check> {
    let closed = words::is_closed(one.boundary).unwrap();
    closed.then(|| match one.dimension {
        1 => of::<1>(one, cells),
        2 => of::<2>(one, cells),
        _ => of::<3>(one, cells),
    })
}

fn of<const D: usize>(one: Combination, cells: usize) -> Check {
    let place = Place {
        corners: [vec![LOWER; D], EDGES[..D].iter().map(|edge| LOWER + edge).collect()],
        grid: vec![8; D],
        signal: vec!["equation = \"none\"".into()],
        start: None,
    };
    let (epsilon, time) = one.scales();
    let ready = Trial { one, epsilon, time, cells, seed: 2, place }.ready::<D>();
    let square = mean_square::<D>(&one.case.0);
    Box::new(move |replicate| verdicts(&ready, square, replicate))
}

fn verdicts<const D: usize>(ready: &Ready<D>, square: f64, replicate: u64) -> Vec<Verdict> {
    let cells = ready.run(replicate);
    let name = |what: &str| format!("{}: {what}", ready.name);
    let share = |x: &[f64; D], a: usize| (x[a] - LOWER) / EDGES[a];
    let most = (cells.len() as f64 / EXPECTED).powf(1.0 / D as f64) as usize;
    let parts = PARTS.min(most);
    let mut cubes = vec![0; parts.pow(D as u32)];
    for (x, _) in &cells {
        let cube = (0..D).fold(0, |i, a| parts * i + (parts as f64 * share(x, a)) as usize);
        cubes[cube] += 1;
    }
    let shares = vec![1.0 / cubes.len() as f64; cubes.len()];
    let all: Vec<f64> = cells.iter().map(|(_, v)| dot(v, v)).collect();
    let mut verdicts = vec![
        counts(&name("cubes"), &cubes, &shares),
        mean(&name("mean square speed"), &all, square),
    ];
    for a in 0..D {
        let x: Vec<f64> = cells.iter().map(|(x, _)| share(x, a)).collect();
        let v: Vec<f64> = cells.iter().map(|(_, v)| v[a]).collect();
        let both: Vec<f64> = cells.iter().map(|(x, v)| (share(x, a) - 0.5) * v[a]).collect();
        verdicts.push(follows(&name("coordinate"), &x, &|x: f64| x.clamp(0.0, 1.0)));
        verdicts.push(mean(&name("velocity"), &v, 0.0));
        verdicts.push(mean(&name("velocity times coordinate"), &both, 0.0));
        let v2: Vec<f64> = v.iter().map(|v| v * v).collect();
        verdicts.push(mean(&name("square of a velocity"), &v2, square / D as f64));
    }
    verdicts
}

/// ⟨|v|²⟩_F.
fn mean_square<const D: usize>(set: &Set) -> f64 {
    let Some((_, profile)) = set.profile else { return set.speed_moment::<D>(2) };
    let power =
        |p: i32| integrate(|r| r.powi(D as i32 - 1 + p) * profile(r), set.inner, set.outer, 4);
    power(2) / power(0)
}
