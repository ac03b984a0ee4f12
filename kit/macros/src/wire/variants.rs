//! Enums: without data they are enums on the wire, with data (or with `other`) messages with a oneof.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{DataEnum, DeriveInput, Fields, Ident, Result, Type, spanned::Spanned as _};

use super::{Body, Head, fields::NamedFields, shared};
use crate::{
    attr::{Numbers, Options, refuse},
    text::{docs, plain, snake},
};

struct Variant {
    ident: Ident,
    number: u32,
    doc: String,
    data: VariantData,
}

enum VariantData {
    /// `Frozen`, `OutOfStock { … }`: a message nested in the enum's.
    Fields(NamedFields),
    /// `UnknownSku(Sku)`
    Value(Box<Type>),
}

impl Variant {
    fn is_plain(&self) -> bool {
        matches!(&self.data, VariantData::Fields(fields) if fields.0.is_empty())
    }

    /// The name of its field in the oneof.
    fn field(&self) -> String {
        snake(&plain(&self.ident))
    }
}

pub(super) fn body(item: &DeriveInput, data: &DataEnum) -> Result<Body> {
    let head = Head::of(item, &Options::parse(&item.attrs, &["`package = \"…\"`"])?);
    let (variants, other) = parse(data)?;
    if variants.is_empty() && other.is_none() {
        return refuse(&item.ident, "an enum that crosses a port has at least one variant");
    }
    if other.is_none() && variants.iter().all(Variant::is_plain) {
        return Ok(plain_enum(&head, &variants));
    }
    if let Some(variant) = variants.iter().find(|variant| variant.field() == "kind") {
        return refuse(
            &variant.ident,
            "the oneof itself is called `kind` in the schema: name the variant otherwise",
        );
    }
    Ok(oneof(&head, &variants, other.as_ref()))
}

/// The variants in ascending order of their numbers, and the one for the unknown.
fn parse(data: &DataEnum) -> Result<(Vec<Variant>, Option<Ident>)> {
    let mut numbers = Numbers::default();
    let (mut variants, mut other) = (Vec::new(), None);
    for variant in &data.variants {
        let options = Options::parse(&variant.attrs, &["its number", "`other`"])?;
        let ident = variant.ident.clone();
        let value = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
            Fields::Named(_) | Fields::Unnamed(_) | Fields::Unit => None,
        };
        if options.other {
            if value.is_none() || options.number.is_some() || other.is_some() {
                return refuse(
                    variant,
                    "the variant for the unknown is one, without a number: `#[wire(other)] Other(Unread)`",
                );
            }
            other = Some(ident);
            continue;
        }
        let data = match (&variant.fields, value) {
            (_, Some(value)) => VariantData::Value(Box::new(value.ty.clone())),
            (Fields::Unnamed(fields), None) => {
                return refuse(
                    fields,
                    "a variant has named fields, each with its number, or one value, or nothing",
                );
            }
            (fields, None) => VariantData::Fields(NamedFields::parse(fields)?),
        };
        let number = numbers.take(options.number, &ident)?;
        variants.push(Variant { ident, number, doc: docs(&variant.attrs), data });
    }
    variants.sort_by_key(|variant| variant.number);
    Ok((variants, other))
}

