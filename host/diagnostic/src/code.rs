//! The catalogue entry of one class of problem.

/// One class of problem. Crates declare theirs as constants and list them in a `CODES` slice, which
/// `weft explain CODE` prints.
///
/// Ranges: `W01xx` any file, `W02xx` dictionary, `W03xx` policies, `W04xx` plugins,
/// `W05xx` configuration, `W06xx` feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// For example `W0301`. Never reused.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// The page: why this is a problem, an example, and the remedy. Markdown.
    pub page: &'static str,
}

/// The text is not YAML, or not of the expected shape.
pub const SHAPE: Code = Code {
    id: "W0101",
    title: "the file has not the expected shape",
    page: "The file is not valid YAML, a key is unknown or missing, or a value is of another type \
           than the key takes. The message names the key and the place.\n\nKeys are checked \
           strictly, because a misspelt key that is silently ignored is a rule that silently does \
           not apply.",
};

/// The file cannot be read.
pub const UNREADABLE: Code = Code {
    id: "W0102",
    title: "the file cannot be read",
    page: "The file does not exist, is not UTF-8, is larger than the limit, is not a regular file (a \
           pipe, a device, a directory), or the process may not read it. The message says which.",
};

/// The codes of this crate.
pub const CODES: &[Code] = &[SHAPE, UNREADABLE];
