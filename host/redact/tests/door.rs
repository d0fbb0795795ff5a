//! What is found, what is left alone, and how long hostile texts may be.

use data_encoding::BASE32_NOPAD;
use proptest::prelude::*;
use weft_redact::{
    COVERED, Kind, Layer, LogWriter, Reading, across, card_within, counts, cover, cover_across,
    find, first, in_identifier,
};

/// The text with what was found as it is covered.
fn covered(text: &str) -> String {
    cover(text, Reading::Prose).0.into_owned()
}

#[test]
fn a_note_is_covered_where_it_leaks_and_nowhere_else() {
    for (note, left) in [
        (
            "card 4111 1111 1111 1111 exp 09/28 cvv 123, ring Tuesday",
            "card [covered] exp 09/28 cvv [covered], ring Tuesday",
        ),
        ("PAN4111111111111111", "PAN[covered]"),
        ("3782-822463-10005 1234", "[covered] [covered]"),
        ("4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", "[covered]"),
        (
            "pay to DE75 5121 0800 1245 1261 99 today",
            "pay to [covered] today",
        ),
        (
            "write to ines.p+x@mail.example.co.uk.",
            "write to [covered].",
        ),
        (
            "call 0470 12 34 56 or (415) 555-0132",
            "call [covered] or ([covered]",
        ),
        (
            "BSN 123456782 and passport C01X0006H",
            "BSN [covered] and passport [covered]",
        ),
        (
            "84.07.23-123.45 is no check digit",
            "84.07.23-123.45 is no check digit",
        ),
        ("\u{ff14}\u{ff11}11 1111\u{200b}1111 1111", "[covered]"),
        ("t=NDExMTExMTExMTExMTExMQ==;", "t=[covered]==;"),
        (
            "two calls on 01.06.2026 about order 123456, 45.90 EUR",
            "two calls on 01.06.2026 about order 123456, 45.90 EUR",
        ),
        (
            "pan=\"41111111\" rest=\"11111111\"",
            "pan=\"[covered]\" rest=\"[covered]\"",
        ),
        ("", ""),
    ] {
        assert_eq!(covered(note), left, "{note}");
    }
}

/// One that people write into a note, however they part it and whatever they glue to it.
#[test]
fn a_card_number_in_a_note_is_covered_in_every_disguise() {
    for (note, left) in [
        ("4929123456789015EUR", "[covered]EUR"),
        ("x4929123456789015 thanks", "x[covered] thanks"),
        ("4929123456789015x", "[covered]x"),
        ("Visa:4929123456789015exp12/28", "Visa:[covered]exp12/28"),
        ("4929+1234+5678+9015", "[covered]"),
        ("4929~1234~5678~9015", "[covered]"),
        ("4929=1234=5678=9015", "[covered]"),
        ("4929_1234_5678_9015", "[covered]"),
        ("4929/1234/5678/9015", "[covered]"),
        ("(4929) (1234) (5678) (9015)", "([covered])"),
        ("4929\u{2026}1234\u{2026}5678\u{2026}9015", "[covered]"),
        ("4929\u{3001}1234\u{3001}5678\u{3001}9015", "[covered]"),
        ("4929 and 1234 and 5678 and 9015", "[covered]"),
        ("card 49291234 rest 56789015", "card [covered]"),
        (
            "my 2 cards, 49291 23456 78901 5 12/28",
            "my 2 cards, [covered] 12/28",
        ),
        ("4929l23456789Ol5", "[covered]"),
        ("4929 I234 5678 9oI5", "[covered]"),
        ("49291234567890154929123456789015", "[covered][covered]"),
        ("124929123456789015", "12[covered]"),
        ("49291234567890150", "[covered]0"),
        ("backwards 5109876543219294", "backwards [covered]"),
        ("%2534%2539%2532%2539123456789015", "[covered]"),
        (
            "3400390032003900310032003300340035003600370038003900300031003500",
            "[covered]",
        ),
        ("GQ4TEOJRGIZTINJWG44DSMBRGU======", "[covered]======"),
        ("pin 1234", "pin [covered]"),
        (
            "code de s\u{e9}curit\u{e9} 737",
            "code de s\u{e9}curit\u{e9} [covered]",
        ),
        ("BE68:5390:0754:7034", "[covered]"),
        ("BE68, 5390, 0754, 7034", "[covered]"),
        ("BE68|5390|0754|7034", "[covered]"),
        ("BE68*5390*0754*7034", "[covered]"),
        ("+32:4701:2345:6", "[covered]"),
        ("+32,470,12,34,56", "[covered]"),
        ("+32|4701|2345|6", "[covered]"),
        ("+32*4701*2345*6", "[covered]"),
        ("NRIC S1234567D", "NRIC [covered]"),
        ("S1234567D", "[covered]"),
        ("CNP 1800101221144", "CNP [covered]"),
        ("1 80 01 75 116 001 46", "[covered]"),
        ("NIR 1 80 01 75 116 001 34", "NIR [covered]"),
        (
            "acct refBE76311592003795x, thanks",
            "acct ref[covered]x, thanks",
        ),
        (
            "IBANBE32123456789002 or BE32123456789002EUR",
            "IBAN[covered] or [covered]EUR",
        ),
        ("BE32_1234_5678_9002", "[covered]"),
        (
            "tel+32478836088 or +32478836088x",
            "tel[covered] or [covered]x",
        ),
        ("+324+7883+6088", "[covered]"),
        ("id no 123456789", "id no [covered]"),
    ] {
        assert_eq!(covered(note), left, "{note}");
    }
}

