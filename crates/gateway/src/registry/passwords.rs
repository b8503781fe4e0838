//! Passwords of people: kept as argon2id hashes only, in the usual text form, which names its own cost, so that the cost
//! can be raised without breaking older ones.
//!
//! Hashing is made to be dear. It runs on blocking threads, few at a time, so that a flood of sign-ins costs its callers
//! their wait, and requests neither memory nor processors.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use postern_secrets::Secret;
use tokio::sync::Semaphore;

use crate::error::Failure;
use crate::tasks::Tasks;

/// Characters of a password.
pub const SHORTEST: usize = 8;
pub const LONGEST: usize = 256;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

static PLACES: Semaphore = Semaphore::const_new(2);
const PATIENCE: Duration = Duration::from_secs(15);

/// A hash of nothing in particular, of the same cost as real ones: an account that does not exist, or has no password, is
/// refused in the time that a wrong password takes.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Iyr4qWvi1e6KthoClZp66g$xwsa9hv4Sp8mj/LnDKSnq+5tPOtX/aFvQfUwTkug+MQ";

/// Whether it may be a password; `field` is what the caller calls it.
pub fn check_password(field: &str, password: &Secret) -> Result<(), Failure> {
    let length = password.expose().chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    let message = format!("{field} must have {SHORTEST} to {LONGEST} characters; it has {length}");
    Err(Failure::invalid("invalid_password", message).with_param(field))
}

/// What is stored of a password that was checked.
pub async fn hash_password(tasks: &Tasks, password: Secret) -> Result<String, Failure> {
    dear_work(tasks, move || hash(&password)).await?
}

/// Whether it is the password of that hash. Takes its time where there is no hash, too.
pub async fn verify_password(tasks: &Tasks, password: Secret, hash: Option<String>) -> Result<bool, Failure> {
    if password.expose().len() > 4 * LONGEST {
        return Ok(false);
    }
    dear_work(tasks, move || verify(&password, hash.as_deref())).await
}

async fn dear_work<T: Send + 'static>(
    tasks: &Tasks,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let Ok(Ok(place)) = tokio::time::timeout(PATIENCE, PLACES.acquire()).await else {
        let message = "too many people are signing in at the moment; try again in a few seconds";
        let mut failure = Failure::unavailable("sign_in_busy", message);
        failure.error.retry_after = Some(5);
        return Err(failure);
    };
    // The place is given back when the work is done, even if nobody waits for it any more.
    let work = move || {
        let _place = place;
        work()
    };
    tasks.blocking(work).await.ok_or_else(|| Failure::internal("the check of a password was interrupted"))
}

fn hash(password: &Secret) -> Result<String, Failure> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt)
        .map_err(|error| Failure::internal(format!("no random numbers for a password: {error}")))?;
    let failed = |error: &dyn std::fmt::Display| {
        Failure::internal(format!("the password could not be hashed: {error}"))
    };
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

fn verify(password: &Secret, hash: Option<&str>) -> bool {
    let is_right =
        Argon2::default().verify_password(password.expose().as_bytes(), hash.unwrap_or(DECOY)).is_ok();
    is_right && hash.is_some()
}

#[cfg(test)]
mod tests;
