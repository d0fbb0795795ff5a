//! `weft vault export`, `import`, `approve`: values that go to another host with their tokens, ordered by one operator and
//! approved by another.

use clap::Args;
use hyper::Method;
use serde_json::{Value as Json, json};

use crate::exit::Failed;
use crate::output;
use crate::remote::{Remote, Why};

/// Order that all values are written to a file for another host.
///
/// Nothing is written before another operator approves the order: `weft vault approve`. Who is erased is not in the file;
/// tokens and legal holds are. The file is an age file in the directory `transfers` of the data directory.
#[derive(Args)]
pub(crate) struct ExportArgs {
    /// The key of the recipient: what `weft vault status` of the other host prints.
    #[arg(long, value_name = "AGE-KEY")]
    recipient: String,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    remote: Remote,
}

/// Order that all values of a file that another host wrote for this one are taken, with their tokens.
///
/// Nothing is taken before another operator approves the order: `weft vault approve`. A file that is not for this host, of
/// another region or tenant, not whole, or that contradicts what is here changes nothing. To take a file twice is the same
/// as once.
#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The name of the file in the directory `transfers` of the data directory.
    #[arg(value_name = "NAME.age")]
    file: String,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    remote: Remote,
}

/// Approve what another operator ordered, and wait until it is done.
#[derive(Args)]
pub(crate) struct ApproveArgs {
    /// The digest that the order printed; `weft vault status` prints it, too.
    #[arg(value_name = "DIGEST")]
    digest: String,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn export(args: ExportArgs) -> Result<(), Failed> {
    ordered(
        &args.remote,
        "export",
        ("recipient", args.recipient),
        args.why,
    )
}

pub(crate) fn import(args: ImportArgs) -> Result<(), Failed> {
    ordered(&args.remote, "import", ("file", args.file), args.why)
}

pub(crate) fn approve(args: ApproveArgs) -> Result<(), Failed> {
    let said = order(&args.remote, "approve", ("digest", args.digest), args.why)?;
    tell(&said);
    Ok(())
}

fn ordered(remote: &Remote, what: &str, of: (&str, String), why: Why) -> Result<(), Failed> {
    let said = order(remote, what, of, why)?;
    output::line(said["digest"].as_str().unwrap_or_default());
    output::step(
        "nothing is done before another operator says `weft vault approve` with this digest",
    );
    Ok(())
}

fn order(remote: &Remote, what: &str, of: (&str, String), why: Why) -> Result<Json, Failed> {
    let mut body = json!({});
    body[of.0] = json!(of.1);
    if let Some(reason) = why.reason {
        body["reason"] = json!(reason);
    }
    remote.order(Method::POST, &format!("/v1/vault/{what}"), &body)
}

/// Tells how an order stands.
pub(super) fn tell(said: &Json) {
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    let (verb, whom) = match said["direction"]["export"]["recipient"].as_str() {
        Some(recipient) => ("export to", format!(" for {recipient}")),
        None => ("import of", String::new()),
    };
    let mut line = format!(
        "{verb} {}{whom}: {}, by {}",
        text("file"),
        text("stage"),
        text("by")
    );
    if let Some(approved_by) = said["approved_by"].as_str() {
        line.push_str(&format!(", approved by {approved_by}"));
    }
    if let [done, of] = said["progress"].as_array().map_or(&[][..], Vec::as_slice) {
        line.push_str(&format!(", {done} of {of}"));
    }
    if said["subjects"].is_u64() {
        line.push_str(&format!(
            ", {} values of {} subjects",
            said["values"], said["subjects"]
        ));
    }
    if text("stage") == "waiting" {
        line.push_str(&format!("; approve {}", text("digest")));
    }
    output::line(&line);
}
