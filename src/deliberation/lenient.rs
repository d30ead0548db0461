//! JSON as models write it: trailing commas, raw line ends in strings, comments, an end that was cut off.

use serde_json::{Map, Number, Value};

/// Deeper than any analysis, shallow enough for every stack.
pub const MAX_DEPTH: u32 = 32;

/// How much text may be looked at more than once: a reply of nothing but braces must not cost seconds.
const MAX_RESCANNED: usize = 4 << 20;

/// An object as it stands in a text.
pub struct Object {
    /// What is in it.
    pub members: Map<String, Value>,
    /// Bytes it took.
    pub length: usize,
    /// The text ended inside it.
    pub cut: bool,
}

/// Reads the object that begins `text`, or tells how many bytes were looked at to see that there is none. Where the text ends in the
/// middle of it, what was open is closed, less the string that was being written: half a sentence is not what the model meant to say.
pub fn object(text: &str) -> Result<Object, usize> {
    let mut parser = Parser { bytes: text.as_bytes(), at: 0, cut: false };
    match parser.value(0) {
        Some(Value::Object(members)) => Ok(Object { members, length: parser.at, cut: parser.cut }),
        _ => Err(parser.at),
    }
}

/// Reads one value that is whole.
pub fn value(bytes: &[u8]) -> Option<Value> {
    let mut parser = Parser { bytes, at: 0, cut: false };
    parser.value(0).filter(|_| !parser.cut)
}

/// What `pick` makes of the last object in `text` that it makes anything of. Nothing at all where looking would cost too much: the
/// objects that come first may be echoes.
pub fn last<T>(text: &str, mut pick: impl FnMut(Map<String, Value>) -> Option<T>) -> Option<T> {
    let (mut found, mut at, mut budget) = (None, 0, MAX_RESCANNED);
    while let Some(brace) = text.get(at..).and_then(|rest| rest.find('{')) {
        at += brace;
        let (step, again) = match object(text.get(at..)?) {
            Ok(Object { members, length, cut }) => {
                found = pick(members).or(found);
                // One that was never closed may have swallowed a whole one that comes after it.
                if cut { (1, length) } else { (length, 0) }
            }
            Err(looked_at) => (1, looked_at),
        };
        at += step.max(1);
        budget = budget.checked_sub(again)?;
    }
    found
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The text ended inside the value just read.
    cut: bool,
}

/// `None` is a syntax error. The end of the text is none.
impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"//")) {
                while self.peek().is_some_and(|byte| byte != b'\n') {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        self.skip_space();
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek() {
            None => {
                self.cut = true;
                Some(Value::Null)
            }
            Some(b'{') => self.members(depth),
            Some(b'[') => self.elements(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(_) => self.word(),
        }
    }

    fn members(&mut self, depth: u32) -> Option<Value> {
        let mut object = Map::new();
        self.at += 1;
        loop {
            self.skip_separators();
            match self.peek() {
                None => {
                    self.cut = true;
                    break;
                }
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {
                    let name = self.string()?;
                    self.skip_space();
                    match self.peek() {
                        None => self.cut = true,
                        Some(b':') => self.at += 1,
                        Some(_) => return None,
                    }
                    let value = self.value(depth + 1)?;
                    if !self.cut || value.is_array() || value.is_object() {
                        object.insert(name, value);
                    }
                }
                Some(_) => return None,
            }
        }
        Some(Value::Object(object))
    }

    fn elements(&mut self, depth: u32) -> Option<Value> {
        let mut elements = Vec::new();
        self.at += 1;
        loop {
            self.skip_separators();
            match self.peek() {
                None => {
                    self.cut = true;
                    break;
                }
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(_) => {
                    let element = self.value(depth + 1)?;
                    let has_whole_parts = element.as_object().is_some_and(|object| !object.is_empty());
                    if !self.cut || has_whole_parts {
                        elements.push(element);
                    }
                }
            }
        }
        Some(Value::Array(elements))
    }

    fn skip_separators(&mut self) {
        self.skip_space();
        while self.peek() == Some(b',') {
            self.at += 1;
            self.skip_space();
        }
    }

    /// From quote to quote.
    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let begin = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                None => {
                    self.cut = true;
                    break;
                }
                Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                Some(_) => self.at += 1,
            }
        }
        let string = decoded(self.bytes.get(begin..self.at)?);
        self.at = (self.at + 1).min(self.bytes.len());
        Some(string)
    }

    /// A number, or a word: `true`, `null`, Python's `None`, or something unquoted that ends the reading.
    fn word(&mut self) -> Option<Value> {
        let begin = self.at;
        while self.peek().is_some_and(is_of_word) {
            self.at += 1;
        }
        let word = word(self.bytes.get(begin..self.at)?);
        if word.is_none() && self.at > begin && self.peek().is_none() {
            self.cut = true;
            return Some(Value::Null);
        }
        word
    }
}

/// What stands between two quotes. The serious decoding is serde_json's, with raw control characters escaped for it.
pub fn decoded(raw: &[u8]) -> String {
    let raw = String::from_utf8_lossy(raw);
    let mut json = String::with_capacity(raw.len() + 2);
    json.push('"');
    for c in raw.chars() {
        match c {
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => {}
            c => json.push(c),
        }
    }
    json.push('"');
    serde_json::from_str(&json).unwrap_or_else(|_| raw.into_owned())
}

/// Whether a byte can be of a [`word`].
pub fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// `true`, `null`, Python's `None`, a number.
pub fn word(bytes: &[u8]) -> Option<Value> {
    match std::str::from_utf8(bytes).ok()? {
        "true" | "True" => Some(Value::Bool(true)),
        "false" | "False" => Some(Value::Bool(false)),
        "null" | "None" => Some(Value::Null),
        number => number.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Option<Value> {
        object(text).ok().map(|object| Value::Object(object.members))
    }

    #[test]
    fn what_models_get_wrong_is_read() {
        assert_eq!(read("{\"a\": [1, 2,], \"b\": {\"c\": \"d\",},}"), Some(json!({"a": [1.0, 2.0], "b": {"c": "d"}})));
        assert_eq!(read("{\"a\": \"two\nlines\" // why\n}"), Some(json!({"a": "two\nlines"})));
        assert_eq!(read("{\"a\": None, \"b\": True}"), Some(json!({"a": null, "b": true})));
        assert_eq!(read("{\"a\": \"bad \\x escape\"}"), Some(json!({"a": "bad \\x escape"})));
        assert_eq!(read("{\"a\": \"\\u00e9 \\\"q\\\"\"}"), Some(json!({"a": "é \"q\""})));
    }

    #[test]
    fn what_was_cut_off_is_closed_without_its_last_string() {
        assert_eq!(read("{\"a\": [{\"b\": \"c\"}, {\"b\": \"d"), Some(json!({"a": [{"b": "c"}]})));
        assert_eq!(read("{\"a\": [\"x\", "), Some(json!({"a": ["x"]})));
        assert_eq!(read("{\"a\": [\"x\", nul"), Some(json!({"a": ["x"]})));
    }

    #[test]
    fn what_is_no_object_is_none_and_its_length_is_told() {
        for text in ["", "[1]", "{a: 1}", "{\"a\" 1}", "{\"a\": @}"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(object("{\"a\": 1} and more").map(|object| object.length), Ok(8));
        assert_eq!(read(&"{\"a\":".repeat(1000)), None);
    }
}
