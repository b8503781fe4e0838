//! What `/team/new` and `/team/update` take.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::manage::fields::{self, Field};
use crate::registry::limited::LimitFields;
use crate::registry::people::Named;
use crate::registry::teams::fields::{MemberFields, TeamFields};
use crate::registry::teams::members::{NewMember, TeamRole};
use crate::registry::teams::read::Whole;

/// A person and their role in the team, by id or e-mail address.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct MemberWithRole {
    /// `admin` changes the team, its members and their keys.
    pub role: TeamRole,
    pub user_id: Option<String>,
    pub user_email: Option<String>,
}

impl MemberWithRole {
    pub fn named(&self) -> Named {
        Named { user_id: self.user_id.clone(), user_email: self.user_email.clone() }
    }
}

impl From<MemberWithRole> for NewMember {
    fn from(member: MemberWithRole) -> Self {
        Self { named: member.named(), role: member.role, limits: LimitFields::default() }
    }
}

crate::limited! {
    /// What `/team/new` and `/team/update` take. Money in dollars.
    pub struct TeamRequest {
        /// Made up when absent; the update says by it which team is meant.
        pub team_id: Option<String>,
        #[schema(value_type = Option<String>)]
        #[serde(default)]
        pub team_alias: Field<String>,
        /// The organization that it is in; only a proxy admin moves a team to another.
        #[schema(value_type = Option<String>)]
        #[serde(default)]
        pub organization_id: Field<String>,
        /// Ids of its administrators (new teams only).
        #[schema(value_type = Option<Vec<String>>)]
        #[serde(default)]
        pub admins: Field<Vec<String>>,
        /// Ids of its members (new teams only).
        #[schema(value_type = Option<Vec<String>>)]
        #[serde(default)]
        pub members: Field<Vec<String>>,
        /// People with their roles (new teams only); who is not known is made.
        #[schema(value_type = Option<Vec<MemberWithRole>>)]
        #[serde(default)]
        pub members_with_roles: Field<Vec<MemberWithRole>>,
        /// Routes that members may call with the team's keys.
        #[schema(value_type = Option<Vec<String>>)]
        #[serde(default)]
        pub team_member_permissions: Field<Vec<String>>,
        #[schema(value_type = Option<Object>)]
        #[serde(default)]
        pub metadata: Field<Map<String, Value>>,
        /// Tags that every request of the team's keys is counted for.
        #[schema(value_type = Option<Vec<String>>)]
        #[serde(default)]
        pub tags: Field<Vec<String>>,
        /// Models it may use, `prefix/*` and access groups included; empty allows all.
        #[schema(value_type = Option<Vec<String>>)]
        #[serde(default)]
        pub models: Field<Vec<String>>,
        /// Other names of models, for the team's keys.
        #[schema(value_type = Option<Object>)]
        #[serde(default)]
        pub model_aliases: Field<BTreeMap<String, String>>,
        #[schema(value_type = Option<bool>)]
        #[serde(default)]
        pub blocked: Field<bool>,
        /// Dollars of each member who has no budget of their own in the team.
        #[schema(value_type = Option<f64>, minimum = 0)]
        #[serde(default)]
        pub team_member_budget: Field<f64>,
        /// After which members' budgets start anew.
        #[schema(value_type = Option<String>, example = "30d")]
        #[serde(default)]
        pub team_member_budget_duration: Field<String>,
        #[schema(value_type = Option<i64>, minimum = 0)]
        #[serde(default, deserialize_with = "crate::manage::fields::whole")]
        pub team_member_rpm_limit: Field<i64>,
        #[schema(value_type = Option<i64>, minimum = 0)]
        #[serde(default, deserialize_with = "crate::manage::fields::whole")]
        pub team_member_tpm_limit: Field<i64>,
        /// How long keys live that members make for themselves.
        #[schema(value_type = Option<String>, example = "30d")]
        #[serde(default)]
        pub team_member_key_duration: Field<String>,
    }
}

/// What would restrict something, and is not acted on here.
const RESTRICTING: [&str; 6] = [
    "guardrails",
    "prompts",
    "object_permission",
    "allowed_passthrough_routes",
    "allowed_vector_store_indexes",
    "enforced_batch_output_expires_after",
];
/// What is kept and shown, and means nothing here.
const KEPT: [&str; 4] = ["router_settings", "rpm_limit_type", "tpm_limit_type", "secret_manager_settings"];
/// What a row has that is sent back with it.
const SHOWN: [&str; 12] = [
    "budget_reset_at",
    "created_at",
    "updated_at",
    "model_id",
    "litellm_model_table",
    "object_permission_id",
    "model_spend",
    "members_count",
    "team_memberships",
    "keys",
    "team_member_budget_table",
    "litellm_budget_table",
];

/// `default_team_params` as a request.
fn defaults(settings: &Map<String, Value>) -> Result<TeamRequest, Failure> {
    serde_json::from_value(Value::Object(settings.clone())).map_err(|error| {
        let message =
            format!("litellm_settings.default_team_params of the configuration do not fit: {error}");
        Failure::invalid("invalid_default_team_params", message).with_param("default_team_params")
    })
}

