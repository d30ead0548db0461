//! Makes one check. Takes a contradiction. Returns a verdict about each of its stances.

use crate::deliberation::analysis::quotes::QuoteFinder;
use crate::deliberation::concurrency::{ConcurrencyLimits, PanelistPermit};
use crate::deliberation::context::{RunContext, rng};
use crate::deliberation::model_call::{RoleRequest, RoleResponse, attempts};
use crate::deliberation::role_models::RoleModels;
use crate::deliberation::round_panel::PanelOutcome;
use crate::deliberation::timeout::with_timeout;
use crate::deliberation::verification::parser::{self, Claim};
use crate::deliberation::verification::prompt;
use crate::deliberation::web_access::{KnownUrl, Page, WebAccess};
use crate::error::{Code, Error, Result};
use crate::plan::{ModelTarget, RoleConfig};
use crate::result::{Checked, Contradiction, Evidence, Response, StanceCheck, Verdict};
use crate::role::Role;

/// The check of one contradiction.
#[derive(Clone, Copy)]
pub(super) struct Check<'a> {
    pub run: RunContext<'a>,
    pub panel: &'a PanelOutcome,
    /// The position of the contradiction in the analysis.
    pub index: usize,
    pub contradiction: &'a Contradiction,
    pub limits: &'a ConcurrencyLimits,
}

impl Check<'_> {
    /// Calls the model and reads its reply. Fails if no reply arrived, or if the reply is not
    /// readable.
    pub(super) async fn outcome(&self) -> Result<Checked> {
        let Self { run, index, .. } = *self;
        let Some(verifier) = &run.plan.verifier else {
            return Err(Error::new(Code::UnexpectedError, "a check without a role"));
        };
        let config = verifier.role(index);
        let models = self.models(&config);
        let permit = PanelistPermit::new(self.limits, || ());
        if let Some(model) = models.first() {
            permit.acquire(&model.provider).await;
        }
        let mut order: Vec<usize> = (0..self.contradiction.stances.len()).collect();
        rng(run.plan, Role::Verifier(index)).shuffle(&mut order);
        let credited = self.credited();
        let messages = prompt::messages(run.plan, self.contradiction, &order, &credited);
        let web_access = WebAccess::new(self.all_credited());
        let role_request = RoleRequest {
            config: &config,
            models: &models,
            system: Some(prompt::VERIFIER),
            messages: &messages,
            response_format: prompt::RESPONSE_FORMAT.as_ref(),
            order: &[],
            pass: None,
            on_text: None,
            permit: Some(&permit),
            web_access: Some(&web_access),
        };
        let mut attempt = 0;
        let work = attempts::call_with_retries(run, role_request, &mut attempt);
        let limit_ms = run.plan.timeouts.panelist_ms;
        let message = "the check reached `timeouts.panelist_ms`";
        let reply = with_timeout(run.env, limit_ms, message, work).await?;
        let pages = web_access.pages();
        let hosted = hosted_sources(&web_access, &reply);
        let claims = match parser::claims(&reply.output.text, order.len()) {
            Some(claims) => claims,
            // Whatever the reply says, it has no evidence.
            None if pages.is_empty() && hosted.is_empty() => Vec::new(),
            None => {
                let message = "the reply holds no JSON object with the verdicts";
                return Err(Error::new(Code::ProviderError, message));
            }
        };
        let opened = Opened::new(*self, &pages, hosted);
        Ok(checked(&order, claims, &opened))
    }

    /// Returns the analyst's models. If the analyst's default failed before, returns the first
    /// substitute, too. The analysis has warned of the substitute. A default that fails in a check
    /// is not replaced, because a panelist's model may not judge its own answer unannounced.
    fn models(&self, config: &RoleConfig) -> Vec<ModelTarget> {
        let models = RoleModels::after_panel(self.run, config, self.panel);
        let is_replaced = models.known_failure.is_some();
        let substitutes = models.substitutes.into_iter();
        let substitute = substitutes.take(usize::from(is_replaced));
        models.planned.iter().chain(substitute).cloned().collect()
    }

    /// Returns the source URLs of the answers that the contradiction's panelists gave.
    fn credited(&self) -> Vec<String> {
        let is_of_stance = |response: &&Response| {
            let mut stances = self.contradiction.stances.iter();
            stances.any(|stance| stance.panelist == response.index)
        };
        credited(self.panel.responses.iter().filter(is_of_stance))
    }

    /// Returns the URLs of the sources of all answers.
    fn all_credited(&self) -> Vec<String> {
        credited(self.panel.responses.iter())
    }
}

