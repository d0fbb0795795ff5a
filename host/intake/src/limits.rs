//! Every bound of this crate.

/// Bytes of a body, JSON or XML.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Objects and lists inside each other in a JSON body.
pub const MAX_JSON_DEPTH: usize = 16;
/// Values in a JSON body, the unknown ones included.
pub const MAX_JSON_VALUES: u32 = 10_000;
/// Elements inside each other in an XML body.
pub const MAX_XML_DEPTH: usize = 32;
/// Elements of an XML body.
pub const MAX_XML_ELEMENTS: usize = 50_000;
/// Attributes of an XML element, declarations of namespaces included.
pub const MAX_XML_ATTRIBUTES: usize = 32;
/// Transactions in one ISO 20022 message.
pub const MAX_TRANSACTIONS: usize = 100;
/// Characters of an operation's name.
pub const MAX_OPERATION_CHARS: usize = 64;
/// Characters of a text that stands for something else than a text: an amount, an instant, a decimal.
pub const MAX_SCALAR_CHARS: usize = 64;
/// Characters that a text may have more than its field, for spaces and hyphens that its canonical
/// form does without.
pub const MAX_FILLER_CHARS: usize = 34;
/// Characters of an identifier that a reply repeats (ISO 20022 Max35Text).
pub const MAX_ID_CHARS: usize = 35;
/// Characters of a line of additional information (ISO 20022 Max105Text).
pub const MAX_INFORMATION_CHARS: usize = 105;
/// Characters of a free text from which on half of a number may be in it; what is shorter is a postcode or a date, which
/// has digits of its own.
pub const MIN_LINE_CHARS: usize = 64;
/// Places of dropped values that a record and a reply name.
pub const MAX_DROPPED_PLACES: usize = 16;
/// Characters of a name that is not the dictionary's, where it is shown.
pub const MAX_SHOWN_NAME_CHARS: usize = 32;
/// Digits of such a name: too few for any number that is worth something.
pub const MAX_SHOWN_NAME_DIGITS: usize = 4;
/// Characters of a name of the dictionary for which another with one slip in it is taken: of shorter ones that is no slip.
pub const MIN_SLIP_CHARS: usize = 5;
/// Characters of an XML element's name that may be one of the dictionary's paths; what is longer is not.
pub const MAX_PATH_NAME_CHARS: usize = 64;
/// Characters of a path of XML elements that were not read; what is longer shows its end.
pub const MAX_UNREAD_PATH_CHARS: usize = 160;
/// Characters of what is told in words where there is one text for all (ISO 20022 Max500Text).
pub const MAX_NARRATIVE_CHARS: usize = 500;
/// Lines of additional information about one transaction in a reply.
pub const MAX_INFORMATION_LINES: usize = 20;
