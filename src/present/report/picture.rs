//! What a figure of a page holds.

/// Images side by side, all of one time or of the same several times.
#[derive(Clone, Debug)]
pub struct Picture {
    /// SVG elements, each with a text that says what it shows.
    pub(super) images: Vec<String>,
    /// The times, if there are several: each image has as many scenes.
    pub(super) times: Vec<String>,
}
