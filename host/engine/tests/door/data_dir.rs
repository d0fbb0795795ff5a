//! Whose the data directory is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use weft_audit::Record;
use weft_engine::Config;
use weft_engine::sets::Order;

use crate::house::{House, copy_dir, payment, service};
use crate::policies::usual;

fn rights(path: &Path) -> u32 {
    fs::symlink_metadata(path)
        .expect("there")
        .permissions()
        .mode()
        & 0o777
}

fn each(dir: &Path, check: &mut dyn FnMut(&Path)) {
    check(dir);
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            each(&path, check);
        } else {
            check(&path);
        }
    }
}

#[tokio::test]
async fn nobody_else_reads_what_a_host_keeps() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let site = house.stop().await;
    let mut seen = 0;
    each(&site.data_dir(), &mut |path| {
        assert_eq!(rights(path) & 0o077, 0, "{}", path.display());
        seen += 1;
    });
    assert!(seen > 10, "{seen} files and directories");
    assert_eq!(rights(&site.data_dir()), 0o700);
    // A directory that others could read is theirs no longer.
    fs::set_permissions(site.data_dir(), fs::Permissions::from_mode(0o755)).expect("its owner's");
    let house = site.start();
    assert_eq!(rights(&house.site.data_dir()), 0o700);
}

#[tokio::test]
async fn a_vault_that_has_less_than_the_log_names_is_not_taken_for_whole() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let before = house.stop().await;
    let older = before.copy();
    let house = before.start();
    let mut other = payment("p-2", "31.00");
    other["payee"]["name"] = "Somebody Else".into();
    let decided = house.decided(&service(), &other).await;
    let site = house.stop().await;

    // An older vault beside the log; none of its values at all.
    for lost in ["vault", "vault/values"] {
        let copy = site.copy();
        fs::remove_dir_all(copy.data_dir().join(lost)).expect("removed");
        if lost == "vault" {
            fs::create_dir(copy.data_dir().join("vault")).expect("made");
            copy_dir(
                &older.data_dir().join("vault"),
                &copy.data_dir().join("vault"),
            );
        }
        let config = copy.config();
        let again = copy.copy();
        let Err(why) = copy.start_with(config) else {
            panic!("started without {lost}");
        };
        let why = why.to_string();
        assert!(why.contains("restore the whole data directory"), "{why}");
        assert!(why.contains("--accept-lost-values"), "{why}");
        if lost == "vault" {
            assert!(why.contains("1 decisions"), "{why}");
            assert!(why.contains(&decided.decision), "{why}");
        }
        // Who accepts it is asked once, and it is on record.
        let config = Config {
            accept_lost_values: true,
            ..again.config()
        };
        let house = again.start_with(config).expect("it was accepted");
        let mut accepted = 0;
        let count = |_, record| {
            if let Record::Event(event) = record
                && event.event == "vault.values_lost"
            {
                accepted += 1;
            }
        };
        house.engine.log().replay(0, count).expect("readable");
        assert_eq!(accepted, 1);
        let house = house.restart().await;
        house.decided(&service(), &payment("p-3", "12.00")).await;
    }
}

#[tokio::test]
async fn who_was_erased_is_not_missed() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let record = house.chain("p-1").remove(0);
    let whose = record.facts["payer.account"].as_str().expect("a token");
    let order = Order {
        by: "ops".into(),
        reason: None,
    };
    house
        .engine
        .erase(whose.to_owned(), order.clone())
        .await
        .expect("erased");
    let house = house.restart().await;
    house.engine.rotate_vault(order).await.expect("new keys");
    house.restart().await;
}
