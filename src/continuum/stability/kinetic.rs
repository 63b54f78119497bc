//! Waves in the kinetic equation.

use super::classes::Classes;
use super::forms::{Form, Forms};
use super::homogeneous::{Homogeneous, State};
use super::limit::felt;
use super::newton::newton;
use super::reactions::{Kinds, react};
use super::response::Turns;
use super::spectrum::{Spectrum, complex_spectrum};
use crate::model::Species;
use crate::scaling::Scaling;
use crate::signal::Law;
use crate::turning::{Kernel, TurningKernel};
use nalgebra::{Complex, DMatrix, DVector, RowDVector};

/// Share of ‖A‖‖f‖ below which ∂tf is round-off.
const STILL: f64 = 1e-13;

/// Which kinetic equation is meant, and how finely it is solved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waves {
    /// ε.
    pub epsilon: f64,
    /// Nodes around a circle of velocities, a multiple of 4; half as many speeds.
    pub angles: usize,
    /// Whether densities feed signals and rates through K_h, as those of cells do.
    pub smoothed: bool,
}

/// Small waves about a homogeneous state of the kinetic equation.
pub struct KineticWaves<'s, const D: usize> {
    system: &'s Homogeneous<'s, D>,
    waves: Waves,
    scalings: Vec<Scaling>,
    kernels: Vec<Kernel<D>>,
    classes: Vec<Classes<D>>,
    /// Where the unknowns of every population begin, and where they all end.
    offsets: Vec<usize>,
    base: Base,
}

/// What waves are small beside.
struct Base {
    f: Vec<Vec<f64>>,
    state: State,
}

impl<'s, const D: usize> KineticWaves<'s, D> {
    /// About the homogeneous state near to f_i = ρ_iF_i in `state`: the same, unless reactions have velocities of their own (a source
    /// that is uniform on V where F is not), where f is off by O(ε^{q+1}). `None` if that is not found.
    pub fn new(system: &'s Homogeneous<'s, D>, state: &State, waves: Waves) -> Option<Self> {
        let populations = &system.model.populations;
        let scaling = |s: &Species<D>| s.scaling.at(waves.epsilon);
        let classes: Vec<Classes<D>> =
            populations.iter().map(|s| Classes::new(&s.space, waves.angles)).collect();
        let mut offsets = vec![0];
        classes.iter().for_each(|c| offsets.push(offsets[offsets.len() - 1] + c.len()));
        let share = |(c, rho): (&Classes<D>, &f64)| c.equilibrium.iter().map(|f| f * rho).collect();
        let f = classes.iter().zip(&state.densities).map(share).collect();
        let base = Base { f, state: state.clone() };
        let kernels =
            (populations.iter()).map(|s| s.kernel.with_epsilon(scaling(s).bias())).collect();
        let scalings = populations.iter().map(scaling).collect();
        Self { system, waves, scalings, kernels, classes, offsets, base }.at_rest()
    }

    /// Number of unknowns.
    fn unknowns(&self) -> usize {
        self.offsets[self.classes.len()] + self.system.dynamic.len()
    }

    /// The same about a state in which nothing changes.
    fn at_rest(self) -> Option<Self> {
        let start = self.pack(&self.base);
        let (change, matrix) = self.linear(&self.base, 0.0);
        if change.norm() <= STILL * matrix.map(|z| z.re).norm() * start.norm() {
            return Some(self);
        }
        let (kept, conserved) = (self.base.state.densities.clone(), self.system.conserved());
        let extended = |x: &DVector<f64>| {
            let base = self.unpack(x);
            let (change, matrix) = self.linear(&base, 0.0);
            let (n, extra) = (change.len(), conserved.len());
            let forms = self.densities();
            let (mut change, mut matrix) = (
                change.resize_vertically(n + extra, 0.0),
                matrix.map(|z| z.re).resize_vertically(n + extra, 0.0),
            );
            for (j, weights) in conserved.iter().enumerate() {
                let mut row = matrix.row_mut(n + j);
                for (i, weight) in weights.iter().enumerate() {
                    change[n + j] += weight * (base.state.densities[i] - kept[i]);
                    row += &forms[i] * *weight;
                }
            }
            (change, matrix)
        };
        let scale = start.norm();
        let root = newton(start, scale, |x| extended(x).0, |x| extended(x).1)?;
        let base = self.unpack(&root);
        Some(Self { base, ..self })
    }

    fn pack(&self, base: &Base) -> DVector<f64> {
        let signals = self.system.dynamic.iter().map(|number| base.state.signals[*number]);
        let all = base.f.iter().flatten().copied().chain(signals);
        DVector::from_iterator(self.unknowns(), all)
    }