/// Numbers that people write every day.
#[test]
fn a_note_without_a_card_number_is_left_alone() {
    for note in [
        "Kd-Nr 12345678 Rg-Nr 2026112800017",
        "Order #403-1234567-1234567",
        "Garage 2019 pin code change",
        "ticket 20261128-120000-0042",
        "policy 4000123456789",
        "Split dinner 12 Nov w/ Jo & Al",
        "2026-06-01 12:00:00, 2026-06-02 13:00:00",
        "550e8400-e29b-41d4-a716-446655440000",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "declined, RRN 512312345678",
        "To 4 friends, Io and Lola: 100, 200, 300 and 400 each",
    ] {
        assert_eq!(covered(note), note);
    }
}

#[test]
fn a_number_over_two_texts_is_covered_in_both() {
    let covered = cover_across("Ali 4929 1234", " 5678-9015 thanks");
    let (kind, one, other) = covered.expect("a card number");
    assert_eq!(kind, Kind::CardNumber);
    assert_eq!(
        (one.as_str(), other.as_str()),
        ("Ali [covered]", " [covered] thanks")
    );
    assert_eq!(cover_across("Ali 49291234", "5678 items"), None);
}

#[test]
fn a_value_over_two_fields_is_found_at_the_first() {
    let found = across(&[
        "note",
        "my card is 4111 1111",
        "1111 1111 thanks",
        "DE75512108",
        "001245126199",
    ]);
    assert_eq!(found, [(1, Kind::CardNumber), (3, Kind::Iban)]);
    assert_eq!(across(&["4111", "2026-06-01", "1111"]), []);
}

#[test]
fn a_card_number_is_seen_within_an_identifier() {
    for id in [
        "41111111111111114111111111111111",
        "abc5555555555554444def01234567ab",
        "037828224631000512",
    ] {
        assert!(card_within(id), "{id}");
    }
    for id in [
        "",
        "é",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "0123456789abcdef0123456789abcdef",
        "4111111111111112",
    ] {
        assert!(!card_within(id), "{id}");
    }
    let mut rng = fastrand::Rng::with_seed(1);
    let taken = (0..100_000)
        .filter(|_| card_within(&format!("{:032x}", rng.u128(..))))
        .count();
    assert!(taken < 100, "{taken} of 100,000 random identifiers");
}

