//! The endpoints of one module: handlers and their documentation, which cannot be had apart.

use std::{convert::Infallible, fmt};

use axum::{Router, http::StatusCode};
use utoipa::openapi::{
    Components, Content, ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::{Problem, problem::Facts};

/// The routes of one module and their description, ready for [`shell`](crate::shell).
///
/// A handler carries its method, path and answers in `#[utoipa::path(…)]`; [`routes!`](crate::routes) turns those of
/// one path into a route. So no route lacks its documentation. Added to every operation, since it is true of all: the
/// parameters of its path, `Idempotency-Key` if it is a POST or a PUT, and that errors are problems.
pub struct Endpoints {
    router: Router,
    openapi: OpenApi,
}

impl Endpoints {
    /// The endpoints that `tag` groups in the documentation, with the state that their handlers take.
    ///
    /// Example: `Endpoints::new("orders", ordering, [routes!(place, orders), routes!(order), routes!(cancel)])`.
    pub fn new<S: Clone + Send + Sync + 'static>(
        tag: &str,
        state: S,
        routes: impl IntoIterator<Item = UtoipaMethodRouter<S, Infallible>>,
    ) -> Self {
        let router = routes.into_iter().fold(OpenApiRouter::<S>::default(), OpenApiRouter::routes);
        let (router, mut openapi) = router.with_state(state).split_for_parts();
        for (path, item) in &mut openapi.paths.paths {
            complete(tag, path, item);
        }
        let mut schemas = Vec::new();
        <Facts as utoipa::ToSchema>::schemas(&mut schemas);
        schemas.push((PROBLEM.to_owned(), <Facts as utoipa::PartialSchema>::schema()));
        openapi.components.get_or_insert_with(Components::new).schemas.extend(schemas);
        Self { router, openapi }
    }

    pub(crate) fn into_parts(self) -> (Router, OpenApi) {
        (self.router, self.openapi)
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.openapi.paths.paths.keys()).finish()
    }
}

const PROBLEM: &str = "Problem";

fn complete(tag: &str, path: &str, item: &mut PathItem) {
    for changing in [&mut item.post, &mut item.put].into_iter().flatten() {
        changing.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
    }
    let PathItem { get, put, post, delete, patch, .. } = item;
    for operation in [get, put, post, delete, patch].into_iter().flatten() {
        operation.tags = Some(vec![tag.to_owned()]);
        add_path_parameters(path, operation);
        for (status, response) in &mut operation.responses.responses {
            describe(status, response);
        }
        let problem = RefOr::T(problem());
        operation.responses.responses.entry("default".to_owned()).or_insert(problem);
    }
}

/// A response must have a description; where its author had nothing to say, its status says it.
fn describe(status: &str, response: &mut RefOr<utoipa::openapi::Response>) {
    if let RefOr::T(response) = response
        && response.description.is_empty()
        && let Ok(status) = status.parse::<StatusCode>()
    {
        status.canonical_reason().unwrap_or_default().clone_into(&mut response.description);
    }
}

fn add_path_parameters(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
        let known = |parameter: &RefOr<Parameter>| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Path && parameter.name == name,
            RefOr::Ref(_) => false,
        };
        if !parameters.iter().any(known) {
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
            parameters.push(RefOr::T(parameter.build()));
        }
    }
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Makes repeating this request safe: the same key and body have one effect and one answer.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(255))
                .pattern(Some("^[!-~]+$")),
        ))
        .build()
}

fn problem() -> utoipa::openapi::Response {
    let schema: Content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
    ResponseBuilder::new()
        .description("What is wrong (RFC 9457).")
        .content(Problem::MEDIA_TYPE, schema)
        .build()
}
