//! Sets of texts, and what is known of lists of texts.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::cel::node::TextTest;

/// A set of texts: some, or all but some; of those that pass tests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    named: Named,
    tests: Vec<(TextTest, Rc<str>, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Only(Rc<BTreeSet<Rc<str>>>),
    AllBut(Rc<BTreeSet<Rc<str>>>),
}

impl Words {
    pub(super) fn all() -> Words {
        Words::named(Named::AllBut(Rc::default()))
    }

    pub(super) fn only(texts: impl IntoIterator<Item = Rc<str>>) -> Words {
        Words::named(Named::Only(Rc::new(texts.into_iter().collect())))
    }

    /// The texts that pass a test.
    pub(super) fn passing(test: TextTest, part: &str) -> Words {
        Words {
            named: Named::AllBut(Rc::default()),
            tests: vec![(test, part.into(), true)],
        }
    }

    fn named(named: Named) -> Words {
        Words {
            named,
            tests: Vec::new(),
        }
    }

    /// Whether there is surely none.
    pub(super) fn is_empty(&self) -> bool {
        match &self.named {
            Named::Only(texts) => texts.is_empty(),
            Named::AllBut(_) => self.contradict(),
        }
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        let named = match &self.named {
            Named::Only(texts) => texts.contains(text),
            Named::AllBut(texts) => !texts.contains(text),
        };
        named && passes(&self.tests, text)
    }

    /// The texts, if they can be listed.
    pub(super) fn listed(&self) -> Option<impl Iterator<Item = &Rc<str>>> {
        match &self.named {
            Named::Only(texts) => Some(texts.iter()),
            Named::AllBut(_) => None,
        }
    }

    pub(super) fn meet(&self, other: &Words) -> Words {
        let mut tests = self.tests.clone();
        for test in &other.tests {
            if !tests.contains(test) {
                tests.push(test.clone());
            }
        }
        let named = match (&self.named, &other.named) {
            (Named::Only(one), Named::Only(two)) => {
                Named::Only(Rc::new(one.intersection(two).cloned().collect()))
            }
            (Named::Only(only), Named::AllBut(but)) | (Named::AllBut(but), Named::Only(only)) => {
                Named::Only(Rc::new(only.difference(but).cloned().collect()))
            }
            (Named::AllBut(one), Named::AllBut(two)) if two.is_empty() => {
                Named::AllBut(Rc::clone(one))
            }
            (Named::AllBut(one), Named::AllBut(two)) => {
                Named::AllBut(Rc::new(one.union(two).cloned().collect()))
            }
        };
        match named {
            Named::Only(texts) if !tests.is_empty() => {
                let left = texts.iter().filter(|text| passes(&tests, text)).cloned();
                Words::named(Named::Only(Rc::new(left.collect())))
            }
            named => Words { named, tests },
        }
    }

    /// What is not in it. Of several things that are known of a set only one can be turned round: of such a
    /// set this is every text.
    pub(super) fn contrary(&self) -> Words {
        match (&self.named, self.tests.as_slice()) {
            (Named::Only(texts), []) => Words::named(Named::AllBut(Rc::clone(texts))),
            (Named::AllBut(texts), []) => Words::named(Named::Only(Rc::clone(texts))),
            (Named::AllBut(texts), [(test, part, passes)]) if texts.is_empty() => Words {
                named: self.named.clone(),
                tests: vec![(*test, Rc::clone(part), !passes)],
            },
            _ => Words::all(),
        }
    }

    /// Whether no text can pass all tests.
    fn contradict(&self) -> bool {
        let wanted = || self.tests.iter().filter(|(.., passes)| *passes);
        self.tests.iter().any(|(test, part, passes)| {
            // Every text begins with, ends with and contains the empty one.
            !passes && part.is_empty()
                || wanted().any(|(other_test, other, _)| match (test, other_test, passes) {
                    // What begins with a text begins with the beginnings of it, too.
                    (TextTest::StartsWith, TextTest::StartsWith, true) => {
                        !part.starts_with(&**other) && !other.starts_with(&**part)
                    }
                    (TextTest::EndsWith, TextTest::EndsWith, true) => {
                        !part.ends_with(&**other) && !other.ends_with(&**part)
                    }
                    (TextTest::StartsWith, TextTest::StartsWith, false) => {
                        other.starts_with(&**part)
                    }
                    (TextTest::EndsWith, TextTest::EndsWith, false) => other.ends_with(&**part),
                    (TextTest::Contains, _, false) => other.contains(&**part),
                    _ => false,
                })
        })
    }

