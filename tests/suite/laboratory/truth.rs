//! Exact laws of a cell in a constant gradient, free of noise and of the engine.
//!
//! There the velocity is a Markov process of its own. With T(v,w) = p(v) + q(w), loss(v) = ∫T(w,v)dw = ∫p + μq(v),
//! the law f of (x, v) obeys ε²∂tf + ε v·∇f = p∫f + ∫qf − loss·f, and its moments in x close:
//!
//! ```text
//! ε²∂tf = Lf,   ε²∂tg = Lg + ε v f,   ε²∂th = Lh + 2ε v g,   Lf = p∫f + ∫qf − loss·f,   g = ∫x f dx, h = ∫x² f dx
//! ```
//!
//! On the nodes of a quadrature rule L costs O(n). The stationary law is f = (p + Q)/loss, with Q fixed by ∫f = 1. A part of T
//! that depends on both velocities is a dense matrix, and the stationary law solves a linear system.

use super::kernels::{Pair, Spec};
use super::sets::{Bins, Node, Set, frame};
use kinetaxis::linear::solve;
use kinetaxis::vector::{Vector, dot, norm};

/// The velocity process of one kernel in one gradient.
pub struct Truth<const D: usize> {
    bins: Bins<D>,
    nodes: Vec<Node<D>>,
    start: Vec<f64>,
    gain: Vec<f64>,
    exchange: Vec<f64>,
    loss: Vec<f64>,
    exchange_at: Box<dyn Fn(&Vector<D>) -> f64>,
    /// What depends on both velocities, and its values on the nodes times the weight of the old one.
    pair_at: Option<Pair<D>>,
    both: Vec<f64>,
    frame: [Vector<D>; D],
    epsilon: f64,
}

/// Moments of a cell at time t from x = 0 and v drawn from F.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// Mean displacement along the gradient.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// Mean square of the displacement along one direction across; 0 for d = 1.
    pub across: f64,
    /// Mean velocity along the gradient over ε: how fast `mean` grows at t.
    pub drift: f64,
    /// Mean number of tumbles.
    pub tumbles: f64,
}

impl<const D: usize> Truth<D> {
    /// On a rule fine enough for moments.
    pub fn new(set: &Set, spec: &Spec, epsilon: f64, s: f64, g: Vector<D>) -> Self {
        let bins = Bins::new(*set, &g, 1, if D == 2 { 4 } else { 2 });
        let bins = if spec.remembers() { bins.remembering() } else { bins };
        Self::on(bins, set, spec, epsilon, s, g)
    }

    /// On the nodes of `bins`.
    pub fn on(bins: Bins<D>, set: &Set, spec: &Spec, epsilon: f64, s: f64, g: Vector<D>) -> Self {
        let nodes = bins.nodes();
        let weight = |v: &Vector<D>| set.profile.map_or(1.0, |(_, f)| f(norm(v)));
        let total: f64 = nodes.iter().map(|n| n.weight * weight(&n.v)).sum();
        let t = spec.additive(set, total, epsilon, s, g);
        let on_nodes = |f: &dyn Fn(&Vector<D>) -> f64| nodes.iter().map(|n| f(&n.v)).collect();
        let (gain, exchange): (Vec<f64>, Vec<f64>) = (on_nodes(&t.gain), on_nodes(&t.exchange));
        let into: f64 = nodes.iter().zip(&gain).map(|(n, p)| n.weight * p).sum();
        let mut loss: Vec<f64> = exchange.iter().map(|q| into + set.measure::<D>() * q).collect();
        let (mut both, n) = (Vec::new(), nodes.len());
        if let Some(pair) = &t.pair {
            both = nodes
                .iter()
                .flat_map(|v| nodes.iter().map(|w| w.weight * pair(&v.v, &w.v)))
                .collect();
            for (i, v) in nodes.iter().enumerate() {
                for (j, w) in nodes.iter().enumerate() {
                    loss[j] += v.weight * both[i * n + j] / w.weight;
                }
            }
        }
        let start = on_nodes(&|v| weight(v) / total);
        let (exchange_at, pair_at, frame) = (t.exchange, t.pair, frame(&g));
        Self {
            bins,
            nodes,
            start,
            gain,
            exchange,
            loss,
            exchange_at,
            pair_at,
            both,
            frame,
            epsilon,
        }
    }

