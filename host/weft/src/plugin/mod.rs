//! `weft plugin`: for those who write plugins.
//!
//! | module | what is there |
//! |---|---|
//! | `new` | a crate from the SDK's template |
//! | `build` | crates to components |
//! | `check` | components, looked at as the host does, and against the dictionary |
//! | `inspect` | what a component says about itself |
//! | `run` | one evaluation, as the host would do it |
//! | `input` | the facts of that evaluation, from a file |
//! | `load` | a file to a plugin |

mod build;
mod check;
mod input;
mod inspect;
mod load;
mod new;
mod run;

use clap::Subcommand;

use crate::exit::Failed;

/// Plugins.
#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    New(new::New),
    Build(build::Build),
    Check(check::Check),
    Inspect(inspect::Inspect),
    Run(run::Run),
}

pub(crate) fn run(command: PluginCommand) -> Result<(), Failed> {
    match command {
        PluginCommand::New(args) => new::run(&args),
        PluginCommand::Build(args) => build::run(&args),
        PluginCommand::Check(args) => check::run(&args),
        PluginCommand::Inspect(args) => inspect::run(&args),
        PluginCommand::Run(args) => run::run(&args),
    }
}

/// `12345678` as `12,345,678`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn digits_are_grouped_in_threes() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(thousands(n), text);
        }
    }
}
