//! `/user/new`: an account, with the first key of whoever it is for.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use postern_secrets::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::view::{UserView, view_one};
use super::{UserRole, extra, further, password};
use crate::auth::permissions::Authority;
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::invitations::{self, Base};
use crate::registry::audit::Actor;
use crate::registry::keys::KeyFields;
use crate::registry::limited::Said;
use crate::registry::teams::members::TeamRole;
use crate::registry::users::{self, Created, NewUser, Place, Power};
use crate::shapes::{ErrorBody, JsonBody};

crate::limited! {
    /// What `/user/new` takes. Models and limits are the user's; the key that is made with it has none of its own. Money in dollars.
    pub struct NewUserRequest {
        /// Made up when absent.
        #[schema(min_length = 1, max_length = 200)]
        pub(super) user_id: Option<String>,
        /// No two users share one.
        #[schema(example = "jo@example.com")]
        pub(super) user_email: Option<String>,
        #[schema(example = "Jo")]
        user_alias: Option<String>,
        /// `internal_user` when absent.
        user_role: Option<UserRole>,
        /// The name that the single sign-on server has for them.
        sso_user_id: Option<String>,
        /// To sign in to the console with: 8 to 256 characters.
        #[serde(default, deserialize_with = "password")]
        #[schema(value_type = Option<String>, format = Password, write_only)]
        password: Option<Secret>,
        /// Teams to be in: ids, or ids with a role and a budget.
        teams: Option<Vec<TeamPlace>>,
        /// One more of them, in which the key is.
        team_id: Option<String>,
        /// Organizations to be in.
        organizations: Option<Vec<String>>,
        /// One more of them.
        organization_id: Option<String>,
        /// Models, `prefix/*` and access groups; empty: all.
        models: Option<Vec<String>>,
        #[schema(value_type = Option<Object>)]
        metadata: Option<Map<String, Value>>,
        blocked: Option<bool>,
        /// Whether a key is made, too: yes, unless told otherwise.
        pub(super) auto_create_key: Option<bool>,
        /// Makes an invitation, and gives its link back in `invitation_url`: no mail is sent.
        send_invite_email: Option<bool>,
        /// The key's name; no two keys share one.
        key_alias: Option<String>,
        /// How long the key lives: `30s`, `15m`, `12h`, `30d`, `2w`, `1mo`. Absent: for ever.
        duration: Option<String>,
        /// The key's other names for models.
        #[schema(value_type = Option<Object>)]
        aliases: Option<BTreeMap<String, String>>,
        /// Routes that the key may call; empty: all.
        allowed_routes: Option<Vec<String>>,
        /// The key's tags.
        tags: Option<Vec<String>>,
    }
}

/// A team to be in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum TeamPlace {
    Id(String),
    Place {
        team_id: String,
        /// Dollars.
        #[schema(minimum = 0)]
        max_budget_in_team: Option<f64>,
        /// `user` when absent.
        user_role: Option<TeamRole>,
    },
}

/// A new user, and the key, this once. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewUserView {
    #[serde(flatten)]
    pub user: UserView,
    /// The key, or an empty text where none was made. It is shown now and never again.
    pub key: String,
    /// SHA-256 of the key.
    pub token: Option<String>,
    pub token_id: Option<String>,
    /// `sk-...` and the last four characters.
    pub key_name: Option<String>,
    pub key_alias: Option<String>,
    /// When the key does.
    pub expires: Option<String>,
    /// Always null: `expires` says when.
    pub duration: Option<String>,
    pub team_id: Option<String>,
    #[schema(value_type = Object)]
    pub aliases: Map<String, Value>,
    pub allowed_routes: Vec<String>,
    pub tags: Vec<String>,
    #[schema(value_type = Option<Object>)]
    pub litellm_budget_table: Option<Value>,
    /// The keys that were made: one or none.
    pub keys: Vec<NewKeyView>,
    /// Where the user sets a password, if an invitation was asked for. It is shown now and never again.
    pub invitation_url: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct NewKeyView {
    pub key: String,
    /// The alias, else for whom it was made.
    pub key_name: String,
    pub expires: Option<String>,
    /// What it may use: the user's models.
    pub models: Vec<String>,
}

fn said<T>(value: Option<T>) -> Said<T> {
    value.map_or(Said::Nothing, Said::Set)
}

