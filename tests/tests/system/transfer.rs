//! Values that go from one host to another with their tokens, ordered by one operator and approved by another.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::{Said, run};

use crate::vault::{customers, events, payment};

/// A host with two operators, each with a token of their own.
struct House {
    host: Host,
}

impl House {
    fn new() -> House {
        let mut host = Host::prepare("");
        let config = host.dir.path().join("weft.toml").display().to_string();
        let second = run(&[
            "token", "new", "second", "--role", "operator", "--add-to", &config,
        ]);
        assert!(second.ok, "{}", second.err);
        host.go_on();
        fs::write(host.dir.path().join("operator"), host.token("operator")).expect("written");
        fs::write(host.dir.path().join("second"), second.out).expect("written");
        House { host }
    }

    fn vault(&self, who: &str, args: &[&str]) -> Said {
        let token = self.host.dir.path().join(who).display().to_string();
        let remote = ["--host", self.host.address(), "--token-file", &token];
        run(&[&["vault"], args, &remote].concat())
    }

    /// What `weft vault status` prints after a word.
    fn status(&self, word: &str) -> String {
        let said = self.vault("operator", &["status"]);
        let line = said.out.lines().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("{}{}", said.out, said.err))
            .trim()
            .to_owned()
    }

    fn transfers(&self) -> PathBuf {
        self.host.data().join("transfers")
    }

    fn ordered(&self, who: &str, args: &[&str]) -> String {
        let said = self.vault(who, args);
        assert!(said.ok, "{}{}", said.out, said.err);
        said.out.trim().to_owned()
    }

    fn pay(&self, customer: usize, prefix: &str) {
        let answer = self.host.decide("service", &payment(customer, prefix));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
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
fn two_operators_move_values_and_their_tokens_stay() {
    let (mut from, mut to) = (House::new(), House::new());
    (0..4).for_each(|customer| from.pay(customer, "p"));
    from.host.kill();
    let tokens = customers(&from.host.records());
    from.host.go_on();
    let held = from.vault(
        "operator",
        &["hold", &tokens[1], "--until", "2999-01-01T00:00:00Z"],
    );
    assert!(held.ok, "{}", held.err);
    let erased = from.vault("operator", &["erase", &tokens[2]]);
    assert!(erased.ok, "{}", erased.err);

    let recipient = to.status("recipient ");
    refused(
        &from.vault("operator", &["export", "--recipient", "age1nobody"]),
        "no recipient's key",
    );
    let digest = from.ordered(
        "operator",
        &["export", "--recipient", &recipient, "--reason", "move"],
    );
    assert!(
        from.status("export to ")
            .contains(": waiting, by operator; approve ")
    );
    refused(
        &from.vault("operator", &["approve", &digest]),
        "who ordered it does not approve it",
    );
    refused(
        &from.vault("second", &["approve", &"0".repeat(64)]),
        "no order of this digest",
    );
    assert!(
        !from.transfers().exists(),
        "nothing is written before it is approved"
    );
    let done = from.ordered("second", &["approve", &digest]);
    assert!(
        done.contains(": done, by operator, approved by second, "),
        "{done}"
    );
    refused(
        &from.vault("second", &["approve", &digest]),
        "approved already",
    );

    let name = format!("{}.age", &digest[..16]);
    let file = fs::read(from.transfers().join(&name)).expect("the file");
    for value in ["customer-1", "100001", "Veldstraat 1", &tokens[1]] {
        assert_eq!(
            memchr::memmem::find(&file, value.as_bytes()),
            None,
            "{value}"
        );
    }

    // At the other host.
    refused(
        &to.vault("operator", &["import", "../keys.weft"]),
        "named by its name",
    );
    refused(&to.vault("operator", &["import", &name]), "cannot be read");
    fs::create_dir(to.transfers()).expect("made");
    let place = to.transfers().join(&name);
    // What is no file of its own there is not waited for and not followed.
    let pipe = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, &place, pipe).expect("a pipe");
    refused(
        &to.vault("operator", &["import", &name]),
        "it is not a file",
    );
    fs::remove_file(&place).expect("removed");
    std::os::unix::fs::symlink(from.transfers().join(&name), &place).expect("a link");
    refused(&to.vault("operator", &["import", &name]), "cannot be read");
    fs::remove_file(&place).expect("removed");
    fs::write(&place, &file).expect("written");
    let digest = to.ordered("operator", &["import", &name]);
    // Another file than the one that was ordered is not taken.
    fs::write(&place, &file[..file.len() - 1]).expect("written");
    refused(&to.vault("second", &["approve", &digest]), "not whole");
    let cut = to.ordered("operator", &["import", &name]);
    refused(&to.vault("second", &["approve", &cut]), "not whole");
    assert!(
        to.status("import of ")
            .contains(": failed, by operator, approved by second")
    );
    fs::write(&place, &file).expect("written");
    // Killed somewhere on the way, and ordered again.
    let digest = to.ordered("operator", &["import", &name]);
    std::thread::scope(|scope| {
        let approved = scope.spawn(|| to.vault("second", &["approve", &digest]));
        to.host.kill_now();
        approved.join().expect("it ended");
    });
    to.host.kill();
    to.host.go_on();
    let digest = to.ordered("operator", &["import", &name]);
    let done = to.ordered("second", &["approve", &digest]);
    assert!(
        done.contains(": done, by operator, approved by second, "),
        "{done}"
    );
    let erase = to.vault("operator", &["erase", &tokens[1]]);
    refused(&erase, "legal hold");
    refused(
        &to.vault("operator", &["erase", &tokens[2]]),
        "knows nobody",
    );

    (0..4).for_each(|customer| to.pay(customer, "there"));
    let records = to.host.stop_and_read();
    let there = customers(&records);
    let same = |customer: usize| there[customer] == tokens[customer];
    assert_eq!([0, 1, 2, 3].map(same), [true, true, false, true]);
    let ended = events(&records, "vault.transfer_ended");
    let last = ended.last().expect("an end");
    assert_eq!(
        (&last["transfer"], &last["failed"]),
        (&json!(digest), &Json::Null)
    );
    let approved = events(&records, "vault.transfer_approved");
    assert_eq!(approved.len(), ended.len(), "each has its end");
    assert_eq!(approved[0]["by"], "second");

    let records = from.host.stop_and_read();
    let at = |name: &str| {
        let found = records.iter().position(|record| record["event"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    let order = ["ordered", "refused", "approved", "ended"];
    let places = order.map(|end| at(&format!("vault.transfer_{end}")));
    assert!(places.is_sorted(), "{places:?}");
    let ordered = &records[places[0]]["detail"];
    assert_eq!(
        (&ordered["recipient"], &ordered["reason"]),
        (&json!(recipient), &json!("move"))
    );
}
