//! Stages, and policies that do not count.

use weft_verdict::Verdict;

use crate::house::{House, codes, payment, service};
use crate::policies::{PolicyFile, amounts, rule};

fn residency(when: &str, verdict: &str) -> PolicyFile {
    let body = format!("rules:\n{}", rule("place", when, verdict, ""));
    PolicyFile::new("test.residency", "payment.authorize", &body).stage("residency")
}

#[tokio::test]
async fn without_a_policy_a_payment_waits() {
    let house = House::new(&[]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        (view.verdict, codes(&view)),
        (Verdict::Hold, vec!["no-policy-applies"])
    );
}

#[tokio::test]
async fn that_data_may_be_processed_here_is_no_permission_to_pay() {
    let house = House::new(&[residency("processing.region == 'eu'", "allow")]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Hold);
    assert_eq!(codes(&view), ["no-policy-applies", "because"]);
}

#[tokio::test]
async fn a_policy_that_abstains_is_no_permission_to_pay() {
    let nothing = format!(
        "rules:\n{}",
        rule("never", "payer.country == 'FR'", "allow", "")
    );
    let house = House::new(&[PolicyFile::new(
        "test.nothing",
        "payment.authorize",
        &nothing,
    )]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Hold);
}

#[tokio::test]
async fn a_denial_ends_the_walk() {
    let house = House::new(&[amounts(), residency("payer.country == 'BE'", "deny")]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        (view.verdict, codes(&view)),
        (Verdict::Deny, vec!["because"])
    );
    let asked: Vec<String> = house
        .record(&view)
        .findings
        .into_iter()
        .map(|f| f.policy)
        .collect();
    assert_eq!(asked, ["test.residency"], "later stages are not asked");
}

#[tokio::test]
async fn what_is_milder_than_the_end_of_the_walk_does_not_end_it() {
    let house = House::new(&[amounts(), residency("payer.country == 'BE'", "hold")]);
    let view = house.decided(&service(), &payment("p-1", "9000.00")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert_eq!(house.record(&view).findings.len(), 2);
}

#[tokio::test]
async fn a_policy_in_shadow_is_recorded_and_does_not_count() {
    for status in ["shadow", "canary"] {
        let deny = format!("rules:\n{}", rule("all", "true", "deny", ""));
        let policy = PolicyFile::new("test.shadow", "payment.authorize", &deny).status(status);
        let house = House::new(&[amounts(), policy]);
        let view = house.decided(&service(), &payment("p-1", "27.40")).await;
        assert_eq!(view.verdict, Verdict::Allow, "{status}");
        let record = house.record(&view);
        let found = record.findings.iter().find(|f| f.policy == "test.shadow");
        let found = found.unwrap_or_else(|| panic!("{status} is recorded"));
        assert_eq!(
            (found.enforced, found.finding.verdict),
            (false, Verdict::Deny)
        );
    }
}

/// A policy in shadow neither lets a payment go on, nor does its redaction hide anything.
#[tokio::test]
async fn a_policy_in_shadow_makes_nothing_milder() {
    let allow = format!("rules:\n{}", rule("all", "true", "allow", ""));
    let redact = "obligations: [{kind: redact, arguments: {payment.amount: absent}}]";
    let redact = format!("rules:\n{}", rule("all", "true", "allow", redact));
    let house = House::new(&[
        PolicyFile::new("test.shadow", "payment.authorize", &allow).status("shadow"),
        PolicyFile::new("test.hide", "payment.authorize", &redact)
            .stage("minimisation")
            .status("shadow"),
    ]);
    let view = house.decided(&service(), &payment("p-1", "9000.00")).await;
    assert_eq!(view.verdict, Verdict::Hold);
    let mut policies = vec![amounts()];
    policies.push(
        PolicyFile::new("test.hide", "payment.authorize", &redact)
            .stage("minimisation")
            .status("shadow"),
    );
    let house = House::new(&policies);
    let view = house.decided(&service(), &payment("p-1", "9000.00")).await;
    assert_eq!(view.verdict, Verdict::Deny, "the amount was seen");
}

#[tokio::test]
async fn drafts_and_policies_of_another_time_are_not_asked() {
    let deny = format!("rules:\n{}", rule("all", "true", "deny", ""));
    let house = House::new(&[
        amounts(),
        PolicyFile::new("test.draft", "payment.authorize", &deny).status("draft"),
        PolicyFile::new("test.later", "payment.authorize", &deny).from("2026-06-01T12:30:00Z"),
    ]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Allow);
    assert_eq!(house.record(&view).findings.len(), 1);
    house.pass_minutes(30);
    let view = house.decided(&service(), &payment("p-2", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Deny, "it is in force now");
}

#[tokio::test]
async fn what_is_redacted_is_missing_for_later_stages() {
    let redact = "obligations: [{kind: redact, arguments: {payment.amount: absent}}]";
    let body = format!("rules:\n{}", rule("all", "true", "allow", redact));
    let policy = PolicyFile::new("test.hide", "payment.authorize", &body).stage("minimisation");
    let house = House::new(&[amounts(), policy]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Hold);
    assert!(codes(&view).contains(&"fact-missing"));
    assert!(
        view.obligations.is_empty(),
        "redactions are between host and policies"
    );
}

#[tokio::test]
async fn what_is_redacted_is_not_absent_for_has() {
    let redact = "obligations: [{kind: redact, arguments: {payer.country: absent}}]";
    let body = format!("rules:\n{}", rule("all", "true", "abstain", redact));
    let hide = PolicyFile::new("test.hide", "payment.authorize", &body).stage("minimisation");
    let when = "has(payer.country) && payer.country == 'BE'";
    let body = format!("rules:\n{}", rule("belgium", when, "deny", ""));
    let deny = PolicyFile::new("test.deny", "payment.authorize", &body).accepts("payer.country");
    let seen = House::new(&[amounts(), deny.clone()]);
    let view = seen.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    let hidden = House::new(&[amounts(), deny, hide]);
    let view = hidden.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(
        view.verdict,
        Verdict::Hold,
        "what is taken away makes nothing milder"
    );
    assert!(codes(&view).contains(&"fact-missing"));
}
