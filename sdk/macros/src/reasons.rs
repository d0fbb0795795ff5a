//! `#[derive(Reasons)]`.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::json;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Variant};

use crate::args::Args;
use crate::names::{check_name, check_unique, check_words, kebab};

struct Reason {
    variant: Ident,
    code: LitStr,
    title: String,
}

pub(crate) fn derive(input: DeriveInput) -> TokenStream {
    let name = &input.ident;
    match read_all(&input) {
        Ok(reasons) => implement(name, &reasons),
        Err(error) => {
            let error = error.into_compile_error();
            // Stands in, so that what uses the enum is not reported as well.
            quote! {
                #error
                impl ::weft_sdk::Reasons for #name {
                    const DECLARED: &'static [&'static str] = &[];
                    fn code(&self) -> &'static str { loop {} }
                }
            }
        }
    }
}

fn read_all(input: &DeriveInput) -> Result<Vec<Reason>> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            "reasons are the variants of an enum: `enum Why { #[reason(\"...\")] OverLimit }`",
        ));
    };
    let mut reasons = Vec::new();
    let mut errors: Option<Error> = None;
    for variant in &data.variants {
        match read(variant) {
            Ok(reason) => reasons.push(reason),
            Err(error) => match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    check_unique(reasons.iter().map(|r| &r.code), "the reason")?;
    Ok(reasons)
}

fn read(variant: &Variant) -> Result<Reason> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(
            &variant.fields,
            "a reason carries no values: name the needs that it rests on as evidence, \
             `.because(Why::..., [Input::...])`",
        ));
    }
    let missing = |at: &dyn quote::ToTokens| {
        Err(Error::new_spanned(
            at,
            "the reason has no text for people; write `#[reason(\"The amount is over the limit\")]` before it",
        ))
    };
    let Some((attribute, args)) = Args::of(&variant.attrs, "reason")? else {
        return missing(&variant.ident);
    };
    args.allow(&["code"])?;
    let title = match &args.text {
        Some(title) if !title.value().trim().is_empty() => title,
        Some(empty) => return missing(empty),
        None => return missing(&attribute),
    };
    check_words(&title.value()).map_err(|why| Error::new_spanned(title, why))?;
    let code = match args.text("code")? {
        Some(code) => code,
        None => LitStr::new(&kebab(&variant.ident.to_string()), variant.ident.span()),
    };
    check_name(&code, "reason")?;
    Ok(Reason {
        variant: variant.ident.clone(),
        code,
        title: title.value(),
    })
}

fn implement(name: &Ident, reasons: &[Reason]) -> TokenStream {
    let declared = reasons.iter().enumerate().map(|(at, reason)| {
        let comma = if at == 0 { "" } else { "," };
        format!(
            "{comma}{}",
            json!({"code": reason.code.value(), "title": reason.title})
        )
    });
    let arms = reasons.iter().map(|reason| {
        let Reason { variant, code, .. } = reason;
        quote! { #name::#variant => #code }
    });
    let body = if reasons.is_empty() {
        quote! { match *self {} }
    } else {
        quote! { match self { #(#arms),* } }
    };
    quote! {
        #[automatically_derived]
        impl ::weft_sdk::Reasons for #name {
            const DECLARED: &'static [&'static str] = &[#(#declared),*];
            fn code(&self) -> &'static str { #body }
        }
    }
}
