//! Documentation and names: how Rust's become those of the schema.

use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, MetaNameValue, ext::IdentExt as _};

/// The documentation of an item, one line for each line.
pub(crate) fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(MetaNameValue {
            path,
            value: Expr::Lit(ExprLit { lit: Lit::Str(line), .. }),
            ..
        }) if path.is_ident("doc") => {
            let line = line.value();
            Some(line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        }
        Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The identifier without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `reserve_stock` → `ReserveStock`
pub(crate) fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// `OutOfStock` → `out_of_stock`
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Whether this names a package and its major version: `inventory.v1`.
pub(crate) fn is_package(name: &str) -> bool {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let word = |part: &str| part.starts_with(|c: char| c.is_ascii_lowercase()) && part.chars().all(lower);
    name.rsplit_once(".v").is_some_and(|(context, version)| {
        context.split('.').all(word) && !version.starts_with('0') && version.parse::<u16>().is_ok()
    })
}
