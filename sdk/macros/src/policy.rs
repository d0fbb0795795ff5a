//! `#[policy]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use serde_json::json;
use syn::spanned::Spanned;
use syn::{Error, Expr, FnArg, ItemFn, LitStr, Result, ReturnType, Type, Visibility};

use crate::args::Args;
use crate::names::{check_obligation, check_operation, check_unique};

const FORM: &str = "`fn name(context: &Context, settings: &Limits, needs: &Input) -> Finding`";
/// As in the host's limits for manifests.
const MAX_OPERATIONS: usize = 32;

/// What a plugin says of itself beside its structs.
struct Declared {
    operations: Vec<String>,
    obligations: Vec<String>,
    reasons: Option<Expr>,
}

/// The types of the function's parameters.
struct Types {
    settings: Type,
    needs: Type,
}

pub(crate) fn expand(args: TokenStream, function: TokenStream) -> TokenStream {
    let parsed = match syn::parse2::<ItemFn>(function.clone()) {
        Ok(parsed) => parsed,
        Err(_) => {
            let error = Error::new(
                function.span(),
                format!("`#[policy]` stands before a function: {FORM}"),
            );
            let error = error.into_compile_error();
            return quote! { #error #function };
        }
    };
    let declared = syn::parse2::<Args>(args).and_then(|args| declared(&args));
    match declared.and_then(|declared| Ok((declared, types(&parsed)?))) {
        Ok((declared, types)) => implement(&parsed, &declared, &types),
        Err(error) => {
            let error = error.into_compile_error();
            quote! { #error #[allow(dead_code)] #parsed }
        }
    }
}

fn declared(args: &Args) -> Result<Declared> {
    args.allow(&["operations", "obligations", "reasons"])?;
    if let Some(text) = &args.text {
        return Err(Error::new_spanned(
            text,
            "write what it is: `operations = [\"payment.authorize\"]`",
        ));
    }
    let operations = args.texts("operations")?;
    if operations.is_empty() {
        let why = "the policy decides no operation; add `operations = [\"payment.authorize\"]`";
        return Err(match args.get("operations") {
            Some(empty) => Error::new_spanned(empty, why),
            None => Error::new(proc_macro2::Span::call_site(), why),
        });
    }
    if let Some(one_more) = operations.get(MAX_OPERATIONS) {
        return Err(Error::new_spanned(
            one_more,
            format!("a plugin names at most {MAX_OPERATIONS} operations; use a trailing `*`"),
        ));
    }
    operations.iter().try_for_each(check_operation)?;
    check_unique(&operations, "the operation")?;
    let obligations = args.texts("obligations")?;
    obligations.iter().try_for_each(check_obligation)?;
    check_unique(&obligations, "the obligation")?;
    Ok(Declared {
        operations: operations.iter().map(LitStr::value).collect(),
        obligations: obligations.iter().map(LitStr::value).collect(),
        reasons: args.get("reasons").cloned(),
    })
}

fn types(function: &ItemFn) -> Result<Types> {
    let signature = &function.sig;
    let refuse = |at: &dyn quote::ToTokens, why: &str| {
        Err(Error::new_spanned(at, format!("{why}; write {FORM}")))
    };
    if let Some(keyword) = &signature.asyncness {
        return refuse(
            keyword,
            "a policy waits for nothing: all that it needs is handed to it",
        );
    }
    if let Some(keyword) = &signature.unsafety {
        return refuse(keyword, "a policy is a safe function");
    }
    if !signature.generics.params.is_empty() {
        return refuse(&signature.generics, "a policy has no parameters of types");
    }
    let parameters: Vec<&Type> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => match typed.ty.as_ref() {
                Type::Reference(reference) if reference.mutability.is_none() => {
                    Some(reference.elem.as_ref())
                }
                _ => None,
            },
            FnArg::Receiver(_) => None,
        })
        .collect();
    let [_, settings, needs] = parameters.as_slice() else {
        return refuse(
            &signature.inputs,
            "a policy takes three references: context, settings (`&()` for none), needs",
        );
    };
    if signature.inputs.len() != parameters.len() {
        return refuse(
            &signature.inputs,
            "the parameters of a policy are references",
        );
    }
    if matches!(signature.output, ReturnType::Default) {
        return refuse(signature, "a policy returns a finding");
    }
    Ok(Types {
        settings: (*settings).clone(),
        needs: (*needs).clone(),
    })
}

