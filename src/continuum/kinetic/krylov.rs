//! Generalised minimal residuals (Saad & Schultz 1986).

use rayon::prelude::*;
use rustfft::num_complex::Complex;

/// A complex number at every place, in parts of any length.
pub(super) type Parts = Vec<Vec<Complex<f64>>>;

/// Most vectors of one basis, which are the memory of the method.
const MOST: usize = 24;

/// Σ conj(a) b, in order.
fn dot(a: &Parts, b: &Parts) -> Complex<f64> {
    let of = |(a, b): (&Vec<Complex<f64>>, &Vec<Complex<f64>>)| -> Complex<f64> {
        a.iter().zip(b).map(|(a, b)| a.conj() * b).sum()
    };
    a.par_iter().zip(b).map(of).collect::<Vec<_>>().into_iter().sum()
}

/// |a|.
fn norm(a: &Parts) -> f64 {
    dot(a, a).re.sqrt()
}

/// a ← a + factor b.
fn add(a: &mut Parts, factor: Complex<f64>, b: &Parts) {
    a.par_iter_mut().zip(b).for_each(|(a, b)| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += factor * b);
    });
}

fn scale(a: &mut Parts, factor: f64) {
    a.par_iter_mut().for_each(|a| a.iter_mut().for_each(|a| *a *= factor));
}

/// x with (1 − K)x = b up to `tolerance`|b|, and how often K was applied. None if that takes more than [`MOST`].
pub(super) fn solve(
    b: Parts,
    tolerance: f64,
    mut apply: impl FnMut(&Parts) -> Parts,
) -> Option<(Parts, usize)> {
    let size = norm(&b);
    if size == 0.0 {
        return Some((b, 0));
    }
    let mut basis = vec![b];
    scale(&mut basis[0], 1.0 / size);
    // Columns of the triangle, the rotations that made it, and what is left of |b|e₁.
    let mut columns: Vec<Vec<Complex<f64>>> = Vec::new();
    let mut rotations: Vec<(f64, Complex<f64>)> = Vec::new();
    let mut right = vec![Complex::new(size, 0.0)];
    while right[right.len() - 1].norm() > tolerance * size {
        if columns.len() == MOST {
            return None;
        }
        let last = &basis[basis.len() - 1];
        let mut next = apply(last);
        next.par_iter_mut().zip(last).for_each(|(next, last)| {
            next.iter_mut().zip(last).for_each(|(next, last)| *next = last - *next);
        });
        let mut column = Vec::with_capacity(basis.len() + 1);
        for vector in &basis {
            let along = dot(vector, &next);
            add(&mut next, -along, vector);
            column.push(along);
        }
        let rest = norm(&next);
        for (k, (cos, sin)) in rotations.iter().enumerate() {
            let (upper, lower) = (column[k], column[k + 1]);
            column[k] = upper * *cos + sin.conj() * lower;
            column[k + 1] = lower * *cos - sin * upper;
        }
        let k = column.len() - 1;
        let length = (column[k].norm_sqr() + rest * rest).sqrt();
        // The rotation that turns (column[k], rest) into (length·phase, 0).
        let phase = match column[k].norm() {
            0.0 => Complex::new(1.0, 0.0),
            size => column[k] / size,
        };
        let (cos, sin) = (column[k].norm() / length, phase.conj() * (rest / length));
        column[k] = phase * length;
        let top = right[k];
        right[k] = top * cos;
        right.push(-sin * top);
        rotations.push((cos, sin));
        columns.push(column);
        if rest > 0.0 {
            scale(&mut next, 1.0 / rest);
        }
        basis.push(next);
    }
    let count = columns.len();
    let mut factors = right[..count].to_vec();
    for k in (0..count).rev() {
        factors[k] /= columns[k][k];
        let factor = factors[k];
        (0..k).for_each(|i| factors[i] -= columns[k][i] * factor);
    }
    let mut x: Parts = basis[0].iter().map(|part| vec![Complex::default(); part.len()]).collect();
    factors.iter().zip(&basis).for_each(|(factor, vector)| add(&mut x, *factor, vector));
    Some((x, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full complex matrix, which has nothing symmetric, to what is asked for and in no more products than it has rows.
    #[test]
    fn a_system_is_solved_to_its_tolerance() {
        let entry = |i: usize, j: usize| {
            Complex::new((1.0 + (3 * i + 7 * j) as f64).sin(), (2.0 + (5 * i * j) as f64).cos())
                * 0.3
        };
        let places = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (1, 3)];
        let shape = || vec![vec![Complex::default(); 2], vec![Complex::default(); 4]];
        let product = |x: &Parts| {
            let mut y = shape();
            for (i, (p, k)) in places.iter().enumerate() {
                y[*p][*k] =
                    (places.iter().enumerate()).map(|(j, (q, l))| entry(i, j) * x[*q][*l]).sum();
            }
            y
        };
        let mut b = shape();
        places.iter().enumerate().for_each(|(i, (p, k))| b[*p][*k] = entry(i, 11));
        for tolerance in [1e-2, 1e-12] {
            let (x, count) = solve(b.clone(), tolerance, product).unwrap();
            let mut left = product(&x);
            add(&mut left, Complex::new(-1.0, 0.0), &x);
            add(&mut left, Complex::new(1.0, 0.0), &b);
            assert!(count <= 6 && norm(&left) <= 1.01 * tolerance * norm(&b), "{}", norm(&left));
        }
    }
}
