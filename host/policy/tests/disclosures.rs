//! Files that say who is shown what: what they grant, and what people read when one has a problem.

mod fixture;

use fixture::{SHOWN, disclosure, load, with_rule};
use weft_dictionary::{Timestamp, Treatment};
use weft_policy::PolicySet;

const PHONE: &str = "purpose: call\nreaders: [supervisor]\nrelease: {within: 15m}\ngrants:\n  - {field: payer.account, treatment: \
                     clear}\nbudget: {per_case: 1, per_customer: 2, per_day: 3}\n";

fn set(files: &[(&str, String)]) -> Result<PolicySet, String> {
    let sound = with_rule("payment.risky");
    let mut all = vec![("p.yaml", sound.as_str())];
    all.extend(files.iter().map(|(name, text)| (*name, text.as_str())));
    load(&all)
}

fn says(lines: &str, expected: &str) {
    let said = set(&[("disclosures/d.yaml", disclosure("test.shown", lines))]);
    let said = said.err().unwrap_or_default();
    let expected = format!("disclosures/d.yaml:{expected}");
    assert!(
        said.lines().any(|line| line == expected),
        "expected: {expected}\n     got: {said}"
    );
}

#[test]
fn a_disclosure_is_for_its_readers_its_operations_and_its_time() {
    let shown = disclosure("test.shown", SHOWN);
    let phone = disclosure("test.call", PHONE);
    let draft = disclosure("test.draft", SHOWN).replace("enforced", "draft");
    let files = [
        ("disclosures/a.yaml", shown.clone()),
        ("disclosures/b.yaml", phone),
        ("disclosures/c.yaml", draft),
    ];
    let set = set(&files).unwrap_or_else(|problems| panic!("{problems}"));
    let at = |text| Timestamp::parse(text).expect("an instant");
    let (before, after) = (at("2025-12-31T23:59:59Z"), at("2026-01-01T00:00:00Z"));
    let ids = |role, operation, at| {
        let shown = set.shown_in_replies(role, operation, at);
        shown.map(|one| one.id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("agent", "assist.confirm", after), ["test.shown"]);
    assert!(ids("agent", "assist.confirm", before).is_empty());
    assert!(ids("supervisor", "assist.confirm", after).is_empty());
    assert!(ids("agent", "payment.authorize", after).is_empty());
    let one = &set.disclosures()[0];
    let granted: Vec<Treatment> = one.grants().iter().map(|grant| grant.treatment).collect();
    assert_eq!(granted, [Treatment::Clear]);
    assert_eq!((one.purpose(), one.legal_basis()), ("help", "b"));
    assert_eq!(
        set.disclosures()[1].releases_within().map(|d| d.0),
        Some(900_000)
    );
}

#[test]
fn a_change_of_a_disclosure_is_another_set() {
    let shown = disclosure("test.shown", SHOWN);
    let digest = |text: &str| {
        let files = [("disclosures/d.yaml", text.to_owned())];
        set(&files)
            .unwrap_or_else(|p| panic!("{p}"))
            .digest()
            .to_owned()
    };
    assert_ne!(
        digest(&shown),
        digest(&shown.replace("treatment: clear", "treatment: band"))
    );
}

#[test]
fn what_is_misspelt_is_told_where_it_stands() {
    says(
        &SHOWN.replace("payment.amount", "payment.amuont"),
        "15:13: error[W0302]: there is no field `payment.amuont` (did you mean `payment.amount`?)",
    );
    says(
        &SHOWN.replace("[agent]", "[agnet]"),
        "12:11: error[W0322]: there is no role `agnet` (did you mean `agent`?)",
    );
    says(
        &SHOWN.replace("assist.confirm", "assist.confrim"),
        "13:6: error[W0322]: the pipeline has no operation `assist.confrim` (did you mean `assist.confirm`?)",
    );
    says(
        &SHOWN.replace("purpose: help", "purpose: To help"),
        "11:10: error[W0322]: `To help` is not a purpose (write lower-case words with hyphens: failed-payment)",
    );
    // Nobody could ever ask for it.
    says(
        &SHOWN.replace("purpose: help", "purpose: help-20260"),
        "11:10: error[W0322]: the purpose has 5 digits, and who asks for it may name at most 4 (say in words why somebody reads)",
    );
}

#[test]
fn no_class_is_shown_more_than_it_may_be() {
    let account = |treatment: &str| {
        SHOWN
            .replace("payment.amount", "payer.account")
            .replace("treatment: clear", &format!("treatment: {treatment}"))
    };
    says(
        &account("clear"),
        "15:39: error[W0322]: `payer.account` is sensitive, and replies show no more of it than its token (write token or present, \
         or release it on request in a file with `release`)",
    );
    says(
        &account("absent"),
        "15:39: error[W0322]: `payer.account` is granted as absent (remove the grant: what is not granted is absent)",
    );
    let token = disclosure("test.shown", &account("token"));
    assert!(set(&[("disclosures/d.yaml", token)]).is_ok());
    says(
        &PHONE.replace("payer.account", "instrument.cvv"),
        "15:40: error[W0322]: `instrument.cvv` is a secret, which nobody is shown (remove the grant)",
    );
    says(
        &PHONE.replace("payer.account", "payment.amount"),
        "15:40: error[W0322]: `payment.amount` is operational: the vault has no value of it to release (grant it in a file with `on`)",
    );
    says(
        &PHONE.replace("treatment: clear", "treatment: token"),
        "15:39: error[W0322]: `payer.account` is released as token, which replies can show (write masked or clear, or grant it in a \
         file with `on`)",
    );
}

#[test]
fn a_fact_is_granted_once_and_a_file_is_about_one_thing() {
    let line = "  - {field: payment.amount, treatment: clear}\n";
    says(
        &SHOWN.replace(line, &line.repeat(2)),
        "16:13: error[W0322]: `payment.amount` is granted twice (keep one of the two)",
    );
    says(
        &SHOWN.replace("grants:", "release: {within: 15m}\ngrants:"),
        "13:6: error[W0322]: facts are shown in replies, released on request, or opened: one of them (make a file of each)",
    );
    says(
        &PHONE.replace("within: 15m", "within: 25h"),
        "13:19: error[W0322]: `25h` is no length of time up to 1d (write it as in 15m)",
    );
    says(
        &SHOWN.replace("per_customer: 2", "per_customer: 0"),
        "16:37: error[W0322]: per_customer is 0 (write 1 to 1000000)",
    );
    let one = disclosure("test.one", SHOWN);
    let two = disclosure("test.two", SHOWN);
    let files = [("disclosures/a.yaml", one), ("disclosures/b.yaml", two)];
    let said = set(&files).err().unwrap_or_default();
    assert_eq!(
        said.lines().next().unwrap_or_default(),
        "disclosures/b.yaml:8:21: error[W0322]: `payment.amount` is granted to agent for `assist.confirm` in disclosures/a.yaml, too \
         (keep one of the two: else it is open which purpose and budget count)"
    );
}

/// A commitment is opened whole, and to who has the record that it stands in.
#[test]
fn commitments_are_opened_to_who_audits() {
    const OPENED: &str = "purpose: check\nreaders: [regulator]\nopenings: {within: 1826d}\ngrants:\n  - {field: payer.city, \
                          treatment: clear}\nbudget: {per_case: 1, per_customer: 2, per_day: 3}\n";
    let opened = disclosure("test.opened", OPENED);
    let set = set(&[("disclosures/d.yaml", opened)]).unwrap_or_else(|p| panic!("{p}"));
    let one = &set.disclosures()[0];
    assert_eq!(
        one.opens_within().map(|d| d.to_string()).as_deref(),
        Some("1826d")
    );
    assert_eq!(one.releases_within(), None);
    let at = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
    assert_eq!(
        set.shown_in_replies("regulator", "payment.authorize", at)
            .count(),
        0
    );
    says(
        &OPENED.replace("[regulator]", "[regulator, supervisor]"),
        "12:22: error[W0322]: commitments are not opened to `supervisor` (write `readers: [regulator]`: who else has records to check?)",
    );
    says(
        &OPENED.replace("payer.city", "payer.account"),
        "15:39: error[W0322]: `payer.account` is sensitive: records commit to personal facts only (remove the grant: the record has \
         it, or its token, in clear)",
    );
    says(
        &OPENED.replace("treatment: clear", "treatment: masked"),
        "15:36: error[W0322]: `payer.city` is opened as masked, and an opening shows the value (write clear, or grant it in a file \
         with `on`)",
    );
    says(
        &OPENED.replace("1826d", "4000d"),
        "13:20: error[W0322]: `4000d` is no length of time up to 3653d (write it as in 1826d)",
    );
    says(
        &OPENED.replace("grants:", "release: {within: 15m}\ngrants:"),
        "14:19: error[W0322]: facts are shown in replies, released on request, or opened: one of them (make a file of each)",
    );
    says(
        &OPENED.replace("budget: {per_case: 1, per_customer: 2, per_day: 3}\n", ""),
        "11:10: error[W0322]: the disclosure has no budget (write how often under `budget`: per_case, per_customer, per_day)",
    );
}

#[test]
fn a_disclosure_is_not_tried() {
    let text = disclosure("test.shown", SHOWN).replace("status: enforced", "status: shadow");
    let said = set(&[("disclosures/d.yaml", text)])
        .err()
        .unwrap_or_default();
    assert_eq!(
        said.lines().next().unwrap_or_default(),
        "disclosures/d.yaml:9:11: error[W0322]: a disclosure is granted or it is not: there is nothing to try (write draft or enforced)"
    );
}

/// What customers and auditors are told is disclosed to them like everything else; nobody counts how often.
#[test]
fn messages_name_what_is_disclosed_to_their_reader() {
    let to = |role: &str, on: &str| {
        let lines = SHOWN.replace("[agent]", &format!("[{role}]"));
        let (lines, _) = lines.split_once("budget").expect("it has one");
        let lines = lines.replace("assist.confirm", on);
        ("disclosures/d.yaml", disclosure("test.told", &lines))
    };
    let told = |reader: &str, files: &[(&str, String)]| {
        let policy = with_rule("payment.risky").replace(
            &format!("{reader}: {}", &reader[..1]),
            &format!("{reader}: 'of {{payment.amount}}'"),
        );
        let mut all = vec![("p.yaml", policy.as_str())];
        all.extend(files.iter().map(|(name, text)| (*name, text.as_str())));
        let set = load(&all).unwrap_or_else(|problems| panic!("{problems}"));
        let warnings = set.warnings().0.iter();
        warnings.filter(|w| w.code.id == "W0325").count()
    };
    assert_eq!(told("customer", &[]), 1);
    assert_eq!(told("customer", &[to("service", "payment.*")]), 0);
    assert_eq!(told("customer", &[to("service", "assist.confirm")]), 1);
    assert_eq!(told("customer", &[to("regulator", "payment.*")]), 1);
    let draft = |(name, text): (&'static str, String)| (name, text.replace("enforced", "draft"));
    assert_eq!(told("customer", &[draft(to("service", "payment.*"))]), 1);
    let shown = ("disclosures/d.yaml", disclosure("test.shown", SHOWN));
    assert_eq!(told("agent", &[]), 1);
    assert_eq!(told("agent", &[shown]), 0);
}

#[test]
fn what_is_told_in_messages_has_no_budget_and_the_rest_has_one() {
    says(
        &SHOWN.replace("[agent]", "[service]"),
        "16:20: error[W0322]: how often `service` reads is not counted (remove `budget`)",
    );
    says(
        &SHOWN.replace("[agent]", "[agent, regulator]"),
        "12:18: error[W0322]: `regulator` reads without a budget, and the others with one (make two files of it)",
    );
    let (lines, _) = SHOWN.split_once("budget").expect("it has one");
    says(
        lines,
        "11:10: error[W0322]: the disclosure has no budget (write how often under `budget`: per_case, per_customer, per_day)",
    );
}
