//! The components of a set: each read once, however many policies ask it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_sandbox::{LoadError, Plugin, Sandbox};

/// Where components come from.
pub(crate) enum Source<'a> {
    /// A directory with `NAME.wasm`.
    Directory(&'a Path),
    /// Read already, by name: where from, and the bytes.
    Read(BTreeMap<String, (PathBuf, Vec<u8>)>),
}

/// A component, as it was read, and the plugin that was made of these bytes.
pub(crate) struct Component {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) plugin: Arc<Plugin>,
}

/// Why there is no plugin of a name.
pub(crate) enum Refused {
    Unreadable(PathBuf, io::Error),
    NoPlugin(PathBuf, LoadError),
}

/// The components that one set asks for.
pub(crate) struct Components<'a> {
    source: Source<'a>,
    sandbox: &'a Sandbox,
    /// Plugins that are compiled already.
    compiled: &'a [Arc<Plugin>],
    loaded: BTreeMap<String, Component>,
}

impl<'a> Components<'a> {
    /// `compiled` is not compiled again.
    pub(crate) fn new(
        source: Source<'a>,
        sandbox: &'a Sandbox,
        compiled: &'a [Arc<Plugin>],
    ) -> Components<'a> {
        Components {
            source,
            sandbox,
            compiled,
            loaded: BTreeMap::new(),
        }
    }

    /// The component of a name, loaded.
    pub(crate) fn load(&mut self, name: &str) -> Result<&Component, Refused> {
        if !self.loaded.contains_key(name) {
            let (path, bytes) = self.read(name)?;
            let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
            let compiled = self.compiled.iter().find(|p| p.digest() == digest);
            let plugin = match compiled {
                Some(plugin) => Arc::clone(plugin),
                None => match self.sandbox.load(&bytes) {
                    Ok(plugin) => plugin,
                    Err(why) => return Err(Refused::NoPlugin(path, why)),
                },
            };
            let component = Component {
                path,
                bytes,
                plugin,
            };
            self.loaded.insert(name.to_owned(), component);
        }
        Ok(&self.loaded[name])
    }

    fn read(&self, name: &str) -> Result<(PathBuf, Vec<u8>), Refused> {
        match &self.source {
            Source::Directory(dir) => {
                let path = dir.join(format!("{name}.wasm"));
                match std::fs::read(&path) {
                    Ok(bytes) => Ok((path, bytes)),
                    Err(why) => Err(Refused::Unreadable(path, why)),
                }
            }
            Source::Read(read) => match read.get(name) {
                Some((path, bytes)) => Ok((path.clone(), bytes.clone())),
                None => Err(Refused::Unreadable(
                    PathBuf::from(format!("{name}.wasm")),
                    io::ErrorKind::NotFound.into(),
                )),
            },
        }
    }

    /// All that were asked for, by name.
    pub(crate) fn into_loaded(self) -> BTreeMap<String, Component> {
        self.loaded
    }
}
