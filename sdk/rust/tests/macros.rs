//! What a plugin author reads when a declaration is wrong: golden files in `compile_fail/`.
//! After a change of words: `TRYBUILD=overwrite cargo test --release -p weft-sdk --test macros`.

#[test]
fn a_wrong_declaration_is_pointed_at_with_what_to_do() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
