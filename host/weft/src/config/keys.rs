//! The keys of each section, with their meanings and bounds.

use std::net::SocketAddr;
use std::time::Duration;

use weft_audit::cosignature::WitnessKey;
use weft_audit::limits::MAX_WITNESSES;
use weft_audit::witness::Witness;
use weft_dictionary::DurationMs;
use weft_engine::{Config, RelyingParty, Role, ServiceKey};
use weft_gateway::{CallerEntry, Limits};

use super::reader::Section;

const SECOND: DurationMs = DurationMs(1_000);
const DAY: DurationMs = DurationMs(86_400_000);

pub(super) fn host_keys(host: &mut Section<'_, '_>, engine: &mut Config) {
    host.path(
        "data",
        "Everything that the host writes: keys, vault, audit log, compiled plugins. From where this file is.",
        &mut engine.data_dir,
    );
    host.path(
        "policies",
        "The dictionary, the pipeline, the policies.",
        &mut engine.policies_dir,
    );
    host.path(
        "plugins",
        "Plugins, each NAME.wasm.",
        &mut engine.plugins_dir,
    );
    host.parsed(
        "region",
        "Where this host processes and stores, a short word. Written into keys and records: a data directory has one.",
        "write a word of 1 to 32 small letters, digits and -",
        &mut engine.region,
        word,
    );
    host.parsed(
        "tenant",
        "Whose customers it decides for. Written into keys and records, too.",
        "write a word of 1 to 32 small letters, digits and -",
        &mut engine.tenant,
        word,
    );
    host.number(
        "workers",
        "Threads that evaluate policies; 0 for one a core.",
        0..=1_024,
        &mut engine.workers,
    );
    host.number(
        "max_in_flight",
        "Payments decided at the same time; more are refused with 503.",
        1..=100_000,
        &mut engine.max_in_flight,
    );
    host.number(
        "max_assistance_in_flight",
        "Requests for assistance decided at the same time, beside payments; more wait. The fewer, the less payments feel them; 0 for \
         one a core.",
        0..=1_000,
        &mut engine.max_assistance_in_flight,
    );
    host.number(
        "threat_level",
        "How threatened the host believes to be, 0 to 3. Policies may become stricter by it, never milder.",
        0..=weft_engine::limits::MAX_THREAT_LEVEL,
        &mut engine.threat_level,
    );
    host.flag(
        "require_plugin_digests",
        "Whether every policy must name the SHA-256 of its plugin.",
        &mut engine.require_plugin_digests,
    );
}

pub(super) fn payment_keys(payments: &mut Section<'_, '_>, engine: &mut Config) {
    payments.duration(
        "hold_expires",
        "How long a payment may wait before it is refused.",
        SECOND..=DAY,
        &mut engine.hold_expires,
    );
    payments.duration(
        "evidence_expires",
        "How long a passed challenge is good for, at most as long as the payment waits.",
        SECOND..=DAY,
        &mut engine.evidence_expires,
    );
}

pub(super) fn evidence_keys(evidence: &mut Section<'_, '_>, engine: &mut Config) {
    let (mut id, mut origins, mut key) = (String::new(), String::new(), String::new());
    evidence.parsed(
        "relying_party",
        "The domain for which customers' passkeys sign (WebAuthn's RP ID), such as pay.example. Without it nobody is asked for one.",
        "write a domain in small letters, without a scheme and a port",
        &mut id,
        domain,
    );
    evidence.parsed(
        "origins",
        "The origins of the platform's site and apps, with blanks between them. Without any: https:// and the domain.",
        "write origins as clients say them, such as \"https://pay.example\"",
        &mut origins,
        |text| text.split_whitespace().all(|one| one.contains(':')).then(|| text.to_owned()),
    );
    evidence.parsed(
        "out_of_band_key",
        "The Ed25519 public key of the platform's authentication service, in base64url. Without it nobody is asked for its approval.",
        "write the 32 bytes of the key in base64url without padding",
        &mut key,
        |text| (text.is_empty() || ServiceKey::parse(text).is_some()).then(|| text.to_owned()),
    );
    engine.out_of_band = ServiceKey::parse(&key);
    engine.passkeys = (!id.is_empty()).then(|| RelyingParty {
        origins: match origins.is_empty() {
            true => vec![format!("https://{id}")],
            false => origins.split_whitespace().map(str::to_owned).collect(),
        },
        id,
    });
}

/// A domain as clients compare it, or nothing.
fn domain(text: &str) -> Option<String> {
    let is_of_domain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    text.bytes().all(is_of_domain).then(|| text.to_owned())
}

