//! Numbers of payment cards: 13 to 19 digits, in groups or not, whose last is the check digit of the others (ISO/IEC 7812).

/// The text with a mark in place of every number of a card; `None` if there is none.
pub fn without(text: &str, mark: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let mut copied = 0;
    let groups = groups(text);
    let mut first = 0;
    while first < groups.len() {
        let Some(last) = longest_card(text, &groups, first) else {
            first += 1;
            continue;
        };
        let out = out.get_or_insert_with(String::new);
        out.push_str(&text[copied..groups[first].start]);
        out.push_str(mark);
        copied = groups[last].end;
        first = last + 1;
    }
    out.map(|out| out + &text[copied..])
}

/// A run of digits.
struct Group {
    start: usize,
    end: usize,
    /// What is between it and the group before may stand within a number.
    follows: bool,
}

fn groups(text: &str) -> Vec<Group> {
    let bytes = text.as_bytes();
    let mut groups: Vec<Group> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let follows = groups.last().is_some_and(|before| separates(&text[before.end..start]));
        groups.push(Group { start, end: at, follows });
    }
    groups
}

/// A space or a hyphen, also of the kinds that do not break a line.
fn separates(between: &str) -> bool {
    let is_one = |character| {
        matches!(character, ' ' | '-' | '\u{a0}' | '\u{2009}' | '\u{2010}' | '\u{2011}' | '\u{202f}')
    };
    (1..=2).contains(&between.chars().count()) && between.chars().all(is_one)
}

/// The last group of the longest number of a card that begins with this group.
fn longest_card(text: &str, groups: &[Group], first: usize) -> Option<usize> {
    let mut digits = Vec::with_capacity(19);
    let mut found = None;
    for (place, group) in groups.iter().enumerate().skip(first) {
        if place > first && !group.follows {
            break;
        }
        digits.extend(text.as_bytes()[group.start..group.end].iter().take(20).map(|digit| digit - b'0'));
        if digits.len() > 19 {
            break;
        }
        if digits.len() >= 13 && is_checked(&digits) {
            found = Some(place);
        }
    }
    found
}

/// Luhn's check.
pub fn is_checked(digits: &[u8]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(place, digit)| {
        let digit = u32::from(*digit);
        let doubled = digit * 2;
        if place % 2 == 0 { digit } else { doubled / 10 + doubled % 10 }
    });
    // Zeros alone are nobody's.
    weighed.sum::<u32>().is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}
