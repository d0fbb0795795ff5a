//! The vault of a host that runs: erasure, legal holds, and new keys while the process is killed.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::traffic::usual;

/// How often the process is killed while keys are carried over.
const KILLS: usize = 12;
/// Customers, each with a payment.
const CUSTOMERS: usize = 60;
/// The longest time between the order and the end of the process.
const LONGEST: Duration = Duration::from_millis(60);

struct House {
    host: Host,
    token: PathBuf,
}

impl House {
    fn new() -> House {
        let host = Host::start("");
        let token = host.data().with_file_name("operator.token");
        fs::write(&token, host.token("operator")).expect("written");
        House { host, token }
    }

    fn vault(&self, args: &[&str]) -> Said {
        let token = self.token.display().to_string();
        let remote = ["--host", self.host.address(), "--token-file", &token];
        run(&[&["vault"], args, &remote].concat())
    }

    fn pay(&self, customer: usize) {
        let answer = self.host.decide("service", &payment(customer, "p"));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Every past decision evaluated again: how many come out as recorded, and how many are of who was erased.
    fn replayed(&self) -> (u64, u64) {
        let data = self.host.data().display().to_string();
        let said = run(&["audit", "replay", "--data", &data, "--format", "json"]);
        let report: Json = serde_json::from_str(&said.out)
            .unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err));
        let count = |at: &Json| at.as_u64().unwrap_or_default();
        assert_eq!(count(&report["differ"]), 0, "{report}");
        let left_out = &report["left_out"];
        assert_eq!(count(&left_out["keys-missing"]["count"]), 0, "{report}");
        let erased = count(&left_out["erased"]["count"]);
        (count(&report["reproduced"]), erased)
    }
}

pub(crate) fn payment(customer: usize, prefix: &str) -> Json {
    let mut payment = usual(&format!("{prefix}-{customer}"));
    payment["payer"]["customer"] = json!(format!("customer-{customer}"));
    payment["payer"]["account"] = json!(format!("{:012}", 100_000 + customer));
    payment["payer"]["street"] = json!(format!("Veldstraat {customer}"));
    payment["payer"]
        .as_object_mut()
        .expect("a payer")
        .remove("phone");
    payment
        .as_object_mut()
        .expect("a payment")
        .remove("instrument");
    payment["device"]["id"] = json!(format!("device-{customer}"));
    payment
}

/// The token of each customer, in the order of their payments.
pub(crate) fn customers(records: &[Json]) -> Vec<String> {
    let token = |record: &Json| {
        record["facts"]["payer.customer"]
            .as_str()
            .map(str::to_owned)
    };
    records.iter().filter_map(token).collect()
}

pub(crate) fn events<'a>(records: &'a [Json], name: &str) -> Vec<&'a Json> {
    let named = records.iter().filter(|record| record["event"] == name);
    named.map(|record| &record["detail"]).collect()
}

