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

use std::cmp::Ordering;
use std::sync::OnceLock;

pub use cost::{BilledTokens, Cost, CostLine};
pub use load::LoadError;
pub use model::{CAPABILITIES, Capabilities, MODES, Model};
pub use overlay::PriceOverride;
pub use price::{OffPeak, PriceKey, PriceTable, Prices, Service, Tier, Unit, Window};
pub use view::{CatalogueModel, CatalogueView};

static EMBEDDED: &str = include_str!("../data/catalogue.json");

/// Every model that a price list knows, by provider and upstream id.
#[derive(Debug)]
pub struct Catalogue {
    version: Box<str>,
    generated: Box<str>,
    sources: Vec<(Box<str>, Box<str>)>,
    /// Sorted by provider, then id.
    models: Vec<Model>,
    /// Other ids of models (index into `models`), sorted by provider, then alias.
    aliases: Vec<(Box<str>, u32)>,
}

impl Catalogue {
    /// The catalogue that this build carries, decoded at first use.
    pub fn embedded() -> &'static Catalogue {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            Catalogue::parse(EMBEDDED)
                .expect("the embedded catalogue is decoded by a test before it is shipped")
        })
    }

    /// Changes whenever any row changes; written beside every cost that a row of it led to.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The day whose prices it holds, `2026-11-20`.
    pub fn generated(&self) -> &str {
        &self.generated
    }

    /// `(source, its version)`.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|(name, version)| (&**name, &**version))
    }

    /// The version of the source that a model names.
    pub fn source_version(&self, source: &str) -> &str {
        self.sources().find(|(name, _)| *name == source).map_or("", |(_, version)| version)
    }

    /// All models, sorted by provider, then id.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The row of a model at a provider. The first of these that is listed, and nothing more daring:
    ///
    /// 1. the id as given;
    /// 2. the id as a listed alias;
    /// 3. both again without a `models/` or `<provider>/` in front, as lists of models and clients write it;
    /// 4. all again without a date at the end (`-2024-08-06`, `-20240806`, `@20240806`): a dated build costs what its
    ///    undated name costs unless the list says otherwise. The reverse is not tried: which date it would be is a guess.
    pub fn find(&self, provider: &str, model: &str) -> Option<&Model> {
        let bare = model
            .strip_prefix("models/")
            .or_else(|| model.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')))
            .unwrap_or(model);
        let candidates = [Some(model), Some(bare), without_date(model), without_date(bare)];
        candidates.into_iter().flatten().find_map(|id| self.listed(provider, id))
    }

    /// Every provider's row of exactly this id.
    pub fn providers_of(&self, model: &str) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(move |row| *row.id == *model)
    }

    fn listed(&self, provider: &str, id: &str) -> Option<&Model> {
        if let Ok(index) = self.models.binary_search_by(|row| order(row, &row.id, provider, id)) {
            return self.models.get(index);
        }
        let index = self
            .aliases
            .binary_search_by(|(alias, row)| order(&self.models[*row as usize], alias, provider, id))
            .ok()?;
        self.models.get(self.aliases[index].1 as usize)
    }
}

fn order(row: &Model, name: &str, provider: &str, id: &str) -> Ordering {
    (*row.provider).cmp(provider).then_with(|| name.cmp(id))
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
