//! A kernel given as an expression.

use super::expansion::{Expansion, Misfit, expand, resolution};
use super::line::Line;
use super::patches::Patches;
use super::turns::{dots, lane, norms};
use super::variables::VARIABLES;
use super::{Affine, Bounds, Coefficients, KernelModel, Sense, TurningKernel, Turns, search};
use crate::formula::Formula;
use crate::scaling::TURNING;
use crate::schema::{Draft, Fallback::*, Key, Kind, OutOfRange, Ranged, key};
use crate::vector::{Vector, dot, norm, scaled};
use crate::velocity::VelocitySpace;
use std::f64::consts::PI;
use std::sync::{Arc, OnceLock};

/// Keys of the experiment file.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("kernel.turning", Kind::Formula(VARIABLES), Required,
        "T(x, v, v') in S, G = |grad S|, A = v.grad S, B = v'.grad S, R = S(x + eps v), Q = S(x - eps v'), W = eps^2 dS/dt + eps v'.grad S (felt along the path), r = |v|, q = |v'|, p = v.v', F = F(v), eps = epsilon. At eps = 0 it must be positive, the same for all directions of grad S, and T0/F the same when v and v' are exchanged; at t = 0 it must not be negative.").of(TURNING)
        .sample("\"F*(1 + eps*A/sqrt(1 + G^2))\"").only("kernel.model", &["expression"]),
];

/// What the file says.
pub(super) fn read(draft: &Draft) -> Option<KernelModel> {
    draft.formula("kernel.turning").map(KernelModel::Expression)
}

/// T_ε itself, a density in v. D and χ come from the integral equations (`expansion.rs`).
#[derive(Clone, Debug)]
pub struct Expression<const D: usize> {
    rate: Rate<D>,
    epsilon: f64,
    /// The line that it is, if it is one.
    line: Option<Line>,
    limit: Arc<Patches>,
}

/// T/F of the expression.
#[derive(Clone, Debug)]
struct Rate<const D: usize> {
    formula: Ranged,
    space: VelocitySpace<D>,
    /// What has to be looked up.
    here: bool,
    ahead: bool,
    behind: bool,
    path: bool,
    turns: bool,
    /// Whether it depends on the value of the signal.
    signal: bool,
    /// What is added to T/F where D and χ are found: 1 for a term that may have no T₀ of its own.
    offset: f64,
}

/// The values of the variables but for r, q, p, F, eps.
#[derive(Clone, Copy, Default)]
struct Sensed {
    s: f64,
    slope: f64,
    /// v·∇S and v′·∇S.
    along: [f64; 2],
    /// S(x+εv) and S(x−εv′).
    remote: [f64; 2],
    path: f64,
}

impl Sensed {
    /// The values of the [`VARIABLES`], p = v·v′.
    #[inline(always)]
    fn arguments(&self, [r, q, p]: [f64; 3], density: f64, epsilon: f64) -> [f64; 12] {
        let Self { s, slope, along: [a, b], remote: [ahead, behind], path } = *self;
        [s, slope, a, b, ahead, behind, path, r, q, p, density, epsilon]
    }
}

impl<const D: usize> Rate<D> {
    fn new(formula: Formula, space: VelocitySpace<D>) -> Self {
        let any = |names: &[&str]| names.iter().any(|name| formula.uses(name));
        Self {
            here: any(&["S", "G", "A", "B", "W"]),
            ahead: any(&["R"]),
            behind: any(&["Q"]),
            path: any(&["W"]),
            turns: any(&["r", "q", "p"]),
            signal: any(&["S", "R", "Q"]),
            formula: Ranged::formula(KEYS, "kernel.turning", formula),
            space,
            offset: 0.0,
        }
    }

    /// T_ε/F from all values, p = v·v′.
    #[inline(always)]
    fn eval(&self, sensed: &Sensed, rest: [f64; 3], density: f64, epsilon: f64) -> f64 {
        self.formula.eval(&sensed.arguments(rest, density, epsilon)) / density
    }

    /// T_ε/F for a turn from `w` to `v`.
    #[inline(always)]
    fn turn(&self, sensed: &Sensed, v: &Vector<D>, w: &Vector<D>, epsilon: f64) -> f64 {
        self.eval(sensed, [norm(v), norm(w), dot(v, w)], self.space.density(v), epsilon)
    }

