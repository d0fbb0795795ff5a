//! An HTML document of the project: one file without scripts and with nothing from elsewhere, which also prints well.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("document.css");

/// How wide a document is on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// As wide as text is read.
    Text,
    /// For tables with many columns.
    Tables,
}

impl Width {
    fn class(self) -> Option<&'static str> {
        match self {
            Width::Text => None,
            Width::Tables => Some("tables"),
        }
    }
}

/// The document with a title and these parts.
pub(crate) fn document(title: &str, width: Width, parts: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body class=[width.class()] { (parts) }
        }
    };
    page.into_string()
}
