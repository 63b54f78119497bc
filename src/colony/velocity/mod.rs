//! The velocity set V ⊂ ℝᵈ with its measure dv, and the equilibrium F on it.
//!
//! dv is Lebesgue measure on a ball or shell and surface measure on a sphere (counting measure on
//! {−s, s} for d = 1). Everything below is derived from the radial law p(r) dr of |v| under F.

mod equilibrium;
mod quadrature;
mod spec;

use crate::rng::Stream;
use crate::schema::OutOfRange;
use crate::simd::{Vectorised, vectorise};
use crate::vector::{Vector, dot, norm, scaled};
use equilibrium::Profile;
pub(crate) use quadrature::directions;
use rand::RngExt;
use rand_distr::{Distribution, UnitCircle, UnitSphere};

pub(crate) use spec::KEYS;
pub use spec::{Velocity, VelocitySet};

/// Nodes per angle and for the speed, where a few more cost nothing.
const ANGLES: usize = 12;

/// V and F.
///
/// ```
/// use kinetaxis::velocity::{VelocitySet, VelocitySpace};
/// let circle = VelocitySpace::<2>::new(VelocitySet::Sphere, 0.0, 1.0, None);
/// assert_eq!(circle.measure(), 2.0 * std::f64::consts::PI);
/// assert_eq!(circle.mean_square(), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct VelocitySpace<const D: usize> {
    set: VelocitySet,
    inner: f64,
    outer: f64,
    measure: f64,
    profile: Profile,
    mean_square_f: f64,
}

/// Surface measure of the unit sphere of ℝᵈ.
fn unit_surface(d: usize) -> f64 {
    use std::f64::consts::PI;
    [2.0, 2.0 * PI, 4.0 * PI][d - 1]
}

impl<const D: usize> VelocitySpace<D> {
    /// V with radii `inner` (shell only) and `outer`, and F ∝ `equilibrium`(|v|), uniform if `None`.
    pub fn new(
        set: VelocitySet,
        inner: f64,
        outer: f64,
        equilibrium: Option<crate::formula::Formula>,
    ) -> Self {
        let (d, inner) = (D as i32, if set == VelocitySet::Shell { inner } else { 0.0 });
        let measure = match set {
            VelocitySet::Sphere => unit_surface(D) * outer.powi(d - 1),
            _ => unit_surface(D) / D as f64 * (outer.powi(d) - inner.powi(d)),
        };
        let mut space =
            Self { set, inner, outer, measure, profile: Profile::Uniform, mean_square_f: 0.0 };
        if let (Some(formula), true) = (equilibrium, set != VelocitySet::Sphere) {
            space.profile =
                Profile::radial(formula, inner, outer, |r| unit_surface(D) * r.powi(d - 1));
        }
        space.mean_square_f = match space.profile {
            Profile::Uniform => space.mean_square(),
            _ => space.quadrature().iter().map(|(v, w)| w * dot(v, v) * space.density(v)).sum(),
        };
        space
    }

    /// V and F of an experiment.
    pub fn from_experiment(v: &Velocity) -> Self {
        Self::new(v.set, v.inner_speed, v.speed, v.equilibrium.clone())
    }

    /// μ = ∫_V dv.
    pub fn measure(&self) -> f64 {
        self.measure
    }

    /// m₂ = (1/μ)∫_V |v|² dv.
    pub fn mean_square(&self) -> f64 {
        let (d, a, b) = (D as i32, self.inner, self.outer);
        match self.set {
            VelocitySet::Sphere => b * b,
            _ => {
                D as f64 / (D as f64 + 2.0) * (b.powi(d + 2) - a.powi(d + 2))
                    / (b.powi(d) - a.powi(d))
            }
        }
    }

    /// ⟨|v|²⟩_F = ∫_V |v|² F dv.
    pub fn mean_square_f(&self) -> f64 {
        self.mean_square_f
    }

    /// d/⟨|v|²⟩_F: of densities F(v)(1 + tilt u·v) the mean velocity is u.
    pub fn tilt(&self) -> f64 {
        D as f64 / self.mean_square_f()
    }

    /// Largest speed.
    pub fn max_speed(&self) -> f64 {
        self.outer
    }

    /// Smallest speed.
    pub fn min_speed(&self) -> f64 {
        if self.set == VelocitySet::Sphere { self.outer } else { self.inner }
    }

    /// Every one of `vs`, which are near V, becomes the nearest velocity of V.
    pub fn project(&self, vs: &mut [Vector<D>]) {
        vectorise(Project { vs, speeds: [self.min_speed(), self.max_speed()] });
    }

