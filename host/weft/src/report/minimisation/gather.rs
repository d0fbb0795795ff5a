//! From the log to rows.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use weft_audit::{DecisionRecord, FindingRecord, PluginRecord, Record, Report as Verified, merkle};

use super::basis::Bases;
use super::rows::{Place, Reader, Row, Shown};
use super::totals::Totals;
use super::{MinimisationArgs, Report};
use crate::exit::Failed;

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
        bases: Bases::of(&args.data),
        known: BTreeSet::new(),
        rows: Vec::new(),
        decisions: 0,
        untold: 0,
        left_out: 0,
    };
    let read = weft_audit::stream_raw(dir, |raw| {
        // A running host goes on writing; only what was verified is told.
        if raw.index >= log.records {
            return;
        }
        if let Some(Record::Decision(decision)) = raw.read() {
            gathered.take(raw.index, merkle::leaf_hash(raw.bytes), &decision);
        }
    })?;
    if gathered.left_out > 0 {
        return Err(Failed::because(format!(
            "the report would have more than {MAX_ROWS} rows; ask for a shorter time with --from and --to, or for one --case"
        )));
    }
    let mut gaps = gathered.bases.gaps;
    gaps.extend(read.damage);
    Ok(Report {
        args,
        log,
        totals: Totals::of(&gathered.rows),
        rows: gathered.rows,
        decisions: gathered.decisions,
        untold: gathered.untold,
        gaps,
    })
}

struct Gathered<'a> {
    args: &'a MinimisationArgs,
    bases: Bases,
    /// Decisions are many, and what they show is nearly always the same.
    known: BTreeSet<Rc<Shown>>,
    rows: Vec<Row>,
    decisions: u64,
    untold: u64,
    left_out: u64,
}

impl Gathered<'_> {
    fn take(&mut self, index: u64, leaf: merkle::Hash, decision: &DecisionRecord) {
        let args = self.args;
        let is_early = args.from.is_some_and(|from| decision.at < from);
        let is_late = args.to.is_some_and(|to| decision.at >= to);
        let is_other = args.case.is_some() && args.case != decision.case;
        if is_early || is_late || is_other {
            return;
        }
        self.decisions += 1;
        let place = Rc::new(Place {
            index,
            leaf,
            decision: decision.decision.clone(),
            at: decision.at.to_string(),
            operation: decision.operation.clone(),
            payment: decision.transaction.clone(),
            case: decision.case.clone(),
        });
        for finding in &decision.findings {
            if let Some(plugin) = &finding.plugin {
                self.plugin(&place, decision, finding, plugin);
            }
        }
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
