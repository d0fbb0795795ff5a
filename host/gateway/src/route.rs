//! What there is, who may have it, and how.

use hyper::Method;
use weft_engine::Role;

/// One resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Decisions are asked for.
    Decide,
    /// A decision is read.
    Decision,
    /// Why a decision came out as it did.
    Explanation,
    /// Where the payment of a decision stands, now and after each change.
    Watch,
    /// Payments that policies want support to look at.
    Alerts,
    /// The same, as they are raised.
    AlertStream,
    /// What there is, for programs (OpenAPI).
    Description,
    /// Whether the process lives.
    Alive,
    /// Whether it decides.
    Ready,
    /// What a platform team watches.
    Metrics,
    /// The policy set in force is read.
    Policies,
    /// Which set was in force since when.
    PolicySets,
    /// The directories are read again.
    Reload,
    /// An archived set is put in force.
    RollBack,
    /// The level of threat is read, or set.
    ThreatLevel,
    /// How the vault stands.
    Vault,
    /// A person is erased.
    Erase,
    /// A person is held against erasure.
    Hold,
    /// A new epoch of keys is begun.
    Rotate,
    /// That values are written for another host is ordered.
    Export,
    /// That values of another host are taken is ordered.
    Import,
    /// Such an order is approved.
    ApproveTransfer,
    /// A value of the vault is asked for.
    Disclose,
    /// Emergency access is asked for, or what waits for its review is read.
    Emergencies,
    /// Emergency access is approved.
    Approve,
    /// Emergency access is used.
    Open,
    /// Emergency access is reviewed.
    Review,
    /// What was escalated and waits for a supervisor.
    Escalations,
    /// The audit log's newest checkpoint.
    Checkpoint,
    /// A piece of the audit log.
    Tile,
    /// A proof that a decision is in the audit log.
    Proof,
    /// Records of the audit log that meet conditions.
    Records,
    /// What opens a commitment in a record is asked for.
    OpenCommitment,
}

/// Who may have a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Who reaches the host.
    Anyone,
    /// Callers with a token; what they get is the engine's to say.
    Callers,
    /// Callers with one of these roles.
    Roles(&'static [Role]),
}

/// The description of all resources.
pub(crate) const OPENAPI: &str = include_str!("../openapi.yaml");

const DECISIONS: &str = "/v1/decisions";

/// Who runs the host.
const OPERATORS: &[Role] = &[Role::Operator];
/// Who may see by what it decides.
const OVERSEERS: &[Role] = &[Role::Operator, Role::Regulator];
/// Who helps customers.
const SUPPORT: &[Role] = &[Role::Agent, Role::Supervisor];
/// Who approves what others may not do alone.
const SUPERVISORS: &[Role] = &[Role::Supervisor];
/// Who looks at it afterwards.
const REVIEWERS: &[Role] = &[Role::Supervisor, Role::Regulator];
/// Who may see that it happened.
const WATCHERS: &[Role] = &[Role::Supervisor, Role::Regulator, Role::Operator];
/// Who verifies the log.
const VERIFIERS: &[Role] = &[Role::Regulator];
const EXPLANATION: &str = "explanation";
const CHANGES: &str = "changes";
const LOG: &str = "/v1/log/";

impl Route {
    /// All resources.
    #[cfg(test)]
    const ALL: [Route; 33] = [
        Route::Decide,
        Route::Decision,
        Route::Explanation,
        Route::Watch,
        Route::Alerts,
        Route::AlertStream,
        Route::Description,
        Route::Alive,
        Route::Ready,
        Route::Metrics,
        Route::Policies,
        Route::PolicySets,
        Route::Reload,
        Route::RollBack,
        Route::ThreatLevel,
        Route::Vault,
        Route::Erase,
        Route::Hold,
        Route::Rotate,
        Route::Export,
        Route::Import,
        Route::ApproveTransfer,
        Route::Disclose,
        Route::Emergencies,
        Route::Approve,
        Route::Open,
        Route::Review,
        Route::Escalations,
        Route::Checkpoint,
        Route::Tile,
        Route::Proof,
        Route::Records,
        Route::OpenCommitment,
    ];

