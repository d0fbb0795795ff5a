//! What a policy's plugin made of it: the points of its reasons, what it was not given and did not say, its settings.
//!
//! Of a plugin with many settings only those matter to a reader that the policy gives, and those that say when a verdict
//! comes; the others are counted. --format json has all.

use weft_engine::explain::{Came, PluginExplained, PolicyExplained};
use weft_sandbox::{GivenBy, SettingInForce};
use weft_verdict::Verdict;

use super::Telling;
use crate::output;
use crate::policy::book;

impl Telling<'_> {
    pub(super) fn plugin(&self, policy: &PolicyExplained) {
        let Some(plugin) = &policy.plugin else { return };
        let silent = matches!(policy.came, Came::Silent | Came::NotApplicable);
        let did_not_say = plugin.did_not_say.len();
        let nothing = match did_not_say {
            n if silent && n > 0 => {
                format!("; it gave none of its {}", output::counted(n, "reason"))
            }
            _ => String::new(),
        };
        output::line(&format!(
            "      asked the plugin {} {}{nothing}",
            plugin.name, plugin.version
        ));
        if !plugin.not_there.is_empty() {
            output::line(&format!(
                "        facts that were not there: {}",
                plugin.not_there.join(", ")
            ));
        }
        let told = |code: &str| {
            let mut reasons = policy.reasons.iter();
            policy.came == Came::Spoke && reasons.any(|reason| reason.code == code)
        };
        for one in plugin.points.iter().filter(|one| !told(&one.code)) {
            let title = one.title.as_deref().unwrap_or(&one.code);
            output::line(&format!("        {} points: {title}", one.points));
        }
        if silent {
            return;
        }
        if did_not_say > 0 {
            output::line("        it did not say:");
        }
        for reason in &plugin.did_not_say {
            output::line(&format!("          {reason}"));
        }
        settings(plugin);
    }
}

/// The points that a reason of a policy's plugin gave.
pub(super) fn points(policy: &PolicyExplained, code: &str) -> Option<u16> {
    let mut points = policy.plugin.as_ref()?.points.iter();
    points.find(|one| one.code == code).map(|one| one.points)
}

fn settings(plugin: &PluginExplained) {
    let matters = |setting: &&SettingInForce| {
        setting.given_by == GivenBy::Policy || is_of_verdict(&setting.name)
    };
    let told: Vec<&SettingInForce> = plugin.settings.iter().filter(matters).collect();
    if !told.is_empty() {
        output::line("        its settings:");
    }
    for setting in &told {
        output::line(&format!("        {}", setting_text(setting)));
    }
    let others = plugin.settings.len() - told.len();
    if others > 0 {
        let more = if told.is_empty() { "" } else { " more" };
        output::line(&format!(
            "        {}{more} as the plugin has them; --format json names them",
            output::counted(others, "setting")
        ));
    }
}

/// Whether a setting says by its name when a verdict comes: `hold_at`.
fn is_of_verdict(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or_default();
    Verdict::ALL.iter().any(|verdict| verdict.as_str() == first)
}

/// A setting on one line; a table of its own is counted.
fn setting_text(setting: &SettingInForce) -> String {
    let value = match &setting.value {
        Some(serde_json::Value::Array(items)) if items.iter().any(|i| i.is_object()) => {
            output::counted(items.len(), "row")
        }
        _ => book::setting(setting),
    };
    let by = match setting.given_by {
        GivenBy::Policy => "",
        GivenBy::Default => " (default)",
        GivenBy::Nobody => " (not set)",
    };
    format!("  {} = {value}{by}: {}", setting.name, setting.meaning)
}
