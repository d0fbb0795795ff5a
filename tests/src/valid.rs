//! Whether a message is valid by the schemas of ISO 20022, where these lie beside the project: in the eyes of xmllint, and of
//! xmlschema, which `.ci/verifiers` installs.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Checks a message against the schema of this name; says so where that cannot be done.
pub fn check_schema(project: &Path, name: &str, message: &str) {
    let schema = project.join(format!("../shared/data/iso20022/xsd/{name}.xsd"));
    if !schema.exists() {
        return left_out(&format!("the schema of {name} is not beside the project"));
    }
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("no directory: {e}"));
    let file = dir.path().join("message.xml");
    std::fs::write(&file, message).unwrap_or_else(|e| panic!("not written: {e}"));
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--noout", "--nonet", "--schema"]);
    let mut xmlschema = Command::new(project.join("target/tools/python/bin/python"));
    xmlschema.arg(project.join("tests/verifiers/schema.py"));
    for mut command in [xmllint, xmlschema] {
        let Ok(checked) = command.args([&schema, &file]).output() else {
            let program = command.get_program().display();
            left_out(&format!("there is no {program} to check the schema with"));
            continue;
        };
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{name}: {said}\n{message}");
    }
}

/// Past the test runner's capture.
fn left_out(what: &str) {
    let _ = std::io::stderr().write_all(format!("left out: {what}\n").as_bytes());
}
