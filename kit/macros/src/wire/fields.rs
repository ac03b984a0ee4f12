//! Named fields: of a struct, or of a variant.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Fields, Ident, Result, Type, spanned::Spanned as _};

use super::shared;
use crate::{
    attr::{Numbers, Options},
    text::{docs, plain},
};

pub(super) struct NamedField {
    pub(super) ident: Ident,
    /// What holds its value while reading or writing: no name of the user's can clash with it.
    pub(super) local: Ident,
    name: String,
    number: u32,
    ty: Type,
    doc: String,
}

/// Named fields in ascending order of their numbers.
pub(super) struct NamedFields(pub(super) Vec<NamedField>);

impl NamedFields {
    pub(super) fn parse(fields: &Fields) -> Result<Self> {
        let mut numbers = Numbers::default();
        let mut named = Vec::new();
        for field in fields {
            let Some(ident) = field.ident.clone() else { continue };
            let number = numbers.take(Options::parse(&field.attrs, &["its number"])?.number, &ident)?;
            named.push(NamedField {
                name: plain(&ident),
                local: format_ident!("field_{number}"),
                number,
                ty: field.ty.clone(),
                doc: docs(&field.attrs),
                ident,
            });
        }
        named.sort_by_key(|field| field.number);
        Ok(Self(named))
    }

    /// `FieldDesc { … }` of each.
    pub(super) fn descs(&self) -> Vec<TokenStream> {
        let desc = |NamedField { name, number, ty, doc, .. }: &NamedField| {
            quote_spanned! {ty.span()=>
                ::outgrow::wire::FieldDesc {
                    name: #name,
                    number: #number,
                    doc: #doc,
                    presence: <#ty as ::outgrow::wire::Field>::PRESENCE,
                    shape: <#ty as ::outgrow::wire::Field>::shape,
                }
            }
        };
        self.0.iter().map(desc).collect()
    }

    /// Statements that append every field, found by `access`.
    pub(super) fn write(&self, access: impl Fn(&NamedField) -> TokenStream) -> TokenStream {
        let puts = self.0.iter().map(|field| {
            let (value, ty, number, out) = (access(field), &field.ty, field.number, shared("out"));
            quote_spanned!(ty.span()=> <#ty as ::outgrow::wire::Field>::put(#value, #number, #out);)
        });
        quote!(#(#puts)*)
    }

    /// Statements and an expression that read `make { … }` to the end of `from`.
    pub(super) fn read(&self, make: &TokenStream) -> TokenStream {
        let (mut slots, mut takes, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (tag, from) = (shared("tag"), shared("from"));
        for NamedField { ident, local, name, number, ty, .. } in &self.0 {
            let span = ty.span();
            let field = quote_spanned!(span=> <#ty as ::outgrow::wire::Field>);
            slots.push(quote_spanned!(span=> let mut #local = #field::slot();));
            takes.push(quote_spanned!(span=> #number => #field::take(&mut #local, #name, #tag, #from)?,));
            values.push(quote_spanned!(span=> #ident: #field::finish(#local, #name)?));
        }
        quote! {
            #(#slots)*
            while let ::core::option::Option::Some(tag) = from.tag()? {
                match tag.number {
                    #(#takes)*
                    _ => from.skip(tag)?,
                }
            }
            ::core::result::Result::Ok(#make { #(#values),* })
        }
    }
}
