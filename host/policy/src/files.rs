//! The files of a policy directory, read once: what is checked, what the digest is of, and what is kept are the
//! same bytes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_diagnostic::{Diagnostic, Diagnostics, Place, code, yaml};

use crate::limits;

/// The file with the fields.
pub const DICTIONARY: &str = "dictionary.yaml";
/// The file with stages and operations.
pub(crate) const PIPELINE: &str = "pipeline.yaml";
/// All files of a policy directory as they were when they were read.
#[derive(Debug, Clone)]
pub struct PolicyFiles {
    dir: PathBuf,
    dictionary: Option<Text>,
    /// All others, by path.
    texts: Vec<Text>,
}

/// One file: its path below the directory, its name for people, its text.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) relative: String,
    pub(crate) file: String,
    pub(crate) text: String,
}

impl PolicyFiles {
    /// Reads the dictionary, if there is one, the pipeline, the lists, the disclosures and all policies below `dir`.
    pub fn read(dir: &Path) -> Result<PolicyFiles, Diagnostics> {
        let mut paths = Vec::new();
        find(dir, dir, &mut HashSet::new(), &mut paths)?;
        paths.sort();
        if paths.len() > limits::MAX_FILES {
            let message = format!("{} files, the limit is {}", paths.len(), limits::MAX_FILES);
            return Err(at_start(dir, message)
                .help("keep only policies here")
                .into());
        }
        let mut problems = Vec::new();
        let mut read = |path: &Path| {
            yaml::read_text(path)
                .map_err(|problem| problems.push(problem))
                .ok()
                .map(|text| Text {
                    relative: path.strip_prefix(dir).unwrap_or(path).display().to_string(),
                    file: path.display().to_string(),
                    text,
                })
        };
        let dictionary = dir.join(DICTIONARY);
        let dictionary = dictionary.exists().then(|| read(&dictionary)).flatten();
        let texts = paths.iter().filter_map(|path| read(path)).collect();
        if !problems.is_empty() {
            return Err(Diagnostics(problems));
        }
        Ok(PolicyFiles {
            dir: dir.to_owned(),
            dictionary,
            texts,
        })
    }

    /// The directory, as it was named.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The dictionary: its name for people, its text.
    pub fn dictionary(&self) -> Result<(&str, &str), Diagnostic> {
        let text = self.dictionary.as_ref().ok_or_else(|| {
            at_start(&self.dir.join(DICTIONARY), "there is no dictionary.yaml")
                .help("it says what every field is; see policies/README.md")
        })?;
        Ok((&text.file, &text.text))
    }

    /// The text of a file by its path below the directory.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.iter()
            .find(|(relative, _)| *relative == path)
            .map(|(_, text)| text)
    }

    /// All files, the dictionary first and then by path: the path below the directory, the text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.dictionary.iter().chain(&self.texts);
        all.map(|text| (text.relative.as_str(), text.text.as_str()))
    }

    /// SHA-256 of each file, in hexadecimal, in the same order: the path below the directory, the digest.
    pub fn digests(&self) -> impl Iterator<Item = (&str, String)> {
        self.iter()
            .map(|(path, text)| (path, HEXLOWER.encode(&Sha256::digest(text.as_bytes()))))
    }

    /// SHA-256 over the paths and contents of all files, in hexadecimal.
    pub fn digest(&self) -> String {
        PolicyFiles::digest_of(self.digests())
    }

    /// The digest of a set of files of which only paths and [`digests`](Self::digests) are known.
    pub fn digest_of<'a>(files: impl Iterator<Item = (&'a str, String)>) -> String {
        let mut hash = Sha256::new();
        for (path, digest) in files {
            for part in [path, &digest] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        HEXLOWER.encode(&hash.finalize())
    }

    /// Pipeline, policies, lists and disclosures, by path.
    pub(crate) fn texts(&self) -> &[Text] {
        &self.texts
    }
}

