//! Turns of several cells at once.

use super::Sense;
use crate::vector::Vector;

/// As many as are worth to be taken together.
pub const FEW: u32 = 3;

/// Turns from w to v at x, component by component, of which those in `open` are asked for.
pub struct Turns<'a, const D: usize, const L: usize> {
    /// x.
    pub at: &'a [[f64; L]; D],
    /// v.
    pub new: &'a [[f64; L]; D],
    /// w.
    pub old: &'a [[f64; L]; D],
    /// Bits of the lanes that are asked for.
    pub open: u32,
}

/// The vector of one lane.
#[inline(always)]
pub fn lane<const D: usize, const L: usize>(of: &[[f64; L]; D], l: usize) -> Vector<D> {
    let mut vector = [0.0; D];
    for a in 0..D {
        vector[a] = of[a][l];
    }
    vector
}

impl<const D: usize, const L: usize> Turns<'_, D, L> {
    /// How many are asked for.
    #[inline(always)]
    pub fn count(&self) -> u32 {
        self.open.count_ones()
    }

    /// S(x + h v).
    #[inline(always)]
    pub fn ahead<S: Sense<D>>(&self, signal: &S, h: f64) -> [f64; L] {
        signal.values(&moved(self.at, h, self.new))
    }

    /// S(x − h w).
    #[inline(always)]
    pub fn behind<S: Sense<D>>(&self, signal: &S, h: f64) -> [f64; L] {
        signal.values(&moved(self.at, -h, self.old))
    }
}

/// x + h v.
#[inline(always)]
fn moved<const D: usize, const L: usize>(
    x: &[[f64; L]; D],
    h: f64,
    v: &[[f64; L]; D],
) -> [[f64; L]; D] {
    let mut moved = [[0.0; L]; D];
    for a in 0..D {
        for l in 0..L {
            moved[a][l] = x[a][l] + h * v[a][l];
        }
    }
    moved
}

/// a·b, in the order of [`crate::vector::dot`].
#[inline(always)]
pub fn dots<const D: usize, const L: usize>(a: &[[f64; L]; D], b: &[[f64; L]; D]) -> [f64; L] {
    let mut sum = [0.0; L];
    for axis in 0..D {
        for l in 0..L {
            sum[l] += a[axis][l] * b[axis][l];
        }
    }
    sum
}

/// |a|.
#[inline(always)]
pub fn norms<const D: usize, const L: usize>(a: &[[f64; L]; D]) -> [f64; L] {
    let mut norm = dots(a, a);
    for l in 0..L {
        norm[l] = norm[l].sqrt();
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::{Formula, Quantity};
    use crate::turning::{
        Expression, Isotropic, Kernel, Local, NonLocal, Psi, PsiSpec, Scattering, ScatteringSpec,
        TurningKernel, VARIABLES, Wave,
    };
    use crate::velocity::{VelocitySet, VelocitySpace};

    const L: usize = 16;

    /// Together they are what each is by itself, to the last bit, for every kernel that takes them together.
    fn check<const D: usize>(space: &VelocitySpace<D>) {
        let typed = |text: &str| {
            let formula = Formula::parse(text, VARIABLES).unwrap();
            Kernel::Expression(Expression::new(formula, space, 0.2))
        };
        let psi = |psi: PsiSpec| {
            Kernel::NonLocal(NonLocal::new(0.3, 0.7, Psi::new(psi, space), space, 0.2))
        };
        let own = Formula::parse("exp(R - S)/(2 + R)", &["S", "R"]).unwrap();
        let [one, more] = [1.0, 0.4].map(Quantity::Constant);
        let of =
            |text: &str, names: &[&str]| Quantity::Formula(Formula::parse(text, names).unwrap());
        let steady = Local::new(one.clone(), more.clone(), more.clone(), space.clone(), 0.2);
        let varied = Local::new(
            of("1 + S/(1 + G^2)", &["S", "G"]),
            of("S/3", &["S"]),
            more,
            space.clone(),
            0.2,
        );
        let alike = Formula::parse("F*(1 + 0.2*p)", &["r", "q", "p", "F"]).unwrap();
        let remembers = |local: &Local<D>| {
            let law = ScatteringSpec::Expression(alike.clone());
            Kernel::Isotropic(Isotropic::new(local.clone(), Scattering::new(law, space)))
        };
        let kernels = [
            typed("F*(1 + eps*(A - 2*B)/sqrt(1 + G^2) + 0.1*p*q + r) + eps*F*(R*Q - W^3 + abs(S))"),
            typed("F - eps*B/7"),
            typed("if(A > 0, F, 2*F)*tanh(S)"),
            psi(PsiSpec::Saturating { c1: 0.5, c2: 1.0 }),
            psi(PsiSpec::Exponential { c1: 0.5, c2: 1.0 }),
            psi(PsiSpec::Expression(own)),
            remembers(&steady),
            remembers(&varied),
            Kernel::Local(steady),
            Kernel::Local(varied),
        ];
        let signal = Wave { mean: 1.3, amplitude: 0.8, number: 2.1, phase: 0.4 };
        let vectors = |seed: f64| -> [[f64; L]; D] {
            std::array::from_fn(|a| std::array::from_fn(|l| (seed * (1 + l + 7 * a) as f64).sin()))
        };
        let (at, new, old) = (vectors(1.1), vectors(2.3), vectors(3.7));
        for kernel in &kernels {
            for open in [0, 1 << 5, 0b1001, 0xffff, 0x5a5a] {
                let turns = Turns { at: &at, new: &new, old: &old, open };
                let together = kernel.relative_rates(&signal, &turns);
                for l in (0..L).filter(|l| open >> l & 1 == 1) {
                    let [x, v, w] = [&at, &new, &old].map(|of| lane(of, l));
                    let alone = kernel.relative_rate(&signal, &x, &v, &w);
                    assert!(alone.is_finite());
                    assert_eq!(alone.to_bits(), together[l].to_bits(), "{kernel:?} {l}");
                }
            }
        }
    }

    #[test]
    fn together_they_are_what_each_is_by_itself() {
        check(&VelocitySpace::<1>::new(VelocitySet::Sphere, 0.0, 1.0, None));
        check(&VelocitySpace::<2>::new(VelocitySet::Ball, 0.0, 1.5, None));
        let radial = Formula::parse("1 + r", &["r"]).unwrap();
        check(&VelocitySpace::<3>::new(VelocitySet::Ball, 0.0, 2.0, Some(radial)));
    }
}