    /// T_ε/F where S is linear and steady, ∇S = `slope` along the first axis.
    fn linear(&self, s: f64, slope: f64, epsilon: f64, v: &Vector<D>, w: &Vector<D>) -> f64 {
        let along = [slope * v[0], slope * w[0]];
        let remote = [s + epsilon * along[0], s - epsilon * along[1]];
        self.turn(&Sensed { s, slope, along, remote, path: epsilon * along[1] }, v, w, epsilon)
    }

    /// T₀/F at speeds r, q and cosine c. It must not depend on v·∇S and v′·∇S.
    fn leading(&self, s: f64, slope: f64, r: f64, q: f64, c: f64) -> f64 {
        let sensed = Sensed { s, slope, remote: [s; 2], ..Sensed::default() };
        self.eval(&sensed, [r, q, r * q * c], self.space.density_at_speed(r), 0.0)
    }

    fn expansion(&self, s: f64, slope: f64, nodes: [usize; 2]) -> Expansion {
        expand(
            &self.space,
            |r, q, c| self.leading(s, slope, r, q, c) + self.offset,
            &|epsilon, v, w| self.linear(s, slope, epsilon, v, w) + self.offset,
            nodes,
        )
    }

    /// Bounds on T_ε/F for a signal within `bounds`, found by search.
    fn extremes(&self, bounds: &Bounds<D>, epsilon: f64) -> [f64; 2] {
        let (low, high) = if self.signal { (bounds.low, bounds.high) } else { (0.0, 0.0) };
        search::bounds(|u: &[f64; 10]| {
            let between = |share: f64, a: f64, b: f64| a + share * (b - a);
            let speed = |share: f64| between(share, self.space.min_speed(), self.space.max_speed());
            let (r, q, slope) = (speed(u[0]), speed(u[1]), u[2] * bounds.slope);
            let [c, d, turn] = cosines::<D>([u[3], u[4], u[5]]);
            let s = between(u[6], low, high);
            let reach = |speed: f64| bounds.difference(epsilon * speed);
            let along = [slope * r * c, slope * q * d];
            let remote = [s + (2.0 * u[7] - 1.0) * reach(r), s + (2.0 * u[8] - 1.0) * reach(q)];
            let change = epsilon * epsilon * (2.0 * u[9] - 1.0) * bounds.change;
            let sensed = Sensed { s, slope, along, remote, path: change + epsilon * along[1] };
            self.eval(&sensed, [r, q, r * q * turn], self.space.density_at_speed(r), epsilon)
        })
    }
}

/// Cosines of v to ∇S, of v′ to ∇S, and of v to v′, from shares of what they can be.
fn cosines<const D: usize>(u: [f64; 3]) -> [f64; 3] {
    match D {
        1 => {
            let sign = |u: f64| if u < 0.5 { -1.0 } else { 1.0 };
            [sign(u[0]), sign(u[1]), sign(u[0]) * sign(u[1])]
        }
        2 => {
            let [a, b] = [2.0 * PI * u[0], 2.0 * PI * u[1]];
            [a.cos(), b.cos(), (a - b).cos()]
        }
        _ => {
            let [a, b] = [PI * u[0], PI * u[1]];
            let across = a.sin() * b.sin() * (PI * u[2]).cos();
            [a.cos(), b.cos(), a.cos() * b.cos() + across]
        }
    }
}

impl<const D: usize> Expression<D> {
    /// T_ε(x, v, v′) in the [`VARIABLES`].
    pub fn new(formula: Formula, space: &VelocitySpace<D>, epsilon: f64) -> Self {
        Self::with_offset(formula, space, epsilon, 0.0)
    }

    /// The same as a term of a sum, which may do without T₀.
    pub fn term(formula: Formula, space: &VelocitySpace<D>, epsilon: f64) -> Self {
        Self::with_offset(formula, space, epsilon, 1.0)
    }

    fn with_offset(formula: Formula, space: &VelocitySpace<D>, epsilon: f64, offset: f64) -> Self {
        let rate = Rate { offset, ..Rate::new(formula, space.clone()) };
        let along = [rate.signal, rate.here || rate.ahead || rate.behind];
        let (copy, nodes) = (rate.clone(), OnceLock::new());
        let exact = move |s: f64, slope: f64| {
            // The same whoever asks first.
            let nodes = nodes.get_or_init(|| {
                let needed = |s: f64| resolution(|nodes| copy.expansion(s, 1.0, nodes));
                needed(0.0).max(needed(1.0))
            });
            // Γ/|∇S| has a limit at ∇S = 0.
            let slope = slope.max(1e-6);
            let e = copy.expansion(s, slope, *nodes);
            [e.diffusivity, e.drift / slope]
        };
        let line = Line::of(&rate.formula, space, epsilon);
        Self { rate, epsilon, line, limit: Arc::new(Patches::new(exact, along)) }
    }

