//! Random numbers and what is made of them in the program, bit for bit and to the digits of f32.

use kinetaxis::device::Adapter;

const TEXT: &str = include_str!("../../src/engine/simulation/fleet/flight.wgsl");

/// Draws of the entry `draw`.
struct Draws {
    words: [Vec<u32>; 4],
    exponential: Vec<f64>,
    velocity: [Vec<f64>; 3],
}

/// Cells `first` to `first + count` in the field step `step`, of d = 3 − `skipped`, with speeds between two powers.
fn draws(first: u32, count: usize, skipped: u32, sphere: bool, speeds: [f32; 3]) -> Draws {
    let gpu = Adapter::open(None).expect("these tests need an adapter");
    let constants =
        [("SKIPPED", f64::from(skipped)), ("SPHERE", f64::from(u8::from(sphere))), ("LANES", 64.0)];
    let program = gpu.program(TEXT, "draw", &constants).unwrap();
    let words = |count| gpu.words(count).unwrap();
    let (now, places, velocities) = (words(48), words(4 * count), words(4 * count));
    gpu.write(&now, 4, &[first, 0, count as u32, count as u32]);
    gpu.write(&now, 44, &speeds.map(f32::to_bits));
    let buffers = [(0, &now), (1, &places), (2, &velocities)];
    gpu.run(&program, &buffers, (count as u32).div_ceil(64)).unwrap();
    let words: [Vec<u32>; 4] =
        std::array::from_fn(|k| gpu.read(&places, k * count, count).unwrap());
    let floats = |k: usize| -> Vec<f64> {
        let bits = gpu.read(&velocities, k * count, count).unwrap();
        bits.into_iter().map(|bits| f64::from(f32::from_bits(bits))).collect()
    };
    Draws { words, exponential: floats(0), velocity: [floats(1), floats(2), floats(3)] }
}

/// Known answers of Philox 4x32-10 (Random123, kat_vectors): counter and key 0.
#[test]
fn random_words_are_those_of_philox() {
    let first: [u32; 4] = draws(0, 1, 1, true, [0.0, 0.0, 1.0]).words.map(|words| words[0]);
    assert_eq!(first, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
}

/// −ln u, and the angle of a turn, to the digits of f32 for every word drawn.
#[test]
fn logarithms_and_angles_have_the_digits_of_f32() {
    let all = draws(7, 1 << 17, 1, true, [0.0, 0.0, 1.0]);
    let unit = 2.0_f64.powi(-32);
    let mut worst = [0.0_f64; 2];
    for i in 0..1 << 17 {
        let exact = -((f64::from(all.words[0][i]) + 1.0) * unit).ln();
        worst[0] = worst[0].max((all.exponential[i] / exact - 1.0).abs());
        let (sine, cosine) = (std::f64::consts::TAU * f64::from(all.words[2][i]) * unit).sin_cos();
        let off = (all.velocity[1][i] - cosine).hypot(all.velocity[2][i] - sine);
        worst[1] = worst[1].max(off);
    }
    // Some eight roundings of half an ulp each.
    let most = 4.0 * f64::from(f32::EPSILON);
    assert!(worst.iter().all(|worst| *worst < most), "{worst:?} {most}");
}

/// Speeds and directions on a sphere and between two radii, each from its word.
#[test]
fn velocities_are_where_their_words_say() {
    let most = 8.0 * f64::from(f32::EPSILON);
    for skipped in [0, 1, 2] {
        let d = 3 - skipped as i32;
        // Radii 1/2 and 2.
        let (low, high) = (0.5_f32.powi(d), 2.0_f32.powi(d));
        for sphere in [true, false] {
            let all = draws(1 << 20, 1 << 14, skipped, sphere, [low, high - low, 2.0]);
            let length =
                |i: usize| -> f64 { all.velocity.iter().map(|v| v[i] * v[i]).sum::<f64>().sqrt() };
            let lengths: Vec<f64> = (0..1 << 14).map(length).collect();
            for (i, length) in lengths.iter().enumerate() {
                let expected = match (sphere, d) {
                    (true, _) => 2.0,
                    // Its word is not among those told.
                    (_, 3) => continue,
                    _ => {
                        let u = (f64::from(all.words[3][i]) + 0.5) * 2.0_f64.powi(-32);
                        let (low, high) = (0.5_f64.powi(d), 2.0_f64.powi(d));
                        (low + u * (high - low)).powf(1.0 / f64::from(d))
                    }
                };
                assert!((length / expected - 1.0).abs() < most, "d = {d}: {length} {expected}");
            }
            if d == 3 {
                for (i, z) in all.velocity[2].iter().enumerate() {
                    let height = 1.0 - (f64::from(all.words[3][i]) + 0.5) * 2.0_f64.powi(-31);
                    assert!((z / lengths[i] - height).abs() < most, "{z} {height}");
                }
            }
        }
    }
}
