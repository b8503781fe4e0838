//! Closed sets of words, for the API's description: the values themselves are texts of the layers below.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeName {
    Ok,
    Error,
    Cancelled,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillingName {
    Api,
    Subscription,
    Local,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageSourceName {
    None,
    Reported,
    Estimated,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VaultKindName {
    Keychain,
    File,
    Memory,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VaultStateName {
    Ready,
    Starting,
    Locked,
    Unavailable,
}

#[derive(Serialize, ToSchema)]
pub enum FormatName {
    #[serde(rename = "openai_chat")]
    OpenAiChat,
    #[serde(rename = "anthropic_messages")]
    AnthropicMessages,
    #[serde(rename = "openai_responses")]
    OpenAiResponses,
    #[serde(rename = "gemini")]
    Gemini,
    #[serde(rename = "ollama")]
    Ollama,
    #[serde(rename = "ollama_generate")]
    OllamaGenerate,
    #[serde(rename = "cohere")]
    Cohere,
    #[serde(rename = "openai_completions")]
    OpenAiCompletions,
    #[serde(rename = "bedrock_converse")]
    BedrockConverse,
}
