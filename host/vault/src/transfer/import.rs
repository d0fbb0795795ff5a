//! Taking what another host wrote for this one.

use std::io::{BufRead, Seek, SeekFrom};

use age::DecryptError;
use age::stream::StreamReader;
use weft_dictionary::Token;
use weft_journal::Appended;

use super::form::{Entry, Person, Reader};
use super::{Moved, Progress, TransferError};
use crate::error::VaultError;
use crate::index::Blind;
use crate::key_store::News;
use crate::limits::{CARRIED_AT_ONCE, MAX_TOKENS};
use crate::secret::Secret;
use crate::subject::bits_of;
use crate::vault::{NewRow, Vault};

/// Why a value cannot have a token.
enum Refused {
    Contradicts(&'static str),
    Vault(VaultError),
}

impl Vault {
    /// The key that others write for, as age writes it.
    pub fn recipient(&self) -> String {
        self.identity.to_public().to_string()
    }

    /// Takes all that is in a file. Durable on return. Nobody may be erased meanwhile.
    pub fn import<R: BufRead + Seek>(
        &self,
        mut from: R,
        progress: &Progress,
    ) -> Result<Moved, TransferError> {
        let taken = self.adopt_all(&mut from, progress).and_then(|entries| {
            progress.begin(entries.max(1));
            from.seek(SeekFrom::Start(0)).map_err(TransferError::Io)?;
            self.take_all(&mut from, progress)
        });
        progress.end();
        taken
    }

    /// Reads the file to its end and gives each of its values its token, in memory. When anything is wrong they are
    /// forgotten again. How many entries there are.
    fn adopt_all<R: BufRead>(&self, from: R, progress: &Progress) -> Result<u64, TransferError> {
        let mut adopted = Vec::new();
        let read = self.reader(from).and_then(|mut reader| {
            let mut is_erased = false;
            while let Some(entry) = reader.next()? {
                match entry {
                    Entry::Subject(person) => is_erased = self.is_erased(person.subject),
                    Entry::Value { .. } if is_erased => {}
                    Entry::Value { token, value } => {
                        let entry = reader.entry();
                        let new = self.adopt(&token, &value).map_err(|why| match why {
                            Refused::Contradicts(what) => {
                                TransferError::Contradicts { entry, what }
                            }
                            Refused::Vault(error) => error.into(),
                        })?;
                        adopted.extend(new);
                    }
                }
                progress.advance(0)?;
            }
            Ok(reader.entry())
        });
        if read.is_err() {
            self.index.forget_unbrought(&adopted);
        }
        read
    }

    fn take_all<R: BufRead>(&self, from: R, progress: &Progress) -> Result<Moved, TransferError> {
        let mut reader = self.reader(from)?;
        let mut moved = Moved::default();
        let mut kept: Vec<Appended> = Vec::new();
        let mut whose = None;
        while let Some(entry) = reader.next()? {
            match entry {
                Entry::Subject(person) if self.is_erased(person.subject) => {
                    whose = None;
                    moved.left_out += 1;
                }
                Entry::Subject(person) => {
                    moved.subjects += 1;
                    whose = Some(person.subject);
                    self.take_person(&person, &mut kept)?;
                }
                Entry::Value { token, value } => {
                    if let Some(subject) = whose {
                        moved.values += 1;
                        for row in self.bring(&[subject], &[(token, value)])? {
                            self.keep(row, &mut kept)?;
                        }
                    }
                }
            }
            if kept.len() >= CARRIED_AT_ONCE {
                wait(&mut kept)?;
            }
            progress.advance(1)?;
        }
        wait(&mut kept)?;
        Ok(moved)
    }

    fn take_person(&self, person: &Person, kept: &mut Vec<Appended>) -> Result<(), TransferError> {
        let (weaker, subjects) = (person.subject, self.keys.subjects());
        for &stronger in &person.links {
            // Who is erased here links nobody any more.
            if !self.is_erased(stronger) && subjects.link(weaker, stronger) == Ok(true) {
                self.keep(NewRow::of(News::Link { weaker, stronger }), kept)?;
            }
        }
        match person.hold {
            Some(hold) => Ok(self.hold(&[weaker], hold)?),
            None => Ok(()),
        }
    }

    fn reader<R: BufRead>(&self, from: R) -> Result<Reader<StreamReader<R>>, TransferError> {
        let refused = |why| match why {
            DecryptError::NoMatchingKeys => TransferError::NotForThisHost,
            DecryptError::UnknownFormat => TransferError::OtherForm,
            DecryptError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                TransferError::Io(error)
            }
            _ => TransferError::Damaged { entry: 0 },
        };
        let file = age::Decryptor::new_buffered(from).map_err(refused)?;
        let one = std::iter::once(&self.identity as &dyn age::Identity);
        Reader::new(file.decrypt(one).map_err(refused)?, &self.scope)
    }

    /// From now on a value has this token, which nobody brought yet. The value, if it is new.
    fn adopt(&self, token: &Token, value: &Secret) -> Result<Option<Blind>, Refused> {
        let bits = bits_of(token.as_str()).filter(|bits| {
            Token::new(&self.scope.region, token.kind(), *bits).as_str() == token.as_str()
        });
        let bits = bits.ok_or(Refused::Contradicts("its token is of another region"))?;
        let blind = self.blind(token.kind(), value).map_err(Refused::Vault)?;
        let mut shard = self.index.shard(&blind);
        match shard.get_mut(&blind) {
            Some(known) if known.token == bits => {
                known.wait_for_import();
                return Ok(None);
            }
            Some(_) => return Err(Refused::Contradicts("its value has another token")),
            None => {}
        }
        if self.index.has_token(&bits) {
            return Err(Refused::Contradicts("its token has another value"));
        }
        if self.index.len() >= MAX_TOKENS {
            return Err(Refused::Vault(VaultError::Full));
        }
        self.index.put(&mut shard, blind, bits, None);
        Ok(Some(blind))
    }
}

fn wait(kept: &mut Vec<Appended>) -> Result<(), TransferError> {
    for durable in kept.drain(..) {
        durable.wait().map_err(VaultError::from)?;
    }
    Ok(())
}
