//! The shop, and in the same binary a module that has never heard of the kit.

#[path = "../before/http.rs"]
mod http;
#[path = "../before/post.rs"]
mod post;

use std::{process::ExitCode, sync::Arc};

use outgrow_cli::{App, Host};
use outgrow_runtime::Unmet;

use crate::post::Desk;

fn main() -> ExitCode {
    let app = App {
        name: "beside",
        about: "The shop, with a post room.",
        modules: shop::MODULES,
        compose,
        settings: &[],
        commands: &[],
        try_it: |address| format!("curl -s {address}/post/hours"),
    };
    app.run()
}

fn compose(host: &mut Host) -> Result<(), Unmet> {
    shop::compose(host)?;
    host.plain(http::routes(Arc::new(Desk::default())));
    Ok(())
}
