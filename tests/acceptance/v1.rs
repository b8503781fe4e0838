//! The LLM endpoints. Where chat completions and messages must behave alike, one test asks both.

mod bad_requests;
mod callers;
mod chaos;
mod count_tokens;
mod endpoints;
mod fidelity;
mod gemini;
mod kept_responses;
mod models;
mod odd_upstreams;
mod ollama;
mod other_formats;
mod responses;
mod routing;
mod streaming;
mod translation;
mod upstream_faults;
