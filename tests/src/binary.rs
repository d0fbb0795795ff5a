//! The `weft` binary and where the project's files are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The project's root.
pub fn project() -> &'static Path {
    // This crate lies directly below it.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// The binary that is shipped, beside which the tests were built.
pub fn binary() -> PathBuf {
    let mut path = std::env::current_exe().unwrap_or_default();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let path = path.join("weft");
    assert!(
        path.is_file() && project().join("target/plugins/risk-rules.wasm").is_file(),
        "the binary or the plugins are not built; run `make test`, or `make build plugins` once"
    );
    path
}

/// The command, in the project's root.
pub fn weft(args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args).current_dir(project());
    command.env_remove("WEFT_LOG").env("NO_COLOR", "1");
    command
}

/// What a command said and how it ended.
pub struct Said {
    /// Whether it exited 0.
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command to its end.
pub fn run(args: &[&str]) -> Said {
    said(weft(args).output())
}

/// The same with more in its environment.
pub fn run_with(environment: &[(String, String)], args: &[&str]) -> Said {
    said(weft(args).envs(environment.iter().cloned()).output())
}

fn said(output: std::io::Result<Output>) -> Said {
    let output = output.unwrap_or_else(|error| panic!("weft cannot be run: {error}"));
    Said {
        ok: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The data that lies beside the project on some machines and is never copied into it. Where it is not,
/// what needs it says so, past the test runner's capture.
pub fn shared_data(what: &str) -> Option<PathBuf> {
    use std::io::Write;
    let path = project().parent()?.join("shared/data").join(what);
    if path.exists() {
        return Some(path);
    }
    let line = format!("left out: ../shared/data/{what} is not on this machine\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    None
}
