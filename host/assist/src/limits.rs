//! Bounds of assistance.

/// Wrong answers to one challenge before it is void (RTS 2018/389, Article 4(3)(b): five).
pub const MAX_ATTEMPTS: u8 = 5;
/// Factors that one customer has enrolled through one service at the same time.
pub const MAX_FACTORS_A_CUSTOMER: usize = 16;
/// Bytes of the ID of a passkey (WebAuthn Level 3, 4: at most 1023). What is longer has no room in its field.
pub const MAX_CREDENTIAL_ID_BYTES: usize = 768;
/// Bytes of a public key in the form of COSE: those of P-256 take 77.
pub const MAX_PUBLIC_KEY_BYTES: usize = 256;
/// Bytes of a secret for codes by the time: RFC 4226, 4 (R6) demands 16 and recommends 20.
pub const TOTP_SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=64;
/// How long the signature of the platform's authentication service may be on its way, and how far its clock may be ahead.
pub const OUT_OF_BAND_AGE: weft_dictionary::DurationMs = weft_dictionary::DurationMs(5 * 60_000);
/// Payments that may wait at the same time. More are refused, because a payment that nobody can
/// attend to must not be promised attention.
pub const MAX_PENDING: usize = 1_000_000;
/// Requests about one payment that wait at the same time. More are answered likewise, and nobody can approve them until
/// one of these is carried out or its time is over.
pub const MAX_OPEN: usize = 8;
/// Escalations of one payment that wait at the same time.
pub const MAX_ESCALATIONS: usize = 8;
/// Business days after the notice within which a dispute is answered or credited (12 CFR 1005.11(c)(1)).
pub const CREDIT_BUSINESS_DAYS: u32 = 10;
/// The same of a payment that was not authorised (Directive (EU) 2015/2366, Article 73(1): by the end of the following one).
pub const UNAUTHORISED_BUSINESS_DAYS: u32 = 1;
/// Days after the notice within which a dispute is answered that was credited (12 CFR 1005.11(c)(2)(i)).
pub const ANSWER_DAYS: u64 = 45;
/// The same in the longer period (12 CFR 1005.11(c)(3)(ii)).
pub const ANSWER_DAYS_EXTENDED: u64 = 90;
