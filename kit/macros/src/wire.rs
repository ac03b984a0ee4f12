//! `#[derive(Wire)]`: which kind of type it is, and what is the same for all.

mod fields;
mod variants;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields, Ident, Result, Type};

use crate::{
    attr::{Options, refuse},
    text::{docs, plain},
};
use fields::NamedFields;

/// The body of an `impl Wire`, and the marker traits that go with it.
struct Body {
    wire_type: TokenStream,
    shape: TokenStream,
    write: TokenStream,
    read: TokenStream,
    markers: Vec<TokenStream>,
}

/// Name, package and documentation of a type, as its descriptor has them.
struct Head {
    name: String,
    package: TokenStream,
    doc: String,
}

impl Head {
    fn of(item: &DeriveInput, options: &Options) -> Self {
        Self { name: plain(&item.ident), package: option(options.package.as_ref()), doc: docs(&item.attrs) }
    }
}

/// A name that pieces of derived code share. What stands where a type stands, for the sake of the compiler's messages,
/// does not see our names by itself if the type came through somebody's macro.
fn shared(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// An `Option` as an expression.
fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return refuse(&item.generics, "a message has no generics: its schema must be one");
    }
    let ident = &item.ident;
    let Body { wire_type, shape, write, read, markers } = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => match fields.unnamed.first() {
                Some(field) => newtype(item, &field.ty)?,
                None => return refuse(fields, "a newtype has one field"),
            },
            Fields::Unnamed(fields) => {
                return refuse(
                    fields,
                    "a message has named fields, each with its number; a newtype has one field",
                );
            }
            named @ (Fields::Named(_) | Fields::Unit) => message(item, named)?,
        },
        Data::Enum(data) => variants::body(item, data)?,
        Data::Union(data) => return refuse(&data.union_token, "a union cannot cross a port"),
    };
    Ok(quote! {
        #[automatically_derived]
        impl ::outgrow::wire::Wire for #ident {
            const TYPE: ::outgrow::wire::WireType = #wire_type;

            fn shape() -> ::outgrow::wire::Shape {
                #shape
            }

            fn write(&self, out: &mut ::std::vec::Vec<u8>) {
                #write
            }

            fn read(
                from: &mut ::outgrow::wire::Reader<'_>,
            ) -> ::core::result::Result<Self, ::outgrow::wire::WireError> {
                #read
            }
        }
        #(
            #[automatically_derived]
            impl #markers for #ident {}
        )*
    })
}

/// A newtype is what is inside.
fn newtype(item: &DeriveInput, inner: &Type) -> Result<Body> {
    let options = Options::parse(&item.attrs, &["`checked`"])?;
    let read = if options.checked {
        quote! {
            let inner = <#inner as ::outgrow::wire::Wire>::read(from)?;
            <Self as ::core::convert::TryFrom<#inner>>::try_from(inner)
                .map_err(::outgrow::wire::WireError::malformed)
        }
    } else {
        quote!(<#inner as ::outgrow::wire::Wire>::read(from).map(Self))
    };
    Ok(Body {
        wire_type: quote!(<#inner as ::outgrow::wire::Wire>::TYPE),
        shape: quote!(<#inner as ::outgrow::wire::Wire>::shape()),
        write: quote!(<#inner as ::outgrow::wire::Wire>::write(&self.0, out);),
        read,
        markers: Vec::new(),
    })
}

/// A struct with named fields is a message.
fn message(item: &DeriveInput, fields: &Fields) -> Result<Body> {
    let options = Options::parse(&item.attrs, &["`package = \"…\"`"])?;
    let Head { name, package, doc } = Head::of(item, &options);
    let fields = NamedFields::parse(fields)?;
    let descs = fields.descs();
    Ok(Body {
        wire_type: quote!(::outgrow::wire::WireType::Len),
        shape: quote! {
            static DESC: ::outgrow::wire::MessageDesc = ::outgrow::wire::MessageDesc {
                name: #name,
                package: #package,
                parent: ::core::option::Option::None,
                doc: #doc,
                oneof: false,
                open: false,
                fields: &[#(#descs),*],
                nested: &[],
            };
            ::outgrow::wire::Shape::Message(&DESC)
        },
        write: fields.write(|field| {
            let ident = &field.ident;
            quote!(&self.#ident)
        }),
        read: fields.read(&quote!(Self)),
        markers: vec![quote!(::outgrow::wire::Message)],
    })
}
