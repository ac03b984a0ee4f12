//! A plain application: a `main`, a router and a state of its own.

mod http;
mod post;

use std::{env, error::Error, sync::Arc};

use adapter_grpc::{GrpcServer, GrpcTransport};
use outgrow::{Port as _, Served, SystemIds};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use tokio::net::TcpListener;

use crate::post::{Desk, PostRoom};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let desk: Arc<dyn PostRoom> = Arc::new(Desk::default());
    let policies = Policies::new(Access::to(<dyn PostRoom>::DESC, &[]));
    if let Ok(address) = env::var("POST_LISTEN") {
        let listener = GrpcServer::bind(&address.parse()?).await?;
        let door = Door::new(Arc::new(Served(desk)), policies);
        let server = GrpcServer::new(vec![Arc::new(door)], Arc::new(SystemIds));
        let asked = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
        return Ok(server.serve(listener, asked, std::time::Duration::from_secs(15)).await?);
    }
    let (desk, route) = match env::var("POST_AT") {
        Err(_) => (Some(desk), Route::Local),
        Ok(address) => {
            let there = Arc::new(GrpcTransport::connect(&address.parse()?));
            (None, Route::Remote(vec![Target::new(address, there)]))
        }
    };
    let post = <dyn PostRoom>::via(Router::new(desk, route, policies));
    let listener = TcpListener::bind(env::var("HTTP")?).await?;
    axum::serve(listener, http::routes(post)).await?;
    Ok(())
}