pub(super) fn http_keys(http: &mut Section<'_, '_>, listen: &mut SocketAddr, limits: &mut Limits) {
    http.parsed(
        "listen",
        "Where to listen. TLS is ended in front of the host.",
        "write an address and a port, for example \"127.0.0.1:8787\"",
        listen,
        |text| text.parse().ok(),
    );
    http.number(
        "body_bytes",
        "Bytes of a request's body.",
        1..=weft_intake::limits::MAX_BODY_BYTES,
        &mut limits.body_bytes,
    );
    http.number(
        "connections",
        "Connections at the same time.",
        1..=100_000,
        &mut limits.connections,
    );
    http.number(
        "connections_per_address",
        "Of these, those of one address. Where a proxy stands in front of the host, all are of its address.",
        1..=100_000,
        &mut limits.connections_per_address,
    );
    http.number(
        "requests_per_second",
        "Requests that one caller may send in a second, on average; more are refused with 429.",
        1..=1_000_000,
        &mut limits.requests_per_second,
    );
    http.number(
        "burst",
        "Requests that one caller may send at once.",
        1..=1_000_000,
        &mut limits.burst,
    );
    http.number(
        "disclosures_per_minute",
        "Values of the vault that one caller may ask for in a minute; more are refused with 429.",
        1..=100_000,
        &mut limits.disclosures_per_minute,
    );
    http.number(
        "disclosures_per_minute_in_total",
        "The same of all callers together.",
        1..=1_000_000,
        &mut limits.disclosures_per_minute_in_total,
    );
    let minute = DurationMs(60_000);
    let times: [(&'static str, &str, &mut Duration); 4] = [
        (
            "header_timeout",
            "How long a request's header may take to arrive, and a connection may be idle.",
            &mut limits.header_timeout,
        ),
        (
            "body_timeout",
            "How long a body may take to arrive.",
            &mut limits.body_timeout,
        ),
        (
            "write_timeout",
            "How long a caller may let an answer wait that it does not read.",
            &mut limits.write_timeout,
        ),
        (
            "stop_grace",
            "How long a stop waits for callers to take the answers that are under way.",
            &mut limits.stop_grace,
        ),
    ];
    for (key, doc, slot) in times {
        let mut length = DurationMs(u64::try_from(slot.as_millis()).unwrap_or(u64::MAX));
        http.duration(
            key,
            doc,
            DurationMs(10)..=DurationMs(minute.0 * 60),
            &mut length,
        );
        *slot = Duration::from_millis(length.0);
    }
}

/// A region, a tenant.
fn word(text: &str) -> Option<String> {
    let fits = (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    fits.then(|| text.to_owned())
}

pub(super) fn caller(section: &mut Section<'_, '_>, callers: &mut Vec<CallerEntry>) {
    let name = section.required("name", "write a name of 1 to 64 characters", |text| {
        (1..=64)
            .contains(&text.chars().count())
            .then(|| text.to_owned())
    });
    let role = section.required(
        "role",
        "write service, agent, supervisor, regulator or operator",
        role,
    );
    let token = section.required(
        "token_sha256",
        "write 64 hexadecimal digits; `weft token new NAME --role ROLE` makes a token and this line",
        sha256,
    );
    if let (Some(name), Some(role), Some(token_sha256)) = (name, role, token) {
        callers.push(CallerEntry {
            name,
            role,
            token_sha256,
        });
    }
}

pub(super) fn witness(section: &mut Section<'_, '_>, witnesses: &mut Vec<Witness>) {
    let key = section.required(
        "key",
        "write the verifier key that the witness has published, NAME+ID+KEY, of the type for cosignatures",
        |text| WitnessKey::parse(text).ok(),
    );
    let url = section.required(
        "url",
        "write the submission prefix, such as http://127.0.0.1:7380; TLS is ended beside this host",
        |text| {
            let rest = text.strip_prefix("http://")?;
            (!rest.is_empty() && !rest.contains(char::is_whitespace)).then(|| text.to_owned())
        },
    );
    if let (Some(key), Some(url)) = (key, url) {
        witnesses.push(Witness { key, url });
    }
}

pub(super) fn audit_keys(audit: &mut Section<'_, '_>, engine: &mut Config) {
    audit.number(
        "witness_quorum",
        "How many of the witnesses have to cosign a checkpoint of the audit log before it is shown; 0 for all.",
        0..=MAX_WITNESSES,
        &mut engine.witnesses.quorum,
    );
}

fn role(text: &str) -> Option<Role> {
    [
        Role::Service,
        Role::Agent,
        Role::Supervisor,
        Role::Regulator,
        Role::Operator,
    ]
    .into_iter()
    .find(|role| role.as_str() == text)
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()?;
    bytes.try_into().ok()
}
