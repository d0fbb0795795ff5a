//! Every set that decided is kept by its digest, and comes back as it was or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use weft_engine::sets::{Archive, ArchiveError};
use weft_sandbox::{Sandbox, SandboxConfig};

use crate::house::{House, Site};
use crate::policies::{PolicyFile, rule, usual};
use weft_tests::guest::Guest;

fn sandbox() -> Sandbox {
    let config = SandboxConfig {
        max_in_flight: 1,
        cache: None,
    };
    Sandbox::new(config).expect("a sandbox")
}

/// The usual policies, and one that asks a plugin.
fn site() -> Site {
    let limit = "plugin:\n  name: amount-limit\n  settings: {limit_minor: 100000}\n  grants: [{field: payment.amount, treatment: clear}]\n";
    let mut policies = usual();
    policies.push(PolicyFile::new("test.limit", "payment.authorize", limit));
    let site = Site::new(&policies);
    write_plugin(&site, &Guest::valid().build());
    site
}

fn write_plugin(site: &Site, component: &[u8]) {
    fs::write(site.plugins_dir().join("amount-limit.wasm"), component).expect("written");
}

fn more(site: &Site) {
    let deny = format!("rules:\n{}", rule("all", "true", "deny", ""));
    site.write_policy(&PolicyFile::new("test.more", "payment.authorize", &deny));
}

fn digest(house: &House) -> String {
    house.engine.pipeline().digest().to_owned()
}

fn archived(site: &Site, digest: &str) -> PathBuf {
    site.data_dir().join("policy-sets").join(digest)
}

fn append(path: &Path, text: &str) {
    let mut bytes = fs::read(path).expect("readable");
    bytes.extend_from_slice(text.as_bytes());
    fs::write(path, bytes).expect("written");
}

#[tokio::test]
async fn a_set_that_decided_comes_back_while_the_host_runs_and_after_it() {
    let house = site().start();
    let first = digest(&house);
    let archive = Archive::open(&house.site.data_dir());
    assert_eq!(archive.list().expect("a list"), [first.as_str()]);
    let (dictionary, pipeline) = archive.load(&first, &sandbox()).expect("it is kept");
    assert_eq!(pipeline.digest(), first);
    assert_eq!(pipeline.plugins(), house.engine.pipeline().plugins());
    assert!(dictionary.by_name("payment.amount").is_some());
    // The same set is kept once, and another beside it.
    let house = house.restart().await;
    assert_eq!(archive.list().expect("a list").len(), 1);
    more(&house.site);
    let house = house.restart().await;
    let second = digest(&house);
    assert_ne!(first, second);
    let _site = house.stop().await;
    for (digest, policies) in [(&first, 5), (&second, 6)] {
        let (_, pipeline) = archive.load(digest, &sandbox()).expect("it is kept");
        assert_eq!(pipeline.set().policies().len(), policies);
    }
}

#[tokio::test]
async fn the_digest_is_of_every_file_and_every_component() {
    let mut house = site().start();
    let mut before = vec![digest(&house)];
    for change in [
        |site: &Site| append(&site.policies_dir().join("dictionary.yaml"), "# more\n"),
        |site: &Site| append(&site.policies_dir().join("pipeline.yaml"), "# more\n"),
        |site: &Site| append(&site.policies_dir().join("test.limit.yaml"), "# more\n"),
        |site: &Site| write_plugin(site, &Guest::evaluating("(unreachable)").build()),
    ] {
        change(&house.site);
        house = house.restart().await;
        let now = digest(&house);
        assert!(!before.contains(&now));
        before.push(now);
    }
    before.sort();
    let kept = Archive::open(&house.site.data_dir()).list();
    assert_eq!(kept.expect("a list"), before);
}

/// A part of an archived set, and what somebody does to it.
type Change = (&'static str, fn(&Path));

#[tokio::test]
async fn what_was_changed_is_refused_with_its_place() {
    let house = site().start();
    let digest = digest(&house);
    let plugin = house.engine.pipeline().plugins()[0].digest.clone();
    let whole = house.stop().await;
    let changes: [Change; 8] = [
        ("policies/dictionary.yaml", |path| append(path, "# more\n")),
        ("policies/pipeline.yaml", |path| append(path, "# more\n")),
        ("policies/test.amounts.yaml", |path| {
            append(path, "# more\n")
        }),
        ("policies/test.amounts.yaml", |path| {
            fs::remove_file(path).expect("removed");
        }),
        ("policies/test.new.yaml", |path| {
            fs::write(path, "a: 1\n").expect("written")
        }),
        ("set.json", |path| append(path, "\n{}")),
        ("set.json", |path| {
            let list = fs::read_to_string(path).expect("readable");
            let other = list.replacen("test.amounts", "test.amountz", 1);
            fs::write(path, other).expect("written");
        }),
        ("plugin", |path| append(path, "\0")),
    ];
    for (part, change) in changes {
        let site = whole.copy();
        let path = match part {
            "plugin" => archived(&site, "plugins").join(format!("{plugin}.wasm")),
            part => archived(&site, &digest).join(part),
        };
        change(&path);
        let archive = Archive::open(&site.data_dir());
        let Err(why) = archive.load(&digest, &sandbox()) else {
            panic!("{part} was changed")
        };
        let why = why.to_string();
        assert!(why.contains(&path.display().to_string()), "{part}: {why}");
    }
    let archive = Archive::open(&whole.data_dir());
    assert!(archive.load(&digest, &sandbox()).is_ok(), "the original");
    for (name, refused) in [
        ("0".repeat(64), "has no policy set"),
        ("../../etc".to_owned(), "not the digest of a policy set"),
    ] {
        let why = archive.load(&name, &sandbox()).err().expect("refused");
        assert!(why.to_string().contains(refused), "{why}");
    }
}

#[tokio::test]
async fn a_copy_that_was_changed_is_written_anew_when_the_set_decides_again() {
    let house = site().start();
    let digest = digest(&house);
    let site = house.stop().await;
    let file = archived(&site, &digest).join("policies/test.amounts.yaml");
    append(&file, "# more\n");
    let archive = Archive::open(&site.data_dir());
    let why = archive.load(&digest, &sandbox()).err().expect("refused");
    assert!(
        matches!(&why, ArchiveError::Changed { path, .. } if *path == file),
        "{why}"
    );
    // What a crash left of another set is gone with the next start.
    let unfinished = archived(&site, "tmp").join("0".repeat(64));
    fs::create_dir_all(&unfinished).expect("made");
    let house = site.start();
    assert!(archive.load(&digest, &sandbox()).is_ok());
    let aside = archived(&house.site, "damaged").join(&digest);
    let aside = fs::read_to_string(aside.join("policies/test.amounts.yaml"));
    assert!(aside.expect("it is kept").ends_with("# more\n"));
    assert!(!unfinished.exists());
}
