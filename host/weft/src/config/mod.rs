//! The configuration: one TOML file with defaults for everything.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use weft_diagnostic::{Code, Diagnostics, yaml};
use weft_dictionary::DurationMs;
use weft_engine::{Config, Role};
use weft_gateway::{CallerEntry, Callers, Limits};

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

mod reader;

use reader::{Reader, Section};

/// The file is not TOML.
pub(crate) const SHAPE: Code = Code {
    id: "W0501",
    title: "the configuration is not TOML",
    page: "The file is not a TOML document (toml.io). The message says where the first mistake is.\n\n\
           `weft config show` prints a complete file with every key and its default.",
};
/// A key or a value that the configuration does not take.
pub(crate) const NOT_VALID: Code = Code {
    id: "W0502",
    title: "the configuration has a wrong key or value",
    page: "Every key is checked: a misspelt key that is silently ignored is a limit that silently does not \
           hold. The message names the key, the place, and what the key takes.\n\n`weft config show` prints \
           every key with its meaning and default.",
};
/// The codes of this module.
pub(crate) const CODES: &[Code] = &[SHAPE, NOT_VALID];

const SECOND: DurationMs = DurationMs(1_000);
const DAY: DurationMs = DurationMs(86_400_000);

/// What a host is started with.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) engine: Config,
    pub(crate) listen: SocketAddr,
    pub(crate) limits: Limits,
    pub(crate) callers: Vec<CallerEntry>,
    /// The same as a configuration file, with the meaning of each key.
    pub(crate) written: String,
}

impl Default for Settings {
    fn default() -> Settings {
        // An empty file has no wrong keys.
        Settings::parse("", "").unwrap_or_else(|_| Settings::bare())
    }
}

impl Settings {
    fn bare() -> Settings {
        Settings {
            engine: Config::new(
                "weft-data".into(),
                "policies".into(),
                "target/plugins".into(),
            ),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8787),
            limits: Limits::default(),
            callers: Vec::new(),
            written: String::new(),
        }
    }

    /// Reads and checks a file. Paths in it are taken from where the file is.
    pub(crate) fn load(path: &Path) -> Result<Settings, Diagnostics> {
        let mut settings = Settings::parse(&path.display().to_string(), &yaml::read_text(path)?)?;
        let base = path.parent().unwrap_or(Path::new(""));
        let engine = &mut settings.engine;
        for place in [
            &mut engine.data_dir,
            &mut engine.policies_dir,
            &mut engine.plugins_dir,
        ] {
            *place = base.join(&*place);
        }
        Ok(settings)
    }

    /// Reads and checks the text of a file.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Settings, Diagnostics> {
        let mut settings = Settings::bare();
        let mut reader = Reader::new(file, text);
        let root = reader.root();
        let engine = &mut settings.engine;
        let mut host = reader.section(&root, "host", "Where this host decides, and for whom.");
        host_keys(&mut host, engine);
        host.done();
        let mut payments = reader.section(&root, "payments", "Payments that wait.");
        payment_keys(&mut payments, engine);
        payments.done();
        let mut http = reader.section(&root, "http", "The HTTP interface.");
        http_keys(&mut http, &mut settings.listen, &mut settings.limits);
        http.done();
        settings.callers = reader.each(&root, "callers", caller);
        reader.unknown_sections(&root, &["host", "payments", "http", "callers"]);
        settings.written = reader.finish()?;
        Ok(settings)
    }
}

fn host_keys(host: &mut Section<'_, '_>, engine: &mut Config) {
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
        "Requests decided at the same time; more are refused with 503.",
        1..=100_000,
        &mut engine.max_in_flight,
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

fn payment_keys(payments: &mut Section<'_, '_>, engine: &mut Config) {
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

fn http_keys(http: &mut Section<'_, '_>, listen: &mut SocketAddr, limits: &mut Limits) {
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

fn caller(section: &mut Section<'_, '_>, callers: &mut Vec<CallerEntry>) {
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

/// The configuration.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the configuration in force: every key, what it means, its value.
    ///
    /// Without --config these are the defaults, so the output is a good file to start from. Callers are not
    /// printed.
    Show {
        #[command(flatten)]
        places: Places,
    },
    /// Check a configuration file: every wrong key and value is told.
    Check {
        /// The file.
        file: PathBuf,
    },
}

pub(crate) fn run(command: ConfigCommand) -> Result<(), Failed> {
    match command {
        ConfigCommand::Show { places } => {
            let settings = places.settings()?;
            output::line(settings.written.trim_start());
        }
        ConfigCommand::Check { file } => {
            let settings = Settings::load(&file)?;
            let callers = output::counted(settings.callers.len(), "caller");
            // What the gateway itself would refuse.
            Callers::new(settings.callers)?;
            settings.limits.check()?;
            output::line(&format!("{} is sound, with {callers}", file.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let Err(problems) = Settings::parse("weft.toml", text) else {
            return Vec::new();
        };
        problems.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_shown_is_a_file_that_means_the_same() {
        let shown = Settings::default().written;
        let again = Settings::parse("weft.toml", &shown).expect("its own output is sound");
        assert_eq!(again.written, shown);
        assert!(shown.contains("hold_expires = \"15m\""), "{shown}");
    }

    #[test]
    fn every_wrong_key_and_value_is_told_with_its_place() {
        let text = "[host]\nregoin = \"eu\"\nworkers = -1\n[payments]\nhold_expires = \"15\"\n[htp]\n[[callers]]\nname = \"shop\"\nrole = \"boss\"\n";
        let problems = problems(text);
        let starts: Vec<&str> = problems
            .iter()
            .map(|p| p.split(": ").next().unwrap_or(""))
            .collect();
        let expected = [
            "weft.toml:2:1",
            "weft.toml:3:11",
            "weft.toml:5:16",
            "weft.toml:6:2",
            "weft.toml:8:1",
            "weft.toml:9:8",
        ];
        assert_eq!(starts, expected, "{problems:#?}");
        assert!(
            problems[0].contains("did you mean `region`?"),
            "{problems:#?}"
        );
        assert!(
            problems[4].contains("`token_sha256` is missing"),
            "{problems:#?}"
        );
    }

    #[test]
    fn a_caller_is_read() {
        let text = format!(
            "[[callers]]\nname = \"shop\"\nrole = \"service\"\ntoken_sha256 = \"{}\"\n",
            "0".repeat(64)
        );
        let settings = Settings::parse("weft.toml", &text).expect("sound");
        assert_eq!(settings.callers.len(), 1);
        assert_eq!(settings.callers[0].role, Role::Service);
    }

    #[test]
    fn text_that_is_not_toml_is_told_with_its_place() {
        let problems = problems("[host\n");
        assert!(problems[0].starts_with("weft.toml:1:"), "{problems:#?}");
    }
}