impl TeamRequest {
    /// With the configured defaults for what is not said.
    pub fn with_defaults(mut self, settings: &Map<String, Value>) -> Result<Self, Failure> {
        if settings.is_empty() {
            return Ok(self);
        }
        let configured = defaults(settings)?;
        macro_rules! fill {
            ($($member:ident),+ $(,)?) => {
                $(self.$member = self.$member.or(|| configured.$member.given());)+
            };
        }
        fill!(
            max_budget,
            soft_budget,
            budget_duration,
            rpm_limit,
            tpm_limit,
            max_parallel_requests,
            model_max_budget,
            model_rpm_limit,
            model_tpm_limit,
            allowed_models,
            budget_id,
            models,
            model_aliases,
            metadata,
            tags,
            blocked,
            team_member_permissions,
            team_member_budget,
            team_member_budget_duration,
            team_member_rpm_limit,
            team_member_tpm_limit,
            team_member_key_duration,
        );
        Ok(self)
    }

    /// Those who shall be in it, each with the role that is said of them.
    pub fn take_members(&mut self) -> Vec<NewMember> {
        let by_id = |ids: Field<Vec<String>>, role: TeamRole| {
            let ids = ids.given().unwrap_or_default().into_iter();
            ids.map(move |id| NewMember { role, named: Named::by_id(&id), ..NewMember::default() })
        };
        let with_roles = std::mem::take(&mut self.members_with_roles).given().unwrap_or_default();
        let members = with_roles.into_iter().map(NewMember::from);
        members
            .chain(by_id(std::mem::take(&mut self.admins), TeamRole::Admin))
            .chain(by_id(std::mem::take(&mut self.members), TeamRole::User))
            .collect()
    }

    /// Whether it says who is in the team.
    pub fn says_members(&self) -> bool {
        let some = |ids: &Field<Vec<String>>| ids.as_given().is_some();
        some(&self.admins) || some(&self.members) || self.members_with_roles.as_given().is_some()
    }

    /// Refuses another list of members than that of the team: what it was sent back with is no mistake.
    pub fn check_members(&self, team: &Whole) -> Result<(), Failure> {
        let of_role = |role: Option<TeamRole>| -> BTreeSet<&str> {
            let people = team
                .members
                .iter()
                .filter(|person| role.is_none_or(|role| TeamRole::of(&person.row) == role));
            people.map(|person| person.row.user_id.as_str()).collect()
        };
        let same = |ids: &Field<Vec<String>>, role: Option<TeamRole>| {
            ids.as_given()
                .is_none_or(|ids| ids.iter().map(String::as_str).collect::<BTreeSet<_>>() == of_role(role))
        };
        let is_known = |named: &MemberWithRole| {
            team.members.iter().any(|person| {
                TeamRole::of(&person.row) == named.role
                    && named.user_id.as_ref().is_none_or(|id| *id == person.row.user_id)
                    && (named.user_id.is_some() || named.user_email == person.email)
            })
        };
        let with_roles = self.members_with_roles.as_given();
        let fits =
            with_roles.is_none_or(|list| list.len() == team.members.len() && list.iter().all(is_known));
        if fits && same(&self.admins, Some(TeamRole::Admin)) && same(&self.members, None) {
            return Ok(());
        }
        let message =
            "members are changed with /team/member_add, /team/member_update and /team/member_delete";
        Err(Failure::invalid("members_not_changed_here", message).with_param("members_with_roles"))
    }

    /// What is said of the team itself.
    pub fn fields(mut self) -> Result<TeamFields, Failure> {
        let further: Vec<&str> = RESTRICTING.iter().chain(&KEPT).chain(&SHOWN).copied().collect();
        self.check_names(&further)?;
        fields::refuse(&self.other, &RESTRICTING)?;
        self.lift_rates()?;
        let limits = self.limits();
        let extra = self.other.into_iter().filter(|(name, _)| KEPT.contains(&name.as_str())).collect();
        Ok(TeamFields {
            alias: self.team_alias.into(),
            organization_id: self.organization_id.into(),
            models: self.models.into(),
            aliases: self.model_aliases.into(),
            metadata: self.metadata.into(),
            tags: self.tags.into(),
            permissions: self.team_member_permissions.into(),
            member_defaults: MemberFields {
                max_budget: self.team_member_budget.into(),
                budget_duration: self.team_member_budget_duration.into(),
                rpm_limit: self.team_member_rpm_limit.into(),
                tpm_limit: self.team_member_tpm_limit.into(),
                key_duration: self.team_member_key_duration.into(),
            },
            blocked: self.blocked.into(),
            extra,
            limits,
        })
    }

    /// LiteLLM keeps limits by model in the metadata, and takes them from there.
    fn lift_rates(&mut self) -> Result<(), Failure> {
        let Field::Given(metadata) = &mut self.metadata else { return Ok(()) };
        for (name, place) in
            [("model_rpm_limit", &mut self.model_rpm_limit), ("model_tpm_limit", &mut self.model_tpm_limit)]
        {
            let Some(value) = metadata.remove(name).filter(|value| !value.is_null()) else { continue };
            let said = serde_json::from_value(value).map_err(|error| {
                let message = format!("metadata.{name} must be an object of whole numbers by model: {error}");
                Failure::invalid("invalid_metadata", message).with_param("metadata")
            })?;
            if place.is_absent() {
                *place = Field::Given(said);
            }
        }
        fields::refuse_in_metadata(metadata)
    }
}
