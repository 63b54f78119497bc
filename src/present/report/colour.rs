//! Colours: a palette that stays apart for colour-blind readers, on light paper and on dark, and two scales for fields.

use std::fmt::Write;

/// What pictures are drawn on.
pub const PAPER: &str = "#ffffff";
/// Ink for text and axes.
pub const INK: &str = "#222222";
/// Secondary ink: notes, reference lines.
pub const GREY: &str = "#666666";
/// Grid lines.
pub const FAINT: &str = "#e4e4e4";

/// Okabe & Ito's palette (2008) in an order that keeps neighbours apart, its yellow and sky blue, too
/// pale for thin lines on white, left out.
pub const PALETTE: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6100", "#222222"];

/// Every colour that text, lines and marks are drawn in: its name in the style of a page, as pictures have it, and
/// what a page on a dark screen shows instead.
const THEME: [(&str, &str, &str); 9] = [
    ("paper", PAPER, "#15181c"),
    ("ink", INK, "#e8e8e8"),
    ("grey", GREY, "#a4a9b0"),
    ("faint", FAINT, "#343a42"),
    ("first", PALETTE[0], "#56b4e9"),
    ("second", PALETTE[1], "#f58f4a"),
    ("third", PALETTE[2], "#35c79a"),
    ("fourth", PALETTE[3], "#dc8fb8"),
    ("fifth", PALETTE[4], "#d3a437"),
];

/// The style by which a page shows pictures in its reader's scheme: a property for each colour, and rules that put it
/// in place of the one that a picture, which also stands alone, has as an attribute. On paper all is light.
pub fn theme() -> String {
    let (mut light, mut dark, mut rules) = (String::new(), String::new(), String::new());
    for (name, on_light, on_dark) in THEME {
        // Writing to a string cannot fail.
        let _ = write!(light, " --{name}: {on_light};");
        let _ = write!(dark, " --{name}: {on_dark};");
        for way in ["fill", "stroke"] {
            let _ = writeln!(rules, "[{way}=\"{on_light}\"] {{ {way}: var(--{name}); }}");
        }
    }
    format!(
        ":root {{{light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{{dark} }} }}\n{rules}"
    )
}

/// Colour of the `i`-th series.
pub fn palette(i: usize) -> &'static str {
    PALETTE[i % PALETTE.len()]
}

/// Red, green and blue, 0–255.
pub type Rgb = [u8; 3];

/// Missing values.
pub const MISSING: Rgb = [190, 190, 190];

/// Viridis at sixteen equidistant places: lightness grows evenly from dark to bright.
const VIRIDIS: [u32; 16] = [
    0x440154, 0x481a6c, 0x472f7d, 0x414487, 0x39568c, 0x31688e, 0x2a788e, 0x23888e, 0x1f988b,
    0x22a884, 0x35b779, 0x54c568, 0x7ad151, 0xa5db36, 0xd2e21b, 0xfde725,
];

/// Brewer's blue–white–red; the middle is neutral.
const BLUE_RED: [u32; 11] = [
    0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d,
    0xb2182b, 0x67001f,
];

/// The sequential scale at `t` ∈ [0, 1].
pub fn sequential(t: f64) -> Rgb {
    interpolate(&VIRIDIS, t)
}

/// The diverging scale at `t` ∈ [0, 1]; ½ is neutral.
pub fn diverging(t: f64) -> Rgb {
    interpolate(&BLUE_RED, t)
}

fn interpolate(anchors: &[u32], t: f64) -> Rgb {
    if t.is_nan() {
        return MISSING;
    }
    let place = t.clamp(0.0, 1.0) * (anchors.len() - 1) as f64;
    let i = (place as usize).min(anchors.len() - 2);
    let (a, b, w) = (anchors[i], anchors[i + 1], place - i as f64);
    [16, 8, 0].map(|shift| {
        let channel = |c: u32| (c >> shift & 0xff) as f64;
        (channel(a) * (1.0 - w) + channel(b) * w).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of an sRGB colour (WCAG 2.2).
    fn luminance(c: Rgb) -> f64 {
        let linear = |u: u8| match u as f64 / 255.0 {
            s if s <= 0.04045 => s / 12.92,
            s => ((s + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2])
    }

    /// CIE lightness L* of an sRGB colour.
    fn lightness(c: Rgb) -> f64 {
        116.0 * luminance(c).cbrt() - 16.0
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |c: &str| {
            let c = u32::from_str_radix(&c[1..], 16).unwrap();
            luminance([16, 8, 0].map(|shift| (c >> shift) as u8))
        };
        let [a, b] = [luminance(a), luminance(b)];
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#ffffff", "#767676") - 4.54).abs() < 0.005);
    }

    /// At least 4.5 for text and 3 for lines and marks, as WCAG 2.2 asks for (1.4.3 and 1.4.11), in both schemes.
    #[test]
    fn text_and_marks_stand_out_on_light_and_on_dark() {
        let least = |name: &str| match name {
            "paper" | "faint" => None,
            "ink" | "grey" => Some(4.5),
            _ => Some(3.0),
        };
        let scheme = |k: usize| THEME.map(|(name, light, dark)| (name, [light, dark][k]));
        for scheme in [scheme(0), scheme(1)] {
            let paper = scheme[0].1;
            for (name, colour) in scheme {
                let Some(least) = least(name) else { continue };
                let found = contrast(colour, paper);
                assert!(found >= least, "{name}: {colour} on {paper} {found:.2}");
            }
            // Text on what is shaded.
            for text in [scheme[1].1, scheme[2].1] {
                let found = contrast(text, scheme[3].1);
                assert!(found >= 4.5, "{text} on {} {found:.2}", scheme[3].1);
            }
        }
        for colour in PALETTE {
            assert!(THEME.iter().any(|(_, light, _)| *light == colour), "{colour} has no dark one");
        }
    }

    #[test]
    fn sequential_lightness_grows_evenly() {
        let l: Vec<f64> = (0..=15).map(|i| lightness(sequential(i as f64 / 15.0))).collect();
        let mean = (l[15] - l[0]) / 15.0;
        assert!(mean > 4.5, "{mean}");
        for pair in l.windows(2) {
            let step = (pair[1] - pair[0]) / mean;
            assert!((0.6..1.4).contains(&step), "{step}");
        }
    }

    #[test]
    fn diverging_is_neutral_in_the_middle_and_darkens_both_ways() {
        let [r, g, b] = diverging(0.5);
        assert!(r == g && g == b && r > 240);
        for i in 0..5 {
            let (near, far) = (0.1 * i as f64, 0.1 * (i + 1) as f64);
            for side in [-0.5, 0.5] {
                let l = |d: f64| lightness(diverging(0.5 + side * 2.0 * d));
                assert!(l(near) > l(far));
            }
        }
    }

    #[test]
    fn outside_the_range_is_clamped_and_missing_is_grey() {
        assert_eq!(sequential(-3.0), [0x44, 0x01, 0x54]);
        assert_eq!(sequential(7.0), [0xfd, 0xe7, 0x25]);
        assert_eq!(sequential(f64::NAN), MISSING);
    }
}
