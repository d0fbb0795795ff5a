//! `weft token`: bearer tokens for callers.
//!
//! A token has 256 random bits, so its plain SHA-256 in the configuration tells nobody anything about it;
//! a slow hash is for secrets that people choose.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use sha2::{Digest, Sha256};
use weft_engine::Role;
use weft_gateway::Callers;

use crate::config::Settings;
use crate::exit::Failed;
use crate::output;

/// How the command line calls the roles that callers can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// The payment platform: payments, and the customer's own channel.
    Service,
    /// A support agent: assistance within a case.
    Agent,
    /// An agent who approves what other agents may not decide alone.
    Supervisor,
    /// Reads what was decided and why.
    Regulator,
    /// Runs the host: metrics.
    Operator,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Service => Role::Service,
            RoleName::Agent => Role::Agent,
            RoleName::Supervisor => Role::Supervisor,
            RoleName::Regulator => Role::Regulator,
            RoleName::Operator => Role::Operator,
        }
    }
}

/// Bearer tokens.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and the lines for the configuration that let its bearer in.
    ///
    /// The token goes to standard output once and is stored nowhere. The lines, which have only its
    /// SHA-256, go to the end of a configuration file (--add-to), or to standard error.
    New {
        /// The caller's name, as it stands in records and logs.
        name: String,
        /// What the caller may do.
        #[arg(long)]
        role: RoleName,
        /// The configuration file to which the lines are added; made if it is not there.
        #[arg(long, value_name = "FILE")]
        add_to: Option<PathBuf>,
    },
}

/// A fresh token and the SHA-256 under which it is known.
pub(crate) struct Token {
    pub(crate) secret: zeroize::Zeroizing<String>,
    pub(crate) sha256: [u8; 32],
}

impl Token {
    pub(crate) fn new() -> Result<Token, Failed> {
        let mut bits = zeroize::Zeroizing::new([0_u8; 32]);
        getrandom::fill(bits.as_mut_slice())
            .map_err(|_| Failed::because("the operating system gives no randomness"))?;
        let text = data_encoding::BASE64URL_NOPAD.encode(bits.as_slice());
        let secret = zeroize::Zeroizing::new(format!("weft_{text}"));
        let sha256 = Sha256::digest(secret.as_bytes()).into();
        Ok(Token { secret, sha256 })
    }
}

pub(crate) fn run(command: TokenCommand) -> Result<(), Failed> {
    let TokenCommand::New { name, role, add_to } = command;
    let token = Token::new()?;
    let lines = format!(
        "\n[[callers]]\nname = {}\nrole = \"{}\"\ntoken_sha256 = \"{}\"\n",
        toml::Value::String(name),
        Role::from(role).as_str(),
        data_encoding::HEXLOWER.encode(&token.sha256)
    );
    match add_to {
        Some(file) => {
            add(&file, &lines)?;
            output::step(&format!("added the caller to {}", file.display()));
        }
        None => {
            output::step("add these lines to the configuration file, and restart the host:");
            output::aside(&lines);
        }
    }
    output::line(&token.secret);
    Ok(())
}

/// Adds lines to a configuration, if the host would still read it afterwards.
fn add(file: &Path, lines: &str) -> Result<(), Failed> {
    let mut text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let why = format!("{}: {error}", file.display());
            return Err(Failed::because(why));
        }
    };
    text.push_str(lines);
    let settings = Settings::parse(&file.display().to_string(), &text)?;
    Callers::new(settings.callers)?;
    let why = |error| Failed::because(format!("{}: {error}", file.display()));
    std::fs::write(file, text).map_err(why)
}
