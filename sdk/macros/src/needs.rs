//! `#[derive(Needs)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value as Json;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result};

use crate::args::Args;
use crate::kind::{Kind, Shape};
use crate::names::{alike, check_name, check_unique};

const TREATMENTS: [&str; 5] = ["present", "band", "masked", "token", "clear"];
/// As in the host's limits for manifests.
const MAX_NEEDS: usize = 128;

struct Need<'a> {
    field: LitStr,
    treatment: String,
    purpose: String,
    rust: &'a Field,
}

pub(crate) fn derive(input: DeriveInput) -> TokenStream {
    let name = &input.ident;
    let fields = match named_fields(&input, "Needs") {
        Ok(fields) => fields,
        Err(error) => return error.into_compile_error(),
    };
    let constants = constants(&input, &fields);
    let implementation = match read_all(&fields) {
        Ok(needs) => implement(name, &needs),
        // Stands in, so that what uses the struct is not reported as well.
        Err(error) => {
            let error = error.into_compile_error();
            quote! {
                #error
                impl ::weft_sdk::Needs for #name {
                    const DECLARED: &'static [&'static str] = &[];
                    const FIELDS: &'static [&'static str] = &[];
                    fn decode(_: ::std::vec::Vec<::weft_sdk::Value>)
                        -> ::std::result::Result<Self, ::weft_sdk::Failure> { loop {} }
                }
            }
        }
    };
    quote! { #implementation #constants }
}

/// The fields of a plain struct with named fields.
pub(crate) fn named_fields(input: &DeriveInput, what: &str) -> Result<Vec<Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            format!("`{what}` is for structs with named fields"),
        ));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            format!(
                "a struct of `{what}` has no parameters, because the manifest is fixed; write out the types"
            ),
        ));
    }
    match &data.fields {
        Fields::Named(named) => Ok(named.named.iter().cloned().collect()),
        Fields::Unit | Fields::Unnamed(_) => Err(Error::new_spanned(
            &input.ident,
            format!(
                "`{what}` is for structs with named fields: `struct {} {{ ... }}`",
                input.ident
            ),
        )),
    }
}

/// Reads all fields, and reports all that is wrong at once.
pub(crate) fn each<'a, T>(
    fields: &'a [Field],
    read: impl Fn(&'a Field) -> Result<T>,
) -> Result<Vec<T>> {
    let mut read_fields = Vec::new();
    let mut errors: Option<Error> = None;
    for field in fields {
        match read(field) {
            Ok(one) => read_fields.push(one),
            Err(error) => match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            },
        }
    }
    errors.map_or(Ok(read_fields), Err)
}

fn read_all(fields: &[Field]) -> Result<Vec<Need<'_>>> {
    let needs = each(fields, read)?;
    check_unique(needs.iter().map(|n| &n.field), "the need")?;
    if let Some(one_more) = needs.get(MAX_NEEDS) {
        return Err(Error::new_spanned(
            &one_more.field,
            format!("a plugin has at most {MAX_NEEDS} needs; leave out what it does not use"),
        ));
    }
    Ok(needs)
}

fn read(rust: &Field) -> Result<Need<'_>> {
    const FORM: &str = "`#[need(\"payment.amount\", purpose = \"fraud-prevention\")]`";
    let Some((attribute, args)) = Args::of(&rust.attrs, "need")? else {
        return Err(Error::new_spanned(
            rust,
            format!("the field does not say which fact it is; write {FORM} before it"),
        ));
    };
    args.allow(&["purpose", "treatment"])?;
    let Some(field) = args.text.clone() else {
        return Err(Error::new_spanned(
            attribute,
            format!("the need does not name its fact; write {FORM}"),
        ));
    };
    check_name(&field, "field")?;
    let Some(purpose) = args.text("purpose")? else {
        return Err(Error::new_spanned(
            attribute,
            "the need has no purpose: nothing is handed over without one; add `purpose = \"...\"`, for example \
             `purpose = \"fraud-prevention\"`",
        ));
    };
    check_name(&purpose, "purpose")?;
    let shape = Shape::of(&rust.ty)?;
    let treatment = match args.text("treatment")? {
        Some(asked) => check_treatment(&asked, shape.kind)?,
        None if shape.kind == Kind::Token => "token".to_owned(),
        None => "clear".to_owned(),
    };
    Ok(Need {
        field,
        treatment,
        purpose: purpose.value(),
        rust,
    })
}

