//! Many users in one request. Each is made or changed for itself, and told of for itself.

use axum::Json;
use axum::extract::State;
use postern_store::table::users as table;
use serde::{Deserialize, Serialize};

use super::new::{NewUserRequest, NewUserView, shown};
use super::update::UserUpdate;
use super::view::{UserView, views};
use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::invitations::Base;
use crate::registry::audit::Actor;
use crate::registry::users::{self, NewUser, Power, UserChange};
use crate::shapes::{ErrorBody, JsonBody};

/// The most users in one request.
const MOST: usize = 500;

fn check_count(count: usize) -> Result<(), Failure> {
    if (1..=MOST).contains(&count) {
        return Ok(());
    }
    let message = format!("users must be 1 to {MOST} at a time; there are {count}");
    Err(Failure::invalid("invalid_count", message).with_param("users"))
}

/// What became of those whose request made sense, put where they stood among those whose did not.
fn in_order<T, U>(
    read: Vec<Result<(), Failure>>,
    done: Vec<Result<T, Failure>>,
    shown: impl Fn(T) -> U,
) -> Vec<Result<U, Failure>> {
    let mut done = done.into_iter();
    let lost = || Failure::internal("the result of one user was lost");
    read.into_iter()
        .map(|read| read.and_then(|()| done.next().unwrap_or_else(|| Err(lost())).map(&shown)))
        .collect()
}

/// Where nothing is the caller's to do, that is the answer to the whole.
fn check_any<T>(results: &[Result<T, Failure>]) -> Result<(), Failure> {
    let mut refusals = Vec::new();
    for result in results {
        match result {
            Err(failure) if failure.error.status == 403 => refusals.push(failure),
            _ => return Ok(()),
        }
    }
    refusals.first().map_or(Ok(()), |failure| Err((*failure).clone()))
}

/// What `/user/new_bulk` takes.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewUsers {
    /// As `/user/new` takes each: 1 to 500.
    users: Vec<NewUserRequest>,
    /// Whether keys are made, too, where a user does not say: yes, unless told otherwise.
    auto_create_keys: Option<bool>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct NewUserResult {
    pub user_id: Option<String>,
    pub user_email: Option<String>,
    pub success: bool,
    /// Why there is no such user.
    pub error: Option<String>,
    /// The user, and the key, this once.
    pub created_user: Option<NewUserView>,
}

/// In the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewUserResults {
    pub results: Vec<NewUserResult>,
    pub total_requested: usize,
    pub successful_creations: usize,
    pub failed_creations: usize,
}

