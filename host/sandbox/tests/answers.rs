//! Plugins that say what they may not, or what nobody can read. What is handed over is judged, not
//! repaired, and never repeated.

mod meeting;

use meeting::{assert_good_is_well, context, fails, generous, good, meet};
use weft_sandbox::NeedValue;
use weft_tests::guest::{Arg, Data, Guest, MANIFEST, Say};
use weft_verdict::{FailureKind, Verdict};

#[test]
fn a_huge_answer_is_not_taken() {
    let mut data = Data::default();
    // 2 MiB that the guest calls its reasons, which the host would have to allocate threefold.
    let hostile = data.words(&[0, 1, 0, 1024, 131_072, 1024, 0]);
    let guest = Guest {
        pages: 64,
        data,
        ..Guest::evaluating(format!("(i32.const {hostile})"))
    };
    fails(
        guest,
        generous(),
        FailureKind::BadOutput,
        &["at most 262144 bytes"],
    );
}

#[test]
fn an_answer_outside_its_memory_is_not_read() {
    let guest = Guest::evaluating("(i32.const 0x7ffffff0)");
    fails(
        guest,
        generous(),
        FailureKind::BadOutput,
        &["could not read"],
    );
}

#[test]
fn more_than_a_finding_may_hold_is_refused() {
    let reasons = vec![("amount-over-limit".to_owned(), vec![0]); 17];
    let say = Say {
        reasons,
        ..Say::of(5)
    };
    fails(
        Guest::saying(&say),
        generous(),
        FailureKind::BadOutput,
        &["17 reasons", "limit is 16"],
    );
    let say = Say {
        risk: Some(1_001),
        ..Say::of(5)
    };
    fails(
        Guest::saying(&say),
        generous(),
        FailureKind::BadOutput,
        &["risk is 1001"],
    );
}

#[test]
fn an_undeclared_reason_is_refused_and_not_repeated() {
    let say = |code: &str| {
        Guest::saying(&Say {
            reasons: vec![(code.into(), vec![])],
            ..Say::of(1)
        })
    };
    fails(
        say("amount-over-limt"),
        generous(),
        FailureKind::BadOutput,
        &["did you mean `amount-over-limit`"],
    );
    let smuggled = fails(
        say("Erika Mustermann"),
        generous(),
        FailureKind::BadOutput,
        &["reason 1"],
    );
    assert!(
        !smuggled
            .result
            .expect_err("a failure")
            .detail
            .contains("Mustermann")
    );
}

#[test]
fn evidence_points_at_declared_needs_only() {
    let say = Say {
        reasons: vec![("amount-over-limit".into(), vec![0, 2])],
        ..Say::of(1)
    };
    fails(
        Guest::saying(&say),
        generous(),
        FailureKind::BadOutput,
        &["index 2", "declares 2 needs"],
    );
}

#[test]
fn obligations_are_of_the_catalogue_and_declared_with_texts() {
    let say = |kind: &str, args| {
        Guest::saying(&Say {
            obligations: vec![(kind.into(), args)],
            ..Say::of(1)
        })
    };
    let fails = |guest, says: &[&str]| fails(guest, generous(), FailureKind::BadOutput, says);
    fails(
        say("stepup", vec![]),
        &["catalogue", "did you mean `step-up`"],
    );
    fails(say("route", vec![]), &["`route`", "does not declare"]);
    fails(
        say("step-up", vec![("n".into(), Arg::Integer(1))]),
        &["integer", "texts"],
    );
    let twice = vec![("a".to_owned(), Arg::Text("b".into())); 2];
    fails(say("step-up", twice), &["twice"]);
    fails(
        say("step-up", vec![("a".into(), Arg::Text("\x1b".into()))]),
        &["control characters"],
    );
    fails(
        say(
            "step-up",
            vec![("a".into(), Arg::Text("DE75512108001245126199".into()))],
        ),
        &["obligation 1", "the form of an IBAN"],
    );
    let redact = say(
        "redact",
        vec![("payment.amount".into(), Arg::Text("hidden".into()))],
    )
    .with_manifest(MANIFEST.replace("\"step-up\"", "\"redact\""));
    fails(redact, &["not a treatment", "masked"]);
    for (name, value) in [("metod", "app-approval"), ("method", "app-aproval")] {
        let nobody_can = say("step-up", vec![(name.into(), Arg::Text(value.into()))]);
        fails(nobody_can, &["obligation 1", "`method`", "app-approval"]);
    }
    fails(say("step-up", vec![]), &["lacks the argument `method`"]);
}

