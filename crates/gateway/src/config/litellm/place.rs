//! Where in a YAML text each member and item stands. The values are read by serde, which forgets that.

use std::collections::HashMap;
use std::fmt;

use serde_saphyr::granit_parser::{Event, Parser};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Name(String),
    Index(usize),
}

/// The way from the root of the document to something in it: `model_list[2].litellm_params.timeout`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    pub fn name(&self, name: &str) -> Self {
        self.with(Step::Name(name.to_owned()))
    }

    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The names in it.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Index(_) => None,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if position == 0 => formatter.write_str(name)?,
                Step::Name(name) => write!(formatter, ".{name}")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// The places of a text: of a member where its name begins, of an item where it begins itself.
#[derive(Debug, Default)]
pub struct Places(HashMap<Path, Place>);

/// A collection that has begun and not ended.
enum Open {
    /// Whether its next node is the value of a member, rather than a name.
    Map { at_value: bool },
    /// The position of its next item.
    List(usize),
}

impl Places {
    /// Of a text that is known to be valid. Should a node be of a kind that no configuration has, the places end there.
    pub fn of(text: &str) -> Self {
        let mut places = HashMap::new();
        let mut open: Vec<Open> = Vec::new();
        let mut path = Path::default();
        for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
            let place = Place {
                line: u32::try_from(span.start.line()).unwrap_or(u32::MAX),
                column: u32::try_from(span.start.col() + 1).unwrap_or(u32::MAX),
            };
            if event.is_node() || matches!(event, Event::Alias(_)) {
                match (open.last_mut(), &event) {
                    (Some(Open::Map { at_value }), Event::Scalar(name, ..)) if !*at_value => {
                        *at_value = true;
                        path = path.name(name);
                        places.insert(path.clone(), place);
                        continue;
                    }
                    (Some(Open::Map { at_value: false }), _) => break,
                    (Some(Open::List(next)), _) => {
                        path = path.index(*next);
                        *next += 1;
                        places.insert(path.clone(), place);
                    }
                    (Some(Open::Map { at_value: true }) | None, _) => {}
                }
            }
            match event {
                Event::MappingStart(..) => open.push(Open::Map { at_value: false }),
                Event::SequenceStart(..) => open.push(Open::List(0)),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    end_node(&mut open, &mut path);
                }
                Event::Scalar(..) | Event::Alias(_) => end_node(&mut open, &mut path),
                _ => {}
            }
        }
        Self(places)
    }

    /// Of the nearest thing on the way that has one: members that came through an alias or a default have none.
    pub fn find(&self, path: &Path) -> Option<Place> {
        let mut path = path.clone();
        loop {
            if let Some(place) = self.0.get(&path) {
                return Some(*place);
            }
            path.0.pop()?;
        }
    }
}

/// A member or an item is complete.
fn end_node(open: &mut [Open], path: &mut Path) {
    path.0.pop();
    if let Some(Open::Map { at_value }) = open.last_mut() {
        *at_value = false;
    }
}

#[cfg(test)]
mod tests;
