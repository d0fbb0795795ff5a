//! `weft plugin inspect`: what a component says about itself.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};
use weft_sandbox::manifest::{Manifest, Setting};
use weft_sandbox::verify;

use super::load::{self, Loaded, PluginFileError};
use super::thousands;
use crate::exit::Failed;
use crate::output;

/// Show what a component declares: what it decides, what it wants to know and what for, what a policy may
/// set, and what it can say.
///
/// The component is verified first. What is shown binds the plugin: the host gives it nothing else, and takes
/// nothing else from it.
#[derive(Args)]
pub(crate) struct Inspect {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// As one JSON object, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Inspect) -> Result<(), Failed> {
    let loaded = load::load(&load::sandbox()?, &args.file)?;
    let imports = verify::imports(&loaded.bytes).map_err(|why| PluginFileError::Refused {
        file: args.file.clone(),
        why,
    })?;
    if args.json {
        let all = json!({
            "file": args.file.display().to_string(),
            "bytes": loaded.bytes.len(),
            "sha256": loaded.plugin.digest(),
            "imports": imports,
            "manifest": loaded.plugin.manifest(),
        });
        output::line(&serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    for line in page(&loaded, &imports) {
        output::line(&line);
    }
    Ok(())
}

fn page(loaded: &Loaded, imports: &[String]) -> Vec<String> {
    let manifest = loaded.plugin.manifest();
    let mut page = vec![
        output::emphasise("1", &format!("{} {}", manifest.name, manifest.version)),
        format!("  size     {} bytes", thousands(loaded.bytes.len() as u64)),
        format!("  sha256   {}", loaded.plugin.digest()),
        format!("  imports  {}", or_nothing(imports)),
        format!("  decides  {}", manifest.operations.join(", ")),
    ];
    section(&mut page, "Wants to know", needs(manifest));
    section(&mut page, "A policy may set", settings(manifest));
    let reasons = manifest
        .reasons
        .iter()
        .map(|r| vec![r.code.clone(), r.title.clone()]);
    section(&mut page, "Decides because", reasons.collect());
    let obligations = manifest.obligations.iter().map(|o| vec![o.clone()]);
    section(&mut page, "May oblige the caller to", obligations.collect());
    page
}

fn needs(manifest: &Manifest) -> Vec<Vec<String>> {
    let row = |need: &weft_sandbox::manifest::Need| {
        vec![
            need.field.clone(),
            need.kind.as_str().into(),
            need.treatment.as_str().into(),
            if need.required {
                "required"
            } else {
                "optional"
            }
            .into(),
            format!("for {}", need.purpose),
        ]
    };
    manifest.needs.iter().map(row).collect()
}

fn settings(manifest: &Manifest) -> Vec<Vec<String>> {
    let row = |setting: &Setting| {
        vec![
            setting.name.clone(),
            setting.kind.as_str().into(),
            default(setting),
            range(setting),
            setting.doc.replace('\n', " "),
        ]
    };
    manifest.settings.iter().map(row).collect()
}

fn default(setting: &Setting) -> String {
    let unit = setting.unit.as_deref().unwrap_or_default();
    match &setting.default {
        Some(default) => format!("= {} {unit}", shown(default)).trim_end().to_owned(),
        None if setting.required => "must be set".into(),
        None => "may be set".into(),
    }
}

fn range(setting: &Setting) -> String {
    let choices: Vec<String> = setting.one_of.iter().map(shown).collect();
    match (&setting.min, &setting.max) {
        _ if !choices.is_empty() => format!("one of {}", choices.join(", ")),
        (Some(min), Some(max)) => format!("{} to {}", shown(min), shown(max)),
        (Some(min), None) => format!("at least {}", shown(min)),
        (None, Some(max)) => format!("at most {}", shown(max)),
        (None, None) => String::new(),
    }
}

/// JSON as a person writes it.
fn shown(json: &Json) -> String {
    let part = |name| json.get(name).and_then(Json::as_str);
    match json {
        Json::String(text) => text.clone(),
        Json::Object(_) => match (part("value"), part("currency")) {
            (Some(value), Some(currency)) => format!("{value} {currency}"),
            _ => json.to_string(),
        },
        other => other.to_string(),
    }
}

fn section(page: &mut Vec<String>, title: &str, rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        page.push(format!("{}: nothing", output::emphasise("1", title)));
        return;
    }
    page.push(output::emphasise("1", title));
    page.extend(columns(&rows));
}

/// Rows with their columns one below the other, the last one as long as it is.
fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            format!("{cell:width$}")
        });
        format!("  {}", cells.collect::<Vec<_>>().join("  "))
            .trim_end()
            .to_owned()
    };
    rows.iter().map(line).collect()
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".into()
    } else {
        names.join(", ")
    }
}
