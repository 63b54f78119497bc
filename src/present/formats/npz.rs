//! The archives of numpy: a ZIP file of arrays.

use crate::output::Folder;
use crate::sheet::{Column, Shape, Sheet};
use std::io::{self, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Writes NAME.npz. Of a field the array of each axis holds its nodes once, each key has one entry for each block, and each
/// column of values the shape (blocks, nodes of the first axis, …).
pub fn write(folder: &Folder, sheet: &Sheet<'_>) -> io::Result<()> {
    let mut archive = ZipWriter::new_stream(folder.file(&format!("{}.npz", sheet.name)).create()?);
    // The same bytes whenever it is written.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .large_file(true);
    for (name, array) in arrays(sheet) {
        archive.start_file(format!("{name}.npy"), options)?;
        archive.write_all(&array)?;
    }
    archive.finish()?.into_inner().finish()
}

/// Each array under its name.
fn arrays<'a>(sheet: &'a Sheet<'_>) -> Vec<(&'a str, Vec<u8>)> {
    let columns = sheet.columns();
    let named = sheet.header.iter().map(String::as_str).zip(columns);
    let Shape::Field { axes, keys } = &sheet.shape else {
        return named.map(|(name, column)| (name, array(&column, &[column.len()]))).collect();
    };
    let nodes: usize = axes.iter().map(Vec::len).product();
    let all = named.enumerate().map(|(number, (name, column))| {
        let blocks = column.len() / nodes;
        let values = match number.checked_sub(*keys) {
            None => array(&column.every(nodes), &[blocks]),
            Some(axis) if axis < axes.len() => {
                array(&Column::Numbers(axes[axis].clone()), &[axes[axis].len()])
            }
            Some(_) => {
                let shape: Vec<usize> =
                    std::iter::once(blocks).chain(axes.iter().map(Vec::len)).collect();
                array(&column, &shape)
            }
        };
        (name, values)
    });
    all.collect()
}

/// An array of numpy, in the order of C: format 1.0 of numpy.lib.format, little-endian.
fn array(column: &Column, shape: &[usize]) -> Vec<u8> {
    let (kind, data) = match column {
        Column::Numbers(all) => ("<f8".to_string(), bytes(all.iter().map(|x| x.to_le_bytes()))),
        Column::Counts(all) => ("<u8".to_string(), bytes(all.iter().map(|n| n.to_le_bytes()))),
        Column::Flags(all) => ("|b1".to_string(), all.iter().map(|yes| u8::from(*yes)).collect()),
        Column::Texts(all) => {
            let longest = all.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
            let letters = |text: &String| {
                let own = text.chars().map(u32::from);
                own.chain(std::iter::repeat(0)).take(longest).collect::<Vec<u32>>()
            };
            let all = all.iter().flat_map(letters).map(u32::to_le_bytes);
            (format!("<U{longest}"), bytes(all))
        }
    };
    let lengths: String = shape.iter().map(|n| format!("{n},")).collect();
    let mut header =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
    // Magic, version, length and header are a multiple of 64 bytes together.
    header += &" ".repeat((64 - (10 + header.len() + 1) % 64) % 64);
    header.push('\n');
    let length = u16::try_from(header.len()).expect("few axes");
    let mut array = b"\x93NUMPY\x01\x00".to_vec();
    array.extend(length.to_le_bytes());
    array.extend(header.as_bytes());
    array.extend(data);
    array
}

fn bytes<const N: usize>(all: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    all.flatten().collect()
}
