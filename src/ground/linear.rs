//! Small dense linear systems.

/// Gaussian elimination with partial pivoting on the row-major `matrix`, which is overwritten; each
/// right-hand side becomes its solution.
///
/// ```
/// let (mut matrix, mut sides) = ([2.0, 1.0, 1.0, 3.0], [vec![3.0, 5.0]]);
/// kinetaxis::linear::solve(&mut matrix, &mut sides);
/// assert!((sides[0][0] - 0.8).abs() < 1e-15 && (sides[0][1] - 1.4).abs() < 1e-15);
/// ```
///
/// # Panics
/// If there is no right-hand side, or they do not fit the matrix.
pub fn solve(matrix: &mut [f64], sides: &mut [Vec<f64>]) {
    let n = sides[0].len();
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|a, b| matrix[a * n + k].abs().total_cmp(&matrix[b * n + k].abs()))
            .expect("k < n");
        if pivot != k {
            for j in k..n {
                matrix.swap(k * n + j, pivot * n + j);
            }
            sides.iter_mut().for_each(|b| b.swap(k, pivot));
        }
        let (above, below) = matrix.split_at_mut((k + 1) * n);
        let pivot_row = &above[k * n + k..];
        for (i, row) in below.chunks_exact_mut(n).enumerate() {
            let factor = row[k] / pivot_row[0];
            if factor != 0.0 {
                row[k..].iter_mut().zip(pivot_row).for_each(|(r, p)| *r -= factor * p);
                sides.iter_mut().for_each(|b| b[k + 1 + i] -= factor * b[k]);
            }
        }
    }
    for b in sides {
        for k in (0..n).rev() {
            let rest: f64 = (k + 1..n).map(|j| matrix[k * n + j] * b[j]).sum();
            b[k] = (b[k] - rest) / matrix[k * n + k];
        }
    }
}
