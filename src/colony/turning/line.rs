//! An expression that is a line: T/F = rate + gain v·∇S + loss v′·∇S, as its instructions show.

use super::variables::VARIABLES;
use super::{Affine, Bounds};
use crate::formula::{Linear, Near};
use crate::schema::Ranged;
use crate::velocity::VelocitySpace;

/// Room for the round-off of products and sums of a few numbers, and of a bound made of them.
const ROOM: f64 = 32.0 * f64::EPSILON;

/// T in S(x), A = v·∇S(x), B = v′·∇S(x), R = S(x+εv), Q = S(x−εv′) and W = ε²∂tS + εv′·∇S. By the mean value theorem
/// R = S + εv·∇S(ξ) and Q = S − εv′·∇S(ξ′): it is a line in v·∇S and v′·∇S where the factors of S, R and Q add up to 0.
#[derive(Clone, Debug)]
pub struct Line {
    of: Linear<{ VARIABLES.len() }>,
    gain: f64,
    loss: f64,
    /// F, ε and s.
    density: f64,
    epsilon: f64,
    speed: f64,
}

impl Line {
    /// The line that `formula` is, if it is one and F uniform.
    pub fn of<const D: usize>(
        formula: &Ranged,
        space: &VelocitySpace<D>,
        epsilon: f64,
    ) -> Option<Self> {
        if !space.is_uniform() {
            return None;
        }
        let density = space.density_bound();
        let given: Vec<Option<f64>> = (VARIABLES.iter())
            .map(|name| match *name {
                "F" => Some(density),
                "eps" => Some(epsilon),
                _ => None,
            })
            .collect();
        let of = formula.linear(&given)?;
        let mut line =
            Self { of, gain: 0.0, loss: 0.0, density, epsilon, speed: space.max_speed() };
        let nothing = |name: &&str| line.factor(name) == Near::default();
        let factor = |name| line.factor(name).value;
        // Where ∇S is taken at two places, both are weighed alike.
        let alike = |a: f64, b: f64| a * b >= 0.0;
        let (here, ahead, behind) = (factor("A"), epsilon * factor("R"), -epsilon * factor("Q"));
        let along = factor("B") + epsilon * factor("W");
        let known = ["G", "r", "q", "p"].iter().all(nothing)
            && factor("S") + factor("R") + factor("Q") == 0.0
            && alike(here, ahead)
            && alike(factor("B"), factor("W"))
            && alike(along, behind);
        (line.gain, line.loss) = ((here + ahead) / density, (along + behind) / density);
        known.then_some(line)
    }

    fn factor(&self, name: &str) -> Near {
        let place = VARIABLES.iter().position(|own| *own == name);
        self.of.factors[place.expect("it is one of them")]
    }

    /// T/F without a gradient.
    fn rate(&self) -> f64 {
        self.of.constant.value / self.density
    }

    /// What T/F may deviate by from the line in a signal within `bounds`: the errors of the expression, of what stands for
    /// the signal, and ∂tS.
    fn slack<const D: usize>(&self, bounds: &Bounds<D>) -> f64 {
        let Self { epsilon, speed, .. } = *self;
        let rise = speed * bounds.slope;
        let size = bounds.low.abs().max(bounds.high.abs()) + bounds.difference(epsilon * speed);
        let path = epsilon * (epsilon * bounds.change + rise);
        let most = [
            ("S", size, bounds.noise),
            ("R", size, bounds.noise),
            ("Q", size, bounds.noise),
            ("A", rise, 0.0),
            ("B", rise, 0.0),
            ("W", path, epsilon * epsilon * bounds.change),
        ];
        let of = |(name, most, off): (&str, f64, f64)| {
            let Near { value, error } = self.factor(name);
            (error + ROOM * value.abs()) * most + value.abs() * off
        };
        let constant = self.of.constant;
        let all: f64 = most.into_iter().map(of).sum();
        (all + constant.error + ROOM * constant.value.abs()) / self.density * (1.0 + ROOM)
    }

    /// T/F for cells within `bounds`.
    pub fn affine<const D: usize>(&self, bounds: &Bounds<D>) -> Option<Affine> {
        let Self { gain, loss, .. } = *self;
        let slack = self.slack(bounds);
        let any = |names: &[&str]| names.iter().any(|name| self.factor(name) != Near::default());
        let (here, remote) = (any(&["A", "B", "W"]), any(&["R", "Q"]));
        // An `Affine` senses in one way.
        let known = gain >= 0.0 && loss <= 0.0 && slack.is_finite() && !(here && remote);
        let lag = if remote { self.epsilon } else { 0.0 };
        known.then(|| Affine { rate: self.rate(), gain, loss, saturation: 0.0, lag, slack })
    }

    /// Between what T/F lies in a signal within `bounds`.
    pub fn extremes<const D: usize>(&self, bounds: &Bounds<D>) -> [f64; 2] {
        let most = (self.gain.abs() + self.loss.abs()) * self.speed * bounds.slope;
        let half = most * (1.0 + ROOM) + self.slack(bounds);
        [self.rate() - half, self.rate() + half]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Expression, Kernel, LinearSignal, Local, NonLocal, Psi, PsiSpec, Sense, TurningKernel,
    };
    use super::*;
    use crate::formula::{Formula, Quantity};
    use crate::vector::dot;
    use crate::velocity::VelocitySet;

    const EPSILON: f64 = 0.2;

    fn space(set: VelocitySet) -> VelocitySpace<2> {
        VelocitySpace::new(set, 0.0, 1.5, None)
    }

