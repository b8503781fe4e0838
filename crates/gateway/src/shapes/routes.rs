//! Routes, and their description for whoever asks for it. The description of all of them is a megabyte of code that makes
//! another of data: an idle gateway runs and keeps none of it.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::http::Shared;

type Plain = fn(Router<Shared>) -> Router<Shared>;
type Description = fn() -> UtoipaMethodRouter<Shared>;

/// Routes with handlers that are described by `#[utoipa::path]`.
#[derive(Default)]
pub struct Routes {
    router: Router<Shared>,
    described: Vec<Description>,
}

impl Routes {
    /// Adds what [`routes!`](crate::routes) makes of handlers that share a path.
    #[must_use]
    pub fn routes(mut self, (plain, description): (Plain, Description)) -> Self {
        self.router = plain(self.router);
        self.described.push(description);
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.described.extend(other.described);
        self
    }

    /// Changes the routes, and not what is said of them.
    #[must_use]
    pub fn map(mut self, change: impl FnOnce(Router<Shared>) -> Router<Shared>) -> Self {
        self.router = change(self.router);
        self
    }

    pub fn into_router(self) -> Router<Shared> {
        self.router
    }

    pub fn description(self) -> OpenApi {
        let all = self.described.into_iter();
        all.fold(OpenApiRouter::new(), |router, description| router.routes(description())).into_openapi()
    }
}

/// Routes that are not described.
impl From<Router<Shared>> for Routes {
    fn from(router: Router<Shared>) -> Self {
        Self { router, described: Vec::new() }
    }
}

/// The route of handlers that share a path, for [`Routes::routes`](crate::shapes::routes::Routes::routes).
#[macro_export]
macro_rules! routes {
    ($first:path $(, $handler:path)* $(,)?) => {{
        let plain: fn(axum::Router<$crate::http::Shared>) -> axum::Router<$crate::http::Shared> = |router| {
            use utoipa_axum::PathItemExt;
            let mut methods = axum::routing::MethodRouter::new();
            let path = utoipa_axum::paste! { utoipa_axum::routes!(@path [path()] of $first) };
            utoipa_axum::paste! {
                for method in utoipa_axum::routes!(@path [methods()] of $first) {
                    methods = methods.on(method.to_method_filter(), $first);
                }
            }
            $(
                utoipa_axum::paste! {
                    for method in utoipa_axum::routes!(@path [methods()] of $handler) {
                        methods = methods.on(method.to_method_filter(), $handler);
                    }
                }
            )*
            router.route(&path, methods)
        };
        let description: fn() -> utoipa_axum::router::UtoipaMethodRouter<$crate::http::Shared> =
            || utoipa_axum::routes!($first $(, $handler)*);
        (plain, description)
    }};
}
