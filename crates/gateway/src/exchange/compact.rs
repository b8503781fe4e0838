//! A conversation made short. A provider of the Responses API does it itself; any other model is asked to sum it up, and what
//! it says is sealed into an item that the gateway reads again when the conversation goes on.

use bytes::Bytes;
use postern_wire::{Envelope, Format, Surgery};
use serde_json::{Value, json};

use super::Exchange;
use crate::error::Failure;
use crate::ids;
use crate::meter::Meter;
use crate::pipeline;
use crate::reply::Answer;
use crate::snapshot::Deployment;

/// Said after the conversation.
const WISH: &str = "Sum up this conversation for whoever goes on with it and has not read it. Say what the user wants, what \
was decided and why, what was done and found out (with names, paths, commands and figures as they are), what failed, and \
what is to be done next. Write nothing else.";

/// Members that would make a model do something else than write.
const DISTRACTING: [&str; 7] =
    ["tools", "tool_choice", "parallel_tool_calls", "text", "max_tool_calls", "store", "stream"];

pub async fn run(mut exchange: Exchange, meter: &mut Meter) -> Result<Answer, Failure> {
    let model = exchange.caller.renamed(&exchange.envelope.model).to_owned();
    let resolved = exchange.snapshot.resolve_for(exchange.caller.namespace(), &model);
    let group = resolved.map_err(|unresolved| unresolved.into_failure(&model))?.group;
    let format = exchange.format;
    let is_native =
        |known: &Deployment| known.endpoint(format).format == format && known.condition.speaks(format);
    if group.deployments.iter().all(|known| is_native(known)) {
        exchange.path_end = "/compact";
        match pipeline::run(&exchange, meter).await {
            // Not everyone who speaks the API has this.
            Err(failure) if matches!(failure.error.status, 404 | 405 | 501) => exchange.path_end = "",
            answer => return answer,
        }
    }
    let items = postern_wire::turn_items(&exchange.body, || ids::new_id().simple().to_string())?;
    let wish = json!({"role": "user", "content": WISH}).to_string();
    let mut surgery = Surgery::default();
    for member in DISTRACTING {
        let _ = surgery.drop(member);
    }
    let body = postern_wire::with_history(&exchange.body, &[], &[wish])?;
    exchange.body = surgery.reduce(&body)?.map_or_else(|| Bytes::from(body), Bytes::from);
    exchange.envelope = Envelope::peek(Format::OpenAiResponses, &exchange.body)?;
    let mut answer = pipeline::run(&exchange, meter).await?;
    if let Answer::Whole(whole) = &mut answer {
        let response: Value = serde_json::from_slice(&whole.body).unwrap_or_default();
        let summary = text_of(&response);
        if summary.trim().is_empty() {
            let message = format!("{} wrote no summary of the conversation", whole.deployment.provider);
            return Err(Failure::upstream(502, "upstream_invalid_response", message));
        }
        let mut output = postern_wire::user_items(&items);
        let id = ids::new_id().simple().to_string();
        output.push(postern_wire::summary_item(&format!("cmp_{id}"), &summary));
        let output: Vec<Value> = output.iter().filter_map(|item| serde_json::from_str(item).ok()).collect();
        let compacted = json!({
            "id": response["id"],
            "object": "response.compaction",
            "created_at": response["created_at"],
            "output": output,
            "usage": response["usage"],
        });
        whole.body = compacted.to_string().into();
    }
    Ok(answer)
}

/// What was written in a response's messages.
fn text_of(response: &Value) -> String {
    let items = response["output"].as_array().into_iter().flatten();
    let parts = items.flat_map(|item| item["content"].as_array().into_iter().flatten());
    parts.filter(|part| part["type"] == "output_text").filter_map(|part| part["text"].as_str()).collect()
}
