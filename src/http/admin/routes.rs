//! The addresses of the console, in one table. Each of them has a row in the test that says who may open it.

use super::recovery;
use crate::http::App;
use axum::Router;
use axum::routing::MethodRouter;

macro_rules! console {
    ($($path:literal: $($method:ident $handler:path),+;)*) => {
        /// Every method and address of the console.
        pub const ROUTES: &[(&str, &str)] = &[$($((stringify!($method), $path)),+),*];

        /// The console's part of the table of addresses.
        pub fn routes() -> Router<App> {
            Router::new()$(.route($path, MethodRouter::new()$(.$method($handler))+))*
        }
    };
}

console! {
    "/admin/recovery": get recovery::get, post recovery::post;
}
