//! What a run gives in the end: the answer, the analysis, the members' answers, and every call with what it cost.
//!
//! Shapes and field names are those of `index.d.ts`; the five analysis keys are OpenRouter's `FusionAnalysisResult`.

use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::error::Code;
pub use crate::usage::{Activity, CallUsage, Cost, Status, Usage};

/// `FusionResult`.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)] // index.d.ts documents every field, for the people who meet them
pub struct FusionResult {
    pub status: &'static str,
    pub answer: String,
    pub tool_calls: Vec<ToolCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    pub responses: Vec<Response>,
    pub sources: Vec<Source>,
    pub failed_models: Vec<FailedModel>,
    pub usage: Usage,
    pub activity: Vec<Activity>,
    pub kinship: Kinship,
    pub run_id: String,
    pub seed: Count,
}

/// A page that a model cited or fetched in this run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Source {
    pub url: String,
    pub title: String,
}

/// A call of one of the caller's own tools, for the caller to carry out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// A panelist's finished answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Response {
    pub index: usize,
    pub model: String,
    pub content: String,
    pub sources: Vec<Source>,
    pub usage: CallUsage,
    pub finish_reason: Option<String>,
}

/// A panelist that gave no answer, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FailedModel {
    pub index: usize,
    pub model: String,
    pub error: String,
    pub code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
}

/// What the analyst found, with blind labels replaced by indexes and models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Analysis {
    pub consensus: Vec<Point>,
    pub contradictions: Vec<Contradiction>,
    pub partial_coverage: Vec<Point>,
    pub unique_insights: Vec<Insight>,
    pub blind_spots: Vec<BlindSpot>,
}

/// One finding, with the list it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", content = "item", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Item {
    Consensus(Point),
    Contradictions(Contradiction),
    PartialCoverage(Point),
    UniqueInsights(Insight),
    BlindSpots(BlindSpot),
}

/// Something that several panelists say. Here and below `survived` is what a second pass found; without one it is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Point {
    pub point: String,
    pub panelists: Vec<usize>,
    pub models: Vec<String>,
    pub quotes: Vec<Quote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// Something on which panelists differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Contradiction {
    pub topic: String,
    pub stances: Vec<Stance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// One side of a contradiction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Stance {
    pub stance: String,
    pub panelist: usize,
    pub model: String,
    pub quotes: Vec<Quote>,
}

/// Something that one panelist alone says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Insight {
    pub insight: String,
    pub panelist: usize,
    pub model: String,
    pub quotes: Vec<Quote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// Something that nobody says and somebody should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BlindSpot {
    pub point: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// What a panelist is quoted with; `verified` when it really stands in that panelist's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Quote {
    pub index: usize,
    pub quote: String,
    pub verified: bool,
}

/// Panelists of the same model family as the analyst or the writer: models favour their own text (arXiv 2404.13076).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Kinship {
    pub analyst: Vec<usize>,
    pub writer: Vec<usize>,
}

impl Analysis {
    /// Adds a finding at the end of its list.
    pub fn add(&mut self, item: Item) {
        match item {
            Item::Consensus(item) => self.consensus.push(item),
            Item::Contradictions(item) => self.contradictions.push(item),
            Item::PartialCoverage(item) => self.partial_coverage.push(item),
            Item::UniqueInsights(item) => self.unique_insights.push(item),
            Item::BlindSpots(item) => self.blind_spots.push(item),
        }
    }

    /// Whether the analyst found nothing at all.
    pub fn is_empty(&self) -> bool {
        self.consensus.is_empty()
            && self.contradictions.is_empty()
            && self.partial_coverage.is_empty()
            && self.unique_insights.is_empty()
            && self.blind_spots.is_empty()
    }
}

/// The family a model belongs to: the author of `author/model`, or the leading letters of a bare name.
///
/// ```
/// use llm_fuse::result::family;
/// assert_eq!(family("~anthropic/claude-opus-latest"), "anthropic");
/// assert_eq!(family("llama3.2:3b"), "llama");
/// ```
pub fn family(model: &str) -> &str {
    let slug = model.trim_start_matches('~');
    match slug.split_once('/') {
        Some((author, _)) => author,
        None => slug.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or(slug),
    }
}

/// More are not listed: looking each one up among all others must not stop a page, and nobody reads them.
const MAX_SOURCES: usize = 1_000;

/// Adds what is new, by URL; a later title fills in for an empty one.
pub fn add_source(sources: &mut Vec<Source>, source: &Source) -> bool {
    if sources.len() >= MAX_SOURCES {
        return false;
    }
    match sources.iter_mut().find(|known| known.url == source.url) {
        Some(known) => {
            if known.title.is_empty() {
                known.title.clone_from(&source.title);
            }
            false
        }
        None => {
            sources.push(source.clone());
            true
        }
    }
}