    fn unpack(&self, x: &DVector<f64>) -> Base {
        let part = |p: usize| x.as_slice()[self.offsets[p]..self.offsets[p + 1]].to_vec();
        let f: Vec<Vec<f64>> = (0..self.classes.len()).map(part).collect();
        let mass = |(c, f): (&Classes<D>, &Vec<f64>)| -> f64 {
            c.weights.iter().zip(f).map(|(w, f)| w * f).sum()
        };
        let densities = self.classes.iter().zip(&f).map(mass);
        let signals = x.iter().skip(self.offsets[self.classes.len()]).copied();
        let unknowns: Vec<f64> = densities.chain(signals).collect();
        Base { f, state: self.system.state(&DVector::from_vec(unknowns)) }
    }

    /// Forms of what a population has, by class.
    fn form(&self, p: usize, of: impl Fn(usize) -> f64) -> Form {
        let mut form = Form::zeros(self.unknowns());
        (0..self.classes[p].len()).for_each(|class| form[self.offsets[p] + class] = of(class));
        form
    }

    fn densities(&self) -> Vec<Form> {
        let density = |p: usize| self.form(p, |class| self.classes[p].weights[class]);
        (0..self.classes.len()).map(density).collect()
    }

    fn momenta(&self) -> Vec<Form> {
        let momentum = |p: usize| {
            let c = &self.classes[p];
            self.form(p, |class| c.weights[class] * c.along[class])
        };
        (0..self.classes.len()).map(momentum).collect()
    }

    /// ∂t of f and S in `base`, and the matrix of small waves about it.
    fn linear(&self, base: &Base, k: f64) -> (DVector<f64>, DMatrix<Complex<f64>>) {
        let (system, n) = (self.system, self.unknowns());
        let momenta = self.momenta();
        let forms = Forms::new(system, k * k, self.waves.smoothed, [self.densities(), momenta]);
        let (mut values, mut rows) = (DVector::zeros(n), vec![Form::zeros(n); n]);
        let kinds = Kinds { classes: &self.classes, offsets: &self.offsets, f: &base.f };
        react(system, (&forms, &kinds), &base.state, values.as_mut_slice(), &mut rows);
        self.grow(base, &forms, values.as_mut_slice(), &mut rows);
        let first = self.offsets[self.classes.len()];
        for (j, row) in forms.signal_changes(system, &base.state, k * k).into_iter().enumerate() {
            rows[first + j] = row;
            values[first + j] = system.change(&base.state)[system.populations() + j];
        }
        let mut matrix = DMatrix::from_rows(&rows).map(|entry| Complex::new(entry, 0.0));
        for (p, classes) in self.classes.iter().enumerate() {
            for (class, v) in classes.along.iter().enumerate() {
                let at = self.offsets[p] + class;
                matrix[(at, at)] -= Complex::new(0.0, k * v / self.waves.epsilon);
            }
        }
        let changes = self.signal_changes(&matrix, k * k);
        for p in 0..self.classes.len() {
            self.turn(p, base, (k, &forms, &changes), &mut values, &mut matrix);
        }
        (values, matrix)
    }

    /// Adds births less deaths.
    fn grow(&self, base: &Base, forms: &Forms, values: &mut [f64], rows: &mut [Form]) {
        for (p, growth) in self.system.growth.iter().enumerate() {
            let Some(rate) = growth else { continue };
            let value = self.system.value(rate, &base.state);
            let change = forms.rate(self.system, rate, &base.state);
            for (class, f) in base.f[p].iter().enumerate() {
                let at = self.offsets[p] + class;
                values[at] += value * f;
                rows[at] += &change * *f;
                rows[at][at] += value;
            }
        }
    }

    /// ∂t of every Ŝ, from a matrix that lacks no more than turns, which leave ρ as it is.
    fn signal_changes(
        &self,
        matrix: &DMatrix<Complex<f64>>,
        k2: f64,
    ) -> Vec<RowDVector<Complex<f64>>> {
        let (system, none) = (self.system, || RowDVector::zeros(self.unknowns()));
        if !self.kernels.iter().any(Kernel::senses_change) {
            return Vec::new();
        }
        let density = |p: &usize| {
            let kernel = if self.waves.smoothed { system.smoothing(*p, k2) } else { 1.0 };
            let weights = self.classes[*p].weights.iter().enumerate();
            weights.fold(none(), |sum, (class, w)| {
                sum + matrix.row(self.offsets[*p] + class) * Complex::from(w * kernel)
            })
        };
        let first = self.offsets[self.classes.len()];
        let of = |(number, one): (usize, &crate::signal::One<D>)| match one.law(k2) {
            Law::Given => none(),
            Law::Follows { gain } => {
                let producers = one.producers.iter().map(density);
                producers.fold(none(), |sum, form| sum + form * Complex::from(gain))
            }
            Law::Relaxes { .. } => {
                let place = system.dynamic.iter().position(|of| *of == number);
                matrix.row(first + place.expect("it has an equation in time")).into_owned()
            }
        };
        system.model.signals.iter().enumerate().map(of).collect()
    }