    /// The resource at a path, and the decision's id or the name of the piece in it.
    pub(crate) fn of(path: &str) -> Option<(Route, &str)> {
        let route = match path {
            DECISIONS => Route::Decide,
            "/v1/alerts" => Route::Alerts,
            "/v1/alerts/changes" => Route::AlertStream,
            "/v1/openapi.yaml" => Route::Description,
            "/healthz" => Route::Alive,
            "/readyz" => Route::Ready,
            "/metrics" => Route::Metrics,
            "/v1/policies" => Route::Policies,
            "/v1/policy-sets" => Route::PolicySets,
            "/v1/policies/reload" => Route::Reload,
            "/v1/policies/rollback" => Route::RollBack,
            "/v1/threat-level" => Route::ThreatLevel,
            "/v1/vault" => Route::Vault,
            "/v1/vault/erase" => Route::Erase,
            "/v1/vault/hold" => Route::Hold,
            "/v1/vault/rotate" => Route::Rotate,
            "/v1/vault/export" => Route::Export,
            "/v1/vault/import" => Route::Import,
            "/v1/vault/approve" => Route::ApproveTransfer,
            "/v1/disclosures" => Route::Disclose,
            "/v1/emergencies" => Route::Emergencies,
            "/v1/emergencies/approve" => Route::Approve,
            "/v1/emergencies/open" => Route::Open,
            "/v1/emergencies/review" => Route::Review,
            "/v1/escalations" => Route::Escalations,
            "/v1/log/checkpoint" => Route::Checkpoint,
            "/v1/log/records" => Route::Records,
            "/v1/log/openings" => Route::OpenCommitment,
            _ if path.starts_with(LOG) => {
                let (route, id) = match path.strip_prefix(LOG)?.split_once('/')? {
                    ("tile", name) => (Route::Tile, name),
                    ("proofs", id) if !id.contains('/') => (Route::Proof, id),
                    _ => return None,
                };
                return (!id.is_empty()).then_some((route, id));
            }
            _ => {
                let id = path.strip_prefix(DECISIONS)?.strip_prefix('/')?;
                let (route, id) = match id.split_once('/') {
                    Some((id, EXPLANATION)) => (Route::Explanation, id),
                    Some((id, CHANGES)) => (Route::Watch, id),
                    Some(_) => return None,
                    None => (Route::Decision, id),
                };
                return (!id.is_empty()).then_some((route, id));
            }
        };
        Some((route, ""))
    }

