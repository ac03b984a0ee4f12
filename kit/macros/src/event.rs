//! `#[derive(Event)]`: the stream of an enum, and which aggregate each of its events happened to.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Data, DeriveInput, Fields, Ident, LitStr, Result, Token, Variant,
    parse::{Parse, ParseStream},
};

use crate::{
    attr::{Options, package, refuse},
    text::{docs, plain},
};

const HOW: &str = "say which stream it is and which field names the aggregate: `#[event(\"ordering.v1\", key = \"order\")]`";

/// `"ordering.v1", key = "order"`
struct Stream {
    package: String,
    key: Ident,
}

impl Parse for Stream {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let package = package(&input.parse()?)?;
        input.parse::<Token![,]>()?;
        let name: Ident = input.parse()?;
        if name != "key" {
            return refuse(&name, HOW);
        }
        input.parse::<Token![=]>()?;
        let key = input.parse::<LitStr>()?.parse()?;
        Ok(Self { package, key })
    }
}

pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let ident = &item.ident;
    let Some(attr) = item.attrs.iter().find(|attr| attr.path().is_ident("event")) else {
        return refuse(ident, HOW);
    };
    let Stream { package, key } = attr.parse_args()?;
    let Data::Enum(data) = &item.data else {
        return refuse(ident, "a stream is an enum: one variant for each kind of event");
    };
    let keys = data.variants.iter().map(|variant| key_of(variant, &key)).collect::<Result<Vec<_>>>()?;
    let (name, doc, key) = (plain(ident), docs(&item.attrs), plain(&key));
    Ok(quote! {
        #[automatically_derived]
        impl ::outgrow::Event for #ident {
            const STREAM: &'static ::outgrow::event::StreamDesc = &::outgrow::event::StreamDesc {
                package: #package,
                name: #name,
                doc: #doc,
                key: #key,
                shape: <Self as ::outgrow::wire::Wire>::shape,
            };

            fn key(&self) -> ::core::option::Option<::std::string::String> {
                match self { #(#keys)* }
            }
        }
    })
}

/// The arm that finds the key of a variant.
fn key_of(variant: &Variant, key: &Ident) -> Result<TokenStream> {
    let ident = &variant.ident;
    if Options::parse(&variant.attrs, &["its number", "`other`"])?.other {
        return Ok(quote!(Self::#ident(_) => ::core::option::Option::None,));
    }
    let some =
        |value: TokenStream| quote!(::core::option::Option::Some(::std::string::ToString::to_string(#value)));
    match &variant.fields {
        Fields::Named(fields) if fields.named.iter().any(|field| field.ident.as_ref() == Some(key)) => {
            let found = some(quote!(key));
            Ok(quote!(Self::#ident { #key: key, .. } => #found,))
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let found = some(quote!(&event.#key));
            Ok(quote!(Self::#ident(event) => #found,))
        }
        Fields::Named(_) | Fields::Unnamed(_) | Fields::Unit => refuse(
            ident,
            format!("`{ident}` does not say to which aggregate it happened: give it a field `{key}`"),
        ),
    }
}
