//! The application after the second step of the guide: its trait is a port, and nothing is routed yet.

#[path = "../after/http.rs"]
mod http;
#[path = "../after/post.rs"]
mod post;

use std::{env, error::Error, sync::Arc};

use tokio::net::TcpListener;

use crate::post::{Desk, PostRoom};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let post: Arc<dyn PostRoom> = Arc::new(Desk::default());
    let listener = TcpListener::bind(env::var("HTTP")?).await?;
    axum::serve(listener, http::routes(post)).await?;
    Ok(())
}