    /// In logs and metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Route::Decide => "/v1/decisions",
            Route::Decision => "/v1/decisions/{id}",
            Route::Explanation => "/v1/decisions/{id}/explanation",
            Route::Watch => "/v1/decisions/{id}/changes",
            Route::Alerts => "/v1/alerts",
            Route::AlertStream => "/v1/alerts/changes",
            Route::Description => "/v1/openapi.yaml",
            Route::Alive => "/healthz",
            Route::Ready => "/readyz",
            Route::Metrics => "/metrics",
            Route::Policies => "/v1/policies",
            Route::PolicySets => "/v1/policy-sets",
            Route::Reload => "/v1/policies/reload",
            Route::RollBack => "/v1/policies/rollback",
            Route::ThreatLevel => "/v1/threat-level",
            Route::Vault => "/v1/vault",
            Route::Erase => "/v1/vault/erase",
            Route::Hold => "/v1/vault/hold",
            Route::Rotate => "/v1/vault/rotate",
            Route::Export => "/v1/vault/export",
            Route::Import => "/v1/vault/import",
            Route::ApproveTransfer => "/v1/vault/approve",
            Route::Disclose => "/v1/disclosures",
            Route::Emergencies => "/v1/emergencies",
            Route::Approve => "/v1/emergencies/approve",
            Route::Open => "/v1/emergencies/open",
            Route::Review => "/v1/emergencies/review",
            Route::Escalations => "/v1/escalations",
            Route::Checkpoint => "/v1/log/checkpoint",
            Route::Tile => "/v1/log/tile/{tile}",
            Route::Proof => "/v1/log/proofs/{id}",
            Route::Records => "/v1/log/records",
            Route::OpenCommitment => "/v1/log/openings",
        }
    }

    /// Its methods, as the `Allow` header says them.
    pub(crate) fn allow(self) -> &'static str {
        match self {
            Route::Decide
            | Route::Reload
            | Route::RollBack
            | Route::Erase
            | Route::Hold
            | Route::Rotate
            | Route::Export
            | Route::Import
            | Route::ApproveTransfer
            | Route::Disclose
            | Route::Approve
            | Route::Open
            | Route::Review
            | Route::OpenCommitment => "POST",
            Route::Watch | Route::AlertStream => "GET",
            Route::Emergencies => "GET, HEAD, POST",
            Route::ThreatLevel => "GET, HEAD, PUT",
            Route::Decision
            | Route::Explanation
            | Route::Alerts
            | Route::Description
            | Route::Alive
            | Route::Ready
            | Route::Metrics
            | Route::Policies
            | Route::PolicySets
            | Route::Vault
            | Route::Escalations
            | Route::Checkpoint
            | Route::Tile
            | Route::Proof
            | Route::Records => "GET, HEAD",
        }
    }

    /// Whether it has a method.
    pub(crate) fn has(self, method: &Method) -> bool {
        self.allow()
            .split(", ")
            .any(|known| known == method.as_str())
    }

    /// Whether it is answered also where there is room for nothing else.
    pub(crate) fn is_about_health(self) -> bool {
        matches!(self, Route::Alive | Route::Ready)
    }

    /// Who may have it by this method.
    pub(crate) fn access(self, method: &Method) -> Access {
        match self {
            Route::Decide
            | Route::Decision
            | Route::Explanation
            | Route::Watch
            | Route::Disclose => Access::Callers,
            Route::Description | Route::Alive | Route::Ready => Access::Anyone,
            Route::Emergencies if *method == Method::POST => Access::Roles(SUPPORT),
            Route::Emergencies => Access::Roles(WATCHERS),
            Route::Approve | Route::Escalations => Access::Roles(SUPERVISORS),
            Route::Open | Route::Alerts | Route::AlertStream => Access::Roles(SUPPORT),
            Route::Review => Access::Roles(REVIEWERS),
            Route::Checkpoint
            | Route::Tile
            | Route::Proof
            | Route::Records
            | Route::OpenCommitment => Access::Roles(VERIFIERS),
            Route::ThreatLevel if *method == Method::PUT => Access::Roles(OPERATORS),
            Route::Policies | Route::PolicySets | Route::ThreatLevel | Route::Vault => {
                Access::Roles(OVERSEERS)
            }
            Route::Metrics
            | Route::Reload
            | Route::RollBack
            | Route::Erase
            | Route::Hold
            | Route::Rotate
            | Route::Export
            | Route::Import
            | Route::ApproveTransfer => Access::Roles(OPERATORS),
        }
    }

    /// The forms of its answer that is no problem.
    pub(crate) fn forms(self) -> &'static [&'static str] {
        match self {
            // The form of the question decides; see `service`.
            Route::Decide => &["application/json", "application/xml", "text/xml"],
            Route::Decision
            | Route::Explanation
            | Route::Alive
            | Route::Ready
            | Route::Policies
            | Route::PolicySets
            | Route::Reload
            | Route::RollBack
            | Route::ThreatLevel
            | Route::Vault
            | Route::Erase
            | Route::Hold
            | Route::Rotate
            | Route::Export
            | Route::Import
            | Route::ApproveTransfer
            | Route::Disclose
            | Route::Emergencies
            | Route::Approve
            | Route::Open
            | Route::Review
            | Route::Escalations
            | Route::Records
            | Route::Alerts
            | Route::OpenCommitment => &["application/json"],
            Route::Watch | Route::AlertStream => &["text/event-stream"],
            Route::Description => &["application/yaml"],
            Route::Checkpoint | Route::Proof => &["text/plain; charset=utf-8"],
            Route::Tile => &["application/octet-stream"],
            Route::Metrics => &["application/openmetrics-text; version=1.0.0; charset=utf-8"],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;
    use weft_intake::ProblemCode;

    use super::*;

    #[test]
    fn paths_lead_to_resources() {
        assert_eq!(Route::of("/v1/decisions"), Some((Route::Decide, "")));
        assert_eq!(
            Route::of("/v1/decisions/dec_1"),
            Some((Route::Decision, "dec_1"))
        );
        assert_eq!(
            Route::of("/v1/decisions/dec_1/explanation"),
            Some((Route::Explanation, "dec_1"))
        );
        assert_eq!(Route::of("/readyz"), Some((Route::Ready, "")));
        assert_eq!(
            Route::of("/v1/log/tile/0/x001/234"),
            Some((Route::Tile, "0/x001/234"))
        );
        assert_eq!(
            Route::of("/v1/log/proofs/dec_1"),
            Some((Route::Proof, "dec_1"))
        );
        for path in [
            "",
            "/",
            "*",
            "/v1",
            "/v1/decisions/",
            "/v1/decisions/a/b",
            "/v1/decisions//explanation",
            "/v1/decisions/a/explanation/",
            "/v1/decisionsx",
            "/healthz/",
            "/v1/log/",
            "/v1/log/tile/",
            "/v1/log/checkpoint/",
            "/v1/log/proofs/a/b",
            "/V1/decisions",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    #[test]
    fn methods_are_exact() {
        assert!(Route::Decide.has(&Method::POST));
        assert!(!Route::Decide.has(&Method::GET));
        assert!(Route::Decision.has(&Method::HEAD));
        assert!(!Route::Decision.has(&Method::OPTIONS));
    }

    #[test]
    fn the_description_has_every_resource_and_no_other() {
        let description: Json = serde_saphyr::from_str(OPENAPI).expect("valid");
        let paths = description["paths"].as_object().expect("paths");
        assert_eq!(paths.len(), Route::ALL.len());
        for route in Route::ALL {
            let described = &paths[route.label()];
            let methods: Vec<_> = described.as_object().expect("methods").keys().collect();
            // HEAD goes with GET without saying.
            let allowed = route.allow().split(", ").filter(|method| *method != "HEAD");
            let allowed: Vec<_> = allowed.map(str::to_lowercase).collect();
            assert_eq!(
                methods,
                allowed.iter().collect::<Vec<_>>(),
                "{}",
                route.label()
            );
            for (name, operation) in described.as_object().expect("methods") {
                let method = Method::from_bytes(name.to_uppercase().as_bytes()).expect("a method");
                let open = operation.get("security").is_some();
                let anyone = route.access(&method) == Access::Anyone;
                assert_eq!(open, anyone, "{}", route.label());
                let answer = operation["responses"]["200"]["content"].as_object();
                for form in answer.iter().flat_map(|forms| forms.keys()) {
                    assert!(route.forms().contains(&form.as_str()), "{form}");
                }
            }
        }
    }

    #[test]
    fn the_description_has_every_problem() {
        let description: Json = serde_saphyr::from_str(OPENAPI).expect("valid");
        let problem = &description["components"]["schemas"]["Problem"];
        let described = problem["properties"]["code"]["enum"].as_array();
        let codes = ProblemCode::ALL.iter().map(|code| Json::from(code.code()));
        assert_eq!(described, Some(&codes.collect()));
    }
}
