//! `weft audit evidence`: all that there is about some cases, in one directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use sha2::{Digest, Sha256};
use weft_audit::{Proven, export};
use weft_engine::replay::report::ReplayReport;
use weft_engine::sets::Archive;

use super::timeline::{self, Asked, Story};
use super::{log_of, open, read_key};
use crate::document::{Width, document};
use crate::exit::Failed;
use crate::output;
use crate::places::Places;
use crate::replay;
use crate::report::minimisation;

/// Write all that there is about some cases to one directory, for an auditor.
///
/// For each case its story with every payment that it is about; for each record of it the record byte for byte and a proof
/// that it is in the log (C2SP tlog-proof); the policy sets that decided, file by file; who was shown what; and whether each
/// decision comes out the same when it is evaluated again. `index.html` leads through it, `verify.sh` checks the proofs with
/// openssl and sha256sum.
///
/// The log is verified first. Works beside a running host. Personal facts stay sealed, but for those that `weft audit open` has
/// opened.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft audit evidence --data weft-data --case case-7 --case case-9 --out evidence --key log.vkey"
)]
pub(crate) struct Evidence {
    #[command(flatten)]
    places: Places,
    /// A case; may be given several times.
    #[arg(long, value_name = "ID", required = true)]
    case: Vec<String>,
    /// The directory to write; it must not be there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A directory of `weft audit open`: facts of these cases that an auditor is shown.
    #[arg(long, value_name = "DIR")]
    openings: Option<PathBuf>,
    /// The verifier key that you trust, as a file. Without it the one beside the log is used.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// The list of all files but itself.
const LIST: &str = "files.sha256";

/// What the script does after the proofs.
const CHECK_LIST: &str = r#"list=$dir/files.sha256
[ -f "$list" ] || wrong "$list is missing"
(cd "$dir" && sha256sum -c files.sha256) > "$work/told" 2>&1 ||
  wrong "$(grep -v ': OK$' "$work/told" | head -n 1)"
found=$(cd "$dir" && find . -type f ! -name files.sha256 | wc -l | tr -d ' ')
[ "$found" = "$(wc -l < "$list" | tr -d ' ')" ] || wrong "there are files that are not in $list"
echo "files: $found, and each is as the list has it"
echo "the list: sha256 $(sha256sum "$list" | cut -c 1-64); compare it with what was told when the evidence was written"
"#;

/// What was written, for the first page.
struct Pack {
    stories: Vec<(String, Story)>,
    proven: Proven,
    /// The policy sets that decided, and how many files each has; none where it is not as it was.
    sets: BTreeMap<String, Option<usize>>,
    replayed: ReplayReport,
    gaps: Vec<String>,
    /// Facts that were opened.
    openings: usize,
}

impl Evidence {
    pub(crate) fn run(self) -> Result<(), Failed> {
        if fs::symlink_metadata(&self.out).is_ok() {
            return Err(Failed::because(format!(
                "{} is there already; name a directory that is not, so that nothing is mixed",
                self.out.display()
            )));
        }
        let begun = Instant::now();
        if let Some(key) = &self.key {
            read_key(key)?;
        }
        let data = self.places.settings()?.engine.data_dir;
        let written = self.write(&data);
        let pack = match written {
            Ok(pack) => pack,
            Err(failed) => {
                // What is half there is of no use, and why it is only half there is told already.
                let _ = fs::remove_dir_all(&self.out);
                return Err(failed);
            }
        };
        for gap in &pack.gaps {
            output::step(&format!("the evidence has a gap: {gap}"));
        }
        output::line(&format!(
            "{}, {}, {} evaluated again as recorded: {} ({:.1} s)",
            output::counted(pack.stories.len(), "case"),
            output::counted(pack.proven.records.len(), "record"),
            pack.replayed.reproduced,
            self.out.display(),
            begun.elapsed().as_secs_f32()
        ));
        let list = fs::read(self.out.join(LIST))?;
        output::line(&format!(
            "sha256 of {LIST}: {}; keep it elsewhere: it tells whether something was taken out or exchanged",
            HEXLOWER.encode(&Sha256::digest(&list))
        ));
        match pack.gaps.is_empty() {
            true => Ok(()),
            false => Err(Failed::Said),
        }
    }

