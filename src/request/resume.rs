//! Parses the field `resume`, which contains a snapshot of an earlier run. In: the new request.
//! Out: a [`ResumeInput`], and the new request with the missing fields from the snapshot's request.

use crate::json::{Map, Value, from_value_strict};

use super::fields::{Fields, describe_value};
use super::limits::MAX_PANEL;
use super::preset;
use crate::error::{Code, Error, Result};
use crate::result::{Verdict, is_web_url};
use crate::role::Round;
use crate::snapshot::{Snapshot, StoredEscalation, VERSIONS};

/// A parsed `resume`. [`read`] validates each field. [`ResumeInput::check`] then validates that the
/// fields fit together.
pub(super) struct ResumeInput {
    /// Path of the snapshot in the request, for error messages.
    path: &'static str,
    /// State of the earlier run.
    pub snapshot: Snapshot,
    /// Indexes of panelists that must answer again.
    pub rerun: Vec<usize>,
}

/// Reads `resume`: a snapshot, or `{ snapshot, rerun? }`.
pub(super) fn read(value: &Value) -> Result<ResumeInput> {
    if value.get("snapshot").is_none() {
        return Ok(ResumeInput {
            path: "resume",
            snapshot: snapshot("resume", value)?,
            rerun: Vec::new(),
        });
    }
    let mut fields = Fields::new("resume", value, "resume", "an object")?;
    let raw = fields
        .parse_with("snapshot", |_, snapshot| Ok(snapshot.clone()))
        .unwrap_or_default();
    let rerun = fields
        .array("rerun", 0..=MAX_PANEL, "indexes", index)
        .unwrap_or_default();
    fields.finish()?;
    let path = "resume.snapshot";
    Ok(ResumeInput {
        path,
        snapshot: snapshot(path, &raw)?,
        rerun,
    })
}

/// Returns the new request. Missing fields come from the snapshot's request. If a role of the new
/// request has no `model`, it overrides only the fields that it has.
///
/// `raw` includes the fields of `custom`, a preset of the caller. A role of the preset overrides
/// the whole role.
pub(super) fn merge(raw: &Map, snapshot: &Snapshot, custom: Option<&Map>) -> Map {
    let mut merged = snapshot.request.as_object().cloned().unwrap_or_default();
    let overrides = |name: &str| raw.get(name).is_some_and(|value| !value.is_null());
    if overrides("preset") || custom.is_some() {
        merged.remove("analysis_models");
        merged.remove("model");
    }
    if snapshot.model_is_default && overrides("analysis_models") {
        merged.remove("model");
    }
    if overrides("prompt") || overrides("messages") {
        merged.remove("prompt");
        merged.remove("messages");
    }
    let set = raw
        .iter()
        .filter(|(name, value)| *name != "resume" && !value.is_null());
    for (name, value) in set {
        let is_of_preset = custom.is_some_and(|custom| custom.get(name).is_some());
        let is_own_role = preset::is_role(name) && !is_of_preset;
        let settings = preset::settings(value).filter(|_| is_own_role);
        let value = match (settings, merged.get(name)) {
            (Some(settings), Some(earlier)) => preset::merged_role(earlier, settings),
            _ => value.clone(),
        };
        merged.insert(name, value);
    }
    merged
}

impl ResumeInput {
    /// Returns the error for a snapshot whose request is invalid.
    pub(super) fn invalid_request(&self, error: &Error) -> Error {
        invalid_snapshot(
            &format!("{}.request", self.path),
            &format!("is no request any more: {}", error.message),
        )
    }

    /// Checks rules that concern several fields. `members` is the number of panelists in the
    /// snapshot's request.
    pub(super) fn check(&self, members: usize) -> Result<()> {
        let Self {
            path,
            snapshot,
            rerun,
        } = self;
        let mut seen = Vec::new();
        let answered = snapshot.responses.iter().map(|response| response.index);
        for index in answered.chain(snapshot.failed_models.iter().map(|failed| failed.index)) {
            if index >= members || seen.contains(&index) {
                return Err(invalid_snapshot(
                    path,
                    &format!(
                        "is damaged: panelist {} is not of its panel, or ended twice",
                        index + 1
                    ),
                ));
            }
            seen.push(index);
        }
        if let Some(end) = &snapshot.escalation {
            check_escalation(&format!("{path}.escalation"), end, members)?;
        }
        if snapshot.run_id.is_empty() && (!seen.is_empty() || !snapshot.activity.is_empty()) {
            return Err(invalid_snapshot(
                &format!("{path}.run_id"),
                "must not be empty",
            ));
        }
        if snapshot
            .responses
            .iter()
            .any(|response| response.content.trim().is_empty())
        {
            return Err(invalid_snapshot(
                &format!("{path}.responses"),
                "is damaged: an answer has no text",
            ));
        }
        if let Some(unknown) = rerun.iter().find(|index| **index >= members) {
            let rule = format!(
                "has the index {unknown}; the snapshot has {members} panelists, counted from 0"
            );
            return Err(Error::invalid("resume.rerun", &rule));
        }
        Ok(())
    }
}

