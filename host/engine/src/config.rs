//! What an engine is started with.

use std::path::PathBuf;

use weft_assist::out_of_band::ServiceKey;
use weft_assist::passkey::RelyingParty;
use weft_audit::witness::Witnesses;
use weft_dictionary::DurationMs;

use crate::sets::Pinning;

/// What an engine is started with. Files and words only: where the values come from is the command
/// line's business.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everything that the host writes lies below.
    pub data_dir: PathBuf,
    /// The dictionary, the pipeline, the policies.
    pub policies_dir: PathBuf,
    /// Components, each `NAME.wasm`.
    pub plugins_dir: PathBuf,
    /// Where this host processes and stores: a short word such as `eu`.
    pub region: String,
    /// Whose customers it decides for.
    pub tenant: String,
    /// Threads that evaluate policies; 0 for one a core.
    pub workers: usize,
    /// Payments that may be decided at the same time; more are refused with 503.
    pub max_in_flight: usize,
    /// Requests for assistance that may be decided at the same time, beside payments; more wait. 0 for one a core.
    pub max_assistance_in_flight: usize,
    /// How long a payment may wait before it is refused.
    pub hold_expires: DurationMs,
    /// How long a passed challenge is good for, at most as long as the payment waits.
    pub evidence_expires: DurationMs,
    /// For whom customers' passkeys sign; without it nobody is asked for one.
    pub passkeys: Option<RelyingParty>,
    /// With what the platform's own authentication service signs approvals; without it nobody is asked for one.
    pub out_of_band: Option<ServiceKey>,
    /// How threatened the host believes to be, 0 to 3: policies may become stricter by it.
    pub threat_level: u8,
    /// Whether a policy must name the digest of its plugin.
    pub require_plugin_digests: bool,
    /// Whether a policy set that a rollback put in force stays over this start.
    pub keep_rollback: bool,
    /// Who cosigns the checkpoints of the audit log.
    pub witnesses: Witnesses,
    /// Whether to start when the vault does not have values that the log names. It is recorded, and then counts for ever.
    pub accept_lost_values: bool,
}

impl Config {
    /// Defaults for everything but the three directories.
    pub fn new(data_dir: PathBuf, policies_dir: PathBuf, plugins_dir: PathBuf) -> Config {
        Config {
            data_dir,
            policies_dir,
            plugins_dir,
            region: "eu".into(),
            tenant: "default".into(),
            workers: 0,
            max_in_flight: 1_024,
            max_assistance_in_flight: 0,
            hold_expires: DurationMs(15 * 60_000),
            evidence_expires: DurationMs(24 * 3_600_000),
            passkeys: None,
            out_of_band: None,
            threat_level: 0,
            require_plugin_digests: false,
            keep_rollback: true,
            witnesses: Witnesses::default(),
            accept_lost_values: false,
        }
    }

    /// Whether a policy must name the digest of its plugin.
    pub(crate) fn pinning(&self) -> Pinning {
        if self.require_plugin_digests {
            Pinning::Required
        } else {
            Pinning::Optional
        }
    }
}
