//! What stands between the brackets of an attribute: at most one text, then `name = value`.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprArray, ExprLit, Ident, Lit, LitStr, Result, Token};

use crate::names::alike;

pub(crate) struct Args {
    /// The text that stands first, without a name.
    pub(crate) text: Option<LitStr>,
    pairs: Vec<(Ident, Expr)>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Args> {
        let mut args = Args {
            text: None,
            pairs: Vec::new(),
        };
        if input.peek(LitStr) {
            args.text = Some(input.parse()?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        for pair in Punctuated::<Pair, Token![,]>::parse_terminated(input)? {
            if args.pairs.iter().any(|(name, _)| *name == pair.name) {
                return Err(Error::new_spanned(
                    &pair.name,
                    format!("`{}` is given twice; leave one of them", pair.name),
                ));
            }
            args.pairs.push((pair.name, pair.value));
        }
        Ok(args)
    }
}

struct Pair {
    name: Ident,
    value: Expr,
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> Result<Pair> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        Ok(Pair { name, value })
    }
}

impl Args {
    /// The arguments of the one attribute of that name, if it is there.
    pub(crate) fn of(attributes: &[Attribute], name: &str) -> Result<Option<(Attribute, Args)>> {
        let mut found = attributes.iter().filter(|a| a.path().is_ident(name));
        let Some(attribute) = found.next() else {
            return Ok(None);
        };
        if let Some(second) = found.next() {
            return Err(Error::new_spanned(
                second,
                format!("`#[{name}]` is there twice; leave one of them"),
            ));
        }
        let args = attribute.parse_args()?;
        Ok(Some((attribute.clone(), args)))
    }

    /// Refuses names that mean nothing here.
    pub(crate) fn allow(&self, known: &[&'static str]) -> Result<()> {
        for (name, _) in &self.pairs {
            let word = name.to_string();
            if !known.contains(&word.as_str()) {
                let help = match alike(&word, known) {
                    Some(alike) => format!("did you mean `{alike}`?"),
                    None => format!("there are {}", known.join(", ")),
                };
                return Err(Error::new_spanned(
                    name,
                    format!("`{word}` means nothing here; {help}"),
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Expr> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<LitStr>> {
        self.get(name).map(text).transpose()
    }

    /// The texts of `name = ["…", "…"]`; none, when it is not there.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<LitStr>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(list) => elements(list)?.map(text).collect(),
        }
    }
}

/// The elements of `[…, …]`.
pub(crate) fn elements(list: &Expr) -> Result<impl Iterator<Item = &Expr>> {
    match list {
        Expr::Array(ExprArray { elems, .. }) => Ok(elems.iter()),
        other => Err(Error::new_spanned(
            other,
            "this is a list: write it in brackets, `[...]`",
        )),
    }
}

/// A text literal.
pub(crate) fn text(value: &Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Ok(text.clone()),
        other => Err(Error::new_spanned(
            other,
            "this is a text: write it in quotes",
        )),
    }
}

/// The doc comment, one text.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|a| a.path().is_ident("doc"));
    let text = |attribute: &Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) => text(&pair.value).ok().map(|t| t.value().trim().to_owned()),
        _ => None,
    };
    lines
        .filter_map(text)
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}
