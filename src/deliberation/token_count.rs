//! Counts the tokens that a call sends: a request to a model in, a number out. `max_cost` and
//! `estimate()` use the same count.

use std::borrow::Cow;

use memchr::memmem;

use crate::json::{Map, Value};
use crate::plan::ModelTarget;
use crate::provider::dialect::ModelRequest;
use crate::provider::prices::CacheWrites;

/// Bytes of text that count as one token. English has four and more, Chinese three.
pub(super) const BYTES_PER_TOKEN: u64 = 3;
/// Upper limit for the tokens of a picture of any size. OpenAI counts up to 10,000 patches, Qwen
/// 16,384 tokens, and Anthropic 4,784.
const TOKENS_PER_PICTURE: u64 = 25_000;
/// The tokens of a picture for models of [`DEAR_PICTURES`]: 2,833, and 5,667 for each of at most
/// eight tiles. <https://developers.openai.com/api/docs/guides/images-vision>
const TOKENS_PER_DEAR_PICTURE: u64 = 50_000;
/// A part of the names of models that count a picture as more than [`TOKENS_PER_PICTURE`].
const DEAR_PICTURES: &[u8] = b"4o-mini";
/// The tokens of a picture with `detail: "low"`, for models of [`READS_DETAIL`].
const TOKENS_PER_LOW_PICTURE: u64 = 3_000;
/// A part of the names of models that read `detail`. Other models ignore it.
const READS_DETAIL: &[u8] = b"gpt-4";
/// The field for the time to live of a `cache_control`.
const TTL: &[u8] = b"\"ttl\":";

/// The tokens and the cache writes of a request.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub tokens: u64,
    pub cache_writes: CacheWrites,
}

/// Estimates the tokens of a call: the bytes of its body, and a flat rate for each picture. The
/// estimate is too high rather than too low. Every field counts, because `max_cost` would not cover
/// a field that is not counted.
pub(super) fn count(model: &ModelTarget, model_request: &ModelRequest<'_>) -> Sent {
    let mut pictures = PictureCount::new(model_request.model);
    let messages: Vec<Value> = model_request
        .messages
        .iter()
        .map(|message| without_pictures(message, &mut pictures).into_owned())
        .collect();
    let counted = ModelRequest {
        messages: &messages,
        ..*model_request
    };
    let provider = &model.provider;
    let body = provider.dialect.encode(&counted, provider.vendor);
    let body = body.to_string();
    Sent {
        tokens: text_tokens(body.len()).saturating_add(pictures.tokens),
        cache_writes: cache_writes(&body),
    }
}

/// Counts the tokens of pictures.
struct PictureCount {
    /// Tokens of a picture.
    each: u64,
    /// Tokens of a picture with `detail: "low"`.
    each_low: u64,
    /// The tokens of all pictures so far.
    tokens: u64,
}

impl PictureCount {
    /// Returns an empty count for a model.
    fn new(model: &str) -> Self {
        let contains = |part| memmem::find(model.as_bytes(), part).is_some();
        let is_dear = contains(DEAR_PICTURES);
        let each = if is_dear {
            TOKENS_PER_DEAR_PICTURE
        } else {
            TOKENS_PER_PICTURE
        };
        let each_low = if is_dear || contains(READS_DETAIL) {
            TOKENS_PER_LOW_PICTURE
        } else {
            each
        };
        Self {
            each,
            each_low,
            tokens: 0,
        }
    }

    /// Adds the picture of an `image_url`.
    fn add(&mut self, image_url: &Value) {
        let is_low = image_url.field("detail").as_str() == Some("low");
        let tokens = if is_low { self.each_low } else { self.each };
        self.tokens = self.tokens.saturating_add(tokens);
    }
}

/// Returns which cache writes a body may cause. Inside a JSON string, quotation marks are escaped,
/// so text cannot be mistaken for a field name.
fn cache_writes(body: &str) -> CacheWrites {
    let body = body.as_bytes();
    if memmem::find(body, b"\"cache_control\":").is_none() {
        return CacheWrites::None;
    }
    let mut times = memmem::find_iter(body, TTL).filter_map(|at| body.get(at + TTL.len()..));
    if times.all(|time| time.starts_with(b"\"5m\"")) {
        CacheWrites::FiveMinutes
    } else {
        CacheWrites::OneHour
    }
}

/// Returns the tokens of a text of that many bytes.
pub(super) fn text_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}

/// Returns a message without the data of its pictures, and counts the pictures.
fn without_pictures<'a>(message: &'a Value, pictures: &mut PictureCount) -> Cow<'a, Value> {
    let parts = message.field("content").elements();
    if !parts.iter().any(|part| picture_url(part).is_some()) {
        return Cow::Borrowed(message);
    }
    let content: Value = parts
        .iter()
        .map(|part| match picture_url(part) {
            Some(url) => {
                pictures.add(part.field("image_url"));
                let url = replaced(part.field("image_url"), "url", without_data(url).into());
                replaced(part, "image_url", url)
            }
            None => part.clone(),
        })
        .collect();
    Cow::Owned(replaced(message, "content", content))
}

/// Returns a copy of an object with another value of one field.
fn replaced(object: &Value, name: &str, value: Value) -> Value {
    let mut copy = Map::new();
    for (field, old) in object.as_object().into_iter().flat_map(Map::iter) {
        if field != name {
            copy.push(field.clone(), old.clone());
        }
    }
    copy.add(name, value);
    copy.into()
}

/// Returns the URL of a picture that is counted at the flat rate: a content part's `image_url.url`
/// with `https:`, or with the picture's data as Base64.
fn picture_url(part: &Value) -> Option<&str> {
    let is_image = part.field("type").as_str() == Some("image_url");
    let url = part.field("image_url").field("url").as_str();
    url.filter(|url| is_image && (url.starts_with("https:") || picture_data(url).is_some()))
}

/// Returns the data of a `data:image/` URL, if it is Base64.
fn picture_data(url: &str) -> Option<&str> {
    let (head, data) = url.strip_prefix("data:image/")?.split_once(',')?;
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
    (head.ends_with(";base64") && data.bytes().all(is_base64)).then_some(data)
}

/// Returns the URL without the picture's data. An `https:` URL stays, because its text counts.
fn without_data(url: &str) -> String {
    let data = picture_data(url).map_or(0, str::len);
    url.get(..url.len() - data).unwrap_or(url).to_owned()
}