fn credited<'a>(responses: impl Iterator<Item = &'a Response>) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for source in responses.flat_map(|response| &response.sources) {
        if !source.url.trim().is_empty() && !urls.contains(&source.url) {
            urls.push(source.url.clone());
        }
    }
    urls
}

/// Returns the outcome of a check, with the verdicts in the order of the stances. `order[i]` is the
/// stance of `claims[i]`. A verdict without evidence becomes `unresolved`.
fn checked(order: &[usize], claims: Vec<Claim>, opened: &Opened<'_>) -> Checked {
    let mut stances = vec![StanceCheck::default(); order.len()];
    for (position, claim) in order.iter().zip(claims) {
        let mut evidence: Vec<Evidence> = Vec::new();
        for (url, quote) in claim.evidence {
            let item = opened.evidence(&url, quote);
            evidence.extend(item.filter(|item| !evidence.contains(item)));
        }
        let verdict = if evidence.is_empty() {
            Verdict::Unresolved
        } else {
            claim.verdict
        };
        if let Some(stance) = stances.get_mut(*position) {
            *stance = StanceCheck { verdict, evidence };
        }
    }
    Checked { stances }
}

/// Returns the sources in the reply that no tool of the caller has returned. The provider's own
/// tools have returned them.
fn hosted_sources(web_access: &WebAccess, reply: &RoleResponse) -> Vec<KnownUrl> {
    let sources = reply.output.sources.iter();
    let known = sources.map(|source| KnownUrl::new(source.url.clone()));
    known.filter(|url| !web_access.is_own(url)).collect()
}

/// The pages whose content the check has received.
struct Opened<'a> {
    pages: &'a [Page],
    quotes: QuoteFinder<'a>,
    /// Sources that the provider's own tools returned.
    hosted: Vec<KnownUrl>,
}

impl<'a> Opened<'a> {
    fn new(check: Check<'_>, pages: &'a [Page], hosted: Vec<KnownUrl>) -> Self {
        let texts = pages.iter().map(|page| page.text.as_str()).enumerate();
        Self {
            pages,
            quotes: QuoteFinder::in_texts(texts.collect(), check.run.env.unicode),
            hosted,
        }
    }

    /// Returns the evidence for a URL that the model has written. The evidence has the URL in the
    /// spelling of the tools. If no tool returned the content of the page in this check, returns
    /// `None`.
    fn evidence(&self, url: &str, quote: String) -> Option<Evidence> {
        let asked = KnownUrl::new(url.to_owned());
        let is_asked = |known: &&KnownUrl| known.is(&asked);
        let pages = self.pages.iter().enumerate();
        let found: Vec<(usize, &KnownUrl)> = pages
            .filter_map(|(at, page)| Some((at, page.urls.iter().find(is_asked)?)))
            .collect();
        let (known, verified) = match found.first() {
            Some((_, known)) => {
                let is_in = |at: usize| self.quotes.check(at, quote.clone()).verified;
                (*known, Some(found.iter().any(|(at, _)| is_in(*at))))
            }
            None => (self.hosted.iter().find(is_asked)?, None),
        };
        Some(Evidence {
            url: known.url.clone(),
            quote,
            verified,
        })
    }
}
