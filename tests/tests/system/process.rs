//! What others get of the memory of a running host: nothing.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use weft_tests::Host;
use weft_tests::binary::{binary, project, run};
use weft_tests::files::copy;

#[test]
fn a_host_leaves_no_core_file() {
    let host = Host::start("");
    let limits = format!("/proc/{}/limits", host.process().as_raw_nonzero());
    let limits = fs::read_to_string(limits).expect("limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let values: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(values, ["Max", "core", "file", "size", "0", "0", "bytes"]);
}

/// The kernel gives the files of a process that may not be dumped to the superuser, whoever runs it, and so nobody
/// else reads its memory or attaches to it (proc(5), ptrace(2)). The superuser's own processes do not show it, so the
/// host runs as somebody else; all that it needs lies where that one may read.
#[test]
fn nobody_looks_into_its_memory() {
    const NOBODY: u32 = 65_534;
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("open to all");
    fs::copy(binary(), path("weft")).expect("a copy");
    copy(&project().join("policies"), &path("policies"));
    copy(&project().join("target/plugins"), &path("plugins"));
    let config = path("weft.toml").display().to_string();
    assert!(
        run(&[
            "token", "new", "shop", "--role", "service", "--add-to", &config
        ])
        .ok
    );
    fs::set_permissions(&config, Permissions::from_mode(0o644)).expect("open to all");
    let mut command = Command::new(path("weft"));
    let own = fs::metadata(dir.path()).expect("its owner").uid();
    let runs_as = if own == 0 { NOBODY } else { own };
    if own == 0 {
        chown(dir.path(), Some(NOBODY), Some(NOBODY)).expect("given away");
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir(dir.path()).args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
        "weft.toml",
    ]);
    command.args([
        "--data",
        "data",
        "--policies",
        "policies",
        "--plugins",
        "plugins",
    ]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("a host");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    let of_process = format!("/proc/{}", child.id());
    let owner = |of: &str| fs::metadata(Path::new(&of_process).join(of)).map(|m| m.uid());
    let owners = ["", "mem", "environ", "maps"].map(|of| owner(of).ok());
    child.kill().expect("killed");
    child.wait().expect("its end");
    assert!(line.starts_with("ready: "), "{line}");
    assert_eq!(owners, [Some(runs_as), Some(0), Some(0), Some(0)]);
}
