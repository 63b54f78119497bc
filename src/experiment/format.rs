//! The formats of tables.

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NAME.csv: a line for each row; floats read back to the same bits.
    Csv,
    /// NAME.npz: one array of numpy for each column; values on a grid in the shape of its axes, after one axis of blocks.
    Npz,
    /// NAME_00000.vti, … for each time of a field, and NAME_00000.vtp, … for cells, with NAME.pvd, which ParaView opens.
    Vtk,
    /// NAME.parquet: a column of its kind for each column.
    Parquet,
}

impl Format {
    /// Their names.
    pub const WORDS: [&str; 4] = ["csv", "npz", "vtk", "parquet"];

    /// That of a name.
    pub fn find(word: &str) -> Option<Self> {
        let all = [Self::Csv, Self::Npz, Self::Vtk, Self::Parquet];
        Self::WORDS.iter().zip(all).find(|(own, _)| **own == word).map(|(_, format)| format)
    }

    /// Whether this program has been built with it.
    pub fn is_there(self) -> bool {
        self != Self::Parquet || cfg!(feature = "parquet")
    }
}
