//! The XML files of VTK, with raw data at their end: image data (.vti) for fields, points (.vtp) for cells, and a collection
//! (.pvd) that gives each file its time.

use crate::output::Folder;
use crate::sheet::{Column, Shape, Sheet};
use std::io::{self, Write};

/// Writes what a field or cells are; nothing of other tables.
pub fn write(folder: &Folder, sheet: &Sheet<'_>) -> io::Result<()> {
    let times = match &sheet.shape {
        Shape::Rows => return Ok(()),
        Shape::Field { axes, keys } => fields(folder, sheet, axes, *keys)?,
        Shape::Cells { keys } => cells(folder, sheet, *keys)?,
    };
    let mut collection = head("Collection");
    collection += "<Collection>\n";
    for (number, time) in times.iter().enumerate() {
        let file = file_of(sheet, number);
        collection += &format!("<DataSet timestep=\"{time:?}\" part=\"0\" file=\"{file}\"/>\n");
    }
    collection += "</Collection>\n</VTKFile>\n";
    folder.write(&format!("{}.pvd", sheet.name), &collection)
}

/// The file of what stands at that place among the times.
fn file_of(sheet: &Sheet<'_>, number: usize) -> String {
    let ending = if matches!(sheet.shape, Shape::Cells { .. }) { "vtp" } else { "vti" };
    format!("{}_{number:05}.{ending}", sheet.name)
}

/// The first lines. Lengths of raw data have 64 bits.
fn head(kind: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"{kind}\" version=\"1.0\" byte_order=\"LittleEndian\" \
         header_type=\"UInt64\">\n"
    )
}

/// Arrays of a file: what is said of each, and its bytes at the end.
#[derive(Default)]
struct Appended {
    bytes: Vec<u8>,
}

impl Appended {
    /// The element of an array of `parts` numbers each.
    fn array(&mut self, name: &str, parts: usize, values: &[f64]) -> String {
        let data = values.iter().flat_map(|x| x.to_le_bytes());
        self.element("Float64", name, parts, 8 * values.len(), data)
    }

    /// The same of whole numbers.
    fn counts(&mut self, name: &str, values: impl ExactSizeIterator<Item = u64>) -> String {
        let length = 8 * values.len();
        self.element("UInt64", name, 1, length, values.flat_map(u64::to_le_bytes))
    }

    fn element(
        &mut self,
        kind: &str,
        name: &str,
        parts: usize,
        length: usize,
        data: impl Iterator<Item = u8>,
    ) -> String {
        let offset = self.bytes.len();
        self.bytes.extend((length as u64).to_le_bytes());
        self.bytes.extend(data);
        format!(
            "<DataArray type=\"{kind}\" Name=\"{}\" NumberOfComponents=\"{parts}\" format=\"appended\" \
             offset=\"{offset}\"/>\n",
            escaped(name)
        )
    }

    /// Writes a file of what was said.
    fn write(self, folder: &Folder, name: &str, said: &str) -> io::Result<()> {
        let mut file = folder.file(name).create()?;
        file.write_all(said.as_bytes())?;
        file.write_all(b"<AppendedData encoding=\"raw\">\n_")?;
        file.write_all(&self.bytes)?;
        file.write_all(b"\n</AppendedData>\n</VTKFile>\n")?;
        file.finish()
    }
}

fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// One file for each time; an array for each column of values of each block.
fn fields(
    folder: &Folder,
    sheet: &Sheet<'_>,
    axes: &[Vec<f64>],
    keys: usize,
) -> io::Result<Vec<f64>> {
    let nodes: usize = axes.iter().map(Vec::len).product();
    let columns = sheet.columns();
    let Column::Numbers(times) = columns[0].every(nodes) else { return Ok(Vec::new()) };
    let extent: String = (0..3)
        .map(|a| format!("0 {}", axes.get(a).map_or(0, |axis| axis.len() - 1)))
        .collect::<Vec<_>>()
        .join(" ");
    let of_axes = |of: fn(&[f64]) -> f64, none: f64| {
        let all = (0..3).map(|a| axes.get(a).map_or(none, |axis| of(axis)));
        all.map(|x| format!("{x:?}")).collect::<Vec<_>>().join(" ")
    };
    let origin = of_axes(|axis| axis[0], 0.0);
    let spacing = of_axes(|axis| if axis.len() > 1 { axis[1] - axis[0] } else { 1.0 }, 1.0);
    let shown = distinct(&times);
    for (number, time) in shown.iter().enumerate() {
        let (mut appended, mut arrays) = (Appended::default(), String::new());
        let blocks = (0..times.len()).filter(|block| times[*block] == *time);
        for block in blocks {
            let of = |column: &Column| match column {
                Column::Texts(all) => all[block * nodes].clone(),
                _ => String::new(),
            };
            let named: Vec<String> =
                columns[1..keys].iter().map(of).filter(|name| !name.is_empty()).collect();
            for (name, column) in sheet.header.iter().zip(&columns).skip(keys + axes.len()) {
                let values = column.numbers(block * nodes..(block + 1) * nodes);
                let name = named.iter().chain([name]).cloned().collect::<Vec<_>>().join(" ");
                arrays += &appended.array(&name, 1, &first_axis_fastest(&values, axes));
            }
        }
        let said = head("ImageData")
            + &format!(
                "<ImageData WholeExtent=\"{extent}\" Origin=\"{origin}\" Spacing=\"{spacing}\">\n\
                 <Piece Extent=\"{extent}\">\n<PointData>\n{arrays}</PointData>\n</Piece>\n</ImageData>\n"
            );
        appended.write(folder, &file_of(sheet, number), &said)?;
    }
    Ok(shown)
}