/// Make many users, each with a key
#[utoipa::path(
    post, path = "/user/new_bulk", tag = "Users", request_body = NewUsers,
    responses(
        (status = 200, description = "What became of each", body = NewUserResults),
        (status = 400, description = "None, or too many", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Nothing of it is the caller's to do", body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn create_many(
    State(engine): State<Shared>,
    authority: Authority,
    base: Base,
    JsonBody(body): JsonBody<NewUsers>,
) -> Result<Json<NewUserResults>, Failure> {
    check_count(body.users.len())?;
    let total_requested = body.users.len();
    let mut named = Vec::new();
    let (mut read, mut wanted): (Vec<Result<(), Failure>>, Vec<NewUser>) = (Vec::new(), Vec::new());
    for mut user in body.users {
        user.auto_create_key = user.auto_create_key.or(body.auto_create_keys);
        named.push((user.user_id.clone(), user.user_email.clone()));
        read.push(user.read().map(|new| wanted.push(new)));
    }
    let power = Power::of(&engine, &authority);
    let done = users::create_many(&engine, &Actor::of(&authority), &power, wanted).await?;
    let done = in_order(read, done, |created| created);
    check_any(&done)?;
    let mut results = Vec::new();
    for (result, (user_id, user_email)) in done.into_iter().zip(named) {
        results.push(match result {
            Ok(created) => {
                let view = shown(&engine, &base, created).await?;
                NewUserResult {
                    user_id: Some(view.user.user_id.clone()),
                    user_email: view.user.user_email.clone(),
                    success: true,
                    error: None,
                    created_user: Some(view),
                }
            }
            Err(failure) => NewUserResult {
                user_id,
                user_email,
                success: false,
                error: Some(failure.error.message.clone()),
                created_user: None,
            },
        });
    }
    let successful_creations = results.iter().filter(|result| result.success).count();
    Ok(Json(NewUserResults {
        results,
        total_requested,
        successful_creations,
        failed_creations: total_requested - successful_creations,
    }))
}

/// What `/user/bulk_update` takes: `users`, or `all_users` with `user_updates`.
#[derive(Deserialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as LiteLLM does")]
pub struct UserUpdates {
    /// As `/user/update` takes each: 1 to 500.
    users: Option<Vec<UserUpdate>>,
    /// Everybody; for the administrator alone.
    all_users: Option<bool>,
    /// What changes of everybody: nothing that is one person's alone.
    user_updates: Option<UserUpdate>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct UserResult {
    pub user_id: Option<String>,
    pub user_email: Option<String>,
    pub success: bool,
    /// Why nothing changed.
    pub error: Option<String>,
    pub updated_user: Option<UserView>,
}

/// In the order of the request; of all users, the oldest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UserResults {
    pub results: Vec<UserResult>,
    pub total_requested: usize,
    pub successful_updates: usize,
    pub failed_updates: usize,
}

/// Change many users
#[utoipa::path(
    post, path = "/user/bulk_update", tag = "Users", request_body = UserUpdates,
    responses(
        (status = 200, description = "What became of each", body = UserResults),
        (status = 400, description = "Nobody, too many, or what cannot be everybody's", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Nothing of it is the caller's to do", body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn update_many(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<UserUpdates>,
) -> Result<Json<UserResults>, Failure> {
    let mut named = Vec::new();
    let (mut read, mut wanted): (Vec<Result<(), Failure>>, Vec<UserChange>) = (Vec::new(), Vec::new());
    match (body.users, body.all_users.unwrap_or(false), body.user_updates) {
        (Some(users), false, None) => {
            check_count(users.len())?;
            for user in users {
                named.push((user.user_id.clone(), user.user_email.as_given().cloned()));
                read.push(user.read().map(|change| wanted.push(change)));
            }
        }
        (None, true, Some(update)) => {
            let change = of_everybody(&authority, update)?;
            for row in engine.read(table::all).await? {
                wanted.push(UserChange { user_id: Some(row.user_id.clone()), ..change.clone() });
                named.push((Some(row.user_id), row.user_email));
                read.push(Ok(()));
            }
        }
        _ => {
            let message = "either users, or all_users with user_updates, is required";
            return Err(Failure::invalid("missing_field", message).with_param("users"));
        }
    }
    let total_requested = named.len();
    let power = Power::of(&engine, &authority);
    let done = users::change_many(&engine, &Actor::of(&authority), &power, wanted).await?;
    let done = in_order(read, done, |changed| changed.user);
    check_any(&done)?;
    let (mut changed, mut failed) = (Vec::new(), Vec::new());
    for done in done {
        match done {
            Ok(row) => {
                changed.push(row);
                failed.push(None);
            }
            Err(failure) => failed.push(Some(failure.error.message)),
        }
    }
    let mut views = views(&engine, &authority, changed).await?.into_iter();
    let results: Vec<UserResult> = failed
        .into_iter()
        .zip(named)
        .map(|(error, (user_id, user_email))| {
            let view = if error.is_none() { views.next() } else { None };
            UserResult {
                user_id: view.as_ref().map_or(user_id, |view| Some(view.user_id.clone())),
                user_email: view.as_ref().map_or(user_email, |view| view.user_email.clone()),
                success: error.is_none(),
                error,
                updated_user: view,
            }
        })
        .collect();
    let successful_updates = results.iter().filter(|result| result.success).count();
    Ok(Json(UserResults {
        results,
        total_requested,
        successful_updates,
        failed_updates: total_requested - successful_updates,
    }))
}

fn of_everybody(authority: &Authority, update: UserUpdate) -> Result<UserChange, Failure> {
    if !authority.is_administrator() {
        let message = "only the proxy's administrator may change all users at a time";
        return Err(Failure::forbidden("administrator_only", message)
            .with_type("auth_error")
            .with_param("all_users"));
    }
    let is_personal = update.user_id.is_some()
        || update.password.is_some()
        || !update.user_email.is_absent()
        || !update.sso_user_id.is_absent();
    if is_personal {
        let message = "user_updates may not say user_id, user_email, sso_user_id or password: they are one person's alone";
        return Err(Failure::invalid("invalid_field", message).with_param("user_updates"));
    }
    update.said()
}
