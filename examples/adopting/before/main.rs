//! A plain application: a `main`, a router and a state of its own.

mod http;
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
