//! Eigenvalues.

use nalgebra::{Complex, DMatrix, DVector, Schur};

/// QR steps per unknown, at most.
const STEPS: usize = 60;
/// Share of a matrix below which its imaginary part is round-off.
const REAL: f64 = 1e-9;

/// The eigenvalues of a matrix, that of the largest real part first.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum(Vec<Complex<f64>>);

impl Spectrum {
    /// Re σ and |Im σ| of every σ, the fastest growing first.
    pub fn all(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        self.0.iter().map(|z| [z.re, z.im.abs()])
    }

    /// max Re σ.
    pub fn rate(&self) -> f64 {
        self.0.first().map_or(f64::NEG_INFINITY, |z| z.re)
    }

    /// |Im σ| of that σ.
    pub fn frequency(&self) -> f64 {
        self.0.first().map_or(0.0, |z| z.im.abs())
    }
}

/// Eigenvalues of a real matrix; `None` if it holds no numbers, or if QR steps do not converge.
///
/// The shifts of QR steps can go in circles for matrices of a special form. So if they do not converge, the matrix is
/// reflected across a plane that has nothing to do with it, which leaves its eigenvalues.
pub fn spectrum(matrix: DMatrix<f64>) -> Option<Spectrum> {
    if !matrix.iter().all(|entry| entry.is_finite()) {
        return None;
    }
    let n = matrix.nrows();
    if n == 0 {
        return Some(Spectrum(Vec::new()));
    }
    let values = |matrix: DMatrix<f64>| {
        let schur = Schur::try_new(matrix, f64::EPSILON, STEPS * n)?;
        let mut all: Vec<Complex<f64>> = schur.complex_eigenvalues().iter().copied().collect();
        all.sort_by(|a, b| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
        Some(Spectrum(all))
    };
    values(matrix.clone()).or_else(|| values(reflected(matrix)))
}

/// HAH with the reflection H = 1 − 2uuᵀ.
fn reflected(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let n = matrix.nrows();
    let entry = |i: usize, _| 0.5 + (std::f64::consts::SQRT_2 * (i + 1) as f64).fract();
    let u = DVector::from_fn(n, entry).normalize();
    let reflection = DMatrix::identity(n, n) - (&u * u.transpose()) * 2.0;
    &reflection * matrix * &reflection
}

/// Eigenvalues of a matrix that is real but for round-off, or that has those of a real one and their conjugates.
pub(super) fn complex_spectrum(matrix: DMatrix<Complex<f64>>) -> Option<Spectrum> {
    let [re, im] = [matrix.map(|z| z.re), matrix.map(|z| z.im)];
    if im.amax() <= REAL * re.amax() {
        return spectrum(re);
    }
    // A + iB acts on u + iv as (A, −B; B, A) on (u, v).
    let n = re.nrows();
    let mut both = DMatrix::zeros(2 * n, 2 * n);
    both.view_mut((0, 0), (n, n)).copy_from(&re);
    both.view_mut((n, n), (n, n)).copy_from(&re);
    both.view_mut((0, n), (n, n)).copy_from(&-&im);
    both.view_mut((n, 0), (n, n)).copy_from(&im);
    spectrum(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shift of a cycle of eleven, with eigenvalues on a circle, makes the shifts of QR go in circles.
    #[test]
    fn a_cycle_has_its_roots() {
        let n = 11;
        let root: f64 = 1.7748092111017977;
        let cycle = DMatrix::from_fn(n, n, |i, j| match (i, j) {
            (0, 10) => root,
            _ => f64::from(u8::from(i == j + 1)),
        });
        let found = spectrum(cycle).expect("it converges after a reflection");
        let radius = root.powf(1.0 / n as f64);
        assert!((found.rate() - radius).abs() < 1e-12);
        for [re, im] in found.all() {
            assert!((re.hypot(im) - radius).abs() < 1e-12, "{re} {im}");
        }
    }

    #[test]
    fn a_complex_matrix_has_its_eigenvalues() {
        // (1 + 2i) and (−3 + i), coupled one way.
        let z = Complex::new;
        let entries = [z(1.0, 2.0), z(0.5, -4.0), z(0.0, 0.0), z(-3.0, 1.0)];
        let found = complex_spectrum(DMatrix::from_row_slice(2, 2, &entries)).unwrap();
        assert!((found.rate() - 1.0).abs() < 1e-13 && (found.frequency() - 2.0).abs() < 1e-13);
        assert!(spectrum(DMatrix::from_element(2, 2, f64::NAN)).is_none());
    }
}
