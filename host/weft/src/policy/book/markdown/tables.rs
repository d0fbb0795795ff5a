//! What is about all policies: sets, operations, readers, facts, lists.

use std::fmt::{Result, Write};

use weft_policy::{Body, Policy, Status};

use super::{cell, text};
use crate::policy::book::{Book, standing, words};

pub(super) fn sets(out: &mut String, book: &Book<'_>) -> Result {
    let Some(history) = &book.history else {
        return Ok(());
    };
    writeln!(
        out,
        "\n## Which policy set was in force since when\n\n| policy set | in force | files |\n|---|---|---|"
    )?;
    for change in history.changes.iter().rev() {
        let files = match history.files_of(&change.policy_set) {
            Some(files) if files == book.set.digest() => "those of this book",
            Some(_) => "others",
            None => "cannot be read",
        };
        let came = cell(&standing::came(change));
        writeln!(out, "| `{}` | {came} | {files} |", change.policy_set)?;
    }
    for gap in &history.gaps {
        writeln!(out, "\nA gap: {}", text(gap))?;
    }
    Ok(())
}

pub(super) fn coverage(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(out, "\n## Which policies are asked about what\n")?;
    writeln!(
        out,
        "| operation | policies | when none says anything |\n|---|---|---|"
    )?;
    for operation in book.set.operations() {
        let policies = book.effective();
        let policies =
            policies.filter(|p| p.status() == Status::Enforced && p.covers(&operation.name));
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

pub(super) fn readers(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(out, "\n## Who sees what\n")?;
    writeln!(
        out,
        "| purpose | fact | class | {} | by |\n|---|---|---|---|---|---|---|---|",
        Book::readers().join(" | ")
    )?;
    for purpose in book.purposes() {
        let after = if purpose.after_step_up {
            ", after the step-up"
        } else {
            ""
        };
        for (name, readers) in &purpose.facts {
            let readers = readers.map(|t| t.map_or("nothing", |t| t.as_str()));
            writeln!(
                out,
                "| {}{after} | `{name}` | {} | {} | {} |",
                cell(&purpose.name()),
                book.class_of(name),
                readers.join(" | "),
                purpose.disclosure.id()
            )?;
        }
    }
    writeln!(
        out,
        "\n| disclosure | shown | legal basis | how often |\n|---|---|---|---|"
    )?;
    for purpose in book.purposes() {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            purpose.disclosure.id(),
            cell(&purpose.place()),
            cell(purpose.disclosure.legal_basis()),
            purpose.budget()
        )?;
    }
    writeln!(
        out,
        "\n| withheld while it is decided: about | facts | by |\n|---|---|---|"
    )?;
    for one in book.withheld() {
        let facts = one.facts.iter();
        let facts: Vec<String> = facts
            .map(|(name, left)| format!("`{name}` {}", left.as_str()))
            .collect();
        writeln!(
            out,
            "| {} | {} | {} |",
            one.policy.operations().join(", "),
            facts.join(", "),
            one.policy.id()
        )?;
    }
    writeln!(
        out,
        "\n| plugin | policy | fact | at most |\n|---|---|---|---|"
    )?;
    for policy in book.effective() {
        let Body::Plugin(plugin) = policy.body() else {
            continue;
        };
        for grant in &plugin.grants {
            let field = &book.dictionary.field(grant.field).name;
            let most = grant.treatment.as_str();
            writeln!(
                out,
                "| {} | {} | `{field}` | {most} |",
                plugin.name,
                policy.id()
            )?;
        }
    }
    Ok(())
}

pub(super) fn unsaid(out: &mut String, book: &Book<'_>) -> Result {
    let unsaid = book.unsaid();
    if unsaid.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Facts that policies need and nobody says yet\n\n| fact | meaning | needed by |\n|---|---|---|"
    )?;
    for one in unsaid {
        let policies: Vec<&str> = one.policies.iter().map(|policy| policy.id()).collect();
        writeln!(
            out,
            "| `{}` | {} | {} |",
            one.field.name,
            cell(&one.field.meaning),
            policies.join(", ")
        )?;
    }
    Ok(())
}

pub(super) fn lists(out: &mut String, book: &Book<'_>) -> Result {
    if book.set.lists().is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Lists\n\n| list | of | entries |\n|---|---|---|")?;
    for list in book.set.lists() {
        let entries: Vec<&str> = list.entries().collect();
        writeln!(
            out,
            "| {} (`{}`) | {} | {} |",
            cell(list.title()),
            list.name(),
            list.kind(),
            cell(&entries.join(", "))
        )?;
    }
    Ok(())
}

pub(super) fn dictionary(out: &mut String, book: &Book<'_>) -> Result {
    writeln!(
        out,
        "\n## Every fact that the host knows\n\n{}\n\n| fact | meaning | class | at most | said by |\n|---|---|---|---|---|",
        words::claims(book.dictionary)
    )?;
    for field in book.dictionary.fields() {
        let claim = match field.claim {
            true => format!("; {}", words::CLAIM),
            false => String::new(),
        };
        writeln!(
            out,
            "| `{}` | {}: {} | {} | {} | {}{claim} |",
            field.name,
            cell(&field.title),
            cell(&field.meaning),
            field.class.as_str(),
            field.class.ceiling().as_str(),
            words::said_by(field)
        )?;
    }
    Ok(())
}