/// Fails if a [`StoredEscalation`] has values that no run writes.
fn check_escalation(path: &str, end: &StoredEscalation, members: usize) -> Result<()> {
    let rounds = [Round::First.number(), Round::Second.number()];
    if !rounds.contains(&end.analysis_round) {
        let rule = format!("must be 1 or 2, got {}", end.analysis_round);
        return Err(invalid_snapshot(&format!("{path}.analysis_round"), &rule));
    }
    match end.compared.iter().find(|index| **index >= members) {
        Some(unknown) => Err(invalid_snapshot(
            &format!("{path}.compared"),
            &format!("is damaged: panelist {} is not of the panel", unknown + 1),
        )),
        None => Ok(()),
    }
}

fn snapshot(path: &str, value: &Value) -> Result<Snapshot> {
    let right = "an object that `run.snapshot()` gave";
    let Value::Object(_) = value else {
        return Err(invalid_snapshot(
            path,
            &format!("must be {right}, got {}", describe_value(value)),
        ));
    };
    let Some(version) = value.get("version") else {
        return Err(invalid_snapshot(
            path,
            &format!("has no `version`; it must be {right}"),
        ));
    };
    check_version(&format!("{path}.version"), version)?;
    let mut rest = value.clone();
    let request = rest
        .as_object_mut()
        .and_then(|fields| fields.remove("request"))
        .filter(Value::is_object);
    let Some(request) = request else {
        return Err(invalid_snapshot(
            &format!("{path}.request"),
            "is missing; it must be an object",
        ));
    };
    let answer = rest.get_mut("answer").and_then(Value::as_object_mut);
    let message = answer.and_then(|answer| answer.remove("message"));
    let mut snapshot: Snapshot = from_value_strict(&rest)
        .map_err(|error| invalid_snapshot(&format!("{path}{}", error.path), &error.rule))?;
    snapshot.request = request;
    retain_web_sources(&mut snapshot);
    if let Some(answer) = &mut snapshot.answer {
        answer.message = message.filter(Value::is_object);
    }
    Ok(snapshot)
}

/// Removes sources that are not web pages. An old or edited snapshot may have such sources.
fn retain_web_sources(snapshot: &mut Snapshot) {
    let answers = snapshot.responses.iter_mut().map(|it| &mut it.sources);
    let answer = snapshot.answer.iter_mut().map(|it| &mut it.sources);
    for sources in answers
        .chain(answer)
        .chain([&mut snapshot.analysis_sources])
    {
        sources.retain(|source| is_web_url(&source.url));
    }
    let end = snapshot.escalation.as_mut();
    let first = end.and_then(|end| end.first_analysis.as_mut());
    for analysis in snapshot.analysis.iter_mut().chain(first) {
        for item in &mut analysis.contradictions {
            for stance in item.checked.iter_mut().flat_map(|it| &mut it.stances) {
                stance.evidence.retain(|it| is_web_url(&it.url));
                if stance.evidence.is_empty() {
                    stance.verdict = Verdict::Unresolved;
                }
            }
        }
    }
}

/// Fails if this library does not read snapshots of that version.
fn check_version(path: &str, version: &Value) -> Result<()> {
    let (first, last) = (*VERSIONS.start(), *VERSIONS.end());
    let number = version.as_u64();
    if number.is_some_and(|number| (u64::from(first)..=u64::from(last)).contains(&number)) {
        return Ok(());
    }
    let cause = if number > Some(last.into()) {
        "; a later version of llm-fuse wrote it"
    } else {
        ""
    };
    let rule = format!(
        "is {}{cause}; this version of llm-fuse resumes snapshots of version {first} to {last}",
        describe_value(version)
    );
    Err(invalid_snapshot(path, &rule))
}

fn index(path: &str, value: &Value) -> Result<usize> {
    let index = value.as_u64().and_then(|index| usize::try_from(index).ok());
    index.ok_or_else(|| {
        Error::invalid(
            path,
            &format!(
                "must be the index of a panelist, got {}",
                describe_value(value)
            ),
        )
    })
}

fn invalid_snapshot(path: &str, what: &str) -> Error {
    Error::invalid(path, what).with_code(Code::InvalidSnapshot)
}
