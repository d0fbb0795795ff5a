use weft_sdk::prelude::*;

#[derive(Reasons)]
enum Why {
    Untitled,
    #[reason("  ")]
    Empty,
    #[reason("With a value")]
    Value(i64),
    #[reason("No name", code = "no name")]
    NoName,
}

#[derive(Reasons)]
enum Twice {
    #[reason("One")]
    OverLimit,
    #[reason("Two", code = "over-limit")]
    Other,
}

#[derive(Reasons)]
struct NotAnEnum;

fn main() {}
