//! An experiment and its image in a mirror, elsewhere, or turned by 90°: cells of the one, carried along, have the law of the
//! other. Boxes, grids, signals and starts are lopsided, so that no axis and no direction stands for another.

use super::moments::given;
use super::trial::{Ended, Form, Place, Ready, Trial};
use super::{Check, Combination, combinations, words};
use crate::laboratory::verdict::{Verdict, mean, same_law};
use rayon::prelude::*;

/// y_{to(a)} − c′_{to(a)} = sign(a)(x_a − c_a), where c and c′ are the centres of the boxes and c′ is moved by `shift`.
#[derive(Clone, Copy, Debug)]
struct Image<const D: usize> {
    name: &'static str,
    to: [usize; D],
    sign: [f64; D],
    shift: [f64; D],
}

/// Mirror, elsewhere, and in more than one dimension a quarter turn.
fn images<const D: usize>() -> Vec<Image<D>> {
    let same: [usize; D] = std::array::from_fn(|a| a);
    let (ones, nowhere) = ([1.0; D], [0.0; D]);
    let last = D - 1;
    let mirror = std::array::from_fn(|a| if a == last { -1.0 } else { 1.0 });
    let all = [-1.0; D];
    let shift = std::array::from_fn(|a| [0.37, -1.3, 0.9][a]);
    let mut to = same;
    to.swap(0, last);
    // (x, y) becomes (−y, x).
    let quarter = Image { name: "quarter turn", to, sign: mirror, shift: nowhere };
    let mut images = vec![
        Image { name: "mirror", to: same, sign: mirror, shift: nowhere },
        Image { name: "translation", to: same, sign: ones, shift },
    ];
    if D > 1 {
        images.push(quarter);
        images.push(Image { name: "point", to: same, sign: all, shift: nowhere });
    }
    images
}

/// The verdicts of one combination and one image of it.
pub fn ready(one: Combination, cells: usize) -> Check {
    match one.dimension {
        1 => of::<1>(one, cells),
        2 => of::<2>(one, cells),
        _ => of::<3>(one, cells),
    }
}

fn of<const D: usize>(one: Combination, cells: usize) -> Check {
    let images = images::<D>();
    let image = images[one.image % images.len()];
    let scene = Scene::<D>::new(words::is_closed(one.boundary).unwrap());
    let (epsilon, time) = one.scales();
    let ready =
        |seed, place| Trial { one, epsilon, time: time / 2.0, cells, seed, place }.ready::<D>();
    let plain = ready(3, scene.place(None, one.boundary));
    let there = ready(4, scene.place(Some(&image), one.boundary));
    let (from, to) = (scene.centre, image.centre(&scene.centre));
    Box::new(move |replicate| verdicts([&plain, &there], &image, [from, to], replicate))
}

fn verdicts<const D: usize>(
    [plain, there]: [&Ready<D>; 2],
    image: &Image<D>,
    [from, to]: [[f64; D]; 2],
    replicate: u64,
) -> Vec<Verdict> {
    let (x, y) = (plain.run(replicate), there.run(replicate));
    let mut verdicts = Vec::new();
    for a in 0..D {
        let (b, sign) = (image.to[a], image.sign[a]);
        let name = |what: &str| format!("{} {} axis {a}: {what}", plain.name, image.name);
        let mut compare = |what: &str, f: fn(f64, f64) -> f64| {
            let here: Vec<f64> =
                x.iter().map(|(x, v)| f(sign * (x[a] - from[a]), sign * v[a])).collect();
            let image: Vec<f64> = y.iter().map(|(y, v)| f(y[b] - to[b], v[b])).collect();
            verdicts.push(same_law(&name(what), &here, &image));
        };
        compare("position of an image", |x, _| x);
        compare("velocity of an image", |_, v| v);
        compare("position and velocity of an image", |x, v| x + v / 3.0);
    }
    verdicts
}

/// Cells that make their own signal, by every equation: means over cells of replicates, since the cells of one are not
/// independent.
pub fn coupled() -> Vec<Verdict> {
    let mut all = combinations(false);
    all.retain(|one| one.at[0] == 0);
    // Expressions name the population that is alone.
    for one in all.iter_mut().filter(|one| one.form == Form::Beside) {
        one.form = Form::Alone;
    }
    let equations = words::words("signal.equation").iter();
    let coupled = equations.filter(|word| !words::equation(word).unwrap().is_empty());
    (coupled
        .flat_map(|word| all.iter().map(move |one| (*word, *one)))
        .collect::<Vec<_>>()
        .par_iter())
    .flat_map_iter(|(word, one)| match one.dimension {
        1 => coupled_by::<1>(word, *one),
        2 => coupled_by::<2>(word, *one),
        _ => coupled_by::<3>(word, *one),
    })
    .collect()
}

