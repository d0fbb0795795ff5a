//! A fact that is missing never lets anything go on: neither where a rule denies by it, nor where one allows.

use weft_dictionary::FieldId;
use weft_policy::Applies;

use crate::fixture::{dictionary, load};
use crate::{policy, row, said, says};

const LIST: &str = "name: eea\ntitle: t\nkind: country\nsources: [{title: s, reference: r, verified: true}]\nentries: [BE]\n";
const CORRIDORS: &str = "name: open\ntitle: t\nkind: corridor\nsources: [{title: s, reference: r, verified: true}]\nentries: ['BE>*']\n";
const PARAMETER: &str = "parameters:\n  - {name: limit, title: t, type: money, value: 30.00 EUR}\n";

/// What each way of asking says of a row that lacks the fact: by name.
const PROBES: [(&str, &str); 6] = [
    ("payment.risky", "payment.risky"),
    ("payment.count > 3", "payment.count"),
    ("payer.country in lists.eea", "payer.country"),
    (
        "corridor('BE', payee.country) in lists.open",
        "payee.country",
    ),
    ("payment.amount > parameters.limit", "payment.amount"),
    ("payment.at.getHours('Europe/Brussels') > 21", "payment.at"),
];

/// What whoever sends a request may leave out is no way around a denial.
#[test]
fn a_set_that_opens_without_a_fact_is_not_loaded() {
    let body = "rules:\n  - {id: r, when: has(payment.risky) && payment.risky, verdict: deny, reason: because}\n";
    let open = policy(body);
    says(
        &[("p.yaml", &open)],
        "p.yaml:13:19: error[W0321]: who leaves out `payment.risky` gets a milder decision: the rule `r` is silent without it; with \
         payment.risky = yes it is deny, without `payment.risky` abstain (leave out `has(payment.risky)`, so that on_missing counts, add \
         a rule on `!has(payment.risky)` that says as much, or say of `payment.risky` in metadata.accepts_risk why it may be left out)",
    );
    let accepted = open.replace(
        "  status: enforced\n",
        "  status: enforced\n  accepts_risk: payment.risky is optional\n",
    );
    for sound in [open.replace("status: enforced", "status: draft"), accepted] {
        assert_eq!(said(&[("p.yaml", &sound)]), "");
    }
}

fn names(fields: &[FieldId]) -> Vec<String> {
    let dictionary = dictionary();
    let name = |id: &FieldId| dictionary.field(*id).name.clone();
    fields.iter().map(name).collect()
}

/// The policy that says `verdict` under this condition, loaded.
fn probed(body: &str, condition: &str) -> std::sync::Arc<weft_policy::Policy> {
    let parameter = if condition.contains("parameters") {
        PARAMETER
    } else {
        ""
    };
    let text = policy(&format!("{parameter}{body}"));
    let mut files = vec![("p.yaml", text.as_str())];
    for (list, path, text) in [
        ("lists.eea", "lists/e.yaml", LIST),
        ("lists.open", "lists/o.yaml", CORRIDORS),
    ] {
        if condition.contains(list) {
            files.push((path, text));
        }
    }
    let set = load(&files).unwrap_or_else(|problems| panic!("{condition}: {problems}"));
    set.policies()[0].clone()
}

#[test]
fn a_rule_that_denies_and_one_that_allows_name_the_missing_fact() {
    let facts = row(&[]);
    for (condition, fact) in PROBES {
        for when in [condition.to_owned(), format!("!({condition})")] {
            let body = format!(
                "rules:\n  - {{id: no, when: \"{when}\", verdict: deny, reason: because}}\n"
            );
            let outcome = probed(&body, condition).evaluate(&facts);
            assert_eq!(outcome.fired, Vec::<String>::new(), "{when}");
            assert_eq!(names(&outcome.missing), [fact], "{when}");
        }
    }
}

#[test]
fn a_rule_that_allows_does_not_allow_by_a_missing_fact() {
    let facts = row(&[]);
    for (condition, fact) in PROBES {
        let body = format!(
            "rules:\n  - {{id: yes, when: \"!({condition})\", verdict: allow, reason: because}}\n"
        );
        let outcome = probed(&body, condition).evaluate(&facts);
        assert_eq!(outcome.fired, Vec::<String>::new(), "{condition}");
        assert_eq!(names(&outcome.missing), [fact], "{condition}");
    }
}

#[test]
fn a_policy_whose_match_rests_on_a_missing_fact_is_not_skipped() {
    for (condition, fact) in PROBES {
        let body = format!(
            "match:\n  - {{name: m, expression: \"{condition}\"}}\nrules:\n  - {{id: no, when: 'true', verdict: deny, reason: because}}\n"
        );
        match probed(&body, condition).matches(&row(&[])) {
            Applies::Missing(fields) => assert_eq!(names(&fields), [fact], "{condition}"),
            other => panic!("{condition}: {other:?}"),
        }
    }
}