    /// Why the theory does not hold in a signal within `bounds`: T₀ must be positive and isotropic, with
    /// the detailed balance T₀(v,v′)F(v′) = T₀(v′,v)F(v) (CMPS A0). Only values are tried.
    fn fault_within(&self, bounds: &Bounds<D>) -> Option<String> {
        let pairs = pairs(&self.rate.space);
        let zero = |s: f64, slope: f64, v: &Vector<D>, w: &Vector<D>| {
            self.rate.linear(s, slope, 0.0, v, w)
        };
        let places = [bounds.low, 0.5 * (bounds.low + bounds.high), bounds.high];
        for (s, slope) in
            places.into_iter().flat_map(|s| [(s, 0.5 * bounds.slope), (s, bounds.slope)])
        {
            let place = format!("at S = {s:.4}, |grad S| = {slope:.4}");
            let least = pairs
                .iter()
                .map(|(v, w)| zero(s, slope, v, w))
                .fold(f64::INFINITY, |a, b| if b.is_nan() { b } else { a.min(b) });
            let positive = least > 0.0 || (self.is_term() && least == 0.0);
            if !(positive && least.is_finite()) {
                return Some(format!(
                    "T0/F must be positive and finite, but is {least:.6} {place}. Raise what does not vanish with eps."
                ));
            }
            let turned = |v: &Vector<D>, w: &Vector<D>| {
                let c = (dot(v, w) / (norm(v) * norm(w))).clamp(-1.0, 1.0);
                [zero(s, slope, v, w), self.rate.leading(s, slope, norm(v), norm(w), c)]
            };
            if let Some(m) = Misfit::worst(&pairs, turned) {
                return Some(format!(
                    "T at eps = 0 depends on the direction of grad S, so that its equilibrium can have a flux or D be a tensor: T0/F = {:.6} {place}, {m}, but {:.6} for velocities across grad S. Write eps*A for A, eps*B for B.",
                    m.values[0], m.values[1]
                ));
            }
            if let Some(m) =
                Misfit::worst(&pairs, |v, w| [zero(s, slope, v, w), zero(s, slope, w, v)])
            {
                return Some(format!(
                    "detailed balance is violated {place}: T0/F is {:.6} for {m}, and {:.6} the other way. Make it symmetric in r and q, for example with {:.6} both ways.",
                    m.values[0],
                    m.values[1],
                    0.5 * (m.values[0] + m.values[1])
                ));
            }
        }
        None
    }

    /// Whether it is a term of a sum.
    fn is_term(&self) -> bool {
        self.rate.offset > 0.0
    }

    /// T/F in a signal within `bounds`: proved of a line, and found by search of others.
    fn extremes(&self, bounds: &Bounds<D>) -> [f64; 2] {
        match &self.line {
            Some(line) => line.extremes(bounds),
            None => self.rate.extremes(bounds, self.epsilon),
        }
    }

    /// T_ε/F of several cells at once, with the bits of [`Rate::turn`].
    #[inline(always)]
    fn rates<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        let (rate, epsilon) = (&self.rate, self.epsilon);
        let Turns { at, new, old, .. } = turns;
        let zero = [0.0; L];
        let [mut s, mut slope, mut a, mut b] = [zero; 4];
        if rate.here {
            let (value, gradient) = signal.values_and_gradients(at);
            (s, slope) = (value, norms(&gradient));
            (a, b) = (dots(new, &gradient), dots(old, &gradient));
        }
        let ahead = if rate.ahead { turns.ahead(signal, epsilon) } else { zero };
        let behind = if rate.behind { turns.behind(signal, epsilon) } else { zero };
        let mut path = zero;
        if rate.path {
            for l in 0..L {
                path[l] = epsilon * (epsilon * signal.change(&lane(at, l)) + b[l]);
            }
        }
        let [mut r, mut q, mut p] = [zero; 3];
        if rate.turns {
            (r, q, p) = (norms(new), norms(old), dots(new, old));
        }
        let mut density = zero;
        for l in 0..L {
            density[l] = rate.space.density(&lane(new, l));
        }
        let all = [&s, &slope, &a, &b, &ahead, &behind, &path, &r, &q, &p, &density, &[epsilon; L]];
        let mut rates = rate.formula.eval_lanes(all);
        for l in 0..L {
            rates[l] /= density[l];
        }
        rates
    }

    /// What a cell at `x` senses that turns from `w` to `v`.
    #[inline(always)]
    fn sensed<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> Sensed {
        let (rate, epsilon) = (&self.rate, self.epsilon);
        let mut sensed = Sensed::default();
        if rate.here {
            let (s, gradient) = signal.value_and_gradient(x);
            (sensed.s, sensed.slope) = (s, norm(&gradient));
            sensed.along = [dot(v, &gradient), dot(w, &gradient)];
        }
        if rate.ahead {
            sensed.remote[0] = signal.ahead(x, epsilon, v);
        }
        if rate.behind {
            sensed.remote[1] = signal.behind(x, epsilon, w);
        }
        if rate.path {
            sensed.path = epsilon * (epsilon * signal.change(x) + sensed.along[1]);
        }
        sensed
    }
}