/// Each time once, in their order.
fn distinct(times: &[f64]) -> Vec<f64> {
    let mut all = times.to_vec();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Values whose last axis is fastest, in the order of VTK.
fn first_axis_fastest(values: &[f64], axes: &[Vec<f64>]) -> Vec<f64> {
    let lengths: Vec<usize> = axes.iter().map(Vec::len).collect();
    let place = |mut k: usize| {
        let mut flat = 0;
        let index: Vec<usize> = lengths
            .iter()
            .map(|n| {
                let i = k % n;
                k /= n;
                i
            })
            .collect();
        index.iter().zip(&lengths).for_each(|(i, n)| flat = flat * n + i);
        flat
    };
    (0..values.len()).map(|k| values[place(k)]).collect()
}

/// One file for each time: places, velocities, replicate and the number of the population.
fn cells(folder: &Folder, sheet: &Sheet<'_>, keys: usize) -> io::Result<Vec<f64>> {
    let columns = sheet.columns();
    let Column::Numbers(times) = &columns[0] else { return Ok(Vec::new()) };
    let axes = (sheet.header.len() - keys) / 2;
    let names: Vec<&str> = match &columns[keys - 2] {
        Column::Texts(all) => {
            let mut names: Vec<&str> = all.iter().map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            names
        }
        _ => Vec::new(),
    };
    let shown = distinct(times);
    for (number, time) in shown.iter().enumerate() {
        let rows: Vec<usize> = (0..times.len()).filter(|row| times[*row] == *time).collect();
        let mut appended = Appended::default();
        let count = rows.len();
        let of = |column: &Column| column.numbers(rows.iter().copied());
        let vectors = |at: usize| -> Vec<f64> {
            let parts: Vec<Vec<f64>> = (0..axes).map(|a| of(&columns[at + a])).collect();
            let of = |i: usize| (0..3).map(move |a| (a, i));
            let part = |(a, i): (usize, usize)| parts.get(a).map_or(0.0, |part| part[i]);
            (0..count).flat_map(of).map(part).collect()
        };
        let velocity = appended.array("velocity", 3, &vectors(keys + axes));
        let whole = |column: &Column| of(column).into_iter().map(|n| n as u64);
        let (replicate, id) = (whole(&columns[1]), whole(&columns[keys - 1]));
        let mut data =
            velocity + &appended.counts("replicate", replicate) + &appended.counts("id", id);
        if let Column::Texts(all) = &columns[keys - 2] {
            let of = |row: &usize| names.binary_search(&&all[*row][..]).unwrap_or(0) as u64;
            data += &appended.counts("population", rows.iter().map(of));
        }
        let points = appended.array("points", 3, &vectors(keys));
        let vertices = appended.counts("connectivity", (0..count).map(|i| i as u64))
            + &appended.counts("offsets", (0..count).map(|i| i as u64 + 1));
        let said = head("PolyData")
            + &format!(
                "<!-- populations: {} -->\n<PolyData>\n<Piece NumberOfPoints=\"{count}\" \
                 NumberOfVerts=\"{count}\">\n<PointData Vectors=\"velocity\">\n{data}</PointData>\n\
                 <Points>\n{points}</Points>\n<Verts>\n{vertices}</Verts>\n</Piece>\n</PolyData>\n",
                names
                    .iter()
                    .enumerate()
                    .map(|(i, n)| format!("{i} {n}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        appended.write(folder, &file_of(sheet, number), &said)?;
    }
    Ok(shown)
}
