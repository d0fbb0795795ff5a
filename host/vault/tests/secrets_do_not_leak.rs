//! What must not compile: printing, copying, serialising or borrowing a secret.

#[test]
fn secrets_do_not_leak() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
