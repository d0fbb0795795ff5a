//! The book as Markdown.

use std::fmt::{Result, Write};

use weft_policy::{Body, Policy};

use super::{Book, words};

pub(super) fn render(book: &Book<'_>) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_book(&mut out, book);
    out
}

fn write_book(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(out, "# The policies in force\n")?;
    writeln!(
        out,
        "On {}, {} policies. Policy set `{}`.",
        book.at,
        book.in_force().count(),
        book.set.digest()
    )?;
    for family in book.families() {
        writeln!(out, "\n## {}", words::capital(family.name))?;
        for policy in family.policies {
            write_policy(out, book, policy)?;
        }
    }
    write_waiting(out, book)?;
    write_coverage(out, book)?;
    write_grants(out, book)?;
    write_dictionary(out, book)
}

fn write_policy(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    writeln!(out, "\n### {}\n", policy.title())?;
    writeln!(
        out,
        "`{}` · {} · {} · version `{}`\n",
        policy.id(),
        words::status(policy.status()),
        words::effective(policy),
        words::short(policy.version())
    )?;
    writeln!(out, "{}\n", policy.description().trim())?;
    for source in policy.sources() {
        let verified = if source.verified {
            ""
        } else {
            " (not verified)"
        };
        writeln!(
            out,
            "- Source: {}, {}{verified}",
            source.title, source.reference
        )?;
    }
    writeln!(out, "- Owner: {}", policy.owner())?;
    let operations = policy.operations().join(", ");
    writeln!(
        out,
        "- Asked about: {operations}, in the stage {}",
        policy.stage()
    )?;
    for condition in policy.conditions() {
        let said = words::condition(&condition.words(book.dictionary));
        writeln!(out, "- Applies when {}: {said}", condition.name)?;
    }
    for (what, verdict) in [
        ("A fact is missing", policy.on_missing()),
        ("It cannot be told", policy.on_error()),
    ] {
        writeln!(
            out,
            "- {what}: **{}**, the policy {}",
            verdict.as_str(),
            words::verdict(verdict)
        )?;
    }
    match policy.body() {
        Body::Rules(rules) => {
            writeln!(out, "\n| when | then | because | and |\n|---|---|---|---|")?;
            for rule in rules {
                let said = words::condition(&rule.words(book.dictionary));
                let because = rule.finding.reasons.iter().map(|reason| {
                    policy
                        .reason(&reason.code)
                        .map_or(reason.code.clone(), |text| text.title.clone())
                });
                let because: Vec<String> = because.collect();
                let and: Vec<String> = rule
                    .finding
                    .obligations
                    .iter()
                    .map(words::obligation)
                    .collect();
                let verdict = rule.finding.verdict.as_str();
                writeln!(
                    out,
                    "| {} | {verdict} | {} | {} |",
                    cell(&said),
                    cell(&because.join("; ")),
                    cell(&and.join("; "))
                )?;
            }
        }
        Body::Plugin(plugin) => {
            writeln!(
                out,
                "\nAsks the plugin `{}`.\n\n| setting | value |\n|---|---|",
                plugin.name
            )?;
            for (name, value) in &plugin.settings {
                writeln!(out, "| {name} | {} |", cell(&words::setting(value)))?;
            }
        }
    }
    let messages = policy.messages();
    writeln!(out, "\n- The customer is told: {}", messages.customer)?;
    writeln!(out, "- The agent is told: {}", messages.agent)?;
    writeln!(out, "- The auditor is told: {}", messages.auditor)
}

fn write_waiting(out: &mut String, book: &Book<'_>) -> Result {
    let waiting = book.waiting();
    if waiting.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Written, and not in force\n\n| policy | status | in force |\n|---|---|---|"
    )?;
    for policy in waiting {
        let status = words::status(policy.status());
        writeln!(
            out,
            "| {} | {status} | {} |",
            cell(policy.title()),
            words::effective(policy)
        )?;
    }
    Ok(())
}

fn write_coverage(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(out, "\n## Which policies are asked about what\n")?;
    writeln!(
        out,
        "| operation | policies | when none says anything |\n|---|---|---|"
    )?;
    for operation in book.set.operations() {
        let policies = book.in_force().filter(|p| p.covers(&operation.name));
        let policies: Vec<&str> = policies.map(Policy::id).collect();
        let none = operation.no_policy.as_str();
        writeln!(
            out,
            "| `{}` | {} | {none} |",
            operation.name,
            policies.join(", ")
        )?;
    }
    Ok(())
}

fn write_grants(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(
        out,
        "\n## Who sees what\n\n| plugin | policy | fact | at most |\n|---|---|---|---|"
    )?;
    for (policy, plugin, field, treatment) in book.grants() {
        writeln!(
            out,
            "| {plugin} | {} | `{field}` | {treatment} |",
            policy.id()
        )?;
    }
    Ok(())
}

fn write_dictionary(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(
        out,
        "\n## Every fact that the host knows\n\n| fact | meaning | class | said by |\n|---|---|---|---|"
    )?;
    for field in book.dictionary.fields() {
        writeln!(
            out,
            "| `{}` | {}: {} | {} | {} |",
            field.name,
            cell(&field.title),
            cell(&field.meaning),
            words::class(field.class),
            words::origin(&field.origin)
        )?;
    }
    Ok(())
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
