//! The book as Markdown.

use std::fmt::{Result, Write};

use weft_policy::{Body, Messages, PluginUse, Policy, Reader, Status};

use super::{Book, needs, obligation, standing, words};

mod tables;

pub(super) fn render(book: &Book<'_>) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_book(&mut out, book);
    out
}

fn write_book(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(out, "# {}\n\n{}\n", book.title(), text(&book.stands()))?;
    let count = |status: Status| book.effective().filter(|p| p.status() == status).count();
    writeln!(
        out,
        "On {}, {} enforced, {} on trial. Files: SHA-256 `{}`. {}.",
        words::day(book.at),
        words::count(count(Status::Enforced), "policy", "policies"),
        count(Status::Shadow) + count(Status::Canary),
        book.set.digest(),
        words::count(
            book.set.tests().passed,
            "case in the files holds",
            "cases in the files hold"
        )
    )?;
    for family in book.families() {
        writeln!(out, "\n## {}", text(&words::capital(family.name)))?;
        for policy in family.policies {
            write_policy(out, book, policy)?;
        }
    }
    write_waiting(out, book)?;
    tables::sets(out, book)?;
    tables::coverage(out, book)?;
    tables::readers(out, book)?;
    tables::unsaid(out, book)?;
    tables::lists(out, book)?;
    tables::dictionary(out, book)
}

fn write_policy(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    writeln!(out, "\n### {}\n", text(policy.title()))?;
    writeln!(
        out,
        "`{}` · {} · {} · version `{}`\n",
        policy.id(),
        words::status(policy.status()),
        words::effective(policy),
        words::short(policy.version())
    )?;
    writeln!(out, "{}\n", text(policy.description().trim()))?;
    write_about(out, book, policy)?;
    write_parameters(out, policy)?;
    match policy.body() {
        Body::Rules(_) => write_rules(out, book, policy)?,
        Body::Plugin(plugin) => write_plugin(out, book, policy, plugin)?,
    }
    write_messages(out, book, policy)?;
    let reads = book.reads(policy).into_iter().map(|field| {
        let unsaid = if needs::is_unsaid(field) {
            " (the host does not say it yet)"
        } else {
            ""
        };
        let claim = match field.claim {
            true => format!(" ({})", words::CLAIM),
            false => String::new(),
        };
        format!("`{}`{claim}{unsaid}", field.name)
    });
    let reads: Vec<String> = reads.collect();
    if !reads.is_empty() {
        writeln!(out, "- It rests on: {}", reads.join(", "))?;
    }
    write_tests(out, book, policy)?;
    write_history(out, book, policy)
}

/// What each reader is told; then where a reason with messages of its own decides.
fn write_messages(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    writeln!(out)?;
    write_told(out, book, policy, policy.messages(), "")?;
    for reason in policy.reasons() {
        if let Some(messages) = &reason.messages {
            writeln!(out, "- Where “{}” decides:", text(&reason.title))?;
            write_told(out, book, policy, messages, "  ")?;
        }
    }
    Ok(())
}

fn write_told(
    out: &mut String,
    book: &Book<'_>,
    policy: &Policy,
    messages: &Messages,
    indent: &str,
) -> Result {
    for reader in [Reader::Customer, Reader::Agent, Reader::Auditor] {
        let told = words::message(messages.to(reader), policy, book.dictionary);
        let reader = reader.as_str();
        writeln!(out, "{indent}- The {reader} is told: {}", text(&told))?;
    }
    Ok(())
}

fn write_about(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    for source in policy.sources() {
        let verified = if source.verified {
            ""
        } else {
            " (not verified)"
        };
        writeln!(
            out,
            "- Source: {}, {}{verified}",
            text(&source.title),
            text(&source.reference)
        )?;
    }
    if let Some(why) = policy.accepts_risk() {
        writeln!(out, "- It accepts a risk: {}", text(why.trim()))?;
    }
    writeln!(out, "- Owner: {}", text(policy.owner()))?;
    let operations = policy.operations().join(", ");
    writeln!(
        out,
        "- Asked about: {operations}, in the stage {}",
        policy.stage()
    )?;
    for condition in policy.conditions() {
        let said = words::condition(&condition.words(book.dictionary));
        writeln!(
            out,
            "- Applies when {}: {}",
            text(&condition.name),
            text(&said)
        )?;
    }
    for (what, verdict, when) in [
        (
            "A fact is missing",
            policy.on_missing(),
            words::when_missing(policy),
        ),
        ("It cannot be told", policy.on_error(), words::WHEN_FAILED),
    ] {
        writeln!(
            out,
            "- {what}: **{}**, the policy {}; {when}",
            verdict.as_str(),
            words::verdict(verdict)
        )?;
    }
    Ok(())
}

fn write_parameters(out: &mut String, policy: &Policy) -> Result {
    if policy.parameters().is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| threshold | value | at threat 1, 2, 3 | may be |\n|---|---|---|---|"
    )?;
    for parameter in policy.parameters() {
        let levels = if parameter.follows_threat() {
            [1, 2, 3]
                .map(|level| cell(&parameter.value(level)))
                .join(", ")
        } else {
            "the same".to_owned()
        };
        writeln!(
            out,
            "| {} (`{}`) | {} | {levels} | {} |",
            cell(parameter.title()),
            parameter.name(),
            cell(&parameter.value(0)),
            cell(&words::range(parameter))
        )?;
    }
    Ok(())
}

