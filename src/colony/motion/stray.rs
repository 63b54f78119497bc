//! Cells that are where no cell can be.

use crate::grid::Grid;
use crate::vector::Vector;

/// Components that are looked at side by side: a multiple of every dimension.
const WIDTH: usize = 24;

/// The first cell that is not at a finite place in the box (in the whole space: at a finite place) with a finite
/// velocity, if there is one.
#[inline(always)]
pub(crate) fn stray<const D: usize>(
    grid: &Grid<D>,
    positions: &[Vector<D>],
    velocities: &[Vector<D>],
) -> Option<usize> {
    let (lower, upper) = match grid.is_open() {
        true => ([f64::MIN; D], [f64::INFINITY; D]),
        false => (grid.lower, grid.upper),
    };
    let repeated = |face: &Vector<D>| -> [f64; WIDTH] { std::array::from_fn(|i| face[i % D]) };
    let (low, high, mut sound) = (repeated(&lower), repeated(&upper), [true; WIDTH]);
    let (xs, own) = positions.as_flattened().as_chunks::<WIDTH>();
    let (vs, owned) = velocities.as_flattened().as_chunks::<WIDTH>();
    // Of what is no number none holds.
    let is_sound = |i: usize, x: f64, v: f64| (x >= low[i]) & (x < high[i]) & v.is_finite();
    for (x, v) in xs.iter().zip(vs) {
        for i in 0..WIDTH {
            sound[i] &= is_sound(i, x[i], v[i]);
        }
    }
    for (i, (x, v)) in own.iter().zip(owned).enumerate() {
        sound[i] &= is_sound(i, *x, *v);
    }
    match sound.iter().all(|sound| *sound) {
        true => None,
        false => first(&lower, &upper, positions, velocities),
    }
}

#[cold]
#[inline(never)]
fn first<const D: usize>(
    lower: &Vector<D>,
    upper: &Vector<D>,
    positions: &[Vector<D>],
    velocities: &[Vector<D>],
) -> Option<usize> {
    let holds = |x: &Vector<D>| (0..D).all(|a| x[a] >= lower[a] && x[a] < upper[a]);
    let sound = |(x, v): (&Vector<D>, &Vector<D>)| holds(x) && v.iter().all(|v| v.is_finite());
    positions.iter().zip(velocities).position(|cell| !sound(cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Boundary;

    /// Every way to be nowhere, planted into one of many cells.
    #[test]
    fn strays_are_found() {
        let grid = |boundary| Grid {
            lower: [0.0, -1.0],
            upper: [2.0, 1.0],
            cells: [8, 8],
            boundary: [boundary; 2],
        };
        let closed = grid(Boundary::Periodic);
        let open = grid(Boundary::Open { padding: 2 });
        let (x, v) = (vec![[0.0, 0.5]; 100], vec![[-3.0, 4.0]; 100]);
        assert_eq!(stray(&closed, &x, &v), None);
        for (i, bad) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300].into_iter().enumerate()
        {
            for a in 0..2 {
                let (mut lost, mut fast) = (x.clone(), v.clone());
                (lost[7 * i + 3][a], fast[50 + i][a]) = (bad, bad);
                let far = bad == 1e300;
                assert_eq!(stray(&closed, &lost, &v), Some(7 * i + 3), "{bad}");
                assert_eq!(stray(&open, &lost, &v), (!far).then_some(7 * i + 3), "{bad}");
                assert_eq!(stray(&closed, &x, &fast), (!far).then_some(50 + i), "{bad}");
            }
        }
        // The upper face belongs to the other side.
        for (at, there) in [(2.0, Some(99)), (2.0_f64.next_down(), None), (-1e-300, Some(99))] {
            let mut edge = x.clone();
            edge[99][0] = at;
            assert_eq!(stray(&closed, &edge, &v), there, "{at}");
        }
    }
}