#[test]
fn who_is_erased_is_gone_and_the_log_says_so_and_verifies() {
    let mut house = House::new();
    (0..4).for_each(|customer| house.pay(customer));
    house.host.kill();
    let tokens = customers(&house.host.records());
    house.host.go_on();
    assert_eq!(house.replayed(), (4, 0));

    // A hold stands against the erasure until its date.
    let held = house.vault(&[
        "hold",
        &tokens[1],
        "--until",
        "2999-01-01T00:00:00Z",
        "--reason",
        "case 7",
    ]);
    assert!(
        held.ok && held.out.starts_with("held until 2999-01-01"),
        "{}{}",
        held.out,
        held.err
    );
    let refused = house.vault(&["erase", &tokens[1]]);
    assert!(
        !refused.ok && refused.err.contains("legal hold"),
        "{}",
        refused.err
    );
    for customer in [0, 2] {
        let erased = house.vault(&["erase", &tokens[customer], "--reason", "asked for"]);
        assert!(
            erased.ok && erased.out.starts_with("erased: sub_"),
            "{}{}",
            erased.out,
            erased.err
        );
    }
    let again = house.vault(&["erase", &tokens[0]]);
    assert!(
        !again.ok && again.err.contains("knows nobody"),
        "{}",
        again.err
    );
    assert_eq!(house.replayed(), (2, 2));
    let rotated = house.vault(&["rotate"]);
    assert!(
        rotated.ok && rotated.out.starts_with("epoch 2\n"),
        "{}{}",
        rotated.out,
        rotated.err
    );
    assert_eq!(house.replayed(), (2, 2));
    // The same customer again is somebody new; others are who they were.
    for customer in 0..4 {
        let answer = house.host.decide("service", &payment(customer, "again"));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let records = house.host.stop_and_read();
    let after = customers(&records);
    let same = |customer: usize| after[customer] == after[4 + customer];
    assert_eq!([0, 1, 2, 3].map(same), [false, true, false, true]);
    assert_eq!(events(&records, "vault.erased").len(), 2);
    assert_eq!(events(&records, "vault.erasure_refused").len(), 1);
    let held = events(&records, "vault.held");
    assert_eq!(held[0]["until"], "2999-01-01T00:00:00.000Z");
    assert_eq!(
        (&held[0]["reason"], &held[0]["by"]),
        (&json!("case 7"), &json!("operator"))
    );
    assert_eq!(house.replayed(), (6, 2));

    // The same orders in the directory of the host that is stopped.
    let data = house.host.data().display().to_string();
    let token = &after[7];
    let erased = run(&["vault", "erase", token, "--offline", "--data", &data]);
    assert!(erased.ok, "{}{}", erased.out, erased.err);
    let status = run(&["vault", "status", "--offline", "--data", &data]);
    assert!(
        status.ok && status.out.contains("epoch 2"),
        "{}{}",
        status.out,
        status.err
    );
    assert_eq!(house.replayed(), (4, 4));
    let erased = house.host.records();
    let erased = events(&erased, "vault.erased");
    assert_eq!(erased[2]["by"], "command-line");
}

#[test]
fn only_an_operator_orders() {
    let house = House::new();
    for (role, path, status) in [
        ("agent", "/v1/vault", 403),
        ("service", "/v1/vault", 403),
        ("regulator", "/v1/vault", 200),
        ("operator", "/v1/vault", 200),
    ] {
        assert_eq!(house.host.get(role, path).status, status, "{role}");
    }
    let nonsense = house.vault(&["erase", "4111"]);
    assert!(
        !nonsense.ok && nonsense.err.contains("named by the token"),
        "{}",
        nonsense.err
    );
}

#[test]
fn keys_are_carried_over_also_when_the_process_is_killed_meanwhile() {
    let mut house = House::new();
    (0..CUSTOMERS).for_each(|customer| house.pay(customer));
    house.host.kill();
    let tokens = customers(&house.host.records());
    house.host.go_on();
    let mut erased = 0;
    for token in &tokens[..KILLS] {
        let gone = house.vault(&["erase", token]);
        assert!(gone.ok, "{}", gone.err);
        erased += 1;
        let longest = u64::try_from(LONGEST.as_micros()).expect("short");
        let wait = Duration::from_micros(RandomState::new().hash_one(erased) % longest);
        std::thread::scope(|scope| {
            let ordered = scope.spawn(|| house.vault(&["rotate"]));
            let begun = Instant::now();
            while begun.elapsed() < wait {
                std::thread::yield_now();
            }
            house.host.kill_now();
            ordered.join().expect("the order ended")
        });
        house.host.kill();
        house.host.go_on();
        let living = u64::try_from(CUSTOMERS).expect("few") - erased;
        assert_eq!(house.replayed(), (living, erased), "killed after {wait:?}");
    }
    let rotated = house.vault(&["rotate"]);
    assert!(rotated.ok, "{}{}", rotated.out, rotated.err);
    // Values are read, too: the living have the tokens that they had.
    for customer in 0..CUSTOMERS {
        let answer = house.host.decide("service", &payment(customer, "again"));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let records = house.host.stop_and_read();
    let after = customers(&records);
    for customer in 0..CUSTOMERS {
        let same = after[customer] == after[CUSTOMERS + customer];
        assert_eq!(same, customer >= KILLS, "customer {customer}");
    }
}
