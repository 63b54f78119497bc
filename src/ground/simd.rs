//! One loop, compiled for the vector units that the processor turns out to have.
//!
//! Rust contracts no multiplication and addition into one rounding, so a loop whose order of
//! operations is fixed gives the same bits whatever instructions it is compiled to.

/// A job whose loops the compiler can vectorise. Mark `run` and what it calls `#[inline(always)]`:
/// only code inlined into the dispatch is compiled for each set of instructions.
pub trait Vectorised {
    /// What the job returns.
    type Output;
    /// Does it.
    fn run(self) -> Self::Output;
}

/// Runs `job` with the widest instructions of this processor, at most those of [`widest`].
pub fn vectorise<J: Vectorised>(job: J) -> J::Output {
    #[cfg(target_arch = "x86_64")]
    {
        let limit = widest();
        if limit >= Width::Avx512
            && std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512dq")
            && std::is_x86_feature_detected!("avx512vl")
        {
            // SAFETY: the features that the callee enables were detected on this processor.
            #[allow(unsafe_code)]
            return unsafe { with_avx512(job) };
        }
        if limit >= Width::Avx2 && std::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            return unsafe { with_avx2(job) };
        }
    }
    job.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn with_avx512<J: Vectorised>(job: J) -> J::Output {
    job.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<J: Vectorised>(job: J) -> J::Output {
    job.run()
}

/// Sets of vector instructions, narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// What every processor of the architecture has.
    Portable,
    /// 256 bits.
    Avx2,
    /// 512 bits.
    Avx512,
}

/// The widest set that may be used: the environment variable `KINETAXIS_SIMD` (`portable`, `avx2`
/// or `avx512`) read once, and no limit if it is not set.
pub fn widest() -> Width {
    static WIDEST: std::sync::OnceLock<Width> = std::sync::OnceLock::new();
    *WIDEST.get_or_init(|| match std::env::var("KINETAXIS_SIMD").as_deref() {
        Ok("portable") => Width::Portable,
        Ok("avx2") => Width::Avx2,
        _ => Width::Avx512,
    })
}

/// 1.5·2⁵²: the sum with a number below 2⁵¹ in size has no room for a fraction.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// The nearest whole number, ties to even, of a number below 2⁵¹ in size.
#[inline(always)]
pub fn nearest(x: f64) -> f64 {
    (x + MAGIC) - MAGIC
}

/// A whole number in 0..2³¹ as an index. A conversion saturates, which vector units do not.
#[inline(always)]
pub fn whole(x: f64) -> usize {
    ((x + MAGIC).to_bits() & 0x7fff_ffff) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Squares<'a>(&'a mut [f64]);

    impl Vectorised for Squares<'_> {
        type Output = f64;

        #[inline(always)]
        fn run(self) -> f64 {
            self.0.iter_mut().for_each(|x| *x = *x * *x + 0.1);
            self.0.iter().sum()
        }
    }

    /// Under Miri as well, which sees what the calls of code for other processors may not do.
    #[test]
    fn a_job_gives_the_same_bits_by_all_instructions() {
        let numbers: Vec<f64> = (0..37).map(|i| 0.3 * f64::from(i)).collect();
        let (mut own, mut same) = (numbers.clone(), numbers);
        assert_eq!(vectorise(Squares(&mut own)), Squares(&mut same).run());
        assert_eq!(own, same);
    }

    #[test]
    fn rounding_and_conversion() {
        for (x, near) in [(0.49, 0.0), (0.51, 1.0), (-0.49, 0.0), (7.5, 8.0), (6.5, 6.0)] {
            assert_eq!(nearest(x), near);
        }
        for n in [0, 1, 12_345, 0x7fff_ffff] {
            assert_eq!(whole(n as f64), n);
        }
    }
}
