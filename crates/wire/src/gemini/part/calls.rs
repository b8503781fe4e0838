//! Names for calls. Google's models often give their calls no ids and tell results apart by name and order; every
//! other format needs ids.

#[derive(Debug)]
pub(in super::super) struct Calls {
    prefix: String,
    made: u64,
    /// Calls without a result so far: id and name.
    open: Vec<(String, String)>,
}

impl Calls {
    /// Ids that are made up begin with this.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), made: 0, open: Vec::new() }
    }

    /// A call's id. The same conversation always gives the same ones.
    pub fn begin(&mut self, stated: Option<&str>, name: &str) -> String {
        let id = stated.map_or_else(|| self.make(), str::to_owned);
        self.open.push((id.clone(), name.to_owned()));
        id
    }

    /// The id of the call that a result belongs to: the one it states, else the oldest of that name. Some clients state
    /// ids of their own for calls that had none.
    pub fn answer(&mut self, stated: Option<&str>, name: &str) -> String {
        let by_id = || self.open.iter().position(|(id, _)| Some(id.as_str()) == stated);
        let at = by_id().or_else(|| self.open.iter().position(|(_, open)| open == name));
        match at {
            Some(at) => self.open.remove(at).0,
            None => stated.map_or_else(|| self.make(), str::to_owned),
        }
    }

    fn make(&mut self) -> String {
        self.made += 1;
        format!("{}_{}", self.prefix, self.made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_find_their_calls_by_id_then_by_name_and_order() {
        let mut calls = Calls::new("call");
        assert_eq!(calls.begin(None, "read"), "call_1");
        assert_eq!(calls.begin(Some("own"), "read"), "own");
        assert_eq!(calls.begin(None, "list"), "call_2");
        assert_eq!(calls.answer(None, "list"), "call_2");
        assert_eq!(calls.answer(Some("own"), "read"), "own");
        assert_eq!(calls.answer(Some("of-the-client"), "read"), "call_1");
        assert_eq!(calls.answer(Some("late"), "read"), "late");
        assert_eq!(calls.answer(None, "read"), "call_3");
    }
}