#[test]
fn in_a_field_it_is_found_wherever_it_stands_alone() {
    for (text, found) in [
        ("4111111111111111", Kind::CardNumber),
        ("4111 1111 1111 1111", Kind::CardNumber),
        ("4111-1111-1111-1111", Kind::CardNumber),
        ("378282246310005", Kind::CardNumber),
        ("3782 822463 10005", Kind::CardNumber),
        ("3056 930902 5904", Kind::CardNumber),
        ("5555555555554444", Kind::CardNumber),
        ("2223003122003222", Kind::CardNumber),
        ("6011111111111117", Kind::CardNumber),
        ("3530111333300000", Kind::CardNumber),
        ("6250 9470 0000 0014", Kind::CardNumber),
        ("order:4111111111111111", Kind::CardNumber),
        ("p4111111111111111", Kind::CardNumber),
        ("Visa4929123456789015", Kind::CardNumber),
        ("ref4929123456789015x", Kind::CardNumber),
        ("id7x4929123456789015", Kind::CardNumber),
        ("4929_1234_5678_9015", Kind::CardNumber),
        ("4929/1234/5678/9015", Kind::CardNumber),
        ("(4929) (1234) (5678) (9015)", Kind::CardNumber),
        ("4.9.2.9.1.2.3.4.5.6.7.8.9.0.1.5", Kind::CardNumber),
        ("49291-23456-78901-5", Kind::CardNumber),
        ("4929l23456789Ol5", Kind::CardNumber),
        ("%2534%2539%2532%2539123456789015", Kind::CardNumber),
        ("GQ4TEOJRGIZTINJWG44DSMBRGU", Kind::CardNumber),
        (
            "3400390032003900310032003300340035003600370038003900300031003500",
            Kind::CardNumber,
        ),
        ("pay/4111111111111111/1", Kind::CardNumber),
        ("retry 2 of 4111 1111 1111 1111 today", Kind::CardNumber),
        ("2-4111111111111111", Kind::CardNumber),
        ("٤١١١١١١١١١١١١١١١", Kind::CardNumber),
        ("MzQ6NDExMTExMTExMTExMTExMQ", Kind::CardNumber),
        ("34313131313131313131313131313131", Kind::CardNumber),
        ("DE75512108001245126199", Kind::Iban),
        ("de75512108001245126199", Kind::Iban),
        ("DE75 5121 0800 1245 1261 99", Kind::Iban),
        ("DE75-5121-0800-1245-1261-99", Kind::Iban),
        ("from DE75 5121 0800 1245 1261 99 to a friend", Kind::Iban),
        ("BE68 5390 0754 7034", Kind::Iban),
        ("BE68 5390 0754 7034 with more", Kind::Iban),
        ("NO93 8601 1117 947", Kind::Iban),
        ("MT84MALT011000012345MTLCAST001S", Kind::Iban),
        ("order:GB82WEST12345698765432/1", Kind::Iban),
        ("2-BE68539007547034", Kind::Iban),
        ("ines@example.org", Kind::Mailbox),
        ("Ines <ines.p+x@mail.example.co.uk>.", Kind::Mailbox),
        ("order:ines@example.org:1", Kind::Mailbox),
        ("\"ines p\"@example.org", Kind::Mailbox),
        ("інес@приклад.укр", Kind::Mailbox),
        ("ines@xn--e1afmkfd.xn--j1amh", Kind::Mailbox),
        ("+4917612345678", Kind::PhoneNumber),
        ("+49 176 1234-5678", Kind::PhoneNumber),
        ("tel:+49.176.12345678", Kind::PhoneNumber),
        ("(+49) 176 12345678", Kind::PhoneNumber),
        ("+32470123456 on 2026-06-01", Kind::PhoneNumber),
        ("+32470123456/20260601", Kind::PhoneNumber),
        ("pDE75512108001245126199", Kind::Iban),
        ("refBE76311592003795x", Kind::Iban),
        ("IBANBE32123456789002", Kind::Iban),
        ("IBANGB82WEST12345698765432", Kind::Iban),
        ("acctBE32123456789002", Kind::Iban),
        ("BE32123456789002EUR", Kind::Iban),
        ("BE14_1539_1562_1683", Kind::Iban),
        ("BE14/1539/1562/1683", Kind::Iban),
        ("(BE14) (1539) (1562) (1683)", Kind::Iban),
        ("BE14.1539.1562.1683", Kind::Iban),
        ("BE141-53915-62168-3", Kind::Iban),
        ("BE14 15 39 15 62 16 83", Kind::Iban),
        ("BE1-415-391-562-168-3", Kind::Iban),
        ("BE6 85390 0754 7034", Kind::Iban),
        ("x+4917612345678", Kind::PhoneNumber),
        ("tel+32478836088", Kind::PhoneNumber),
        ("case+12025550143", Kind::PhoneNumber),
        ("ref+32478836088x", Kind::PhoneNumber),
        ("id7+32478836088", Kind::PhoneNumber),
        ("+324_7830_3743", Kind::PhoneNumber),
        ("+324+7883+6088", Kind::PhoneNumber),
        ("(+324) (7830) (3743)", Kind::PhoneNumber),
        ("SSN 078-05-1120", Kind::NationalId),
        ("RRN 85.07.30-033.28", Kind::NationalId),
        ("NINO-AB123456C", Kind::NationalId),
        ("BSN-111222333", Kind::NationalId),
        ("pesel:44051401359", Kind::NationalId),
    ] {
        assert_eq!(first(text, Reading::Field), Some(found), "{text}");
    }
}

