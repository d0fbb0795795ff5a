//! A story: what is sent, by whom, and what is to come back.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use weft_diagnostic::yaml::Spanned;
use weft_diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, yaml};
use weft_engine::Role;
use weft_verdict::Verdict;

/// A story that cannot be played.
const NOT_PLAYABLE: Code = crate::config::NOT_VALID;

/// The callers of a story: name and role.
pub(crate) const ROLES: [(&str, Role); 4] = [
    ("service", Role::Service),
    ("agent", Role::Agent),
    ("supervisor", Role::Supervisor),
    ("regulator", Role::Regulator),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    steps: Vec<StepSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepSource {
    title: String,
    #[serde(rename = "as")]
    caller: Spanned<String>,
    send: Vec<Spanned<String>>,
    #[serde(default)]
    remember: Option<String>,
    #[serde(default)]
    expect: Expect,
}

/// What is to come back.
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// One of these; empty for any.
    #[serde(default)]
    pub(crate) verdict: Vec<Verdict>,
    /// The payment's state.
    #[serde(default)]
    pub(crate) state: Option<String>,
    /// What the payment is decided to be when it is decided again.
    #[serde(default)]
    pub(crate) again: Option<Box<Expect>>,
}

/// A checked story with everything that it sends.
pub(crate) struct Story {
    pub(crate) title: String,
    pub(crate) steps: Vec<Step>,
}

/// One step.
pub(crate) struct Step {
    pub(crate) title: String,
    /// Of [`ROLES`].
    pub(crate) caller: usize,
    pub(crate) send: Vec<Body>,
    /// The name under which later bodies take parts of the reply.
    pub(crate) remember: Option<String>,
    pub(crate) expect: Expect,
}

/// A file of the story.
pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) content_type: &'static str,
    pub(crate) text: String,
}

impl Story {
    /// Reads a directory with `story.yaml`.
    pub(crate) fn load(dir: &Path) -> Result<Story, Diagnostics> {
        let path = dir.join("story.yaml");
        let file = path.display().to_string();
        let source: File = yaml::parse(&file, &yaml::read_text(&path)?)?;
        let mut steps = Vec::new();
        for step in source.steps {
            let caller = ROLES
                .iter()
                .position(|(name, _)| *name == step.caller.value);
            let Some(caller) = caller else {
                return Err(no_such_caller(&file, &step.caller).into());
            };
            let send = step
                .send
                .iter()
                .map(|name| body(dir, &file, name))
                .collect::<Result<Vec<_>, _>>()?;
            steps.push(Step {
                title: step.title,
                caller,
                send,
                remember: step.remember,
                expect: step.expect,
            });
        }
        Ok(Story {
            title: source.title,
            steps,
        })
    }
}

fn no_such_caller(file: &str, caller: &Spanned<String>) -> Diagnostic {
    let names = ROLES.iter().map(|(name, _)| *name);
    let help = match did_you_mean(&caller.value, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write service, agent, supervisor or regulator".to_owned(),
    };
    let message = format!("nobody in a story is called `{}`", caller.value);
    yaml::error_at(NOT_PLAYABLE, file, caller, message).help(help)
}

fn body(dir: &Path, file: &str, name: &Spanned<String>) -> Result<Body, Diagnostic> {
    let path: PathBuf = dir.join(&name.value);
    let text = yaml::read_text(&path)
        .map_err(|why| yaml::error_at(NOT_PLAYABLE, file, name, why.message))?;
    let content_type = match path.extension() {
        Some(end) if end == "xml" => "application/xml",
        _ => "application/json",
    };
    Ok(Body {
        name: name.value.clone(),
        content_type,
        text,
    })
}