    /// Adds the turns of a population.
    fn turn(
        &self,
        p: usize,
        base: &Base,
        (k, forms, changes): (f64, &Forms, &[RowDVector<Complex<f64>>]),
        values: &mut DVector<f64>,
        matrix: &mut DMatrix<Complex<f64>>,
    ) {
        let (model, classes, f) = (self.system.model, &self.classes[p], &base.f[p]);
        let (first, size) = (self.offsets[p], classes.len());
        let cues: Vec<&[(usize, f64)]> =
            model.populations[p].cues.iter().map(|number| &model.cues[*number][..]).collect();
        let felt: Vec<f64> = cues.iter().map(|cue| felt(cue, &base.state)).collect();
        let turns = Turns::new(&self.kernels[p], classes, &felt);
        let pace = 1.0 / self.scalings[p].tumble_time();
        let operator = turns.operator() * pace;
        let net = &operator * DVector::from_column_slice(f);
        values.rows_mut(first, size).iter_mut().zip(net.iter()).for_each(|(v, net)| *v += net);
        let mut own = matrix.view_mut((first, first), (size, size));
        own += operator.map(Complex::from);
        for (number, cue) in cues.iter().enumerate() {
            let form = forms.cue(cue).map(Complex::from);
            let mut rows = matrix.rows_mut(first, size);
            rows += turns.to_wave(number, k, f) * Complex::from(pace) * form;
            if !changes.is_empty() && self.kernels[p].senses_change() {
                let zero = RowDVector::zeros(self.unknowns());
                let form = cue
                    .iter()
                    .fold(zero, |sum, (s, weight)| sum + &changes[*s] * Complex::from(*weight));
                rows += turns.to_change(number, f).map(|z| Complex::from(z * pace)) * form;
            }
        }
    }

    /// The matrix for amplitudes e, o with f̂(v) = e(v) + i o(v), e even and o odd in v, v₁ > 0: it is real, as nothing changes
    /// in a mirror.
    fn mirrored(&self, matrix: DMatrix<Complex<f64>>) -> DMatrix<Complex<f64>> {
        let mut turned = matrix;
        let i = Complex::new(0.0, 1.0);
        for (p, classes) in self.classes.iter().enumerate() {
            let pairs = classes.reverse.iter().enumerate().filter(|(a, b)| a < *b);
            for (a, b) in pairs.map(|(a, b)| (self.offsets[p] + a, self.offsets[p] + b)) {
                let [one, two] = [turned.column(a).into_owned(), turned.column(b).into_owned()];
                turned.set_column(a, &(&one + &two));
                turned.set_column(b, &((one - two) * i));
                let [one, two] = [turned.row(a).into_owned(), turned.row(b).into_owned()];
                turned.set_row(a, &((&one + &two) * Complex::from(0.5)));
                turned.set_row(b, &((one - two) * (-0.5 * i)));
            }
        }
        turned
    }

    /// The growth rates σ of waves of this wave number.
    pub fn spectrum(&self, k: f64) -> Option<Spectrum> {
        complex_spectrum(self.mirrored(self.linear(&self.base, k).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    /// Where newborns are uniform on V and F is not, f = (λFρ/ε² + r/μ)/(λ/ε² + d) with ρ = r/d.
    #[test]
    fn the_homogeneous_state_is_that_of_turns_and_sources_together() {
        let text = "dimension = 1
            epsilon = 0.5
            domain = { lower = 0, upper = 1, grid = 8 }
            velocity = { set = \"ball\", speed = 1.5, equilibrium = \"exp(-r^2)\" }
            kernel = { model = \"local\", lambda = 0.8 }
            cells = { count = 100 }
            time = { end = 1, step = 0.1 }
            [reactions]
            comes = { kind = \"source\", makes = \"cells\", rate = 1.2 }
            goes = { kind = \"death\", of = \"cells\", rate = 0.6 }";
        let e = crate::experiment::read(text, "test.toml", &[]).unwrap().experiment;
        let model = Model::<1>::new(&e).unwrap();
        let system = Homogeneous::new(&e, &model).unwrap();
        let waves = Waves { epsilon: 0.5, angles: 8, smoothed: false };
        let kinetic = KineticWaves::new(&system, &system.at(&[2.0]), waves).unwrap();
        let (classes, turn) = (&kinetic.classes[0], 0.8 / 0.25);
        for (f, share) in kinetic.base.f[0].iter().zip(&classes.equilibrium) {
            let due = (turn * share * 2.0 + 1.2 / 3.0) / (turn + 0.6);
            assert!((f - due).abs() < 1e-13, "{f} {due}");
        }
        let spread = classes.equilibrium.iter().map(|f| (f * 3.0 - 1.0).abs()).fold(0.0, f64::max);
        assert!(spread > 0.1, "F is not uniform");
    }
}
