//! What was found, in rows and columns: a tidy table that is made row by row when it is written.

use crate::grid::Grid;
use std::io;

/// An entry of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A number; NaN is none.
    Number(f64),
    /// How many.
    Count(u64),
    /// Yes or no.
    Flag(bool),
    /// A name or a remark.
    Text(&'a str),
}

/// Takes a row.
pub type Emit<'e> = &'e mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>;

/// What the rows are.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Whatever the columns say.
    Rows,
    /// Blocks of one row for each node of a grid, the last axis fastest; by axis its nodes. The first `keys` columns are
    /// the same in a block, then come the coordinates, then values.
    Field {
        /// Nodes of each axis, in the unit of length.
        axes: Vec<Vec<f64>>,
        /// Columns before the coordinates.
        keys: usize,
    },
    /// One for each cell: the first `keys` columns, of which the last two are population and number, then D coordinates and D
    /// components of the velocity.
    Cells {
        /// Columns before the coordinates.
        keys: usize,
    },
}

type Rows<'a> = Box<dyn Fn(Emit<'_>) -> io::Result<()> + 'a>;

/// A table with a name.
pub struct Sheet<'a> {
    /// Of the file, without its ending.
    pub name: String,
    /// Names of the columns.
    pub header: Vec<String>,
    /// What the rows are.
    pub shape: Shape,
    rows: Rows<'a>,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; NaN is none.
    Numbers(Vec<f64>),
    /// Counts.
    Counts(Vec<u64>),
    /// Yes or no.
    Flags(Vec<bool>),
    /// Texts.
    Texts(Vec<String>),
}

impl<'a> Sheet<'a> {
    /// A table of rows that `rows` hands out one by one, each as long as the header.
    pub fn new<S: Into<String>>(
        name: impl Into<String>,
        header: impl IntoIterator<Item = S>,
        rows: impl Fn(Emit<'_>) -> io::Result<()> + 'a,
    ) -> Self {
        let header = header.into_iter().map(Into::into).collect();
        Self { name: name.into(), header, shape: Shape::Rows, rows: Box::new(rows) }
    }

    /// The same with rows of that shape.
    pub fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// A table of fields on the nodes of a grid: columns `keys`, the coordinates, columns `values`. `rows` hands out blocks
    /// by [`each_node`].
    pub fn of_fields<const D: usize>(
        name: impl Into<String>,
        grid: &Grid<D>,
        (keys, values): (&[&str], Vec<String>),
        rows: impl Fn(Emit<'_>) -> io::Result<()> + 'a,
    ) -> Self {
        let mut header: Vec<String> = keys.iter().map(ToString::to_string).collect();
        header.extend(axes::<D>(""));
        header.extend(values);
        let shape = Shape::Field { axes: window_axes(grid), keys: keys.len() };
        Self::new(name, header, rows).shaped(shape)
    }

    /// Hands out all rows in their order.
    ///
    /// # Errors
    /// Those of `emit`.
    pub fn each_row(&self, emit: Emit<'_>) -> io::Result<()> {
        (self.rows)(&mut |row| {
            debug_assert_eq!(row.len(), self.header.len(), "{}", self.name);
            emit(row)
        })
    }

    /// All values by column, in the order of the header.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let taken = self.each_row(&mut |row| {
            if columns.is_empty() {
                columns = row.iter().map(Column::like).collect();
            }
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(*cell));
            Ok(())
        });
        taken.expect("nothing is written");
        columns.resize(self.header.len(), Column::Numbers(Vec::new()));
        columns
    }
}

