//! The comparison as a page of Markdown.

use std::fmt::Write as _;

use weft_policy::{Change, Impact, Shown};

use super::{Compared, words};

pub(super) fn render(compared: &Compared<'_>) -> String {
    let diff = compared.diff;
    let mut page = String::new();
    let (old, new) = (compared.old.display(), compared.new.display());
    // Writing to a text does not fail.
    let _ = writeln!(
        page,
        "# What changed from {} to {}\n",
        code(&old),
        code(&new)
    );
    let _ = writeln!(page, "{}", words::verdict(diff));
    let notes = [
        words::gave_up(diff).map(str::to_owned),
        words::without_plugins(compared),
        words::not_compared(diff),
        words::refused(compared),
    ];
    for note in notes.into_iter().flatten() {
        let _ = writeln!(page, "\n{}", escaped(&note));
    }
    for policy in &diff.policies {
        let _ = writeln!(
            page,
            "\n## {}: {}\n",
            code(&policy.id),
            words::fate(policy.fate)
        );
        let (title, path) = (escaped(&policy.title), code(&policy.path));
        let period = words::period(policy).map(|period| format!(", {period}"));
        let (status, period) = (words::status(policy), period.unwrap_or_default());
        let _ = writeln!(page, "{title} ({path}), {status}{period}.");
        if !policy.counts() {
            let _ = writeln!(
                page,
                "It does not count; what follows is what it would say."
            );
        }
        for change in &policy.changes {
            page.push_str(&of_change(compared, change, policy.counts()));
        }
    }
    for list in &diff.lists {
        let _ = writeln!(
            page,
            "\n## List {}: {}\n",
            code(&list.name),
            words::fate(list.fate)
        );
        let _ = writeln!(page, "{}.", escaped(&list.title));
        for (word, entries) in [("New", &list.added), ("No more", &list.removed)] {
            if !entries.is_empty() {
                let _ = writeln!(page, "\n{word}: {}", escaped(&entries.join(", ")));
            }
        }
        if !list.used_by.is_empty() {
            let _ = writeln!(page, "\nAsked by {}.", escaped(&list.used_by.join(", ")));
        }
        if list.impact.is_none() && list.added.len() + list.removed.len() > 0 {
            let _ = writeln!(page, "\n{}.", words::NOT_ASKED);
        }
        if let Some((policy, impact)) = &list.impact {
            let _ = writeln!(page, "\nIn {}:", code(policy));
            page.push_str(&of_impact(compared, impact, true));
        }
        for change in &list.words {
            page.push_str(&of_change(compared, change, true));
        }
    }
    for (title, changes) in [
        ("disclosures", &diff.disclosures),
        ("pipeline.yaml", &diff.pipeline),
        ("dictionary.yaml", &diff.dictionary),
    ] {
        if !changes.is_empty() {
            let _ = writeln!(page, "\n## {}", code(title));
        }
        for change in changes {
            page.push_str(&of_change(compared, change, true));
        }
    }
    page
}

fn of_change(compared: &Compared<'_>, change: &Change, counts: bool) -> String {
    let mut page = format!("\n### {}\n\n", escaped(&change.what));
    for (word, text) in [("Before", &change.from), ("Now", &change.to)] {
        if let Some(text) = text {
            let _ = writeln!(page, "- {word}: {}", escaped(text));
        }
    }
    page.push_str(&of_impact(compared, &change.impact, counts));
    page
}

fn of_impact(compared: &Compared<'_>, impact: &Impact, counts: bool) -> String {
    let mut page = String::new();
    if let Some(words) = words::impact(compared, impact, counts) {
        let _ = writeln!(page, "\n{}.", escaped(&words));
    }
    if let Impact::Shown(examples) = impact {
        for shown in &examples.shown {
            page.push_str(&of_example(compared, shown, counts));
        }
        if let Some(bound) = words::bound(examples) {
            let _ = writeln!(page, "\n{}.", escaped(&bound));
        }
    }
    page
}

fn of_example(compared: &Compared<'_>, shown: &Shown, counts: bool) -> String {
    let mut page = format!(
        "\nFor example, {} at {}:\n\n",
        code(&shown.operation),
        shown.at
    );
    let [own, others] = words::facts(compared, shown);
    if own.is_empty() && others.is_empty() {
        page.push_str("- no fact at all\n");
    }
    for fact in own {
        let _ = writeln!(page, "- {}", escaped(&fact));
    }
    if !others.is_empty() {
        let _ = writeln!(page, "- {}", words::SO_THAT);
    }
    for fact in others {
        let _ = writeln!(page, "  - {}", escaped(&fact));
    }
    page.push_str("\n| | |\n|---|---|\n");
    for (word, said) in ["before", "now"].iter().zip(words::said(shown, counts)) {
        let _ = writeln!(page, "| {word} | {} |", escaped(&said));
    }
    page
}

/// A text in which no character of Markdown means anything.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            '\n' | '\r' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// A name as code.
fn code<T: std::fmt::Display + ?Sized>(name: &T) -> String {
    format!("`{}`", name.to_string().replace('`', "'"))
}
