//! Reads objects and arrays, even if commas, colons, quotes or closing brackets are missing.

use super::{NEAR, Parser, Place};
use crate::json::value::{Map, Value};

/// What the parser found where the next field or element should begin.
enum Next {
    End,
    Part,
    /// The parser skipped a character. It must examine the text after this character.
    Again,
}

/// What the parser found where the name of a field should begin.
enum Name {
    Is(String),
    /// The parser skipped a name that has no value.
    Stray,
}

impl Parser<'_> {
    pub(super) fn members(&mut self, depth: u32) -> Option<Value> {
        self.at += 1;
        self.objects += 1;
        let members = self.fields(depth);
        self.objects -= 1;
        members
    }

    fn fields(&mut self, depth: u32) -> Option<Value> {
        let mut object = Map::new();
        // The object may contain names without values, as in a Python set.
        let mut bare = Vec::new();
        for i in 0.. {
            let commas = self.skip_commas()?;
            match self.at_name(depth, commas, i == 0)? {
                Next::End => break,
                Next::Again => continue,
                Next::Part => {}
            }
            if self.peek() == Some(b'[') {
                self.continued_array(&mut object, depth)?;
                continue;
            }
            let Name::Is(name) = self.name(object.is_empty())? else {
                self.has_stray = true;
                continue;
            };
            if self.colon()? {
                let keeps = self.keep();
                let value = self.value(depth + 1, Place::Field)?;
                if (!self.cut || value.is_array() || value.is_object()) && keeps {
                    object.push(name, value);
                }
            } else if self.keep() {
                self.has_stray = true;
                bare.push(Value::String(name));
            }
        }
        Some(if object.is_empty() && !bare.is_empty() {
            Value::Array(bare)
        } else {
            Value::Object(object)
        })
    }

    /// Examines the place where the next name of an object should begin. Reads the end of the
    /// object, or a bracket that does not belong there.
    fn at_name(&mut self, depth: u32, commas: usize, is_first: bool) -> Option<Next> {
        match self.peek() {
            None => {
                self.cut = true;
                return Some(Next::End);
            }
            Some(b'}') => {
                if commas > 0 {
                    self.repair()?;
                }
                self.at += 1;
                let is_end = depth > 0 || self.is_strict || !self.goes_on();
                return Some(if is_end { Next::End } else { Next::Again });
            }
            Some(b']' | b')') => {
                self.repair()?;
                if self.arrays > 0 {
                    return Some(Next::End);
                }
                self.at += 1;
                return Some(Next::Again);
            }
            // The next element of the surrounding array begins, but this object was not closed.
            Some(b'{') if self.arrays > 0 && !is_first => {
                self.repair()?;
                return Some(Next::End);
            }
            Some(_) => {}
        }
        if commas != usize::from(!is_first) {
            self.repair()?;
        }
        Some(Next::Part)
    }

    /// Reads further elements of an array that was closed too early: `"a": [1], [2]`.
    fn continued_array(&mut self, object: &mut Map, depth: u32) -> Option<()> {
        self.repair()?;
        let Some(Value::Array(array)) = object.last_mut() else {
            return None;
        };
        if let Value::Array(more) = self.elements(depth + 1)? {
            array.extend(more);
        }
        Some(())
    }

    /// Returns whether more fields follow the brace that should close the object.
    fn goes_on(&self) -> bool {
        let comma = self.past_space(self.at);
        let next = self.past_commas(comma);
        self.byte(comma) == Some(b',') && self.byte(next) == Some(b'"') && self.is_key(next)
    }

    fn name(&mut self, is_first: bool) -> Option<Name> {
        if self.quote_at(self.at).is_some() {
            return self.string(Place::Key).map(Name::Is);
        }
        self.repair()?;
        let rest = self.bytes.get(self.at..)?;
        let is_of_name = |byte: &&u8| !b":,{}[]\"'=\n()".contains(byte);
        let length = rest.iter().take(NEAR).take_while(is_of_name).count();
        let end = self.at + length;
        let has_quote = self.byte(end) == Some(b'"') && self.byte(end + 1) == Some(b':');
        if length > 0 && (has_quote || matches!(self.byte(end), Some(b':' | b'='))) {
            let name = String::from_utf8_lossy(rest.get(..length)?)
                .trim()
                .to_owned();
            self.at = end + usize::from(has_quote);
            return Some(Name::Is(name));
        }
        let is_of_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_$-".contains(byte);
        let length = rest.iter().take(NEAR).take_while(is_of_word).count();
        if length == 0 {
            return None;
        }
        let next = self.past_space(self.at + length);
        let word = rest.get(..length)?;
        if matches!(self.byte(next), Some(b',' | b'}')) || self.is_key(next) {
            self.at += length;
            return (!is_first).then_some(Name::Stray);
        }
        if !self.is_value(next) {
            return None;
        }
        let name = String::from_utf8_lossy(word).into_owned();
        self.at += length;
        Some(Name::Is(name))
    }

    /// Reads the colon after a name. If the name has no value, returns false.
    fn colon(&mut self) -> Option<bool> {
        self.skip_space()?;
        match self.peek() {
            None => self.cut = true,
            Some(b':') => self.at += 1,
            Some(byte) => {
                self.repair()?;
                match byte {
                    b'=' => self.at += 1 + usize::from(self.byte(self.at + 1) == Some(b'>')),
                    b',' | b'}' => return Some(false),
                    _ if self.is_value(self.at) => {}
                    _ => return None,
                }
            }
        }
        Some(true)
    }

    pub(super) fn elements(&mut self, depth: u32) -> Option<Value> {
        self.at += 1;
        self.arrays += 1;
        let elements = self.items(depth);
        self.arrays -= 1;
        elements.map(Value::Array)
    }

    fn items(&mut self, depth: u32) -> Option<Vec<Value>> {
        let mut elements = Vec::new();
        for i in 0.. {
            let end = self.at;
            let commas = self.skip_commas()?;
            match self.at_element(end, commas)? {
                Next::End => break,
                Next::Again => continue,
                Next::Part => {}
            }
            if self.peek() == Some(b':') {
                self.pair(&mut elements, depth)?;
                continue;
            }
            if commas != usize::from(i > 0) {
                self.repair()?;
            }
            let keeps = self.keep();
            let element = self.value(depth + 1, Place::Element)?;
            let has_whole_parts = element.as_object().is_some_and(|object| !object.is_empty());
            if (!self.cut || has_whole_parts) && keeps {
                elements.push(element);
            }
        }
        Some(elements)
    }

    /// Examines the place where the next element of an array should begin. Reads the end of the
    /// array, or a bracket that does not belong there. `end` is the offset after the previous
    /// element.
    fn at_element(&mut self, end: usize, commas: usize) -> Option<Next> {
        match self.peek() {
            None => self.cut = true,
            Some(close @ (b']' | b')')) => {
                if commas > 0 || close == b')' {
                    self.repair()?;
                }
                self.at += 1;
            }
            Some(b'}') => {
                self.repair()?;
                if self.objects == 0 || self.is_stray_brace(end) {
                    self.at += 1;
                    return Some(Next::Again);
                }
            }
            Some(_) => return Some(Next::Part),
        }
        Some(Next::End)
    }

    /// Reads a name with a value in place of an element, as in `["a": 1]`. The name was already
    /// read as an element, so removes this element first.
    fn pair(&mut self, elements: &mut Vec<Value>, depth: u32) -> Option<()> {
        self.repair()?;
        let Some(Value::String(name)) = elements.pop() else {
            return None;
        };
        self.at += 1;
        let value = self.value(depth + 1, Place::Element)?;
        if !self.cut {
            elements.push(Value::Object(Map::from_iter([(name, value)])));
        }
        Some(())
    }

    /// Returns whether the brace at the current place is a duplicate of the brace before `end`:
    /// `{..}}, {..}`.
    fn is_stray_brace(&self, end: usize) -> bool {
        let next = self.past_commas(self.at + 1);
        end > 0
            && self.byte(end - 1) == Some(b'}')
            && next > self.at + 1
            && self.byte(next) == Some(b'{')
    }

    /// Skips commas. Also skips ellipses that models write in place of omitted elements. Returns
    /// the number of commas.
    fn skip_commas(&mut self) -> Option<usize> {
        let mut count = 0;
        self.skip_space()?;
        loop {
            match self.peek() {
                Some(b',') => {
                    count += 1;
                    self.at += 1;
                }
                Some(b';') => {
                    self.repair()?;
                    self.at += 1;
                }
                Some(b'.' | 0xE2) if self.is_ellipsis(self.at) => {
                    self.repair()?;
                    self.at += if self.peek() == Some(b'.') { 1 } else { 3 };
                    while self.peek() == Some(b'.') {
                        self.at += 1;
                    }
                }
                _ => return Some(count),
            }
            self.skip_space()?;
        }
    }
}
