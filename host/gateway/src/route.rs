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
    /// What there is, for programs (OpenAPI).
    Description,
    /// Whether the process lives.
    Alive,
    /// Whether it decides.
    Ready,
    /// What a platform team watches.
    Metrics,
}

/// Who may have a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Who reaches the host.
    Anyone,
    /// Callers with a token; what they get is the engine's to say.
    Callers,
    /// Callers with this role.
    Only(Role),
}

/// The description of all resources.
pub(crate) const OPENAPI: &str = include_str!("../openapi.yaml");

const DECISIONS: &str = "/v1/decisions";

impl Route {
    /// All resources.
    #[cfg(test)]
    const ALL: [Route; 6] = [
        Route::Decide,
        Route::Decision,
        Route::Description,
        Route::Alive,
        Route::Ready,
        Route::Metrics,
    ];

    /// The resource at a path, and the id that the path ends with.
    pub(crate) fn of(path: &str) -> Option<(Route, &str)> {
        let route = match path {
            DECISIONS => Route::Decide,
            "/v1/openapi.yaml" => Route::Description,
            "/healthz" => Route::Alive,
            "/readyz" => Route::Ready,
            "/metrics" => Route::Metrics,
            _ => {
                let id = path.strip_prefix(DECISIONS)?.strip_prefix('/')?;
                let is_one = !id.is_empty() && !id.contains('/');
                return is_one.then_some((Route::Decision, id));
            }
        };
        Some((route, ""))
    }

    /// In logs and metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Route::Decide => "/v1/decisions",
            Route::Decision => "/v1/decisions/{id}",
            Route::Description => "/v1/openapi.yaml",
            Route::Alive => "/healthz",
            Route::Ready => "/readyz",
            Route::Metrics => "/metrics",
        }
    }

    /// Its methods, as the `Allow` header says them.
    pub(crate) fn allow(self) -> &'static str {
        match self {
            Route::Decide => "POST",
            Route::Decision | Route::Description | Route::Alive | Route::Ready | Route::Metrics => {
                "GET, HEAD"
            }
        }
    }

    /// Whether it has a method.
    pub(crate) fn has(self, method: &Method) -> bool {
        self.allow()
            .split(", ")
            .any(|known| known == method.as_str())
    }

    /// Who may have it.
    pub(crate) fn access(self) -> Access {
        match self {
            Route::Decide | Route::Decision => Access::Callers,
            Route::Description | Route::Alive | Route::Ready => Access::Anyone,
            Route::Metrics => Access::Only(Role::Operator),
        }
    }

    /// The forms of its answer that is no problem.
    pub(crate) fn forms(self) -> &'static [&'static str] {
        match self {
            // The form of the question decides; see `service`.
            Route::Decide => &["application/json", "application/xml", "text/xml"],
            Route::Decision | Route::Alive | Route::Ready => &["application/json"],
            Route::Description => &["application/yaml"],
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
        assert_eq!(Route::of("/readyz"), Some((Route::Ready, "")));
        for path in [
            "",
            "/",
            "*",
            "/v1",
            "/v1/decisions/",
            "/v1/decisions/a/b",
            "/v1/decisionsx",
            "/healthz/",
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
            let method = route.allow().split(',').next().map(str::to_lowercase);
            assert_eq!(methods, [&method.expect("a method")], "{}", route.label());
            let operation = &described[methods[0]];
            let open = operation.get("security").is_some();
            assert_eq!(open, route.access() == Access::Anyone, "{}", route.label());
            let answer = operation["responses"]["200"]["content"].as_object();
            for form in answer.iter().flat_map(|forms| forms.keys()) {
                assert!(route.forms().contains(&form.as_str()), "{form}");
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
