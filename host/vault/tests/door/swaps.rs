//! The swap matrix: nothing that was sealed opens where it was not sealed for.

use tempfile::TempDir;
use weft_vault::{Subject, Vault};

use crate::house::{keys, person};

struct Place {
    region: &'static str,
    tenant: &'static str,
    root: u8,
    customer: &'static str,
    side: &'static str,
    decision: &'static str,
}

const HERE: Place = Place {
    region: "eu",
    tenant: "acme",
    root: 1,
    customer: "c-1",
    side: "payer",
    decision: "dec_1",
};

#[test]
fn personal_facts_open_in_their_own_place_only() {
    let places = [
        HERE,
        Place {
            region: "us",
            ..HERE
        },
        Place {
            tenant: "other",
            ..HERE
        },
        Place { root: 2, ..HERE },
        Place {
            customer: "c-2",
            ..HERE
        },
        Place {
            side: "payee",
            ..HERE
        },
        Place {
            decision: "dec_2",
            ..HERE
        },
    ];
    // One vault for each region, tenant and root.
    let dirs: Vec<TempDir> = places
        .iter()
        .map(|_| TempDir::new().expect("a directory"))
        .collect();
    let same = |a: &Place, b: &Place| (a.region, a.tenant, a.root) == (b.region, b.tenant, b.root);
    let mut vaults: Vec<(usize, Vault)> = Vec::new();
    let mut sealed = Vec::new();
    for (n, place) in places.iter().enumerate() {
        let found = vaults.iter().position(|(of, _)| same(&places[*of], place));
        let at = found.unwrap_or_else(|| {
            let dir = dirs[n].path();
            let vault = Vault::open(dir, &keys(place.root), place.region, place.tenant);
            vaults.push((n, vault.expect("a vault")));
            vaults.len() - 1
        });
        let vault = &vaults[at].1;
        let subjects: Vec<Subject> = person(vault, &[("customer", place.customer)]);
        let bytes = vault.seal(&subjects, place.side, place.decision, b"a city");
        sealed.push((at, subjects[0], bytes.expect("sealed")));
    }
    for (n, (_, _, bytes)) in sealed.iter().enumerate() {
        for (m, place) in places.iter().enumerate() {
            let (at, _, other) = &sealed[m];
            let opener = vaults[*at].1.opener();
            // As it is, and with the header that stands in the other place: subject and key version.
            let moved = [&other[..20], &bytes[20..]].concat();
            for (what, bytes) in [("as it is", bytes.as_slice()), ("headed", &moved)] {
                let opened = opener.open_sealed(place.side, place.decision, bytes);
                // What is of another subject says so itself, and opens for what else it was sealed for.
                let names_it = what == "as it is"
                    && same(&places[n], place)
                    && (places[n].side, places[n].decision) == (place.side, place.decision);
                assert_eq!(opened.is_ok(), n == m || names_it, "{n} to {m}, {what}");
            }
        }
        // Another key version.
        let (at, place) = (sealed[n].0, &places[n]);
        let mut other = bytes.clone();
        other[19] ^= 3;
        let opened = vaults[at]
            .1
            .opener()
            .open_sealed(place.side, place.decision, &other);
        assert!(opened.is_err(), "{n}: key version");
    }
}

#[test]
fn no_bit_of_what_is_sealed_may_change() {
    let dir = TempDir::new().expect("a directory");
    let vault = Vault::open(dir.path(), &keys(1), "eu", "acme").expect("a vault");
    let subjects = person(&vault, &[("customer", "c-1")]);
    let sealed = vault
        .seal(&subjects, "payer", "dec_1", b"a city")
        .expect("sealed");
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let opened = vault.opener().open_sealed("payer", "dec_1", &altered);
        assert!(opened.is_err(), "bit {bit}");
    }
}
