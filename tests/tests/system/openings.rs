//! One fact of one decision, shown to a regulator, who checks it with `sha256sum` and sees no other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::files::files;
use weft_tests::traffic::{assistance, held, usual};

const PURPOSE: &str = "supervision-of-decisions";
const FIELD: &str = "payer.sim_changed_at";
const CHANGED: &str = "2019-05-06T07:08:09.000Z";

/// A host that has decided about two payments, and about support for one of them.
struct Past {
    host: Host,
    held: String,
    usual: String,
    out: tempfile::TempDir,
}

impl Past {
    fn new() -> Past {
        let host = Host::start("");
        let id = |mut body: Json| {
            body["payer"]["sim_changed_at"] = json!(CHANGED);
            let answer = host.decide("service", &body).json();
            answer["decision"].as_str().expect("an id").to_owned()
        };
        let (held, usual) = (id(held("p-1")), id(usual("p-2")));
        host.decide(
            "agent",
            &assistance("assist.failed_payment", "p-1", "case-1"),
        );
        let out = tempfile::tempdir().expect("a directory");
        for role in ["regulator", "operator"] {
            fs::write(out.path().join(role), host.token(role)).expect("written");
        }
        Past {
            host,
            held,
            usual,
            out,
        }
    }

    fn path(&self, name: &str) -> String {
        self.out.path().join(name).display().to_string()
    }

    fn open(&self, decision: &str, field: &str, to: &str, how: &[&str]) -> Said {
        let out = self.path(to);
        let asked = [
            "audit",
            "open",
            decision,
            "--field",
            field,
            "--purpose",
            PURPOSE,
            "--out",
            &out,
        ];
        run(&[&asked, how].concat())
    }

    fn open_at_host(&self, role: &str, decision: &str, field: &str) -> Said {
        let token = self.path(role);
        let how = ["--host", self.host.address(), "--token-file", &token];
        self.open(decision, field, "openings", &how)
    }

    fn open_offline(&self, decision: &str, field: &str) -> Said {
        let data = self.host.data().display().to_string();
        self.open(decision, field, "openings", &["--offline", "--data", &data])
    }

    fn audit(&self, arguments: &[&str]) -> Said {
        let data = self.host.data().display().to_string();
        let (command, rest) = arguments.split_first().expect("a command");
        run(&[&["audit", command, "--data", &data], rest].concat())
    }

