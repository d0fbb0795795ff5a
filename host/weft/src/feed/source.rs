//! The lines of a feed, one payment each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use rust_decimal::Decimal;
use serde_json::{Map as Object, Value as Json};
use weft_dictionary::{Currency, Dictionary, DurationMs, Kind, Timestamp};

use super::map::{Format, From, Map};

/// Characters in one line.
const MAX_LINE_BYTES: u64 = 64 * 1_024;
/// How far a payment may be ahead of this machine's clock, which may be slow.
const MAX_AHEAD: DurationMs = DurationMs(24 * 60 * 60 * 1_000);
const IN_THE_FUTURE: &str = "the payment is more than a day later than this machine's clock; correct the time, or the \
                             map's `unit` and `since`";

/// One line, ready to be asked.
pub(crate) struct Line {
    /// Its line in the file, from 1.
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
    Io {
        path: String,
        source: std::io::Error,
    },
    #[error("{path}: the header has no column `{column}`, which the map names; it has {has}")]
    NoColumn {
        path: String,
        column: String,
        has: String,
    },
}

/// What the next line is.
pub(crate) enum Next {
    /// A payment.
    Line(Line),
    /// Not one: its number, and why.
    Unreadable(u64, &'static str),
    /// There is no more.
    End,
}

/// A file, read line by line.
pub(crate) struct Source<'a> {
    path: String,
    map: &'a Map,
    dictionary: &'a Dictionary,
    /// Columns of a CSV file by their names.
    header: HashMap<String, usize>,
    rows: Rows,
    number: u64,
    /// No payment of a history was later.
    until: Timestamp,
}

enum Rows {
    Csv(Box<csv::Reader<Box<dyn Read>>>),
    Jsonl(Box<dyn BufRead>),
}

/// The columns of one line, by name.
enum Columns<'a> {
    Csv(&'a HashMap<String, usize>, csv::StringRecord),
    Json(Object<String, Json>),
}

impl<'a> Source<'a> {
    /// Opens a file; one that ends in `.gz` is unpacked on the way. A line that is later than `now` and a day is none: it would
    /// move the clock, and let everything expire that waits.
    pub(crate) fn open(
        path: &Path,
        map: &'a Map,
        dictionary: &'a Dictionary,
        now: Timestamp,
    ) -> Result<Self, SourceError> {
        let shown = path.display().to_string();
        let io = |source| SourceError::Io {
            path: shown.clone(),
            source,
        };
        let file = BufReader::new(File::open(path).map_err(io)?);
        let plain: Box<dyn Read> = match path.extension() {
            Some(end) if end == "gz" => Box::new(MultiGzDecoder::new(file)),
            _ => Box::new(file),
        };
        let mut header = HashMap::new();
        let mut number = 0;
        let rows = match map.format {
            Format::Jsonl => Rows::Jsonl(Box::new(BufReader::new(plain))),
            Format::Csv => {
                let mut records = csv::Reader::from_reader(plain);
                let names = records.headers().map_err(|e| io(e.into()))?;
                header = names
                    .iter()
                    .enumerate()
                    .map(|(i, name)| (name.to_owned(), i))
                    .collect();
                check_columns(&shown, map, &header)?;
                number = 1;
                Rows::Csv(Box::new(records))
            }
        };
        Ok(Source {
            path: shown,
            map,
            dictionary,
            header,
            rows,
            number,
            until: now.plus(MAX_AHEAD),
        })
    }

    /// The next line. One that is no payment is passed over by the next call; an error ends the file.
    pub(crate) fn next(&mut self) -> Result<Next, SourceError> {
        self.number += 1;
        let columns = match self.rows.read(&self.header) {
            Ok(Some(columns)) => columns,
            Ok(None) => return Ok(Next::End),
            Err(Bad::Line(why)) => return Ok(Next::Unreadable(self.number, why)),
            Err(Bad::File(source)) => {
                return Err(SourceError::Io {
                    path: self.path.clone(),
                    source,
                });
            }
        };
        let at = columns
            .get(&self.map.time.from)
            .and_then(|text| self.map.time.read(&text));
        Ok(match at {
            Some(at) if at > self.until => Next::Unreadable(self.number, IN_THE_FUTURE),
            Some(at) => Next::Line(self.line(&columns, at)),
            None => Next::Unreadable(self.number, "the time is missing or not of the map's form"),
        })
    }

    fn line(&self, columns: &Columns<'_>, at: Timestamp) -> Line {
        let mut body = Object::new();
        body.insert("operation".into(), self.map.operation.as_str().into());
        let mut order = Vec::new();
        for from in &self.map.fields {
            let text = match (&from.constant, &from.from) {
                (Some(constant), _) => Some(constant.clone()),
                (None, Some(column)) => columns
                    .get(column)
                    .map(|text| format!("{}{text}", from.prefix)),
                (None, None) => None,
            };
            let Some(text) = text else { continue };
            if self
                .map
                .in_order
                .iter()
                .any(|name| name.value == from.field.value)
            {
                order.push(format!("{}={text}", from.field.value));
            }
            let kind = self.dictionary.by_name(&from.field.value).map(|f| f.kind);
            put(&mut body, &from.field.value, json(kind, text, from));
        }
        let fraud = self
            .map
            .label
            .as_ref()
            .and_then(|l| columns.get(&l.from).map(|text| text == l.fraud));
        Line {
            number: self.number,
            at,
            body: Json::Object(body),
            order,
            fraud,
        }
    }
}