    /// Texts that may be in it, made of what it is known by.
    pub(super) fn examples(&self) -> Vec<Rc<str>> {
        if let Some(listed) = self.listed() {
            return listed.cloned().collect();
        }
        let parts = |wanted: TextTest| -> String {
            let longest = self
                .tests
                .iter()
                .filter(|(test, _, passes)| *passes && *test == wanted);
            match wanted {
                TextTest::Contains => longest.map(|(_, part, _)| &**part).collect(),
                _ => longest
                    .max_by_key(|(_, part, _)| part.len())
                    .map_or_else(String::new, |(_, part, _)| part.to_string()),
            }
        };
        let (start, middle, end) = (
            parts(TextTest::StartsWith),
            parts(TextTest::Contains),
            parts(TextTest::EndsWith),
        );
        let made = [
            format!("{start}{middle}{end}"),
            format!("{start}other{middle}{end}"),
            format!("{start}another{middle}{end}"),
        ];
        // An empty text is a text; but it is not what people think of.
        let made = made.iter().filter(|text| !text.is_empty());
        let made = made.map(|text| Rc::from(text.as_str()));
        made.chain([Rc::from("")]).collect()
    }
}

fn passes(tests: &[(TextTest, Rc<str>, bool)], text: &str) -> bool {
    tests.iter().all(|(test, part, wanted)| {
        let passes = match test {
            TextTest::StartsWith => text.starts_with(&**part),
            TextTest::EndsWith => text.ends_with(&**part),
            TextTest::Contains => text.contains(&**part),
        };
        passes == *wanted
    })
}

/// What is known of a list of texts: entries that it has, and entries that it has not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entries {
    pub(super) has: BTreeSet<Rc<str>>,
    pub(super) has_not: BTreeSet<Rc<str>>,
}

impl Entries {
    pub(super) fn with(entry: &str) -> Entries {
        Entries {
            has: BTreeSet::from([entry.into()]),
            has_not: BTreeSet::new(),
        }
    }

    pub(super) fn without(entry: &str) -> Entries {
        Entries {
            has: BTreeSet::new(),
            has_not: BTreeSet::from([entry.into()]),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.has.is_disjoint(&self.has_not)
    }

    pub(super) fn meet(&self, other: &Entries) -> Entries {
        Entries {
            has: self.has.union(&other.has).cloned().collect(),
            has_not: self.has_not.union(&other.has_not).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_exclude_each_other_leave_nothing() {
        let passing = |test, part: &str| Words::passing(test, part);
        let not = |test, part: &str| Words::passing(test, part).contrary();
        use TextTest::{Contains, EndsWith, StartsWith};
        for (one, two, empty) in [
            (passing(StartsWith, "BE"), passing(StartsWith, "NL"), true),
            (passing(StartsWith, "B"), passing(StartsWith, "BE"), false),
            (passing(StartsWith, "BE"), not(StartsWith, "B"), true),
            (passing(StartsWith, "B"), not(StartsWith, "BE"), false),
            (passing(EndsWith, "x"), passing(EndsWith, "y"), true),
            (passing(Contains, "abc"), not(Contains, "b"), true),
            (passing(Contains, "b"), not(Contains, "abc"), false),
            (passing(StartsWith, "B"), passing(Contains, "x"), false),
        ] {
            let both = one.meet(&two);
            assert_eq!(both.is_empty(), empty, "{both:?}");
            if !empty {
                let fits = |text: &Rc<str>| both.holds(text);
                assert!(both.examples().iter().any(fits), "{both:?}");
            }
        }
    }

    #[test]
    fn named_texts_are_kept_by_the_tests_that_they_pass() {
        let both = Words::only(["Gent".into(), "Brugge".into()])
            .meet(&Words::passing(TextTest::StartsWith, "G"));
        assert_eq!(both.listed().expect("named").count(), 1);
        assert!(both.meet(&Words::only(["Brugge".into()])).is_empty());
        assert!(!both.contrary().holds("Gent") && both.contrary().holds("Brugge"));
    }
}
