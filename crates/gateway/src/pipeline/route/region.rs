//! The region in which a request's end user is to be served, and the model that serves them where the one that was asked for is
//! not there.

use super::{Route, configured};
use crate::auth::Caller;
use crate::directory::Customer;
use crate::error::Failure;
use crate::meter::Meter;
use crate::snapshot::{Group, Snapshot};

impl Route {
    /// What is said of an end user comes before what the request says: it is there to hold.
    pub fn confine(
        &mut self,
        snapshot: &Snapshot,
        caller: &Caller,
        customer: &Customer,
        meter: &mut Meter,
    ) -> Result<(), Failure> {
        let Some(region) = customer.region.as_deref() else { return Ok(()) };
        self.wishes.wanted.region = Some(region.to_owned());
        let is_there = |group: &Group| group.deployments.iter().any(|known| known.is_in(region));
        let is_pinned = self.own.as_ref().is_some_and(|own| own.none);
        let Some(model) = customer.default_model.as_deref().filter(|_| !is_there(&self.group)) else {
            return Ok(());
        };
        let meant = caller.renamed(model);
        let Ok(found) = snapshot.resolve(meant) else { return Ok(()) };
        if is_pinned || !is_there(&found.group) {
            return Ok(());
        }
        caller.check_access(&[model, meant, &found.group.name])?;
        self.group = found.group;
        if let Some(row) = meter.row() {
            row.model_group.clone_from(&self.group.name);
        }
        self.configured.clear();
        configured(self, snapshot, model);
        Ok(())
    }
}

/// The refusal of a request whose end user is to be served elsewhere.
pub fn not_there(name: &str, region: &str) -> Failure {
    let message = format!("no deployment of {name} is in the region `{region}`");
    Failure::invalid("no_deployment_in_region", message).with_param("allowed_model_region")
}
