//! The root of the keys, in the key file and under the seal of a PKCS#11 token: Debian's SoftHSM, in a directory of the
//! test's own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use weft_tests::Host;
use weft_tests::binary::{Said, run, run_with};
use weft_tests::files::files;

use crate::vault::{customers, events, payment};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const VARIABLE: &str = "WEFT_TEST_PIN";

/// A software token, and what a host needs to find it.
struct Token {
    dir: TempDir,
}

impl Token {
    fn new() -> Token {
        let dir = tempfile::tempdir().expect("a directory");
        let token = Token { dir };
        let config = format!("directories.tokendir = {}\n", token.tokens().display());
        fs::write(token.config(), config).expect("written");
        token.write_pin("1234");
        token.init();
        token
    }

    /// A new token in the place of one that there is.
    fn init(&self) {
        let _ = fs::remove_dir_all(self.tokens());
        fs::create_dir(self.tokens()).expect("made");
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", "weft"])
            .args(["--pin", "1234", "--so-pin", "5678"])
            .env("SOFTHSM2_CONF", self.config())
            .output()
            .expect("SoftHSM is installed; `make test` installs it");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{said}");
    }

    fn tokens(&self) -> PathBuf {
        self.dir.path().join("tokens")
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("softhsm2.conf")
    }

    fn pin(&self) -> PathBuf {
        self.dir.path().join("pin")
    }

    fn write_pin(&self, pin: &str) {
        fs::write(self.pin(), format!("{pin}\n")).expect("written");
        fs::set_permissions(self.pin(), Permissions::from_mode(0o600)).expect("chmod");
    }

    fn environment(&self) -> Vec<(String, String)> {
        let config = self.config().display().to_string();
        vec![("SOFTHSM2_CONF".to_owned(), config)]
    }

    fn run(&self, args: &[&str]) -> Said {
        run_with(&self.environment(), args)
    }

    fn seal(&self, module: &Path, data: &str, pin: &[&str]) -> Said {
        let module = module.display().to_string();
        let args = ["vault", "root", "token", "--module", &module];
        let of = ["--token", "weft", "--data", data];
        self.run(&[&args[..], &of, pin].concat())
    }

    fn status(&self, data: &str) -> Said {
        self.run(&["vault", "status", "--offline", "--data", data])
    }
}

