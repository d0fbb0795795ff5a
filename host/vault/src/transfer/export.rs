//! Writing what is here to a file for a recipient.

use std::io::Write;

use age::x25519;

use super::form::{Person, Writer};
use super::{Moved, Progress, TransferError};
use crate::error::VaultError;
use crate::subject::Subject;
use crate::vault::Vault;

/// Who can read what is written for them.
pub struct Recipient(x25519::Recipient);

impl Recipient {
    /// A recipient's key, as age writes it: `age1…`.
    pub fn parse(text: &str) -> Result<Recipient, TransferError> {
        let key = text.parse().map_err(|_| TransferError::BadRecipient)?;
        Ok(Recipient(key))
    }
}

impl Vault {
    /// Writes every living subject with its values, links and hold. Nobody may be erased meanwhile.
    pub fn export<W: Write>(
        &self,
        recipient: &Recipient,
        to: W,
        progress: &Progress,
    ) -> Result<(W, Moved), TransferError> {
        let written = self.write_all(recipient, to, progress);
        progress.end();
        written
    }

    fn write_all<W: Write>(
        &self,
        recipient: &Recipient,
        to: W,
        progress: &Progress,
    ) -> Result<(W, Moved), TransferError> {
        let one = std::iter::once(&recipient.0 as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(one);
        let encryptor = encryptor.map_err(|_| TransferError::BadRecipient)?;
        let stream = encryptor.wrap_output(to).map_err(TransferError::Io)?;
        let mut writer = Writer::new(stream, &self.scope).map_err(TransferError::Io)?;
        let parts: Vec<Vec<Subject>> = self.keys.subjects().parts().collect();
        progress.begin(parts.iter().map(|part| part.len() as u64).sum());
        for subject in parts.into_iter().flatten() {
            self.write_one(subject, &mut writer)?;
            progress.advance(1)?;
        }
        let (stream, moved) = writer.end().map_err(TransferError::Io)?;
        Ok((stream.finish().map_err(TransferError::Io)?, moved))
    }

    fn write_one<W: Write>(
        &self,
        subject: Subject,
        writer: &mut Writer<W>,
    ) -> Result<(), TransferError> {
        let Some(leaving) = self.keys.subjects().leaving(subject) else {
            return Ok(());
        };
        let person = Person {
            subject,
            hold: leaving.hold,
            links: leaving.links,
        };
        writer.subject(&person).map_err(TransferError::Io)?;
        for blind in leaving.brought {
            // What is not durable yet is of a request that is under way.
            let Some(row) = self.index.row_by(&blind, subject) else {
                continue;
            };
            let (token, value) = match self.read_row(row) {
                Err(VaultError::Erased) => continue,
                read => read?,
            };
            writer.value(&token, &value).map_err(TransferError::Io)?;
        }
        Ok(())
    }
}
