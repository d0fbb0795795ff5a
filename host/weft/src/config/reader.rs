//! A TOML table, read key by key.
//!
//! Each key is read by one call that says its name, its meaning and its range, so the same code checks a
//! file and documents it. Every wrong key and every wrong value is told, not only the first.

use std::fmt::{Display, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weft_diagnostic::{Diagnostic, Diagnostics, Place, did_you_mean};
use weft_dictionary::DurationMs;

use super::{NOT_VALID, SHAPE};

/// Reads a file and keeps what is wrong with it.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Diagnostic>,
    /// Every key with its meaning and the value in force, as TOML.
    pub(crate) written: String,
}

/// One table of the file.
pub(crate) struct Section<'a, 'r> {
    reader: &'r mut Reader<'a>,
    name: &'static str,
    table: Option<&'r DeTable<'a>>,
    known: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Reader<'a> {
        Reader {
            file,
            text,
            problems: Vec::new(),
            written: String::new(),
        }
    }

    /// The whole file, or where it is not TOML.
    pub(crate) fn root(&mut self) -> DeTable<'a> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let place = place(self.text, error.span().map_or(0, |span| span.start));
            let message = format!("this is not TOML: {}", error.message());
            self.problems
                .push(Diagnostic::error(SHAPE, self.file, place, message));
        }
        root.into_inner()
    }

    /// A table of the root by its name.
    pub(crate) fn section<'r>(
        &'r mut self,
        root: &'r DeTable<'a>,
        name: &'static str,
        doc: &str,
    ) -> Section<'a, 'r> {
        let _ = write!(self.written, "\n# {doc}\n[{name}]\n");
        let table = match root.get(name) {
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => Some(table),
                other => {
                    let message = format!("`{name}` is a table, this is {}", kind(other));
                    let help = format!("write [{name}] on a line of its own");
                    self.wrong(value.span(), message, help);
                    None
                }
            },
        };
        Section {
            reader: self,
            name,
            table,
            known: Vec::new(),
        }
    }

    /// The tables of an array by its name, each read by `read`.
    pub(crate) fn each<T>(
        &mut self,
        root: &DeTable<'a>,
        name: &'static str,
        mut read: impl FnMut(&mut Section<'a, '_>, &mut Vec<T>),
    ) -> Vec<T> {
        let mut all = Vec::new();
        let Some(value) = root.get(name) else {
            return all;
        };
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!(
                "`{name}` is an array of tables, this is {}",
                kind(value.get_ref())
            );
            let help = format!("write [[{name}]] on a line of its own, once for each");
            self.wrong(value.span(), message, help);
            return all;
        };
        for item in items.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                let message = format!(
                    "each of `{name}` is a table, this is {}",
                    kind(item.get_ref())
                );
                self.wrong(item.span(), message, format!("write [[{name}]]"));
                continue;
            };
            let written = std::mem::take(&mut self.written);
            let mut section = Section {
                reader: self,
                name,
                table: Some(table),
                known: Vec::new(),
            };
            read(&mut section, &mut all);
            section.done();
            self.written = written;
        }
        all
    }

    /// Names of the root that nobody reads.
    pub(crate) fn unknown_sections(&mut self, root: &DeTable<'a>, known: &[&'static str]) {
        for (key, _) in root.iter() {
            if !known.contains(&key.get_ref().as_ref()) {
                self.unknown(key.span(), key.get_ref(), known, "the file");
            }
        }
    }

    fn unknown(&mut self, span: std::ops::Range<usize>, key: &str, known: &[&str], place: &str) {
        let help = match did_you_mean(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{place} has {}", known.join(", ")),
        };
        self.wrong(span, format!("there is no key `{key}` in {place}"), help);
    }

    fn wrong(
        &mut self,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = place(self.text, span.start);
        let width = self
            .text
            .get(span)
            .map_or(1, |text| text.lines().next().unwrap_or("").chars().count());
        self.problems.push(
            Diagnostic::error(NOT_VALID, self.file, place, message)
                .width(width)
                .help(help),
        );
    }

    /// What was wrong, in the order of the file.
    pub(crate) fn finish(mut self) -> Result<String, Diagnostics> {
        if self.problems.is_empty() {
            return Ok(self.written);
        }
        self.problems.sort_by_key(|problem| problem.place);
        Err(Diagnostics(self.problems))
    }
}

