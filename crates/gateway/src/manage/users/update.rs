//! `/user/update`: what is known of somebody, and what they may do.

use axum::Json;
use axum::extract::State;
use postern_secrets::Secret;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::{UserView, views};
use super::{UserRole, extra, further, password};
use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::fields::Field;
use crate::registry::audit::Actor;
use crate::registry::users::{self, Power, UserChange};
use crate::shapes::{ErrorBody, JsonBody};

crate::limited! {
    /// What `/user/update` takes: what is absent stays as it is, null clears. Money in dollars.
    pub struct UserUpdate {
        /// Who it is; needed unless `user_email` says so. Whom the administrator names and nobody knows is made.
        #[schema(min_length = 1, max_length = 200)]
        pub(super) user_id: Option<String>,
        /// With `user_id`, the new address.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        pub(super) user_email: Field<String>,
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        user_alias: Field<String>,
        user_role: Option<UserRole>,
        /// The name that the single sign-on server has for them.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        pub(super) sso_user_id: Field<String>,
        /// To sign in to the console with: 8 to 256 characters. Signs them out everywhere else.
        #[serde(default, deserialize_with = "password")]
        #[schema(value_type = Option<String>, format = Password, write_only)]
        pub(super) password: Option<Secret>,
        /// Models, `prefix/*` and access groups; empty: all.
        #[serde(default)]
        #[schema(value_type = Option<Vec<String>>)]
        models: Field<Vec<String>>,
        /// Replaced as a whole.
        #[serde(default)]
        #[schema(value_type = Option<Object>)]
        metadata: Field<Map<String, Value>>,
        /// Refuses every request of their keys.
        blocked: Option<bool>,
        /// Only those that they are in: teams are joined with `/team/member_add` and left with `/team/member_delete`.
        teams: Option<Vec<String>>,
    }
}

impl UserUpdate {
    /// What is said of one user, who has to be named.
    pub(super) fn read(mut self) -> Result<UserChange, Failure> {
        self.user_id = self.user_id.filter(|id| !id.is_empty());
        let has_email = self.user_email.as_given().is_some_and(|email| !email.trim().is_empty());
        if self.user_id.is_none() && !has_email {
            let message = "user_id or user_email is required";
            let mut failure = Failure::invalid("missing_field", message).with_param("user_id");
            failure.error.status = 422;
            return Err(failure);
        }
        self.said()
    }

    /// What is said, of whomever.
    pub(super) fn said(mut self) -> Result<UserChange, Failure> {
        self.check_names(&further())?;
        let limits = self.limits();
        Ok(UserChange {
            user_id: self.user_id,
            email: self.user_email.into(),
            alias: self.user_alias.into(),
            sso_user_id: self.sso_user_id.into(),
            role: self.user_role.map(Into::into),
            models: self.models.into(),
            metadata: self.metadata.into(),
            extra: extra(&self.other)?,
            blocked: self.blocked,
            password: self.password,
            limits,
            teams: self.teams,
        })
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct UpdatedUser {
    pub user_id: String,
    pub user_email: Option<String>,
    pub user_role: String,
    pub updated_at: String,
    pub data: UserView,
}

impl From<UserView> for UpdatedUser {
    fn from(data: UserView) -> Self {
        Self {
            user_id: data.user_id.clone(),
            user_email: data.user_email.clone(),
            user_role: data.user_role.clone(),
            updated_at: data.updated_at.clone(),
            data,
        }
    }
}

/// Change a user, from the next request on
#[utoipa::path(
    method(post, put), path = "/user/update", tag = "Users", request_body = UserUpdate,
    responses(
        (status = 200, body = UpdatedUser),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Somebody else, or more than is the caller's to give", body = ErrorBody),
        (status = 404, description = "A team that does not exist", body = ErrorBody),
        (status = 409, description = "The e-mail is another user's", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, description = "Too many passwords at a time", body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<UserUpdate>,
) -> Result<Json<UpdatedUser>, Failure> {
    let said = body.read()?;
    let changed = users::change(&engine, Actor::of(&authority), Power::of(&engine, &authority), said).await?;
    let shown = views(&engine, &authority, vec![changed.user]).await?.pop();
    Ok(Json(shown.ok_or_else(|| Failure::internal("a user's row was lost"))?.into()))
}
