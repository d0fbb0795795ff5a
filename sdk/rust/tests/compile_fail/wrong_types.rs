use weft_sdk::prelude::*;

struct Input;

#[policy(operations = ["payment.*"])]
fn no_needs(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

fn main() {}
