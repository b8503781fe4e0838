use super::*;
use crate::translate::StreamTranscoder;

/// What a chat model streams: thought, text in pieces, a call.
const CHAT: &str = concat!(
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Call 41\"}}]}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"11 now\"}}]}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"at\\\":\"}}]}}]}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}}]}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}\n\n",
    "data: [DONE]\n\n",
);

/// The same stream in each format that callers speak.
fn streamed(to: Format) -> Vec<u8> {
    if to == Format::OpenAiChat {
        return CHAT.as_bytes().to_vec();
    }
    let context = ReplyContext {
        model: "m".into(),
        fallback_id: "f".into(),
        include_usage: true,
        ..ReplyContext::default()
    };
    let mut transcoder = StreamTranscoder::new(Format::OpenAiChat, to, context);
    let mut bytes = transcoder.feed(CHAT.as_bytes()).bytes;
    bytes.extend_from_slice(&transcoder.finish().forward);
    bytes
}

#[test]
fn a_stream_of_every_format_is_put_together_to_a_response_of_it() {
    for format in Format::ALL {
        let stream = streamed(format);
        let whole = put_together(format, &stream, 7).unwrap_or_else(|| panic!("{format}: nothing"));
        let said = said(format, whole.as_bytes()).unwrap_or_else(|| panic!("{format}: {whole}"));
        assert_eq!(said.text, "Call 4111 now", "{format}: {whole}");
        // A prompt that is gone on with, and one that is answered, know no tools.
        if !matches!(format, Format::OpenAiCompletions | Format::OllamaGenerate) {
            let arguments: serde_json::Value = serde_json::from_str(&said.calls[0].arguments).unwrap();
            assert_eq!(
                (said.calls[0].name.as_str(), &arguments),
                ("look", &serde_json::json!({"at": 1})),
                "{format}"
            );
        }
        let summary = crate::read_response(format, whole.as_bytes()).unwrap();
        assert_eq!(summary.usage.map(|usage| usage.output), Some(5), "{format}: {whole}");
    }
}

#[test]
fn a_stream_that_was_cut_says_what_it_said() {
    let cut = &CHAT.as_bytes()[..CHAT.find("now").unwrap() - 40];
    let whole = put_together(Format::OpenAiChat, cut, 7).unwrap();
    assert_eq!(said(Format::OpenAiChat, whole.as_bytes()).unwrap().text, "Call 41");
    assert_eq!(put_together(Format::OpenAiChat, b"", 7), None);
    assert_eq!(put_together(Format::OpenAiChat, b"<html>no</html>", 7), None);
    assert_eq!(said(Format::OpenAiChat, b"[]"), None);
}

#[test]
fn a_growing_array_is_a_stream_too() {
    let array = b"[{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hel\"}]}}]},\r\n{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"lo\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":2}}\n,{\"cand";
    let whole = put_together(Format::Gemini, array, 0).unwrap();
    assert_eq!(said(Format::Gemini, whole.as_bytes()).unwrap().text, "Hello");
}