    /// Kind of V.
    pub fn set(&self) -> VelocitySet {
        self.set
    }

    /// Whether F = 1/μ.
    pub fn is_uniform(&self) -> bool {
        matches!(self.profile, Profile::Uniform)
    }

    /// F(v), a density with respect to dv.
    #[inline(always)]
    pub fn density(&self, v: &Vector<D>) -> f64 {
        match &self.profile {
            Profile::Uniform => 1.0 / self.measure,
            Profile::Radial(p) => p.density(norm(v)),
        }
    }

    /// 1/F(v).
    #[inline(always)]
    pub fn inverse_density(&self, v: &Vector<D>) -> f64 {
        match &self.profile {
            Profile::Uniform => self.measure,
            Profile::Radial(p) => 1.0 / p.density(norm(v)),
        }
    }

    /// Why F(v) is refused, if it is.
    pub fn refused(&self, v: &Vector<D>) -> Option<OutOfRange> {
        match &self.profile {
            Profile::Uniform => None,
            Profile::Radial(p) => p.refused(norm(v)),
        }
    }

    /// An upper bound on 1/F.
    pub fn inverse_density_bound(&self) -> f64 {
        match &self.profile {
            Profile::Uniform => self.measure,
            Profile::Radial(p) => 1.0 / p.lowest(),
        }
    }

    /// An upper bound on F; the largest F if it is uniform.
    pub fn density_bound(&self) -> f64 {
        match &self.profile {
            Profile::Uniform => 1.0 / self.measure,
            Profile::Radial(p) => p.highest(),
        }
    }

    /// A velocity drawn from F.
    #[inline(always)]
    pub fn sample(&self, rng: &mut Stream) -> Vector<D> {
        let direction = direction(rng);
        match self.set {
            VelocitySet::Sphere => scaled(self.outer, &direction),
            _ => scaled(self.radius(rng), &direction),
        }
    }

    /// A velocity drawn uniformly from V.
    pub fn sample_uniform(&self, rng: &mut Stream) -> Vector<D> {
        let direction = direction(rng);
        match self.set {
            VelocitySet::Sphere => scaled(self.outer, &direction),
            _ => scaled(self.speed_at(rng.random()), &direction),
        }
    }

    /// The speed below which lies the share `u` of V: |v| under uniform F is this at uniform u.
    #[inline(always)]
    pub fn speed_at(&self, u: f64) -> f64 {
        let (d, low) = (D as i32, self.inner.powi(D as i32));
        let power = low + u * (self.outer.powi(d) - low);
        match D {
            1 => power,
            2 => power.sqrt(),
            _ => power.cbrt(),
        }
    }

    /// |v| drawn from its law under F: the uniform law, thinned by F where F is not uniform.
    #[inline(always)]
    fn radius(&self, rng: &mut Stream) -> f64 {
        loop {
            let r = self.speed_at(rng.random());
            match &self.profile {
                Profile::Uniform => return r,
                Profile::Radial(p) if rng.random::<f64>() * p.highest() < p.density(r) => return r,
                Profile::Radial(_) => {}
            }
        }
    }

    /// Nodes and weights of a quadrature rule for ∫_V g(v) dv.
    ///
    /// Trapezoid on the circle, Gauss–Legendre × trapezoid on the sphere, × Gauss–Legendre in |v|:
    /// exact to round-off for polynomials up to degree 11 in v, and symmetric under v → −v.
    pub fn quadrature(&self) -> Vec<(Vector<D>, f64)> {
        self.quadrature_of(ANGLES)
    }

    /// The same with `angles` nodes on a circle and half as many latitudes, so up to degree
    /// `angles` − 1 in the direction.
    pub fn quadrature_of(&self, angles: usize) -> Vec<(Vector<D>, f64)> {
        quadrature::rule(&directions(angles), &self.speeds(ANGLES))
    }

    /// The same with half as many speeds as `angles`, which is a multiple of 4: the set of nodes is closed
    /// under reflections vₐ → −vₐ, and none is its own image.
    pub fn ordinates(&self, angles: usize) -> Vec<(Vector<D>, f64)> {
        quadrature::rule(&quadrature::mirrored_directions(angles), &self.speeds(angles / 2))
    }

    /// Nodes and weights for ∫ g(r) r^{d−1} dr over the speeds of V: one of them on a sphere.
    pub fn speeds(&self, nodes: usize) -> Vec<(f64, f64)> {
        quadrature::speeds::<D>(self.set, self.inner, self.outer, nodes)
    }

