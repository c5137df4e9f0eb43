//! What a store holds, in words.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::error::Result;
use super::store::Store;

/// By source: records, labels, what was asked, and when to come back.
pub fn status(store: &Store) -> Result<String> {
    let mut words = String::new();
    let connection = store.connection();
    let mut sources = connection.prepare(
        "SELECT name, resume_at,
             (SELECT count(*) FROM record WHERE source = name),
             (SELECT count(*) FROM label JOIN record ON record.id = record WHERE source = name),
             (SELECT count(*) FROM settled WHERE source = name AND outcome = 'found'),
             (SELECT count(*) FROM settled WHERE source = name AND outcome = 'absent')
         FROM source ORDER BY name",
    )?;
    let mut rows = sources.query([])?;
    // Writing to a String cannot fail.
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let resume_at: Option<i64> = row.get(1)?;
        let count = |column| row.get::<_, i64>(column);
        let _ = writeln!(
            words,
            "{name}: {} records, {} labels; {} answered, {} unknown there",
            count(2)?,
            count(3)?,
            count(4)?,
            count(5)?
        );
        let resume_at = resume_at.and_then(|at| Timestamp::from_millisecond(at).ok());
        if let Some(at) = resume_at.filter(|at| *at > Timestamp::now()) {
            let _ = writeln!(words, "  asked to be left alone until {at}");
        }
        let mut fields = connection.prepare(
            "SELECT field, count(*) FROM label JOIN record ON record.id = record
             WHERE source = ?1 GROUP BY field ORDER BY field",
        )?;
        let mut counts = fields.query([&name])?;
        while let Some(row) = counts.next()? {
            let (field, count): (String, i64) = (row.get(0)?, row.get(1)?);
            let _ = writeln!(words, "  {field}: {count}");
        }
    }
    if words.is_empty() {
        words.push_str("nothing is stored yet\n");
    }
    Ok(words)
}
