//! The application's own HTTP: its routes, and how it has always told its errors.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing,
};
use serde_json::json;

use crate::post::{Parcel, PostRefusal, PostRoom, Sent};

/// Everything under `/post`.
pub(crate) fn routes(post: Arc<dyn PostRoom>) -> Router {
    Router::new()
        .route("/post/hours", routing::get(async || "9 to 5"))
        .route("/post/parcels", routing::post(send))
        .with_state(post)
}

async fn send(
    State(post): State<Arc<dyn PostRoom>>,
    Json(parcel): Json<Parcel>,
) -> Result<(StatusCode, Json<Sent>), Failed> {
    let sent = post.send(parcel).await.map_err(Failed)?;
    Ok((StatusCode::CREATED, Json(sent)))
}

/// What a client is told instead of an answer.
struct Failed(PostRefusal);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, error) = (StatusCode::UNPROCESSABLE_ENTITY, self.0.to_string());
        (status, Json(json!({ "error": error }))).into_response()
    }
}
