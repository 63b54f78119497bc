//! What a picture shows at one time after the other.

use super::svg::Svg;

/// What is seen at one time.
#[derive(Clone, Debug)]
pub struct Scene<T> {
    /// The time, as in `t = 0.5`; empty where there is no other.
    pub time: String,
    /// What is shown, in the same order at every time.
    pub shown: Vec<T>,
}

/// Scenes by time, at least one. What is seen of a picture at first, and on paper, is the last of them.
#[derive(Clone, Debug)]
pub struct Scenes<T>(Vec<Scene<T>>);

impl<T> Scenes<T> {
    /// One that shows nothing.
    pub fn new() -> Self {
        Self(vec![Scene { time: String::new(), shown: Vec::new() }])
    }

    /// Begins the scene at `time`; the first of them takes the place of what has no time.
    pub fn at(&mut self, time: &str) {
        self.0.retain(|scene| !scene.time.is_empty());
        self.0.push(Scene { time: time.to_owned(), shown: Vec::new() });
    }

    /// Shows `one` in the last scene.
    pub fn push(&mut self, one: T) {
        self.last_mut().shown.push(one);
    }

    /// Every scene.
    pub fn all(&self) -> &[Scene<T>] {
        &self.0
    }

    /// The last scene.
    pub fn last(&self) -> &Scene<T> {
        self.0.last().expect("at least one")
    }

    fn last_mut(&mut self) -> &mut Scene<T> {
        self.0.last_mut().expect("at least one")
    }

    /// What is shown at any time.
    pub fn shown(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|scene| &scene.shown)
    }

    /// The times, if there are several.
    pub fn times(&self) -> Vec<String> {
        let several = self.0.len() > 1;
        self.0.iter().filter(|_| several).map(|scene| scene.time.clone()).collect()
    }

    /// Draws every scene, one over the other, of which the last is seen; `text` says it in words.
    pub fn draw(
        &self,
        svg: &mut Svg,
        text: impl Fn(&Scene<T>) -> String,
        draw: impl Fn(&mut Svg, &Scene<T>),
    ) {
        let [earlier @ .., last] = &self.0[..] else { return };
        if earlier.is_empty() {
            return draw(svg, last);
        }
        for scene in earlier {
            svg.scene(&scene.time, &text(scene), false, |svg| draw(svg, scene));
        }
        svg.scene(&last.time, &text(last), true, |svg| draw(svg, last));
    }
}
