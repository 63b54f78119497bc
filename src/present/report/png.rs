//! An indexed-colour PNG without compression, as a `data:` address: enough to embed a field.

use super::colour::Rgb;

/// A `height` × `width` image, row by row from the top, each byte a place in `colours` (at most 256).
/// Pixels that are lacking are filled with 0, and places beyond the palette with its last colour.
pub fn indexed(width: usize, height: usize, pixels: &[u8], colours: &[Rgb]) -> Vec<u8> {
    let colours = if colours.is_empty() { &[[0; 3]] } else { &colours[..colours.len().min(256)] };
    let [w, h] = [width, height].map(|n| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes());
    // Eight bits a pixel, palette, deflate, adaptive filters, not interlaced.
    let header = [&w[..], &h[..], &[8, 3, 0, 0, 0]].concat();
    let mut rows = Vec::with_capacity((width + 1) * height);
    for row in 0..height {
        rows.push(0);
        let at = |i: usize| pixels.get(row * width + i).copied().unwrap_or(0);
        rows.extend((0..width).map(|i| at(i).min((colours.len() - 1) as u8)));
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"PLTE", &colours.concat());
    chunk(&mut out, b"IDAT", &zlib(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

/// `png` as an address that can stand in a page.
pub fn data_uri(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64(png))
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let body = [&name[..], data].concat();
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(&body);
    out.extend(crc32(&body).to_be_bytes());
}

/// A zlib stream of stored blocks.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks: Vec<&[u8]> =
        if data.is_empty() { vec![data] } else { data.chunks(65535).collect() };
    for (i, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        out.push((i + 1 == blocks.len()) as u8);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(*block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ *byte as u32, |c, _| (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg()))
    })
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + *byte as u32) % 65521;
        (a, (b + a) % 65521)
    });
    b << 16 | a
}

fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let byte = |i: usize| *group.get(i).unwrap_or(&0) as usize;
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * i) & 63] as char;
            out.push(if i <= group.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn checksums_and_base64_match_published_vectors() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(b""), 1);
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (n, text) in vectors.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..n]), *text);
        }
    }

    /// The chunks of a PNG, each CRC checked.
    fn chunks(png: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let (mut rest, mut out) = (&png[8..], Vec::new());
        while !rest.is_empty() {
            let n = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            assert_eq!(rest[8 + n..12 + n], crc32(&rest[4..8 + n]).to_be_bytes());
            out.push((rest[4..8].try_into().unwrap(), rest[8..8 + n].to_vec()));
            rest = &rest[12 + n..];
        }
        out
    }

    /// What a zlib stream of stored blocks holds, its Adler checksum checked.
    fn inflate(stream: &[u8]) -> Vec<u8> {
        assert_eq!(u16::from_be_bytes([stream[0], stream[1]]) % 31, 0);
        let (mut rest, mut out) = (&stream[2..], Vec::new());
        loop {
            let (last, n) = (rest[0] == 1, u16::from_le_bytes([rest[1], rest[2]]));
            assert_eq!(u16::from_le_bytes([rest[3], rest[4]]), !n);
            out.extend(&rest[5..5 + n as usize]);
            rest = &rest[5 + n as usize..];
            if last {
                assert_eq!(rest, adler32(&out).to_be_bytes());
                return out;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn an_image_decodes_to_itself(width in 1usize..400, height in 1usize..400, seed: u8) {
            let pixels: Vec<u8> = (0..width * height).map(|i| (i as u8).wrapping_mul(31) ^ seed).collect();
            let colours: Vec<Rgb> = (0..=255).map(|i| [i, 255 - i, 7]).collect();
            let parts = chunks(&indexed(width, height, &pixels, &colours));
            let names: Vec<_> = parts.iter().map(|p| &p.0).collect();
            prop_assert_eq!(names, [b"IHDR", b"PLTE", b"IDAT", b"IEND"]);
            let size = [(width as u32).to_be_bytes(), (height as u32).to_be_bytes()].concat();
            prop_assert_eq!(&parts[0].1[..8], &size[..]);
            prop_assert_eq!(&parts[1].1, &colours.concat());
            let rows = inflate(&parts[2].1);
            prop_assert!(rows.chunks(width + 1).all(|row| row[0] == 0));
            let back: Vec<u8> = rows.chunks(width + 1).flat_map(|row| row[1..].to_vec()).collect();
            prop_assert_eq!(back, pixels);
        }
    }

    #[test]
    fn short_input_and_small_palettes_are_made_whole() {
        let rows = inflate(&chunks(&indexed(2, 2, &[9, 1], &[[1; 3], [2; 3]]))[2].1);
        assert_eq!(rows, [0, 1, 1, 0, 0, 0]);
        assert_eq!(inflate(&zlib(b"")), b"");
        indexed(0, 0, &[], &[]);
    }
}