#[test]
fn what_only_looks_like_it_is_let_in() {
    for text in [
        "",
        "p-1",
        "4111111111111112",                     // the check digit is wrong
        "7411111111111111117",                  // more digits in a row
        "41111111-1111-4111-a111-111111111111", // a UUID
        "c4111111111111111d0",                  // a random number in hexadecimal
        "ORD4000123412341235",
        "4111111111111",           // no length of today's cards
        "9111111111111111",        // no scheme
        "41111111111111111111111", // too long
        "550e8400-e29b-41d4-a716-446655440000",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "1780315200000",
        "1780315200000000",
        "2026-06-01 1200 0000",
        "DE75512108001245126198", // the check digits are wrong
        "DE7551210800124512619",  // too short for its country
        "XX75512108001245126199", // no country
        "BE68 5390 0754 703",
        "@",
        "@example.org",
        "ines@",
        "ines@localhost",
        "left-pad@1.3.0",
        "weft@v1.2",
        "ines at example.org",
        "a@b..org",
        "a @example.org",
        "+0491761234567",    // no country begins with zero
        "+1234567",          // too short
        "+1234567890123456", // too long
        "4917612345678",     // cannot be told from an identifier
        "EREF+32478836088",  // a reference of a German credit transfer
        "x+49176123",        // as in base64
        "12+32478836",       // a sum
        "+49176a12345678",
        "2026-06-01T12:00:00+02:00",
        "12:00+01:00",
        "1+1=2",
        "C++ 20260601",
        "Retail store Ghent Veldstraat 1",
        "078-05-1120", // of what, nobody says
        "AB123456C",
        "order id no 123456789",
        "RRN-123456", // a retrieval reference number
        "RRN 512312345678",
        "passport photo order 123456789",
        "RF18 5390 0754 7034",
        "74500001234567890123456", // an acquirer's reference
        "Vm9sbGtvbW1lbiBoYXJtbG9z",
    ] {
        assert_eq!(first(text, Reading::Field), None, "{text}");
    }
}

/// What is kept in clear may hold a number in any writing.
#[test]
fn an_identifier_is_read_in_every_way() {
    for (text, found) in [
        ("BE21:1923:1539:1603", Kind::Iban),
        ("BE21,1923,1539,1603", Kind::Iban),
        ("BE21\u{2192}1923\u{2192}1539\u{2192}1603", Kind::Iban),
        ("B:E:2:1:1:9:2:3:1:5:3:9:1:6:0:3", Kind::Iban),
        ("B-E-2-1-1-9-2-3-1-5-3-9-1-6-0-3", Kind::Iban),
        (
            "p-B, E, 2, 1, 1, 9, 2, 3, 1, 5, 3, 9, 1, 6, 0, 3",
            Kind::Iban,
        ),
        ("BE21::::1923::::1539::::1603", Kind::Iban),
        ("BE21x1923x1539x1603", Kind::Iban),
        ("30619351329112EB", Kind::Iban),
        ("3061-9351-3291-12EB", Kind::Iban),
        ("4929:1234:5678:9015", Kind::CardNumber),
        ("4,9,2,9,1,2,3,4,5,6,7,8,9,0,1,5", Kind::CardNumber),
        ("4929----1234----5678----9015", Kind::CardNumber),
        ("4929x1234x5678x9015", Kind::CardNumber),
        ("5109876543219294", Kind::CardNumber),
        ("5109-8765-4321-9294", Kind::CardNumber),
        ("order:5109:8765:4321:9294", Kind::CardNumber),
        ("+32:478:83:60:88", Kind::PhoneNumber),
        ("+32,478,83,60,88", Kind::PhoneNumber),
        ("+.3.2.4.7.8.8.3.6.0.8.8", Kind::PhoneNumber),
        ("(+) 32 478 83 60 88", Kind::PhoneNumber),
        ("88063887423+", Kind::PhoneNumber),
        ("SSN078051120", Kind::NationalId),
        ("SSN:078:05:1120", Kind::NationalId),
        ("SSN 078.05.1120", Kind::NationalId),
        ("078-05-1120-SSN", Kind::NationalId),
        ("078051120SSN", Kind::NationalId),
        ("RRN85073003328", Kind::NationalId),
        ("85.07.30-033.28 RRN", Kind::NationalId),
        ("BSN111222333", Kind::NationalId),
        ("p-bsn111222333-2", Kind::NationalId),
        ("111222333BSN", Kind::NationalId),
        ("DNI12345678Z", Kind::NationalId),
        ("12345678ZDNI", Kind::NationalId),
        ("DNI-12345678-Z", Kind::NationalId),
        ("ninoAB123456C", Kind::NationalId),
        ("ninoAB 12 34 56 C", Kind::NationalId),
        ("passportCF1234567", Kind::NationalId),
        ("customerSSN078051120", Kind::NationalId),
        ("payerNinoAB123456C", Kind::NationalId),
        (
            "tin-tin-tin-tin-tin-tin-tin-tin-tin-SSN078051120",
            Kind::NationalId,
        ),
        ("4111111111111111", Kind::CardNumber),
        ("ines@example.org", Kind::Mailbox),
    ] {
        assert_eq!(in_identifier(text), Some(found), "{text}");
    }
    for text in [
        "",
        "p-1",
        "550e8400-e29b-41d4-a716-446655440000",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "1780315200000000",
        "2026-06-01T12:00:00+02:00",
        "31.05.2026 12:00:00",
        "C++ 20260601",
        "EREF+32478836088",
        "RRN512312345678",
        "RRN-123456",
        "12+32478836",
        "martin12345678",
        "nielsen12345678",
        "tina1234567",
        "latin-american-20260601",
        "20260601-satin",
        "order-2026-tin",
        "SW1A1x1AA2x2026",
        "item1x4x20x400",
        "4111111111111112",
        "BE68:5390:0754:703",
    ] {
        assert_eq!(in_identifier(text), None, "{text}");
    }
}

