//! The HTTP edge: what every module's `infra/http.rs` is written with, and the shell around all of them.
//!
//! A handler takes what it needs by extractors ([`Cx`], [`Json`], [`Query`], [`Param`], [`Prefer`]), calls its module
//! through the port, and answers or returns a [`Problem`]. [`Endpoints`] joins handlers that carry their own
//! documentation; a route without documentation cannot be added. [`shell`] makes one router of all of them.
//!
//! ```
//! use adapter_http::{Cx, Endpoints, Invalid, Json, Problem, failure, routes};
//! use axum::{extract::State, http::StatusCode};
//! use outgrow::{Answer, CallContext};
//! use std::sync::Arc;
//! # #[derive(Debug, thiserror::Error)] #[error("{0} is a stranger")] pub struct Stranger(String);
//! # pub trait Greeter: Send + Sync {
//! #     fn greet(&self, cx: &CallContext, name: String) -> outgrow::BoxFuture<'_, Answer<String, Stranger>>;
//! # }
//!
//! pub fn endpoints(greeter: Arc<dyn Greeter>) -> Endpoints {
//!     Endpoints::new("greetings", greeter, [routes!(greet)])
//! }
//!
//! /// Greets somebody.
//! #[utoipa::path(post, path = "/v1/greetings", responses((status = 200, body = GreetingBody)))]
//! async fn greet(
//!     State(greeter): State<Arc<dyn Greeter>>,
//!     Cx(cx): Cx,
//!     Json(body): Json<GreetBody>,
//! ) -> Result<Json<GreetingBody>, Problem> {
//!     if body.name.is_empty() {
//!         return Err(Invalid::at("/name", "must not be empty").into());
//!     }
//!     let text = greeter.greet(&cx, body.name).await.map_err(failure(problem))?;
//!     Ok(Json(GreetingBody { text }))
//! }
//!
//! #[derive(serde::Deserialize, utoipa::ToSchema)]
//! #[serde(deny_unknown_fields)]
//! struct GreetBody {
//!     name: String,
//! }
//!
//! #[derive(serde::Serialize, utoipa::ToSchema)]
//! struct GreetingBody {
//!     text: String,
//! }
//!
//! fn problem(refusal: Stranger) -> Problem {
//!     Problem::new(StatusCode::NOT_FOUND, "stranger", "This is a stranger").detail(refusal.to_string())
//! }
//! ```
//!
//! Whatever goes wrong, the body of an error is `application/problem+json` (RFC 9457). Answers that succeed carry
//! nothing volatile: an idempotent repeat is the same byte for byte. What changes with every request (the
//! correlation id) is in headers.
//!
//! Deliberately absent: any module, TLS and HTTP/2 (both end at the proxy in front), cookies, CORS, authentication
//! (a later adapter).

mod body;
mod context;
mod edge;
mod endpoints;
mod failure;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod invalid;
mod json;
mod money;
mod operations;
mod page;
mod prefer;
mod problem;
mod query;
mod read;
mod server;
mod shell;

pub use body::BODY_LIMIT;
pub use context::{BUDGET, Cx};
pub use endpoints::Endpoints;
pub use failure::{failure, query_failure};
pub use invalid::Invalid;
pub use json::{Json, NoBody};
pub use money::MoneyJson;
pub use operations::{Component, Operations, Readiness};
pub use page::{Cursor, Limit, Page};
pub use prefer::{Applied, Prefer};
pub use problem::{FieldError, Place, Problem};
pub use query::{Param, Query};
pub use server::serve;
pub use shell::{About, operations, shell, starting};

pub use utoipa_axum::routes;