fn plain_enum(Head { name, package, doc }: &Head, variants: &[Variant]) -> Body {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let numbers: Vec<_> = variants.iter().map(|variant| u64::from(variant.number)).collect();
    let descs = variants.iter().map(|Variant { ident, number, doc, .. }| {
        let name = plain(ident);
        quote!(::outgrow::wire::VariantDesc { name: #name, number: #number, doc: #doc })
    });
    Body {
        wire_type: quote!(::outgrow::wire::WireType::Varint),
        shape: quote! {
            static DESC: ::outgrow::wire::EnumDesc =
                ::outgrow::wire::EnumDesc { name: #name, package: #package, doc: #doc, variants: &[#(#descs),*] };
            ::outgrow::wire::Shape::Enum(&DESC)
        },
        write: quote! {
            let number = match self { #(Self::#idents { .. } => #numbers,)* };
            ::outgrow::wire::varint(number, out);
        },
        read: quote! {
            match from.varint()? {
                #(#numbers => ::core::result::Result::Ok(Self::#idents {}),)*
                number => ::core::result::Result::Err(::outgrow::wire::WireError::unknown_variant(number)),
            }
        },
        markers: Vec::new(),
    }
}

fn oneof(Head { name, package, doc }: &Head, variants: &[Variant], other: Option<&Ident>) -> Body {
    let (statics, nested): (Vec<_>, Vec<_>) =
        variants.iter().filter_map(|variant| nested_desc(name, package, variant)).unzip();
    let descs = variants.iter().map(desc);
    let mut writes: Vec<_> = variants.iter().map(write).collect();
    let mut reads: Vec<_> = variants.iter().map(read).collect();
    let mut markers = vec![quote!(::outgrow::wire::Message)];
    let open = other.is_some();
    if let Some(other) = other {
        writes.push(quote!(Self::#other(unread) => unread.put(out),));
        reads.push(quote!(_ => Self::#other(::outgrow::wire::Unread::take(tag, from)?),));
        markers.push(quote!(::outgrow::wire::Open));
    } else {
        reads.push(quote! {
            number => return ::core::result::Result::Err(
                ::outgrow::wire::WireError::unknown_variant(u64::from(number)),
            ),
        });
    }
    Body {
        wire_type: quote!(::outgrow::wire::WireType::Len),
        shape: quote! {
            #(#statics)*
            static DESC: ::outgrow::wire::MessageDesc = ::outgrow::wire::MessageDesc {
                name: #name,
                package: #package,
                parent: ::core::option::Option::None,
                doc: #doc,
                oneof: true,
                open: #open,
                fields: &[#(#descs),*],
                nested: &[#(&#nested),*],
            };
            ::outgrow::wire::Shape::Message(&DESC)
        },
        write: quote!(match self { #(#writes)* }),
        read: quote! {
            let mut variant = ::core::option::Option::None;
            while let ::core::option::Option::Some(tag) = from.tag()? {
                variant = ::core::option::Option::Some(match tag.number { #(#reads)* });
            }
            variant.ok_or_else(::outgrow::wire::WireError::no_variant)
        },
        markers,
    }
}

/// The static that describes a variant with fields of its own, and its name.
fn nested_desc(parent: &str, package: &TokenStream, variant: &Variant) -> Option<(TokenStream, Ident)> {
    let VariantData::Fields(fields) = &variant.data else { return None };
    let (name, descs, desc) =
        (plain(&variant.ident), fields.descs(), format_ident!("DESC_{}", variant.number));
    let tokens = quote! {
        static #desc: ::outgrow::wire::MessageDesc = ::outgrow::wire::MessageDesc {
            name: #name,
            package: #package,
            parent: ::core::option::Option::Some(#parent),
            doc: "",
            oneof: false,
            open: false,
            fields: &[#(#descs),*],
            nested: &[],
        };
    };
    Some((tokens, desc))
}

/// The variant as a field of the oneof.
fn desc(variant: &Variant) -> TokenStream {
    let (name, number, doc) = (variant.field(), variant.number, &variant.doc);
    let shape = match &variant.data {
        VariantData::Value(ty) => quote_spanned!(ty.span()=> <#ty as ::outgrow::wire::Wire>::shape),
        VariantData::Fields(_) => {
            let desc = format_ident!("DESC_{number}");
            quote!(|| ::outgrow::wire::Shape::Message(&#desc))
        }
    };
    quote! {
        ::outgrow::wire::FieldDesc {
            name: #name,
            number: #number,
            doc: #doc,
            presence: ::outgrow::wire::Presence::Required,
            shape: #shape,
        }
    }
}

/// The arm that appends the variant.
fn write(Variant { ident, number, data, .. }: &Variant) -> TokenStream {
    match data {
        VariantData::Value(ty) => {
            let out = shared("out");
            quote_spanned! {ty.span()=>
                Self::#ident(value) => ::outgrow::wire::Field::put(value, #number, #out),
            }
        }
        VariantData::Fields(fields) => {
            let (idents, locals): (Vec<_>, Vec<_>) =
                fields.0.iter().map(|field| (&field.ident, &field.local)).unzip();
            let puts = fields.write(|field| {
                let local = &field.local;
                quote!(#local)
            });
            let out = if fields.0.is_empty() { quote!(_) } else { quote!(out) };
            quote! {
                Self::#ident { #(#idents: #locals),* } => ::outgrow::wire::nested(#number, out, |#out| { #puts }),
            }
        }
    }
}

/// The arm that reads the variant.
fn read(variant: &Variant) -> TokenStream {
    let (ident, number, name) = (&variant.ident, variant.number, variant.field());
    let value = match &variant.data {
        VariantData::Value(ty) => {
            let (tag, from) = (shared("tag"), shared("from"));
            quote_spanned!(ty.span()=> #from.value::<#ty>(#tag).map(Self::#ident))
        }
        VariantData::Fields(fields) => {
            let body = fields.read(&quote!(Self::#ident));
            quote!(from.nested(tag, |from| { #body }))
        }
    };
    quote!(#number => #value.map_err(|error| error.within(#name))?,)
}
