//! What keys there are: the one list of everything that is derived from the root.

/// The use of a derived key. Keys of different labels say nothing about each other or the root
/// (HKDF-SHA256, RFC 5869). A label's text never changes its meaning: a new use is a new label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Names the root without telling it, so that a wrong key file is noticed.
    RootId,
    /// HMAC-SHA-256 of a value: finds its token without opening rows. Per region and tenant.
    BlindIndex,
    /// Seals the region keys of the vault. Per region.
    RegionKeys,
    /// Authenticates the rows of the vault's journals and its key ring. Per region and tenant.
    VaultRowMac,
    /// The names under which plugins know a token. Per region and tenant.
    Pseudonyms,
    /// Authenticates compiled plugins in the cache.
    ArtefactMac,
    /// The one-time codes of a step-up.
    ChallengeCodes,
    /// The seed of the Ed25519 key that signs the audit log's checkpoints.
    AuditSigning,
    /// The age key for which other hosts write what this one is to take. Per region and tenant.
    TransferKey,
    /// Keyed hashes of idempotency keys and of the requests that came with them.
    Idempotency,
    /// The names of behavioural snapshots in records and answers. Per region and tenant.
    FeatureSnapshots,
}

impl Label {
    /// All labels.
    pub const ALL: [Label; 11] = [
        Label::RootId,
        Label::BlindIndex,
        Label::RegionKeys,
        Label::VaultRowMac,
        Label::Pseudonyms,
        Label::ArtefactMac,
        Label::ChallengeCodes,
        Label::AuditSigning,
        Label::TransferKey,
        Label::Idempotency,
        Label::FeatureSnapshots,
    ];

    /// The text that goes into the derivation.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::RootId => "weft/root-id/v1",
            Label::BlindIndex => "weft/vault/blind-index/v1",
            Label::RegionKeys => "weft/vault/region-keys/v2",
            Label::VaultRowMac => "weft/vault/row-mac/v1",
            Label::Pseudonyms => "weft/vault/pseudonyms/v1",
            Label::ArtefactMac => "weft/sandbox/artefact-mac/v1",
            Label::ChallengeCodes => "weft/assist/challenge-codes/v1",
            Label::AuditSigning => "weft/audit/signing/v1",
            Label::TransferKey => "weft/vault/transfer-key/v1",
            Label::Idempotency => "weft/engine/idempotency/v1",
            Label::FeatureSnapshots => "weft/engine/feature-snapshots/v1",
        }
    }
}
