//! The key file as people meet it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Barrier;
use std::thread;

use tempfile::TempDir;
use weft_vault::{KeyFileError, Keys, Label};

fn refusal(path: &std::path::Path) -> KeyFileError {
    match Keys::open_or_create(path) {
        Ok(_) => panic!("opened {}", path.display()),
        Err(error) => error,
    }
}

#[test]
fn it_is_made_once_for_its_owner_only() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("keys.weft");
    let made = Keys::open_or_create(&path).expect("made");
    let metadata = fs::metadata(&path).expect("the file");
    assert_eq!(metadata.mode() & 0o777, 0o600);
    assert_eq!(metadata.nlink(), 1);
    assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 1);
    let read = Keys::open_or_create(&path).expect("read");
    assert_eq!(made.root_id(), read.root_id());
    assert_eq!(
        made.derive(Label::AuditSigning),
        read.derive(Label::AuditSigning)
    );
    let other = Keys::open_or_create(&dir.path().join("other.weft")).expect("made");
    assert_ne!(made.root_id(), other.root_id());
}

#[test]
fn many_at_once_make_one() {
    const THREADS: usize = 8;
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("keys.weft");
    let start = Barrier::new(THREADS);
    let open = || {
        start.wait();
        Keys::open_or_create(&path).expect("keys").root_id()
    };
    let ids: Vec<[u8; 16]> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(open)).collect();
        threads
            .into_iter()
            .map(|t| t.join().expect("a thread"))
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 1);
}

#[test]
fn one_that_others_may_use_is_refused_with_the_remedy() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("keys.weft");
    Keys::open_or_create(&path).expect("made");
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("chmod");
        let error = refusal(&path);
        assert!(
            matches!(error, KeyFileError::OpenToOthers { .. }),
            "{error}"
        );
        let remedy = format!("chmod 600 {}", path.display());
        assert!(error.to_string().contains(&remedy), "{error}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).expect("chmod");
    Keys::open_or_create(&path).expect("its owner may read it, nobody else");
}

#[test]
fn damage_is_told_from_another_form_and_never_quoted() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("keys.weft");
    Keys::open_or_create(&path).expect("made");
    let sound = fs::read_to_string(&path).expect("the file");
    let root = sound
        .lines()
        .find_map(|line| line.strip_prefix("root "))
        .expect("a root")
        .to_owned();
    let digit = if root.starts_with('0') { "1" } else { "0" };
    let flipped = format!("{digit}{}", &root[1..]);
    let damaged = [
        String::new(),
        sound.replace(&root, &flipped),
        sound.replace(&root, &root[..63]),
        sound.replace(
            &root,
            &root
                .to_uppercase()
                .replace(|c: char| c.is_ascii_digit(), "A"),
        ),
        sound.lines().take(2).collect::<Vec<_>>().join("\n"),
        format!("{sound}more\n"),
    ];
    for text in damaged {
        fs::write(&path, &text).expect("written");
        let error = refusal(&path);
        assert!(matches!(error, KeyFileError::Damaged { .. }), "{error}");
        assert!(!error.to_string().contains(&root[..8]), "{error}");
    }
    for text in ["weft-keys 3\nroot 00\n", "hello\n", &"x".repeat(5_000)] {
        fs::write(&path, text).expect("written");
        let error = refusal(&path);
        assert!(matches!(error, KeyFileError::UnknownForm { .. }), "{error}");
    }
    fs::write(&path, &sound).expect("written");
    Keys::open_or_create(&path).expect("sound again");
}

#[test]
fn a_place_where_none_can_be_is_named() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("missing").join("keys.weft");
    let error = refusal(&path);
    assert!(
        matches!(
            error,
            KeyFileError::Io {
                doing: "created",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains(&path.display().to_string()));
}
