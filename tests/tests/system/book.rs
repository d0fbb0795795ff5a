//! The book: what a regulator reads has to be what the files say.

use std::fs;

use weft_tests::binary::{project, run};

/// The project's book with everything in it, of a day on which all its texts are effective.
fn book(form: &str, more: &[&str]) -> String {
    book_of_now(form, &[&["--at", "2026-12-01T00:00:00Z"], more].concat())
}

/// The same of the day on which it is made, if no other is named.
fn book_of_now(form: &str, more: &[&str]) -> String {
    let args = ["policy", "book", "--all", "--format", form];
    let said = run(&[&args, more].concat());
    assert!(said.ok, "{}", said.err);
    said.out
}

/// The part of the page about one policy.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let from = page
        .find(&format!("<section id=\"{id}\""))
        .unwrap_or_else(|| panic!("no {id}"));
    let rest = &page[from..];
    &rest[..rest.find("</section>").unwrap_or(rest.len())]
}

#[test]
fn thresholds_rules_messages_and_tests_of_a_policy_are_told() {
    let page = book("html", &[]);
    let attempts = section(&page, "authentication.attempts");
    for told in [
        "Failed attempts in a row that block",
        "5 attempts",
        "At threat 2",
        "3 attempts",
        "Failed attempts (authentication.failures) is at least 5",
        "Too many failed authentications in a row",
        "Article 4(3)(b) and (d)",
        "[Failed attempts] failures in a row; 5 attempts block",
        "the fifth attempt",
        "Failed attempts: 5; ",
        "with threat_level 2",
        "the host does not say it yet",
    ] {
        assert!(attempts.contains(told), "no `{told}` in {attempts}");
    }
}

#[test]
fn every_setting_of_a_plugin_is_told_with_unit_meaning_and_who_gives_it() {
    let plugins = ["--plugins", "target/plugins"];
    let page = book("html", &plugins);
    let row = |page: &str, name: &str| {
        let at = page.find(name).unwrap_or_else(|| panic!("no {name}"));
        let from = page[..at].rfind("<tr>").expect("a row");
        page[from..from + page[from..].find("</tr>").expect("its end")].to_owned()
    };
    let behaviour = section(&page, "risk.behaviour");
    for (setting, told) in [
        (
            "<code>flag_at",
            [
                "The score at which a payment is flagged",
                "250 points",
                "default",
            ],
        ),
        (
            "<code>travel_full_km_h",
            ["Kilometres an hour at which", "1000 km/h", "default"],
        ),
        // The policy says nothing of these two, and something else of the third.
        (
            "<code>terminal_daily_from",
            [
                "Payments at a terminal in a day",
                "500 payments a day",
                "default",
            ],
        ),
        (
            "<code>device_modes",
            ["Entry modes in which", "ecommerce, wallet", "default"],
        ),
        (
            "<code>unproven_limits",
            ["The amounts up to which", "USD 250.00", "this policy"],
        ),
    ] {
        let row = row(behaviour, setting);
        for told in told {
            assert!(row.contains(told), "no `{told}` in {row}");
        }
    }
    let india = section(&page, "residency.india");
    let unknown = row(india, "<code>when_unknown");
    assert!(unknown.contains("countries are not known"), "{unknown}");
    for told in [
        "<th><code>keep_in</code></th>",
        "from India to another country",
        "of a fact without which the plugin is not asked",
    ] {
        assert!(india.contains(told), "no `{told}` in {india}");
    }
    assert!(!page.contains("<li></li>") && !page.contains("<li><ul>"));
    let markdown = book("markdown", &plugins);
    assert!(
        markdown.contains("`terminal_daily_from` | 500 payments a day | default |"),
        "no default in Markdown"
    );
    // Without the plugins nothing is claimed of them.
    for form in ["html", "markdown"] {
        let page = book(form, &[]);
        assert!(page.contains("is told with --plugins"), "{form}");
        assert!(!page.contains("terminal_daily_from"), "{form}");
    }
}

#[test]
fn rules_about_the_same_facts_are_a_decision_table() {
    let page = book("html", &[]);
    let confirm = section(&page, "assistance.confirm");
    for told in [
        "Decision table",
        "is one of “agent”, “supervisor”",
        "is not “pending”",
    ] {
        assert!(confirm.contains(told), "no `{told}` in {confirm}");
    }
    // Each of the two rules is about something else.
    let attempts = section(&page, "authentication.attempts");
    assert!(!attempts.contains("Decision table"), "{attempts}");
    let markdown = book("markdown", &[]);
    assert!(
        markdown
            .contains("| Role | State of the payment | Step-up passed | then | because | and |"),
        "no table in Markdown"
    );
}

