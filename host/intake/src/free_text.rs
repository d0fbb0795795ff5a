//! Free text of customers: a note to the payee, a name, a street.
//!
//! People write into it what belongs elsewhere, or nowhere: a card number with its security code (which nobody may keep,
//! PCI DSS 4.0.1, 3.3.1), an account, a phone. That is covered before the text is sealed, counted and told; whoever sent it
//! is told where. A text without such a thing stays as it is, byte for byte.

use std::borrow::Cow;
use std::net::IpAddr;

use weft_dictionary::{Class, Field, Format, Kind};
use weft_redact::{Layer, Reading};
use weft_vault::IDENTIFIERS;

/// Whether people may write what they like into a field that leads to a person. What has the form of a number or an address,
/// or is the identifier by which a person is known, is no free text, but a name is: it has no form.
pub fn is_free_text(field: &Field) -> bool {
    let leads_to_a_person = matches!(
        field.class,
        Class::Personal | Class::Sensitive | Class::Cardholder
    );
    let token = field.token.as_deref();
    let identifies = token.is_some_and(|token| IDENTIFIERS.contains(&token));
    leads_to_a_person
        && field.kind == Kind::Text
        && field.one_of.is_empty()
        && match field.format {
            Some(format) => format == Format::Name,
            None => !identifies,
        }
}

/// The text without what does not belong into it; borrowed if nothing was found.
pub(crate) fn cover(text: &str) -> Cow<'_, str> {
    // Its groups of digits are no number of an account.
    if text.trim().parse::<IpAddr>().is_ok() {
        return Cow::Borrowed(text);
    }
    let (kept, found) = weft_redact::cover(text, Reading::Prose);
    weft_redact::covered(Layer::Door, &found);
    kept
}
