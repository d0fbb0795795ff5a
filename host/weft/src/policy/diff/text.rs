//! The comparison for a terminal.

use std::fmt::Write as _;

use weft_policy::{Change, Impact, ListDiff, PolicyDiff, Shown};

use super::{Compared, words};
use crate::output;

pub(super) fn render(compared: &Compared<'_>) -> String {
    let mut page = Page {
        compared,
        text: String::new(),
    };
    page.all();
    page.text
}

struct Page<'a> {
    compared: &'a Compared<'a>,
    text: String,
}

impl Page<'_> {
    fn all(&mut self) {
        let diff = self.compared.diff;
        let (old, new) = (self.compared.old.display(), self.compared.new.display());
        self.line(0, &format!("From {old} to {new}"));
        for policy in &diff.policies {
            self.policy(policy);
        }
        for list in &diff.lists {
            self.list(list);
        }
        for (title, changes) in [
            ("disclosures", &diff.disclosures),
            ("pipeline.yaml", &diff.pipeline),
            ("dictionary.yaml", &diff.dictionary),
        ] {
            if !changes.is_empty() {
                self.heading(title, "");
                changes.iter().for_each(|change| self.change(change, true));
            }
        }
        self.text.push('\n');
        let notes = [
            words::gave_up(diff).map(str::to_owned),
            words::without_plugins(self.compared),
            words::not_compared(diff),
            words::refused(self.compared),
        ];
        for note in notes.into_iter().flatten() {
            self.line(0, &note);
        }
        self.line(0, words::verdict(diff));
    }

    fn policy(&mut self, policy: &PolicyDiff) {
        let mut about = format!("{}, {}", words::fate(policy.fate), words::status(policy));
        if let Some(period) = words::period(policy) {
            about.push_str(&format!(", {period}"));
        }
        self.heading(&policy.id, &about);
        self.line(1, &format!("{} ({})", policy.title, policy.path));
        if !policy.counts() {
            self.line(1, "It does not count. What follows is what it would say.");
        }
        for change in &policy.changes {
            self.change(change, policy.counts());
        }
    }

    fn list(&mut self, list: &ListDiff) {
        self.heading(&format!("list {}", list.name), words::fate(list.fate));
        self.line(1, &list.title);
        for (sign, entries) in [("+", &list.added), ("-", &list.removed)] {
            if !entries.is_empty() {
                self.line(1, &format!("{sign} {}", entries.join(", ")));
            }
        }
        if !list.used_by.is_empty() {
            self.line(1, &format!("asked by {}", list.used_by.join(", ")));
        }
        if list.impact.is_none() && list.added.len() + list.removed.len() > 0 {
            self.line(1, words::NOT_ASKED);
        }
        if let Some((policy, impact)) = &list.impact {
            self.impact(impact, true, &format!(" in {policy},"));
        }
        list.words
            .iter()
            .for_each(|change| self.change(change, true));
    }

    fn change(&mut self, change: &Change, counts: bool) {
        self.line(1, &output::emphasise("1", &change.what));
        if let Some(from) = &change.from {
            self.line(2, &format!("- {from}"));
        }
        if let Some(to) = &change.to {
            self.line(2, &format!("+ {to}"));
        }
        self.impact(&change.impact, counts, "");
    }

    fn impact(&mut self, impact: &Impact, counts: bool, about: &str) {
        if let Some(words) = words::impact(self.compared, impact, counts) {
            self.line(2, &format!("= {words}"));
        }
        if let Impact::Shown(examples) = impact {
            for shown in &examples.shown {
                self.shown(shown, counts, about);
            }
            if let Some(bound) = words::bound(examples) {
                self.line(2, &bound);
            }
        }
    }

    fn shown(&mut self, shown: &Shown, counts: bool, about: &str) {
        let (operation, at) = (&shown.operation, shown.at);
        self.line(2, &format!("for example,{about} {operation} at {at}, with"));
        let [own, others] = words::facts(self.compared, shown);
        if own.is_empty() && others.is_empty() {
            self.line(3, "no fact at all");
        }
        own.iter().for_each(|fact| self.line(3, fact));
        if !others.is_empty() {
            self.line(3, words::SO_THAT);
        }
        others.iter().for_each(|fact| self.line(4, fact));
        let [old, new] = words::said(shown, counts);
        self.line(3, &format!("before: {old}"));
        self.line(3, &format!("now:    {new}"));
    }

    fn heading(&mut self, title: &str, about: &str) {
        let about = if about.is_empty() {
            String::new()
        } else {
            format!(": {about}")
        };
        self.text.push('\n');
        self.line(0, &format!("{}{about}", output::emphasise("1", title)));
    }

    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "{:width$}{text}", "", width = depth * 2);
    }
}
