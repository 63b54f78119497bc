//! Parts of what is known without the engine.

#[path = "../suite/common/laws.rs"]
pub mod laws;
#[path = "../suite/common/stats.rs"]
pub mod stats;
