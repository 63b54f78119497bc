//! What an expression becomes: instructions for a machine with a stack.

/// Where a value comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Number(f64),
    /// The argument at this place.
    Variable(usize),
}

/// x ∘ y.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arithmetic {
    Add,
    Multiply,
    Subtract,
    Divide,
    /// y − x.
    SubtractFrom,
    /// y/x.
    DivideInto,
}

/// f(x): what is done in place, and any other function.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unary {
    Negate,
    Square,
    Cube,
    Fourth,
    Root,
    Absolute,
    Call(fn(f64) -> f64),
}

/// What becomes of values that are no numbers, by the instructions of an expression; `None` where nothing is
/// known.
pub(super) trait Walk<T> {
    fn source(&self, source: Source) -> Option<T>;
    fn arithmetic(&self, what: Arithmetic, x: &T, y: &T) -> Option<T>;
    fn unary(&self, f: Unary, x: &T) -> Option<T>;
    fn binary(&self, f: fn(f64, f64) -> f64, x: &T, y: &T) -> Option<T>;
    fn select(&self, condition: &T, yes: &T, no: &T) -> Option<T>;
}

/// One instruction. `top` is the last value, `below` the others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// A new top.
    Load(Source),
    /// top ∘ source.
    With(Arithmetic, Source),
    /// below ∘ top.
    Fold(Arithmetic),
    /// f(top).
    Unary(Unary),
    /// f(below, top).
    Binary(fn(f64, f64) -> f64),
    /// if(condition, below, top).
    Select,
}

/// The instructions of one expression. Those of a part stand together, and part after part.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub(super) ops: Vec<Op>,
    /// Values that the stack has to hold.
    pub(super) depth: usize,
}

/// Values below the top that need no allocation.
pub(super) const SHALLOW: usize = 8;

impl Code {
    /// Where the next part starts.
    pub fn end(&self) -> usize {
        self.ops.len()
    }

    pub fn load(&mut self, source: Source) {
        self.ops.push(Op::Load(source));
    }

    /// f of the part that starts at `part`.
    pub fn unary(&mut self, f: Unary, part: usize) {
        self.ops.push(Op::Unary(f));
        self.fold(part);
    }

    /// f of two parts, the second of which starts at `right`.
    pub fn binary(&mut self, f: fn(f64, f64) -> f64, left: usize) {
        self.ops.push(Op::Binary(f));
        self.fold(left);
    }

    /// if(condition, yes, no), three parts that start at `condition`.
    pub fn select(&mut self, condition: usize) {
        self.ops.push(Op::Select);
        self.fold(condition);
    }

    /// The part at `left` ∘ the part at `right`. A number or variable on either side needs no place
    /// on the stack.
    pub fn arithmetic(&mut self, what: Arithmetic, left: usize, right: usize) {
        use Arithmetic::*;
        let reversed = match what {
            Subtract => SubtractFrom,
            Divide => DivideInto,
            other => other,
        };
        if let Some(source) = self.single(right, self.end()) {
            self.ops.truncate(right);
            self.ops.push(Op::With(what, source));
        } else if let Some(source) = self.single(left, right) {
            self.ops.remove(left);
            self.ops.push(Op::With(reversed, source));
        } else {
            self.ops.push(Op::Fold(what));
        }
        self.fold(left);
    }

    /// The part at `left` to the power of the part at `right`; small powers are products.
    pub fn power(&mut self, left: usize, right: usize) {
        let product = match self.single(right, self.end()) {
            Some(Source::Number(2.0)) => Some(Unary::Square),
            Some(Source::Number(3.0)) => Some(Unary::Cube),
            Some(Source::Number(4.0)) => Some(Unary::Fourth),
            _ => None,
        };
        match product {
            Some(product) => {
                self.ops.truncate(right);
                self.unary(product, left);
            }
            None => self.binary(f64::powf, left),
        }
    }

    fn single(&self, start: usize, end: usize) -> Option<Source> {
        match self.ops[start..end] {
            [Op::Load(source)] => Some(source),
            _ => None,
        }
    }

    /// Replaces a part without variables by its value.
    fn fold(&mut self, part: usize) {
        if !self.ops[part..].iter().any(|op| op.variable().is_some()) {
            let part = Self { ops: self.ops.split_off(part), depth: 0 }.finished();
            let [value] = part.run(|_| [f64::NAN]);
            self.ops.push(Op::Load(Source::Number(value)));
        }
    }

    /// Ready to run.
    pub fn finished(mut self) -> Self {
        let mut height = 0;
        for op in &self.ops {
            match op {
                Op::Load(_) => height += 1,
                Op::Fold(_) | Op::Binary(_) => height -= 1,
                Op::Select => height -= 2,
                Op::With(..) | Op::Unary(_) => {}
            }
            self.depth = self.depth.max(height);
        }
        self
    }

