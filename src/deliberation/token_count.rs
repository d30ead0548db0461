//! Counts the tokens of a request to a model. Both `max_cost` and `estimate()` use this count.

use std::borrow::Cow;

use memchr::memmem;

use crate::json::{Map, Value};
use crate::plan::ModelTarget;
use crate::provider::dialect::ModelRequest;
use crate::provider::prices::CacheWrites;

/// Number of bytes of text that count as one token. A token has at least four bytes in English, and
/// at least three bytes in Chinese.
pub(super) const BYTES_PER_TOKEN: u64 = 3;
/// Upper bound for the tokens of a picture of any size. OpenAI counts up to 10,000 patches, Qwen up
/// to 16,384 tokens and Anthropic up to 4,784 tokens.
const TOKENS_PER_PICTURE: u64 = 25_000;
/// Upper bound for the tokens of a picture, for the models of [`DEAR_PICTURES`]. A picture has
/// 2,833 tokens, and 5,667 further tokens for each of at most eight tiles.
/// <https://developers.openai.com/api/docs/guides/images-vision>
const TOKENS_PER_DEAR_PICTURE: u64 = 50_000;
/// Part of the names of models for which a picture has more than [`TOKENS_PER_PICTURE`] tokens.
const DEAR_PICTURES: &[u8] = b"4o-mini";
/// Number of tokens of a picture with `detail: "low"`, for the models of [`READS_DETAIL`].
const TOKENS_PER_LOW_PICTURE: u64 = 3_000;
/// Part of the names of models that read `detail`. Other models ignore this field.
const READS_DETAIL: &[u8] = b"gpt-4";
/// The field of `cache_control` that sets the time to live.
const TTL: &[u8] = b"\"ttl\":";

/// The size of a request: its tokens, and which of them the provider may write to its cache.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub tokens: u64,
    pub cache_writes: CacheWrites,
}

/// Estimates the tokens of a call from the bytes of its body. Each picture counts as a fixed number
/// of tokens.
///
/// The estimate is too high rather than too low. It counts every field of the body, because
/// `max_cost` must cover the cost of all fields.
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

    /// Adds the tokens of one picture. `image_url` is a field of its content part.
    fn add(&mut self, image_url: &Value) {
        let is_low = image_url.field("detail").as_str() == Some("low");
        let tokens = if is_low { self.each_low } else { self.each };
        self.tokens = self.tokens.saturating_add(tokens);
    }
}

/// Returns which cache writes a body may cause.
///
/// Searches the body for field names with their quotation marks. JSON escapes quotation marks
/// inside strings, so the search cannot find a field name inside a text.
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

/// Returns the number of tokens of a text with this number of bytes.
pub(super) fn text_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}

/// Returns a message in which the pictures have no data. Counts the pictures.
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

/// Returns a copy of an object in which one field has another value.
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

/// Returns the URL of a picture that counts as a fixed number of tokens. The URL is in
/// `image_url.url` of a content part. It begins with `https:` or contains the picture's data as
/// Base64.
fn picture_url(part: &Value) -> Option<&str> {
    let is_image = part.field("type").as_str() == Some("image_url");
    let url = part.field("image_url").field("url").as_str();
    url.filter(|url| is_image && (url.starts_with("https:") || picture_data(url).is_some()))
}

/// Returns the data of a `data:image/` URL. If the data is not Base64, returns `None`.
fn picture_data(url: &str) -> Option<&str> {
    let (head, data) = url.strip_prefix("data:image/")?.split_once(',')?;
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
    (head.ends_with(";base64") && data.bytes().all(is_base64)).then_some(data)
}

/// Returns the URL without the picture's data. Returns an `https:` URL unchanged, because its
/// characters count as text.
fn without_data(url: &str) -> String {
    let data = picture_data(url).map_or(0, str::len);
    url.get(..url.len() - data).unwrap_or(url).to_owned()
}
