//! Directories as they are.

use std::fs;
use std::path::{Path, PathBuf};

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    let made = |result: std::io::Result<u64>| result.unwrap_or_else(|e| panic!("no copy: {e}"));
    made(fs::create_dir_all(to).map(|()| 0));
    for path in files(from) {
        let below = path.strip_prefix(from).unwrap_or(&path);
        let target = to.join(below);
        if let Some(dir) = target.parent() {
            made(fs::create_dir_all(dir).map(|()| 0));
        }
        made(fs::copy(&path, &target));
    }
}

/// All files below a directory.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}