#[test]
fn what_a_plugin_reports_leads_to_nobody() {
    let mut guest = Guest::valid();
    let at = guest
        .data
        .err(2, "declined for 4111 1111 1111 1111, cvv 123");
    guest.evaluate = format!("(i32.const {at})");
    fails(
        guest,
        generous(),
        FailureKind::Reported,
        &["declined for [covered], cvv [covered]"],
    );
}

#[test]
fn what_a_plugin_reports_is_its_failure() {
    let mut guest = Guest::valid();
    let at = guest.data.err(2, "no\r\nmodel");
    guest.evaluate = format!("(i32.const {at})");
    fails(
        guest,
        generous(),
        FailureKind::Reported,
        &["an internal failure: no  model"],
    );
}

#[test]
fn a_verdict_that_does_not_exist_is_refused() {
    fails(
        Guest::saying(&Say::of(6)),
        generous(),
        FailureKind::BadOutput,
        &["could not read"],
    );
}

#[test]
fn a_need_that_the_plugin_cannot_read_is_missing() {
    for (row, says) in [
        (
            vec![NeedValue::Absent, NeedValue::Absent],
            "`payment.amount` is required",
        ),
        (
            vec![NeedValue::Withheld("w"), NeedValue::Absent],
            "`payment.amount` is required",
        ),
        (
            vec![NeedValue::Text("10..99 EUR".into()), NeedValue::Absent],
            "arrives as text",
        ),
        (vec![], "hands over 0 needs"),
    ] {
        let failure = good()
            .evaluate(&context(), &row)
            .result
            .expect_err("missing");
        assert_eq!(failure.kind, FailureKind::MissingFact);
        assert!(failure.detail.contains(says), "{}", failure.detail);
    }
    assert_good_is_well();
}

/// Points are advice, as the risk is: what is not of a reason that the finding gives, or no points, is not taken.
#[test]
fn points_are_taken_of_reasons_that_the_finding_gives() {
    let said = |reasons: Vec<(String, Vec<u16>)>, points: &[(&str, Arg)]| {
        let mut guest = Guest::saying(&Say {
            reasons,
            ..Say::of(2)
        });
        guest.logs = true;
        let [at, len] = guest.data.chars("points");
        let fields: Vec<(String, Arg)> = points
            .iter()
            .map(|(code, points)| ((*code).to_owned(), points.clone()))
            .collect();
        let list = guest.data.arguments(&fields);
        guest.evaluate = format!(
            "(call $emit (i32.const 0) (i32.const {at}) (i32.const {len}) (i32.const {list}) (i32.const {}))
             {}",
            fields.len(),
            guest.evaluate
        );
        let evaluation = meet(guest, generous());
        assert_eq!(evaluation.result.map(|f| f.verdict), Ok(Verdict::Flag));
        evaluation.points
    };
    let reason = || vec![("amount-over-limit".to_owned(), vec![0])];
    let of_it = |points| [("amount-over-limit".to_owned(), points)].into();
    assert_eq!(
        said(reason(), &[("amount-over-limit", Arg::Integer(250))]),
        of_it(250)
    );
    assert_eq!(
        said(reason(), &[("amount-over-limit", Arg::Integer(1_000))]),
        of_it(1_000)
    );
    for nothing in [
        ("amount-over-limit", Arg::Integer(1_001)),
        ("amount-over-limit", Arg::Integer(-1)),
        ("amount-over-limit", Arg::Text("Eve".into())),
        ("Eve", Arg::Integer(250)),
    ] {
        assert_eq!(said(reason(), &[nothing]), [].into());
    }
    let not_given = said(Vec::new(), &[("amount-over-limit", Arg::Integer(250))]);
    assert_eq!(not_given, [].into());
}
