//! Who may call whom: denied unless the caller's spec declares the need.
//!
//! This finds mistakes, in process and across processes. It is no defence yet: a peer is who it says it is until
//! services have identities (ADR 0007). The edge and the operator may call every
//! port: what the public can reach is decided by which endpoints are mounted.

use outgrow::{
    CallError, CauseKind, Method, ModuleSpec, PortDesc,
    call::{EDGE, OPERATOR},
};

/// The callers of one port.
#[derive(Clone, Debug)]
pub struct Access(Vec<&'static str>);

impl Access {
    /// Who may call `port`, by the needs of all modules.
    pub fn to(port: &PortDesc, specs: &[&'static ModuleSpec]) -> Self {
        let needs = |spec: &&&ModuleSpec| spec.needs.iter().any(|need| need.to_string() == port.to_string());
        let modules = specs.iter().filter(needs).map(|spec| spec.name);
        Self(modules.chain([EDGE, OPERATOR]).collect())
    }

    /// Denies a caller that has not declared its need.
    ///
    /// # Errors
    /// Not executed, denied: naming caller, port and remedy.
    #[inline]
    pub fn check<E>(&self, caller: &str, method: &'static Method) -> Result<(), CallError<E>> {
        if self.0.contains(&caller) { Ok(()) } else { Err(denied(caller, method)) }
    }
}

#[cold]
fn denied<E>(caller: &str, method: &'static Method) -> CallError<E> {
    let why = if caller.is_empty() {
        format!(
            "an unnamed caller may not call {method}: say who calls (over gRPC in the header `outgrow-caller`)"
        )
    } else {
        format!("{caller} may not call {method}: declare the need in its ModuleSpec (ADR 0007)")
    };
    CallError::not_executed(CauseKind::Denied, why)
}