    /// ∫ a b dv.
    fn pair(&self, a: impl Fn(usize) -> f64, b: &[f64]) -> f64 {
        self.nodes.iter().enumerate().map(|(i, n)| n.weight * a(i) * b[i]).sum()
    }

    /// v along direction `a` of the frame.
    fn along(&self, a: usize) -> Vec<f64> {
        self.nodes.iter().map(|n| dot(&n.v, &self.frame[a])).collect()
    }

    /// out = Lf.
    fn turn(&self, f: &[f64], out: &mut [f64]) {
        let (mass, exchanged) = (self.pair(|_| 1.0, f), self.pair(|i| self.exchange[i], f));
        for i in 0..f.len() {
            out[i] = self.gain[i] * mass + exchanged - self.loss[i] * f[i];
        }
        for (out, row) in out.iter_mut().zip(self.both.chunks(f.len())) {
            *out += row.iter().zip(f).map(|(t, f)| t * f).sum::<f64>();
        }
    }

    /// Classical Runge–Kutta in units of ε², in steps that resolve the fastest rate; good to some 10⁻⁷.
    fn integrate(&self, y: &mut [f64], t: f64, rhs: impl Fn(f64, &[f64], &mut [f64])) {
        let fastest = self.loss.iter().copied().fold(0.0, f64::max);
        let end = t / self.epsilon.powi(2);
        let steps = (end * fastest / 0.05).ceil();
        let h = end / steps;
        let (mut k, mut stage, mut sum) = (vec![0.0; y.len()], y.to_vec(), y.to_vec());
        for step in 0..steps as usize {
            let now = h * step as f64;
            stage.copy_from_slice(y);
            sum.copy_from_slice(y);
            let stages = [(0.0, h / 6.0, h / 2.0), (h / 2.0, h / 3.0, h / 2.0)];
            for (at, weight, next) in
                stages.into_iter().chain([(h / 2.0, h / 3.0, h), (h, h / 6.0, 0.0)])
            {
                rhs(now + at, &stage, &mut k);
                for i in 0..y.len() {
                    sum[i] += weight * k[i];
                    stage[i] = y[i] + next * k[i];
                }
            }
            y.copy_from_slice(&sum);
        }
    }

    /// Moments at time `t`.
    pub fn moments(&self, t: f64) -> Moments {
        let n = self.nodes.len();
        let axes: Vec<Vec<f64>> = (0..D.min(2)).map(|a| self.along(a)).collect();
        let mut y = self.start.clone();
        y.resize(n * (1 + 2 * axes.len()) + 1, 0.0);
        let last = y.len() - 1;
        self.integrate(&mut y, t, |_, y, out| {
            self.turn(&y[..n], &mut out[..n]);
            for (a, u) in axes.iter().enumerate() {
                let (g, h) = (n * (1 + 2 * a), n * (2 + 2 * a));
                self.turn(&y[g..g + n], &mut out[g..g + n]);
                self.turn(&y[h..h + n], &mut out[h..h + n]);
                for i in 0..n {
                    out[g + i] += self.epsilon * u[i] * y[i];
                    out[h + i] += 2.0 * self.epsilon * u[i] * y[g + i];
                }
            }
            out[last] = self.pair(|i| self.loss[i], &y[..n]);
        });
        let mass = |k: usize| self.pair(|_| 1.0, &y[k * n..(k + 1) * n]);
        let mean = mass(1);
        let across = if D > 1 { mass(4) } else { 0.0 };
        let drift = self.pair(|i| axes[0][i], &y[..n]) / self.epsilon;
        Moments { mean, variance: mass(2) - mean * mean, across, drift, tumbles: y[last] }
    }

