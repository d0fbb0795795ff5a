//! The lines of a feed, one payment each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::{Map as Object, Value as Json};
use weft_dictionary::{Dictionary, Timestamp};

use super::map::{Format, Map};

/// Characters in one line.
const MAX_LINE_BYTES: u64 = 64 * 1_024;

/// One line, ready to be asked.
pub(crate) struct Line {
    /// From 1, without the header.
    pub(crate) number: u64,
    /// When the payment was.
    pub(crate) at: Timestamp,
    /// The request.
    pub(crate) body: Json,
    /// The values in which it must not overtake another.
    pub(crate) order: Vec<String>,
    /// Whether it turned out to be fraud, if the file knows.
    pub(crate) fraud: Option<bool>,
}

/// Why a file cannot be fed. Never quotes a line: lines are payments.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("{path}: the header has no column `{column}`, which the map names; it has {has}")]
    NoColumn { path: String, column: String, has: String },
    #[error("{path}, line {number}: {why}")]
    Line { path: String, number: u64, why: &'static str },
}

/// A file, read line by line.
pub(crate) struct Source<'a> {
    path: String,
    map: &'a Map,
    dictionary: &'a Dictionary,
    rows: Rows,
    number: u64,
}

enum Rows {
    Csv { header: HashMap<String, usize>, records: Box<csv::Reader<Box<dyn Read>>> },
    Jsonl(Box<dyn BufRead>),
}

/// The columns of one line, by name.
enum Columns<'a> {
    Csv(&'a HashMap<String, usize>, csv::StringRecord),
    Json(Object<String, Json>),
}

impl<'a> Source<'a> {
    /// Opens a file; one that ends in `.gz` is unpacked on the way.
    pub(crate) fn open(path: &Path, map: &'a Map, dictionary: &'a Dictionary) -> Result<Self, SourceError> {
        let shown = path.display().to_string();
        let io = |source| SourceError::Io { path: shown.clone(), source };
        let file = BufReader::new(File::open(path).map_err(io)?);
        let plain: Box<dyn Read> = match path.extension() {
            Some(end) if end == "gz" => Box::new(MultiGzDecoder::new(file)),
            _ => Box::new(file),
        };
        let rows = match map.format {
            Format::Jsonl => Rows::Jsonl(Box::new(BufReader::new(plain))),
            Format::Csv => {
                let mut records = csv::Reader::from_reader(plain);
                let header = records.headers().map_err(|e| io(e.into()))?;
                let header: HashMap<String, usize> =
                    header.iter().enumerate().map(|(i, name)| (name.to_owned(), i)).collect();
                check_columns(&shown, map, &header)?;
                Rows::Csv { header, records: Box::new(records) }
            }
        };
        Ok(Source { path: shown, map, dictionary, rows, number: 0 })
    }

    /// The next payment; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        self.number += 1;
        let (path, number) = (self.path.clone(), self.number);
        let line = |why| SourceError::Line { path, number, why };
        let columns = match &mut self.rows {
            Rows::Csv { header, records } => {
                let mut record = csv::StringRecord::new();
                match records.read_record(&mut record) {
                    Ok(true) => Columns::Csv(header, record),
                    Ok(false) => return Ok(None),
                    Err(_) => return Err(line("this is not a line of CSV with the header's columns")),
                }
            }
            Rows::Jsonl(reader) => {
                let mut text = String::new();
                let read = reader.take(MAX_LINE_BYTES).read_line(&mut text);
                match read {
                    Ok(0) => return Ok(None),
                    Ok(_) => match serde_json::from_str(&text) {
                        Ok(Json::Object(object)) => Columns::Json(object),
                        _ => return Err(line("this is not a JSON object of at most 64 KiB")),
                    },
                    Err(_) => return Err(line("the line cannot be read")),
                }
            }
        };
        let at = columns.get(&self.map.time.from).and_then(|text| self.map.time.read(&text));
        let at = at.ok_or_else(|| line("the time is missing or not of the map's form"))?;
        Ok(Some(self.line(&columns, at)))
    }

    fn line(&self, columns: &Columns<'_>, at: Timestamp) -> Line {
        let mut body = Object::new();
        body.insert("operation".into(), self.map.operation.as_str().into());
        let mut order = Vec::new();
        for from in &self.map.fields {
            let text = match (&from.constant, &from.from) {
                (Some(constant), _) => Some(constant.clone()),
                (None, Some(column)) => columns.get(column).map(|text| format!("{}{text}", from.prefix)),
                (None, None) => None,
            };
            let Some(text) = text else { continue };
            if self.map.in_order.iter().any(|name| name.value == from.field.value) {
                order.push(format!("{}={text}", from.field.value));
            }
            let kind = self.dictionary.by_name(&from.field.value).map(|f| f.kind);
            put(&mut body, &from.field.value, json(kind, text, from.currency.as_deref()));
        }
        let fraud = self.map.label.as_ref().and_then(|l| columns.get(&l.from).map(|text| text == l.fraud));
        Line { number: self.number, at, body: Json::Object(body), order, fraud }
    }
}

impl Columns<'_> {
    fn get(&self, name: &str) -> Option<String> {
        match self {
            Columns::Csv(header, record) => header.get(name).and_then(|i| record.get(*i)).map(str::to_owned),
            Columns::Json(object) => match object.get(name)? {
                Json::String(text) => Some(text.clone()),
                Json::Null => None,
                other => Some(other.to_string()),
            },
        }
    }
}

fn check_columns(path: &str, map: &Map, header: &HashMap<String, usize>) -> Result<(), SourceError> {
    let named = map.fields.iter().filter_map(|f| f.from.as_ref());
    let named = named.chain([&map.time.from]).chain(map.label.as_ref().map(|l| &l.from));
    for column in named {
        if !header.contains_key(column) {
            let mut has: Vec<&str> = header.keys().map(String::as_str).collect();
            has.sort_unstable();
            return Err(SourceError::NoColumn { path: path.to_owned(), column: column.clone(), has: has.join(", ") });
        }
    }
    Ok(())
}

/// A column's text as the JSON that the field's kind takes; intake says so if it does not.
fn json(kind: Option<weft_dictionary::Kind>, text: String, currency: Option<&str>) -> Json {
    use weft_dictionary::Kind;
    match (kind, currency) {
        (_, Some(currency)) => serde_json::json!({ "value": text, "currency": currency }),
        (Some(Kind::Boolean), _) => match text.as_str() {
            "true" | "1" => true.into(),
            "false" | "0" => false.into(),
            _ => text.into(),
        },
        (Some(Kind::Integer), _) => text.parse::<i64>().map_or_else(|_| text.into(), Json::from),
        _ => text.into(),
    }
}

/// Puts a value where its field is in a request: `payment.id` at `/payment/id`.
fn put(body: &mut Object<String, Json>, field: &str, value: Json) {
    match field.split_once('.') {
        None => {
            body.insert(field.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = body.entry(section).or_insert_with(|| Json::Object(Object::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
