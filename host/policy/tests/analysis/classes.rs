//! Every class of problem has a message that is known to the character: file, line, column, code, reason, remedy.

use std::collections::BTreeSet;
use std::path::Path;

use weft_dictionary::Timestamp;
use weft_policy::codes;

use crate::fixture::{SHOWN, dictionary, disclosure, load, policy, with_rule};

/// All that is told of a set: why it is refused, or what is worth a look.
fn told(files: &[(&str, &str)]) -> String {
    let set = match load(files) {
        Ok(set) => set,
        Err(refused) => return refused,
    };
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    let analysis = set.analyse(Path::new(""), &dictionary(), at);
    // The directory of the fixture is gone, and its name with it.
    let name = |file: &str| {
        file.rsplit_once("/.tmp")
            .map(|(_, rest)| rest.split_once('/').map(|(_, name)| name.to_owned()))
    };
    let warnings = set
        .warnings()
        .0
        .iter()
        .chain(&analysis.problems.0)
        .map(|warning| {
            let said = warning.to_string();
            match name(&warning.file) {
                Some(Some(name)) => {
                    let dir = warning.file.strip_suffix(&name).unwrap_or_default();
                    said.replace(dir, "")
                }
                _ => said,
            }
        });
    warnings.collect::<Vec<_>>().join("\n")
}

/// A list with these entries.
fn list(entries: &str) -> String {
    format!(
        "name: near\ntitle: t\nkind: country\nsources: [{{title: s, reference: r, verified: true}}]\nentries: [{entries}]\n"
    )
}

