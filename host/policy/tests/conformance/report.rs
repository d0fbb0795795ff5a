//! `CONFORMANCE.md`: what came of the cases, by file and section, and why what is refused is refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::VERSION;
use crate::ask::{NO_FUNCTION, Outcome};
use crate::cases::Case;

/// A part of CEL that policies do not have.
struct Gap {
    /// How the classes of its problems begin.
    begins: &'static str,
    title: &'static str,
    reason: &'static str,
}

const fn gap(begins: &'static str, title: &'static str, reason: &'static str) -> Gap {
    Gap {
        begins,
        title,
        reason,
    }
}

/// The first that fits is the one.
const GAPS: [Gap; 22] = [
    gap(
        "W0304: maps",
        "maps and messages",
        "facts are flat and typed: what a map would hold is a field of the dictionary",
    ),
    gap(
        "W0304: selections",
        "selections from values",
        "a fact is `section.name`, and nothing is below it",
    ),
    gap(
        "W0304: indexes",
        "indexes",
        "there is nothing to look into; `in` says whether a text is there",
    ),
    gap(
        "W0304: lists",
        "lists as values",
        "a list stands behind `in`, in a fact or in a file of its own; no expression builds one",
    ),
    gap(
        "W0304: comprehensions",
        "comprehensions",
        "no expression takes longer than its own length says",
    ),
    gap(
        "W0304: floats",
        "floats",
        "amounts and rates are exact: money('12.50', 'EUR'), decimal('0.5')",
    ),
    gap(
        "W0304: unsigned",
        "unsigned integers",
        "one kind of whole number is enough",
    ),
    gap("W0304: bytes", "bytes", "no fact is bytes"),
    gap(
        "W0304: nulls",
        "null",
        "a fact is there or missing, and what rests on a missing one says so",
    ),
    gap(
        "W0304: division",
        "division and remainder",
        "they are not exact; the other side is multiplied",
    ),
    gap(
        "W0304: regular",
        "regular expressions",
        "what they cost depends on the text; startsWith, endsWith, contains and `in` do not",
    ),
    gap(
        "W0302: there is no function",
        "functions that policies do not have",
        "conversions, dynamic types and most extensions: each function is one more to explain to a reader, so a \
         rule has to need it",
    ),
    gap(
        "W0302: there is no field",
        "names that are no field",
        "a fact has a section and a name and stands in the dictionary, so that a misspelt one is found",
    ),
    gap(
        "W0302: there is no time zone",
        "zones without a sign",
        "`02:00` is written `+02:00`, which cannot be taken for a time",
    ),
    gap(
        "W0303: a text has no order",
        "the order of texts",
        "people and bytes sort texts differently",
    ),
    gap(
        "W0303: a boolean has no order",
        "the order of booleans",
        "true is no more than false",
    ),
    gap(
        "W0303: a text and a text",
        "joining texts",
        "rules compare texts and make none",
    ),
    gap(
        "W0303: this cannot be read",
        "constants that are out of range, or are computed",
        "instants begin in 1970, lengths of time are not negative, both count milliseconds, and are written as \
         constants",
    ),
    gap(
        "W0303",
        "types that do not fit",
        "what CEL finds when it evaluates is found when the file is loaded",
    ),
    gap(
        "W0301: brackets",
        "brackets deeper than 32",
        "nesting is bounded before the text is parsed",
    ),
    gap(
        "W0301",
        "syntax of extensions",
        "optional values, field names in backticks, and macros that extensions add",
    ),
    gap(
        "W0315",
        "what costs too much",
        "the cost of an expression is bounded before it is asked",
    ),
];

fn gap_of(class: &str) -> &'static Gap {
    let found = GAPS.iter().find(|gap| class.starts_with(gap.begins));
    found.unwrap_or_else(|| panic!("a gap without a name and a reason: {class}"))
}