impl NewUserRequest {
    pub(super) fn read(mut self) -> Result<NewUser, Failure> {
        self.check_names(&further())?;
        let limits = self.limits();
        let places = self.teams.unwrap_or_default().into_iter().map(|place| match place {
            TeamPlace::Id(team_id) => Place { team_id, ..Place::default() },
            TeamPlace::Place { team_id, max_budget_in_team, user_role } => Place {
                team_id,
                is_admin: user_role == Some(TeamRole::Admin),
                max_budget: max_budget_in_team,
            },
        });
        let mut teams: Vec<Place> = places.collect();
        let named = |id: Option<String>| id.filter(|id| !id.is_empty());
        let team_id = named(self.team_id);
        if let Some(team_id) = &team_id
            && !teams.iter().any(|place| place.team_id == *team_id)
        {
            teams.push(Place { team_id: team_id.clone(), ..Place::default() });
        }
        let mut organizations = self.organizations.unwrap_or_default();
        organizations.extend(named(self.organization_id));
        let first_key = self.auto_create_key.unwrap_or(true).then(|| KeyFields {
            alias: said(self.key_alias),
            duration: said(self.duration),
            team_id: said(team_id),
            aliases: said(self.aliases),
            allowed_routes: said(self.allowed_routes),
            tags: said(self.tags),
            ..KeyFields::default()
        });
        Ok(NewUser {
            user_id: self.user_id,
            email: self.user_email,
            alias: self.user_alias,
            sso_user_id: self.sso_user_id,
            role: self.user_role.map(Into::into),
            models: self.models,
            metadata: self.metadata.unwrap_or_default(),
            extra: extra(&self.other)?,
            blocked: self.blocked.unwrap_or(false),
            password: self.password,
            limits,
            teams,
            organizations,
            first_key,
            invite: self.send_invite_email.unwrap_or(false),
        })
    }
}

pub(super) async fn shown(engine: &Engine, base: &Base, created: Created) -> Result<NewUserView, Failure> {
    let user = view_one(engine, created.user).await?;
    let invitation_url = created.invitation.map(|(link, _)| invitations::url(base, link.expose()));
    let Some((secret, key)) = created.key else {
        return Ok(NewUserView {
            user,
            key: String::new(),
            token: None,
            token_id: None,
            key_name: None,
            key_alias: None,
            expires: None,
            duration: None,
            team_id: None,
            aliases: Map::new(),
            allowed_routes: Vec::new(),
            tags: Vec::new(),
            litellm_budget_table: None,
            keys: Vec::new(),
            invitation_url,
        });
    };
    let expires = key.expires_at.map(clock::text);
    let whose = user.user_alias.as_ref().or(user.user_email.as_ref()).unwrap_or(&user.user_id);
    let listed = NewKeyView {
        key: secret.expose().to_owned(),
        key_name: key.key_alias.clone().unwrap_or_else(|| format!("Auto-generated key for {whose}")),
        expires: expires.clone(),
        models: user.models.clone(),
    };
    let list = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Ok(NewUserView {
        key: secret.expose().to_owned(),
        token: Some(key.token.clone()),
        token_id: Some(key.token),
        key_name: Some(key.key_name),
        key_alias: key.key_alias,
        expires,
        duration: None,
        team_id: key.team_id,
        aliases: serde_json::from_str(&key.aliases).unwrap_or_default(),
        allowed_routes: list(&key.allowed_routes),
        tags: list(&key.tags),
        litellm_budget_table: None,
        keys: vec![listed],
        invitation_url,
        user,
    })
}

/// Make a user, and a key for them
#[utoipa::path(
    post, path = "/user/new", tag = "Users", request_body = NewUserRequest,
    responses(
        (status = 200, body = NewUserView),
        (status = 400, description = "A field makes no sense, or the key's alias is taken", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "More than is the caller's to give", body = ErrorBody),
        (status = 404, description = "A team or an organization that does not exist", body = ErrorBody),
        (status = 409, description = "The id or the e-mail is another user's", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, description = "Too many passwords at a time", body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    base: Base,
    JsonBody(body): JsonBody<NewUserRequest>,
) -> Result<Json<NewUserView>, Failure> {
    let new = body.read()?;
    let created = users::create(&engine, Actor::of(&authority), Power::of(&engine, &authority), new).await?;
    Ok(Json(shown(&engine, &base, created).await?))
}
