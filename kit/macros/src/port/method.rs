//! One method of a port: its signature, checked.

use proc_macro2::Span;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Ident, Path, PathArguments, Result, ReturnType, TraitItemFn,
    Type, spanned::Spanned as _,
};

use crate::{
    attr::refuse,
    text::{docs, pascal, plain},
};

const SHAPE: &str =
    "a port method is `async fn name(&self, cx: &CallContext, request: Request) -> Answer<Reply, Refusal>`";

/// A method that can be called from another process.
pub(super) struct Method {
    pub(super) ident: Ident,
    /// Its name on the wire.
    pub(super) wire_name: String,
    /// The name of its constant on `dyn Port`.
    pub(super) constant: Ident,
    pub(super) docs: Vec<Attribute>,
    pub(super) doc: String,
    /// A variant of `outgrow::Kind`.
    pub(super) kind: Ident,
    pub(super) request: Type,
    pub(super) answer: Type,
    pub(super) refusal: Type,
}

impl Method {
    pub(super) fn parse(item: &TraitItemFn) -> Result<Self> {
        let signature = &item.sig;
        let kind = kind(&item.attrs, signature.ident.span())?;
        if signature.asyncness.is_none() {
            return refuse(signature, format!("write `async fn`: {SHAPE}"));
        }
        if !signature.generics.params.is_empty() {
            return refuse(
                &signature.generics,
                "a port method has no generics: it must be callable from another process",
            );
        }
        if let Some(body) = &item.default {
            return refuse(body, "a port method has no body here: the module has it, wherever the module is");
        }
        let mut inputs = signature.inputs.iter();
        match (inputs.next(), inputs.next()) {
            (Some(FnArg::Receiver(this)), Some(FnArg::Typed(cx)))
                if this.reference.is_some()
                    && this.mutability.is_none()
                    && matches!(&*cx.ty, Type::Reference(cx) if cx.mutability.is_none()) => {}
            _ => return refuse(signature, SHAPE),
        }
        let request = match inputs.next() {
            Some(FnArg::Typed(request)) => (*request.ty).clone(),
            _ => return refuse(signature, SHAPE),
        };
        if let Type::Reference(reference) = &request {
            return refuse(reference, "a request is passed by value: it may travel to another process");
        }
        if let Some(more) = inputs.next() {
            return refuse(more, "a port method takes one request: put both values into one message");
        }
        let Some((answer, refusal)) = answer(&signature.output) else {
            return refuse(&signature.output, "a port method returns `Answer<Reply, Refusal>`");
        };
        let name = plain(&signature.ident);
        Ok(Self {
            ident: signature.ident.clone(),
            wire_name: pascal(&name),
            constant: Ident::new(&name.to_ascii_uppercase(), signature.ident.span()),
            docs: item.attrs.iter().filter(|attr| attr.path().is_ident("doc")).cloned().collect(),
            doc: docs(&item.attrs),
            kind,
            request,
            answer,
            refusal,
        })
    }
}

/// Whether this attribute is ours, and so not for the emitted trait.
pub(super) fn is_kind(path: &Path) -> bool {
    path.is_ident("query") || path.is_ident("command")
}

/// What a method promises about being repeated.
fn kind(attrs: &[Attribute], method: Span) -> Result<Ident> {
    let mut kinds = attrs.iter().filter(|attr| is_kind(attr.path()));
    let Some(attr) = kinds.next() else {
        let why = "say what it promises about being repeated: \
                   `#[query]`, `#[command(idempotent)]` or `#[command(once)]`";
        return Err(Error::new(method, why));
    };
    if let Some(second) = kinds.next() {
        return refuse(second, "a method is either a query or a command");
    }
    if attr.path().is_ident("query") {
        attr.meta.require_path_only()?;
        return Ok(Ident::new("Query", attr.span()));
    }
    let kind = match attr.parse_args::<Ident>() {
        Ok(how) if how == "idempotent" => "Idempotent",
        Ok(how) if how == "once" => "Once",
        _ => return refuse(attr, "say how: `#[command(idempotent)]` or `#[command(once)]`"),
    };
    Ok(Ident::new(kind, attr.span()))
}

/// `T` and `E` of `-> Answer<T, E>`.
fn answer(output: &ReturnType) -> Option<(Type, Type)> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::Path(path) = &**ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Answer")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter();
    match (types.next(), types.next(), types.next()) {
        (Some(GenericArgument::Type(answer)), Some(GenericArgument::Type(refusal)), None) => {
            Some((answer.clone(), refusal.clone()))
        }
        _ => None,
    }
}
