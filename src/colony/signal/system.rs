//! All signals together, each of which may answer to every density and to every other signal.

use super::surroundings::Surroundings;
use super::{Law, NamedSignal, Reaction, SignalEquation, equation};
use crate::grid::Domain;
use crate::schema::OutOfRange;
use crate::spectral::Spectral;
use std::borrow::Cow;

/// One signal.
pub struct One<const D: usize> {
    /// Its name.
    pub name: String,
    /// The populations, by number, whose densities feed it together.
    pub producers: Vec<usize>,
    /// Its equation.
    pub equation: Box<dyn SignalEquation<D>>,
}

/// Every signal of an experiment.
pub struct Signals<const D: usize>(Vec<One<D>>);

/// Σ of the fields of these numbers.
fn sum<'f>(fields: &'f [Vec<f64>], numbers: &[usize], len: usize) -> Cow<'f, [f64]> {
    match numbers {
        [one] => Cow::Borrowed(&fields[*one]),
        several => {
            let mut total = vec![0.0; len];
            for number in several {
                total.iter_mut().zip(&fields[*number]).for_each(|(t, f)| *t += f);
            }
            Cow::Owned(total)
        }
    }
}

/// Σ of fields times weights, at least one.
pub fn weighted<'f>(fields: &'f [Vec<f64>], terms: &[(usize, f64)]) -> Cow<'f, [f64]> {
    let [(first, weight), others @ ..] = terms else { unreachable!("nothing is summed") };
    if (*weight, others) == (1.0, &[]) {
        return Cow::Borrowed(&fields[*first]);
    }
    let mut sum: Vec<f64> = fields[*first].iter().map(|f| weight * f).collect();
    for (number, weight) in others {
        sum.iter_mut().zip(&fields[*number]).for_each(|(s, f)| *s += weight * f);
    }
    Cow::Owned(sum)
}

impl<const D: usize> One<D> {
    /// The ρ that feeds it.
    pub fn feed<'f>(&self, densities: &'f [Vec<f64>], len: usize) -> Cow<'f, [f64]> {
        sum(densities, &self.producers, len)
    }

    /// The law of the modes with |κ|² = `k2`.
    pub fn law(&self, k2: f64) -> Law {
        self.equation.law(k2)
    }

    /// What of its source is no linear law.
    pub fn reaction(&self) -> Option<&Reaction> {
        self.equation.reaction()
    }
}

impl<const D: usize> Signals<D> {
    /// Those that a file names, in a box.
    pub fn new(signals: &[NamedSignal], domain: &Domain) -> Self {
        let one = |signal: &NamedSignal| One {
            name: signal.name.clone(),
            producers: signal.producers.clone(),
            equation: equation(&signal.equation, domain),
        };
        Self(signals.iter().map(one).collect())
    }

    /// These.
    pub fn of(all: Vec<One<D>>) -> Self {
        Self(all)
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, One<D>> {
        self.0.iter()
    }

    /// One of them.
    pub fn one(&self, number: usize) -> &One<D> {
        &self.0[number]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Coefficients of every S(x, 0), from those of every ρ(x, 0).
    pub fn initial(&self, spectral: &Spectral<D>, densities: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let len = spectral.grid().len();
        let start = |one: &One<D>| one.equation.initial(spectral, &one.feed(densities, len));
        self.iter().map(start).collect()
    }

    /// Writes coefficients of every S after a time `h` into `next`, where densities change at the rates
    /// `slopes`. Nonlinear sources are those of the start, and then corrected by their change to the
    /// first-order prediction at the end (ETD2RK, Cox & Matthews 2002, equations 20 to 22), all
    /// together.
    pub fn advance(
        &self,
        spectral: &Spectral<D>,
        now: Surroundings<'_>,
        slopes: &[Vec<f64>],
        h: f64,
        next: &mut Vec<Vec<f64>>,
    ) {
        let first = self.predict(spectral, now, slopes, h, next);
        if self.iter().all(|one| one.reaction().is_none()) {
            return;
        }
        let (len, densities) = (spectral.grid().len(), later(now.densities, slopes, h));
        let then = Surroundings { time: now.time + h, densities: &densities, signals: next };
        let mut last: Vec<Vec<f64>> = vec![Vec::new(); self.len()];
        for (k, one) in self.0.iter().enumerate() {
            let Some(reaction) = one.reaction() else { continue };
            let density = one.feed(&densities, len);
            reaction.coefficients(spectral, then, [&density, &next[k]], &mut last[k]);
        }
        for (k, one) in self.0.iter().enumerate().filter(|(_, one)| one.reaction().is_some()) {
            one.equation.correct(spectral, [&first[k], &last[k]], h, &mut next[k]);
        }
    }

    /// The same with nonlinear sources as they are now; returns them.
    fn predict(
        &self,
        spectral: &Spectral<D>,
        now: Surroundings<'_>,
        slopes: &[Vec<f64>],
        h: f64,
        next: &mut Vec<Vec<f64>>,
    ) -> Vec<Vec<f64>> {
        next.resize_with(self.len(), Vec::new);
        let (len, span) = (spectral.grid().len(), [now.time, h]);
        let mut first: Vec<Vec<f64>> = Vec::new();
        for ((one, signal), next) in self.iter().zip(now.signals).zip(next.iter_mut()) {
            let density = one.feed(now.densities, len);
            let Some(reaction) = one.reaction() else {
                let slope = one.feed(slopes, len);
                first.push(Vec::new());
                one.equation.advance(spectral, signal, [&density, &slope], span, next);
                continue;
            };
            let mut source = Vec::new();
            reaction.coefficients(spectral, now, [&density, signal], &mut source);
            one.equation.advance(spectral, signal, [&source, &vec![0.0; len]], span, next);
            first.push(source);
        }
        first
    }

    /// Which expression has a value that it must not have on the way to the time `h` from now, and when. Such a
    /// value makes S no number, and whoever finds that asks for the reason.
    pub fn refused(
        &self,
        spectral: &Spectral<D>,
        now: Surroundings<'_>,
        slopes: &[Vec<f64>],
        h: f64,
    ) -> Option<OutOfRange> {
        let at = |around: Surroundings<'_>| {
            let time = around.time;
            let of = |one: &One<D>| match one.reaction() {
                Some(reaction) => reaction.refused(spectral, around).map(|v| v.at_time(time)),
                None => one.equation.refused(spectral, time),
            };
            self.iter().find_map(of)
        };
        at(now).or_else(|| {
            let mut next = Vec::new();
            self.predict(spectral, now, slopes, h, &mut next);
            let densities = later(now.densities, slopes, h);
            at(Surroundings { time: now.time + h, densities: &densities, signals: &next })
        })
    }

    /// Whether ρ of some population feeds some S.
    pub fn is_coupled(&self) -> bool {
        self.iter().any(|one| one.equation.is_coupled())
    }

    /// Whether no S ever changes.
    pub fn is_steady(&self) -> bool {
        self.iter().all(|one| one.equation.is_steady())
    }
}

/// Every field after a time `h` of change at the rates `slopes`.
pub fn later(fields: &[Vec<f64>], slopes: &[Vec<f64>], h: f64) -> Vec<Vec<f64>> {
    let one = |(field, slope): (&Vec<f64>, &Vec<f64>)| {
        field.iter().zip(slope).map(|(f, s)| f + h * s).collect()
    };
    fields.iter().zip(slopes).map(one).collect()
}
