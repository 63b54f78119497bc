//! An indexed-colour PNG as a `data:` address: enough to embed a field.

use super::colour::Rgb;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

/// An encoder of `height` × `width` images in these colours into `out`, which is memory.
pub fn encoder<'o>(
    out: &'o mut Vec<u8>,
    [width, height]: [usize; 2],
    colours: &[Rgb],
) -> Encoder<'o, &'o mut Vec<u8>> {
    let [width, height] = [width, height].map(|n| u32::try_from(n).unwrap_or(u32::MAX).max(1));
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(colours.concat());
    encoder.set_compression(Compression::High);
    // Differences of places in a table mean nothing.
    encoder.set_filter(Filter::NoFilter);
    encoder
}

/// A `height` × `width` image, row by row from the top, each byte a place in `colours` (1 to 256).
/// Pixels that are lacking are filled with 0, and places beyond the palette with its last colour.
pub fn indexed([width, height]: [usize; 2], pixels: &[u8], colours: &[Rgb]) -> Vec<u8> {
    let last = (colours.len() - 1).min(255) as u8;
    let at = |i: usize| pixels.get(i).copied().unwrap_or(0).min(last);
    let pixels: Vec<u8> = (0..width.max(1) * height.max(1)).map(at).collect();
    let mut out = Vec::new();
    let mut writer =
        encoder(&mut out, [width, height], colours).write_header().expect("memory takes all");
    writer.write_image_data(&pixels).expect("as many pixels as the header says");
    writer.finish().expect("memory takes all");
    out
}

/// `png` as an address that can stand in a page.
pub fn data_uri(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

/// Size, pixels and colours of such an address, for tests.
#[cfg(test)]
pub fn decoded(uri: &str) -> ([usize; 2], Vec<u8>, Vec<Rgb>) {
    let png = STANDARD.decode(uri.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info();
    let colours = info.palette.as_ref().unwrap().chunks(3).map(|c| [c[0], c[1], c[2]]).collect();
    ([info.width, info.height].map(|n| n as usize), pixels, colours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn an_image_decodes_to_itself(width in 1usize..400, height in 1usize..400, seed: u8) {
            let pixels: Vec<u8> = (0..width * height).map(|i| (i as u8).wrapping_mul(31) ^ seed).collect();
            let colours: Vec<Rgb> = (0..=255).map(|i| [i, 255 - i, 7]).collect();
            let found = decoded(&data_uri(&indexed([width, height], &pixels, &colours)));
            prop_assert_eq!(found, ([width, height], pixels, colours));
        }
    }

    #[test]
    fn short_input_and_small_palettes_are_made_whole() {
        let (_, pixels, _) = decoded(&data_uri(&indexed([2, 2], &[9, 1], &[[1; 3], [2; 3]])));
        assert_eq!(pixels, [1, 1, 0, 0]);
        assert_eq!(decoded(&data_uri(&indexed([0, 0], &[], &[[1; 3]]))).0, [1, 1]);
    }
}
