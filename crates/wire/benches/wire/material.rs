//! What is measured: requests as coding agents send them, and a reply as they get it.
//!
//! Both are made as chat and translated into the other formats, so that every format says the same. Sizes are those of
//! an agent's day: a first question, a body with a system prompt and tools, one that has read a few files, and one
//! that is about to be shortened.

use postern_wire::{Beside, Format, ReplyContext, StreamTranscoder, Target, translate_request};
use serde_json::{Value, json};

pub const FORMATS: [Format; 4] =
    [Format::OpenAiChat, Format::AnthropicMessages, Format::OpenAiResponses, Format::Gemini];

/// In KiB, as chat.
pub const SIZES: [usize; 4] = [2, 35, 115, 600];

pub const MODEL: &str = "claude-sonnet-4-5";

/// A request of about this size.
pub fn request(format: Format, kib: usize) -> Vec<u8> {
    let chat = chat(kib * 1024);
    if format == Format::OpenAiChat {
        return chat;
    }
    let target = Target { model: MODEL, default_max_tokens: 32_000, drop_params: false, stream: true };
    translate_request(Format::OpenAiChat, format, &chat, &target).unwrap().body
}

/// What such a request says beside its body.
pub fn beside(format: Format) -> Beside<'static> {
    match format {
        Format::Gemini => Beside { model: Some(MODEL), stream: Some(true) },
        _ => Beside::default(),
    }
}

fn chat(bytes: usize) -> Vec<u8> {
    let is_small = bytes < 8 * 1024;
    let paragraph = "Prefer small edits. Read a file before you change it, and say \"why\" in the message.\n- Never guess at an interface: look it up.\n";
    let system = paragraph.repeat(if is_small { 2 } else { 70 });
    let tools: Vec<Value> = (0..if is_small { 1 } else { 18 }).map(tool).collect();
    let mut messages = vec![
        json!({"role": "system", "content": system}),
        json!({"role": "user", "content": [{"type": "text", "text": "The parser drops the last event of a stream.\nPlease find out why, and mend it."}]}),
    ];
    let mut turn = 0;
    loop {
        let body = json!({"model": MODEL, "messages": messages, "tools": tools, "max_tokens": 32000, "temperature": 1.0, "stream": true});
        let body = serde_json::to_vec(&body).unwrap();
        let missing = bytes.saturating_sub(body.len());
        if missing < 600 {
            return body;
        }
        let id = format!("call_{turn:08}");
        let arguments =
            json!({"path": format!("src/stream/part_{turn}.rs"), "offset": turn * 40, "limit": 200});
        messages.push(json!({"role": "assistant", "content": "I will look at the next part of it.", "tool_calls": [
            {"id": id, "type": "function", "function": {"name": "tool_0", "arguments": arguments.to_string()}}]}));
        messages.push(
            json!({"role": "tool", "tool_call_id": id, "content": code(turn, (missing - 500).min(9_000))}),
        );
        turn += 1;
    }
}

fn tool(number: usize) -> Value {
    let described =
        "Reads a part of a file, with numbers before its lines. Use it before any edit of that file.";
    json!({"type": "function", "function": {
        "name": format!("tool_{number}"),
        "description": described.repeat(4),
        "parameters": {
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "The file's path, from the root of the project."},
                "offset": {"type": "integer", "minimum": 0, "description": "The first line to read."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 2000},
                "mode": {"type": "string", "enum": ["text", "outline", "raw"]},
            },
            "required": ["path"],
            "additionalProperties": false,
        },
    }})
}

/// A file's contents, with what JSON has to escape.
fn code(seed: usize, bytes: usize) -> String {
    let mut text = String::new();
    let mut line = seed * 40;
    while text.len() < bytes {
        line += 1;
        let code = format!("{line:>6}\tlet name_{line} = parse(\"field\\t{line}\", &input[{line}..])?;");
        text.extend([&code, " // größer als vorher\n"]);
    }
    text
}

/// A reply: thoughts, text, two calls, usage; as the reads of a network that delivers every event by itself.
pub fn reply(format: Format) -> Vec<Vec<u8>> {
    let chunks = chat_chunks();
    if format == Format::OpenAiChat {
        return chunks;
    }
    let mut transcoder = StreamTranscoder::new(Format::OpenAiChat, format, context());
    let mut out: Vec<Vec<u8>> = Vec::new();
    for chunk in chunks {
        out.push(transcoder.feed(&chunk).bytes);
    }
    out.push(transcoder.finish().forward.to_vec());
    out.retain(|piece| !piece.is_empty());
    out
}

/// The same in reads of another size.
pub fn reads(pieces: &[Vec<u8>], bytes: usize) -> Vec<Vec<u8>> {
    pieces.concat().chunks(bytes).map(<[u8]>::to_vec).collect()
}

pub fn context() -> ReplyContext {
    ReplyContext {
        created: 1_790_000_000,
        fallback_id: "reply-1".to_owned(),
        model: MODEL.to_owned(),
        include_usage: true,
        ..ReplyContext::default()
    }
}

fn chat_chunks() -> Vec<Vec<u8>> {
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    let words = [
        " the",
        " stream",
        "'s",
        " last",
        " event",
        " has",
        " no",
        " blank",
        " line",
        ",\n",
        " \"so\"",
        " größer",
    ];
    deltas.extend((0..60).map(|at| json!({"reasoning_content": words[at % words.len()]})));
    deltas.extend((0..300).map(|at| json!({"content": words[at * 5 % words.len()]})));
    for index in 0..2 {
        deltas.push(json!({"tool_calls": [{"index": index, "id": format!("call_{index}"), "type": "function", "function": {"name": "edit_file", "arguments": ""}}]}));
        let arguments = json!({"path": "src/sse.rs", "old": "if line.is_empty() {\n    return;\n}", "new": "if line.is_empty() {\n    self.dispatch();\n    return;\n}"});
        for fragment in arguments.to_string().as_bytes().chunks(4) {
            let fragment = std::str::from_utf8(fragment).unwrap();
            deltas.push(json!({"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}));
        }
    }
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({"id": "chatcmpl-Bq1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "gpt-5-2025-08-07", "service_tier": "default", "system_fingerprint": null, "choices": choices, "usage": usage, "obfuscation": "xY3kq"});
        format!("data: {chunk}\n\n").into_bytes()
    };
    let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
    let mut chunks: Vec<Vec<u8>> =
        deltas.into_iter().map(|delta| chunk(choice(delta, Value::Null), Value::Null)).collect();
    chunks.push(chunk(choice(json!({}), json!("tool_calls")), Value::Null));
    let usage = json!({"prompt_tokens": 31_000, "completion_tokens": 480, "total_tokens": 31_480, "prompt_tokens_details": {"cached_tokens": 29_000, "audio_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 0}});
    chunks.push(chunk(json!([]), usage));
    chunks.push(b"data: [DONE]\n\n".to_vec());
    chunks
}
