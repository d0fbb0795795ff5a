//! Who sees what: reader × purpose × fact × treatment, from the disclosures in force, and what the effective
//! policies withhold.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use weft_dictionary::{FieldId, Treatment};
use weft_policy::{Body, Disclosure, Policy, ShownIn};
use weft_verdict::ObligationKind;

use super::Book;

/// The readers to whom facts are shown: support in views of a decision; the customer, in the channel of a service, in its
/// message; who audits in messages and explanations.
const READERS: [&str; 4] = ["agent", "supervisor", CUSTOMER, AUDITOR];
const CUSTOMER: &str = "service";
const AUDITOR: &str = "regulator";
/// The setting with the views of the plugin for minimisation.
pub(super) const VIEWS: &str = "views";

/// What one disclosure shows.
pub(super) struct Purpose<'a> {
    /// The file that says so.
    pub(super) disclosure: &'a Disclosure,
    /// Each fact, and how each reader gets it.
    pub(super) facts: BTreeMap<&'a str, [Option<Treatment>; READERS.len()]>,
    /// Whether policies ask for it only once the customer has passed the step-up.
    pub(super) after_step_up: bool,
}

impl Purpose<'_> {
    /// Why somebody reads, in words.
    pub(super) fn name(&self) -> String {
        self.disclosure.purpose().replace('-', " ")
    }

    /// Where it is shown, in words.
    pub(super) fn place(&self) -> String {
        match self.disclosure.shown_in() {
            ShownIn::Replies(on) => format!("in replies about {}", on.join(", ")),
            ShownIn::Openings { within } => {
                format!(
                    "what opens one commitment in a record, on request, within {within} of the decision"
                )
            }
            ShownIn::Release { within } => {
                format!(
                    "one value on request, within {within} of the decision that showed the payment"
                )
            }
        }
    }

    /// How often, in words.
    pub(super) fn budget(&self) -> String {
        let Some(budget) = self.disclosure.budget() else {
            return "not counted".to_owned();
        };
        format!(
            "at most {} times a day about one case, {} about one customer, {} to one caller",
            budget.per_case, budget.per_customer, budget.per_day
        )
    }
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
    operations: Vec<String>,
    #[serde(default)]
    show: BTreeMap<String, Treatment>,
    #[serde(default)]
    withhold: BTreeMap<String, Treatment>,
    #[serde(default)]
    after_step_up: bool,
}

impl<'a> Book<'a> {
    /// What an auditor is shown of a fact at the most, about any operation.
    pub(super) fn for_auditors(&self, field: FieldId) -> &'static str {
        let all = self.set.disclosures().iter();
        let in_force =
            all.filter(|one| one.opens_within().is_none() && one.is_for(AUDITOR, self.at));
        let most = in_force.filter_map(|one| one.granted(field)).max();
        most.map_or("nothing", Treatment::as_str)
    }

    pub(super) fn readers() -> [&'static str; READERS.len()] {
        READERS
    }

    /// What each purpose shows at the most: the disclosures in force.
    pub(super) fn purposes(&self) -> Vec<Purpose<'a>> {
        let in_force = |one: &&Arc<Disclosure>| READERS.iter().any(|r| one.is_for(r, self.at));
        let all = self.set.disclosures().iter().filter(in_force);
        all.map(|one| self.purpose(one)).collect()
    }

    fn purpose(&self, disclosure: &'a Disclosure) -> Purpose<'a> {
        let reads = |reader: &str| disclosure.readers().iter().any(|r| r == reader);
        let facts = disclosure.grants().iter().map(|grant| {
            let name = self.dictionary.field(grant.field).name.as_str();
            (
                name,
                READERS.map(|reader| reads(reader).then_some(grant.treatment)),
            )
        });
        let facts: BTreeMap<&str, _> = facts.collect();
        let views: Vec<View> = (self.effective().flat_map(views))
            .filter(|view| {
                view.show
                    .keys()
                    .any(|name| facts.contains_key(name.as_str()))
            })
            .filter(|view| view.operations.iter().any(|on| disclosure.covers(on)))
            .collect();
        Purpose {
            disclosure,
            facts,
            after_step_up: !views.is_empty() && views.iter().all(|view| view.after_step_up),
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
