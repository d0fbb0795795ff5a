//! A loaded plugin, bound to a policy's settings, evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json};
use wasmtime::{Engine, Store};
use weft_verdict::limits::MAX_RISK;
use weft_verdict::{Failure, FailureKind, Finding};

use crate::abi::{Answer, Instance, Program, Row};
use crate::admission::{Admission, TurnedAway};
use crate::guest::{Guest, Imports, LogLine};
use crate::manifest::{Manifest, is_name};
use crate::output::Declared;
use crate::text::clean;
use crate::{Budget, Context, NeedValue, SettingProblem, limits, settings, trap};

/// A plugin: verified, compiled, described. Any number of policies may bind it.
pub struct Plugin {
    pub(crate) manifest: Manifest,
    pub(crate) digest: String,
    pub(crate) declared: Declared,
    pub(crate) program: Program,
    pub(crate) engine: Engine,
    pub(crate) admission: Arc<Admission>,
}

/// A plugin with a policy's settings and budget.
pub struct Bound {
    plugin: Arc<Plugin>,
    settings: Row,
    budget: Budget,
}

/// What came of one evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What the plugin says, or why it says nothing.
    pub result: Result<Finding, Failure>,
    /// The points of the risk that its reasons gave, by code, as far as the plugin says them: advice, as the risk is.
    pub points: BTreeMap<String, u16>,
    /// Units of fuel used.
    pub fuel: u64,
    /// Bytes of linear memory at the end, which never shrinks.
    pub memory_bytes: u64,
    /// Microseconds of wall time, waiting for a place included.
    pub elapsed_us: u64,
    /// What it logged.
    pub logs: Vec<LogLine>,
    /// How many more lines it logged than are kept.
    pub dropped_log_lines: u32,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.manifest.name)
            .field("version", &self.manifest.version)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound")
            .field("plugin", &self.plugin)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// What it declares about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the component, hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Binds a policy's settings and budget: checks them against the manifest, then asks the plugin
    /// itself.
    pub fn bind(
        self: &Arc<Self>,
        settings: &Map<String, Json>,
        budget: Budget,
    ) -> Result<Bound, Vec<SettingProblem>> {
        let mut problems = check_budget(&budget);
        let row = match settings::read(&self.manifest, settings) {
            Ok(row) if problems.is_empty() => Row::of_settings(&row),
            Ok(_) => return Err(problems),
            Err(more) => {
                problems.extend(more);
                return Err(problems);
            }
        };
        let problems = self.validate(&row);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Bound {
            plugin: Arc::clone(self),
            settings: row,
            budget,
        })
    }

    /// Asks the plugin what the manifest cannot say about its settings.
    fn validate(&self, row: &Row) -> Vec<SettingProblem> {
        let budget = Budget {
            fuel: limits::DESCRIBE_FUEL,
            time_ms: limits::DESCRIBE_TIME_MS,
            memory_bytes: limits::MAX_MEMORY_BYTES,
        };
        let problem = |path: &str, message: String, help: &str| SettingProblem {
            path: path.into(),
            message,
            help: help.into(),
        };
        let failed = |failure: Failure| {
            let help = "nothing is bound; correct the plugin's `validate`";
            vec![problem(
                "",
                format!(
                    "the plugin could not check its settings: {}",
                    failure.detail
                ),
                help,
            )]
        };
        let patience = Duration::from_millis(budget.time_ms);
        let _place = match self.admission.enter(patience) {
            Ok(place) => place,
            Err(turned_away) => return failed(self.saturated(turned_away)),
        };
        let called = self
            .call(&budget, |instance, store| instance.validate(store, row))
            .result;
        match called {
            Err(failure) => failed(failure),
            Ok(found) => found
                .into_iter()
                .take(limits::MAX_PROBLEMS)
                .map(|(path, message)| {
                    let path = if is_name(&path) { path.as_str() } else { "" };
                    let message = clean(&message, limits::MAX_DETAIL_CHARS);
                    problem(
                        path,
                        message,
                        "the plugin itself says so: see its documentation",
                    )
                })
                .collect(),
        }
    }

    /// One call of a fresh instance.
    fn call<T>(
        &self,
        budget: &Budget,
        function: impl FnOnce(&Instance, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Called<T> {
        let mut store = match Guest::store(&self.engine, budget, Imports::Log) {
            Ok(store) => store,
            Err(error) => return Called::never(trap::failure(&error, budget)),
        };
        let result = self
            .program
            .instantiate(&mut store)
            .and_then(|instance| function(&instance, &mut store))
            .map_err(|error| trap::failure(&error, budget));
        let fuel = budget.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        let guest = store.data_mut();
        Called {
            result,
            fuel,
            memory_bytes: guest.memory_bytes(),
            lines: std::mem::take(&mut guest.lines),
            points: std::mem::take(&mut guest.points),
            dropped_lines: guest.dropped_lines,
        }
    }

    fn saturated(&self, turned_away: TurnedAway) -> Failure {
        let places = self.admission.places();
        let why = match turned_away {
            TurnedAway::TooManyWait(queue) => format!("and {queue} wait already"),
            TurnedAway::WaitedInVain => "and none ended in time".into(),
        };
        Failure {
            kind: FailureKind::Saturated,
            detail: format!(
                "{places} evaluations are under way, {why}; send less, or give the host more processors \
                 and places"
            ),
            frames: Vec::new(),
        }
    }
}

impl Bound {
    /// The plugin.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// What each evaluation may use.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Evaluates in a fresh instance. `needs` are in the manifest's order. Blocks until the guest is
    /// done or stopped, at most the budget's time twice (waiting, then running): call it from a
    /// thread that may block.
    pub fn evaluate(&self, context: &Context, needs: &[NeedValue]) -> Evaluation {
        let started = Instant::now();
        let called = self.run(context, needs);
        Evaluation {
            points: match &called.result {
                Ok(finding) => points_of(finding, called.points),
                Err(_) => BTreeMap::new(),
            },
            result: called.result,
            fuel: called.fuel,
            memory_bytes: called.memory_bytes,
            elapsed_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            logs: called.lines,
            dropped_log_lines: called.dropped_lines,
        }
    }

    fn run(&self, context: &Context, needs: &[NeedValue]) -> Called<Finding> {
        if let Err(failure) = self.check_needs(needs) {
            return Called::never(failure);
        }
        let patience = Duration::from_millis(self.budget.time_ms);
        let _place = match self.plugin.admission.enter(patience) {
            Ok(place) => place,
            Err(turned_away) => return Called::never(self.plugin.saturated(turned_away)),
        };
        let called = self.plugin.call(&self.budget, |instance, store| {
            instance.evaluate(store, context, &self.settings, needs)
        });
        let result = called.result.and_then(|answer| self.judge(answer));
        Called {
            result,
            fuel: called.fuel,
            memory_bytes: called.memory_bytes,
            lines: called.lines,
            dropped_lines: called.dropped_lines,
            points: called.points,
        }
    }

    fn judge(&self, answer: Answer) -> Result<Finding, Failure> {
        let failure = |kind, detail| Failure {
            kind,
            detail,
            frames: Vec::new(),
        };
        match answer {
            Answer::Finding(raw) => self
                .plugin
                .declared
                .judge(raw)
                .map_err(|why| failure(FailureKind::BadOutput, why)),
            Answer::Failure(case, text) => Err(failure(
                FailureKind::Reported,
                format!(
                    "the plugin reports {case}: {}",
                    clean(&text, limits::MAX_DETAIL_CHARS)
                ),
            )),
        }
    }

    /// Whether the row is one that the plugin's code can read.
    fn check_needs(&self, given: &[NeedValue]) -> Result<(), Failure> {
        let missing = |detail| Failure {
            kind: FailureKind::MissingFact,
            detail,
            frames: Vec::new(),
        };
        let declared = &self.plugin.manifest.needs;
        if declared.len() != given.len() {
            return Err(missing(format!(
                "the host hands over {} needs, the manifest declares {}",
                given.len(),
                declared.len()
            )));
        }
        for (need, value) in declared.iter().zip(given) {
            match value.kind() {
                None if need.required => {
                    return Err(missing(format!(
                        "`{}` is required by the plugin, and is absent or withheld",
                        need.field
                    )));
                }
                Some(kind) if !need.can_read(kind) => {
                    return Err(missing(format!(
                        "`{}` arrives as {}, the plugin reads {} ({}): grant it the treatment that its \
                         manifest asks for, or withhold the field",
                        need.field,
                        kind.as_str(),
                        need.kind.as_str(),
                        need.treatment.as_str()
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What came of one call.
struct Called<T> {
    result: Result<T, Failure>,
    fuel: u64,
    memory_bytes: u64,
    lines: Vec<LogLine>,
    dropped_lines: u32,
    points: Vec<(String, i64)>,
}

impl<T> Called<T> {
    /// No code of the guest ran.
    fn never(failure: Failure) -> Called<T> {
        Called {
            result: Err(failure),
            fuel: 0,
            memory_bytes: 0,
            lines: Vec::new(),
            dropped_lines: 0,
            points: Vec::new(),
        }
    }
}

/// Points that a risk may have, of reasons that the finding gives: nothing else of what the guest said is repeated.
fn points_of(finding: &Finding, said: Vec<(String, i64)>) -> BTreeMap<String, u16> {
    let given = |code: &str| finding.reasons.iter().any(|reason| reason.code == code);
    said.into_iter()
        .filter(|(code, _)| given(code))
        .filter_map(|(code, points)| Some((code, u16::try_from(points).ok()?)))
        .filter(|(_, points)| *points <= MAX_RISK)
        .collect()
}

fn check_budget(budget: &Budget) -> Vec<SettingProblem> {
    [
        ("budget.fuel", budget.fuel, limits::MAX_FUEL),
        ("budget.time_ms", budget.time_ms, limits::MAX_TIME_MS),
        (
            "budget.memory_bytes",
            budget.memory_bytes,
            limits::MAX_MEMORY_BYTES,
        ),
    ]
    .into_iter()
    .filter(|(_, given, limit)| !(1..=*limit).contains(given))
    .map(|(path, given, limit)| SettingProblem {
        path: path.into(),
        message: format!("the budget is {given}"),
        help: format!("it may be 1 to {limit}"),
    })
    .collect()
}