    /// F at speed r.
    pub fn density_at_speed(&self, r: f64) -> f64 {
        match &self.profile {
            Profile::Uniform => 1.0 / self.measure,
            Profile::Radial(p) => p.density(r),
        }
    }
}

/// A uniform direction.
#[inline(always)]
pub(crate) fn direction<const D: usize>(rng: &mut Stream) -> Vector<D> {
    let mut e = [0.0; D];
    match D {
        1 => e[0] = if rng.random::<bool>() { 1.0 } else { -1.0 },
        2 => {
            let u: [f64; 2] = UnitCircle.sample(rng);
            e.copy_from_slice(&u);
        }
        _ => {
            let u: [f64; 3] = UnitSphere.sample(rng);
            e.copy_from_slice(&u);
        }
    }
    e
}

struct Project<'a, const D: usize> {
    vs: &'a mut [Vector<D>],
    speeds: [f64; 2],
}

impl<const D: usize> Vectorised for Project<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [least, most] = self.speeds;
        for v in self.vs {
            let mut square = 0.0;
            for a in 0..D {
                square += v[a] * v[a];
            }
            let speed = square.sqrt();
            let nearest = if speed < least { least } else { speed };
            let nearest = if nearest < most { nearest } else { most };
            let factor = if speed > 0.0 { nearest / speed } else { 1.0 };
            for a in 0..D {
                v[a] *= factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Formula;
    use crate::rng::{Purpose, Streams};

    fn spaces<const D: usize>() -> Vec<VelocitySpace<D>> {
        let f = || Some(Formula::parse("exp(-r*r)", &["r"]).unwrap());
        vec![
            VelocitySpace::new(VelocitySet::Sphere, 0.0, 1.3, None),
            VelocitySpace::new(VelocitySet::Ball, 0.0, 1.3, None),
            VelocitySpace::new(VelocitySet::Shell, 0.4, 1.3, None),
            VelocitySpace::new(VelocitySet::Ball, 0.0, 1.3, f()),
            VelocitySpace::new(VelocitySet::Shell, 0.4, 1.3, f()),
        ]
    }

    fn moments_by_quadrature<const D: usize>() {
        for s in spaces::<D>() {
            let rule = s.quadrature();
            let sum =
                |g: &dyn Fn(&Vector<D>) -> f64| rule.iter().map(|(v, w)| w * g(v)).sum::<f64>();
            assert!((sum(&|_| 1.0) / s.measure() - 1.0).abs() < 1e-13);
            assert!((sum(&|v| dot(v, v)) / s.measure() / s.mean_square() - 1.0).abs() < 1e-13);
            assert!((sum(&|v| s.density(v)) - 1.0).abs() < 1e-12);
            assert!((sum(&|v| dot(v, v) * s.density(v)) / s.mean_square_f() - 1.0).abs() < 1e-12);
            for a in 0..D {
                assert!(sum(&|v| v[a] * s.density(v)).abs() < 1e-13);
                let second = sum(&|v| v[a] * v[a] * s.density(v));
                assert!((second * D as f64 / s.mean_square_f() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn closed_moments_equal_quadrature() {
        moments_by_quadrature::<1>();
        moments_by_quadrature::<2>();
        moments_by_quadrature::<3>();
    }

    /// Mean of v₁ and of |v|² over 2·10⁵ draws within 4.5 standard errors: false alarm 7·10⁻⁶ each,
    /// 30 of them; misses errors of ⟨|v|²⟩ below about half a percent.
    fn sampling_law<const D: usize>() {
        for (i, s) in spaces::<D>().into_iter().enumerate() {
            let mut rng = Streams::new(11, i as u64).stream(Purpose::Statistics, D as u64, 0);
            let n = 200_000;
            let (mut first, mut square, mut fourth) = (0.0, 0.0, 0.0);
            for _ in 0..n {
                let v = s.sample(&mut rng);
                let q = dot(&v, &v);
                assert!(q.sqrt() <= 1.3 + 1e-12);
                (first, square, fourth) = (first + v[0], square + q, fourth + q * q);
            }
            let n = n as f64;
            let variance = (fourth / n - (square / n).powi(2)).max(1e-12);
            assert!((square / n - s.mean_square_f()).abs() < 4.5 * (variance / n).sqrt() + 1e-12);
            let sigma = (s.mean_square_f() / D as f64 / n).sqrt();
            assert!((first / n).abs() < 4.5 * sigma, "{i}");
        }
    }

    #[test]
    fn draws_follow_f() {
        sampling_law::<1>();
        sampling_law::<2>();
        sampling_law::<3>();
    }
}
