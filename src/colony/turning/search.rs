//! Extremes of a function on the unit cube: many samples, then a climb from the best of them.

/// Samples.
const SAMPLES: usize = 4096;
/// Climbs up, and as many down.
const CLIMBS: usize = 4;
/// Share of the range found that bounds are widened by.
const ROOM: f64 = 0.02;

/// Bounds on `f` over [0, 1]ⁿ: what was found, widened by 2% of the range. For a smooth f the climbs
/// end on its extremes, but nothing proves it: who relies on the bounds must check every value. Values
/// that are not finite are passed over; NaN if no other is found.
pub fn bounds<const N: usize>(f: impl Fn(&[f64; N]) -> f64) -> [f64; 2] {
    let (high, low) = (highest(&f).0, -highest(|u| -f(u)).0);
    if low > high {
        return [f64::NAN; 2];
    }
    let room = ROOM * (high - low);
    [low - room, high + room]
}

/// The additive recurrence of the generalised golden ratio: evenly spread in any dimension.
pub fn samples<const N: usize>() -> impl Iterator<Item = [f64; N]> {
    let mut ratio = 2.0_f64;
    for _ in 0..64 {
        ratio = (1.0 + ratio).powf(1.0 / (N as f64 + 1.0));
    }
    (0..SAMPLES).map(move |i| {
        std::array::from_fn(|a| (0.5 + (i + 1) as f64 * ratio.powi(-(a as i32 + 1))).fract())
    })
}

/// The highest value found and where; values that are not finite are passed over.
pub fn highest<const N: usize>(f: impl Fn(&[f64; N]) -> f64) -> (f64, [f64; N]) {
    let f = |u: &[f64; N]| {
        let value = f(u);
        if value.is_finite() { value } else { f64::NEG_INFINITY }
    };
    let mut found: Vec<(f64, [f64; N])> = samples().map(|u| (f(&u), u)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let climbs = found.iter().take(CLIMBS).map(|(_, u)| climb(f, *u));
    climbs.fold((f64::NEG_INFINITY, [0.0; N]), |best, top| if top.0 > best.0 { top } else { best })
}

/// The top of the hill that `u` stands on: steps along each axis, halved when none helps.
fn climb<const N: usize>(f: impl Fn(&[f64; N]) -> f64, mut u: [f64; N]) -> (f64, [f64; N]) {
    let (mut best, mut step) = (f(&u), 0.25);
    while step > 1e-4 {
        let mut moved = false;
        for a in 0..N {
            for sign in [1.0, -1.0] {
                let mut next = u;
                next[a] = (u[a] + sign * step).clamp(0.0, 1.0);
                let value = f(&next);
                if value > best {
                    (best, u, moved) = (value, next, true);
                }
            }
        }
        if !moved {
            step *= 0.5;
        }
    }
    (best, u)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_hills_and_corners_are_found() {
        let hill = |u: &[f64; 5]| {
            let square: f64 = u.iter().map(|x| (x - 0.37).powi(2)).sum();
            1.0 / (1.0 + 40.0 * square)
        };
        let [low, high] = bounds(hill);
        assert!(low < 0.012 && (1.0..1.03).contains(&high), "{low} {high}");
        let corner = |u: &[f64; 6]| u.iter().product::<f64>();
        let [low, high] = bounds(corner);
        assert!(low <= 0.0 && (1.0..1.03).contains(&high), "{low} {high}");
    }
}
