//! From the log to rows.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::rc::Rc;

use serde_json::Value as Json;
use weft_audit::{
    DecisionRecord, EventRecord, FindingRecord, Hash, NOT_GRANTED, PluginRecord, Record,
    Report as Verified, ShownRecord, Sight, merkle,
};
use weft_dictionary::Timestamp;
use weft_engine::FINDINGS_LEFT_OUT;
use weft_engine::attempts::READ;
use weft_engine::disclosure::{REFUSED, RELEASED};

use super::basis::{Bases, Basis};
use super::rows::{Place, Reader, Row, Shown};
use super::totals::Totals;
use super::{MinimisationArgs, Report};
use crate::exit::Failed;
use crate::output;

/// Rows of one report; each is some hundred bytes.
const MAX_ROWS: usize = 2_000_000;

/// Reads the log in `dir`, which was verified.
pub(super) fn from_log<'a>(
    args: &'a MinimisationArgs,
    log: Verified,
    dir: &Path,
) -> Result<Report<'a>, Failed> {
    let mut gathered = Gathered {
        args,
        bases: Bases::default(),
        known: BTreeSet::new(),
        rows: Vec::new(),
        decisions: 0,
        values: 0,
        readings: 0,
        shown: HashMap::new(),
        untold: 0,
        shortened: 0,
        left_out: 0,
    };
    let read = weft_audit::stream_raw(dir, |raw| {
        // A running host goes on writing; only what was verified is told.
        if raw.index >= log.records {
            return;
        }
        let leaf = || merkle::leaf_hash(raw.bytes);
        match raw.read() {
            Some(Record::Decision(decision)) => gathered.decision(raw.index, leaf(), &decision),
            Some(Record::Event(event)) if is_of_vault(&event) => {
                gathered.of_vault(raw.index, leaf(), &event);
            }
            Some(Record::Event(event)) if event.event == READ => {
                gathered.read_again(raw.index, leaf(), &event);
            }
            Some(Record::Event(event)) => gathered.bases.see(&event),
            _ => {}
        }
    })?;
    if gathered.left_out > 0 {
        return Err(Failed::because(format!(
            "the report would have more than {MAX_ROWS} rows; ask for a shorter time with --from and --to, or for one --case"
        )));
    }
    let mut gaps = gathered.bases.gaps();
    if gathered.shortened > 0 {
        gaps.push(format!(
            "of {} the record had no room for all findings: what was disclosed to the plugins of those that are left out is \
             not told",
            output::counted_u64(gathered.shortened, "decision")
        ));
    }
    gaps.extend(read.damage);
    Ok(Report {
        args,
        log,
        totals: Totals::of(&gathered.rows),
        rows: gathered.rows,
        decisions: gathered.decisions,
        values: gathered.values,
        readings: gathered.readings,
        untold: gathered.untold,
        gaps,
    })
}

const REGULATOR: &str = weft_engine::Role::Regulator.as_str();

/// Whether somebody asked for a value of the vault.
fn is_of_vault(event: &EventRecord) -> bool {
    [RELEASED, REFUSED].contains(&event.event.as_str())
}

/// What a decision showed to people, and about what.
struct ShownBefore {
    payment: Option<String>,
    case: Option<String>,
    policy_set: String,
    by: Option<ShownRecord>,
}

struct Gathered<'a> {
    args: &'a MinimisationArgs,
    bases: Bases,
    /// Decisions are many, and what they show is nearly always the same.
    known: BTreeSet<Rc<Shown>>,
    rows: Vec<Row>,
    decisions: u64,
    values: u64,
    readings: u64,
    /// What decisions showed to people, for those who read them again.
    shown: HashMap<String, ShownBefore>,
    untold: u64,
    /// Decisions whose records do not have all findings.
    shortened: u64,
    left_out: u64,
}

