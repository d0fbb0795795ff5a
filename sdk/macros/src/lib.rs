//! The macros of `weft-sdk`; plugins use them from there.
//!
//! A plugin's manifest is what its structs say, so the macros check here what the host would refuse
//! later, and point at the word that is wrong.
//!
//! | module | what is there |
//! |---|---|
//! | `needs`, `settings`, `reasons`, `policy` | one macro each |
//! | `kind` | the types that needs and settings can have |
//! | `literal` | defaults and bounds, checked and as JSON |
//! | `args` | what stands between the brackets of an attribute |
//! | `names` | what the host takes as a name, and its catalogue |

mod args;
mod kind;
mod literal;
mod names;
mod needs;
mod policy;
mod reasons;
mod settings;

use proc_macro::TokenStream;

/// What a plugin wants to know: a struct whose fields are facts of the dictionary.
///
/// `#[need("payment.amount", purpose = "fraud-prevention")]`; with `treatment = "band"`, `"masked"` or
/// `"present"` where less is enough. A field of type `Token` is asked for as a token, any other in clear.
/// `Option<T>` and `Need<T>` can be absent. Each field gets a constant in capitals, to be named as
/// evidence of a reason.
#[proc_macro_derive(Needs, attributes(need))]
pub fn needs(input: TokenStream) -> TokenStream {
    needs::derive(syn::parse_macro_input!(input)).into()
}

/// What a policy may set: a struct whose fields are settings.
///
/// `#[setting(default = 50_000, min = 0, max = 1_000_000, doc = "What it does")]`; `one_of = [...]` lists
/// choices, `unit = "points"` says what a number counts. What a setting does may also stand in its doc comment. `#[settings(check = function)]` on the
/// struct names a function `fn(&Self) -> Vec<Problem>` for what ranges cannot say.
#[proc_macro_derive(Settings, attributes(setting, settings))]
pub fn settings(input: TokenStream) -> TokenStream {
    settings::derive(syn::parse_macro_input!(input)).into()
}

/// Why a plugin decides: an enum whose variants are reasons.
///
/// `#[reason("The amount is over the limit")]` is what people read. The code is the variant's name in
/// small letters with hyphens, or `code = "..."`.
#[proc_macro_derive(Reasons, attributes(reason))]
pub fn reasons(input: TokenStream) -> TokenStream {
    reasons::derive(syn::parse_macro_input!(input)).into()
}

/// The plugin's one function: `fn(&Context, &Settings, &Needs) -> Finding`.
///
/// `#[policy(operations = ["payment.authorize"], obligations = ["step-up"], reasons = Why)]`. The
/// function `name` stays what it is; beside it there is `name::Plugin`, for tests.
#[proc_macro_attribute]
pub fn policy(args: TokenStream, function: TokenStream) -> TokenStream {
    policy::expand(args.into(), function.into()).into()
}
