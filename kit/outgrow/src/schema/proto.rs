//! A package as a `.proto` file, with its documentation.

use std::fmt::{Display, Formatter, Result};

use super::{Lock, package::Package, type_name};
use crate::{
    Kind, PortDesc,
    wire::{EnumDesc, FieldDesc, MessageDesc, Presence, Scalar, Shape},
};

/// What Protobuf calls a scalar.
pub(super) const fn scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::U16 | Scalar::U32 => "uint32",
        Scalar::U64 => "uint64",
        Scalar::S32 => "sint32",
        Scalar::S64 => "sint64",
        Scalar::Double => "double",
        Scalar::String | Scalar::Uuid => "string",
        Scalar::Bytes => "bytes",
    }
}

/// The name of a variant in the schema: `HoldState::Held` is `HOLD_STATE_HELD`, since names are the package's.
pub(super) fn variant(desc: &EnumDesc, name: &str) -> String {
    format!("{}_{}", screaming(desc.name), screaming(name))
}

/// `HoldState` → `HOLD_STATE`
fn screaming(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

pub(super) struct ProtoFile<'a> {
    pub(super) package: &'a Package<'a>,
    pub(super) lock: &'a Lock,
}

impl Display for ProtoFile<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "// Exported from the Rust contract by `shop contracts export`. Do not edit.")?;
        writeln!(f, "syntax = \"proto3\";\n\npackage {};", self.package.name)?;
        if self.package.timestamp || !self.package.uses.is_empty() {
            writeln!(f)?;
        }
        if self.package.timestamp {
            writeln!(f, "import \"google/protobuf/timestamp.proto\";")?;
        }
        for used in &self.package.uses {
            writeln!(f, "import \"{}\";", super::file(used))?;
        }
        for port in &self.package.ports {
            writeln!(f)?;
            self.service(f, port)?;
        }
        for message in &self.package.messages {
            writeln!(f)?;
            self.message(f, message, message.nested, 0)?;
        }
        for desc in &self.package.enums {
            writeln!(f)?;
            enumeration(f, desc)?;
        }
        Ok(())
    }
}

impl ProtoFile<'_> {
    fn service(&self, f: &mut Formatter<'_>, port: &PortDesc) -> Result {
        comment(f, 0, port.doc)?;
        writeln!(f, "service {} {{", port.name)?;
        for (index, method) in port.methods.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let [request, answer, refusal] =
                [method.request, method.answer, method.refusal].map(|shape| self.beside(port, shape()));
            comment(f, 2, method.doc)?;
            if !method.doc.is_empty() {
                writeln!(f, "  //")?;
            }
            writeln!(f, "  // Refusals: {refusal}, in the details of the status.")?;
            write!(f, "  rpc {}({request}) returns ({answer})", method.name)?;
            match method.kind {
                Kind::Query => option(f, "NO_SIDE_EFFECTS")?,
                Kind::Idempotent => option(f, "IDEMPOTENT")?,
                Kind::Once => writeln!(f, ";")?,
            }
        }
        writeln!(f, "}}")
    }

    /// A type, as it is named within a service: where a method has its name, only the full name finds it.
    fn beside(&self, port: &PortDesc, shape: Shape) -> String {
        let name = self.reference(shape, &[]);
        let hidden = port.methods.iter().any(|method| name.split('.').next() == Some(method.name));
        if hidden { format!(".{}", type_name(self.package.name, shape)) } else { name }
    }

    /// A message. `nested` are the messages whose names hide others here.
    fn message(
        &self,
        f: &mut Formatter<'_>,
        desc: &'static MessageDesc,
        nested: &[&MessageDesc],
        indent: usize,
    ) -> Result {
        comment(f, indent, desc.doc)?;
        write!(f, "{:indent$}message {} {{", "", desc.name)?;
        let full = type_name(self.package.name, Shape::Message(desc));
        let reserved = self.lock.reserved(&full);
        if desc.fields.is_empty() && reserved.is_empty() {
            return writeln!(f, "}}");
        }
        writeln!(f)?;
        let inner = indent + 2;
        for (number, name) in reserved {
            writeln!(f, "{:inner$}reserved {number};\n{:inner$}reserved \"{name}\";", "", "")?;
        }
        for message in desc.nested {
            self.message(f, message, nested, inner)?;
        }
        if desc.oneof {
            writeln!(f, "{:inner$}oneof kind {{", "")?;
        }
        for field in desc.fields {
            self.field(f, field, desc.oneof, nested, if desc.oneof { inner + 2 } else { inner })?;
        }
        if desc.oneof {
            writeln!(f, "{:inner$}}}", "")?;
        }
        writeln!(f, "{:indent$}}}", "")
    }

    fn field(
        &self,
        f: &mut Formatter<'_>,
        field: &FieldDesc,
        oneof: bool,
        nested: &[&MessageDesc],
        indent: usize,
    ) -> Result {
        comment(f, indent, field.doc)?;
        let label = match field.presence {
            _ if oneof => "",
            Presence::Repeated => "repeated ",
            Presence::Optional => "optional ",
            Presence::Required => {
                // Without `optional`, Protobuf would not send a zero, and a reader could not tell it from nothing.
                comment(f, indent, "Required.")?;
                "optional "
            }
        };
        let reference = self.reference((field.shape)(), nested);
        writeln!(f, "{:indent$}{label}{reference} {} = {};", "", field.name, field.number)
    }

    /// How a type is called in this file, where `nested` hide others of their names.
    fn reference(&self, shape: Shape, nested: &[&MessageDesc]) -> String {
        let full = type_name(self.package.name, shape);
        if let Shape::Message(desc) = shape
            && nested.iter().any(|own| std::ptr::eq(*own, desc))
        {
            return desc.name.to_owned();
        }
        let short =
            full.strip_prefix(self.package.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&full);
        let first = short.split('.').next();
        if nested.iter().any(|own| first == Some(own.name)) { format!(".{full}") } else { short.to_owned() }
    }
}

fn enumeration(f: &mut Formatter<'_>, desc: &EnumDesc) -> Result {
    comment(f, 0, desc.doc)?;
    writeln!(f, "enum {} {{", desc.name)?;
    writeln!(f, "  {} = 0;", variant(desc, "Unspecified"))?;
    for each in desc.variants {
        comment(f, 2, each.doc)?;
        writeln!(f, "  {} = {};", variant(desc, each.name), each.number)?;
    }
    writeln!(f, "}}")
}

fn option(f: &mut Formatter<'_>, level: &str) -> Result {
    writeln!(f, " {{\n    option idempotency_level = {level};\n  }}")
}

fn comment(f: &mut Formatter<'_>, indent: usize, doc: &str) -> Result {
    for line in doc.lines() {
        let space = if line.is_empty() { "" } else { " " };
        writeln!(f, "{:indent$}//{space}{line}", "")?;
    }
    Ok(())
}
