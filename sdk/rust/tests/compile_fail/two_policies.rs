use weft_sdk::prelude::*;

#[derive(Needs)]
struct Input {}

#[policy(operations = ["payment.*"])]
fn one(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["assist.*"])]
fn another(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

fn main() {}
