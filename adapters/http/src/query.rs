//! What comes in the URL: parameters after `?`, and the one within the path.

use std::{fmt, str::FromStr};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{
    FieldError, Place, Problem,
    read::{self, Fault, Node},
};

/// The parameters after `?`. Missing, unknown, repeated and wrong ones are 400 `invalid-parameter`.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

pub(crate) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let read = || read::read(Node::from_query(query)?);
    read().map_err(|fault: Fault| {
        let (pointer, detail) = fault.into_parts();
        invalid_parameter(FieldError { place: Place::Query, pointer, detail })
    })
}

/// The one parameter within the path, such as `{id}`. What cannot be read is 400 `invalid-parameter`.
///
/// It reads by [`FromStr`], as typed ids and codes do. (A route of several parameters takes
/// [`axum::extract::RawPathParams`].)
#[derive(Clone, Copy, Debug)]
pub struct Param<T>(pub T);

impl<T: FromStr<Err: fmt::Display>, S: Send + Sync> FromRequestParts<S> for Param<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "invalid-parameter", "A parameter is not valid")
                .detail("The path is not UTF-8.")
                .because(error)
        })?;
        let Some((name, value)) = params.iter().next() else {
            return Err(Problem::internal("the route of a handler that takes a `Param` has none"));
        };
        value.parse().map(Self).map_err(|error: T::Err| {
            let detail = format!("is not well formed: {error}").into();
            invalid_parameter(FieldError { place: Place::Path, pointer: format!("/{name}"), detail })
        })
    }
}

pub(crate) fn invalid_parameter(error: FieldError) -> Problem {
    let detail = error.to_string();
    Problem::new(StatusCode::BAD_REQUEST, "invalid-parameter", "A parameter is not valid")
        .detail(detail)
        .error(error)
}