impl Gathered<'_> {
    /// Whether the report is about that time and case.
    fn is_asked_for(&self, at: Timestamp, case: Option<&str>) -> bool {
        let args = self.args;
        args.from.is_none_or(|from| at >= from)
            && args.to.is_none_or(|to| at < to)
            && (args.case.is_empty()
                || case.is_some_and(|case| args.case.iter().any(|one| one == case)))
    }

    fn decision(&mut self, index: u64, leaf: Hash, decision: &DecisionRecord) {
        let shown = ShownBefore {
            payment: decision.transaction.clone(),
            case: decision.case.clone(),
            policy_set: decision.policy_set.clone(),
            by: decision.shown.clone(),
        };
        self.shown.insert(decision.decision.clone(), shown);
        if !self.is_asked_for(decision.at, decision.case.as_deref()) {
            return;
        }
        self.decisions += 1;
        let place = Rc::new(Place {
            index,
            leaf,
            id: decision.decision.clone(),
            at: decision.at.to_string(),
            operation: decision.operation.clone(),
            payment: decision.transaction.clone(),
            case: decision.case.clone(),
        });
        let mut reasons = decision.findings.iter().flat_map(|f| &f.finding.reasons);
        self.shortened += u64::from(reasons.any(|reason| reason.code == FINDINGS_LEFT_OUT));
        for finding in &decision.findings {
            if let Some(plugin) = &finding.plugin {
                self.plugin(&place, decision, finding, plugin);
            }
        }
        if let Some(shown) = &decision.shown {
            self.person(&place, decision, shown);
        }
    }

    /// What support or a customer is shown by a decision.
    fn person(&mut self, place: &Rc<Place>, decision: &DecisionRecord, shown: &ShownRecord) {
        let reader = Reader::Person {
            role: shown.reader.clone(),
            caller: decision.caller.id.clone(),
        };
        for (disclosure, by) in &shown.by {
            self.row(
                place,
                Shown {
                    reader: reader.clone(),
                    purpose: by.purpose.clone(),
                    policy: disclosure.clone(),
                    version: by.version.clone(),
                    policy_set: decision.policy_set.clone(),
                    basis: Basis::recorded(&by.legal_basis),
                    sight: by.sight.clone(),
                },
            );
        }
        if !shown.not_granted.is_empty() {
            let mut sight = Sight::default();
            for field in &shown.not_granted {
                sight.withhold(field, NOT_GRANTED);
            }
            self.row(
                place,
                Shown {
                    reader,
                    purpose: String::new(),
                    policy: String::new(),
                    version: String::new(),
                    policy_set: decision.policy_set.clone(),
                    basis: Rc::default(),
                    sight,
                },
            );
        }
    }

    /// What support read again: the decision that the event names, with what it showed.
    fn read_again(&mut self, index: u64, leaf: Hash, event: &EventRecord) {
        let said = |name: &str| event.detail.get(name).and_then(Json::as_str);
        let reader = Reader::Again {
            role: said("role").unwrap_or_default().to_owned(),
            caller: said("by").unwrap_or_default().to_owned(),
        };
        let Some(decision) = said("decision") else {
            return;
        };
        let Some(before) = self.shown.get(decision) else {
            return;
        };
        if !self.is_asked_for(event.at, before.case.as_deref()) {
            return;
        }
        let place = Rc::new(Place {
            index,
            leaf,
            id: decision.to_owned(),
            at: event.at.to_string(),
            operation: event.event.clone(),
            payment: before.payment.clone(),
            case: before.case.clone(),
        });
        // The record says what support was shown; who audits is shown what the set grants to a regulator.
        let is_support = said("role").is_some_and(|role| role != REGULATOR);
        let shown = before.by.iter().filter(|_| is_support);
        let shown = shown.flat_map(|shown| &shown.by);
        let mut all: Vec<Shown> = shown
            .map(|(disclosure, by)| Shown {
                reader: reader.clone(),
                purpose: by.purpose.clone(),
                policy: disclosure.clone(),
                version: by.version.clone(),
                policy_set: before.policy_set.clone(),
                basis: Basis::recorded(&by.legal_basis),
                sight: by.sight.clone(),
            })
            .collect();
        if all.is_empty() {
            all.push(Shown {
                reader: reader.clone(),
                purpose: String::new(),
                policy: String::new(),
                version: String::new(),
                policy_set: before.policy_set.clone(),
                basis: Rc::default(),
                sight: Sight::default(),
            });
        }
        self.readings += 1;
        for shown in all {
            self.row(&place, shown);
        }
    }

    /// What somebody got who asked for a value of the vault.
    fn of_vault(&mut self, index: u64, leaf: Hash, event: &EventRecord) {
        let said = |name: &str| event.detail.get(name).and_then(Json::as_str);
        let text = |name: &str| said(name).unwrap_or_default().to_owned();
        if !self.is_asked_for(event.at, said("case")) {
            return;
        }
        self.values += 1;
        let mut sight = Sight::default();
        let fields = event.detail.get("requested").and_then(Json::as_array);
        for field in fields.into_iter().flatten().filter_map(Json::as_str) {
            match (said("disclosed"), said("withheld")) {
                (Some(treatment), _) => sight.disclose(field, treatment),
                (None, why) => sight.withhold(field, why.unwrap_or(NOT_GRANTED)),
            }
        }
        let place = Rc::new(Place {
            index,
            leaf,
            id: text("id"),
            at: event.at.to_string(),
            operation: event.event.clone(),
            payment: said("transaction").map(str::to_owned),
            case: said("case").map(str::to_owned),
        });
        let shown = Shown {
            reader: Reader::OfVault {
                role: text("role"),
                caller: text("by"),
            },
            purpose: text("purpose"),
            policy: said("disclosure")
                .or(said("emergency"))
                .unwrap_or_default()
                .to_owned(),
            version: text("version"),
            policy_set: text("policy_set"),
            basis: said("legal_basis").map(Basis::recorded).unwrap_or_default(),
            sight,
        };
        self.row(&place, shown);
    }

    fn plugin(
        &mut self,
        place: &Rc<Place>,
        decision: &DecisionRecord,
        finding: &FindingRecord,
        plugin: &PluginRecord,
    ) {
        // One that was not asked was shown nothing, and used no fuel.
        if plugin.needs.is_empty() && plugin.fuel > 0 {
            self.untold += 1;
        }
        let basis = self.bases.find(&decision.policy_set, &finding.version);
        for (purpose, sight) in &plugin.needs {
            self.row(
                place,
                Shown {
                    reader: Reader::Plugin {
                        name: plugin.name.clone(),
                        version: plugin.version.clone(),
                    },
                    purpose: purpose.clone(),
                    policy: finding.policy.clone(),
                    version: finding.version.clone(),
                    policy_set: decision.policy_set.clone(),
                    basis: basis.clone(),
                    sight: sight.clone(),
                },
            );
        }
    }

    fn row(&mut self, place: &Rc<Place>, shown: Shown) {
        if self.rows.len() >= MAX_ROWS {
            self.left_out += 1;
            return;
        }
        let shown = match self.known.get(&shown) {
            Some(known) => known.clone(),
            None => {
                let shown = Rc::new(shown);
                self.known.insert(shown.clone());
                shown
            }
        };
        self.rows.push(Row {
            place: place.clone(),
            shown,
        });
    }
}
