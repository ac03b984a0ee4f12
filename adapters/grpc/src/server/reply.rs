//! Responses: a message and an `OK`, a bare status, or whatever a companion answers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use hyper::body::{Body, Frame};
use outgrow::{CallError, CauseKind, Reply};
use tonic::Status;

use crate::{
    frame::{self, Frame as Message},
    status,
};

pub(super) const GRPC: &str = "application/grpc";

/// The body of a response.
#[derive(Default)]
pub(super) enum ReplyBody {
    /// One message, then the trailers.
    Message(Message),
    /// `grpc-status: 0`.
    Trailers,
    /// Nothing more.
    #[default]
    End,
    /// A companion's own.
    Companion(tonic::body::Body),
}

/// The response to a call.
pub(super) fn of(reply: Reply, limit: usize) -> Response<ReplyBody> {
    let message = reply.and_then(|answer| {
        let size = answer.len();
        frame::wrap(answer, limit).ok_or_else(|| {
            let detail = format!("the answer has {size} bytes, more than {limit}");
            CallError::in_doubt(CauseKind::BadAnswer, detail)
        })
    });
    match message {
        Ok(message) => {
            let mut response = Response::new(ReplyBody::Message(message));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
            response
        }
        Err(failure) => status::encode(failure).into_http(),
    }
}

/// The response to what is not gRPC at all.
pub(super) fn not_grpc() -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::End);
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}

impl Body for ReplyBody {
    type Data = Message;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Message>, Status>>> {
        if let Self::Companion(body) = &mut *self {
            let frame = Pin::new(body).poll_frame(cx);
            return frame.map_ok(|frame| frame.map_data(frame::bare));
        }
        match std::mem::take(&mut *self) {
            Self::Message(message) => {
                *self = Self::Trailers;
                Poll::Ready(Some(Ok(Frame::data(message))))
            }
            Self::Trailers => {
                let ok = (status::STATUS.clone(), HeaderValue::from_static("0"));
                Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from_iter([ok])))))
            }
            Self::End | Self::Companion(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::End => true,
            Self::Companion(body) => body.is_end_stream(),
            Self::Message(_) | Self::Trailers => false,
        }
    }
}
