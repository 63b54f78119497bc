//! One signal at the four points of a step.

use super::modes::{Classes, Step};
use crate::signal::{Law, One};
use crate::spectral::Spectral;

/// What S does at the four points of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Relaxes,
    Follows,
    Given,
    Steady,
}

/// ρ where it feeds a signal, at a point of the step: of every producer.
pub(super) struct Feed<'f> {
    /// ρ.
    pub density: Vec<&'f [f64]>,
    /// What of ∂tρ is no linear law.
    pub terms: Vec<&'f [f64]>,
    /// K̂_h in a class.
    pub sources: Vec<&'f [f64]>,
    /// D̄ and constant growth: ∂tρ = D̄Δρ + growth ρ + term.
    pub laws: Vec<[f64; 2]>,
}

/// One signal.
pub(super) struct Field<'a, const D: usize> {
    pub one: &'a One<D>,
    pub kind: Kind,
    /// How S answers in a class: rate, and gain, of which that of ρ is K̂_h times as large.
    laws: Vec<[f64; 2]>,
    /// Whether S itself is advanced in a class, not what it lags behind ρ.
    plain: Vec<bool>,
    /// Coefficients of S.
    pub now: Vec<f64>,
    /// S at the point that is next, at the second one, and at the end of the step.
    signal: Vec<f64>,
    second: Vec<f64>,
    next: Vec<f64>,
    /// W at the start, and the source of S or W at all four points.
    start: Vec<f64>,
    pub sources: [Vec<f64>; 4],
    step: Step,
}

impl<'a, const D: usize> Field<'a, D> {
    /// At t = 0, where it has the coefficients `now`.
    pub fn new(one: &'a One<D>, classes: &Classes, now: Vec<f64>) -> Self {
        let mut kind = if one.equation.is_steady() { Kind::Steady } else { Kind::Given };
        let law = |k2: &f64| match one.law(*k2) {
            Law::Relaxes { rate, gain } => {
                kind = Kind::Relaxes;
                [rate, gain]
            }
            Law::Follows { gain } => {
                kind = Kind::Follows;
                [0.0, gain]
            }
            Law::Given => [0.0; 2],
        };
        let laws: Vec<[f64; 2]> = classes.squares.iter().map(law).collect();
        let empty = || vec![f64::NAN; now.len()];
        Self {
            one,
            kind,
            plain: vec![true; laws.len()],
            laws,
            signal: empty(),
            second: empty(),
            next: empty(),
            start: Vec::new(),
            sources: Default::default(),
            step: Step::default(),
            now,
        }
    }

    /// S at a point, once it has been found.
    pub fn at(&self, point: usize) -> &Vec<f64> {
        match point {
            0 => &self.now,
            _ if self.kind == Kind::Steady => &self.now,
            _ => &self.signal,
        }
    }

    /// The slowest rate at which it forgets.
    pub fn slowest(&self) -> Option<f64> {
        let rates = self.laws.iter().map(|[rate, _]| *rate).filter(|rate| *rate > 0.0);
        (self.kind == Kind::Relaxes).then(|| rates.fold(f64::INFINITY, f64::min))
    }

    /// Makes the factors of a step of length `dt`.
    pub fn prepare(&mut self, dt: f64) {
        if self.kind != Kind::Relaxes {
            return;
        }
        let linear = self.one.reaction().is_none();
        self.plain.clear();
        self.plain.extend(self.laws.iter().map(|[rate, _]| !(linear && rate * dt >= 1.0)));
        self.step.prepare(dt, 0.0, self.laws.iter().copied());
    }

    /// Finds the source of S or W at a point.
    pub fn feed(&mut self, classes: &Classes, point: usize, feed: &Feed<'_>) {
        if self.kind != Kind::Relaxes || self.one.reaction().is_some() {
            return;
        }
        let source = &mut self.sources[point];
        source.clear();
        source.resize(self.now.len(), 0.0);
        for (((rho, term), kernel), [mean, growth]) in
            feed.density.iter().zip(&feed.terms).zip(&feed.sources).zip(&feed.laws)
        {
            let of = |class: usize, rho: f64, term: f64| {
                kernel[class]
                    * match self.plain[class] {
                        true => rho,
                        false => {
                            ((mean * classes.squares[class] - growth) * rho - term)
                                / self.laws[class][0]
                        }
                    }
            };
            classes.accumulate(of, rho, term, source);
        }
    }

    /// Adds `sign`·G·ρ, G = gain·K̂_h/rate where S follows ρ, to `to`.
    fn follow(
        (laws, plain): (&[[f64; 2]], &[bool]),
        classes: &Classes,
        sign: f64,
        feed: &Feed<'_>,
        to: &mut [f64],
    ) {
        for (rho, kernel) in feed.density.iter().zip(&feed.sources) {
            let factor = |class: usize| match plain[class] {
                true => 0.0,
                false => sign * (laws[class][1] * kernel[class] / laws[class][0]),
            };
            classes.add(factor, rho, to);
        }
    }

    /// Finds S at a point after the first, of a step of length `dt` from `time`, where `feed` is ρ there and `before` ρ
    /// at the start.
    pub fn advance(
        &mut self,
        (spectral, c): (&Spectral<D>, &Classes),
        point: usize,
        [time, dt]: [f64; 2],
        [before, feed]: [&Feed<'_>; 2],
    ) {
        let Self { step, signal, second, next, start, sources, laws, plain, now, .. } = self;
        let [n1, n2, n3, _] = sources.each_ref();
        match (self.kind, point) {
            (Kind::Relaxes, 1) => {
                start.clone_from(now);
                Self::follow((laws, plain), c, -1.0, before, start);
                step.first(c, start, n1, second, next);
                signal.clone_from(second);
                Self::follow((laws, plain), c, 1.0, feed, signal);
            }
            (Kind::Relaxes, 2) => {
                step.next(c, 1.0, second, [n1, n2], signal);
                Self::follow((laws, plain), c, 1.0, feed, signal);
            }
            (Kind::Relaxes, _) => {
                step.next(c, 2.0, next, [n1, n3], signal);
                Self::follow((laws, plain), c, 1.0, feed, signal);
            }
            (Kind::Follows, _) => Self::answer(laws, c, feed, signal),
            // The third point is at the time of the second.
            (Kind::Given, 2) | (Kind::Steady, _) => {}
            (Kind::Given, _) => {
                let h = if point == 1 { 0.5 * dt } else { dt };
                self.one.equation.advance(spectral, now, [&[], &[]], [time, h], signal);
            }
        }
    }

    /// S = gain·K̂_h·ρ, summed over producers.
    fn answer(laws: &[[f64; 2]], c: &Classes, feed: &Feed<'_>, signal: &mut Vec<f64>) {
        for (i, (rho, kernel)) in feed.density.iter().zip(&feed.sources).enumerate() {
            let factor = |class: usize| laws[class][1] * kernel[class];
            match i {
                0 => c.multiply(factor, rho, signal),
                _ => c.add(factor, rho, signal),
            }
        }
    }

    /// Replaces S by that at the end of the step, where `feed` is ρ.
    pub fn finish(&mut self, classes: &Classes, feed: &Feed<'_>) {
        let Self { laws, plain, now, signal, next, .. } = self;
        match self.kind {
            Kind::Relaxes => {
                self.step.last(classes, next, self.sources.each_ref().map(Vec::as_slice));
                Self::follow((laws, plain), classes, 1.0, feed, next);
                std::mem::swap(now, next);
            }
            Kind::Follows => Self::answer(laws, classes, feed, now),
            Kind::Given => std::mem::swap(now, signal),
            Kind::Steady => {}
        }
    }
}
