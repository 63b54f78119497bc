//! A picture of pixels, for what holds no SVG: lines, text and fields in at most 256 colours.

use super::svg::Anchor;
use embedded_graphics::mono_font::iso_8859_1::FONT_8X13;
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::PixelColor;
use embedded_graphics::pixelcolor::raw::RawU8;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use std::convert::Infallible;

const FONT: MonoFont<'_> = FONT_8X13;
/// Height of a line of text.
pub const LINE: i32 = 17;

/// A place in the table of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink(pub u8);

impl PixelColor for Ink {
    type Raw = RawU8;
}

/// The pixels, row by row from the top.
#[derive(Clone, Debug)]
pub struct Canvas {
    size: [usize; 2],
    pixels: Vec<u8>,
}

impl Canvas {
    /// A canvas of that width and height in the colour 0.
    pub fn new(size: [i32; 2]) -> Self {
        let size = size.map(|n| n.max(1) as usize);
        Self { size, pixels: vec![0; size[0] * size[1]] }
    }

    /// The pixels.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// A straight line, `width` pixels thick.
    pub fn line(&mut self, from: [i32; 2], to: [i32; 2], ink: Ink, width: u32) {
        let line = Line::new(from.into(), to.into());
        let Ok(()) = line.into_styled(PrimitiveStyle::with_stroke(ink, width)).draw(self);
    }

    /// A filled rectangle.
    pub fn fill(&mut self, corner: [i32; 2], size: [i32; 2], ink: Ink) {
        let area = Rectangle::new(corner.into(), size.map(|n| n.max(0) as u32).into());
        let Ok(()) = self.fill_solid(&area, ink);
    }

    /// The outline of a rectangle, just outside it.
    pub fn border(&mut self, [x, y]: [i32; 2], [w, h]: [i32; 2], ink: Ink) {
        let corners = [[x - 1, y - 1], [x + w, y - 1], [x + w, y + h], [x - 1, y + h]];
        (0..4).for_each(|k| self.line(corners[k], corners[(k + 1) % 4], ink, 1));
    }

    /// Text whose middle height is at `at`.
    pub fn text(&mut self, at: [i32; 2], anchor: Anchor, ink: Ink, text: &str) {
        let alignment = match anchor {
            Anchor::Start => Alignment::Left,
            Anchor::Middle => Alignment::Center,
            Anchor::End => Alignment::Right,
        };
        let place = TextStyleBuilder::new().alignment(alignment).baseline(Baseline::Middle).build();
        let (text, style) = (plain(text), MonoTextStyle::new(&FONT, ink));
        let Ok(_) = Text::with_text_style(&text, at.into(), style, place).draw(self);
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.size[0] as u32, self.size[1] as u32)
    }
}

impl DrawTarget for Canvas {
    type Color = Ink;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Ink>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        let area = self.bounding_box();
        for Pixel(at, ink) in pixels.into_iter().filter(|pixel| area.contains(pixel.0)) {
            self.pixels[at.y as usize * self.size[0] + at.x as usize] = ink.0;
        }
        Ok(())
    }
}

/// Width of text in pixels.
pub fn width(text: &str) -> i32 {
    plain(text).chars().count() as i32 * FONT.character_size.width as i32
}

/// `text` in the letters of the font, which are those of Latin-1.
fn plain(text: &str) -> String {
    let (mut out, mut raised) = (String::new(), false);
    for c in text.chars() {
        let digit = "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|d| d == c);
        let power = digit.map(|d| d.to_string()).or((c == '⁻').then(|| "-".into()));
        if power.is_some() && !raised {
            out.push('^');
        }
        raised = power.is_some();
        out += &power.unwrap_or_else(|| match c {
            '−' => "-".into(),
            'ρ' => "rho".into(),
            'ε' => "epsilon".into(),
            '₀' => "0".into(),
            c => c.into(),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_meaning_in_latin_letters() {
        assert_eq!(plain("−2.5×10⁻¹³, ρ₀"), "-2.5×10^-13, rho0");
        assert_eq!(width("10⁴"), 4 * 8);
    }

    #[test]
    fn what_is_outside_is_not_drawn_and_text_leaves_ink() {
        let mut canvas = Canvas::new([40, 20]);
        canvas.line([-50, 5], [90, 5], Ink(3), 1);
        canvas.text([20, 14], Anchor::Middle, Ink(2), "8");
        let pixels = canvas.into_pixels();
        assert!((0..40).all(|x| pixels[5 * 40 + x] == 3));
        let drawn: Vec<usize> = (0..800).filter(|i| pixels[*i] == 2).collect();
        assert!((8..50).contains(&drawn.len()), "{drawn:?}");
        assert!(drawn.iter().all(|i| (14..26).contains(&(i % 40)) && i / 40 > 7));
    }
}
