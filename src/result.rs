//! Defines the result of a run: the answer, the analysis, the panelists' responses, and the usage
//! of every call.
//!
//! The input is the data that `deliberation` collected. The output is `FusionResult` of
//! `index.d.ts`. [`Analysis`] has the same five keys as `FusionAnalysisResult` in [OpenRouter's
//! Fusion](https://openrouter.ai/docs/guides/features/server-tools/fusion).

use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::error::{Code, Error};
pub(crate) use crate::escalation::{Escalation, EscalationReason};
use crate::json::Value;
pub(crate) use crate::usage::{Activity, CallUsage, Usage};

/// The result of a run: `FusionResult` in `index.d.ts`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FusionResult {
    pub status: &'static str,
    pub answer: String,
    pub tool_calls: Vec<ToolCall>,
    /// The answer as an assistant's message. The caller's next request sends it back.
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

/// A call of a tool that the caller runs.
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
    /// Whether the text was cut off. Only with `quorum.accept_partial`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Why the text was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

impl Response {
    /// Returns whether the analyst and the writer would see the same answer in both responses.
    pub(crate) fn is_same_answer(&self, other: &Self) -> bool {
        let seen = |response: &Self| (response.index, response.partial);
        seen(self) == seen(other) && self.content == other.content && self.sources == other.sources
    }
}

/// A panelist without a response, and the error of this panelist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailedModel {
    pub index: usize,
    pub model: String,
    pub error: String,
    pub code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
}

/// The analyst's findings. The findings name panelists by index and model. In the analyst's prompt,
/// the panelists had only the letters "A", "B" and so on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Analysis {
    pub consensus: Vec<Point>,
    pub contradictions: Vec<Contradiction>,
    pub partial_coverage: Vec<Point>,
    pub unique_insights: Vec<Insight>,
    pub blind_spots: Vec<BlindSpot>,
}

/// One finding, with the name of the list that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", content = "item", rename_all = "snake_case")]
pub(crate) enum Item {
    Consensus(Point),
    Contradictions(Contradiction),
    PartialCoverage(Point),
    UniqueInsights(Insight),
    BlindSpots(BlindSpot),
}

/// A statement of several panelists. `survived` is the verdict of the analyst's second pass. If
/// there was no second pass, `survived` is absent. Some other findings have the same field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub point: String,
    pub panelists: Vec<usize>,
    pub models: Vec<String>,
    pub quotes: Vec<Quote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
}

/// A topic on which panelists disagree. `checked` is present only if a check of the topic
/// succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contradiction {
    pub topic: String,
    pub stances: Vec<Stance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Checked>,
}

/// The outcome of the check of a contradiction. Has an entry for each stance, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checked {
    pub stances: Vec<StanceCheck>,
}

/// The outcome of the check of a stance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StanceCheck {
    pub verdict: Verdict,
    pub evidence: Vec<Evidence>,
}

/// What the opened pages say about a stance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Supported,
    Refuted,
    /// The pages decide nothing, or no page was opened.
    #[default]
    Unresolved,
}

/// A quote from a page that was opened in the check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub url: String,
    pub quote: String,
    /// Whether the page's text contains the quote. `None` if the provider opened the page with its
    /// own tool, because the core then does not have the page's text.
    pub verified: Option<bool>,
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

/// A quote from a panelist. `verified` is true if the panelist's text contains the quote and the
/// quote is long enough. A very short quote may match by chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub index: usize,
    pub quote: String,
    pub verified: bool,
    /// The place of the quote in the panelist's text, in UTF-16 units. `None` if the text does not
    /// contain the quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Count>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Count>,
    /// Why the quote is not verified. `None` if it is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<QuoteReason>,
}

/// Why a quote is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QuoteReason {
    /// The panelist's text does not contain the quote.
    NotFound,
    /// The quote has few words, so the text may contain them by chance.
    TooShort,
    /// A reason that a later version of this library added.
    #[serde(other)]
    Other,
}

/// Panelists of the same model family as the analyst, the writer or other panelists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Kinship {
    pub analyst: Vec<usize>,
    pub writer: Vec<usize>,
    /// Groups of panelists. The models of a group are different, but belong to one family.
    pub panel: Vec<Vec<usize>>,
}

impl Analysis {
    /// Appends a finding to the list that it belongs to.
    pub(crate) fn add(&mut self, item: Item) {
        match item {
            Item::Consensus(item) => self.consensus.push(item),
            Item::Contradictions(item) => self.contradictions.push(item),
            Item::PartialCoverage(item) => self.partial_coverage.push(item),
            Item::UniqueInsights(item) => self.unique_insights.push(item),
            Item::BlindSpots(item) => self.blind_spots.push(item),
        }
    }

