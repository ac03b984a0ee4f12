//! `#[port]`: the trait, its descriptor, its dispatcher, and its caller.

mod method;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, Ident, ItemTrait, LitStr, Result, TraitItem, parse_quote, spanned::Spanned as _};

use crate::{
    attr::{package, refuse},
    text::{docs, plain},
};
use method::Method;

pub(crate) fn expand(package: &LitStr, mut item: ItemTrait) -> TokenStream {
    let methods = check(package, &item);
    for part in &mut item.items {
        if let TraitItem::Fn(method) = part {
            method.attrs.retain(|attr| !method::is_kind(attr.path()));
        }
    }
    match methods {
        Ok(methods) => emit(package, item, &methods),
        // The trait stays, so that one mistake is one message.
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #[::outgrow::__private::async_trait] #item)
        }
    }
}

/// The methods, or everything that is wrong with the trait.
fn check(name: &LitStr, item: &ItemTrait) -> Result<Vec<Method>> {
    let mut errors: Vec<Error> = package(name).err().into_iter().collect();
    if !item.generics.params.is_empty() {
        errors.extend(
            refuse::<()>(&item.generics, "a port has no generics: it must be callable from another process")
                .err(),
        );
    }
    if !item.supertraits.is_empty() {
        errors.extend(
            refuse::<()>(&item.supertraits, "a port has no supertraits: its methods are all that can travel")
                .err(),
        );
    }
    let mut methods = Vec::new();
    let mut names = HashSet::new();
    for part in &item.items {
        let method = match part {
            TraitItem::Fn(part) => Method::parse(part),
            TraitItem::Const(_) | TraitItem::Type(_) | TraitItem::Macro(_) | _ => {
                refuse(part, "a port has async methods and nothing else")
            }
        };
        match method {
            Ok(method) if !names.insert(method.wire_name.clone()) => {
                let why = format!("another method is already called `{}` on the wire", method.wire_name);
                errors.push(Error::new(method.ident.span(), why));
            }
            Ok(method) => methods.push(method),
            Err(error) => errors.push(error),
        }
    }
    let all = errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    });
    all.map_or(Ok(methods), Err)
}

fn emit(package: &LitStr, mut item: ItemTrait, methods: &[Method]) -> TokenStream {
    let port = &item.ident;
    let (name, doc) = (plain(port), docs(&item.attrs));
    let constants = methods.iter().enumerate().map(|(index, Method { constant, docs, .. })| {
        quote! {
            #(#docs)*
            pub const #constant: &'static ::outgrow::Method = &<Self as ::outgrow::Port>::DESC.methods[#index];
        }
    });
    let descs = methods.iter().enumerate().map(|(index, method)| desc(package, &name, index, method));
    let arms = methods.iter().enumerate().map(|(index, Method { ident, request, .. })| {
        quote! {
            #index => ::outgrow::__private::Box::pin(::outgrow::serve(
                self, method, cx, body, |port: &Self, cx, request: #request| port.#ident(cx, request),
            )),
        }
    });
    let forwards = methods.iter().map(|Method { ident, constant, request, answer, refusal, .. }| {
        // The signature that `async_trait` gives the method, so that the callee's own future is returned as it is.
        quote! {
            fn #ident<'life0, 'life1, 'async_trait>(
                &'life0 self,
                cx: &'life1 ::outgrow::CallContext,
                request: #request,
            ) -> ::outgrow::BoxFuture<'async_trait, ::outgrow::Answer<#answer, #refusal>>
            where
                'life0: 'async_trait,
                'life1: 'async_trait,
                Self: 'async_trait,
            {
                self.0.call(cx, <dyn #port>::#constant, request, |port, cx, request| port.#ident(cx, request))
            }
        }
    });
    let bounds = bounds(methods);
    let implementations = quote! {
        impl dyn #port where #bounds {
            #(#constants)*
        }

        impl ::outgrow::Port for dyn #port where #bounds {
            const DESC: &'static ::outgrow::PortDesc = &::outgrow::PortDesc {
                package: #package,
                name: #name,
                doc: #doc,
                methods: &[#(#descs),*],
                contract: ::outgrow::Method::contract(#package, #name),
                delivery: ::outgrow::Method::delivery(#package, #name),
            };

            fn dispatch<'a>(
                &'a self,
                method: &'static ::outgrow::Method,
                cx: &'a ::outgrow::CallContext,
                body: &'a [u8],
            ) -> ::outgrow::BoxFuture<'a, ::outgrow::Reply> {
                match method.index {
                    #(#arms)*
                    _ => ::outgrow::unserved(method),
                }
            }

            fn via<__C: ::outgrow::Caller<Self> + 'static>(caller: __C) -> ::outgrow::__private::Arc<Self> {
                ::outgrow::__private::Arc::new(::outgrow::Via(caller))
            }
        }

        impl<__C: ::outgrow::Caller<dyn #port> + 'static> #port for ::outgrow::Via<__C> where #bounds {
            #(#forwards)*
        }
    };
    item.supertraits.push(parse_quote!(::core::marker::Send));
    item.supertraits.push(parse_quote!(::core::marker::Sync));
    item.supertraits.push(parse_quote!('static));
    quote! {
        #[::outgrow::__private::async_trait]
        #item

        #implementations
    }
}

/// `Method { … }`
fn desc(package: &LitStr, port: &str, index: usize, method: &Method) -> TokenStream {
    let Method { wire_name, doc, kind, request, answer, refusal, .. } = method;
    quote! {
        ::outgrow::Method {
            index: #index,
            name: #wire_name,
            doc: #doc,
            kind: ::outgrow::Kind::#kind,
            port: #port,
            package: #package,
            request: <#request as ::outgrow::Wire>::shape,
            answer: <#answer as ::outgrow::Wire>::shape,
            refusal: <#refusal as ::outgrow::Wire>::shape,
        }
    }
}

/// What the types of the signatures must be. Said with every impl, so that a wrong one is one error, at the type.
fn bounds(methods: &[Method]) -> TokenStream {
    let mut seen = HashSet::new();
    let mut bounds = TokenStream::new();
    for Method { request, answer, refusal, .. } in methods {
        for (ty, role) in [(request, "Message"), (answer, "Message"), (refusal, "Refusal")] {
            if seen.insert((ty, role)) {
                // At the type, to the last token: so the error is there, too.
                let role = Ident::new(role, ty.span());
                bounds.extend(quote_spanned!(ty.span()=> #ty: ::outgrow::#role,));
            }
        }
    }
    bounds
}
