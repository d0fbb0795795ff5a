//! What a secret must not be able to do. Each line is proved while this file is compiled: a type that
//! had the trait would make the call ambiguous, and nothing here would build. That the text cannot be
//! borrowed out of `expose` is a doctest of `Secret`.

use std::borrow::{Borrow, BorrowMut};
use std::error::Error;
use std::fmt::{Debug, Display, LowerHex, Write};
use std::hash::Hash;
use std::io::Read;
use std::ops::{Deref, Index, RangeFull};

use weft_vault::{Keys, NewRow, Secret, Vault};

/// Proves that a type has none of the traits.
macro_rules! has_none_of {
    ($type:ty: $($trait:path),+ $(,)?) => {$(
        const _: fn() = || {
            /// `A` is `()` for every type, and also `Has` for a type with the trait.
            trait Ambiguous<A> {
                fn item() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            #[allow(dead_code)]
            struct Has;
            impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            let _ = <$type as Ambiguous<_>>::item;
        };
    )+};
}

has_none_of!(Secret:
    Debug, Display, LowerHex, Error, Write, Read,
    Clone, Copy, ToOwned, ToString,
    serde::Serialize,
    Deref, AsRef<str>, AsRef<[u8]>, Borrow<str>, BorrowMut<str>, Index<RangeFull>,
    Into<String>, Into<Box<str>>, Into<Vec<u8>>,
    PartialEq, PartialOrd, Hash, IntoIterator,
);
has_none_of!(Keys: Debug, Display, Clone, serde::Serialize, Deref);
has_none_of!(Vault: Debug, Display, Clone, serde::Serialize);
has_none_of!(NewRow: Debug, Clone);

#[test]
fn a_secret_is_shown_to_its_reader_only() {
    let secret = Secret::copy_of("4111");
    assert_eq!(secret.expose(str::len), 4);
}