fn find(
    root: &Path,
    dir: &Path,
    seen: &mut HashSet<PathBuf>,
    paths: &mut Vec<PathBuf>,
) -> Result<(), Diagnostic> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => at_start(dir, "there is no such directory")
            .help("name the directory with dictionary.yaml, pipeline.yaml and the policies"),
        std::io::ErrorKind::NotADirectory => at_start(dir, "this is not a directory")
            .help("name the directory with dictionary.yaml, pipeline.yaml and the policies"),
        _ => at_start(dir, error.to_string()).help("let this user read it"),
    };
    // Links that lead back would be followed without end.
    if !seen.insert(dir.canonicalize().map_err(unreadable)?) {
        let message = "a link leads to a directory that is read already";
        return Err(at_start(dir, message).help("remove the link"));
    }
    if seen.len() > limits::MAX_FILES {
        let message = format!("more than {} directories", limits::MAX_FILES);
        return Err(at_start(root, message).help("keep only policies here"));
    }
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_dictionary = dir == root && name == DICTIONARY;
        if is_dictionary || name == ".git" {
            continue;
        }
        let hidden = name.starts_with('.');
        if path.is_dir() && !hidden {
            find(root, &path, seen, paths)?;
        } else if !hidden && (name.ends_with(".yaml") || name.ends_with(".yml")) {
            paths.push(path);
        } else if path.is_dir() || looks_like_a_policy(&name) {
            return Err(set_aside(&path));
        }
    }
    Ok(())
}

/// A policy that somebody renamed is not in force any more, and nobody would see it.
fn looks_like_a_policy(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains(".yaml") || name.contains(".yml")
}

fn set_aside(path: &Path) -> Diagnostic {
    let message =
        "this would be passed over in silence: policies end in .yaml, and nothing here is hidden";
    at_start(path, message)
        .help("rename it, move it out of the directory, or set metadata.status: draft")
}

/// A problem that concerns a file or directory as a whole.
pub(crate) fn at_start(path: &Path, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(
        code::UNREADABLE,
        path.display().to_string(),
        Place::START,
        message,
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_digest_is_of_every_file_and_its_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            for below in ["lists", "disclosures"] {
                fs::create_dir_all(dir.path().join(below)).expect("made");
            }
            fs::write(dir.path().join(name), text).expect("written");
        };
        let digest = || PolicyFiles::read(dir.path()).expect("read").digest();
        let mut before = vec![digest()];
        for (name, text) in [
            ("dictionary.yaml", "a"),
            ("dictionary.yaml", "b"),
            ("pipeline.yaml", "a"),
            ("lists/a.yaml", "a"),
            ("lists/b.yaml", "a"),
            ("disclosures/a.yaml", "a"),
            ("policy.yaml", "a"),
        ] {
            write(name, text);
            let now = digest();
            assert!(!before.contains(&now), "{name}: {text}");
            before.push(now);
        }
        write("README.md", "not part of it");
        assert_eq!(before.last(), Some(&digest()));
    }

    #[cfg(unix)]
    mod links {
        use std::fs;
        use std::os::unix::fs::symlink;
        use std::path::Path;
        use std::process::Command;

        use super::PolicyFiles;

        fn said(dir: &Path) -> String {
            let problems = PolicyFiles::read(dir).expect_err("refused").to_string();
            problems.replace(&format!("{}/", dir.display()), "")
        }

        #[test]
        fn only_regular_files_are_opened() {
            for name in ["dictionary.yaml", "pipeline.yaml", "p.yaml", "lists/l.yaml"] {
                let expected = format!(
                    "{name}:1:1: error[W0102]: this is not a regular file, nor a link to one (put a regular file here, or remove it)"
                );
                let dir = tempfile::tempdir().expect("a directory");
                fs::create_dir(dir.path().join("lists")).expect("made");
                let path = dir.path().join(name);
                let made = Command::new("mkfifo").arg(&path).status().expect("run");
                assert!(made.success());
                assert_eq!(said(dir.path()), expected);
                fs::remove_file(&path).expect("removed");
                symlink("/dev/zero", &path).expect("linked");
                assert_eq!(said(dir.path()), expected);
            }
        }

        #[test]
        fn a_link_to_a_file_is_followed_and_one_that_leads_back_is_told() {
            let dir = tempfile::tempdir().expect("a directory");
            let elsewhere = tempfile::tempdir().expect("a directory");
            fs::write(elsewhere.path().join("a"), "text").expect("written");
            symlink(elsewhere.path().join("a"), dir.path().join("p.yaml")).expect("linked");
            let files = PolicyFiles::read(dir.path()).expect("read");
            assert_eq!(files.text("p.yaml"), Some("text"));
            symlink(dir.path(), dir.path().join("again")).expect("linked");
            assert_eq!(
                said(dir.path()),
                "again:1:1: error[W0102]: a link leads to a directory that is read already (remove the link)"
            );
        }
    }
}