fn check_treatment(asked: &LitStr, kind: Kind) -> Result<String> {
    let word = asked.value();
    let wrong = |why: String| Err(Error::new_spanned(asked, why));
    let wants = match word.as_str() {
        "present" => Kind::Boolean,
        "band" | "masked" => Kind::Text,
        "token" => Kind::Token,
        "clear" if kind == Kind::Token => {
            return wrong("a token is never in clear; leave out `treatment`".into());
        }
        "clear" => kind,
        "absent" => {
            return wrong(
                "a need that is absent is none; ask for `present` at least, or take the field out"
                    .into(),
            );
        }
        _ => {
            let help = match alike(&word, &TREATMENTS) {
                Some(alike) => format!("did you mean `{alike}`?"),
                None => format!("there are {}", TREATMENTS.join(", ")),
            };
            return wrong(format!("`{word}` is not a treatment; {help}"));
        }
    };
    if wants == kind {
        return Ok(word);
    }
    wrong(format!(
        "with the treatment `{word}` the value arrives as `{}`; give the field that type, or ask for another treatment",
        wants.rust()
    ))
}

fn implement(name: &Ident, needs: &[Need<'_>]) -> TokenStream {
    let declared = needs
        .iter()
        .enumerate()
        .map(|(at, need)| declaration(at, need));
    let names: Vec<&LitStr> = needs.iter().map(|n| &n.field).collect();
    let fields = needs.iter().map(|n| &n.rust.ident);
    quote! {
        #[automatically_derived]
        impl ::weft_sdk::Needs for #name {
            const DECLARED: &'static [&'static str] = &[#(#declared),*];
            const FIELDS: &'static [&'static str] = &[#(#names),*];
            fn decode(row: ::std::vec::Vec<::weft_sdk::Value>)
                -> ::std::result::Result<Self, ::weft_sdk::Failure>
            {
                let mut row = row.into_iter();
                let needs = #name { #(#fields: ::weft_sdk::plugin::need(&mut row, #names)?),* };
                ::weft_sdk::plugin::needs_end(row)?;
                ::std::result::Result::Ok(needs)
            }
        }
    }
}

/// Parts of JSON; the kind is taken from the type itself, so that the manifest is always true of it.
fn declaration(at: usize, need: &Need<'_>) -> TokenStream {
    let ty = &need.rust.ty;
    let comma = if at == 0 { "" } else { "," };
    let head = format!(
        "{comma}{{\"field\":{},\"kind\":\"",
        Json::from(need.field.value())
    );
    let middle = format!(
        "\",\"treatment\":{},\"purpose\":{},\"required\":",
        Json::from(need.treatment.clone()),
        Json::from(need.purpose.clone()),
    );
    quote! {
        #head, <#ty as ::weft_sdk::FromValue>::KIND, #middle, <#ty as ::weft_sdk::FromValue>::REQUIRED, "}"
    }
}

/// A constant for each field, to be named as evidence.
fn constants(input: &DeriveInput, fields: &[Field]) -> TokenStream {
    let name = &input.ident;
    let vis = &input.vis;
    let constants = fields.iter().enumerate().filter_map(|(index, field)| {
        let rust = field.ident.as_ref()?;
        let plain = rust.to_string();
        let plain = plain.strip_prefix("r#").unwrap_or(&plain);
        let constant = format_ident!("{}", plain.to_uppercase(), span = rust.span());
        let index = u16::try_from(index).ok()?;
        let doc = format!("`{plain}`, as evidence of a reason.");
        Some(quote! {
            #[doc = #doc]
            #vis const #constant: ::weft_sdk::Evidence = ::weft_sdk::Evidence(#index);
        })
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, unreachable_pub)]
        impl #name { #(#constants)* }
    }
}
