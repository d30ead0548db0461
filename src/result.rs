//! Defines the result of a run: the answer, the analysis, the panelists' responses, and the usage
//! of every call.
//!
//! In: the data that `deliberation` collected. Out: `FusionResult` of `index.d.ts`. The five keys
//! of [`Analysis`] are those of `FusionAnalysisResult` in
//! [OpenRouter's Fusion](https://openrouter.ai/docs/guides/features/server-tools/fusion).

use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::error::Code;
use crate::json::Value;
pub(crate) use crate::usage::{Activity, CallUsage, Usage};

/// The result of a run: `FusionResult` in `index.d.ts`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FusionResult {
    pub status: &'static str,
    pub answer: String,
    pub tool_calls: Vec<ToolCall>,
    /// The answer as an assistant's message, which the next request sends back.
    pub message: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    pub responses: Vec<Response>,
    pub sources: Vec<Source>,
    pub failed_models: Vec<FailedModel>,
    pub usage: Usage,
    pub activity: Vec<Activity>,
    pub kinship: Kinship,
    pub run_id: String,
    pub seed: Count,
}

/// A web page that a model cited or fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub url: String,
    pub title: String,
}

/// A call of one of the caller's tools. The caller runs the tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// The completed response of a panelist.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Response {
    pub index: usize,
    pub model: String,
    pub content: String,
    pub sources: Vec<Source>,
    pub usage: CallUsage,
    pub finish_reason: Option<String>,
}

/// A panelist without a response, and its error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailedModel {
    pub index: usize,
    pub model: String,
    pub error: String,
    pub code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
}

/// The analyst's findings. The blind labels are already replaced by indexes and model names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Analysis {
    pub consensus: Vec<Point>,
    pub contradictions: Vec<Contradiction>,
    pub partial_coverage: Vec<Point>,
    pub unique_insights: Vec<Insight>,
    pub blind_spots: Vec<BlindSpot>,
}

/// One finding, tagged with the list that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", content = "item", rename_all = "snake_case")]
pub(crate) enum Item {
    Consensus(Point),
    Contradictions(Contradiction),
    PartialCoverage(Point),
    UniqueInsights(Insight),
    BlindSpots(BlindSpot),
}

/// A statement of several panelists. `survived`, here and below, is the verdict of the second pass.
/// It is absent if there was no second pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub point: String,
    pub panelists: Vec<usize>,
    pub models: Vec<String>,
    pub quotes: Vec<Quote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// A topic on which panelists disagree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contradiction {
    pub topic: String,
    pub stances: Vec<Stance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// The position of one panelist in a contradiction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stance {
    pub stance: String,
    pub panelist: usize,
    pub model: String,
    pub quotes: Vec<Quote>,
}

/// A statement of a single panelist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Insight {
    pub insight: String,
    pub panelist: usize,
    pub model: String,
    pub quotes: Vec<Quote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// A point that is missing from all responses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlindSpot {
    pub point: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// A quote from a panelist. `verified` is true if the panelist's text contains the quote, and the
/// quote is long enough to mean something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub index: usize,
    pub quote: String,
    pub verified: bool,
    /// Where the quote begins and ends in the panelist's text, in UTF-16 units, if it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Count>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Count>,
    /// Why the quote is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<QuoteReason>,
}

/// Why a quote is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QuoteReason {
    /// The panelist's text does not contain the quote.
    NotFound,
    /// The quote has so few words that they may occur by chance.
    TooShort,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// Why the further panelists of `escalate` were asked or skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EscalationReason {
    /// Asked: the first analysis has enough contradictions.
    Contradictions,
    /// Asked: `shouldEscalate` returned `true`.
    Asked,
    /// Skipped: the first analysis has too few contradictions.
    Agreement,
    /// Skipped: the first analysis failed, or `proceed()` ended it.
    NoAnalysis,
    /// Skipped: `shouldEscalate` returned `false`, or `proceed()` ended it.
    NotAsked,
}

impl EscalationReason {
    /// Returns whether the further panelists are asked.
    pub(crate) fn escalates(self) -> bool {
        matches!(self, Self::Contradictions | Self::Asked)
    }
}

/// Whether the further panelists of `escalate` were asked: `Escalation` in `index.d.ts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Escalation {
    pub escalated: bool,
    pub reason: EscalationReason,
}

impl From<EscalationReason> for Escalation {
    fn from(reason: EscalationReason) -> Self {
        Self {
            escalated: reason.escalates(),
            reason,
        }
    }
}

/// Panelists of the same model family as the analyst or the writer. Models favour their own text
/// ([arXiv 2404.13076](https://arxiv.org/abs/2404.13076)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Kinship {
    pub analyst: Vec<usize>,
    pub writer: Vec<usize>,
}

impl Analysis {
    /// Appends a finding to its list.
    pub(crate) fn add(&mut self, item: Item) {
        match item {
            Item::Consensus(item) => self.consensus.push(item),
            Item::Contradictions(item) => self.contradictions.push(item),
            Item::PartialCoverage(item) => self.partial_coverage.push(item),
            Item::UniqueInsights(item) => self.unique_insights.push(item),
            Item::BlindSpots(item) => self.blind_spots.push(item),
        }
    }

    /// Returns whether all lists are empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.consensus.is_empty()
            && self.contradictions.is_empty()
            && self.partial_coverage.is_empty()
            && self.unique_insights.is_empty()
            && self.blind_spots.is_empty()
    }
}

/// Returns the family of a model: the author of `author/model`, or the leading letters of a bare
/// name.
/// Examples: `~anthropic/claude-opus-latest` -> `anthropic`, `llama3.2:3b` -> `llama`.
pub(crate) fn family(model: &str) -> &str {
    let slug = model.trim_start_matches('~');
    // Cloudflare: `@cf/meta/llama-3.1-8b-instruct`.
    let slug = match slug.strip_prefix('@').and_then(|slug| slug.split_once('/')) {
        Some((_, rest)) => rest,
        None => slug,
    };
    match slug.split_once('/') {
        Some((author, _)) => author,
        None => slug
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or(slug),
    }
}

/// Maximum length of a list of sources. Each new source is compared with all others, so a longer
/// list would block the page.
const MAX_SOURCES: usize = 1_000;

/// Adds a source if its URL is new. Returns whether it was added. If the known source has no title,
/// stores the new title. Ignores sources beyond [`MAX_SOURCES`].
pub(crate) fn add_source(sources: &mut Vec<Source>, source: &Source) -> bool {
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
