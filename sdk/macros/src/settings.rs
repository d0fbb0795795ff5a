//! `#[derive(Settings)]`.

use std::cmp::Ordering;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value as Json};
use syn::{Attribute, DeriveInput, Error, Expr, Field, Ident, Result};

use crate::args::{Args, doc, elements};
use crate::kind::{Kind, Presence, Shape};
use crate::literal::Literal;
use crate::names::check_words;
use crate::needs::{each, named_fields};

/// As in the host's limits for manifests.
const MAX_SETTINGS: usize = 128;

struct Setting<'a> {
    rust: &'a Field,
    name: String,
    default: Option<Literal>,
    /// Keys of the manifest beside `name` and `kind`.
    more: Map<String, Json>,
}

pub(crate) fn derive(input: DeriveInput) -> TokenStream {
    let name = &input.ident;
    let fields = match named_fields(&input, "Settings") {
        Ok(fields) => fields,
        Err(error) => return error.into_compile_error(),
    };
    match read_all(&fields).and_then(|settings| Ok((settings, check_function(&input)?))) {
        Ok((settings, check)) => implement(name, &settings, check.as_ref()),
        Err(error) => {
            let error = error.into_compile_error();
            // Stands in, so that what uses the struct is not reported as well.
            quote! {
                #error
                impl ::weft_sdk::Settings for #name {
                    const DECLARED: &'static [&'static str] = &[];
                    const DEFAULTS: &'static [
                        (&'static str, ::std::option::Option<&'static str>, &'static str)
                    ] = &[];
                    fn decode(_: ::std::vec::Vec<::weft_sdk::Value>)
                        -> ::std::result::Result<Self, ::weft_sdk::Failure> { loop {} }
                }
            }
        }
    }
}

fn check_function(input: &DeriveInput) -> Result<Option<Expr>> {
    let Some((_, args)) = Args::of(&input.attrs, "settings")? else {
        return Ok(None);
    };
    args.allow(&["check"])?;
    Ok(args.get("check").cloned())
}

fn read_all(fields: &[Field]) -> Result<Vec<Setting<'_>>> {
    let settings = each(fields, read)?;
    if let Some(one_more) = settings.get(MAX_SETTINGS) {
        return Err(Error::new_spanned(
            one_more.rust,
            format!("a plugin has at most {MAX_SETTINGS} settings; put some together as `Json<T>`"),
        ));
    }
    Ok(settings)
}

fn read(rust: &Field) -> Result<Setting<'_>> {
    const FORM: &str = "`#[setting(default = ..., doc = \"...\")]`";
    let name = rust
        .ident
        .as_ref()
        .map(Ident::to_string)
        .unwrap_or_default();
    let Some((attribute, args)) = Args::of(&rust.attrs, "setting")? else {
        return Err(Error::new_spanned(
            rust,
            format!("the setting is not declared; write {FORM} before it"),
        ));
    };
    args.allow(&["default", "min", "max", "one_of", "unit", "doc"])?;
    if let Some(text) = &args.text {
        return Err(Error::new_spanned(
            text,
            format!("a setting has the name of its field; write {FORM}"),
        ));
    }
    let shape = check_type(rust)?;
    let doc = documentation(rust, &attribute, &args)?;
    let default = literal(&args, "default", shape.kind)?;
    if let (Some(default), Presence::Optional) = (&default, shape.presence) {
        return Err(Error::new(
            default.span,
            "with a default the setting is always there; leave out the default or the `Option`",
        ));
    }
    let [min, max] = [
        bound(&args, "min", shape.kind)?,
        bound(&args, "max", shape.kind)?,
    ];
    check_order(&min, &max)?;
    let choices = choices(&args, shape.kind)?;
    if let Some(default) = &default {
        check_default(default, &min, &max, &choices)?;
    }
    let mut more = Map::new();
    more.insert(
        "required".into(),
        (default.is_none() && shape.presence == Presence::Required).into(),
    );
    for (key, literal) in [("default", &default), ("min", &min), ("max", &max)] {
        if let Some(literal) = literal {
            more.insert(key.into(), literal.json.clone());
        }
    }
    if !choices.is_empty() {
        more.insert(
            "one_of".into(),
            choices.into_iter().map(|c| c.json).collect(),
        );
    }
    if let Some(unit) = unit(&args)? {
        more.insert("unit".into(), unit.into());
    }
    more.insert("doc".into(), doc.into());
    Ok(Setting {
        rust,
        name: name.strip_prefix("r#").unwrap_or(&name).to_owned(),
        default,
        more,
    })
}

fn check_type(rust: &Field) -> Result<Shape> {
    let shape = Shape::of(&rust.ty)?;
    if shape.kind == Kind::Token {
        return Err(Error::new_spanned(
            &rust.ty,
            "a setting cannot be a token: tokens stand for values of requests; use `String`",
        ));
    }
    if shape.presence == Presence::Asked {
        return Err(Error::new_spanned(
            &rust.ty,
            "`Need` is for needs; a setting that may be left out is an `Option`",
        ));
    }
    Ok(shape)
}

/// What a number counts.
fn unit(args: &Args) -> Result<Option<String>> {
    let Some(given) = args.text("unit")? else {
        return Ok(None);
    };
    let unit = given.value();
    if unit.trim().is_empty() {
        return Err(Error::new_spanned(
            given,
            "the unit is empty; write what the number counts, such as \"points\", or leave it out",
        ));
    }
    check_words(&unit).map_err(|why| Error::new_spanned(given, why))?;
    Ok(Some(unit))
}

