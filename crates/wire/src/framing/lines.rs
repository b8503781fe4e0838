//! One JSON text in each line.

use memchr::memchr;

use crate::sse::{Event, EventTooLarge, MAX_EVENT_BYTES};

#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// The line being received.
    line: Vec<u8>,
    /// Bytes consumed in all.
    position: u64,
    line_start: u64,
    /// A line began with something that is no JSON object.
    foreign: bool,
    overflown: bool,
}

impl Parser {
    pub fn feed(&mut self, chunk: &[u8], mut on_event: impl FnMut(Event<'_>)) -> Result<(), EventTooLarge> {
        if self.overflown {
            return Err(EventTooLarge);
        }
        let mut rest = chunk;
        while let Some(end) = memchr(b'\n', rest) {
            self.position += end as u64 + 1;
            if self.line.is_empty() {
                self.take(&rest[..end], &mut on_event);
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&rest[..end]);
                self.take(&line, &mut on_event);
                line.clear();
                self.line = line;
            }
            rest = &rest[end + 1..];
        }
        self.line.extend_from_slice(rest);
        self.position += rest.len() as u64;
        if self.line.len() > MAX_EVENT_BYTES {
            self.overflown = true;
            self.line = Vec::new();
            return Err(EventTooLarge);
        }
        Ok(())
    }

    pub fn finish(&mut self, mut on_event: impl FnMut(Event<'_>)) {
        let line = std::mem::take(&mut self.line);
        self.take(&line, &mut on_event);
    }

    pub fn pending_start(&self) -> u64 {
        self.line_start
    }

    pub fn is_foreign(&self) -> bool {
        self.foreign
    }

    fn take(&mut self, line: &[u8], on_event: &mut impl FnMut(Event<'_>)) {
        let start = std::mem::replace(&mut self.line_start, self.position);
        let data = line.trim_ascii();
        if data.is_empty() {
            return;
        }
        // It is reported nevertheless: whoever reads the stream has to know that something unreadable stands here.
        self.foreign |= !data.starts_with(b"{");
        on_event(Event { name: "", data, id: "", retry: None, start, end: self.position });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&str]) -> Vec<String> {
        let mut parser = Parser::default();
        let mut seen = Vec::new();
        let mut note = |event: Event<'_>| {
            seen.push(format!("{} {}..{}", String::from_utf8_lossy(event.data), event.start, event.end));
        };
        for chunk in chunks {
            parser.feed(chunk.as_bytes(), &mut note).unwrap();
        }
        parser.finish(&mut note);
        seen
    }

    #[test]
    fn lines_are_events_however_they_are_cut() {
        let whole = "{\"a\":1}\r\n\n{\"b\":2}\n{\"c\":3}";
        let expected = ["{\"a\":1} 0..9", "{\"b\":2} 10..18", "{\"c\":3} 18..25"];
        assert_eq!(lines(&[whole]), expected);
        let bytes: Vec<&str> = whole.split("").collect();
        assert_eq!(lines(&bytes), expected);
    }

    #[test]
    fn what_is_no_object_is_foreign_and_what_never_ends_is_refused() {
        let mut parser = Parser::default();
        let mut seen = Vec::new();
        parser.feed(b"<html>\n", |event| seen.push(event.data.to_vec())).unwrap();
        assert!(parser.is_foreign());
        assert_eq!(seen, [b"<html>"]);
        let mut parser = Parser::default();
        let endless = vec![b'x'; MAX_EVENT_BYTES + 1];
        assert_eq!(parser.feed(&endless, |_| ()), Err(EventTooLarge));
        assert_eq!(parser.feed(b"\n", |_| ()), Err(EventTooLarge));
    }
}