fn write_rules(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    let Body::Rules(rules) = policy.body() else {
        return Ok(());
    };
    let table = policy.table(book.dictionary);
    let columns: Vec<String> = match &table {
        Some(table) => {
            let fields = table.columns.iter().map(|id| book.dictionary.field(*id));
            fields.map(|field| cell(&field.title)).collect()
        }
        None => vec!["when".to_owned()],
    };
    let line = "---|".repeat(columns.len() + 3);
    writeln!(
        out,
        "\n| {} | then | because | and |\n|{line}",
        columns.join(" | ")
    )?;
    for (number, rule) in rules.iter().enumerate() {
        let row = table.as_ref().and_then(|table| table.rows.get(number));
        let when = match row {
            Some(row) => {
                let cells = row.cells.iter();
                let cells = cells.map(|words| words.as_deref().map_or("–".to_owned(), cell));
                cells.collect::<Vec<_>>().join(" | ")
            }
            None => cell(&words::condition(&rule.words(book.dictionary))),
        };
        let because = rule.finding.reasons.iter().map(|reason| {
            let text = policy.reason(&reason.code);
            text.map_or(reason.code.clone(), |text| text.title.clone())
        });
        let because: Vec<String> = because.collect();
        let and = rule.finding.obligations.iter();
        let and = and.map(|one| obligation(one, |name| book.title_of(name)));
        let and: Vec<String> = and.collect();
        writeln!(
            out,
            "| {when} | {} | {} | {} |",
            rule.finding.verdict.as_str(),
            cell(&because.join("; ")),
            cell(&and.join("; "))
        )?;
    }
    Ok(())
}

fn write_plugin(out: &mut String, book: &Book<'_>, policy: &Policy, plugin: &PluginUse) -> Result {
    writeln!(out, "\nAsks the plugin `{}`.\n", plugin.name)?;
    let Some(settings) = book.settings(policy) else {
        writeln!(out, "{}\n", words::without_plugin(policy))?;
        writeln!(out, "| setting | value |\n|---|---|")?;
        for (name, value) in &plugin.settings {
            writeln!(out, "| `{name}` | {} |", cell(&words::value(value)))?;
        }
        return Ok(());
    };
    writeln!(out, "| setting | value | given by |\n|---|---|---|")?;
    for setting in &settings {
        writeln!(
            out,
            "| {} `{}` | {} | {} |",
            cell(&setting.meaning),
            setting.name,
            cell(&words::setting(setting)),
            words::given_by(setting.given_by)
        )?;
    }
    Ok(())
}

fn write_tests(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    let Some(tests) = book.tests_of(policy) else {
        return Ok(());
    };
    writeln!(out, "\n| test | given | the policy says |\n|---|---|---|")?;
    for case in &tests.cases {
        let with = case
            .with
            .iter()
            .map(|(name, value)| format!("with {name} {value}"));
        let withheld = case.withheld.iter();
        let withheld = withheld.map(|name| format!("withheld: {}", book.title_of(name)));
        let given: Vec<String> = std::iter::once(words::given(book, case))
            .chain(with)
            .chain(withheld)
            .collect();
        let says = if case.applies {
            case.verdict.as_str()
        } else {
            "it does not apply"
        };
        let says = std::iter::once(says.to_owned()).chain(words::beside(book, case));
        let says: Vec<String> = says.collect();
        writeln!(
            out,
            "| {} | {} | {} |",
            cell(&case.name),
            cell(&given.join("; ")),
            cell(&says.join("; "))
        )?;
    }
    Ok(())
}

fn write_history(out: &mut String, book: &Book<'_>, policy: &Policy) -> Result {
    let versions = book.versions_of(policy);
    let lived = book.lived(policy);
    if versions.len() < 2 && lived.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| text | status | since when |\n|---|---|---|")?;
    for version in versions {
        writeln!(
            out,
            "| `{}` {} | {} | {} |",
            words::short(version.version()),
            cell(version.path()),
            words::status_name(version.status()),
            words::effective(version)
        )?;
    }
    for one in lived {
        writeln!(
            out,
            "| `{}`, policy set `{}` | {} | in the host {} |",
            words::short(&one.version),
            words::short(&one.change.policy_set),
            words::status_name(one.status),
            cell(&standing::came(&one.change))
        )?;
    }
    Ok(())
}

fn write_waiting(out: &mut String, book: &Book<'_>) -> Result {
    let waiting = book.waiting();
    if waiting.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Written, and not effective\n")?;
    if book.all {
        for policy in waiting {
            write_policy(out, book, policy)?;
        }
        return Ok(());
    }
    writeln!(
        out,
        "| policy | status | effective | what it waits for |\n|---|---|---|---|"
    )?;
    for policy in waiting {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            cell(policy.title()),
            words::status_name(policy.status()),
            words::effective(policy),
            cell(&book.waits_for(policy).join("; "))
        )?;
    }
    Ok(())
}

/// A text of the files as text: what would be HTML, or a link, is shown and does nothing.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '[' | ']' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text in a cell of a table.
fn cell(of: &str) -> String {
    text(of).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::{cell, text};

    #[test]
    fn what_stands_in_the_files_is_no_markup() {
        let hostile = "a & <img src=x onerror=alert(1)>\n![x](https://example.org)";
        let shown = "a &amp; &lt;img src=x onerror=alert(1)&gt; !\\[x\\](https://example.org)";
        assert_eq!(text(hostile), shown);
        assert_eq!(cell("a|b <"), "a\\|b &lt;");
    }
}
