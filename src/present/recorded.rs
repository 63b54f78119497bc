//! Fields read back from a table of a results folder.

use std::io;
use std::path::Path;

/// A field on the nodes of a grid at the times of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Coordinates of the nodes along each axis.
    pub nodes: Vec<Vec<f64>>,
    /// (t, the values with the last axis running fastest).
    pub scenes: Vec<(f64, Vec<f64>)>,
}

/// Where a field stands in a table.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// Names of the column of the values, the first of which that is there is taken.
    pub values: &'a [String],
    /// What stands in the column `population` of its rows, if there is that column.
    pub population: &'a str,
}

impl Recorded {
    /// Reads one field in `dimension` dimensions.
    ///
    /// # Errors
    /// If the file can not be read, or has no such field.
    pub fn read(file: &Path, dimension: usize, column: Column<'_>) -> io::Result<Self> {
        let mut reader = csv::Reader::from_path(file)?;
        let header = reader.headers()?.clone();
        let place = |name: &str| header.iter().position(|own| own == name);
        let wanted = |name: &str| place(name).ok_or_else(|| damaged(&format!("no column {name}")));
        let time = wanted("time")?;
        let axes = ["x", "y", "z"][..dimension].iter().map(|a| wanted(a));
        let axes: Vec<usize> = axes.collect::<io::Result<_>>()?;
        let population = place("population");
        let own = column.values.iter().find_map(|name| place(name));
        let own =
            own.ok_or_else(|| damaged(&format!("no column {}", column.values.join(" or "))))?;
        let mut scenes: Vec<(f64, Vec<f64>)> = Vec::new();
        let mut nodes = vec![Vec::<f64>::new(); dimension];
        for row in reader.records() {
            let row = row?;
            if population.is_some_and(|at| &row[at] != column.population) {
                continue;
            }
            let number = |at: usize| match &row[at] {
                "" => Ok(f64::NAN),
                text => text.parse().map_err(|_| damaged(&format!("{text:?} is no number"))),
            };
            let t: f64 = number(time)?;
            if scenes.last().is_none_or(|(last, _)| *last != t) {
                scenes.push((t, Vec::new()));
            }
            let first = scenes.len() == 1;
            for (nodes, at) in nodes.iter_mut().zip(&axes).filter(|_| first) {
                let x = number(*at)?;
                // Coordinates grow along each axis, and begin again.
                if nodes.last().is_none_or(|last| x > *last) {
                    nodes.push(x);
                }
            }
            scenes.last_mut().expect("just pushed").1.push(number(own)?);
        }
        let count: usize = nodes.iter().map(Vec::len).product();
        if scenes.iter().any(|(_, values)| values.len() != count) {
            return Err(damaged("rows are lacking, or of another grid"));
        }
        Ok(Self { nodes, scenes })
    }

    /// The same in two dimensions at most: what stands in three is integrated over z.
    pub fn projected(self) -> Self {
        let [x, y, z] = &self.nodes[..] else { return self };
        let depth = (z[z.len() - 1] - z[0]) / (z.len() - 1).max(1) as f64;
        let sum = |values: &[f64]| depth * values.iter().sum::<f64>();
        let flat = |(t, values): &(f64, Vec<f64>)| (*t, values.chunks(z.len()).map(sum).collect());
        Self { nodes: vec![x.clone(), y.clone()], scenes: self.scenes.iter().map(flat).collect() }
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dimension: usize, values: &str, population: &str) -> io::Result<Recorded> {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("it.csv");
        std::fs::write(&file, text).unwrap();
        let values = [values.to_string(), "mean".into()];
        Recorded::read(&file, dimension, Column { values: &values, population })
    }

    #[test]
    fn a_field_is_found_among_others() {
        let text = "time,population,x,y,value\n0,a,0,0,1\n0,a,0,1,2\n0,a,0,2,3\n0,a,1,0,4\n0,a,1,1,5\n0,a,1,2,6\n\
                    0,b,0,0,9\n0,b,0,1,9\n0,b,0,2,9\n0,b,1,0,9\n0,b,1,1,9\n0,b,1,2,\n";
        let a = read(text, 2, "value", "a").unwrap();
        assert_eq!(a.nodes, [vec![0.0, 1.0], vec![0.0, 1.0, 2.0]]);
        assert_eq!(a.scenes, [(0.0, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]);
        assert!(read(text, 2, "value", "b").unwrap().scenes[0].1[5].is_nan());
        assert_eq!(read(text, 2, "value", "c").unwrap().scenes, []);
        for wrong in [&text[..text.len() - 10], "time,x,y,z\n", &text.replace(",5\n", ",five\n")] {
            assert!(read(wrong, 2, "value", "a").is_err() || read(wrong, 2, "value", "b").is_err());
        }
    }

    #[test]
    fn three_dimensions_are_integrated_over_the_last() {
        let nodes = vec![vec![0.0, 1.0], vec![0.0, 2.0], vec![0.0, 0.5, 1.0]];
        let values = (0..12).map(f64::from).collect();
        let flat = Recorded { nodes, scenes: vec![(1.0, values)] }.projected();
        assert_eq!(flat.scenes, [(1.0, vec![1.5, 6.0, 10.5, 15.0])]);
        assert_eq!(flat.nodes, [vec![0.0, 1.0], vec![0.0, 2.0]]);
    }
}
