//! XML into elements: bounded, without document types and without entities but the five of XML 1.0
//! (section 4.6). Texts are [`Secret`]s: most of them are about people.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use weft_vault::Secret;

use crate::limits;
use crate::problem::{Problem, ProblemCode};

/// An element's number in its document.
pub(super) type NodeId = usize;

/// One element.
pub(super) struct Node {
    /// Without prefix.
    pub(super) name: Box<str>,
    /// Its namespace's name.
    pub(super) namespace: Option<usize>,
    pub(super) children: Vec<NodeId>,
    text: Option<Secret>,
    attributes: Vec<(Box<str>, Secret)>,
}

/// All elements of a body; the first is the root.
#[derive(Default)]
pub(super) struct Document {
    nodes: Vec<Node>,
    namespaces: Vec<Box<str>>,
}

impl Document {
    /// Reads a body.
    pub(super) fn parse(body: &[u8]) -> Result<Document, Problem> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let at = error.valid_up_to();
            malformed(format!("the body is not UTF-8, at byte {at}"))
        })?;
        let mut document = Document::default();
        let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut open: Vec<NodeId> = Vec::new();
        loop {
            // The parser's message may quote the body, so only where it stopped is told.
            let read = reader.read_resolved_event().map(|(namespace, event)| {
                let namespace = match namespace {
                    ResolveResult::Bound(name) => Ok(Some(name.0.to_owned())),
                    ResolveResult::Unbound => Ok(None),
                    ResolveResult::Unknown(_) => Err(()),
                };
                (namespace, event)
            });
            let at = reader.error_position().max(reader.buffer_position());
            let here = |what: &str| malformed(format!("{what}, at byte {at}"));
            let (namespace, event) = read.map_err(|_| here("the body is not well-formed XML"))?;
            let undeclared = || here("a prefix of a name is not declared");
            match event {
                Event::Start(start) => {
                    let namespace = namespace.map_err(|()| undeclared())?;
                    let node = document
                        .open(&start, namespace.as_deref(), &open)
                        .map_err(here)?;
                    open.push(node);
                }
                Event::Empty(start) => {
                    let namespace = namespace.map_err(|()| undeclared())?;
                    document
                        .open(&start, namespace.as_deref(), &open)
                        .map_err(here)?;
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) => document.text(&open, &text.xml10_content()).map_err(here)?,
                Event::CData(text) => document.text(&open, &text.xml10_content()).map_err(here)?,
                Event::GeneralRef(reference) => {
                    let character = resolve(&reference)
                        .ok_or_else(|| here("an entity that is not one of XML's own five"))?;
                    let mut text = [0; 4];
                    document
                        .text(&open, character.encode_utf8(&mut text))
                        .map_err(here)?;
                }
                Event::Decl(declaration) => {
                    let utf8 = declaration.encoding().is_none_or(|encoding| {
                        encoding.is_ok_and(|e| e.eq_ignore_ascii_case("utf-8"))
                    });
                    if !utf8 {
                        return Err(here("the body is declared not to be UTF-8"));
                    }
                }
                Event::DocType(_) => return Err(here("a document type is not taken")),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if document.nodes.is_empty() || !open.is_empty() {
            return Err(malformed("the XML ends too early".to_owned()));
        }
        Ok(document)
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = NodeId> {
        0..self.nodes.len()
    }

    /// The name of an element's namespace.
    pub(super) fn namespace(&self, id: NodeId) -> &str {
        self.nodes[id].namespace.map_or("", |n| &self.namespaces[n])
    }

    /// The children of a name, in their parent's namespace.
    pub(super) fn children<'d>(
        &'d self,
        parent: NodeId,
        name: &'d str,
    ) -> impl Iterator<Item = NodeId> + 'd {
        let of_parent = self.nodes[parent].namespace;
        self.nodes[parent]
            .children
            .iter()
            .copied()
            .filter(move |child| {
                let child = &self.nodes[*child];
                &*child.name == name && child.namespace == of_parent
            })
    }

    /// The first child of a name, in its parent's namespace.
    pub(super) fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.children(parent, name).next()
    }

    /// The first child of each name, one below the other.
    pub(super) fn below(&self, parent: NodeId, names: &[&str]) -> Option<NodeId> {
        names
            .iter()
            .try_fold(parent, |parent, name| self.child(parent, name))
    }

    /// The text in an element.
    pub(super) fn text_of(&self, id: NodeId) -> Option<&Secret> {
        self.nodes[id].text.as_ref()
    }

    /// An attribute of an element.
    pub(super) fn attribute(&self, id: NodeId, name: &str) -> Option<&Secret> {
        let attributes = self.nodes[id].attributes.iter();
        attributes
            .into_iter()
            .find(|(n, _)| &**n == name)
            .map(|(_, value)| value)
    }

    fn open(
        &mut self,
        start: &BytesStart<'_>,
        namespace: Option<&str>,
        open: &[NodeId],
    ) -> Result<NodeId, &'static str> {
        if open.is_empty() && !self.nodes.is_empty() {
            return Err("there is more than one root element");
        }
        if open.len() >= limits::MAX_XML_DEPTH {
            return Err("the elements are too deep");
        }
        if self.nodes.len() >= limits::MAX_XML_ELEMENTS {
            return Err("there are too many elements");
        }
        let node = Node {
            name: start.local_name().as_ref().into(),
            namespace: namespace.map(|name| self.intern(name)),
            children: Vec::new(),
            text: None,
            attributes: attributes(start)?,
        };
        let id = self.nodes.len();
        self.nodes.push(node);
        if let Some(parent) = open.last() {
            self.nodes[*parent].children.push(id);
        }
        Ok(id)
    }

    fn intern(&mut self, name: &str) -> usize {
        match self.namespaces.iter().position(|n| &**n == name) {
            Some(known) => known,
            None => {
                self.namespaces.push(name.into());
                self.namespaces.len() - 1
            }
        }
    }

    fn text(&mut self, open: &[NodeId], text: &str) -> Result<(), &'static str> {
        let blank = text.trim().is_empty();
        let Some(node) = open.last() else {
            return if blank {
                Ok(())
            } else {
                Err("there is text outside the root element")
            };
        };
        match &mut self.nodes[*node].text {
            None if blank => {}
            None => self.nodes[*node].text = Some(Secret::copy_of(text)),
            Some(before) => before.push_str(text),
        }
        Ok(())
    }
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(Box<str>, Secret)>, &'static str> {
    let mut attributes = Vec::new();
    for (place, attribute) in start.attributes().enumerate() {
        if place >= limits::MAX_XML_ATTRIBUTES {
            return Err("an element has too many attributes");
        }
        let attribute = attribute.map_err(|_| "an attribute is not well-formed")?;
        // Declarations of namespaces and attributes of other namespaces have no place in the dictionary.
        if attribute.key.prefix().is_some() || attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| "an attribute's value is not well-formed")?;
        let name: &str = attribute.key.as_ref();
        attributes.push((name.into(), Secret::copy_of(&value)));
    }
    Ok(attributes)
}

/// A reference by number, or one of the five names of XML 1.0.
fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    Some(match &*reference.xml10_content() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn malformed(reason: String) -> Problem {
    Problem::new(ProblemCode::Malformed, reason)
        .help("send XML 1.0 in UTF-8 without a document type, as the message's schema has it")
}
