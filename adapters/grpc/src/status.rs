//! Failures as gRPC statuses, both ways: the second table in the crate's documentation.

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use outgrow::{
    CallError, Cause, CauseKind, Message as _, Method, RawRefusal, Wire,
    wire::{CallFailure, Executed},
};
use tonic::{Code, Status, metadata::MetadataMap};

pub(crate) type Failure = CallError<RawRefusal>;

pub(crate) static STATUS: HeaderName = HeaderName::from_static("grpc-status");
static DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

const TYPE_PREFIX: &str = "type.googleapis.com/";
const CALL_FAILURE: &str = "type.googleapis.com/outgrow.v1.CallFailure";

/// The longest `grpc-message`, in characters. With a refusal of [`RawRefusal::MAX_BODY`] all trailers stay below the
/// 8 KiB that every peer accepts.
const MAX_MESSAGE: usize = 512;

/// `google.rpc.Status`.
#[derive(Wire)]
struct RpcStatus {
    #[wire(1)]
    code: Option<u32>,
    #[wire(2)]
    message: Option<String>,
    #[wire(3)]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Wire)]
struct Any {
    #[wire(1)]
    type_url: String,
    #[wire(2)]
    value: Option<Bytes>,
}

/// The status that says what failed.
pub(crate) fn encode(failure: Failure) -> Status {
    let code = code_of(&failure);
    let (message, type_url, value) = match failure {
        CallError::Refused(refusal) if refusal.body.len() > RawRefusal::MAX_BODY => {
            let detail = format!("a refusal of {} bytes does not fit into trailers", refusal.body.len());
            return encode(CallError::in_doubt(CauseKind::BadAnswer, detail));
        }
        CallError::Refused(refusal) => {
            (refusal.message, format!("{TYPE_PREFIX}{}", refusal.type_name), refusal.body)
        }
        CallError::NotExecuted(cause) => caused(Executed::NotExecuted, &cause),
        CallError::InDoubt(cause) => caused(Executed::InDoubt, &cause),
    };
    let message = short(&message);
    let details = RpcStatus {
        code: u32::try_from(i32::from(code)).ok(),
        message: Some(message.clone()),
        details: vec![Any { type_url, value: Some(value) }],
    };
    Status::with_details(code, message, details.to_bytes())
}

fn caused(executed: Executed, cause: &Cause) -> (String, String, Bytes) {
    let detail = cut(&cause.detail, Cause::MAX_DETAIL);
    let failure = CallFailure { executed, kind: cause.kind.code().to_owned(), detail };
    let bytes = failure.to_bytes();
    (failure.detail, CALL_FAILURE.to_owned(), bytes)
}

fn code_of(failure: &Failure) -> Code {
    match failure {
        CallError::Refused(_) => Code::FailedPrecondition,
        CallError::NotExecuted(cause) => match cause.kind {
            CauseKind::Unreachable | CauseKind::Lost | CauseKind::Storage | CauseKind::Dependency => {
                Code::Unavailable
            }
            CauseKind::Unserved => Code::Unimplemented,
            CauseKind::Overloaded => Code::ResourceExhausted,
            CauseKind::Expired => Code::DeadlineExceeded,
            CauseKind::Denied => Code::PermissionDenied,
            CauseKind::BadRequest => Code::InvalidArgument,
            CauseKind::KeyReused => Code::AlreadyExists,
            CauseKind::InProgress => Code::Aborted,
            CauseKind::BadAnswer | CauseKind::Internal => Code::Internal,
        },
        CallError::InDoubt(cause) => match cause.kind {
            CauseKind::Expired => Code::DeadlineExceeded,
            CauseKind::Internal => Code::Internal,
            CauseKind::Unreachable
            | CauseKind::Unserved
            | CauseKind::Overloaded
            | CauseKind::Denied
            | CauseKind::BadRequest
            | CauseKind::KeyReused
            | CauseKind::InProgress
            | CauseKind::Storage
            | CauseKind::Dependency
            | CauseKind::BadAnswer
            | CauseKind::Lost => Code::Unknown,
        },
    }
}

/// What failed, by the headers or trailers that hold the status. `method` is what was called.
///
/// Whatever is missing or unreadable leaves the call in doubt: it may have run.
pub(crate) fn decode(mut headers: HeaderMap, method: &'static Method) -> Failure {
    // Taken out first: tonic panics on details that are not base64.
    let details = headers.remove(&DETAILS);
    let Some(status) = Status::from_header_map(&headers) else {
        return CallError::in_doubt(CauseKind::Lost, "the answer has no grpc-status");
    };
    let said = format!("{:?}: {}", status.code(), status.message());
    let Some(details) = details else {
        return CallError::in_doubt(kind_of(status.code()), cut(&said, Cause::MAX_DETAIL));
    };
    let map = MetadataMap::from_headers(HeaderMap::from_iter([(DETAILS.clone(), details)]));
    let bytes = map.get_bin(DETAILS.as_str()).and_then(|details| details.to_bytes().ok());
    bytes.and_then(|bytes| detailed(&bytes, status.message(), method)).unwrap_or_else(|| {
        CallError::in_doubt(
            CauseKind::BadAnswer,
            cut(&format!("unreadable details of {said}"), Cause::MAX_DETAIL),
        )
    })
}

fn detailed(bytes: &[u8], message: &str, method: &'static Method) -> Option<Failure> {
    let Any { type_url, value } = RpcStatus::from_bytes(bytes).ok()?.details.into_iter().next()?;
    let value = value.unwrap_or_default();
    if type_url == CALL_FAILURE {
        let failure = CallFailure::from_bytes(&value).ok()?;
        let cause = Cause::new(CauseKind::from_code(&failure.kind), cut(&failure.detail, Cause::MAX_DETAIL));
        return Some(match failure.executed {
            Executed::NotExecuted => CallError::NotExecuted(cause),
            Executed::InDoubt => CallError::InDoubt(cause),
        });
    }
    let type_name = type_url.strip_prefix(TYPE_PREFIX)?;
    let of_the_port = type_name.strip_prefix(method.package).is_some_and(|name| name.starts_with('.'));
    of_the_port.then(|| {
        let message = cut(message, RawRefusal::MAX_MESSAGE);
        CallError::Refused(RawRefusal { type_name: type_name.to_owned(), message, body: value })
    })
}

/// The kind of a status without details, as foreign servers send it.
fn kind_of(code: Code) -> CauseKind {
    if code == Code::DeadlineExceeded {
        CauseKind::Expired
    } else if code == Code::Internal {
        CauseKind::Internal
    } else if code == Code::Unimplemented {
        CauseKind::Unserved
    } else {
        CauseKind::Lost
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// As much of it as a header has room for. What is not plain ASCII travels percent-encoded, at three times its size.
fn short(text: &str) -> String {
    let mut room = 2 * MAX_MESSAGE;
    let fits = |char: &char| {
        let size = if char.is_ascii_alphanumeric() { 1 } else { 3 * char.len_utf8() };
        let left = room.checked_sub(size);
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take(MAX_MESSAGE).take_while(fits).collect()
}
