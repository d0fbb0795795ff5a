//! Compiled plugins on disk: used again when they are genuine, never when they are not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use weft_sandbox::{CacheConfig, Sandbox, SandboxConfig, SandboxError};
use weft_tests::guest::{Guest, MANIFEST};
use zeroize::Zeroizing;

fn cached(dir: &Path, key: u8) -> Sandbox {
    let cache = CacheConfig {
        dir: dir.to_owned(),
        key: Zeroizing::new([key; 32]),
    };
    Sandbox::new(SandboxConfig {
        max_in_flight: 4,
        cache: Some(cache),
    })
    .expect("a sandbox")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

#[test]
fn a_compiled_plugin_is_kept_and_used_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let cache = dir.path().join("compiled");
    let bytes = Guest::valid().build();
    let first = cached(&cache, 1).load(&bytes).expect("compiles");
    let kept = files(&cache);
    assert_eq!(kept.len(), 1, "one file, and no temporary one");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&cache), mode(&kept[0])), (0o700, 0o600));
    let written = fs::metadata(&kept[0])
        .expect("there")
        .modified()
        .expect("a time");
    let second = cached(&cache, 1).load(&bytes).expect("from the cache");
    assert_eq!(first.manifest(), second.manifest());
    assert_eq!(
        fs::metadata(&kept[0])
            .expect("there")
            .modified()
            .expect("a time"),
        written,
        "not written again"
    );
}

#[test]
fn a_tampered_file_in_the_cache_is_never_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let cache = dir.path().join("compiled");
    let bytes = Guest::valid().build();
    cached(&cache, 1).load(&bytes).expect("compiles");
    let file = files(&cache).remove(0);
    let genuine = fs::read(&file).expect("readable");
    for damage in [
        |file: &mut Vec<u8>| file[40] ^= 1,
        |file: &mut Vec<u8>| file[0] ^= 1,
        |file: &mut Vec<u8>| file.truncate(20),
        |file: &mut Vec<u8>| file.push(0),
        |file: &mut Vec<u8>| file.clear(),
    ] {
        let mut tampered = genuine.clone();
        damage(&mut tampered);
        fs::write(&file, &tampered).expect("writable");
        cached(&cache, 1).load(&bytes).expect("compiled anew");
        let replaced = fs::read(&file).expect("readable");
        assert_ne!(replaced, tampered, "replaced");
        assert!(replaced.len() > 32);
    }
}

/// A genuine file under another plugin's name, and a file of another host's key, are as false as a
/// damaged one.
#[test]
fn a_genuine_file_of_another_plugin_or_key_is_not_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let cache = dir.path().join("compiled");
    let one = Guest::valid().build();
    let other = Guest::valid()
        .with_manifest(MANIFEST.replace("amount-limit", "other-limit"))
        .build();
    cached(&cache, 1).load(&one).expect("compiles");
    let of_one = files(&cache).remove(0);
    cached(&cache, 1).load(&other).expect("compiles");
    let of_other = files(&cache)
        .into_iter()
        .find(|f| *f != of_one)
        .expect("a second file");
    fs::copy(&of_one, &of_other).expect("writable");
    let loaded = cached(&cache, 1).load(&other).expect("compiled anew");
    assert_eq!(loaded.manifest().name, "other-limit");
    assert_ne!(
        fs::read(&of_one).expect("there"),
        fs::read(&of_other).expect("there")
    );

    let by_first_key = fs::read(&of_one).expect("there");
    cached(&cache, 2).load(&one).expect("compiled anew");
    assert_ne!(fs::read(&of_one).expect("there")[..32], by_first_key[..32]);
}

#[test]
fn a_cache_that_others_may_use_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    let cache = CacheConfig {
        dir: dir.path().to_owned(),
        key: Zeroizing::new([1; 32]),
    };
    let error = Sandbox::new(SandboxConfig {
        max_in_flight: 1,
        cache: Some(cache),
    })
    .expect_err("open to others");
    assert!(matches!(error, SandboxError::CacheDir { .. }));
    let text = error.to_string();
    assert!(
        text.contains("mode 755") && text.contains("chmod 700"),
        "{text}"
    );
}
