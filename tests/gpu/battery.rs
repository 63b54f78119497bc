//! Parts of the battery of the other tests.

#[path = "../suite/battery/combination.rs"]
pub mod combination;
#[path = "../suite/battery/moments.rs"]
pub mod moments;
#[path = "../suite/battery/trial.rs"]
pub mod trial;
#[path = "../suite/battery/uniform.rs"]
pub mod uniform;
#[path = "../suite/battery/words.rs"]
pub mod words;

pub use combination::{Check, Combination, EXACT, SMALL, combinations};