    /// What the script in a directory says.
    fn verify(&self, dir: &str) -> (bool, String) {
        let script = self.out.path().join(dir).join("verify.sh");
        let key = self.host.data().join("audit/log.vkey");
        let ran = Command::new("sh")
            .arg(script)
            .arg(key)
            .output()
            .expect("runs");
        let said = [ran.stdout, ran.stderr].concat();
        (
            ran.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }
}

fn below(dir: &Path, end: &str) -> Vec<PathBuf> {
    let all = files(dir).into_iter();
    all.filter(|path| path.to_string_lossy().ends_with(end))
        .collect()
}

#[test]
fn a_regulator_is_shown_one_fact_and_checks_it() {
    let mut past = Past::new();
    let (held, usual) = (past.held.clone(), past.usual.clone());
    let said = past.open_at_host("regulator", &held, FIELD);
    assert!(said.ok, "{}", said.err);
    assert!(
        !said.out.contains(CHANGED),
        "the value is in the file alone"
    );
    let city = past
        .out
        .path()
        .join(format!("openings/{held}/{FIELD}.json"));
    let text = fs::read_to_string(&city).expect("written");
    assert!(
        text.starts_with("[\"weft.commitment/1\",") && text.ends_with(&format!("\"{CHANGED}\"]"))
    );
    // Not once more over it, to nobody else, of nothing that is not granted, and not beside the host.
    for (said, why) in [
        (
            past.open_at_host("regulator", &held, FIELD),
            "there already",
        ),
        (
            past.open_at_host("operator", &held, "payer.credentials_changed_at"),
            "only callers with the role regulator",
        ),
        (
            past.open_at_host("regulator", &held, "payer.city"),
            "no disclosure in force",
        ),
        (
            past.open_at_host("regulator", &usual, "../../x"),
            "as they stand in records",
        ),
        (
            past.open_offline(&held, "payer.credentials_changed_at"),
            "ask it, with --host",
        ),
    ] {
        assert!(!said.ok && said.err.contains(why), "{why}: {}", said.err);
    }
    past.host.stop();
    let said = past.open_offline(&usual, FIELD);
    assert!(said.ok, "{}", said.err);
    let said = past.open_offline(&usual, "payer.city");
    assert!(
        !said.ok && said.err.contains("no disclosure in force"),
        "{}",
        said.err
    );
    assert_eq!(below(&past.out.path().join("openings"), ".json").len(), 2);

    // The record, the proof and the opening, for who has the key and nothing else.
    let said = past.audit(&["prove", &held, "--out", &past.path("")]);
    assert!(said.ok, "{}", said.err);
    let proof = below(past.out.path(), ".tlog-proof").remove(0);
    let check = |opening: &Path| {
        run(&[
            "audit",
            "check-proof",
            &proof.display().to_string(),
            &proof.with_extension("json").display().to_string(),
            "--key",
            &past
                .host
                .data()
                .join("audit/log.vkey")
                .display()
                .to_string(),
            "--opening",
            &opening.display().to_string(),
        ])
    };
    let good = check(&city);
    assert!(
        good.ok && good.out.contains("is what the record was made with"),
        "{}",
        good.err
    );
    let other = past
        .out
        .path()
        .join(format!("openings/{usual}/{FIELD}.json"));
    let bad = check(&other);
    assert!(
        !bad.ok && bad.err.contains("another decision"),
        "{}",
        bad.err
    );

    // Both are exported beside the proofs of their records; those of the case are evidence.
    let openings = past.path("openings");
    let said = past.audit(&[
        "export",
        "--out",
        &past.path("export"),
        "--openings",
        &openings,
    ]);
    assert!(
        said.ok && said.out.contains("2 proofs, 2 openings"),
        "{}{}",
        said.out,
        said.err
    );
    let (good, told) = past.verify("export");
    assert!(good && told.contains("openings: 2"), "{told}");
    let evidence = [
        "evidence",
        "--case",
        "case-1",
        "--openings",
        &openings,
        "--out",
    ];
    let said = past.audit(&[&evidence[..], &[&past.path("evidence")]].concat());
    assert!(
        !said.ok && said.err.contains("none of the records"),
        "{}",
        said.err
    );
    assert!(!past.out.path().join("evidence").exists());
    fs::remove_dir_all(other.parent().expect("a directory")).expect("removed");
    let said = past.audit(&[&evidence[..], &[&past.path("evidence")]].concat());
    assert!(said.ok, "{}{}", said.out, said.err);
    let (good, told) = past.verify("evidence");
    assert!(good && told.contains("openings: 1"), "{told}");
    for dir in ["export", "evidence"] {
        let opened = below(&past.out.path().join(dir).join("openings"), ".json");
        let text = fs::read_to_string(&opened[0]).expect("readable");
        fs::write(&opened[0], text.replace("[\"weft", "[ \"weft")).expect("written");
        let (good, told) = past.verify(dir);
        assert!(!good && told.contains("not an opening"), "{told}");
    }

    // Each release is in the report, like any other.
    let data = past.host.data().display().to_string();
    let said = run(&[
        "report",
        "minimisation",
        "--data",
        &data,
        "--format",
        "json",
    ]);
    let report: Json = serde_json::from_str(&said.out).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let rows = rows.iter().filter(|row| row["purpose"] == PURPOSE);
    let rows: Vec<String> = rows
        .map(|row| {
            format!(
                "{} {} {}",
                row["reader"]["caller"], row["disclosed"], row["withheld"]
            )
        })
        .collect();
    let released = rows
        .iter()
        .filter(|row| row.contains("\"clear\":[\"payer.sim_changed_at\"]"));
    assert_eq!(released.count(), 2, "{rows:#?}");
    let refused = rows
        .iter()
        .filter(|row| row.contains("\"field-not-granted\":[\"payer.city\"]"));
    assert_eq!(refused.count(), 2, "{rows:#?}");
}

#[test]
fn nobody_opens_what_was_erased() {
    let mut past = Past::new();
    past.host.stop();
    let records = past.host.records();
    let of_held = records
        .iter()
        .find(|one| one["decision"] == past.held.as_str());
    let payer = of_held.expect("there")["facts"]["payer.account"]
        .as_str()
        .expect("a token");
    let data = past.host.data().display().to_string();
    let said = run(&[
        "vault",
        "erase",
        payer,
        "--reason",
        "asked for",
        "--offline",
        "--data",
        &data,
    ]);
    assert!(said.ok, "{}", said.err);
    let said = past.open_offline(&past.held, FIELD);
    assert!(
        !said.ok && said.err.contains("nothing opens the commitment"),
        "{}",
        said.err
    );
    assert!(below(&past.out.path().join("openings"), ".json").is_empty());
    let sound = past.audit(&["verify"]);
    assert!(sound.ok, "{}{}", sound.out, sound.err);
    let told = past.audit(&["query", "--decision", &past.held]);
    assert!(
        told.out.contains("payer.sim_changed_at: committed to as"),
        "{}",
        told.out
    );
}