    /// The variables that are used, by their places.
    pub fn variables(&self) -> impl Iterator<Item = usize> + '_ {
        self.ops.iter().filter_map(Op::variable)
    }

    /// What `walk` makes of the expression.
    pub fn walk<T>(&self, walk: &impl Walk<T>) -> Option<T> {
        let mut stack: Vec<T> = Vec::with_capacity(self.depth);
        for op in &self.ops {
            let made = match *op {
                Op::Load(source) => walk.source(source),
                Op::With(what, source) => {
                    let x = stack.pop()?;
                    walk.arithmetic(what, &x, &walk.source(source)?)
                }
                Op::Fold(what) => {
                    let (y, x) = (stack.pop()?, stack.pop()?);
                    walk.arithmetic(what, &x, &y)
                }
                Op::Unary(f) => {
                    let x = stack.pop()?;
                    walk.unary(f, &x)
                }
                Op::Binary(f) => {
                    let (y, x) = (stack.pop()?, stack.pop()?);
                    walk.binary(f, &x, &y)
                }
                Op::Select => {
                    let (no, yes, condition) = (stack.pop()?, stack.pop()?, stack.pop()?);
                    walk.select(&condition, &yes, &no)
                }
            };
            stack.push(made?);
        }
        stack.pop()
    }

    /// The values at L points; `argument` gives the values of a variable.
    #[inline]
    pub fn run<const L: usize>(&self, argument: impl Fn(usize) -> [f64; L]) -> [f64; L] {
        match self.depth <= SHALLOW {
            true => self.work(&mut [[0.0; L]; SHALLOW], argument),
            false => self.work(&mut vec![[0.0; L]; self.depth], argument),
        }
    }

    #[inline]
    fn work<const L: usize>(
        &self,
        below: &mut [[f64; L]],
        argument: impl Fn(usize) -> [f64; L],
    ) -> [f64; L] {
        let fetch = |source| match source {
            Source::Number(x) => [x; L],
            Source::Variable(i) => argument(i),
        };
        let (mut top, mut height) = ([0.0; L], 0);
        for op in &self.ops {
            match *op {
                Op::Load(source) => {
                    below[height] = top;
                    height += 1;
                    top = fetch(source);
                }
                Op::With(what, source) => top = what.apply(&top, &fetch(source)),
                Op::Fold(what) => {
                    height -= 1;
                    top = what.apply(&below[height], &top);
                }
                Op::Unary(f) => top = f.apply(&top),
                Op::Binary(f) => {
                    height -= 1;
                    top = each(&below[height], &top, f);
                }
                Op::Select => {
                    height -= 2;
                    let (condition, yes) = (&below[height], &below[height + 1]);
                    top = std::array::from_fn(|l| select(condition[l], yes[l], top[l]));
                }
            }
        }
        top
    }
}

impl Op {
    fn variable(&self) -> Option<usize> {
        match *self {
            Self::Load(Source::Variable(i)) | Self::With(_, Source::Variable(i)) => Some(i),
            _ => None,
        }
    }
}

impl Unary {
    /// f(x).
    pub fn of(self, x: f64) -> f64 {
        let [value] = self.apply(&[x]);
        value
    }

    #[inline(always)]
    fn apply<const L: usize>(self, x: &[f64; L]) -> [f64; L] {
        match self {
            Self::Negate => x.map(|x| -x),
            Self::Square => x.map(|x| x * x),
            Self::Cube => x.map(|x| x * x * x),
            Self::Fourth => x.map(|x| (x * x) * (x * x)),
            Self::Root => x.map(f64::sqrt),
            Self::Absolute => x.map(f64::abs),
            Self::Call(f) => x.map(f),
        }
    }
}

impl Arithmetic {
    #[inline(always)]
    pub fn apply<const L: usize>(self, x: &[f64; L], y: &[f64; L]) -> [f64; L] {
        match self {
            Self::Add => each(x, y, |x, y| x + y),
            Self::Multiply => each(x, y, |x, y| x * y),
            Self::Subtract => each(x, y, |x, y| x - y),
            Self::Divide => each(x, y, |x, y| x / y),
            Self::SubtractFrom => each(x, y, |x, y| y - x),
            Self::DivideInto => each(x, y, |x, y| y / x),
        }
    }
}

#[inline(always)]
fn each<const L: usize>(x: &[f64; L], y: &[f64; L], f: impl Fn(f64, f64) -> f64) -> [f64; L] {
    std::array::from_fn(|l| f(x[l], y[l]))
}

/// None if the condition is neither true nor false.
#[inline(always)]
pub(super) fn select(condition: f64, yes: f64, no: f64) -> f64 {
    match condition {
        1.0 => yes,
        0.0 => no,
        _ => f64::NAN,
    }
}