/// What came of some cases.
#[derive(Default)]
struct Count {
    passed: usize,
    wrong: usize,
    types_only: usize,
    refused: BTreeMap<&'static str, usize>,
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Wrong(_) => self.wrong += 1,
            Outcome::TypesOnly => self.types_only += 1,
            Outcome::Refused(class) => *self.refused.entry(gap_of(class).title).or_default() += 1,
        }
    }

    fn refused(&self) -> usize {
        self.refused.values().sum()
    }

    fn all(&self) -> usize {
        self.passed + self.wrong + self.types_only + self.refused()
    }

    fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} |",
            self.all(),
            self.passed,
            self.refused(),
            self.wrong,
            self.types_only
        )
    }

    fn reasons(&self) -> String {
        let reasons: Vec<String> = self
            .refused
            .iter()
            .map(|(title, count)| format!("{count} {title}"))
            .collect();
        reasons.join("; ")
    }
}

pub(crate) fn page(answered: &[(&Case, &Outcome)]) -> String {
    let mut all = Count::default();
    let mut files: BTreeMap<&str, Count> = BTreeMap::new();
    let mut sections: BTreeMap<&str, Count> = BTreeMap::new();
    for (case, outcome) in answered {
        let (file, _) = case.section.split_once('/').unwrap_or((&case.section, ""));
        all.add(outcome);
        files.entry(file).or_default().add(outcome);
        sections.entry(&case.section).or_default().add(outcome);
    }
    let mut page = format!(
        "# The policy language and CEL's conformance cases\n\n\
         Written by `WEFT_UPDATE=1 cargo test --release -p weft-policy --test conformance` from the {} public cases of \
         `@bufbuild/cel-spec` {VERSION}, which `.ci/cel-spec` fetches. The same test fails when a case gives a wrong \
         answer, when one that passed passes no more, and when this page is not what came of it; `.ci/run` fails, too, \
         where the cases cannot be fetched.\n\n\
         The policy language is a part of CEL. *Passed*: the policy says what CEL says, an error where CEL has one. \
         *Refused*: the file is refused when it is loaded, with a message at the place; nothing is decided by it. \
         *Wrong*: an answer that is not CEL's. *Types only*: not asked, the case is about what a checker tells of \
         types.\n\n",
        all.all()
    );
    page.push_str("## By file\n\n| file | cases | passed | refused | wrong | types only |\n|---|--:|--:|--:|--:|--:|\n");
    for (file, count) in &files {
        let _ = writeln!(page, "{}", count.row(file));
    }
    let _ = writeln!(page, "{}", all.row("**all**"));
    page.push_str("\n## What is refused, and why\n\n| what | cases | why policies do not have it |\n|---|--:|---|\n");
    for gap in &GAPS {
        if let Some(count) = all.refused.get(gap.title) {
            let _ = writeln!(page, "| {} | {count} | {} |", gap.title, gap.reason);
        }
    }
    let _ = writeln!(
        page,
        "\nThe functions, and how many cases need them first: {}.",
        functions(answered)
    );
    page.push_str("\n## By section\n\n| file and section | cases | passed | wrong | refused |\n|---|--:|--:|--:|---|\n");
    for (section, count) in &sections {
        let _ = writeln!(
            page,
            "| {section} | {} | {} | {} | {} |",
            count.all(),
            count.passed,
            count.wrong,
            count.reasons()
        );
    }
    page
}

/// The functions that are not there, those first that most cases need.
fn functions(answered: &[(&Case, &Outcome)]) -> String {
    let mut needed: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, outcome) in answered {
        let Outcome::Refused(class) = outcome else {
            continue;
        };
        if let Some(name) = class
            .split(NO_FUNCTION)
            .nth(1)
            .and_then(|rest| rest.split('`').next())
        {
            *needed.entry(name).or_default() += 1;
        }
    }
    let mut needed: Vec<(&str, usize)> = needed.into_iter().collect();
    needed.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let needed: Vec<String> = needed
        .iter()
        .map(|(name, count)| format!("`{name}` {count}"))
        .collect();
    needed.join(", ")
}
