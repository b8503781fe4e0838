//! Texts of JSON that differ from row to row in their numbers alone: what a provider reports of usage, and how a cost came
//! about. The text without its numbers is written once (`templates`), and a row has its number and the numbers left out, a
//! few bytes each.

use std::collections::HashMap;

use rusqlite::{Connection, Result};

pub(super) const CREATE: &str = "
CREATE TABLE templates (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE              -- JSON with # in place of each number
) STRICT;";

/// So many templates are known to the writer, and no more than that are made by it: texts that differ in more than numbers are
/// kept as they are.
const MOST_KNOWN: usize = 4_000;
/// A longer one is not worth a place in the table.
const LONGEST: usize = 4_000;

/// A text as a row keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packed {
    /// `None`: `values` is the text itself.
    pub template: Option<i64>,
    pub values: Option<Vec<u8>>,
}

/// Which numbers stay in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Nothing,
    /// The last of each `[a, b, c]`, as the lines of a cost are: prices, of which there are few.
    Third,
}

/// The numbers of templates that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers {
    known: HashMap<String, i64>,
    made: usize,
}

impl Numbers {
    pub(super) fn pack(&mut self, connection: &Connection, text: Option<&str>, kept: Kept) -> Result<Packed> {
        let Some(text) = text else { return Ok(Packed::default()) };
        let verbatim = || Packed { template: None, values: Some(text.as_bytes().to_vec()) };
        let Some((template, values)) = split(text, kept).filter(|(template, _)| template.len() <= LONGEST)
        else {
            return Ok(verbatim());
        };
        if let Some(number) = self.known.get(&template) {
            return Ok(Packed { template: Some(*number), values: Some(values) });
        }
        if self.made >= MOST_KNOWN {
            return Ok(verbatim());
        }
        let number = connection
            .prepare_cached(
                "INSERT INTO templates (text) VALUES (?1) ON CONFLICT (text) DO UPDATE SET text = excluded.text RETURNING id",
            )?
            .query_row([&template], |row| row.get(0))?;
        self.made += 1;
        self.known.insert(template, number);
        Ok(Packed { template: Some(number), values: Some(values) })
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.known.clear();
    }
}

/// The text again: of its template, and the values of the row.
pub(super) fn unpack(template: Option<&str>, values: Option<&[u8]>) -> Option<String> {
    match (template, values?) {
        (None, text) => String::from_utf8(text.to_vec()).ok(),
        (Some(template), values) => join(template, values),
    }
}

/// Bytes of a text, with whether each is within a string of JSON.
struct Outside<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Outside<'a> {
    /// The text up to the next number or `#` outside of strings, and the rest from there on.
    fn next(&mut self, is_wanted: impl Fn(u8) -> bool) -> (&'a str, bool) {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let mut in_string = false;
        while self.at < bytes.len() {
            let byte = bytes[self.at];
            match byte {
                b'\\' if in_string => self.at += 1,
                b'"' => in_string = !in_string,
                _ if !in_string && is_wanted(byte) => return (&self.text[start..self.at], true),
                _ => {}
            }
            self.at += 1;
        }
        self.at = bytes.len();
        (&self.text[start..], false)
    }
}

/// A text without its numbers, and these; `None` for what is not JSON of one kind or other: it has a `#` of its own.
fn split(text: &str, kept: Kept) -> Option<(String, Vec<u8>)> {
    let mut outside = Outside { text, at: 0 };
    let (mut template, mut values) = (String::with_capacity(text.len()), Vec::new());
    let mut before = 0;
    loop {
        let (part, found) = outside.next(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'#'));
        template.push_str(part);
        if !found {
            return Some((template, values));
        }
        let rest = &text[outside.at..];
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        if length == 0 {
            return None;
        }
        let number = &rest[..length];
        before = if part == "," { before + 1 } else { 0 };
        if kept == Kept::Third && before == 1 && is_whole(number) && rest[length..].starts_with(']') {
            template.push_str(number);
            outside.at += length;
            continue;
        }
        template.push('#');
        match number.parse::<u64>() {
            Ok(whole) if whole < 1 << 60 && whole.to_string() == number => varint(whole << 1, &mut values),
            _ => {
                varint(((length as u64) << 1) | 1, &mut values);
                values.extend_from_slice(number.as_bytes());
            }
        }
        outside.at += length;
    }
}

fn join(template: &str, mut values: &[u8]) -> Option<String> {
    let mut outside = Outside { text: template, at: 0 };
    let mut text = String::with_capacity(template.len() + values.len() * 2);
    loop {
        let (part, found) = outside.next(|byte| byte == b'#');
        text.push_str(part);
        if !found {
            return Some(text);
        }
        outside.at += 1;
        let head = read_varint(&mut values)?;
        if head & 1 == 0 {
            text.push_str(&(head >> 1).to_string());
        } else {
            let length = usize::try_from(head >> 1).ok()?;
            let (number, rest) = values.split_at_checked(length)?;
            text.push_str(std::str::from_utf8(number).ok()?);
            values = rest;
        }
    }
}

fn is_whole(number: &str) -> bool {
    number.parse::<u64>().is_ok_and(|whole| whole.to_string() == number)
}

/// Seven bits a byte, the lowest first.
fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn read_varint(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;