/// Why a line is not read.
enum Bad {
    /// The line is no line; the next one may be.
    Line(&'static str),
    /// The file cannot be read on.
    File(std::io::Error),
}

impl Rows {
    fn read<'h>(&mut self, header: &'h HashMap<String, usize>) -> Result<Option<Columns<'h>>, Bad> {
        match self {
            Rows::Csv(records) => {
                let mut record = csv::StringRecord::new();
                match records.read_record(&mut record) {
                    Ok(true) => Ok(Some(Columns::Csv(header, record))),
                    Ok(false) => Ok(None),
                    Err(error) => Err(match error.into_kind() {
                        csv::ErrorKind::Io(source) => Bad::File(source),
                        _ => Bad::Line("this is not a line of CSV with the header's columns"),
                    }),
                }
            }
            Rows::Jsonl(reader) => read_json_line(reader.as_mut()),
        }
    }
}

fn read_json_line<'h>(reader: &mut dyn BufRead) -> Result<Option<Columns<'h>>, Bad> {
    let mut text = Vec::new();
    let read = reader
        .take(MAX_LINE_BYTES)
        .read_until(b'\n', &mut text)
        .map_err(Bad::File)?;
    if read == 0 {
        return Ok(None);
    }
    if !text.ends_with(b"\n") && text.len() as u64 == MAX_LINE_BYTES {
        reader.skip_until(b'\n').map_err(Bad::File)?;
        return Err(Bad::Line("the line is longer than 64 KiB"));
    }
    match serde_json::from_slice(&text) {
        Ok(Json::Object(object)) => Ok(Some(Columns::Json(object))),
        _ => Err(Bad::Line("this is not a JSON object")),
    }
}

impl Columns<'_> {
    fn get(&self, name: &str) -> Option<String> {
        match self {
            Columns::Csv(header, record) => header
                .get(name)
                .and_then(|i| record.get(*i))
                .map(str::to_owned),
            Columns::Json(object) => match object.get(name)? {
                Json::String(text) => Some(text.clone()),
                Json::Null => None,
                other => Some(other.to_string()),
            },
        }
    }
}

fn check_columns(
    path: &str,
    map: &Map,
    header: &HashMap<String, usize>,
) -> Result<(), SourceError> {
    let named = map.fields.iter().filter_map(|f| f.from.as_ref());
    let named = named
        .chain([&map.time.from])
        .chain(map.label.as_ref().map(|l| &l.from));
    for column in named {
        if !header.contains_key(column) {
            let mut has: Vec<&str> = header.keys().map(String::as_str).collect();
            has.sort_unstable();
            return Err(SourceError::NoColumn {
                path: path.to_owned(),
                column: column.clone(),
                has: has.join(", "),
            });
        }
    }
    Ok(())
}

/// A column's text as the JSON that the field's kind takes; intake says so if it does not.
fn json(kind: Option<Kind>, text: String, from: &From) -> Json {
    if let Some(currency) = &from.currency {
        let value = if from.rounded {
            rounded(&text, &currency.value).unwrap_or(text)
        } else {
            text
        };
        return serde_json::json!({ "value": value, "currency": currency.value });
    }
    match kind {
        Some(Kind::Boolean) => match text.as_str() {
            "true" | "1" => true.into(),
            "false" | "0" => false.into(),
            _ => text.into(),
        },
        Some(Kind::Integer) => text.parse::<i64>().map_or_else(|_| text.into(), Json::from),
        _ => text.into(),
    }
}

/// An amount in whole minor units of its currency, half to even.
fn rounded(text: &str, currency: &str) -> Option<String> {
    let exponent = Currency::from_code(currency).ok()?.exponent();
    let exact: Decimal = text.parse().ok()?;
    Some(exact.round_dp(exponent.into()).to_string())
}

/// Puts a value where its field is in a request: `payment.id` at `/payment/id`.
fn put(body: &mut Object<String, Json>, field: &str, value: Json) {
    match field.split_once('.') {
        None => {
            body.insert(field.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = body
                .entry(section)
                .or_insert_with(|| Json::Object(Object::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_float_made_of_an_amount_is_rounded() {
        assert_eq!(
            rounded("85.64999999999999", "EUR").as_deref(),
            Some("85.65")
        );
        assert_eq!(rounded("0.125", "EUR").as_deref(), Some("0.12"));
        assert_eq!(rounded("100.4", "JPY").as_deref(), Some("100"));
        assert_eq!(rounded("much", "EUR"), None);
    }
}
