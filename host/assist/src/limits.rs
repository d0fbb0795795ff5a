//! Bounds of assistance.

/// Wrong answers to one challenge before it is void (RTS 2018/389, Article 4(3)(b): five).
pub const MAX_ATTEMPTS: u8 = 5;
/// Payments that may wait at the same time. More are refused, because a payment that nobody can
/// attend to must not be promised attention.
pub const MAX_PENDING: usize = 1_000_000;
/// Requests about one payment that wait at the same time. More are answered likewise, and nobody can approve them until
/// one of these is carried out or its time is over.
pub const MAX_OPEN: usize = 8;
