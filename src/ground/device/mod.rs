//! What cells fly on: the processor, or a graphics processor where the program was built with the feature `gpu`.

#[cfg(feature = "gpu")]
mod adapter;
#[cfg(not(feature = "gpu"))]
mod none;

#[cfg(feature = "gpu")]
pub use adapter::{Adapter, Cut, Program, Words};
#[cfg(not(feature = "gpu"))]
pub use none::Adapter;

use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Why there is no such device, or what it could not do.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{0}")]
pub struct DeviceError(pub String);

/// What cells fly on.
#[derive(Clone, Default)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// A graphics processor.
    Gpu(Arc<Adapter>),
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Device {
    /// `cpu`; `gpu`, which is the first graphics processor; or `gpu:NAME`, which is the first one whose name has
    /// NAME in it.
    ///
    /// # Errors
    /// There is none, or the words say something else.
    pub fn named(words: &str) -> Result<Self, DeviceError> {
        let gpu = |name| Adapter::open(name).map(|adapter| Self::Gpu(Arc::new(adapter)));
        match (words, words.strip_prefix("gpu:")) {
            ("cpu", _) => Ok(Self::Cpu),
            ("gpu", _) => gpu(None),
            (_, Some(name)) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                gpu(Some(name))
            }
            _ => Err(DeviceError(format!(
                "--device {words:?} is no device. Give cpu, gpu, or gpu:NAME, with a part of the name of one, without \
                 spaces"
            ))),
        }
    }

    /// The processor, or the graphics processor by its name and what drives it.
    pub fn name(&self) -> &str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu(adapter) => adapter.name(),
        }
    }
}
