//! What is in the file, within its age encryption.
//!
//! ```text
//! weft-transfer 1       and a line break
//! region, tenant        each: length in one byte, text
//! subject  01           16 bytes of the subject
//!                       held, 1: 0, or 1 and until, set at (8 each, milliseconds since 1970)
//!                       links, 2: how many; 16 bytes of each stronger subject that it was shown with
//! value    02           of the subject before it
//!                       token: length in one byte, text
//!                       value: length in two bytes, text
//! end      03           subjects, values: how many there were, 8 each
//! ```
//!
//! Numbers are big-endian.

use std::io::{self, Read, Write};

use weft_dictionary::{Timestamp, Token};
use zeroize::Zeroizing;

use super::{Moved, TransferError};
use crate::bytes::put_text;
use crate::entry::Hold;
use crate::epoch::Scope;
use crate::limits::{MAX_ABOVE, MAX_SECRET_BYTES};
use crate::secret::Secret;
use crate::subject::Subject;

const FORM: &[u8] = b"weft-transfer 1\n";
const SUBJECT: u8 = 1;
const VALUE: u8 = 2;
const END: u8 = 3;

/// One entry.
pub(super) enum Entry {
    Subject(Person),
    Value { token: Token, value: Secret },
}

/// A subject, without its values.
pub(super) struct Person {
    pub(super) subject: Subject,
    pub(super) hold: Option<Hold>,
    pub(super) links: Vec<Subject>,
}

/// Writes the entries of a file.
pub(super) struct Writer<W> {
    to: W,
    written: Moved,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(mut to: W, scope: &Scope) -> io::Result<Writer<W>> {
        let mut head = FORM.to_vec();
        put_text(&mut head, &scope.region);
        put_text(&mut head, &scope.tenant);
        to.write_all(&head)?;
        let written = Moved::default();
        Ok(Writer { to, written })
    }

    pub(super) fn subject(&mut self, person: &Person) -> io::Result<()> {
        let mut bytes = vec![SUBJECT];
        bytes.extend_from_slice(&person.subject.0);
        bytes.push(u8::from(person.hold.is_some()));
        for hold in person.hold.iter() {
            bytes.extend_from_slice(&hold.until.0.to_be_bytes());
            bytes.extend_from_slice(&hold.set_at.0.to_be_bytes());
        }
        // No more than `MAX_ABOVE`.
        bytes.extend_from_slice(&(person.links.len() as u16).to_be_bytes());
        for link in &person.links {
            bytes.extend_from_slice(&link.0);
        }
        self.written.subjects += 1;
        self.to.write_all(&bytes)
    }

    pub(super) fn value(&mut self, token: &Token, value: &Secret) -> io::Result<()> {
        let mut head = vec![VALUE];
        put_text(&mut head, token.as_str());
        self.written.values += 1;
        self.to.write_all(&head)?;
        value.expose(|value| {
            // No more than `MAX_SECRET_BYTES`.
            self.to.write_all(&(value.len() as u16).to_be_bytes())?;
            self.to.write_all(value.as_bytes())
        })
    }

    pub(super) fn end(mut self) -> io::Result<(W, Moved)> {
        let mut bytes = vec![END];
        bytes.extend_from_slice(&self.written.subjects.to_be_bytes());
        bytes.extend_from_slice(&self.written.values.to_be_bytes());
        self.to.write_all(&bytes)?;
        Ok((self.to, self.written))
    }
}

/// Reads the entries of a file.
pub(super) struct Reader<R> {
    from: R,
    read: Moved,
}

impl<R: Read> Reader<R> {
    /// Of a file of this region and tenant.
    pub(super) fn new(from: R, scope: &Scope) -> Result<Reader<R>, TransferError> {
        let read = Moved::default();
        let mut reader = Reader { from, read };
        let mut form = [0; FORM.len()];
        reader.fill(&mut form)?;
        if form != FORM {
            return Err(TransferError::OtherForm);
        }
        let (region, tenant) = (reader.text()?, reader.text()?);
        if (&region, &tenant) != (&scope.region, &scope.tenant) {
            return Err(TransferError::OtherScope { region, tenant });
        }
        Ok(reader)
    }

    /// The number of the entry that was read last.
    pub(super) fn entry(&self) -> u64 {
        self.read.subjects + self.read.values
    }

    /// The next entry; none at the end, when it is the file's end and says as many as there were.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, TransferError> {
        match self.take()? {
            [SUBJECT] => {
                self.read.subjects += 1;
                self.subject().map(Entry::Subject).map(Some)
            }
            [VALUE] if self.read.subjects > 0 => {
                self.read.values += 1;
                self.value().map(Some)
            }
            [END] => {
                let said = [self.take()?, self.take()?].map(u64::from_be_bytes);
                let is_over = self.from.read(&mut [0]).map_err(|e| self.broken(e))? == 0;
                if said != [self.read.subjects, self.read.values] || !is_over {
                    return Err(self.bad("its end says another number of entries"));
                }
                Ok(None)
            }
            _ => Err(self.bad("it has no kind")),
        }
    }

    fn subject(&mut self) -> Result<Person, TransferError> {
        let subject = Subject(self.take()?);
        let hold = match self.take()? {
            [0] => None,
            [1] => Some(Hold {
                until: Timestamp(u64::from_be_bytes(self.take()?)),
                set_at: Timestamp(u64::from_be_bytes(self.take()?)),
            }),
            _ => return Err(self.bad("its hold is none")),
        };
        let count = usize::from(u16::from_be_bytes(self.take()?));
        if count > MAX_ABOVE {
            return Err(self.bad("it has too many links"));
        }
        let mut links = Vec::with_capacity(count);
        for _ in 0..count {
            links.push(Subject(self.take()?));
        }
        Ok(Person {
            subject,
            hold,
            links,
        })
    }

    fn value(&mut self) -> Result<Entry, TransferError> {
        let token = Token::parse(&self.text()?).map_err(|_| self.bad("its token is none"))?;
        let length = usize::from(u16::from_be_bytes(self.take()?));
        if !(1..=MAX_SECRET_BYTES).contains(&length) {
            return Err(self.bad("its value is empty or too long"));
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        self.fill(&mut bytes)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| self.bad("its value is no text"))?;
        let value = Secret::copy_of(text);
        Ok(Entry::Value { token, value })
    }

    fn text(&mut self) -> Result<String, TransferError> {
        let [length] = self.take()?;
        let mut bytes = vec![0; usize::from(length)];
        self.fill(&mut bytes)?;
        String::from_utf8(bytes).map_err(|_| self.bad("a name is no text"))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], TransferError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), TransferError> {
        self.from
            .read_exact(bytes)
            .map_err(|error| self.broken(error))
    }

    /// Of the disk, or of what is on it.
    fn broken(&self, error: io::Error) -> TransferError {
        match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidInput => TransferError::Damaged {
                entry: self.entry(),
            },
            _ => TransferError::Io(error),
        }
    }

    fn bad(&self, what: &'static str) -> TransferError {
        let entry = self.entry();
        TransferError::BadEntry { entry, what }
    }
}
