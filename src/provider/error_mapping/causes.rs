//! Determines the cause of an error.
//!
//! In: the [`Facts`] of an error, and the status of the response. Out: a [`Code`].
//!
//! A code word is an identifier for a cause, such as `rate_limit_exceeded`. The innermost known
//! code word determines the code. If no code word is known, known phrases in the messages determine
//! the code. If there are none, the status determines it.

use memchr::memmem;

use super::chain::Facts;
use crate::error::Code;

/// Phrases that mean that the account has no money. Providers send them with any status.
const NO_MONEY: [&str; 11] = [
    "insufficient balance",
    "balance is insufficient",
    "insufficient account balance",
    "balance is not enough",
    "credit balance is too low",
    "please recharge",
    "in good standing",
    "insufficient credit",
    "insufficient funds",
    "out of credits",
    "credits are depleted",
];

/// Phrases that mean that the account's quota is used up. If the error also has the code word of a
/// rate limit, this code word determines the code.
const NO_QUOTA: [&str; 3] = ["current quota", "quota is exhausted", "free allocation"];

const TOO_LONG: [&str; 8] = [
    "context length",
    "context size",
    "context window",
    "exceed context limit",
    "prompt is too long",
    "input is too long",
    "maximum number of tokens allowed",
    "too many tokens in the prompt",
];

const WRONG_KEY: [&str; 8] = [
    "api key not valid",
    "api key not found",
    "api key expired",
    "invalid api key",
    "incorrect api key",
    "api key is invalid",
    "invalid x-api-key",
    "no api key",
];

const REFUSED: [&str; 4] = [
    "content management policy",
    "content policy",
    "safety system",
    "inappropriate content",
];

const TOO_MANY: [&str; 4] = [
    "rate limit",
    "rate-limit",
    "too many requests",
    "too many concurrent",
];

const NO_MODEL: [&str; 6] = [
    "not a valid model",
    "model not found",
    "model does not exist",
    "model not exist",
    "no such model",
    "unknown model",
];

/// Returns the code of an error. `reply` is the HTTP status of the response. If the error is an
/// event of a stream, `reply` is `None`.
pub(super) fn code(facts: &Facts, reply: Option<u16>) -> Code {
    let status = facts.status.map(|(_, status)| status).or(reply);
    let words: Vec<String> = facts
        .words
        .iter()
        .rev()
        .map(|words| words.to_ascii_lowercase())
        .collect();
    let mentions = |phrases: &[&str]| words.iter().any(|words| contains_any(words, phrases));
    if mentions(&NO_MONEY) {
        return Code::InsufficientCredits;
    }
    // The server may answer 404 because the path is wrong. In this case, the code word `not_found`
    // refers to the path instead of the model.
    let is_clear = |word: &str, code: Code| {
        let is_path = reply == Some(404) && code == Code::InvalidModel && !mentions_model(word);
        code != Code::ProviderError && !is_path
    };
    let by_word = innermost(facts, is_clear).or_else(|| {
        let mut texts = facts.words.iter().rev();
        texts.find_map(|text| code_in_text(text, is_clear))
    });
    if let Some(code) = by_word.or_else(|| by_phrase(mentions, status)) {
        return code;
    }
    // Providers use the code word `server_error` with any status from 500 on. If the status is in
    // this list, it says more about the cause.
    let is_specific = matches!(status, Some(401 | 402 | 404 | 408 | 429 | 504 | 524));
    if !is_specific && let Some(code) = innermost(facts, |_, code| code == Code::ProviderError) {
        return code;
    }
    let is_path = reply == Some(404) && !facts.words.iter().any(|words| mentions_model(words));
    if is_path && status == reply {
        return Code::InvalidRequest;
    }
    by_status(facts, status)
}

/// Returns the code for a known phrase in the error. Each list of phrases applies only with certain
/// statuses.
fn by_phrase(mentions: impl Fn(&[&str]) -> bool, status: Option<u16>) -> Option<Code> {
    let is_request = matches!(status, None | Some(400 | 413 | 422));
    if is_request && mentions(&TOO_LONG) {
        return Some(Code::ContextLengthExceeded);
    }
    if matches!(status, None | Some(400 | 401 | 403)) && mentions(&WRONG_KEY) {
        return Some(Code::Authentication);
    }
    if matches!(status, None | Some(403 | 429)) && mentions(&NO_QUOTA) {
        return Some(Code::InsufficientCredits);
    }
    if matches!(status, None | Some(400 | 403)) && mentions(&REFUSED) {
        return Some(Code::ContentPolicy);
    }
    if is_request && mentions(&NO_MODEL) {
        return Some(Code::InvalidModel);
    }
    (status.is_none() && mentions(&TOO_MANY)).then_some(Code::RateLimited)
}

fn contains_any(text: &str, phrases: &[&str]) -> bool {
    let mut phrases = phrases.iter();
    phrases.any(|phrase| memmem::find(text.as_bytes(), phrase.as_bytes()).is_some())
}

/// Returns whether a text mentions a model. Ignores the word "model" in a path.
fn mentions_model(text: &str) -> bool {
    let is_path = |word: &&str| {
        let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '/');
        word.starts_with('/') || memmem::find(word.as_bytes(), b":/").is_some()
    };
    text.split_whitespace()
        .filter(|word| !is_path(word))
        .any(|word| {
            let word = word.to_ascii_lowercase();
            contains_any(&word, &["model", "deployment", "endpoints"])
        })
}