fn implement(function: &ItemFn, declared: &Declared, types: &Types) -> TokenStream {
    let name = &function.sig.ident;
    let vis = &function.vis;
    let plugin_vis = inside(vis);
    let Types { settings, needs } = types;
    let reasons = match &declared.reasons {
        Some(reasons) => quote! { #reasons },
        None => quote! { ::weft_sdk::NoReasons },
    };
    let manifest = manifest(declared, types, &reasons);
    // The call is where a wrong type of a parameter is found: point there.
    let call = quote_spanned! { function.sig.span() => #name(context, settings, needs) };
    let doc = format!("The plugin of [`{name}`](fn@{name}).");
    let export = export(&quote! { #name::Plugin });
    quote! {
        #function

        #[doc = #doc]
        #vis mod #name {
            #[doc = #doc]
            #[allow(dead_code, unreachable_pub, missing_debug_implementations)]
            #plugin_vis struct Plugin;
        }

        #[allow(dead_code)]
        #[doc(hidden)]
        struct OnePolicyPerPlugin;

        impl ::weft_sdk::Plugin for #name::Plugin {
            type Needs = #needs;
            type Settings = #settings;
            type Reasons = #reasons;
            const MANIFEST: &'static str = #manifest;
            fn evaluate(
                context: &::weft_sdk::Context,
                settings: &Self::Settings,
                needs: &Self::Needs,
            ) -> ::weft_sdk::Finding {
                #call
            }
        }

        #export
    }
}

/// How something in a module is seen as far as the module itself.
fn inside(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Inherited => quote! { pub(super) },
        Visibility::Restricted(restricted) if restricted.path.is_ident("super") => {
            quote! { pub(in super::super) }
        }
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => {
            quote! { pub(super) }
        }
        other => quote! { #other },
    }
}

/// The manifest, put together by the compiler from what the structs declare.
fn manifest(declared: &Declared, types: &Types, reasons: &TokenStream) -> TokenStream {
    let Types { settings, needs } = types;
    let operations = format!(
        "\",\"operations\":{},\"needs\":[",
        json!(declared.operations)
    );
    let obligations = format!("],\"obligations\":{}}}", json!(declared.obligations));
    quote! {{
        const PARTS: &[&[&str]] = &[
            &[
                "{\"schema\":\"weft.manifest/1\",\"name\":\"", ::std::env!("CARGO_PKG_NAME"),
                "\",\"version\":\"", ::std::env!("CARGO_PKG_VERSION"), #operations,
            ],
            <#needs as ::weft_sdk::Needs>::DECLARED,
            &["],\"settings\":["],
            <#settings as ::weft_sdk::Settings>::DECLARED,
            &["],\"reasons\":["],
            <#reasons as ::weft_sdk::Reasons>::DECLARED,
            &[#obligations],
        ];
        const BYTES: [u8; ::weft_sdk::manifest::length(PARTS)] = ::weft_sdk::manifest::concat(PARTS);
        ::weft_sdk::manifest::text(&BYTES)
    }}
}

/// The section and the functions that the host sees: in Wasm only. Elsewhere nobody calls the plugin but tests,
/// and without them what it is made of is not dead either.
fn export(plugin: &TokenStream) -> TokenStream {
    quote! {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            const MANIFEST: &str = <#plugin as ::weft_sdk::Plugin>::MANIFEST;
            #[used]
            #[unsafe(link_section = "weft:manifest")]
            static SECTION: [u8; MANIFEST.len()] = ::weft_sdk::manifest::concat(&[&[MANIFEST]]);
            type Exported = ::weft_sdk::guest::Exported<#plugin>;
            ::weft_sdk::guest::export_guest!(Exported with_types_in ::weft_sdk::guest);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = #plugin;
            let _ = <#plugin as ::weft_sdk::Plugin>::MANIFEST;
            let _ = <#plugin as ::weft_sdk::Plugin>::evaluate;
        };
    }
}