    /// Returns the pages that are evidence in a check, in order.
    pub(crate) fn evidence(&self) -> impl Iterator<Item = Source> {
        let checks = self.contradictions.iter().flat_map(|item| &item.checked);
        let stances = checks.flat_map(|checked| &checked.stances);
        stances
            .flat_map(|stance| &stance.evidence)
            .map(|evidence| Source {
                url: evidence.url.clone(),
                title: String::new(),
            })
    }

    /// Replaces the index of every panelist.
    pub(crate) fn renumber(&mut self, index: impl Fn(usize) -> usize) {
        let quotes = |quotes: &mut [Quote]| {
            for quote in quotes {
                quote.index = index(quote.index);
            }
        };
        for point in self.consensus.iter_mut().chain(&mut self.partial_coverage) {
            for panelist in &mut point.panelists {
                *panelist = index(*panelist);
            }
            quotes(&mut point.quotes);
        }
        let contradictions = self.contradictions.iter_mut();
        for stance in contradictions.flat_map(|contradiction| &mut contradiction.stances) {
            stance.panelist = index(stance.panelist);
            quotes(&mut stance.quotes);
        }
        for insight in &mut self.unique_insights {
            insight.panelist = index(insight.panelist);
            quotes(&mut insight.quotes);
        }
    }

    /// Returns whether a second pass has marked the items.
    pub(crate) fn is_marked(&self) -> bool {
        let points = self.consensus.iter().chain(&self.partial_coverage);
        points.map(|item| item.survived).any(|it| it.is_some())
            || self.contradictions.iter().any(|it| it.survived.is_some())
            || self.unique_insights.iter().any(|it| it.survived.is_some())
            || self.blind_spots.iter().any(|it| it.survived.is_some())
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

/// Names of model families. Each row has the author's name on OpenRouter. The list in the row has
/// other names of this author, and the first letters of the author's model names. Local servers and
/// other providers use these other names.
const FAMILIES: [(&str, &[&str]); 12] = [
    ("openai", &["gpt", "chatgpt", "o"]),
    ("anthropic", &["claude"]),
    ("google", &["gemini", "gemma"]),
    ("meta-llama", &["meta", "llama", "codellama"]),
    (
        "mistralai",
        &[
            "mistral",
            "mixtral",
            "ministral",
            "magistral",
            "devstral",
            "codestral",
            "pixtral",
        ],
    ),
    ("qwen", &["qwq"]),
    ("deepseek", &["deepseek-ai"]),
    ("x-ai", &["xai", "grok"]),
    ("moonshotai", &["moonshot", "kimi"]),
    ("z-ai", &["zai", "zai-org", "glm"]),
    ("microsoft", &["phi"]),
    ("cohere", &["command"]),
];

/// Returns the family of a model: the author of `author/model`, or the leading letters of a bare
/// name. If [`FAMILIES`] lists this name, returns the author's name on OpenRouter.
/// Examples: `~anthropic/claude-opus-latest` -> `anthropic`, `llama3.2:3b` -> `meta-llama`.
pub(crate) fn family(model: &str) -> &str {
    let slug = model.trim_start_matches('~');
    // Cloudflare's names begin with `@` and a prefix: `@cf/meta/llama-3.1-8b-instruct`.
    let slug = match slug.strip_prefix('@').and_then(|slug| slug.split_once('/')) {
        Some((_, rest)) => rest,
        None => slug,
    };
    let name = match slug.split_once('/') {
        Some((author, _)) => author,
        None => slug
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or(slug),
    };
    let is_name = |other: &str| other.eq_ignore_ascii_case(name);
    let known = FAMILIES
        .iter()
        .find(|(author, names)| is_name(author) || names.iter().any(|other| is_name(other)));
    known.map_or(name, |(author, _)| author)
}

/// Maximum length of a list of sources. Each new source is compared with all others, so a longer
/// list would block the page.
const MAX_SOURCES: usize = 1_000;

/// Returns whether a URL is that of a web page. A page that shows sources may make links of them,
/// so `javascript:` and `data:` are no sources.
pub(crate) fn is_web_url(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Adds a source if its URL is new, and returns whether it was added. If the URL is known but its
/// source has no title, stores the new title. Ignores sources beyond [`MAX_SOURCES`], and URLs that
/// are not of web pages.
pub(crate) fn add_source(sources: &mut Vec<Source>, source: &Source) -> bool {
    if sources.len() >= MAX_SOURCES || !is_web_url(&source.url) {
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