#[test]
fn who_sees_what_is_what_the_policies_show() {
    let page = book("html", &[]);
    let from = page.find("id=\"readers\"").expect("the part");
    let readers = &page[from..page.find("id=\"unsaid\"").expect("the next part")];
    for told in [
        "Purpose: failed payment",
        "only once the customer has passed the step",
        "Purpose: supervision",
        "Purpose: own payment",
        "Purpose: audit",
        "Withheld while it is decided",
    ] {
        assert!(readers.contains(told), "no `{told}` in {readers}");
    }
    // An agent gets no account, a supervisor a token.
    let supervision = readers.find("Purpose: supervision").expect("told above");
    let readers = &readers[supervision..];
    let row = readers.find("payer.account</code>").expect("a row");
    let row = &readers[row..row + readers[row..].find("</tr>").expect("its end")];
    assert!(row.contains("nothing") && row.contains("token"), "{row}");
    assert!(!row.contains("clear"), "{row}");
}

#[test]
fn facts_that_nobody_says_lists_and_countries_have_their_place() {
    let page = book("html", &[]);
    let unsaid = &page[page.find("id=\"unsaid\"").expect("the part")..];
    let unsaid = &unsaid[..unsaid.find("id=\"lists\"").expect("the next part")];
    assert!(unsaid.contains("authentication.failures"), "{unsaid}");
    assert!(!unsaid.contains("processing.hour"), "the host says it");
    let eea = section(&page, "list-eea");
    assert!(
        eea.contains("AT, BE, BG") && eea.contains("Article 126"),
        "{eea}"
    );
    assert!(page.contains("By country or group of countries"));
}

#[test]
fn the_history_of_a_policy_is_that_of_the_host() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let message = project()
        .join("examples/demo/allowed.json")
        .display()
        .to_string();
    let said = run(&["decide", &message, "--data", &data]);
    assert!(said.ok, "{}", said.err);
    let page = book_of_now("html", &["--data", &data]);
    let malware = section(&page, "risk.malware");
    assert!(malware.contains("in the host since 20"), "{malware}");
    assert!(page.contains("The host decides by these files"), "{page}");
    let later = book_of_now("html", &["--data", &data, "--at", "2999-01-01T00:00:00Z"]);
    assert!(!later.contains("<h1>The policies in force"), "nobody knows");
    assert!(later.contains("by which files the host decides then is not known"));
    let out = dir.path().join("book.md").display().to_string();
    let said = run(&["policy", "book", "--format", "markdown", "--out", &out]);
    assert!(said.ok, "{}", said.err);
    let text = fs::read_to_string(out).expect("written");
    assert!(
        !text.contains("in the host since"),
        "no directory was named"
    );
}

#[test]
fn what_a_policy_accepts_and_which_facts_are_claims_is_told() {
    let dir = project().join("policies");
    let text = fs::read_to_string(dir.join("risk/malware.yaml")).expect("read");
    let said = text
        .split("accepts_risk: >")
        .nth(1)
        .expect("it accepts a risk");
    let first = said.trim_start().lines().next().expect("a line").trim();
    let page = book("html", &[]);
    let malware = section(&page, "risk.malware");
    assert!(
        malware.contains("It accepts") && malware.contains(first),
        "{malware}"
    );
    let markdown = book("markdown", &[]);
    assert!(markdown.contains(&format!("- It accepts a risk: {first}")));
    assert!(markdown.contains("`authentication.exemption` (a claim)"));
    assert!(markdown.contains("| the request; a claim |"));
    assert!(page.contains("a claim</span>"));
    let checked = run(&["policy", "check"]);
    assert!(checked.ok, "{}", checked.err);
    let told = format!("risk.malware (risk/malware.yaml) accepts a risk: {first}");
    assert!(checked.out.contains(&told), "{}", checked.out);
    let claims = checked
        .out
        .lines()
        .find(|line| line.starts_with("claims (claim: true)"));
    assert!(
        claims.is_some_and(|line| line.contains("authentication.exemption")),
        "{}",
        checked.out
    );
}

/// Who reads the Markdown reads of each test all that the page tells.
#[test]
fn what_a_test_expects_is_told_in_both_forms() {
    let (page, markdown) = (book("html", &[]), book("markdown", &[]));
    let four_eyes = section(&page, "assistance.four-eyes");
    for told in [
        "by the rule no-approval",
        "another person approves it, in another session",
        "missing: Session of the second person",
    ] {
        assert!(four_eyes.contains(told), "no `{told}` in {four_eyes}");
    }
    let row = |name: &str| {
        let line = |line: &&str| line.starts_with(&format!("| {name} |"));
        let found = markdown.lines().find(line);
        found.unwrap_or_else(|| panic!("no row {name}"))
    };
    let expected =
        "| hold; by the rule no-approval; another person approves it, in another session |";
    let told = row("not approved yet");
    assert!(told.ends_with(expected), "{told}");
    let told = row("nobody says from which session the approval is");
    assert!(
        told.ends_with("| deny; missing: Session of the second person |"),
        "{told}"
    );
    let own = "- Where “A second person has to approve” decides:\n  - The customer is told: Your request is being checked by a second person.\n";
    assert!(markdown.contains(own), "no message of the reason's own");
}
