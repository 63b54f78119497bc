//! A program without the feature `gpu` has no graphics processor.

use super::DeviceError;

/// There is none.
pub enum Adapter {}

impl Adapter {
    /// Says so.
    ///
    /// # Errors
    /// Always.
    pub fn open(_name: Option<&str>) -> Result<Self, DeviceError> {
        Err(DeviceError(
            "--device gpu needs a program with the feature gpu: build it with `cargo build --release --features gpu`, \
             or give --device cpu"
                .into(),
        ))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match *self {}
    }
}
