//! Who sees what: reader × purpose × fact × treatment, from what the effective policies show and withhold.

use std::collections::BTreeMap;

use serde::Deserialize;
use weft_dictionary::{Class, Treatment};
use weft_policy::{Body, Policy};
use weft_verdict::ObligationKind;

use super::Book;

/// The readers to whom facts are shown in a view of a decision.
const READERS: [&str; 2] = ["agent", "supervisor"];
/// The setting with the views of the plugin for minimisation.
pub(super) const VIEWS: &str = "views";
/// In a view's readers: every role.
const ANYBODY: &str = "any";

/// What one purpose shows.
pub(super) struct Purpose<'a> {
    /// The policy that says so.
    pub(super) policy: &'a Policy,
    /// Why somebody reads.
    pub(super) name: String,
    /// About what.
    pub(super) operations: Vec<String>,
    /// Whether it is shown only once the customer has passed the step-up.
    pub(super) after_step_up: bool,
    /// Each fact, and how each reader gets it.
    pub(super) facts: BTreeMap<String, [Option<Treatment>; READERS.len()]>,
}

/// What a policy takes from readers and later stages.
pub(super) struct Withheld<'a> {
    pub(super) policy: &'a Policy,
    /// Each fact, and what is left of it.
    pub(super) facts: Vec<(String, Treatment)>,
}

/// A view, as the plugin for minimisation takes it in its settings.
#[derive(Deserialize)]
struct View {
    purpose: String,
    operations: Vec<String>,
    readers: Vec<String>,
    #[serde(default)]
    show: BTreeMap<String, Treatment>,
    #[serde(default)]
    withhold: BTreeMap<String, Treatment>,
    #[serde(default)]
    after_step_up: bool,
}

impl<'a> Book<'a> {
    pub(super) fn readers() -> [&'static str; READERS.len()] {
        READERS
    }

    /// What each purpose shows.
    pub(super) fn purposes(&self) -> Vec<Purpose<'a>> {
        let mut purposes = Vec::new();
        for policy in self.effective() {
            for view in views(policy) {
                purposes.push(self.purpose(policy, view));
            }
            let shown = self.said_of(policy, ObligationKind::Disclose);
            if !shown.is_empty() {
                let view = View {
                    purpose: policy.title().to_owned(),
                    operations: policy.operations().to_vec(),
                    readers: vec![ANYBODY.to_owned()],
                    show: shown.into_iter().collect(),
                    withhold: BTreeMap::new(),
                    after_step_up: false,
                };
                purposes.push(self.purpose(policy, view));
            }
        }
        purposes.retain(|purpose| !purpose.facts.is_empty());
        purposes
    }

    fn purpose(&self, policy: &'a Policy, view: View) -> Purpose<'a> {
        let reads = |reader: &&str| view.readers.iter().any(|r| r == reader || r == ANYBODY);
        let facts = view.show.into_iter().map(|(name, treatment)| {
            // No policy shows more than a fact's class allows.
            let field = self.dictionary.by_name(&name);
            let ceiling = field.map_or(Treatment::Absent, |field| field.class.ceiling());
            let least = treatment.min(ceiling);
            (name, READERS.map(|reader| reads(&reader).then_some(least)))
        });
        Purpose {
            facts: facts.collect(),
            policy,
            name: view.purpose.replace('-', " "),
            operations: view.operations,
            after_step_up: view.after_step_up,
        }
    }

    /// What each policy takes from later stages and from the readers of a decision.
    pub(super) fn withheld(&self) -> Vec<Withheld<'a>> {
        let by_policy = self.effective().map(|policy| {
            let of_views = views(policy).into_iter().flat_map(|view| view.withhold);
            let of_rules = self.said_of(policy, ObligationKind::Redact);
            Withheld {
                facts: of_views.chain(of_rules).collect(),
                policy,
            }
        });
        by_policy
            .filter(|withheld| !withheld.facts.is_empty())
            .collect()
    }

    /// What the rules of a policy say about fields.
    fn said_of(&self, policy: &Policy, kind: ObligationKind) -> Vec<(String, Treatment)> {
        let Body::Rules(rules) = policy.body() else {
            return Vec::new();
        };
        let obligations = rules.iter().flat_map(|rule| &rule.finding.obligations);
        let said = obligations
            .filter(|o| o.kind == kind)
            .flat_map(|o| &o.arguments);
        said.map(|(field, word)| {
            let treatment = Treatment::from_name(word).unwrap_or(Treatment::Absent);
            (field.clone(), treatment)
        })
        .collect()
    }

    /// The facts that messages name, by reader: customer, agent, auditor.
    pub(super) fn told_in_messages(&self) -> [Vec<&'a str>; 3] {
        let mut told: [Vec<&'a str>; 3] = Default::default();
        for policy in self.effective() {
            let own = std::iter::once(policy.messages());
            let all = own.chain(policy.reasons().iter().filter_map(|r| r.messages.as_ref()));
            for messages in all {
                let readers = [&messages.customer, &messages.agent, &messages.auditor];
                for (names, message) in told.iter_mut().zip(readers) {
                    let fields = message.fields().map(|id| self.dictionary.field(id));
                    names.extend(fields.map(|field| field.name.as_str()));
                }
            }
        }
        for names in &mut told {
            names.sort_unstable();
            names.dedup();
        }
        told
    }
}

/// The views of a policy that asks the plugin for minimisation.
fn views(policy: &Policy) -> Vec<View> {
    let Body::Plugin(plugin) = policy.body() else {
        return Vec::new();
    };
    let views = plugin.settings.get(VIEWS).cloned();
    views
        .and_then(|views| serde_json::from_value(views).ok())
        .unwrap_or_default()
}

/// What an auditor sees of a class, in an explanation of a decision.
pub(super) fn for_auditors(class: Class) -> &'static str {
    match class {
        Class::Public | Class::Operational => "clear",
        Class::Personal | Class::Sensitive | Class::Cardholder => "present",
        Class::Secret => "absent",
    }
}