/// Returns the code of the innermost code word.
fn innermost(facts: &Facts, is_wanted: impl Fn(&str, Code) -> bool) -> Option<Code> {
    let mut found: Option<(usize, Code)> = None;
    for (depth, word) in &facts.codes {
        let code = code_of_word(word)
            .filter(|code| is_wanted(word, *code))
            .or_else(|| code_in_text(word, &is_wanted));
        if let Some(code) = code
            && found.is_none_or(|(known, _)| *depth > known)
        {
            found = Some((*depth, code));
        }
    }
    found.map(|(_, code)| code)
}

fn by_status(facts: &Facts, status: Option<u16>) -> Code {
    match status {
        Some(401) => Code::Authentication,
        Some(402) => Code::InsufficientCredits,
        Some(403) if facts.has_moderation_reasons => Code::ContentPolicy,
        Some(403) => Code::Permission,
        Some(404) => Code::InvalidModel,
        Some(408 | 504 | 524) => Code::Timeout,
        Some(429) => Code::RateLimited,
        Some(400..=499) => Code::InvalidRequest,
        // OpenAI uses `invalid_request_error` for nearly every error. Therefore such a code word
        // determines the code only if nothing else does.
        None if facts.codes.iter().any(|(_, word)| {
            word.starts_with("invalid_") || memmem::find(word.as_bytes(), b"image").is_some()
        }) =>
        {
            Code::InvalidRequest
        }
        _ => Code::ProviderError,
    }
}

/// Returns the code of the first identifier in a text, such as `ThrottlingException` or
/// `RESOURCE_EXHAUSTED`. Ignores ordinary words.
fn code_in_text(text: &str, is_wanted: impl Fn(&str, Code) -> bool) -> Option<Code> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| {
            let has_inner_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
                && word.bytes().any(|byte| byte.is_ascii_lowercase());
            word.len() <= 64 && (word.contains('_') || has_inner_capital)
        })
        .find_map(|word| code_of_word(word).filter(|code| is_wanted(word, *code)))
}

/// The code words of providers, in lower case and without punctuation. The endings `error` and
/// `exception` are removed. The numbers are code words of Zhipu.
/// <https://docs.bigmodel.cn/cn/faq/api-code>
const CODE_WORDS: [(Code, &str); 9] = [
    (
        Code::ContextLengthExceeded,
        "contextlengthexceeded contextwindowexceeded contextlength maxtokensexceeded \
         tokenlimitexceeded stringtoolong exceedcontextsize prompttoolong inputtoolong \
         contextoverflow 1261",
    ),
    (
        Code::Authentication,
        "authentication invalidapikey apikeyinvalid apikeyexpired unauthenticated unauthorized \
         invalidauthentication incorrectapikey missingapikey invalidkey invalidtoken expiredtoken \
         tokenexpired accesstokentypeunsupported unrecognizedclient",
    ),
    (
        Code::Permission,
        "permissiondenied permission forbidden accessdenied requestforbidden \
         unsupportedcountryregionterritory servicedisabled iampermissiondenied \
         apikeyserviceblocked apikeyhttpreferrerblocked 1220",
    ),
    (
        Code::InsufficientCredits,
        "paymentrequired insufficientquota billing billingnotactive billinghardlimitreached \
         billingdisabled contractspendlimitreached enforcedspendlimitreached \
         linkedorganizationbillingunavailable linkedorganizationspendlimitreached \
         insufficientbalance insufficientcredits insufficientcredit insufficientfunds \
         insufficientuserquota outofcredits creditsexhausted exceededcurrentquota arrearage \
         accountoverdue budgetexceeded 1113",
    ),
    (
        Code::RateLimited,
        "ratelimit ratelimited ratelimitexceeded ratelimitreached throttling throttled \
         toomanyrequests resourceexhausted requestlimitexceeded limitrequests limitburstrate \
         concurrencylimitexceeded quotaexceeded usagelimitreached 1302 1303 1304 1305 1308",
    ),
    (
        Code::ContentPolicy,
        "refusal contentfilter contentfiltered datainspectionfailed contentpolicy contentblocked \
         promptblocked moderationblocked contentmoderation prohibitedcontent guardrailintervened \
         sensitivecontentdetected inputtextsensitivecontentdetected 1301",
    ),
    (
        Code::InvalidModel,
        "modelnotfound modeldeprecated modeldecommissioned notfound noendpoints invalidmodel \
         unknownmodel modelnotexist modelnotsupported deploymentnotfound resourcenotfound 1211",
    ),
    (
        Code::Timeout,
        "timeout deadlineexceeded gatewaytimeout requesttimeout apitimeout modeltimeout",
    ),
    (
        Code::ProviderError,
        "provideroverloaded providerunavailable overloaded engineoverloaded server internalserver \
         internal unavailable serviceunavailable",
    ),
];

/// Returns the code of a provider's code word. Ignores case, punctuation and the endings `error`
/// and `exception`.
fn code_of_word(word: &str) -> Option<Code> {
    if word.len() > 128 {
        return None;
    }
    let plain: String = word
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let plain = plain.strip_suffix("exception").unwrap_or(&plain);
    let plain = plain.strip_suffix("error").unwrap_or(plain);
    if plain == "requesttoolarge" {
        return Some(Code::InvalidRequest);
    }
    if plain.ends_with("policyviolation") || word.ends_with("_policy") {
        return Some(Code::ContentPolicy);
    }
    let is_known = |words: &str| !plain.is_empty() && words.split(' ').any(|known| known == plain);
    let (code, _) = CODE_WORDS.iter().find(|(_, words)| is_known(words))?;
    Some(*code)
}
