//! Which facts no request lacks, and which the host itself says.

/// What the host itself says today. A field that the dictionary leaves to the host and that is not here has a place, and
/// nobody who fills it: policies that need it take their `on_missing`.
const BY_HOST: [&str; 20] = [
    "payment.state",
    "payment.verdict",
    "payment.expires_at",
    "session.role",
    "agent.id",
    "case.service",
    "evidence.step_up",
    "evidence.method",
    "evidence.channel",
    "evidence.enrolled_at",
    "evidence.amount_linked",
    "evidence.payee_linked",
    "factor.step",
    "factor.passkey",
    "factor.totp",
    "processing.region",
    "processing.tenant",
    "processing.at",
    "processing.hour",
    "processing.threat_level",
];

/// What the host says of every request, before a policy is asked.
pub const ALWAYS: [&str; 7] = [
    "session.role",
    "evidence.step_up",
    "processing.region",
    "processing.tenant",
    "processing.at",
    "processing.hour",
    "processing.threat_level",
];

/// What a payment has to say itself; one without it is not decided.
pub const OF_PAYMENTS: [&str; 2] = ["payment.id", "payment.amount"];

/// Whether the host says a field of its own by now.
pub fn host_says(field: &str) -> bool {
    BY_HOST.contains(&field)
}
