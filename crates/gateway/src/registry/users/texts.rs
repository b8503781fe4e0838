//! What people are called and reached by.

use postern_store::Connection;
use postern_store::table::users;
use serde_json::Value;

use crate::error::Failure;

const LONGEST_NAME: usize = 200;
const MOST_MODELS: usize = 1000;

/// A name for people to read: trimmed; an empty one is none.
pub fn name(field: &str, text: &str) -> Result<Option<String>, Failure> {
    let text = text.trim();
    if text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        let message = format!("{field} must be at most {LONGEST_NAME} characters without control characters");
        return Err(Failure::invalid("invalid_name", message).with_param(field));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Refuses an address that another user has.
pub fn check_email_is_free(connection: &Connection, email: &str, user_id: &str) -> Result<(), Failure> {
    match users::find_by_email(connection, email)? {
        Some(other) if other.user_id != user_id => {
            let message = format!("User with email {email} already exists in the database");
            Err(Failure::conflict("email_exists", message).with_param("user_email"))
        }
        _ => Ok(()),
    }
}

/// Refuses a name of the single sign-on server that another user has.
pub fn check_sso_is_free(connection: &Connection, sso_user_id: &str, user_id: &str) -> Result<(), Failure> {
    match users::find_by_sso(connection, sso_user_id)? {
        Some(other) if other.user_id != user_id => {
            let message = format!("User with sso_user_id {sso_user_id} already exists in the database");
            Err(Failure::conflict("sso_user_id_exists", message).with_param("sso_user_id"))
        }
        _ => Ok(()),
    }
}

/// A list of models as it is kept.
pub fn models(list: Vec<String>) -> Result<String, Failure> {
    let is_fine = |model: &String| {
        !model.trim().is_empty()
            && model.chars().count() <= LONGEST_NAME
            && !model.chars().any(char::is_control)
    };
    if list.len() > MOST_MODELS || !list.iter().all(is_fine) {
        let message = format!(
            "models must be at most {MOST_MODELS} names of 1 to {LONGEST_NAME} characters without control characters"
        );
        return Err(Failure::invalid("invalid_models", message).with_param("models"));
    }
    Ok(Value::from(list).to_string())
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name("user_alias", " Jo ").unwrap().as_deref(), Some("Jo"));
        assert_eq!(name("user_alias", " ").unwrap(), None);
        assert!(name("user_alias", "a\u{7}").is_err());
        assert!(name("user_alias", &"x".repeat(201)).is_err());
        assert!(name("user_alias", &"ü".repeat(200)).is_ok());
    }
}
