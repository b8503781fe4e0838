//! What the configuration file says is taken off costs and put on them: LiteLLM's discounts and margins, by provider.

use std::collections::BTreeMap;

use postern_store::table::requests::Billing;
use serde::{Deserialize, Serialize};

/// What is put on costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Margin {
    /// Hundredths of a percent.
    pub basis_points: i64,
    /// Nano-dollars for each request.
    pub fee_nanos: i64,
}

/// By a provider's name or kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CostRules {
    /// `litellm_settings.cost_discount_config`, in hundredths of a percent.
    pub discounts: BTreeMap<String, i64>,
    /// `litellm_settings.cost_margin_config`.
    pub margins: BTreeMap<String, Margin>,
    /// Of providers without a margin of their own: its `global`.
    pub global_margin: Option<Margin>,
}

/// How a deployment is paid, where it says so itself. Postern's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeploymentBilling {
    /// By use.
    #[serde(alias = "pay_as_you_go")]
    Api,
    /// A flat rate covers it.
    Subscription,
    /// It runs on a machine of one's own and costs nothing.
    Local,
}

impl From<DeploymentBilling> for Billing {
    fn from(said: DeploymentBilling) -> Self {
        match said {
            DeploymentBilling::Api => Self::Api,
            DeploymentBilling::Subscription => Self::Subscription,
            DeploymentBilling::Local => Self::Local,
        }
    }
}
