//! The policies that the project ships are ones that it accepts, and their tests hold.

use std::path::Path;

use weft_dictionary::Dictionary;
use weft_policy::PolicySet;

#[test]
fn they_load_without_a_warning_and_their_tests_hold() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let set = PolicySet::load(&dir, &dictionary).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(set.warnings().0, Vec::new());
    assert!(
        set.tests().passed > 10 && set.tests().failed == 0,
        "{:?}",
        set.tests()
    );
}