/// Every answer has a hash in it, and three in a million hashes have the octets of a mailbox in them.
#[test]
fn an_identifier_has_no_card_number_of_any_scheme_and_no_account_whose_country_stands_apart() {
    for text in [
        "6222021234567890128", // UnionPay
        "4000000000000000006", // Visa
        "30569309025904",      // Diners Club
        "36700102000000",
        "6759649826438453", // Maestro
        "4319-555123456783",
        "431955512345678/3",
        "order 4319 555123456783",
        "2026/4319:555123456783-1",
    ] {
        assert_eq!(in_identifier(text), Some(Kind::CardNumber), "{text}");
    }
    for text in [
        "DE 89370400440532013000",
        "DE-89-3704-0044-0532-0130-00",
        "IBAN DE 893704 0044 0532 0130 00",
        "GB 29 NWBK 6016 1331 9268 19",
        "00031023504400407398 ED",
    ] {
        assert_eq!(in_identifier(text), Some(Kind::Iban), "{text}");
    }
    for text in [
        "2026-11-29 12:33:27.401311",
        "50.8503396, 4.3517103",
        "192.168.100.101:8443",
        "403-1234567-1234567",
        "4006381333931", // an article number
        "600000123456",
    ] {
        assert_eq!(in_identifier(text), None, "{text}");
    }
}

#[test]
fn a_hash_with_a_mailbox_by_chance_is_no_leak() {
    for hash in [
        "dcee8fabd3cfa04b6c0c762bded55d401a54966fc973066d404e2e5872b6df0f",
        "93b1f413edb86b9c98b3ad09ec56e2f5f1b3ba360b18bce2826740372e6764bd",
        "573c549bb95234404e2e7467c3645dc2d65bb75da59afeda91a318ca0f091347",
        "781f0bc1e8c0e833c8666e475ec2cf72407457342e4c59b843233137a49d77a5",
    ] {
        let text = format!("{{\"leaf_hash\":\"{hash}\"}}");
        for reading in [Reading::Field, Reading::Prose] {
            assert_eq!(first(&text, reading), None, "{hash}");
        }
    }
}