impl Column {
    /// An empty one for cells like this.
    fn like(cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Number(_) => Self::Numbers(Vec::new()),
            Cell::Count(_) => Self::Counts(Vec::new()),
            Cell::Flag(_) => Self::Flags(Vec::new()),
            Cell::Text(_) => Self::Texts(Vec::new()),
        }
    }

    /// Number of its values.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(all) => all.len(),
            Self::Counts(all) => all.len(),
            Self::Flags(all) => all.len(),
            Self::Texts(all) => all.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first of every `length` values.
    pub fn every(&self, length: usize) -> Self {
        match self {
            Self::Numbers(all) => Self::Numbers(all.iter().step_by(length).copied().collect()),
            Self::Counts(all) => Self::Counts(all.iter().step_by(length).copied().collect()),
            Self::Flags(all) => Self::Flags(all.iter().step_by(length).copied().collect()),
            Self::Texts(all) => Self::Texts(all.iter().step_by(length).cloned().collect()),
        }
    }

    /// Those of some rows as numbers; NaN for texts.
    pub fn numbers(&self, rows: impl Iterator<Item = usize>) -> Vec<f64> {
        match self {
            Self::Numbers(all) => rows.map(|row| all[row]).collect(),
            Self::Counts(all) => rows.map(|row| all[row] as f64).collect(),
            Self::Flags(all) => rows.map(|row| f64::from(all[row])).collect(),
            Self::Texts(_) => rows.map(|_| f64::NAN).collect(),
        }
    }

    /// # Panics
    /// If the cell is of another kind than the first one.
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Numbers(all), Cell::Number(x)) => all.push(x),
            (Self::Counts(all), Cell::Count(n)) => all.push(n),
            (Self::Flags(all), Cell::Flag(yes)) => all.push(yes),
            (Self::Texts(all), Cell::Text(text)) => all.push(text.into()),
            (column, cell) => panic!("{cell:?} in a column of {column:?}"),
        }
    }
}

/// Hands out a row for each node of the window of a grid: `keys`, its coordinates, and what `values` adds for the node at
/// that place of a field.
pub fn each_node<'c, const D: usize>(
    grid: &Grid<D>,
    keys: &[Cell<'c>],
    values: impl Fn(usize, &mut Vec<Cell<'c>>),
    emit: Emit<'_>,
) -> io::Result<()> {
    let mut row = Vec::new();
    for (i, x) in grid.window_nodes() {
        row.clear();
        row.extend_from_slice(keys);
        row.extend(x.map(Cell::Number));
        values(i, &mut row);
        emit(&row)?;
    }
    Ok(())
}

/// Column names of coordinates, velocities and so on in dimension `D`.
pub fn axes<const D: usize>(prefix: &str) -> Vec<String> {
    ["x", "y", "z"].iter().take(D).map(|a| format!("{prefix}{a}")).collect()
}

/// The nodes of the window by axis.
fn window_axes<const D: usize>(grid: &Grid<D>) -> Vec<Vec<f64>> {
    let window = grid.window();
    let strides = grid.strides();
    let node = |a: usize, i: usize| grid.node(i * strides[a])[a];
    (0..D).map(|a| window[a].clone().map(|i| node(a, i)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Boundary;

    /// A block has the nodes of all axes, the last one fastest, and columns keep the kind of their first entry.
    #[test]
    fn fields_are_blocks_of_their_axes() {
        let boundary = [Boundary::Periodic, Boundary::NoFlux];
        let grid = Grid { lower: [-1.0, 0.0], upper: [2.0, 4.0], cells: [6, 4], boundary };
        let rows = |emit: Emit<'_>| {
            let values = |i: usize, row: &mut Vec<Cell<'_>>| row.push(Cell::Count(i as u64));
            each_node(&grid, &[Cell::Text("a")], values, emit)
        };
        let sheet = Sheet::of_fields("field", &grid, (&["name"], vec!["at".into()]), rows);
        assert_eq!(sheet.header, ["name", "x", "y", "at"]);
        let Shape::Field { axes, keys: 1 } = &sheet.shape else { panic!("{:?}", sheet.shape) };
        let columns = sheet.columns();
        let of = |a: usize, i: usize| axes[a][i];
        let x: Vec<f64> = (0..24).map(|i| of(0, i / 4)).collect();
        let y: Vec<f64> = (0..24).map(|i| of(1, i % 4)).collect();
        assert_eq!(columns[0], Column::Texts(vec!["a".to_string(); 24]));
        assert_eq!(columns[1..3], [Column::Numbers(x), Column::Numbers(y)]);
        assert_eq!(columns[3], Column::Counts((0..24).collect()));
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let sheet = Sheet::new("none", ["a", "b"], |_| Ok(()));
        assert_eq!(sheet.columns(), vec![Column::Numbers(vec![]); 2]);
    }
}
