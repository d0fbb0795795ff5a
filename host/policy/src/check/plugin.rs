//! The plugin that a policy asks.

use weft_diagnostic::yaml::Spanned;

use super::PolicyChecker;
use crate::codes;
use crate::policy::{Grant, PluginUse};
use crate::source::PluginSource;

impl PolicyChecker<'_> {
    pub(super) fn plugin(&mut self, plugin: &Spanned<PluginSource>) -> PluginUse {
        let source = &plugin.value;
        if let Some(digest) = source
            .digest
            .as_ref()
            .filter(|digest| !is_digest(&digest.value))
        {
            let help = "write the 64 hexadecimal digits that `weft plugin inspect` prints";
            self.refuse(
                codes::CONTRADICTION,
                digest,
                "this is not a SHA-256 digest",
                help,
            );
        }
        let mut grants = Vec::new();
        for grant in &source.grants {
            match self.given.dictionary.by_name(&grant.field.value) {
                Some(field) => grants.push(Grant {
                    field: field.id,
                    treatment: grant.treatment,
                }),
                None => {
                    let near = self.given.dictionary.did_you_mean(&grant.field.value);
                    let help = near.map_or("see dictionary.yaml".to_owned(), |near| {
                        format!("did you mean `{near}`?")
                    });
                    let message = format!("there is no field `{}`", grant.field.value);
                    self.refuse(codes::UNKNOWN_NAME, &grant.field, message, help);
                }
            }
        }
        PluginUse {
            name: source.name.value.clone(),
            digest: source.digest.as_ref().map(|digest| digest.value.clone()),
            settings: source.settings.clone(),
            grants,
            budget: source.budget,
        }
    }
}

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.len() == 64
        && digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