/// From `doc = "..."` or the doc comment.
fn documentation(rust: &Field, attribute: &Attribute, args: &Args) -> Result<String> {
    let given = args.text("doc")?;
    let text = given
        .as_ref()
        .map_or_else(|| doc(&rust.attrs), |t| t.value());
    if text.trim().is_empty() {
        return Err(Error::new_spanned(
            attribute,
            "the setting does not say what it does; add `doc = \"...\"` or a doc comment",
        ));
    }
    check_words(&text).map_err(|why| match &given {
        Some(given) => Error::new_spanned(given, why),
        None => Error::new_spanned(&rust.ident, why),
    })?;
    Ok(text)
}

fn literal(args: &Args, name: &str, kind: Kind) -> Result<Option<Literal>> {
    args.get(name)
        .map(|expr| Literal::read(kind, expr))
        .transpose()
}

fn bound(args: &Args, name: &str, kind: Kind) -> Result<Option<Literal>> {
    match args.get(name) {
        Some(expr) if !kind.has_order() => Err(Error::new_spanned(
            expr,
            format!(
                "`{name}` means nothing for `{}`, which has no order; leave it out",
                kind.rust()
            ),
        )),
        _ => literal(args, name, kind),
    }
}

fn choices(args: &Args, kind: Kind) -> Result<Vec<Literal>> {
    let Some(list) = args.get("one_of") else {
        return Ok(Vec::new());
    };
    let kind = match kind {
        Kind::Texts => Kind::Text,
        kind => kind,
    };
    elements(list)?
        .map(|expr| Literal::read(kind, expr))
        .collect()
}

fn check_order(min: &Option<Literal>, max: &Option<Literal>) -> Result<()> {
    let (Some(min), Some(max)) = (min, max) else {
        return Ok(());
    };
    same_currency(max, min)?;
    if min.compare(max) == Some(Ordering::Greater) {
        return Err(Error::new(
            max.span,
            "`max` is less than `min`; exchange or correct them",
        ));
    }
    Ok(())
}

fn check_default(
    default: &Literal,
    min: &Option<Literal>,
    max: &Option<Literal>,
    choices: &[Literal],
) -> Result<()> {
    for (bound, beyond, word) in [
        (min, Ordering::Less, "less than `min`"),
        (max, Ordering::Greater, "more than `max`"),
    ] {
        let Some(bound) = bound else { continue };
        same_currency(default, bound)?;
        if default.compare(bound) == Some(beyond) {
            return Err(Error::new(
                default.span,
                format!(
                    "the default is {word}, so no policy could leave the setting out; correct one of them"
                ),
            ));
        }
    }
    if choices.is_empty() || default.is_among(choices) {
        return Ok(());
    }
    Err(Error::new(
        default.span,
        "the default is not among the choices of `one_of`; add it there, or take one of them",
    ))
}

fn same_currency(one: &Literal, other: &Literal) -> Result<()> {
    if one.currency() == other.currency() {
        return Ok(());
    }
    Err(Error::new(
        one.span,
        "this amount and its bound are in different currencies; write both in one",
    ))
}

fn implement(name: &Ident, settings: &[Setting<'_>], check: Option<&Expr>) -> TokenStream {
    let declared = settings
        .iter()
        .enumerate()
        .map(|(at, setting)| declaration(at, setting));
    let defaults = settings.iter().map(|setting| {
        let (name, ty) = (&setting.name, &setting.rust.ty);
        let default = match &setting.default {
            Some(default) => {
                let json = default.json.to_string();
                quote! { ::std::option::Option::Some(#json) }
            }
            None => quote! { ::std::option::Option::None },
        };
        quote! { (#name, #default, <#ty as ::weft_sdk::FromValue>::KIND) }
    });
    let names = settings.iter().map(|s| &s.name);
    let fields = settings.iter().map(|s| &s.rust.ident);
    let check = check.map(|function| {
        quote! {
            fn check(&self) -> ::std::vec::Vec<::weft_sdk::Problem> { (#function)(self) }
        }
    });
    quote! {
        #[automatically_derived]
        impl ::weft_sdk::Settings for #name {
            const DECLARED: &'static [&'static str] = &[#(#declared),*];
            const DEFAULTS: &'static [
                (&'static str, ::std::option::Option<&'static str>, &'static str)
            ] = &[#(#defaults),*];
            fn decode(row: ::std::vec::Vec<::weft_sdk::Value>)
                -> ::std::result::Result<Self, ::weft_sdk::Failure>
            {
                let mut row = row.into_iter();
                let settings = #name { #(#fields: ::weft_sdk::plugin::setting(&mut row, #names)?),* };
                ::weft_sdk::plugin::settings_end(row)?;
                ::std::result::Result::Ok(settings)
            }
            #check
        }
    }
}

fn declaration(at: usize, setting: &Setting<'_>) -> TokenStream {
    let ty = &setting.rust.ty;
    let comma = if at == 0 { "" } else { "," };
    let head = format!(
        "{comma}{{\"name\":{},\"kind\":\"",
        Json::from(setting.name.clone())
    );
    let rest = Json::from(setting.more.clone()).to_string();
    // What follows the kind is the rest of the same object.
    let tail = format!("\",{}", rest.trim_start_matches('{'));
    quote! { #head, <#ty as ::weft_sdk::FromValue>::KIND, #tail }
}
