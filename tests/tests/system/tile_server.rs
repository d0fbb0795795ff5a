//! An exported log over HTTP: each piece as it lies there, and nothing else of the directory.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use weft_tests::Host;
use weft_tests::binary::{run, weft};
use weft_tests::files::files;
use weft_tests::traffic::usual;

/// `weft audit serve-tiles`, as long as a test needs it.
struct Tiles {
    child: Child,
    address: String,
    ready: String,
}

impl Tiles {
    fn of(dir: &Path) -> Tiles {
        let dir = dir.display().to_string();
        let mut child = weft(&["audit", "serve-tiles", &dir, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut ready = String::new();
        let out = child.stdout.take().expect("its words");
        BufReader::new(out).read_line(&mut ready).expect("a line");
        let address = ready.split_whitespace().nth(1).unwrap_or_default();
        Tiles {
            address: address.to_owned(),
            ready,
            child,
        }
    }

    /// Status, media type and body of an answer.
    fn ask(&self, method: &str, path: &str) -> (u16, String, Vec<u8>) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.address))
            .body(())
            .expect("a request");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut answer = agent.run(request).expect("an answer");
        let form = answer.headers().get("content-type").map(|form| {
            let form = form.to_str().expect("a media type");
            form.to_owned()
        });
        let body = answer.body_mut().read_to_vec().expect("a body");
        (answer.status().as_u16(), form.unwrap_or_default(), body)
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A copy of the log of a host that is stopped.
fn exported(host: &Host, which: &[&str]) -> PathBuf {
    let export = host.dir.path().join("export");
    let (data, out) = (host.data(), export.display().to_string());
    let data = data.display().to_string();
    let export_it = ["audit", "export", "--data", &data, "--out", &out];
    let wrote = run(&[&export_it, which].concat());
    assert!(wrote.ok, "{}", wrote.err);
    export
}

#[test]
fn an_export_is_served_piece_by_piece() {
    let mut host = Host::start("");
    // More than one full tile.
    for n in 0..300 {
        host.decide("service", &usual(&format!("p-{n}")));
    }
    host.stop();
    let export = exported(&host, &["--payment", "p-7"]);

    // What somebody links into a copy leads nowhere.
    let link = export.join("tile/entries/777");
    std::os::unix::fs::symlink("/etc/hostname", &link).expect("linked");
    let mut tiles = Tiles::of(&export);
    assert_eq!(tiles.ask("GET", "tile/entries/777").0, 404);
    fs::remove_file(&link).expect("removed");
    assert!(
        tiles.ready.contains(" records of weft.default.eu"),
        "{}",
        tiles.ready
    );
    let mut pieces = 0;
    for file in files(&export) {
        let path = file.strip_prefix(&export).expect("below it");
        let path = path.to_str().expect("a path");
        let (status, form, body) = tiles.ask("GET", path);
        if path == "checkpoint" || path == "log.vkey" {
            assert_eq!((status, form.as_str()), (200, "text/plain; charset=utf-8"));
        } else if path.starts_with("tile/") {
            assert_eq!((status, form.as_str()), (200, "application/octet-stream"));
            pieces += 1;
        } else {
            assert_eq!(status, 404, "{path}");
            continue;
        }
        assert_eq!(body, fs::read(&file).expect("a file"), "{path}");
        let (status, _, body) = tiles.ask("HEAD", path);
        assert_eq!((status, body.len()), (200, 0), "{path}");
    }
    assert!(
        pieces >= 5,
        "two tiles, the one above them, two bundles; not {pieces}"
    );
    for path in [
        "",
        "tile/0/7",
        "tile/0/007",
        "tile/0/000.p/7",
        "tile/../verify.sh",
        "tile/%2e%2e/verify.sh",
        "cosigned",
    ] {
        assert_eq!(tiles.ask("GET", path).0, 404, "{path}");
    }
    assert_eq!(tiles.ask("DELETE", "checkpoint").0, 405);

    let pid = i32::try_from(tiles.child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), Signal::TERM).expect("it is there");
    assert!(tiles.child.wait().expect("it ends").success());
}

/// What it says when it does not serve. One that serves all the same ends with the test.
fn refused(dir: &Path) -> String {
    let mut tiles = Tiles::of(dir);
    assert_eq!(tiles.ready, "", "it is served");
    let mut told = String::new();
    let said = tiles.child.stderr.take().expect("its words");
    BufReader::new(said)
        .read_to_string(&mut told)
        .expect("a text");
    assert!(!tiles.child.wait().expect("it ends").success());
    told
}

#[test]
fn what_is_no_whole_export_is_refused_with_what_it_lacks() {
    let mut host = Host::start("");
    host.decide("service", &usual("p-1"));
    host.stop();
    // The log of a data directory keeps its records once, in the journal.
    let told = refused(&host.data().join("audit"));
    assert!(
        told.contains("is missing; name a directory that `weft audit export --out` wrote"),
        "{told}"
    );
    let told = refused(host.dir.path());
    assert!(told.contains("there is no checkpoint"), "{told}");

    let export = exported(&host, &[]);
    let checkpoint = export.join("checkpoint");
    let note = fs::read_to_string(&checkpoint).expect("a note");
    let size = note.lines().nth(1).expect("a size");
    fs::write(&checkpoint, note.replacen(size, "3", 1)).expect("written");
    let told = refused(&export);
    assert!(told.contains("the checkpoint does not hold"), "{told}");
}
