//! Messages on an HTTP/2 stream: five bytes (not compressed, so long), then the message.

use std::io::Cursor;

use bytes::{Buf as _, Bytes, BytesMut, buf::Chain};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// The largest message either way, unless told otherwise: what gRPC peers accept by default.
pub(crate) const MAX_MESSAGE: usize = 4 * 1024 * 1024;

const PREFIX: usize = 5;

/// A message with its prefix. Neither is copied.
pub(crate) type Frame = Chain<Cursor<[u8; PREFIX]>, Bytes>;

/// The message, ready to be sent; none if it is larger than `limit`.
pub(crate) fn wrap(message: Bytes, limit: usize) -> Option<Frame> {
    let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= limit)?;
    let [a, b, c, d] = length.to_be_bytes();
    Some(Cursor::new([0, a, b, c, d]).chain(message))
}

/// Bytes without a prefix of ours.
pub(crate) fn bare(bytes: Bytes) -> Frame {
    let mut nothing = Cursor::new([0; PREFIX]);
    nothing.advance(PREFIX);
    nothing.chain(bytes)
}

/// Why a stream does not hold one message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the stream broke")]
    Broken(#[from] hyper::Error),
    #[error("the message is larger than {0} bytes")]
    TooLarge(usize),
    #[error("there is no message")]
    Missing,
    #[error("the message is compressed")]
    Compressed,
    #[error("the message has another length than its prefix says")]
    Length,
}

/// All that a stream brings: its data, and its trailers if it had any. Holds no more than has come, and no more than
/// one message of `limit` bytes.
pub(crate) async fn collect(
    mut body: Incoming,
    limit: usize,
) -> Result<(Bytes, Option<HeaderMap>), Unreadable> {
    let (mut first, mut more, mut trailers) = (Bytes::new(), BytesMut::new(), None);
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) if first.is_empty() => first = data,
            Ok(data) => {
                if more.is_empty() {
                    more.extend_from_slice(&first);
                }
                more.extend_from_slice(&data);
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
        if first.len().max(more.len()) > limit.saturating_add(PREFIX) {
            return Err(Unreadable::TooLarge(limit));
        }
    }
    Ok((if more.is_empty() { first } else { more.freeze() }, trailers))
}

/// The one message in these data.
pub(crate) fn unwrap(mut data: Bytes) -> Result<Bytes, Unreadable> {
    if data.is_empty() {
        return Err(Unreadable::Missing);
    }
    let prefix = data.split_to(PREFIX.min(data.len()));
    let [flag, length @ ..] = *prefix.first_chunk::<PREFIX>().ok_or(Unreadable::Length)?;
    if flag != 0 {
        return Err(Unreadable::Compressed);
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == data.len() { Ok(data) } else { Err(Unreadable::Length) }
}
