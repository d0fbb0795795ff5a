//! The configuration: one TOML file with defaults for everything.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use weft_diagnostic::{Code, Diagnostics, yaml};
use weft_engine::Config;
use weft_gateway::{CallerEntry, Callers, Limits};

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

mod keys;
mod reader;

use keys::{audit_keys, caller, evidence_keys, host_keys, http_keys, payment_keys, witness};
use reader::Reader;

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
        let mut evidence = reader.section(
            &root,
            "evidence",
            "How customers prove who they are, besides in the platform's own app.",
        );
        evidence_keys(&mut evidence, engine);
        evidence.done();
        let mut http = reader.section(&root, "http", "The HTTP interface.");
        http_keys(&mut http, &mut settings.listen, &mut settings.limits);
        http.done();
        let mut audit = reader.section(&root, "audit", "The audit log.");
        audit_keys(&mut audit, engine);
        audit.done();
        settings.callers = reader.each(&root, "callers", caller);
        engine.witnesses.all = reader.each(&root, "witnesses", witness);
        reader.unknown_sections(
            &root,
            &[
                "host",
                "payments",
                "evidence",
                "http",
                "audit",
                "callers",
                "witnesses",
            ],
        );
        settings.written = reader.finish()?;
        Ok(settings)
    }
}

/// The configuration.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the configuration in force: every key, what it means, its value.
    ///
    /// Without --config these are the defaults, so the output is a good file to start from. Callers and witnesses are not
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
            settings.engine.witnesses.check()?;
            output::line(&format!("{} is sound, with {callers}", file.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use weft_engine::Role;

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
    fn a_relying_party_has_the_origin_of_its_domain_or_those_that_are_named() {
        let party = |more: &str| {
            let text = format!("[evidence]\nrelying_party = \"pay.example\"\n{more}");
            let settings = Settings::parse("weft.toml", &text).expect("sound");
            let again = Settings::parse("weft.toml", &settings.written).expect("sound");
            assert_eq!(again.engine.passkeys, settings.engine.passkeys);
            settings.engine.passkeys.expect("a relying party").origins
        };
        assert_eq!(party(""), ["https://pay.example"]);
        let two = "origins = \"https://app.pay.example android:apk-key-hash:AQI\"\n";
        assert_eq!(
            party(two),
            ["https://app.pay.example", "android:apk-key-hash:AQI"]
        );
        for wrong in [
            "relying_party = \"https://pay.example\"",
            "origins = \"pay.example\"",
            "out_of_band_key = \"AQI\"",
        ] {
            let problems = problems(&format!("[evidence]\n{wrong}\n"));
            assert_eq!(problems.len(), 1, "{wrong}: {problems:#?}");
        }
    }

    #[test]
    fn text_that_is_not_toml_is_told_with_its_place() {
        let problems = problems("[host\n");
        assert!(problems[0].starts_with("weft.toml:1:"), "{problems:#?}");
    }
}
