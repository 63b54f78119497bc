//! An expression at several points at once, for loops that are compiled for the processor at hand: everything is
//! inlined, in loops and without closures. The bits are those of one point by itself.

use super::code::{Arithmetic, Code, Op, SHALLOW, Source, Unary, select};

/// x ∘ y in the place of x, lane by lane.
#[inline(always)]
fn apply<const L: usize>(what: Arithmetic, x: &mut [f64; L], y: &[f64; L]) {
    match what {
        Arithmetic::Add => {
            for l in 0..L {
                x[l] += y[l];
            }
        }
        Arithmetic::Multiply => {
            for l in 0..L {
                x[l] *= y[l];
            }
        }
        Arithmetic::Subtract => {
            for l in 0..L {
                x[l] -= y[l];
            }
        }
        Arithmetic::Divide => {
            for l in 0..L {
                x[l] /= y[l];
            }
        }
        Arithmetic::SubtractFrom => {
            for l in 0..L {
                x[l] = y[l] - x[l];
            }
        }
        Arithmetic::DivideInto => {
            for l in 0..L {
                x[l] = y[l] / x[l];
            }
        }
    }
}

/// f(x) in the place of x, lane by lane.
#[inline(always)]
fn call<const L: usize>(f: Unary, x: &mut [f64; L]) {
    match f {
        Unary::Negate => {
            for l in 0..L {
                x[l] = -x[l];
            }
        }
        Unary::Square => {
            for l in 0..L {
                x[l] *= x[l];
            }
        }
        Unary::Cube => {
            for l in 0..L {
                x[l] = x[l] * x[l] * x[l];
            }
        }
        Unary::Fourth => {
            for l in 0..L {
                x[l] = (x[l] * x[l]) * (x[l] * x[l]);
            }
        }
        Unary::Root => {
            for l in 0..L {
                x[l] = x[l].sqrt();
            }
        }
        Unary::Absolute => {
            for l in 0..L {
                x[l] = x[l].abs();
            }
        }
        Unary::Call(f) => {
            for l in 0..L {
                x[l] = f(x[l]);
            }
        }
    }
}

impl Code {
    /// The values at L points, from those of every variable.
    #[inline(always)]
    pub fn run_lanes<const N: usize, const L: usize>(&self, arguments: [&[f64; L]; N]) -> [f64; L] {
        match self.depth <= SHALLOW {
            true => self.work_lanes(&mut [[0.0; L]; SHALLOW], arguments),
            false => self.work_lanes(&mut vec![[0.0; L]; self.depth], arguments),
        }
    }

    #[inline(always)]
    fn work_lanes<const N: usize, const L: usize>(
        &self,
        below: &mut [[f64; L]],
        arguments: [&[f64; L]; N],
    ) -> [f64; L] {
        let (mut top, mut height) = ([0.0; L], 0);
        for op in &self.ops {
            match *op {
                Op::Load(source) => {
                    below[height] = top;
                    height += 1;
                    top = match source {
                        Source::Number(x) => [x; L],
                        Source::Variable(i) => *arguments[i],
                    };
                }
                Op::With(what, Source::Number(x)) => apply(what, &mut top, &[x; L]),
                Op::With(what, Source::Variable(i)) => apply(what, &mut top, arguments[i]),
                Op::Fold(what) => {
                    height -= 1;
                    let right = top;
                    top = below[height];
                    apply(what, &mut top, &right);
                }
                Op::Unary(f) => call(f, &mut top),
                Op::Binary(f) => {
                    height -= 1;
                    for l in 0..L {
                        top[l] = f(below[height][l], top[l]);
                    }
                }
                Op::Select => {
                    height -= 2;
                    for l in 0..L {
                        top[l] = select(below[height][l], below[height + 1][l], top[l]);
                    }
                }
            }
        }
        top
    }
}
