//! `weft policy reload` and `weft policy rollback`: another policy set in force, on a running host.

use clap::Args;
use hyper::Method;
use serde_json::{Value as Json, json};

use crate::exit::Failed;
use crate::output;
use crate::remote::{Remote, Why};

/// Let a running host read its policies and plugins again, and put them in force.
///
/// What does not hold is refused with everything that is wrong, and the policies in force stay. No request waits, and
/// none is decided by two sets. Ends a rollback. SIGHUP to the host does the same.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft policy check policies --plugins target/plugins\n  WEFT_OPERATOR=… weft policy reload --reason 'ticket 4711: lower limit'"
)]
pub(crate) struct ReloadArgs {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    remote: Remote,
}

/// Put a policy set in force on a running host that was in force before.
///
/// Without --to, the one before the one in force. The set is taken from the archive in the host's data directory, where
/// every set that decided is kept by its digest; one of which a byte was changed is refused. It stays in force, also over
/// a restart, until the policies directory is reloaded, also when files in it have changed; `--forget-rollback` at a start
/// ends it, too.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft policy sets\n  weft policy rollback --reason 'too many payments held' --to 3f09c2d1a4b7"
)]
pub(crate) struct RollbackArgs {
    /// The digest of the set, or its first digits, at least eight; `weft policy sets` lists them.
    #[arg(long, value_name = "DIGEST")]
    to: Option<String>,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn reload(args: &ReloadArgs) -> Result<(), Failed> {
    let order = with_reason(json!({}), &args.why);
    let said = args
        .remote
        .order(Method::POST, "/v1/policies/reload", &order)?;
    tell(&said);
    Ok(())
}

pub(crate) fn roll_back(args: &RollbackArgs) -> Result<(), Failed> {
    let mut order = with_reason(json!({}), &args.why);
    if let Some(to) = &args.to {
        order["to"] = json!(to);
    }
    let said = args
        .remote
        .order(Method::POST, "/v1/policies/rollback", &order)?;
    tell(&said);
    Ok(())
}

pub(crate) fn with_reason(mut order: Json, why: &Why) -> Json {
    if let Some(reason) = &why.reason {
        order["reason"] = json!(reason);
    }
    order
}

/// What is in force now.
fn tell(said: &Json) {
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    let set = text("policy_set");
    if said["changed"] != json!(true) {
        return output::line(&format!(
            "policy set {set} stays in force: nothing has changed"
        ));
    }
    output::line(&format!("policy set {set} is in force"));
    output::line(&format!("it replaced {}", text("replaced")));
    if said["overruled"].is_string() {
        output::step(
            "the policies directory does not decide until `weft policy reload`, or a start with `--forget-rollback`",
        );
    }
}
