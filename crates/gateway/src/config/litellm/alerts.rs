//! `general_settings.alert_webhooks`, Postern's own: a list of `{url, secret, kinds}`.

use std::sync::Arc;

use postern_secrets::Secret;

use super::problem::Wrong;
use super::read::Reading;
use super::value::Node;
use crate::config::{AlertWebhook, signing_key};
use crate::events::AlertKind;

/// So many programs are told at most.
const MOST: usize = 20;

/// Reads the list. Neither an address nor a secret is repeated, whatever is wrong with it.
pub fn webhooks(reading: &mut Reading, node: &Node<'_>) -> Result<(), Wrong> {
    let items: Vec<Node<'_>> = node.items()?.collect();
    if items.len() > MOST {
        return Err(node.wrong(&format!("a list of at most {MOST} webhooks")));
    }
    let read = items.iter().map(|item| webhook(reading, item)).collect::<Result<Vec<_>, _>>()?;
    reading.file.alert_webhooks = read.into_iter().map(Arc::new).collect();
    Ok(())
}

fn webhook(reading: &mut Reading, node: &Node<'_>) -> Result<AlertWebhook, Wrong> {
    let (mut webhook, mut secret, mut kinds) = (None, None, None);
    for (name, member) in node.members()? {
        match name {
            "url" => {
                let address =
                    "an address that begins with http:// or https://, without a name and a password";
                let read = AlertWebhook::new(member.text()?);
                webhook = Some(read.ok_or_else(|| member.wrong(address))?);
            }
            "secret" => {
                let text = member.text()?;
                signing_key(text)
                    .ok_or_else(|| member.wrong("a text, or whsec_ and the base64 of at least one byte"))?;
                secret = Some(Secret::from(text.to_owned()));
            }
            "kinds" => {
                let known = || format!("a list of {}", AlertKind::ALL.map(AlertKind::as_str).join(", "));
                let read = member.texts()?.into_iter().map(|(text, _)| AlertKind::parse(text));
                let read: Option<_> = read.collect();
                kinds = Some(read.ok_or_else(|| member.wrong(&known()))?);
            }
            _ => reading.unknown(&member.path),
        }
    }
    let webhook = webhook.ok_or_else(|| node.wrong("a map with a url"))?;
    Ok(AlertWebhook { secret, kinds, ..webhook })
}
