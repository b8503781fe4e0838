//! What is known of models in general: ids, contexts, capabilities, prices. Nothing of the user's own configuration.
//!
//! Knowledge only: it depends on serde and nothing else of this crate. The data is `data/catalogue.json`, written by
//! `tools/catalogue/generate.py` and embedded here. Start at [`Catalogue::find`] (which model), then
//! [`Prices::cost`] (what a request came to) and [`PriceOverride`] (the user's own prices laid over the list's).
//!
//! Money: prices are whole pico-dollars per token, or per the unit that the price's name states. A cost is computed in
//! 128 bits of pico-dollars and rounded once, half up, to nano-dollars.

mod cost;
mod load;
mod model;
mod overlay;
mod price;
mod view;

use std::sync::OnceLock;

pub use cost::{Adjustment, BilledTokens, Cost, CostLine, SearchContext, Terms};
pub use load::LoadError;
pub use model::{CAPABILITIES, Capabilities, MODES, Model};
pub use overlay::PriceOverride;
pub use price::{OffPeak, PriceKey, PriceTable, Prices, Service, Tier, Unit, Window};
pub use view::{CatalogueModel, CatalogueView};

static EMBEDDED: &str = include_str!("../data/catalogue.json");

/// Every model that a price list knows, by provider and upstream id.
///
/// Only the names are kept: a row is decoded when it is asked for, which is when a snapshot is built or a list is shown,
/// and never on the way of a request. Decoded, all rows would be a quarter of the memory of an idle gateway.
#[derive(Debug)]
pub struct Catalogue {
    version: &'static str,
    generated: &'static str,
    sources: Vec<(&'static str, &'static str)>,
    /// Sorted by provider, then id.
    entries: Vec<Entry>,
    /// Sorted by provider, then alias.
    aliases: Vec<Alias>,
}

/// Where a model's row is.
#[derive(Debug)]
struct Entry {
    provider: &'static str,
    id: &'static str,
    row: &'static str,
}

/// Another id of a model.
#[derive(Debug)]
struct Alias {
    provider: &'static str,
    name: &'static str,
    id: &'static str,
}

impl Entry {
    fn model(&self) -> Model {
        self.decode().expect("every row of the embedded catalogue is decoded by a test before it is shipped")
    }
}

impl Catalogue {
    /// The catalogue that this build carries, read at first use.
    pub fn embedded() -> &'static Catalogue {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            Catalogue::index(EMBEDDED).expect("the embedded catalogue is read by a test before it is shipped")
        })
    }

    /// Changes whenever any row changes; written beside every cost that a row of it led to.
    pub fn version(&self) -> &str {
        self.version
    }

    /// The day whose prices it holds, `2026-11-20`.
    pub fn generated(&self) -> &str {
        self.generated
    }

    /// `(source, its version)`.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().copied()
    }

    /// The version of the source that a model names.
    pub fn source_version(&self, source: &str) -> &str {
        self.sources().find(|(name, _)| *name == source).map_or("", |(_, version)| version)
    }

    /// How many models there are.
    pub fn size(&self) -> usize {
        self.entries.len()
    }

    /// All models, sorted by provider, then id; each is decoded as it comes.
    pub fn models(&self) -> impl Iterator<Item = Model> {
        self.entries.iter().map(Entry::model)
    }

    /// A provider's models, sorted by id; each is decoded as it comes.
    pub fn models_of(&self, provider: &str) -> impl Iterator<Item = Model> {
        let start = self.entries.partition_point(|entry| entry.provider < provider);
        self.entries[start..].iter().take_while(move |entry| entry.provider == provider).map(Entry::model)
    }

    /// The row of a model at a provider. The first of these that is listed, and nothing more daring:
    ///
    /// 1. the id as given;
    /// 2. the id as a listed alias;
    /// 3. both again without a `models/` or `<provider>/` in front, as lists of models and clients write it;
    /// 4. all again without a date at the end (`-2024-08-06`, `-20240806`, `@20240806`): a dated build costs what its
    ///    undated name costs unless the list says otherwise. The reverse is not tried: which date it would be is a guess.
    pub fn find(&self, provider: &str, model: &str) -> Option<Model> {
        self.entry(provider, model).map(Entry::model)
    }

    /// Whether [`Self::find`] finds it.
    pub fn has(&self, provider: &str, model: &str) -> bool {
        self.entry(provider, model).is_some()
    }

    fn entry(&self, provider: &str, model: &str) -> Option<&Entry> {
        let bare = model
            .strip_prefix("models/")
            .or_else(|| model.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')))
            .unwrap_or(model);
        let candidates = [Some(model), Some(bare), without_date(model), without_date(bare)];
        candidates.into_iter().flatten().find_map(|id| self.listed(provider, id))
    }

    /// Every provider that lists exactly this id.
    pub fn providers_of(&self, model: &str) -> impl Iterator<Item = &'static str> {
        self.entries.iter().filter(move |entry| entry.id == model).map(|entry| entry.provider)
    }

    fn listed(&self, provider: &str, id: &str) -> Option<&Entry> {
        let exact = |id: &str| {
            let at = self
                .entries
                .binary_search_by_key(&(provider, id), |entry| (entry.provider, entry.id))
                .ok()?;
            self.entries.get(at)
        };
        exact(id).or_else(|| {
            let sought = (provider, id);
            let at = self.aliases.binary_search_by_key(&sought, |alias| (alias.provider, alias.name)).ok()?;
            exact(self.aliases[at].id)
        })
    }
}

/// `gpt-4o-2024-08-06` -> `gpt-4o`.
fn without_date(id: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, date) = id.split_at_checked(id.len().checked_sub(11)?)?;
    let dashed = date.starts_with('-')
        && date.as_bytes()[5] == b'-'
        && date.as_bytes()[8] == b'-'
        && date.is_ascii()
        && digits(&date[1..5])
        && digits(&date[6..8])
        && digits(&date[9..]);
    if dashed {
        return (!rest.is_empty()).then_some(rest);
    }
    let (rest, date) = id.split_at_checked(id.len().checked_sub(9)?)?;
    let compact =
        date.is_ascii() && date.starts_with(['-', '@']) && date[1..].starts_with("20") && digits(&date[1..]);
    (compact && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests;
