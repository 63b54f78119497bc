//! Field steps, aligned with the output times.

/// One field step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Δt; 0 where an output is due at the time of the one before, or so near to it that no step is due.
    pub duration: f64,
    /// Time at its end.
    pub end: f64,
    /// Whether an output is due at its end.
    pub output: bool,
}

/// Outputs that are nearer to another than this part of a step are of the same state: a step as short would be
/// made of round-off.
const NEAR: f64 = 1e-9;

/// The steps that lead through the sorted `outputs`, each no longer than `step`, equally long
/// between two outputs. An output at t = 0 is not a step.
///
/// Outputs at one time, up to 10⁻⁹ of a step, share a state, and leave all other steps as they are.
///
/// The last step before an output is halved again and again until it is no longer than `finest`.
/// Velocities follow the signal of the middle of their step, so the flux at an output lags by half
/// of the last step; positions do not.
///
/// ```
/// let ticks = kinetaxis::schedule::ticks(&[0.0, 0.25, 1.0], 0.1, f64::INFINITY);
/// assert_eq!(ticks.len(), 3 + 8);
/// assert_eq!(ticks.last().unwrap().end, 1.0);
/// let ticks = kinetaxis::schedule::ticks(&[1.0], 0.5, 0.2);
/// assert_eq!(ticks.iter().map(|t| t.duration).collect::<Vec<_>>(), [0.5, 0.25, 0.125, 0.125]);
/// let ticks = kinetaxis::schedule::ticks(&[1e-300, 1.0, 1.0 + 1e-15], 0.5, f64::INFINITY);
/// assert_eq!(ticks.iter().map(|t| t.duration).collect::<Vec<_>>(), [0.0, 0.5, 0.5, 0.0]);
/// ```
pub fn ticks(outputs: &[f64], step: f64, finest: f64) -> Vec<Tick> {
    let (mut ticks, mut start) = (Vec::new(), 0.0);
    let near = NEAR * outputs.last().map_or(step, |last| step.min(*last));
    for &end in outputs.iter().filter(|t| **t > 0.0) {
        if end - start < near {
            ticks.push(Tick { duration: 0.0, end, output: true });
            continue;
        }
        // A hair of tolerance, so that 1.0/0.1 is ten steps.
        let count = ((end - start) / step * (1.0 - 1e-12)).ceil().max(1.0) as usize;
        let duration = (end - start) / count as f64;
        for i in 1..count {
            ticks.push(Tick { duration, end: start + duration * i as f64, output: false });
        }
        let mut rest = duration;
        while rest > finest {
            rest *= 0.5;
            ticks.push(Tick { duration: rest, end: end - rest, output: false });
        }
        ticks.push(Tick { duration: rest, end, output: true });
        start = end;
    }
    ticks
}