impl<'a, 'r> Section<'a, 'r> {
    /// A whole number.
    pub(crate) fn number<T>(
        &mut self,
        key: &'static str,
        doc: &str,
        range: RangeInclusive<T>,
        slot: &mut T,
    ) where
        T: Copy + Display + PartialOrd + TryFrom<i64>,
    {
        if let Some(value) = self.take(key) {
            let said = value
                .get_ref()
                .as_integer()
                .and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
            match said
                .and_then(|n| T::try_from(n).ok())
                .filter(|n| range.contains(n))
            {
                Some(n) => *slot = n,
                None => {
                    let (from, to) = (range.start(), range.end());
                    let help = format!("write a whole number from {from} to {to}");
                    self.refuse(value, key, help);
                }
            }
        }
        self.document(key, doc, slot);
    }

    /// True or false.
    pub(crate) fn flag(&mut self, key: &'static str, doc: &str, slot: &mut bool) {
        if let Some(value) = self.take(key) {
            match value.get_ref().as_bool() {
                Some(flag) => *slot = flag,
                None => self.refuse(value, key, "write true or false".into()),
            }
        }
        self.document(key, doc, slot);
    }

    /// A length of time.
    pub(crate) fn duration(
        &mut self,
        key: &'static str,
        doc: &str,
        range: RangeInclusive<DurationMs>,
        slot: &mut DurationMs,
    ) {
        let fits = |text: &str| DurationMs::parse(text).filter(|d| range.contains(d));
        let help = format!(
            "write a number and ms, s, m, h or d, from {:?} to {:?}",
            range.start().to_string(),
            range.end().to_string()
        );
        self.parsed(key, doc, &help, slot, fits);
    }

    /// A path.
    pub(crate) fn path(&mut self, key: &'static str, doc: &str, slot: &mut PathBuf) {
        let mut text = slot.display().to_string();
        self.parsed(key, doc, "write a path", &mut text, |text| {
            (!text.is_empty()).then(|| text.to_owned())
        });
        *slot = PathBuf::from(text);
    }

    /// A text that `parse` understands; `help` says what that is.
    pub(crate) fn parsed<T: Display>(
        &mut self,
        key: &'static str,
        doc: &str,
        help: &str,
        slot: &mut T,
        parse: impl Fn(&str) -> Option<T>,
    ) {
        if let Some(value) = self.take(key) {
            match value.get_ref().as_str().and_then(parse) {
                Some(parsed) => *slot = parsed,
                None => self.refuse(value, key, help.to_owned()),
            }
        }
        let quoted = toml::Value::String(slot.to_string());
        self.document(key, doc, &quoted);
    }

    /// A text that has to be there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        help: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.take(key) else {
            let name = self.name;
            let at = self
                .table
                .and_then(|t| t.iter().next())
                .map_or(0..1, |(k, _)| k.span());
            self.reader.wrong(
                at,
                format!("`{key}` is missing in this entry of `{name}`"),
                help,
            );
            return None;
        };
        let parsed = value.get_ref().as_str().and_then(parse);
        if parsed.is_none() {
            self.refuse(value, key, help.to_owned());
        }
        parsed
    }

    fn take(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table.and_then(|table| table.get(key))
    }

    fn refuse(&mut self, value: &Spanned<DeValue<'_>>, key: &str, help: String) {
        let message = format!("`{key}` does not take this {}", kind(value.get_ref()));
        self.reader.wrong(value.span(), message, help);
    }

    fn document(&mut self, key: &str, doc: &str, value: &dyn Display) {
        let _ = writeln!(self.reader.written, "# {doc}\n{key} = {value}");
    }

    /// Tells the keys that nobody read.
    pub(crate) fn done(self) {
        let Some(table) = self.table else { return };
        for (key, _) in table.iter() {
            if !self.known.contains(&key.get_ref().as_ref()) {
                let place = format!("[{}]", self.name);
                self.reader
                    .unknown(key.span(), key.get_ref(), &self.known, &place);
            }
        }
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    value.type_str()
}

/// Line and column, from 1, of a byte.
fn place(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let clamp = |n| u32::try_from(n).unwrap_or(u32::MAX);
    Place {
        line: clamp(line),
        column: clamp(column),
    }
}
