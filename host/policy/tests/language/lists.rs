//! Countries, currencies, corridors and texts that stand in files of their own.

use crate::fixture::load;
use crate::{eur, policy, row, says, warnings};

fn list(kind: &str, entries: &str) -> String {
    format!(
        "name: x\ntitle: t\nkind: {kind}\nsources: [{{title: s, reference: r, verified: true}}]\nentries: {entries}\n"
    )
}

fn rule(when: &str) -> String {
    policy(&format!(
        "rules:\n  - id: r\n    when: {when}\n    verdict: deny\n    reason: because\n"
    ))
}

fn fires(kind: &str, entries: &str, when: &str, facts: &[(&str, serde_json::Value)]) -> bool {
    let files = [
        ("lists/x.yaml", list(kind, entries)),
        ("p.yaml", rule(when)),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let set = load(&files).unwrap_or_else(|problems| panic!("{problems}"));
    !set.policies()[0].evaluate(&row(facts)).fired.is_empty()
}

#[test]
fn membership_by_kind() {
    let country = |code: &str| [("payer.country", code.into())];
    let eea = "[BE, IS, NO]";
    assert!(fires(
        "country",
        eea,
        "payer.country in lists.x",
        &country("NO")
    ));
    assert!(!fires(
        "country",
        eea,
        "payer.country in lists.x",
        &country("GB")
    ));
    assert!(fires(
        "country",
        eea,
        "'!(payer.country in lists.x)'",
        &country("GB")
    ));
    let amount = [("payment.amount", eur("1"))];
    let currency = "currency(payment.amount) in lists.x";
    assert!(fires("currency", "[EUR]", currency, &amount));
    assert!(!fires("currency", "[USD]", currency, &amount));
    let role = [("session.role", "agent".into())];
    assert!(fires(
        "text",
        "[agent, 'the boss']",
        "session.role in lists.x",
        &role
    ));
}

#[test]
fn corridors_have_a_direction_and_a_star() {
    let corridor = "corridor(payer.country, payee.country) in lists.x";
    let between = |from: &str, to: &str| {
        let facts = [("payer.country", from.into()), ("payee.country", to.into())];
        fires("corridor", "['BE>IN', '*>KP']", corridor, &facts)
    };
    assert!(between("BE", "IN"));
    assert!(!between("IN", "BE"));
    assert!(between("FR", "KP"));
}

#[test]
fn problems_point_at_the_entry_or_at_the_use() {
    let using = rule("payer.country in lists.x");
    let one = |list: &str, expected: &str| {
        says(&[("lists/x.yaml", list), ("p.yaml", &using)], expected);
    };
    one(
        &list("country", "[BE, UK]"),
        "lists/x.yaml:5:15: error[W0309]: `UK` is not a country (write the two letters of ISO 3166-1, in upper case)",
    );
    one(
        &list("currency", "[EURO]"),
        "lists/x.yaml:5:11: error[W0309]: `EURO` is not a currency (write the three letters of ISO 4217, in upper case)",
    );
    one(
        &list("corridor", "['BE>IN', '*>*']"),
        "lists/x.yaml:5:20: error[W0309]: `*>*` is not a corridor (write two countries, `BE>IN`; `*` on one side is any country)",
    );
    one(
        &list("country", "[BE, NL, BE]"),
        "lists/x.yaml:5:19: error[W0309]: `BE` stands twice (keep one of the two)",
    );
    one(
        &list("country", "[]"),
        "lists/x.yaml:1:7: error[W0309]: the list is empty: nothing would ever be in it (write its entries, or remove the list)",
    );
    one(
        &list("currency", "[EUR]"),
        "p.yaml:14:11: error[W0303]: a country is never in a list of currencies",
    );
    one(
        &list("corridor", "['BE>IN']"),
        "p.yaml:14:11: error[W0303]: a text is never in a list of corridors (write corridor(payer.country, payee.country))",
    );
    let sound = list("country", "[BE]");
    says(
        &[
            ("lists/x.yaml", &sound),
            ("p.yaml", &rule("payer.country in lists.xx")),
        ],
        "p.yaml:14:28: error[W0302]: there is no list `xx` (did you mean `lists.x`?)",
    );
    says(
        &[
            ("lists/x.yaml", &sound),
            ("p.yaml", &rule("lists.x == payer.country")),
        ],
        "p.yaml:14:11: error[W0303]: a list stands behind `in` only (write `payer.country in lists.NAME`)",
    );
    says(
        &[
            ("lists/x.yaml", &sound),
            ("lists/y.yaml", &sound),
            ("p.yaml", &using),
        ],
        "lists/y.yaml:1:7: error[W0309]: `x` is the name of lists/x.yaml, too (give one of the two another name)",
    );
}

#[test]
fn a_list_is_part_of_the_sets_digest_and_one_that_nothing_uses_is_worth_a_warning() {
    let tests = "tests:\n  - {name: t, given: {payer.country: BE}, expect: {verdict: deny}}\n";
    let using = format!("{}{tests}", rule("payer.country in lists.x"));
    let digest = |entries: &str| {
        let list = list("country", entries);
        let set = load(&[("lists/x.yaml", &list), ("p.yaml", &using)]).expect("sound");
        assert_eq!(set.lists()[0].name(), "x");
        set.digest().to_owned()
    };
    assert_ne!(digest("[BE]"), digest("[BE, NL]"));
    let unused = list("country", "[FR]").replace("name: x", "name: other");
    let used = list("country", "[BE]");
    let files = [
        ("lists/o.yaml", &*unused),
        ("lists/x.yaml", &*used),
        ("p.yaml", &*using),
    ];
    assert_eq!(
        warnings(&files),
        [
            "o.yaml:1:7: warning[W0314]: no policy uses the list `other` (remove the file, or refer to it as `lists.NAME`)"
        ]
    );
}
