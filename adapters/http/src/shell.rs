//! The shell: all endpoints of a process behind one edge, with their documentation and its operations.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, response::Redirect, routing::get};
use outgrow::IdGen;
use utoipa::openapi::{Info, OpenApi, Paths};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{BODY_LIMIT, Endpoints, Operations, edge::Edge, failure};

/// What an API says of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name.
    pub title: String,
    /// Its version.
    pub version: String,
    /// What it is for, in Markdown.
    pub description: String,
}

/// One router of all endpoints, with `/openapi.json` (OpenAPI 3.1), `/docs` to browse it offline, and the operations.
///
/// `ids` makes the correlation ids and the idempotency keys that requests come without.
///
/// # Panics
/// If two endpoints have the same route, or two schemas of different content the same name: defects of the
/// composition, which the first test that composes finds.
pub fn shell(
    about: About,
    endpoints: impl IntoIterator<Item = Endpoints>,
    operations: Operations,
    ids: Arc<dyn IdGen>,
) -> Router {
    let info = Info::builder().title(about.title).version(about.version).description(Some(about.description));
    let mut openapi = OpenApi::new(info.build(), Paths::new());
    let mut router = operations.router();
    for part in endpoints {
        let (part, described) = part.into_parts();
        assert_no_clash(&openapi, &described);
        openapi.merge(described);
        router = router.merge(part);
    }
    let config = Config::default().try_it_out_enabled(true).validator_url("none");
    let docs = SwaggerUi::new("/docs").config(config).url("/openapi.json", openapi);
    behind_edge(
        router
            .merge(docs)
            .route("/", get(async || Redirect::to("/docs/")))
            .fallback(async || StatusCode::NOT_FOUND),
        ids,
    )
}

/// The operations alone, for a process that has no public API.
pub fn operations(operations: Operations, ids: Arc<dyn IdGen>) -> Router {
    behind_edge(operations.router().fallback(async || StatusCode::NOT_FOUND), ids)
}

/// The operations of a process that cannot serve anything else yet: whatever is asked for is 503 `not-executed`.
pub fn starting(operations: Operations, ids: Arc<dyn IdGen>) -> Router {
    behind_edge(operations.router().fallback(async || failure::not_yet()), ids)
}

fn behind_edge(router: Router, ids: Arc<dyn IdGen>) -> Router {
    // As one layer: each costs every route an allocation more.
    router.layer((Edge(ids), DefaultBodyLimit::max(BODY_LIMIT)))
}

/// Merging would drop one of the two in silence.
fn assert_no_clash(known: &OpenApi, added: &OpenApi) {
    let schemas =
        |openapi: &OpenApi| openapi.components.as_ref().map(|all| all.schemas.clone()).unwrap_or_default();
    let known: BTreeMap<_, _> = schemas(known);
    for (name, schema) in schemas(added) {
        let clash = known.get(&name).is_some_and(|other| *other != schema);
        assert!(!clash, "two schemas are named `{name}`: rename one with `#[schema(as = …)]`");
    }
}
