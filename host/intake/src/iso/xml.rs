//! Elements as text.

use quick_xml::escape::escape;

/// A document that is written.
#[derive(Default)]
pub(super) struct Xml(String);

impl Xml {
    /// A message of this definition, whole.
    pub(super) fn document(
        definition: &str,
        element: &str,
        content: impl FnOnce(&mut Xml),
    ) -> Vec<u8> {
        let mut xml = Xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned());
        xml.0
            .push_str("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:");
        xml.0.push_str(definition);
        xml.0.push_str("\">");
        xml.within(element, content);
        xml.0.push_str("</Document>\n");
        xml.0.into_bytes()
    }

    pub(super) fn within(&mut self, name: &str, content: impl FnOnce(&mut Xml)) {
        self.tag("<", name);
        content(self);
        self.tag("</", name);
    }

    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.within(name, |xml| xml.0.push_str(&escape(text)));
    }

    pub(super) fn leaf_if(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// A leaf in elements, one below the other.
    pub(super) fn leaf_below(&mut self, names: &[&str], text: &str) {
        match names {
            [] => self.0.push_str(&escape(text)),
            [name, rest @ ..] => self.within(name, |xml| xml.leaf_below(rest, text)),
        }
    }

    fn tag(&mut self, opening: &str, name: &str) {
        self.0.push_str(opening);
        self.0.push_str(name);
        self.0.push('>');
    }
}
