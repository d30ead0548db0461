//! Counts the tokens that a call sends: a request to a model in, a number out. `max_cost` and
//! `estimate()` use the same count.

use std::borrow::Cow;

use crate::json::{Map, Value};
use crate::plan::ModelTarget;
use crate::provider::dialect::ModelRequest;

/// Bytes of text that count as one token. English has four and more, Chinese three.
pub(super) const BYTES_PER_TOKEN: u64 = 3;
/// Tokens of an image of any size. Providers count between 85 and 1,600.
const TOKENS_PER_IMAGE: u64 = 2_000;

/// Estimates the tokens of a call, rather too high: the bytes of its body, and a flat rate for each
/// picture. Everything that is sent counts, because a field that is not counted would escape the
/// limit.
pub(super) fn sent_tokens(model: &ModelTarget, model_request: &ModelRequest<'_>) -> u64 {
    let mut pictures = 0;
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
    text_tokens(body.to_string().len()) + pictures * TOKENS_PER_IMAGE
}

/// Returns the tokens of a text of that many bytes.
pub(super) fn text_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}

/// Returns a message without the data of its pictures, and counts the pictures.
fn without_pictures<'a>(message: &'a Value, pictures: &mut u64) -> Cow<'a, Value> {
    let parts = message.field("content").elements();
    if !parts.iter().any(|part| picture_url(part).is_some()) {
        return Cow::Borrowed(message);
    }
    let content: Value = parts
        .iter()
        .map(|part| match picture_url(part) {
            Some(url) => {
                *pictures += 1;
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
            copy.insert(field, old.clone());
        }
    }
    copy.insert(name, value);
    copy.into()
}

/// Returns the URL of a picture that has the flat rate: a content part's `image_url.url` with
/// `https:`, or with the picture's data as Base64.
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

/// Returns the URL without its data. The text of an `https:` URL counts.
fn without_data(url: &str) -> String {
    let data = picture_data(url).map_or(0, str::len);
    url.get(..url.len() - data).unwrap_or(url).to_owned()
}