/// Alone, behind a path, and among octets that are no text.
#[test]
fn a_name_that_the_host_gave_with_an_account_by_chance_is_no_leak() {
    let answer = r#"{"decision":"dec_gi53dobsxlwhf6w5zxr4uspecy"}"#;
    assert_eq!(first(answer, Reading::Field), None);
    assert_eq!(first(answer, Reading::Prose), None);
    assert_eq!(in_identifier("dec_gi53dobsxlwhf6w5zxr4uspecy"), None);
    // What somebody has is digits for the most part, and is found there, too.
    let disguised = "dec_gb57aaaa22222222222252qqqq";
    assert_eq!(first(disguised, Reading::Field), Some(Kind::Iban));
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..1_000_000 {
        let bits = random.u128(..).to_be_bytes();
        let name = BASE32_NOPAD.encode(&bits).to_ascii_lowercase();
        let answer = format!(r#"{{"decision":"dec_{name}"}}"#);
        assert_eq!(first(&answer, Reading::Field), None, "{answer}");
    }
}

#[test]
fn a_mailbox_that_somebody_encoded_is_found() {
    use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
    let among = b"\x01\x02\xa5dmail\x78\x18ines.peeters@example.org\xf6\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d";
    for octets in [&b"a@kbc.be"[..], b"ines@example.org", among] {
        for text in [
            BASE64URL_NOPAD.encode(octets),
            format!("/api/{}", BASE64URL_NOPAD.encode(octets)),
            HEXLOWER.encode(octets),
        ] {
            // A short one behind a path is not told from chance.
            if octets.len() > 8 || !text.starts_with('/') {
                assert_eq!(first(&text, Reading::Field), Some(Kind::Mailbox), "{text}");
            }
        }
    }
}

/// Texts made to cost much: their time is linear in their length, so these end at once; a detector that tries every
/// beginning with every end would take hours.
#[test]
fn hostile_texts_come_to_an_end() {
    for part in [
        "4",
        "4 ",
        "41-",
        "+1 ",
        "+",
        "@",
        "a@a.",
        "a@",
        "\\u0034",
        "%34",
        "&#52;",
        "&#",
        "DE75 ",
        "D E 7 5 ",
        "cvv 123 ",
        "passport ",
        "NDEx",
        "3431",
        "a=4111 b=",
        "\u{200b}",
        "४",
        "4\u{200b}",
        "\"@",
        "0470 ",
        "==",
        "4111 1111 1111 111",
        "DE75",
        "DE75_",
        "x+49",
        "+4917612345",
        "BSN 1 ",
    ] {
        let text = part.repeat((3 << 19) / part.len());
        for reading in [Reading::Field, Reading::Prose] {
            let (covered, found) = cover(&text, reading);
            assert!(
                covered.len() <= text.len() + found.len() * COVERED.len(),
                "{part}"
            );
        }
        in_identifier(&text);
    }
}

proptest! {
    #[test]
    fn what_is_found_is_in_order_and_whole(text in "(\\PC|[0-9 +@.\\\\%&;-]){0,80}") {
        for reading in [Reading::Field, Reading::Prose] {
            let mut end = 0;
            for found in find(&text, reading) {
                prop_assert!(found.at.start >= end && found.at.end > found.at.start);
                prop_assert!(text.get(found.at.clone()).is_some());
                end = found.at.end;
            }
        }
    }

    #[test]
    fn what_was_covered_leaks_no_more(text in "([0-9]{3,5}[ -]?|cvv |\\+49|DE|@a\\.org){1,12}") {
        let (once, _) = cover(&text, Reading::Field);
        let (twice, found) = cover(&once, Reading::Field);
        prop_assert_eq!(&twice, &once, "{:?}", found);
    }
}

/// Whoever wrote it: a dependency, a plugin, this program.
#[test]
fn a_log_line_is_covered_on_its_way_out_and_counted() {
    let counted = || {
        let of_log =
            |(layer, kind, _): &(Layer, Kind, u64)| *layer == Layer::Log && *kind == Kind::Iban;
        counts().find(of_log).map_or(0, |(.., count)| count)
    };
    let before = counted();
    let mut written = Vec::new();
    let mut writer = LogWriter::new(&mut written);
    let line = b"2026-06-01T12:00:00Z ERROR h2: frame payload=\"DE75 5121 0800 1245 1261 99\" bytes=\xff\n";
    assert_eq!(
        std::io::Write::write(&mut writer, line).expect("written"),
        line.len()
    );
    assert_eq!(
        String::from_utf8_lossy(&written),
        "2026-06-01T12:00:00Z ERROR h2: frame payload=\"[covered]\" bytes=\u{fffd}\n"
    );
    assert_eq!(counted(), before + 1);
}
