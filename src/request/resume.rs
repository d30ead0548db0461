//! `resume`: an earlier run, given as its snapshot. Its request stands in for what the new one leaves out.

use crate::json::{Map, Value, from_value_strict};

use super::fields::{Fields, kind};
use super::{MAX_PANEL, Request};
use crate::error::{Code, Error, Result};
use crate::snapshot::{Snapshot, VERSION};

/// An earlier run, validated.
#[derive(Clone, Debug)]
pub struct Resume {
    /// What it had come to.
    pub snapshot: Snapshot,
    /// What it was asked.
    pub request: Box<Request>,
    /// Panelists of it, by index, that are to answer anew.
    pub rerun: Vec<usize>,
}

/// What `given` asks for, with the gaps filled from the snapshot in it; and that snapshot.
pub fn parse(given: &Map, value: &Value) -> Result<(Map, Resume)> {
    let wrapper = value.get("snapshot").is_some();
    let (path, value, rerun) = if wrapper {
        let mut fields = Fields::of("resume", value, "resume", "an object")?;
        let snapshot = fields.parsed("snapshot", |_, snapshot| Ok(snapshot.clone()));
        let rerun = fields.array("rerun", 0..=MAX_PANEL, "indexes", index).unwrap_or_default();
        fields.finish()?;
        ("resume.snapshot", snapshot.unwrap_or_default(), rerun)
    } else {
        ("resume", value.clone(), Vec::new())
    };
    let snapshot = read(path, &value)?;
    let earlier = Request::parse(&snapshot.request)
        .map_err(|error| has_unparsed_events(&format!("{path}.request"), &format!("is no request any more: {}", error.message)))?;
    check(path, &snapshot, &earlier)?;
    if let Some(stranger) = rerun.iter().find(|index| **index >= earlier.members()) {
        let right = format!("names panelist {stranger}; the snapshot has {} (counted from 0)", earlier.members());
        return Err(Error::invalid("resume.rerun", &right));
    }

    let mut merged = snapshot.request.as_object().cloned().unwrap_or_default();
    let overrides = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    if overrides("preset") {
        merged.remove("analysis_models");
        merged.remove("model");
    }
    if overrides("prompt") || overrides("messages") {
        merged.remove("prompt");
        merged.remove("messages");
    }
    merged.extend(
        given.iter().filter(|(name, value)| *name != "resume" && !value.is_null()).map(|(name, value)| (name.clone(), value.clone())),
    );
    Ok((merged, Resume { snapshot, request: Box::new(earlier), rerun }))
}

fn read(path: &str, value: &Value) -> Result<Snapshot> {
    let right = "an object that `run.snapshot()` gave";
    let Value::Object(_) = value else { return Err(has_unparsed_events(path, &format!("must be {right}, got {}", kind(value)))) };
    match value.get("version") {
        Some(version) if version.as_u64() == Some(VERSION.into()) => {}
        Some(version) => {
            let rule = format!("is {}; this version of llm-fuse resumes snapshots of version {VERSION}", kind(version));
            return Err(has_unparsed_events(&format!("{path}.version"), &rule));
        }
        None => return Err(has_unparsed_events(path, &format!("has no `version`; it must be {right}"))),
    }
    let mut rest = value.clone();
    let request = rest.as_object_mut().and_then(|fields| fields.remove("request")).filter(Value::is_object);
    let Some(request) = request else { return Err(has_unparsed_events(&format!("{path}.request"), "is missing; it must be an object")) };
    let snapshot: Snapshot =
        from_value_strict(&rest).map_err(|error| has_unparsed_events(&format!("{path}{}", error.path), &error.rule))?;
    Ok(Snapshot { request, ..snapshot })
}

/// What each part alone does not show.
fn check(path: &str, snapshot: &Snapshot, earlier: &Request) -> Result<()> {
    let mut seen = Vec::new();
    let mut indexes = snapshot.responses.iter().map(|response| response.index).collect::<Vec<_>>();
    indexes.extend(snapshot.failed_models.iter().map(|failed| failed.index));
    for index in indexes {
        if index >= earlier.members() || seen.contains(&index) {
            return Err(has_unparsed_events(path, &format!("is damaged: panelist {index} is not of its panel, or ended twice")));
        }
        seen.push(index);
    }
    if snapshot.run_id.is_empty() && (!seen.is_empty() || !snapshot.activity.is_empty()) {
        return Err(has_unparsed_events(&format!("{path}.run_id"), "must not be empty"));
    }
    if snapshot.responses.iter().any(|response| response.content.trim().is_empty()) {
        return Err(has_unparsed_events(&format!("{path}.responses"), "is damaged: an answer has no text"));
    }
    Ok(())
}

fn index(path: &str, value: &Value) -> Result<usize> {
    let index = value.as_u64().and_then(|index| usize::try_from(index).ok());
    index.ok_or_else(|| Error::invalid(path, &format!("must be the index of a panelist, got {}", kind(value))))
}

fn has_unparsed_events(path: &str, what: &str) -> Error {
    Error::invalid(path, what).with_code(Code::InvalidSnapshot)
}