fn coupled_by<const D: usize>(word: &str, one: Combination) -> Vec<Verdict> {
    let images = images::<D>();
    let image = images[one.image % images.len()];
    let mut scene = Scene::<D>::new(words::is_closed(one.boundary).unwrap());
    // What both share need not be resolved.
    if D == 3 && !scene.closed {
        scene.grid = std::array::from_fn(|a| [8, 16, 8][a]);
    }
    let (epsilon, time) = one.scales();
    let ready = |seed, image: Option<&Image<D>>| {
        let mut place = scene.place(image, one.boundary);
        place.signal = vec![format!("equation = \"{word}\"")];
        place.signal.extend(words::equation(word).unwrap().iter().map(|line| line.to_string()));
        Trial { one, epsilon, time, cells: 128, seed, place }.ready::<D>()
    };
    let (plain, there) = (ready(6, None), ready(7, Some(&image)));
    let (from, to) = (scene.centre, image.centre(&scene.centre));
    let pairs: Vec<(Ended<D>, Ended<D>)> = (0..24).map(|r| (plain.run(r), there.run(r))).collect();
    let mut verdicts = Vec::new();
    for a in 0..D {
        let (b, sign) = (image.to[a], image.sign[a]);
        let mut compare = |what: &str, f: fn(f64) -> f64| {
            let average = |all: &Ended<D>, of: &dyn Fn(&[f64; D]) -> f64| {
                all.iter().map(|(x, _)| f(of(x))).sum::<f64>() / all.len() as f64
            };
            let differences: Vec<f64> = (pairs.iter())
                .map(|(x, y)| {
                    average(x, &|x| sign * (x[a] - from[a])) - average(y, &|y| y[b] - to[b])
                })
                .collect();
            let name = format!("{word} {} {} axis {a}: {what}", plain.name, image.name);
            verdicts.push(mean(&name, &differences, 0.0));
        };
        compare("mean of an image with its own signal", |x| x);
        compare("mean square of an image with its own signal", |x| x * x);
    }
    verdicts
}

/// A lopsided box, signal and start.
struct Scene<const D: usize> {
    closed: bool,
    edges: [f64; D],
    grid: [usize; D],
    centre: [f64; D],
    start: [f64; D],
}

impl<const D: usize> Scene<D> {
    fn new(closed: bool) -> Self {
        let take = |all: [f64; 3]| std::array::from_fn(|a| all[a]);
        let of = |a: usize| if closed { [8, 12, 10][a] } else { [16, 24, 16][a] };
        Self {
            closed,
            edges: take(if closed { [0.9, 1.1, 0.7] } else { [5.0, 5.5, 5.2] }),
            grid: std::array::from_fn(of),
            centre: take([0.1, -0.2, 0.3]),
            start: take([-0.15, 0.1, -0.12]),
        }
    }

    /// The scene, or an image of it.
    fn place(&self, image: Option<&Image<D>>, boundary: &str) -> Place {
        let still = Image {
            name: "itself",
            to: std::array::from_fn(|a| a),
            sign: [1.0; D],
            shift: [0.0; D],
        };
        let image = image.unwrap_or(&still);
        let centre = image.centre(&self.centre);
        let (mut lower, mut upper) = (vec![0.0; D], vec![0.0; D]);
        let (mut grid, mut start) = (vec![0; D], vec![0.0; D]);
        for (a, &b) in image.to.iter().enumerate() {
            let half = self.edges[a] / 2.0;
            (lower[b], upper[b]) = (centre[b] - half, centre[b] + half);
            (grid[b], start[b]) = (self.grid[a], centre[b] + image.sign[a] * self.start[a]);
        }
        // x_a − c_a in the image's coordinates.
        let own: Vec<String> = (0..D)
            .map(|a| {
                let (b, sign) = (image.to[a], image.sign[a]);
                format!("({sign}*({} - ({})))", ["x", "y", "z"][b], centre[b])
            })
            .collect();
        let signal = given(&self.signal(&own), boundary);
        Place { corners: [lower, upper], grid, signal, start: Some(start) }
    }

    /// S in the coordinates `own` from the centre: waves, or a hill beside the start.
    fn signal(&self, own: &[String]) -> String {
        let (phases, peak) = ([0.4, 1.9, 4.0], [0.2, -0.1, 0.15]);
        if self.closed {
            let wave =
                |a: usize| format!("0.07*cos(2*PI*{}/{} + {})", own[a], self.edges[a], phases[a]);
            return (0..D).map(wave).collect::<Vec<_>>().join(" + ");
        }
        let square = |a: usize| format!("({} - ({}))^2", own[a], peak[a]);
        let squares = (0..D).map(square).collect::<Vec<_>>().join(" + ");
        format!("0.35*exp(-({squares})/0.245)")
    }
}

impl<const D: usize> Image<D> {
    /// The centre of the image of a box about `centre`.
    fn centre(&self, centre: &[f64; D]) -> [f64; D] {
        let mut image = [0.0; D];
        for a in 0..D {
            image[self.to[a]] = centre[a] + self.shift[a];
        }
        image
    }
}
