//! `weft audit verify` finds every flipped bit, and says where.

use std::fs;

use weft_tests::binary::{Said, run};
use weft_tests::host::files;

fn log() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let said = run(&["demo", "--data", &data]);
    assert!(said.ok, "{}", said.err);
    (dir, data)
}

fn verify(data: &str) -> Said {
    run(&["audit", "verify", "--data", data])
}

#[test]
fn a_bit_flipped_in_any_file_is_found_with_its_place() {
    let (dir, data) = log();
    assert!(verify(&data).ok);
    let audit = dir.path().join("data/audit");
    let mut flipped = 0;
    for path in files(&audit) {
        let sound = fs::read(&path).expect("readable");
        // The first byte, the last one, and some between; segments of the journal are long and mostly zeros.
        let length = sound.len();
        let places = [
            0,
            length / 97,
            length / 3,
            length / 2,
            length.saturating_sub(1),
        ];
        for place in places.into_iter().filter(|p| *p < length) {
            let mut bytes = sound.clone();
            bytes[place] ^= 1 << (place % 8);
            fs::write(&path, &bytes).expect("written");
            let said = verify(&data);
            let name = path.file_name().expect("a name").to_string_lossy();
            assert!(!said.ok, "{} byte {place}:\n{}", path.display(), said.out);
            assert!(
                said.out.contains(&*name),
                "{} byte {place}:\n{}",
                path.display(),
                said.out
            );
            flipped += 1;
        }
        fs::write(&path, &sound).expect("written");
    }
    assert!(flipped >= 20, "only {flipped} bits were flipped");
    let said = verify(&data);
    assert!(said.ok, "all is as before, but: {}", said.out);
}

#[test]
fn a_log_that_was_forged_as_a_whole_does_not_match_the_key_that_is_trusted() {
    let (dir, data) = log();
    let (_other_dir, other) = log();
    let trusted = dir.path().join("data/audit/log.vkey").display().to_string();
    let good = run(&["audit", "verify", "--data", &data, "--key", &trusted]);
    assert!(good.ok, "{}{}", good.out, good.err);
    let forged = run(&["audit", "verify", "--data", &other, "--key", &trusted]);
    assert!(!forged.ok, "{}", forged.out);
}