    fn typed(text: &str, set: VelocitySet) -> Expression<2> {
        Expression::new(Formula::parse(text, VARIABLES).unwrap(), &space(set), EPSILON)
    }

    fn bounds() -> Bounds<2> {
        Bounds::new(0.5, 3.0, 2.0)
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-13 * (1.0 + b.abs())
    }

    /// The built-in kernels, typed, have the lines that these have.
    #[test]
    fn typed_lines_are_those_of_the_kernels() {
        for set in [VelocitySet::Sphere, VelocitySet::Ball] {
            let number = Quantity::Constant;
            let local = Local::new(number(1.3), number(0.1), number(0.4), space(set), EPSILON);
            let psi = Psi::new(PsiSpec::Linear { c1: 0.5, c2: 1.2 }, &space(set));
            let remote = NonLocal::new(0.3, 0.7, psi, &space(set), EPSILON);
            for (text, kernel) in [
                ("1.3*F + eps*(0.1*A - 0.4*B)", Kernel::Local(local)),
                ("0.3*(0.5*(R - S) + 1.2) + 0.7*(0.5*(Q - S) + 1.2)", Kernel::NonLocal(remote)),
            ] {
                let own = typed(text, set).affine(&bounds()).expect("it is a line");
                let wanted = kernel.affine(&bounds()).expect("it has a line");
                let same = own.lag == wanted.lag
                    && near(own.rate, wanted.rate)
                    && near(own.gain, wanted.gain)
                    && near(own.loss, wanted.loss);
                assert!(
                    same && own.slack < 1e-12 && own.saturation == 0.0,
                    "{text}: {own:?} {wanted:?}"
                );
                let typed = typed(text, set);
                assert!(!typed.is_sampled() && typed.may_refuse());
                assert!(near(typed.bound(&bounds()), kernel.bound(&bounds())), "{text}");
            }
        }
    }

    /// What is felt along the path is v′·∇S, but for ∂tS.
    #[test]
    fn the_path_is_a_line_up_to_the_change() {
        let kernel = typed("F*(1 - 0.7*W)", VelocitySet::Sphere);
        let changing = Bounds { change: 5.0, ..bounds() };
        let [still, moving] = [bounds(), changing].map(|b| kernel.affine(&b).unwrap());
        assert!(near(still.loss, -0.7 * EPSILON) && still.slack < 1e-12, "{still:?}");
        assert!(near(moving.slack, 0.7 * EPSILON * EPSILON * 5.0), "{moving:?}");
    }

    #[test]
    fn what_is_no_line_has_none() {
        for text in [
            "F*(1 + eps*A*B)",
            "F*(1 + 0.1*S)",
            "F*(1 + 0.1*eps*G)",
            "F*(1 + 0.1*p)",
            "F*(r + q)",
            "F*(1 + 0.5*(R - 0.9*S))",
            // At two places with two signs there is no ∇S in between.
            "F*(1 + 2*eps*A - (R - S))",
            "F*(1 + eps*B - 2*W)",
        ] {
            let kernel = typed(text, VelocitySet::Sphere);
            assert!(kernel.affine(&bounds()).is_none() && kernel.is_sampled(), "{text}");
        }
        // A repelled cell has bounds, and no `Affine`, which knows no such signs.
        let repelled = typed("F*(1 - eps*A + eps*B)", VelocitySet::Sphere);
        assert!(repelled.affine(&bounds()).is_none() && !repelled.is_sampled());
        assert!(near(repelled.bound(&bounds()), 1.0 + 2.0 * EPSILON * 3.0));
        let radial = Formula::parse("1 + r", &["r"]).unwrap();
        let space = VelocitySpace::<2>::new(VelocitySet::Ball, 0.0, 1.5, Some(radial));
        let formula = Formula::parse("F - eps*B", VARIABLES).unwrap();
        assert!(Expression::new(formula, &space, EPSILON).is_sampled());
    }

    /// T/F is within its slack of the line, and within its bounds, where round-off all but drowns it, too.
    #[test]
    fn rates_are_within_the_slack_of_the_line() {
        for text in [
            "F - eps*B/9",
            "F*(1 - 0.1*W + (1e13*A - (1e13*A - 0.2*A)))",
            "F*(1e11 + Q - S - 1e11) + F",
        ] {
            let kernel = typed(text, VelocitySet::Sphere);
            let signal = LinearSignal { offset: 1.7, gradient: [1.6, -1.1] };
            let affine = kernel.affine(&bounds()).expect("it is a line");
            let [low, high] = [kernel.lowest(&bounds()), kernel.bound(&bounds())];
            let mut most = 0.0_f64;
            for i in 0..3000 {
                let turn =
                    |k: f64| [1.5 * (k * f64::from(i)).cos(), 1.5 * (k * f64::from(i)).sin()];
                let (v, w) = (turn(0.71), turn(2.13));
                let rate = kernel.relative_rate(&signal, &[0.0; 2], &v, &w);
                let (_, g) = signal.value_and_gradient(&[0.0; 2]);
                let line = affine.rate + affine.gain * dot(&v, &g) + affine.loss * dot(&w, &g);
                most = most.max((rate - line).abs());
                assert!(
                    (rate - line).abs() <= affine.slack + 1e-14,
                    "{text}: {rate} {line} {affine:?}"
                );
                assert!(low <= rate && rate <= high, "{text}: {low} {rate} {high}");
            }
            assert!(most > 0.01 * affine.slack, "{text}: {most} {affine:?}");
        }
    }
}
