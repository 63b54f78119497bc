//! Small fixed-size vectors. The dimension is a const generic, so nothing is written three times.

/// A vector of ℝᵈ.
pub type Vector<const D: usize> = [f64; D];

/// Scalar product a·b.
#[inline(always)]
pub fn dot<const D: usize>(a: &Vector<D>, b: &Vector<D>) -> f64 {
    let mut sum = 0.0;
    for axis in 0..D {
        sum += a[axis] * b[axis];
    }
    sum
}

/// Euclidean length |a|.
#[inline(always)]
pub fn norm<const D: usize>(a: &Vector<D>) -> f64 {
    dot(a, a).sqrt()
}

/// a + s·b.
#[inline(always)]
pub fn add_scaled<const D: usize>(a: &Vector<D>, s: f64, b: &Vector<D>) -> Vector<D> {
    std::array::from_fn(|axis| a[axis] + s * b[axis])
}

/// s·a.
#[inline(always)]
pub fn scaled<const D: usize>(s: f64, a: &Vector<D>) -> Vector<D> {
    std::array::from_fn(|axis| s * a[axis])
}