fn pay(host: &Host, customer: usize, prefix: &str) {
    let answer = host.decide("service", &payment(customer, prefix));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn good(said: &Said) {
    assert!(said.ok, "{}{}", said.out, said.err);
}

fn refused(said: &Said, words: &str) {
    assert!(
        !said.ok && said.err.contains(words),
        "{}{}",
        said.out,
        said.err
    );
}

#[test]
fn a_root_moves_under_the_seal_of_a_token_and_back() {
    let token = Token::new();
    let mut host = Host::start("");
    pay(&host, 1, "clear");
    host.stop();
    let data = host.data().display().to_string();
    let path = host.data().join("keys.weft");
    let clear = fs::read_to_string(&path).expect("the key file");
    let root = clear.lines().find_map(|l| l.strip_prefix("root "));
    let root = root.expect("a root");

    let pin = token.pin().display().to_string();
    let sealed = token.seal(Path::new(MODULE), &data, &["--pin-file", &pin]);
    good(&sealed);
    let octets = data_encoding::HEXLOWER.decode(root.as_bytes());
    let octets = octets.expect("hexadecimal");
    for file in files(host.dir.path())
        .into_iter()
        .chain(files(token.dir.path()))
    {
        let bytes = fs::read(&file).expect("a file");
        for form in [root.as_bytes(), &octets] {
            let found = memchr::memmem::find(&bytes, form);
            assert_eq!(found, None, "{}", file.display());
        }
    }
    let status = token.status(&data);
    good(&status);
    assert!(
        status
            .out
            .contains("the root is sealed by key `weft-root` of token `weft`"),
        "{}",
        status.out
    );

    // The host works with it, and does not need it again before its next start.
    host.environment = token.environment();
    host.go_on();
    pay(&host, 1, "sealed");
    let aside = token.dir.path().join("aside");
    fs::rename(token.tokens(), &aside).expect("removed");
    fs::create_dir(token.tokens()).expect("made");
    pay(&host, 1, "removed");
    host.stop();
    refused(&token.status(&data), "sees no token `weft`: connect it");
    fs::remove_dir(token.tokens()).expect("removed");
    fs::rename(&aside, token.tokens()).expect("connected");

    // The PIN from elsewhere; then without the token.
    let mut other = token.environment();
    other.push((VARIABLE.to_owned(), "1234".to_owned()));
    let again = run_with(
        &other,
        &[
            "vault",
            "root",
            "token",
            "--module",
            MODULE,
            "--token",
            "weft",
            "--pin-env",
            VARIABLE,
            "--data",
            &data,
        ],
    );
    good(&again);
    refused(
        &token.status(&data),
        "the variable WEFT_TEST_PIN is not set",
    );
    let back = run_with(&other, &["vault", "root", "file", "--data", &data]);
    good(&back);
    assert_eq!(fs::read_to_string(&path).expect("the key file"), clear);
    host.environment.clear();
    host.go_on();
    pay(&host, 1, "back");
    let records = host.stop_and_read();
    let who = customers(&records);
    assert_eq!(who.len(), 4);
    assert!(who.iter().all(|one| *one == who[0]), "{who:?}");
    for name in ["vault.root_move_begun", "vault.root_move_ended"] {
        let events = events(&records, name);
        let roots: Vec<_> = events.iter().map(|e| e["root"].as_str()).collect();
        let token = Some("sealed by key `weft-root` of token `weft`");
        assert_eq!(roots, [token, token, Some("in the key file")], "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_token_is_told() {
    let token = Token::new();
    let data = token.dir.path().join("data").display().to_string();
    good(&run(&["vault", "status", "--offline", "--data", &data]));
    let path = token.dir.path().join("data/keys.weft");
    let clear = fs::read(&path).expect("the key file");
    let pin = token.pin().display().to_string();
    let pin = ["--pin-file", pin.as_str()];
    // A module of the test's own, so that it can be taken away.
    let module = token.dir.path().join("module.so");
    fs::copy(MODULE, &module).expect("copied");

    // Whatever goes wrong, the root is as it was.
    let no_module = token.seal(&token.pin(), &data, &pin);
    refused(&no_module, "cannot be loaded");
    refused(
        &token.seal(&module, &data, &["--pin-env", "WEFT_NO_SUCH"]),
        "is not set",
    );
    token.write_pin("4321");
    let wrong = token.seal(&module, &data, &pin);
    refused(&wrong, "token `weft` does not take the PIN");
    assert!(!wrong.err.contains("4321"), "{}", wrong.err);
    token.write_pin("1234");
    fs::set_permissions(token.pin(), Permissions::from_mode(0o644)).expect("chmod");
    refused(&token.seal(&module, &data, &pin), "chmod 600");
    token.write_pin("1234");
    assert_eq!(fs::read(&path).expect("the key file"), clear);

    good(&token.seal(&module, &data, &pin));
    token.write_pin("4321");
    refused(&token.status(&data), "does not take the PIN of the file");
    token.write_pin("1234");
    let text = fs::read_to_string(&path).expect("the key file");
    for line in ["nonce ", "sealed "] {
        let at = text.find(line).expect("the line") + line.len();
        let digit = if text[at..].starts_with('0') {
            "1"
        } else {
            "0"
        };
        let mut altered = text.clone();
        altered.replace_range(at..=at, digit);
        fs::write(&path, &altered).expect("written");
        refused(&token.status(&data), "damaged");
    }
    fs::write(&path, &text).expect("written");
    fs::rename(&module, token.dir.path().join("gone")).expect("removed");
    refused(&token.status(&data), "cannot be loaded");
    fs::rename(token.dir.path().join("gone"), &module).expect("there again");
    good(&token.status(&data));

    // Another token of the same name: without a key, then with another one.
    token.init();
    refused(&token.status(&data), "has no AES key `weft-root`");
    let other = token.dir.path().join("other").display().to_string();
    good(&run(&["vault", "status", "--offline", "--data", &other]));
    good(&token.seal(&module, &other, &pin));
    refused(&token.status(&data), "it is another key of the same name");
}