/// Turns all over V.
pub fn pairs<const D: usize>(space: &VelocitySpace<D>) -> Vec<(Vector<D>, Vector<D>)> {
    let speed = |share: f64| space.min_speed() + share * (space.max_speed() - space.min_speed());
    let direction = |u: f64, t: f64| -> Vector<D> {
        let (z, turn) = (2.0 * u - 1.0, 2.0 * PI * t);
        let e = match D {
            1 => [z.signum(), 0.0, 0.0],
            2 => [turn.cos(), turn.sin(), 0.0],
            _ => {
                let r = (1.0 - z * z).sqrt();
                [z, r * turn.cos(), r * turn.sin()]
            }
        };
        std::array::from_fn(|a| e[a])
    };
    // The largest speeds are where most kernels are extreme.
    let share = |u: f64| (0.1 + 1.2 * u).min(1.0);
    (search::samples().step_by(16))
        .map(|u: [f64; 6]| {
            let (v, w) = (direction(u[0], u[1]), direction(u[2], u[3]));
            (scaled(speed(share(u[4])), &v), scaled(speed(share(u[5])), &w))
        })
        .collect()
}

impl<const D: usize> TurningKernel<D> for Expression<D> {
    #[inline(always)]
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        self.rate.turn(&self.sensed(signal, x, v, w), v, w, self.epsilon)
    }

    fn refused<S: Sense<D>>(&self, signal: &S, [x, v, w]: [&Vector<D>; 3]) -> Option<OutOfRange> {
        let sensed = self.sensed(signal, x, v, w);
        let (turn, density) = ([norm(v), norm(w), dot(v, w)], self.rate.space.density(v));
        (self.rate.formula.check(&sensed.arguments(turn, density, self.epsilon)))
            .or_else(|| self.rate.space.refused(v))
    }

    #[inline(always)]
    fn together<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        self.rates(signal, turns)
    }

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        self.extremes(bounds)[1]
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        self.extremes(bounds)[0]
    }

    fn affine(&self, bounds: &Bounds<D>) -> Option<Affine> {
        self.line.as_ref()?.affine(bounds)
    }

    fn sensing_distance(&self) -> f64 {
        let reach = if self.rate.ahead || self.rate.behind { self.epsilon } else { 0.0 };
        reach * self.rate.space.max_speed()
    }

    fn is_sampled(&self) -> bool {
        self.line.is_none()
    }

    fn may_refuse(&self) -> bool {
        true
    }

    fn senses_change(&self) -> bool {
        self.rate.path
    }

    fn leading_fault(&self, cues: &[Bounds<D>]) -> Option<String> {
        self.fault_within(&cues[0])
    }

    fn leading_rate(&self, s: f64, slope: f64) -> f64 {
        self.rate.expansion(s, slope, [12, 12]).rate - self.rate.offset
    }

    fn first_order(&self, s: f64, slope: f64, square: f64) -> [f64; 2] {
        let [diffusivity, sensitivity] = self.limit.at(s, slope);
        let forgets = square / diffusivity;
        [forgets - self.rate.offset, forgets * sensitivity]
    }

    fn is_constant(&self) -> bool {
        !self.limit.varies()
    }

    fn remembers(&self) -> bool {
        let pairs = pairs(&self.rate.space);
        let constant = self.rate.linear(1.0, 1.0, 0.0, &pairs[0].0, &pairs[0].1);
        Misfit::worst(&pairs, |v, w| [self.rate.linear(1.0, 1.0, 0.0, v, w), constant]).is_some()
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        let [diffusivity, sensitivity] = self.limit.at(s, slope);
        Coefficients { diffusivity, sensitivity }
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        (!self.limit.varies()).then(|| self.coefficients(0.0, 0.0))
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        let line = Line::of(&self.rate.formula, &self.rate.space, epsilon);
        Self { epsilon, line, ..self.clone() }
    }
}
