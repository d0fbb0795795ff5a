use weft_sdk::prelude::*;

#[derive(Settings)]
struct Limits {
    undeclared: i64,
    #[setting(default = 1)]
    undocumented: i64,
    #[setting(default = 11, max = 10, doc = "Out of range.")]
    over: i64,
    #[setting(default = "30m", min = "1h", doc = "Out of range.")]
    under: Duration,
    #[setting(default = "2.00 EUR", max = "10.00 CHF", doc = "Two currencies.")]
    currencies: Money,
    #[setting(default = "1.00", doc = "No currency.")]
    money: Money,
    #[setting(default = 0.5, doc = "A float.")]
    float: Decimal,
    #[setting(default = "many", doc = "Another kind.")]
    text: i64,
    #[setting(default = "24 hours", doc = "Another form.")]
    window: Duration,
    #[setting(default = "fax", one_of = ["app-approval"], doc = "No choice.")]
    method: String,
    #[setting(default = "{open}", doc = "Not JSON.")]
    json: Json<Vec<String>>,
    #[setting(default = 1, doc = "Always there.")]
    optional: Option<i64>,
    #[setting(min = "a", doc = "No order.")]
    unordered: String,
    #[setting(min = 2, max = 1, doc = "Upside down.")]
    upside_down: i64,
    #[setting(doc = "A token.")]
    token: Token,
    #[setting(defualt = 1, doc = "Misspelt.")]
    misspelt: i64,
    #[setting(default = 1, default = 2, doc = "Twice.")]
    twice: i64,
}

fn main() {}
