//! The integral equations of an isotropic T₀ with detailed balance, reduced to the speed.
//!
//! With T₀(v,v′) = λF(v)h(|v|,|v′|,c) invariant under rotations, κ = β(|v|)Fv/λ (CMPS Remark 3). With
//! h₀ and h₁ the integrals of h and of c·h over the direction of v′, 𝒯₀κ = vF (CMPS 21) becomes, for
//! y(r) = rβ(r),
//!
//! y(r) ∫h₀F q^{d−1}dq − ∫h₁ F y q^{d−1}dq = r,
//!
//! and for T₁ = a v·∇S − b v′·∇S the right side of (22) is −(bμ + a/F)F v·∇S: the same equation with
//! r/F for the part of a.

use crate::linear::solve;
use crate::quadrature::gauss_legendre;
use crate::velocity::VelocitySpace;
use std::f64::consts::PI;

/// What λ, a and b leave open of D and χ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// λD = (1/d)∫r y F dv.
    pub spread: f64,
    /// λχ = bμ·`spread` + a·`bias`.
    pub bias: f64,
    /// Mean tumble rate under F, over λ.
    pub rate: f64,
}

/// Change under a doubling of the nodes at which the moments count as settled.
const SETTLED: f64 = 1e-12;
/// Nodes for the speed and for the angle that are tried first, and last.
const NODES: [[usize; 2]; 2] = [[8, 16], [64, 256]];

/// The moments of h(r, q, c), solved on nodes that are doubled until they settle.
pub fn radial<const D: usize>(
    space: &VelocitySpace<D>,
    relative: impl Fn(f64, f64, f64) -> f64,
) -> Moments {
    let [mut nodes, last] = NODES;
    let mut coarse = Radial::solve(space, &relative, nodes).moments();
    while nodes != last {
        nodes = nodes.map(|n| 2 * n);
        let fine = Radial::solve(space, &relative, nodes).moments();
        let settled = |a: f64, b: f64| (a - b).abs() < SETTLED * a.abs();
        if settled(fine.spread, coarse.spread) && settled(fine.bias, coarse.bias) {
            return fine;
        }
        coarse = fine;
    }
    coarse
}

/// A node of the speed.
#[derive(Clone, Copy, Debug)]
pub struct SpeedNode {
    /// r.
    pub speed: f64,
    /// F.
    pub density: f64,
    /// Weight of F r^{d−1} dr.
    pub weight: f64,
    /// y for the right sides r and r/F.
    pub solution: [f64; 2],
    /// ∫T₀(w,v)dw/λ.
    pub rate: f64,
}

/// The solution on nodes.
pub struct Radial<const D: usize> {
    /// The nodes.
    pub nodes: Vec<SpeedNode>,
    surface: f64,
}

impl<const D: usize> Radial<D> {
    /// With h(r, q, c), on this many nodes for the speed and the angle.
    pub fn solve(
        space: &VelocitySpace<D>,
        relative: &impl Fn(f64, f64, f64) -> f64,
        [speeds, angles]: [usize; 2],
    ) -> Self {
        let mut nodes: Vec<SpeedNode> = (space.speeds(speeds).into_iter())
            .map(|(speed, w)| {
                let density = space.density_at_speed(speed);
                SpeedNode { speed, density, weight: w * density, solution: [0.0; 2], rate: 0.0 }
            })
            .collect();
        let (n, cosines) = (nodes.len(), cosines::<D>(angles));
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                let (mut all, mut first) = (0.0, 0.0);
                for (c, w) in &cosines {
                    let h = w * relative(nodes[i].speed, nodes[j].speed, *c);
                    (all, first) = (all + h, first + c * h);
                }
                nodes[i].rate += nodes[j].weight * all;
                matrix[i * n + j] -= nodes[j].weight * first;
            }
            matrix[i * n + i] += nodes[i].rate;
        }
        let mut sides = [
            nodes.iter().map(|n| n.speed).collect(),
            nodes.iter().map(|n| n.speed / n.density).collect(),
        ];
        solve(&mut matrix, &mut sides);
        for (i, node) in nodes.iter_mut().enumerate() {
            node.solution = [sides[0][i], sides[1][i]];
        }
        Self { nodes, surface: cosines.iter().map(|(_, w)| w).sum() }
    }

    /// λD, the part of a in λχ, and the mean rate.
    pub fn moments(&self) -> Moments {
        let mean = |y: &dyn Fn(&SpeedNode) -> f64| -> f64 {
            self.surface * self.nodes.iter().map(|n| n.weight * y(n)).sum::<f64>()
        };
        let moment = |side: usize| mean(&|n| n.speed * n.solution[side]) / D as f64;
        Moments { spread: moment(0), bias: moment(1), rate: mean(&|n| n.rate) }
    }
}

/// Cosines to an axis, and weights for the integral over the unit sphere of ℝᵈ.
pub fn cosines<const D: usize>(n: usize) -> Vec<(f64, f64)> {
    match D {
        1 => vec![(1.0, 1.0), (-1.0, 1.0)],
        2 => (0..n)
            .map(|i| ((PI * (i as f64 + 0.5) / n as f64).cos(), 2.0 * PI / n as f64))
            .collect(),
        _ => gauss_legendre(n, -1.0, 1.0).into_iter().map(|(c, w)| (c, 2.0 * PI * w)).collect(),
    }
}

/// Bounds on h from samples, widened by the largest steps between neighbours along each argument.
/// Every evaluation is checked against them.
pub fn extremes<const D: usize>(
    space: &VelocitySpace<D>,
    relative: impl Fn(f64, f64, f64) -> f64,
) -> [f64; 2] {
    const STEPS: usize = 24;
    let speeds: Vec<f64> = match space.min_speed() == space.max_speed() {
        true => vec![space.max_speed()],
        false => (0..=STEPS)
            .map(|i| {
                let share = i as f64 / STEPS as f64;
                space.min_speed() + share * (space.max_speed() - space.min_speed())
            })
            .collect(),
    };
    let turns: Vec<f64> = match D {
        1 => vec![1.0, -1.0],
        _ => (0..=2 * STEPS).map(|i| (PI * i as f64 / (2 * STEPS) as f64).cos()).collect(),
    };
    let (n, m) = (speeds.len(), turns.len());
    let mut table = Vec::with_capacity(n * n * m);
    for r in &speeds {
        for q in &speeds {
            table.extend(turns.iter().map(|c| relative(*r, *q, *c)));
        }
    }
    let low = table.iter().copied().fold(f64::INFINITY, f64::min);
    let high = table.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // In d = 1 the two turns are all there are.
    let strides = [(n * m, n), (m, n), (1, if D == 1 { 1 } else { m })];
    let room: f64 = (strides.iter())
        .map(|&(stride, count)| {
            (0..table.len())
                .filter(|i| count > 1 && i / stride % count + 1 < count)
                .map(|i| (table[i + stride] - table[i]).abs())
                .fold(0.0, f64::max)
        })
        .sum();
    [low - 0.5 * room, high + 0.5 * room]
}
