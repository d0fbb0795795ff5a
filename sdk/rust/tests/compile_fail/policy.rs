use weft_sdk::prelude::*;

#[derive(Needs)]
struct Input {}

#[policy(operations = [])]
fn decides_nothing(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment authorize"])]
fn no_operation(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment.*"], obligations = ["stepup"])]
fn no_obligation(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment.*"], obligation = ["step-up"])]
fn misspelt(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment.*"])]
fn two_parameters(_: &Context, _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment.*"])]
fn by_value(_: &Context, _: (), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment.*"])]
fn says_nothing(_: &Context, _: &(), _: &Input) {}

#[policy(operations = ["payment.*"])]
async fn waits(_: &Context, _: &(), _: &Input) -> Finding {
    Finding::abstain()
}

#[policy(operations = ["payment.*"])]
struct NotAFunction;

fn main() {}