    fn write(&self, data: &Path) -> Result<Pack, Failed> {
        let dir = log_of(data)?;
        let mut gaps = Vec::new();
        let shown = minimisation::of_cases(data, &self.case, self.key.clone())?;
        let asked: Vec<Asked<'_>> = self.case.iter().map(|case| Asked::Case(case)).collect();
        let mut stories = Vec::new();
        for (case, story) in self.case.iter().zip(timeline::from_log(&dir, &asked)?) {
            if story.steps.is_empty() {
                return Err(Failed::because(format!(
                    "the audit log has no record about case {case}; `weft audit query --last 20` shows the newest"
                )));
            }
            gaps.extend(story.gaps.iter().chain(&story.orphans).cloned());
            stories.push((case.clone(), story));
        }
        gaps.sort_unstable();
        gaps.dedup();
        let steps = || stories.iter().flat_map(|(_, story)| &story.steps);
        let wanted: BTreeSet<u64> = steps().map(|step| step.index).collect();
        let proven = weft_audit::prove(&dir, &|index, _| wanted.contains(&index), &output::step)?;
        let unsigned = wanted.len() - proven.records.len();
        if unsigned > 0 {
            gaps.push(format!(
                "{} not covered by the newest checkpoint yet; ask again in a second",
                output::counted(unsigned, "record")
            ));
        }
        let decided: BTreeSet<String> = steps()
            .filter(|step| step.verdict.is_some())
            .filter_map(|step| step.id.clone())
            .collect();
        let (replayed, replay_page) = replay::of_decisions(data, decided)?;
        if !replayed.is_as_recorded() {
            gaps.push("not every decision comes out as recorded: see replay.html".to_owned());
        }
        gaps.extend(shown.2);

        for (n, (case, story)) in stories.iter().enumerate() {
            let page = timeline::page(story, &format!("Case {case}"));
            self.put(&story_name(n), page.as_bytes())?;
        }
        for (entry, proof) in &proven.records {
            let name = format!("proofs/{}", record_name(entry.index));
            self.put(&format!("{name}.json"), &entry.bytes)?;
            self.put(&format!("{name}.tlog-proof"), proof.to_string().as_bytes())?;
        }
        let openings = self.put_openings(&proven)?;
        let sets = self.put_sets(data, &proven, &mut gaps)?;
        for (name, text) in [
            ("checkpoint", proven.signed.as_str()),
            ("log.vkey", &proven.vkey),
            ("minimisation.html", &shown.0),
            ("minimisation.csv", &shown.1),
            ("replay.html", &replay_page),
            ("replay.json", &serde_json::to_string_pretty(&replayed)?),
        ] {
            self.put(name, text.as_bytes())?;
        }
        let pack = Pack {
            stories,
            proven,
            sets,
            replayed,
            gaps,
            openings,
        };
        self.put("index.html", first_page(&pack).as_bytes())?;
        self.put("verify.sh", script().as_bytes())?;
        self.put(LIST, list(&self.out)?.as_bytes())?;
        Ok(pack)
    }

    /// What opens commitments of the records; how many.
    fn put_openings(&self, proven: &Proven) -> Result<usize, Failed> {
        let Some(dir) = &self.openings else {
            return Ok(0);
        };
        let all = open::read_all(dir)?;
        let mut openings = export::Openings::new(&all);
        for (entry, _) in &proven.records {
            if let Some(decision) = entry.record.decision() {
                for (file, opening) in openings.take(decision, &record_name(entry.index))? {
                    self.put(&file, opening.bytes())?;
                }
            }
        }
        openings.are_taken()?;
        Ok(all.len())
    }

