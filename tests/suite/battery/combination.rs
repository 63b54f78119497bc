//! What the battery runs: everything registered with everything else.

use super::trial::{FORMS, Form};
use super::words;
use crate::laboratory::kernels::Spec;
use crate::laboratory::sets::Set;
use crate::laboratory::verdict::Verdict;
use kinetaxis::device::Device;

/// One combination.
#[derive(Clone, Copy, Debug)]
pub struct Combination {
    pub number: usize,
    /// The numbers of case, motion and boundary.
    pub at: [usize; 3],
    pub case: (Set, Spec),
    /// What is beside it, where something is.
    pub other: (Set, Spec),
    pub form: Form,
    pub dimension: usize,
    pub motion: &'static str,
    pub boundary: &'static str,
    pub image: usize,
    /// What cells fly on.
    pub device: &'static Device,
}

/// What runs a replicate and judges it.
pub type Check = Box<dyn Fn(u64) -> Vec<Verdict> + Send + Sync>;

/// Every combination.
pub fn combinations(whole: bool) -> Vec<Combination> {
    let (cases, motions, boundaries) =
        (words::cases(), words::words("motion"), words::words("domain.boundary"));
    let mut all = Vec::new();
    for (c, case) in cases.iter().enumerate() {
        for (m, motion) in motions.iter().enumerate() {
            for (b, boundary) in boundaries.iter().enumerate() {
                // Over the boundaries of a case and a motion, and over its motions, form and dimension go different ways.
                let (wanted, own) = (FORMS[(c + m + b) % 3], 1 + (c + m + 2 * b) % 3);
                let form = if wanted == Form::Halves && !words::adds(case) {
                    Form::Beside
                } else {
                    wanted
                };
                for dimension in (1..=3).filter(|d| whole || *d == own) {
                    all.push(Combination {
                        number: all.len(),
                        at: [c, m, b],
                        case: *case,
                        other: cases[(c + 1 + 5 * b) % cases.len()],
                        form,
                        dimension,
                        motion,
                        boundary,
                        image: c / 3 + m + b,
                        device: &Device::Cpu,
                    });
                }
            }
        }
    }
    all
}

impl Combination {
    /// Whether its law is that of the kernel at every ε: so is that of a kernel with a memory however it is flown.
    pub fn is_exact(&self) -> bool {
        words::is_exact(self.motion).unwrap() || self.case.1.remembers()
    }

    /// ε and the time of a run: about four mean times between tumbles where its law is exact, and 20 where it is that of
    /// small ε.
    pub fn scales(&self) -> (f64, f64) {
        if self.is_exact() { EXACT } else { SMALL }
    }
}

pub const EXACT: (f64, f64) = (0.5, 0.75);
pub const SMALL: (f64, f64) = (0.1, 0.15);
