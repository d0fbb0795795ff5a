//! The plugin that a policy asks.

use std::collections::HashSet;

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
        let mut seen = HashSet::new();
        let mut grants = Vec::new();
        for grant in &source.grants {
            if !seen.insert(grant.field.value.as_str()) {
                let message = format!("`{}` is granted twice", grant.field.value);
                let help = "keep one of the two";
                self.refuse(codes::CONTRADICTION, &grant.field, message, help);
            }
            match self.given.dictionary.by_name(&grant.field.value) {
                Some(field) => grants.push(Grant {
                    field: field.id,
                    treatment: grant.treatment,
                }),
                None => self.no_field(&grant.field),
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
