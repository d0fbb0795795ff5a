//! Challenges payments over a limit.
//!
//! What this plugin needs, what a policy may set, and why it decides stand in three types; its manifest is
//! made from them. It gets nothing else, and can say nothing else.

use weft_sdk::prelude::*;

#[derive(Needs)]
struct Input {
    #[need("payment.amount", purpose = "fraud-prevention")]
    amount: Money,
    /// Since when the account pays this payee. What may be absent is an `Option`.
    #[need("behaviour.account_payee.age", purpose = "fraud-prevention")]
    payee_age: Option<Duration>,
}

#[derive(Settings)]
struct Limits {
    /// Amounts above are challenged, in the minor unit of the currency (cents).
    #[setting(default = 50_000, min = 0)]
    limit_minor: i64,
    /// To a payee that is known for longer, twice the limit passes.
    #[setting(default = "30d", min = "1d")]
    known_after: Duration,
    /// How the customer proves that the payment is theirs.
    #[setting(default = "app-approval", one_of = ["app-approval"])]
    method: String,
}

#[derive(Reasons)]
enum Why {
    #[reason("The amount is over the limit")]
    OverLimit,
}

#[policy(operations = ["payment.authorize"], obligations = ["step-up"], reasons = Why)]
fn decide(_: &Context, limits: &Limits, input: &Input) -> Finding {
    let known = input.payee_age.is_some_and(|age| age >= limits.known_after);
    let factor = if known { 2 } else { 1 };
    if input.amount.minor_units <= limits.limit_minor.saturating_mul(factor) {
        return Finding::abstain();
    }
    log::info("over the limit");
    Finding::new(Verdict::Challenge)
        .risk(400)
        .because(Why::OverLimit, [Input::AMOUNT, Input::PAYEE_AGE])
        .oblige("step-up", [("method", &limits.method)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payment of so many euros, to a payee that was never seen before.
    fn paying(euros: i64) -> weft_sdk::test::Evaluation<decide::Plugin> {
        weft_sdk::test::of::<decide::Plugin>()
            .need("payment.amount", Money::cents(euros * 100, "EUR"))
    }

    #[test]
    fn up_to_the_limit_there_is_nothing_to_say() {
        assert_eq!(paying(500).evaluate().verdict, Verdict::Abstain);
    }

    #[test]
    fn over_the_limit_the_customer_proves_who_they_are() {
        let finding = paying(501).evaluate();
        assert_eq!(finding.verdict, Verdict::Challenge);
        assert_eq!(finding.codes(), ["over-limit"]);
        assert_eq!(
            finding.obligation("step-up"),
            Some(&[("method".to_owned(), "app-approval".to_owned())][..])
        );
    }

    #[test]
    fn a_payee_that_is_known_for_long_gets_twice_the_limit() {
        let known_for = |age| {
            paying(900)
                .need("behaviour.account_payee.age", age)
                .evaluate()
        };
        assert_eq!(known_for(Duration::days(30)).verdict, Verdict::Abstain);
        assert_eq!(known_for(Duration::days(29)).verdict, Verdict::Challenge);
    }

    #[test]
    fn a_policy_sets_the_limit() {
        assert_eq!(
            paying(1).setting("limit_minor", 99).evaluate().verdict,
            Verdict::Challenge
        );
    }
}
