use weft_sdk::prelude::*;

#[derive(Needs)]
struct Input {
    unnamed: Money,
    #[need("payment.amount")]
    purposeless: Money,
    #[need("payment.amount", purpose = "fraud prevention")]
    no_name: Money,
    #[need("payment.amount", purpose = "fraud-prevention", treatmnet = "band")]
    misspelt: String,
    #[need("payment.amount", purpose = "fraud-prevention", treatment = "baned")]
    no_treatment: String,
    #[need("payment.amount", purpose = "fraud-prevention", treatment = "band")]
    band_is_text: Money,
    #[need("instrument.pan", purpose = "fraud-prevention", treatment = "clear")]
    card: Token,
    #[need("risk.score", purpose = "fraud-prevention")]
    float: f64,
    #[need("risk.count", purpose = "fraud-prevention")]
    small: u32,
    #[need("payee.name", purpose = "fraud-prevention")]
    borrowed: &'static str,
    #[need("payee.name", purpose = "fraud-prevention")]
    unknown: Payee,
}

struct Payee;

#[derive(Needs)]
struct Twice {
    #[need("payment.amount", purpose = "fraud-prevention")]
    amount: Money,
    #[need("payment.amount", purpose = "sanctions")]
    again: Money,
}

#[derive(Needs)]
enum Choice {}

#[derive(Needs)]
struct Tuple(Money);

fn main() {}