    /// Law of v at time `t` for a cell that began at velocity `v0`: the chance that it has not turned, and the chance of
    /// each bin if it has.
    pub fn velocity(&self, v0: &Vector<D>, t: f64) -> (f64, Vec<f64>) {
        let (rate, from) = (self.rate(v0), (self.exchange_at)(v0));
        let both: Vec<f64> = self.nodes.iter().map(|n| self.remembered(&n.v, v0)).collect();
        let mut f = vec![0.0; self.nodes.len()];
        self.integrate(&mut f, t, |now, f, out| {
            self.turn(f, out);
            let unturned = (-rate * now).exp();
            for (i, out) in out.iter_mut().enumerate() {
                *out += unturned * (self.gain[i] + from + both[i]);
            }
        });
        let mut shares = vec![0.0; self.bins.len()];
        for (n, f) in self.nodes.iter().zip(&f) {
            shares[n.bin] += n.weight * f;
        }
        ((-rate * t / self.epsilon.powi(2)).exp(), shares)
    }

    /// Rate of turning from `v0`, without 1/ε².
    pub fn rate(&self, v0: &Vector<D>) -> f64 {
        let measure: f64 = self.nodes.iter().map(|n| n.weight).sum();
        let both: f64 = self.nodes.iter().map(|n| n.weight * self.remembered(&n.v, v0)).sum();
        self.pair(|_| 1.0, &self.gain) + measure * (self.exchange_at)(v0) + both
    }

    /// What of T depends on both velocities.
    fn remembered(&self, v: &Vector<D>, w: &Vector<D>) -> f64 {
        self.pair_at.as_ref().map_or(0.0, |pair| pair(v, w))
    }

    /// The solution of Lf = `side` with ∫f = `mass`, where L is dense. L + 1⊗weights has no null space, and it gives
    /// both: ∫Lf = 0 leaves ∫f for the rest.
    fn inverted(&self, side: impl Fn(usize) -> f64, mass: f64) -> Vec<f64> {
        let n = self.nodes.len();
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                let weight = self.nodes[j].weight;
                let gain = weight * (self.gain[i] + self.exchange[j]) + self.both[i * n + j];
                matrix[i * n + j] = gain + weight * self.start[i];
            }
            matrix[i * n + i] -= self.loss[i];
        }
        let mut sides = [(0..n).map(|i| side(i) + mass * self.start[i]).collect()];
        solve(&mut matrix, &mut sides);
        let [solution] = sides;
        solution
    }

    /// The stationary law of v.
    fn stationary(&self) -> Vec<f64> {
        if self.pair_at.is_some() {
            return self.inverted(|_| 0.0, 1.0);
        }
        let inverse = |i: usize| 1.0 / self.loss[i];
        let (a, b) =
            (self.pair(inverse, &self.gain), self.pair(inverse, &vec![1.0; self.loss.len()]));
        let level = (1.0 - a) / b;
        self.gain.iter().zip(&self.loss).map(|(p, loss)| (p + level) / loss).collect()
    }

    /// Stationary mean displacement along the gradient per unit time: χ|g| in the limit.
    pub fn drift(&self) -> f64 {
        let u = self.along(0);
        self.pair(|i| u[i], &self.stationary()) / self.epsilon
    }

    /// Half the growth of the variance per unit time along direction `a` of the frame: D in the limit. From Lh = −ε(u−ū)f
    /// with ∫h = 0, it is (1/ε)∫uh.
    pub fn spread(&self, a: usize) -> f64 {
        let (u, f) = (self.along(a), self.stationary());
        let mean = self.pair(|i| u[i], &f);
        let source: Vec<f64> = (0..u.len()).map(|i| self.epsilon * (u[i] - mean) * f[i]).collect();
        if self.pair_at.is_some() {
            let h = self.inverted(|i| -source[i], 0.0);
            return self.pair(|i| u[i], &h) / self.epsilon;
        }
        let inverse = |i: usize| 1.0 / self.loss[i];
        let level = -self.pair(inverse, &source) / self.pair(inverse, &vec![1.0; u.len()]);
        let h: Vec<f64> = (0..u.len()).map(|i| (level + source[i]) / self.loss[i]).collect();
        self.pair(|i| u[i], &h) / self.epsilon
    }
}
