//! Field steps, aligned with the output times.

/// One field step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Δt.
    pub duration: f64,
    /// Time at its end.
    pub end: f64,
    /// Whether an output is due at its end.
    pub output: bool,
}

/// The steps that lead through the sorted `outputs`, each no longer than `step`, equally long
/// between two outputs. An output at t = 0 is not a step.
///
/// ```
/// let ticks = kinetaxis::schedule::ticks(&[0.0, 0.25, 1.0], 0.1);
/// assert_eq!(ticks.len(), 3 + 8);
/// assert_eq!(ticks.last().unwrap().end, 1.0);
/// ```
pub fn ticks(outputs: &[f64], step: f64) -> Vec<Tick> {
    let (mut ticks, mut start) = (Vec::new(), 0.0);
    for &end in outputs.iter().filter(|t| **t > 0.0) {
        // A hair of tolerance, so that 1.0/0.1 is ten steps.
        let count = ((end - start) / step * (1.0 - 1e-12)).ceil().max(1.0) as usize;
        let duration = (end - start) / count as f64;
        for i in 1..=count {
            let output = i == count;
            let time = if output { end } else { start + duration * i as f64 };
            ticks.push(Tick { duration, end: time, output });
        }
        start = end;
    }
    ticks
}
