//! All routes in one router, and their description as OpenAPI.

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContactBuilder, Content, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    ResponseBuilder, Schema,
};

use crate::console::ui;
use crate::error::Failure;
use crate::http::Shared;
use crate::http::guard::format_of;
use crate::shapes::routes::Routes;
use crate::{admin, console, http, ids, manage};

/// Largest body of a management request.
const MANAGEMENT_BODY: usize = 2 * 1024 * 1024;

/// Routes for models, and the rest.
fn routes() -> (Routes, Routes) {
    let llm = http::routes().map(|router| router.layer(DefaultBodyLimit::disable()));
    let managed = manage::routes().merge(admin::routes()).merge(console::routes());
    (llm, managed.map(|router| router.layer(DefaultBodyLimit::max(MANAGEMENT_BODY))))
}

/// The description of the HTTP API.
pub fn description() -> OpenApi {
    let (llm, managed) = routes();
    let mut description = llm.merge(managed).description();
    let about = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Postern")
                .description(Some("A personal LLM gateway. Every route but health needs a key: `Authorization: Bearer sk-...`, `x-api-key`, `api-key`, `x-goog-api-key` or `x-litellm-api-key`; the administrator's also as `X-Admin-Key`."))
                .version(env!("CARGO_PKG_VERSION"))
                .contact(Some(ContactBuilder::new().name(Some("Postern")).build()))
                .build(),
        )
        .build();
    description.info = about.info;
    // The router's mark for a parameter that may hold slashes is not the description's.
    description.paths.paths = std::mem::take(&mut description.paths.paths)
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    require_what_is_always_there(&mut description);
    limit_bodies(&mut description);
    let open = schemas_that_require_nothing(&description);
    may_leave_out_bodies(&mut description, &open);
    name_operations(&mut description);
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    description.components.get_or_insert_default().add_security_scheme("key", bearer);
    description.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    description
}

/// Answers always carry every member, null where there is nothing; only requests may leave members out. The derived
/// schemas cannot tell the two apart.
fn require_what_is_always_there(description: &mut OpenApi) {
    let asked: Vec<String> = description
        .paths
        .paths
        .values()
        .flat_map(|item| [&item.get, &item.post, &item.put, &item.patch, &item.delete])
        .flatten()
        .filter_map(|operation| operation.request_body.as_ref())
        .filter_map(|body| serde_json::to_string(body).ok())
        .collect();
    let Some(components) = &mut description.components else { return };
    // What a request's body refers to, directly or through another schema.
    let mut requests: Vec<String> = Vec::new();
    let mut texts = asked;
    while let Some(text) = texts.pop() {
        for (name, schema) in &components.schemas {
            if !requests.contains(name) && text.contains(&format!("/schemas/{name}\"")) {
                requests.push(name.clone());
                texts.extend(serde_json::to_string(schema).ok());
            }
        }
    }
    for (name, schema) in &mut components.schemas {
        if !requests.contains(name)
            && let RefOr::T(schema) = schema
        {
            require_all(schema);
        }
    }
}

/// Every operation with a body may be sent one that is too large.
fn limit_bodies(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let shape = if admin::errors::covers(path) { "AdminErrorBody" } else { "ErrorBody" };
        let operations = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten().filter(|operation| operation.request_body.is_some())
        {
            let too_large = || {
                let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(shape))).build();
                let response = ResponseBuilder::new()
                    .description("The body is too large")
                    .content("application/json", content);
                RefOr::T(response.build())
            };
            operation.responses.responses.entry("413".to_owned()).or_insert_with(too_large);
        }
    }
}

/// Schemas of which `{}` is an example.
fn schemas_that_require_nothing(description: &OpenApi) -> Vec<String> {
    fn requires_nothing(schema: &RefOr<Schema>) -> bool {
        match schema {
            RefOr::T(Schema::Object(object)) => object.required.is_empty(),
            RefOr::T(Schema::AllOf(all)) => all.items.iter().all(requires_nothing),
            _ => false,
        }
    }
    let schemas = description.components.iter().flat_map(|components| &components.schemas);
    schemas.filter(|(_, schema)| requires_nothing(schema)).map(|(name, _)| name.clone()).collect()
}

/// A body that is not there counts as `{}` to the management API.
fn may_leave_out_bodies(description: &mut OpenApi, open: &[String]) {
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let is_for_models = operation.tags.iter().flatten().any(|tag| tag == "LLM");
            let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| !is_for_models) else {
                continue;
            };
            let mut schemas = body.content.values().map(|content| match content {
                RefOr::T(Content { schema: Some(RefOr::Ref(place)), .. }) => {
                    place.ref_location.rsplit('/').next()
                }
                _ => None,
            });
            if schemas.all(|name| name.is_some_and(|name| open.iter().any(|open| open == name))) {
                body.required = Some(Required::False);
            }
        }
    }
}

/// Handlers of different resources share names; the API's operations must not.
fn name_operations(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let words: String =
            path.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                let parts: Vec<&str> = words.split('_').filter(|part| !part.is_empty()).collect();
                operation.operation_id = Some(format!("{method}_{}", parts.join("_")));
            }
        }
    }
}

fn require_all(schema: &mut Schema) {
    match schema {
        Schema::Object(object) => object.required = object.properties.keys().cloned().collect(),
        Schema::AllOf(all) => {
            for part in &mut all.items {
                if let RefOr::T(part) = part {
                    require_all(part);
                }
            }
        }
        _ => {}
    }
}

/// Every route.
pub fn router(engine: Shared) -> Router {
    let docs: Router<Shared> = utoipa_swagger_ui::SwaggerUi::new("/docs")
        .config(utoipa_swagger_ui::Config::from("/openapi.json"))
        .into();
    let (llm, managed) = routes();
    let guard = middleware::from_fn_with_state(engine.clone(), manage::guard::check);
    llm.into_router()
        .merge(managed.into_router().route_layer(guard))
        .route("/openapi.json", get(|| async { Json(description()) }))
        .merge(docs)
        // Clients probe the root with HEAD to see whether anybody is there.
        .route("/", get(|| async { Redirect::temporary("/ui/") }).head(|| async {}))
        .route("/ui", get(ui::to_folder))
        .route("/ui/", get(ui::index))
        .route("/ui/{*path}", get(ui::asset))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(engine)
}

async fn unknown_path(method: Method, uri: Uri) -> Response {
    // Further places where clients look whether anybody is there.
    if method == Method::HEAD && matches!(uri.path(), "/api/hello" | "/v1") {
        return ().into_response();
    }
    let failure = Failure::not_found(
        "unknown_path",
        format!("there is no {} {}; /docs lists what there is", method, uri.path()),
    );
    failure.respond(format_of(uri.path()), ids::new_id())
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let mut failure =
        Failure::invalid("method_not_allowed", format!("{} does not take {method}", uri.path()));
    failure.error.status = 405;
    failure.respond(format_of(uri.path()), ids::new_id())
}

#[cfg(test)]
mod tests;
