//! Apache Parquet: columns with their kinds.

use crate::output::Folder;
use crate::sheet::{Column, Sheet};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io;
use std::sync::Arc;

/// Writes NAME.parquet, in one group of rows.
pub fn write(folder: &Folder, sheet: &Sheet<'_>) -> io::Result<()> {
    let columns = sheet.columns();
    let fields = sheet.header.iter().zip(&columns).map(|(name, column)| field(name, column));
    let fields = fields.collect::<Result<_, _>>().map_err(io::Error::other)?;
    let schema = Type::group_type_builder(&sheet.name).with_fields(fields).build();
    let schema = Arc::new(schema.map_err(io::Error::other)?);
    let properties = WriterProperties::builder().set_created_by("kinetaxis".into()).build();
    let mut file = folder.file(&format!("{}.parquet", sheet.name)).create()?;
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::new(properties))?;
    let mut rows = writer.next_row_group()?;
    for column in columns {
        let mut out = rows.next_column()?.expect("a column for each of the schema");
        match column {
            Column::Numbers(all) => out.typed::<DoubleType>().write_batch(&all, None, None),
            Column::Counts(all) => {
                let all: Vec<i64> = all.into_iter().map(|n| n as i64).collect();
                out.typed::<Int64Type>().write_batch(&all, None, None)
            }
            Column::Flags(all) => out.typed::<BoolType>().write_batch(&all, None, None),
            Column::Texts(all) => {
                let all: Vec<ByteArray> = all.iter().map(|text| text.as_str().into()).collect();
                out.typed::<ByteArrayType>().write_batch(&all, None, None)
            }
        }?;
        out.close()?;
    }
    rows.close()?;
    writer.close()?;
    file.finish()
}

/// The type of a column.
fn field(name: &str, column: &Column) -> parquet::errors::Result<Arc<Type>> {
    let (physical, logical) = match column {
        Column::Numbers(_) => (Physical::DOUBLE, None),
        Column::Counts(_) => (Physical::INT64, None),
        Column::Flags(_) => (Physical::BOOLEAN, None),
        Column::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(logical);
    Ok(Arc::new(field.build()?))
}
