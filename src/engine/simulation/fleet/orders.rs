//! What a program is told of a part of a field step: `Step` of flight.wgsl, word for word.

use crate::turning::Affine;

/// Words of all orders.
pub const WORDS: usize = 48;

/// Three numbers, of which those of axes that the dimension lacks come first.
fn axes<T: Copy, const D: usize>(missing: T, own: &[T; D]) -> [T; 3] {
    std::array::from_fn(|c| if c + D < 3 { missing } else { own[c + D - 3] })
}

/// Orders in the making.
#[derive(Clone, Debug)]
pub struct Orders([u32; WORDS]);

impl Orders {
    /// All 0.
    pub fn new() -> Self {
        Self([0; WORDS])
    }

    /// As words.
    pub fn words(&self) -> &[u32] {
        &self.0
    }

    fn set(&mut self, first: usize, values: &[u32]) {
        self.0[first..first + values.len()].copy_from_slice(values);
    }

    fn floats(&mut self, first: usize, values: &[f64]) {
        for (word, value) in self.0[first..].iter_mut().zip(values) {
            *word = (*value as f32).to_bits();
        }
    }

    /// The names of the draws.
    pub fn names(&mut self, key: u64, step: u64, part: u32) {
        self.set(0, &[key as u32, (key >> 32) as u32, step as u32, part]);
    }

    /// The number of the first cell of the buffers, which of these are flown, and how many there are.
    pub fn cells(&mut self, first: u32, [begin, end]: [u32; 2], capacity: u32) {
        self.set(4, &[first, begin, end, capacity]);
    }

    /// Whether this part is the last of its step, and whether cells are deposited after it.
    pub fn ends(&mut self, last: bool, deposits: bool) {
        self.set(11, &[u32::from(last)]);
        self.set(19, &[u32::from(deposits)]);
    }

    /// The grid: nodes in a range, strides of the padded array, the place of the lowest node in reach of the first one of
    /// the range, and boundaries by number.
    pub fn grid<const D: usize>(
        &mut self,
        nodes: [u32; D],
        strides: [u32; D],
        base: u32,
        boundaries: [u32; D],
    ) {
        self.set(8, &axes(0, &nodes));
        self.set(12, &axes(0, &strides));
        self.set(15, &[base]);
        self.set(16, &axes(0, &boundaries));
    }

    /// The window in the whole space.
    pub fn window<const D: usize>(&mut self, [low, high]: [[u32; D]; 2]) {
        self.set(20, &axes(0, &low));
        self.set(24, &axes(0, &high));
    }

    /// Units of place per velocity and tick, and ticks of a mean time between candidates.
    pub fn clock<const D: usize>(&mut self, pace: [f64; D], wait: f64) {
        self.floats(28, &axes(0.0, &pace));
        self.floats(31, &[wait]);
    }

    /// T/F; of what is sensed from afar, the difference of S is taken, and not the mean gradient.
    pub fn kernel<const D: usize>(
        &mut self,
        affine: &Affine,
        ahead: [f64; D],
        per_spacing: [f64; D],
    ) {
        let per_lag = if affine.lag == 0.0 { 1.0 } else { 1.0 / affine.lag };
        let (gain, loss) = match affine.saturation {
            0.0 => (affine.gain * per_lag, affine.loss * per_lag),
            _ => (affine.gain, affine.loss),
        };
        self.floats(32, &axes(0.0, &ahead));
        self.floats(35, &[affine.saturation * per_lag]);
        self.floats(36, &axes(0.0, &per_spacing));
        self.floats(39, &[affine.rate, gain, loss]);
    }

    /// Between what T/F lies.
    pub fn bounds(&mut self, bound: f64, floor: f64) {
        self.floats(42, &[bound, floor]);
    }

    /// Speeds to the power of the dimension, from the least one on, and the largest speed.
    pub fn speeds(&mut self, least: f64, range: f64, speed: f64) {
        self.floats(44, &[least, range, speed]);
    }
}