    /// The policy sets of all decisions among the records.
    fn put_sets(
        &self,
        data: &Path,
        proven: &Proven,
        gaps: &mut Vec<String>,
    ) -> Result<BTreeMap<String, Option<usize>>, Failed> {
        let archive = Archive::open(data);
        let decisions = proven
            .records
            .iter()
            .filter_map(|(entry, _)| entry.record.decision());
        let mut sets: BTreeMap<String, Option<usize>> = decisions
            .map(|decision| (decision.policy_set.clone(), None))
            .collect();
        for (digest, count) in &mut sets {
            match archive.files(digest) {
                Ok(files) => {
                    for (path, text) in files.iter() {
                        self.put(&format!("policies/{digest}/{path}"), text.as_bytes())?;
                    }
                    *count = Some(files.iter().count());
                }
                Err(error) => gaps.push(error.to_string()),
            }
        }
        Ok(sets)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Failed> {
        let path = self.out.join(name);
        let above = path.parent().unwrap_or(&self.out);
        let written = fs::create_dir_all(above).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| Failed::because(format!("{}: {error}", path.display())))
    }
}

/// The script that checks proofs, and then the list.
fn script() -> String {
    let proofs = export::proofs_script();
    let end = proofs.rfind("echo OK").unwrap_or(proofs.len());
    [&proofs[..end], CHECK_LIST, &proofs[end..]].concat()
}

/// SHA-256 of every file below a directory, as `sha256sum` reads it.
fn list(dir: &Path) -> Result<String, Failed> {
    let mut lines = String::new();
    for path in files_below(dir)? {
        let bytes = fs::read(&path)?;
        let name = path.strip_prefix(dir).unwrap_or(&path);
        let hash = HEXLOWER.encode(&Sha256::digest(&bytes));
        lines.push_str(&format!("{hash}  ./{}\n", name.display()));
    }
    Ok(lines)
}

fn files_below(dir: &Path) -> Result<BTreeSet<PathBuf>, Failed> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        match path.is_dir() {
            true => found.extend(files_below(&path)?),
            false => drop(found.insert(path)),
        }
    }
    Ok(found)
}

/// What the files of a record are called.
fn record_name(index: u64) -> String {
    format!("record-{index}")
}

/// Identifiers of cases can be anything, and name no file.
fn story_name(n: usize) -> String {
    format!("case-{}.html", n + 1)
}

fn first_page(pack: &Pack) -> String {
    let checkpoint = &pack.proven.checkpoint;
    let parts = html! {
        h1 { "Evidence" }
        p.lead {
            (output::counted(pack.stories.len(), "case")) ", " (output::counted(pack.proven.records.len(), "record"))
            " of the audit log " code { (checkpoint.origin) } ", as signed over " (checkpoint.size) " records."
        }
        @for gap in &pack.gaps { p.note { "Gap: " (gap) } }
        h2.plain { "The cases" }
        (cases(pack))
        h2.plain { "The rest" }
        dl {
            dt { a href="minimisation.html" { "Who was shown what" } }
            dd { "Fields that readers requested, got and did not get, with purpose and legal basis; " a href="minimisation.csv" { "as CSV" } }
            dt { a href="replay.html" { "Evaluated again" } }
            dd { (pack.replayed.reproduced) " of " (pack.replayed.decisions) " decisions come out as recorded, byte for byte; "
                 a href="replay.json" { "as JSON" } }
            dt { "Policies" }
            dd {
                @for (digest, files) in &pack.sets {
                    div {
                        @match files {
                            Some(files) => { a href={ "policies/" (digest) "/" } { code { (digest) } } ": " (files) " files" }
                            None => { code { (digest) } ": not there as it was" }
                        }
                    }
                }
            }
            dt { a href="proofs/" { "Records and proofs" } }
            dd { "Each record byte for byte, with a C2SP tlog-proof" }
            @if pack.openings > 0 {
                dt { a href="openings/" { "Opened facts" } }
                dd { (pack.openings) ", each in a file whose SHA-256 stands in its record under " code { "commitments" } }
            }
        }
        h2.plain { "To check it" }
        p {
            code { "sh verify.sh KEY" } " checks every proof and opening, and that no file is missing, changed or too many, with openssl and \
             sha256sum; KEY is the copy of log.vkey that was taken when the host was set up. The list of files is not signed: \
             its SHA-256, which the script prints, has to be the one that was told when this was written. The SHA-256 of a policy file is the version that findings in records name."
        }
    };
    document("Evidence", Width::Text, &parts)
}

fn cases(pack: &Pack) -> Markup {
    html! {
        table {
            thead { tr { th { "Case" } th { "Payments" } th.number { "Records" } th { "From" } th { "To" } th { "Stands" } } }
            tbody {
                @for (n, (case, story)) in pack.stories.iter().enumerate() {
                    tr {
                        td { a href=(story_name(n)) { bdi { (case) } } }
                        td { @for payment in &story.payments { div { code { bdi { (payment) } } } } }
                        td.number { (story.steps.len()) }
                        td { @if let Some(step) = story.steps.first() { (step.at) } }
                        td { @if let Some(step) = story.steps.last() { (step.at) } }
                        td { @for state in story.states().values() { div { (state) } } }
                    }
                }
            }
        }
    }
}
