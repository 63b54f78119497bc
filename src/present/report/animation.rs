//! Pictures of pixels one after the other, as an animated GIF or PNG.

use super::colour::Rgb;
use super::png::encoder;
use gif::{Encoder, Frame, Repeat};
use std::borrow::Cow;

/// The kinds of files that hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GIF89a.
    Gif,
    /// A PNG with its animation chunks.
    Png,
}

impl Format {
    /// That of a file that ends so.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match &ending.to_ascii_lowercase()[..] {
            "gif" => Some(Self::Gif),
            "png" | "apng" => Some(Self::Png),
            _ => None,
        }
    }
}

/// Hundredths of a second that a picture stays, and the last one.
const DELAY: u16 = 20;
const LAST: u16 = 150;

/// At least one picture; all are of one size and have the same colours.
#[derive(Clone, Debug)]
pub struct Animation {
    /// Width and height.
    pub size: [u16; 2],
    /// At most 256.
    pub colours: Vec<Rgb>,
    /// Places in the table of colours, row by row from the top.
    pub frames: Vec<Vec<u8>>,
}

impl Animation {
    /// The bytes of the file; it plays for ever.
    pub fn encode(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Gif => self.gif().expect("memory takes all"),
            Format::Png => self.png().expect("memory takes all"),
        }
    }

    /// The pictures with how long each stays.
    fn timed(&self) -> impl Iterator<Item = (&Vec<u8>, u16)> {
        let last = self.frames.len() - 1;
        let delay = move |k: usize| if k == last { LAST } else { DELAY };
        self.frames.iter().enumerate().map(move |(k, pixels)| (pixels, delay(k)))
    }

    fn gif(&self) -> Result<Vec<u8>, gif::EncodingError> {
        let ([width, height], mut out) = (self.size, Vec::new());
        let mut encoder = Encoder::new(&mut out, width, height, &self.colours.concat())?;
        encoder.set_repeat(Repeat::Infinite)?;
        for (pixels, delay) in self.timed() {
            let buffer = Cow::Borrowed(&pixels[..]);
            encoder.write_frame(&Frame { width, height, delay, buffer, ..Frame::default() })?;
        }
        drop(encoder);
        Ok(out)
    }

    fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut out = Vec::new();
        let mut encoder = encoder(&mut out, self.size.map(usize::from), &self.colours);
        encoder.set_animated(self.frames.len() as u32, 0)?;
        let mut writer = encoder.write_header()?;
        for (pixels, delay) in self.timed() {
            writer.set_frame_delay(delay, 100)?;
            writer.write_image_data(pixels)?;
        }
        writer.finish()?;
        Ok(out)
    }
}

/// Size and pixels of every picture in a file, for tests.
#[cfg(test)]
pub fn decoded(bytes: &[u8], format: Format) -> ([usize; 2], Vec<Vec<u8>>) {
    match format {
        Format::Gif => {
            let mut decoder = gif::Decoder::new(bytes).unwrap();
            let size = [decoder.width(), decoder.height()].map(usize::from);
            let mut frames = Vec::new();
            while let Some(frame) = decoder.read_next_frame().unwrap() {
                frames.push(frame.buffer.to_vec());
            }
            (size, frames)
        }
        Format::Png => {
            let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
            let size = [reader.info().width, reader.info().height].map(|n| n as usize);
            let count = reader.info().animation_control().unwrap().num_frames;
            let mut next = |_| {
                let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                reader.next_frame(&mut pixels).unwrap();
                pixels
            };
            (size, (0..count).map(&mut next).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_hold_every_picture() {
        let frames: Vec<Vec<u8>> =
            (0..4).map(|k| (0..35).map(|i| (i * 7 + k * 3) as u8 % 9).collect()).collect();
        let colours = (0..9).map(|i| [i, 2 * i, 255 - i]).collect();
        let animation = Animation { size: [7, 5], colours, frames };
        for format in [Format::Gif, Format::Png] {
            let (size, frames) = decoded(&animation.encode(format), format);
            assert_eq!((size, &frames), ([7, 5], &animation.frames), "{format:?}");
        }
        let of = ["gif", "PNG", "apng", "mp4", ""].map(Format::of_ending);
        assert_eq!(of, [Some(Format::Gif), Some(Format::Png), Some(Format::Png), None, None]);
    }
}