/// One set of files, and a line that is told of it.
fn cases() -> Vec<(Vec<(&'static str, String)>, &'static str)> {
    let file = |text: String| vec![("p.yaml", text)];
    let sound = || with_rule("payment.risky");
    let parameter = |parameter: &str, when: &str| {
        let body = format!(
            "parameters:\n  - {{{parameter}}}\nrules:\n  - {{id: r, when: {when}, verdict: deny, reason: because}}\n"
        );
        policy(&body, "")
    };
    vec![
        (
            file(with_rule("payment.count >")),
            "p.yaml:14:25: error[W0301]: this is not an expression: it ends too early (write what is missing: a value, or a \
             bracket that closes)",
        ),
        (
            file(with_rule("payment.amuont > money('1', 'EUR')")),
            "p.yaml:14:11: error[W0302]: there is no field `payment.amuont` (did you mean `payment.amount`?)",
        ),
        (
            file(with_rule("payment.amount > 'abc'")),
            "p.yaml:14:11: error[W0303]: an amount cannot be compared with a text (write money('12.50', 'EUR'))",
        ),
        (
            file(with_rule("payment.rate > 0.5")),
            "p.yaml:14:26: error[W0304]: floats are not part of the policy language (write decimal('0.5'), which is exact)",
        ),
        (
            file(sound().replace("stage: decision", "stage: decison")),
            "p.yaml:10:8: error[W0305]: the pipeline has no stage `decison` (did you mean `decision`?)",
        ),
        (
            file(sound().replace("on_error: hold", "on_error: allow")),
            "p.yaml:19:11: error[W0306]: on_error is allow: a payment would go on because something is broken (write hold or deny, or \
             say of on_error in metadata.accepts_risk why not)",
        ),
        (
            file(format!(
                "{}tests:\n  - {{name: calm, given: {{payment.risky: false}}, expect: {{verdict: deny}}}}\n",
                sound()
            )),
            "p.yaml:22:12: error[W0307]: test `calm`: expected deny, got abstain (fired: [], missing: [])",
        ),
        (
            file(sound()),
            "p.yaml:4:7: warning[W0307]: the policy has rules and no tests (add `tests` that say what it should do)",
        ),
        (
            file(parameter(
                "name: limit, title: t, type: integer, value: 5",
                "payment.count > parameters.limit",
            )),
            "p.yaml:13:12: error[W0308]: `limit` is a bare number (say what it counts: unit: payments, unit: basis points)",
        ),
        (
            vec![("lists/near.yaml", list("BE, XX")), ("p.yaml", sound())],
            "lists/near.yaml:5:15: error[W0309]: `XX` is not a country (write the two letters of ISO 3166-1, in upper case)",
        ),
        (
            file(with_rule("processing.threat_level < 2")),
            "p.yaml:14:11: error[W0310]: the policy gets milder as the level of threat rises: deny at level 1, abstain at level 2, \
             with no fact at all (see `weft explain W0310` for what may depend on the level, and how)",
        ),
        (
            file(sound().replace("agent: a", "agent: '{payer.account}'")),
            "p.yaml:20:34: error[W0311]: messages.agent: `payer.account` is a token, which says nothing to a reader (remove it from \
             the message)",
        ),
        (
            vec![("a.yaml", sound()), ("b.yaml", sound())],
            "b.yaml:8:21: error[W0312]: `test.policy` is in force at the same time as in a.yaml:8:21 (end the earlier with `until`, or \
             give one of the two another metadata.id)",
        ),
        (
            file(sound().replace("verified: true", "verified: false")),
            "p.yaml:9:11: warning[W0313]: enforced, and not verified: s, r (read the source, compare the policy with it, and write \
             verified: true)",
        ),
        (
            file(parameter(
                "name: limit, title: t, type: integer, value: 5, unit: payments",
                "payment.risky",
            )),
            "p.yaml:13:12: warning[W0314]: nothing uses the parameter `limit` (remove it, or use `parameters.limit`)",
        ),
        (
            file(policy(
                "variables:\n  - {name: large, expression: payment.count > 5}\nrules:\n  - {id: r, when: payment.risky, verdict: deny, \
                 reason: because}\n",
                "",
            )),
            "p.yaml:13:12: warning[W0314]: no expression uses the variable `large` (remove it, or use `variables.large`)",
        ),
        (
            vec![("lists/near.yaml", list("BE")), ("p.yaml", sound())],
            "lists/near.yaml:1:7: warning[W0314]: no policy uses the list `near` (remove the file, or refer to it as `lists.NAME`)",
        ),
        (
            file(with_rule(
                "payer.city in payment.codes || payer.city in payment.codes || payer.city in payment.codes",
            )),
            "p.yaml:14:11: error[W0315]: evaluating this could take 12488 steps, the limit is 10000 (split it into rules, or give its \
             fields a smaller max_length)",
        ),
        (
            file(with_rule("payment.count > 5 && payment.count < 6")),
            "p.yaml:14:11: warning[W0316]: the rule `r` can never fire: these cannot hold together: t (payment.count) is more than 5; t \
             (payment.count) is less than 6 (rewrite the condition; its missing facts still lead to on_missing, its failures to on_error)",
        ),
        (
            file(with_rule("payment.count > 5 || payment.count < 7")),
            "p.yaml:14:11: warning[W0317]: the rule `r` is never false: it fires whenever its facts are there; it would not only if these \
             held together: t (payment.count) is at most 5; t (payment.count) is at least 7 (correct the condition; `true` in its place asks for no fact, and so never leads to on_missing)",
        ),
        (
            file(policy(
                "rules:\n  - {id: one, when: payment.count > 10, verdict: hold, reason: because}\n  - {id: two, when: payment.count > 5, \
                 verdict: deny, reason: because}\n",
                "",
            )),
            "p.yaml:13:21: warning[W0318]: the rule `one` adds nothing but its reason when it fires: then `two` (14:21) fires, too, and \
             says deny (give it a more severe verdict, or narrow the other rule; its missing facts still lead to on_missing, its failures to on_error)",
        ),
        (
            file(sound()),
            "pipeline.yaml:5:12: warning[W0319]: no enforced policy is about `assist.confirm`: it always ends with deny (write a policy \
             for it and enforce it, or remove the operation)",
        ),
        (
            vec![
                ("p.yaml", sound()),
                (
                    "q.yaml",
                    sound()
                        .replace("id: test.policy", "id: test.other")
                        .replace("title: Because", "title: Because, status_reason: FRAD"),
                ),
            ],
            "q.yaml:1:1: warning[W0320]: the reason `because` has the status_reason FRAD here, and no status_reason in p.yaml (give one of \
             them a code of its own, or both the same status_reason)",
        ),
        (
            file(with_rule("has(payment.risky) && payment.risky")),
            "p.yaml:14:11: error[W0321]: who leaves out `payment.risky` gets a milder decision: the rule `r` is silent without it; with \
             payment.risky = yes it is deny, without `payment.risky` abstain (leave out `has(payment.risky)`, so that on_missing counts, add a \
             rule on `!has(payment.risky)` that says as much, or say of `payment.risky` in metadata.accepts_risk why it may be left out)",
        ),
        (
            file(with_rule(
                "has(payment.count) && payment.count * payment.count == 1522756",
            )),
            "p.yaml:14:11: warning[W0324]: whether who leaves out `payment.count` gets a milder decision is not known: no example was \
             found and no proof that there is none; looked for were facts with which the rule `r` is silent without it (compare \
             `payment.count` without asking `has(payment.count)`, so that on_missing counts, or say of `payment.count` in \
             metadata.accepts_risk why it may be left out)",
        ),
        (
            vec![
                ("p.yaml", sound()),
                (
                    "disclosures/d.yaml",
                    disclosure(
                        "test.shown",
                        &SHOWN.replace("payment.amount", "instrument.cvv"),
                    ),
                ),
            ],
            "disclosures/d.yaml:15:40: error[W0322]: `instrument.cvv` is a secret, which nobody is shown (remove the grant)",
        ),
        (
            vec![
                (
                    "a.yaml",
                    sound().replace("00:00:00Z}", "00:00:00Z, until: 2026-06-01T00:00:00Z}"),
                ),
                ("b.yaml", sound().replace("2026-01-01", "2026-07-01")),
            ],
            "b.yaml:8:21: warning[W0323]: no version of `test.policy` is in force from 2026-06-01T00:00:00.000Z until \
             2026-07-01T00:00:00.000Z: the one before, in a.yaml:8:21, ends then (let the earlier end when this one begins; if the \
             time between is meant, nothing is to be done)",
        ),
        (
            file(sound().replace("customer: c", "customer: 'of {payment.amount}'")),
            "p.yaml:20:27: warning[W0325]: messages.customer: `payment.amount` is \"not shown\": no disclosure grants it to `service` for \
             `payment.authorize` (grant it in a file below disclosures/, or remove it from the message)",
        ),
    ]
}

#[test]
fn every_class_of_problem_is_told_with_its_place() {
    let mut seen = BTreeSet::new();
    for (files, expected) in cases() {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let told = told(&files);
        assert!(
            told.lines().any(|line| line == expected),
            "expected: {expected}\n     got: {told}"
        );
        let code = expected.split(['[', ']']).nth(1).expect("a code");
        seen.insert(code.to_owned());
    }
    let all: BTreeSet<String> = codes::CODES.iter().map(|code| code.id.to_owned()).collect();
    assert_eq!(seen, all, "each code has a message here");
}
