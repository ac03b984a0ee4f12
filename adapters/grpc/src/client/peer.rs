//! Who is called, and how a request to it looks.

use std::{
    collections::HashMap,
    error::Error,
    fmt::Write as _,
    ptr,
    sync::{Arc, PoisonError, RwLock},
};

use http::{
    HeaderValue, Request, Uri, Version,
    header::{CONTENT_TYPE, TE, USER_AGENT},
    uri::Scheme,
};
use outgrow::{CallContext, Method};

use super::{departure::Outgoing, resolve::Resolve};
use crate::{GrpcAddress, Keepalive, headers};

/// Who is called.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) address: GrpcAddress,
    pub(super) keepalive: Keepalive,
    pub(super) resolver: Arc<dyn Resolve>,
}

impl Peer {
    pub(super) fn uri(&self, path: &str) -> Result<Uri, http::Error> {
        let authority = self.address.authority().clone();
        Uri::builder().scheme(Scheme::HTTP).authority(authority).path_and_query(path).build()
    }

    /// The request that calls what is at `uri`, in this context.
    pub(super) fn request(uri: Uri, cx: &CallContext, body: Outgoing) -> Request<Outgoing> {
        let mut request = Self::post(uri, body);
        headers::write(cx, request.headers_mut());
        request
    }

    /// The request that calls what is at `uri`, in nobody's name.
    pub(super) fn post(uri: Uri, body: Outgoing) -> Request<Outgoing> {
        let mut request = Request::new(body);
        *request.method_mut() = http::Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(10);
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("outgrow/", env!("CARGO_PKG_VERSION"))));
        request
    }
}

/// Where each method is: made at its first call, since making it costs more than all headers together.
#[derive(Default)]
pub(super) struct Uris(RwLock<HashMap<usize, Uri>>);

impl Uris {
    pub(super) fn of(&self, method: &'static Method, peer: &Peer) -> Result<Uri, http::Error> {
        let key = ptr::from_ref(method).addr();
        if let Some(uri) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(uri.clone());
        }
        let uri = peer.uri(&format!("/{method}"))?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, uri.clone());
        Ok(uri)
    }
}

/// An error and all its causes in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !line.ends_with(&said) {
            let _fits = write!(line, ": {said}");
        }
        cause = error.source();
    }
    line
}
