//! Values as JSON, by their shape: what events are kept and published as.
//!
//! | shape | JSON |
//! |---|---|
//! | message | object, its fields by name; what is not there is left out, lists never are |
//! | enum with data | object with one field, named as the variant |
//! | enum without data | the variant's name, such as `"in_stock"` |
//! | numbers | number, also above 2^53 |
//! | bytes | text, base 16 |
//! | timestamp | text, RFC 3339 in UTC |
//!
//! Fields that this build does not know are skipped, as in Protobuf. Writing is deterministic.

use serde_json::{Map, Number, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    EnumDesc, Fault, FieldDesc, MessageDesc, Presence, Reader, Scalar, Shape, Tag, Wire as _, WireError,
    WireType, delimited, varint,
};

/// How a value of this shape is delimited.
pub const fn wire_type(shape: Shape) -> WireType {
    match shape {
        Shape::Scalar(Scalar::Double) => WireType::I64,
        Shape::Scalar(Scalar::String | Scalar::Uuid | Scalar::Bytes)
        | Shape::Message(_)
        | Shape::Timestamp => WireType::Len,
        Shape::Scalar(Scalar::Bool | Scalar::U16 | Scalar::U32 | Scalar::U64 | Scalar::S32 | Scalar::S64)
        | Shape::Enum(_) => WireType::Varint,
    }
}

/// The value of this shape after `tag`, as JSON.
///
/// # Errors
/// When it is no such value.
pub fn read(shape: Shape, tag: Tag, from: &mut Reader<'_>) -> Result<Value, WireError> {
    if tag.wire != wire_type(shape) {
        return Err(WireError::new(Fault::WrongType));
    }
    if tag.wire == WireType::Len { value(shape, &mut from.delimited()?) } else { value(shape, from) }
}

fn value(shape: Shape, from: &mut Reader<'_>) -> Result<Value, WireError> {
    Ok(match shape {
        Shape::Message(desc) => Value::Object(object(desc, from)?),
        Shape::Enum(desc) => {
            let number = from.varint()?;
            let variant = desc.variants.iter().find(|variant| u64::from(variant.number) == number);
            let variant = variant.ok_or_else(|| WireError::unknown_variant(number))?;
            Value::String(snake(variant.name))
        }
        Shape::Timestamp => {
            let text = OffsetDateTime::read(from)?.format(&Rfc3339).map_err(WireError::malformed)?;
            Value::String(text)
        }
        Shape::Scalar(scalar) => match scalar {
            Scalar::Bool => bool::read(from)?.into(),
            Scalar::U16 => u16::read(from)?.into(),
            Scalar::U32 => u32::read(from)?.into(),
            Scalar::U64 => u64::read(from)?.into(),
            Scalar::S32 => i32::read(from)?.into(),
            Scalar::S64 => i64::read(from)?.into(),
            Scalar::Double => {
                let number = f64::read(from)?;
                let finite = Number::from_f64(number);
                Value::Number(finite.ok_or_else(|| WireError::malformed("is no number that JSON has"))?)
            }
            Scalar::String | Scalar::Uuid => from.text()?.into(),
            Scalar::Bytes => {
                let digits = from.all().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
                let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
                digits.collect::<String>().into()
            }
        },
    })
}

fn object(desc: &MessageDesc, from: &mut Reader<'_>) -> Result<Map<String, Value>, WireError> {
    let lists = desc.fields.iter().filter(|field| field.presence == Presence::Repeated);
    let mut object: Map<_, _> =
        lists.map(|field| (field.name.to_owned(), Value::Array(Vec::new()))).collect();
    while let Some(tag) = from.tag()? {
        let Some(field) = desc.fields.iter().find(|field| field.number == tag.number) else {
            from.skip(tag)?;
            continue;
        };
        let shape = (field.shape)();
        let within = |error: WireError| error.within(field.name);
        match object.get_mut(field.name) {
            Some(Value::Array(list)) if field.presence == Presence::Repeated => {
                if tag.wire == WireType::Len && wire_type(shape) != WireType::Len {
                    let mut packed = from.delimited().map_err(within)?;
                    while !packed.is_empty() {
                        list.push(value(shape, &mut packed).map_err(within)?);
                    }
                } else {
                    list.push(read(shape, tag, from).map_err(within)?);
                }
            }
            _ => drop(object.insert(field.name.to_owned(), read(shape, tag, from).map_err(within)?)),
        }
    }
    Ok(object)
}

/// Appends a value of this shape, with its length if it has one.
///
/// # Errors
/// When the JSON is no such value, naming the field.
pub fn write(shape: Shape, json: &Value, out: &mut Vec<u8>) -> Result<(), WireError> {
    if wire_type(shape) != WireType::Len {
        return put(shape, json, out);
    }
    let mut done = Ok(());
    delimited(out, |out| done = put(shape, json, out));
    done
}

fn put(shape: Shape, json: &Value, out: &mut Vec<u8>) -> Result<(), WireError> {
    match shape {
        Shape::Message(desc) => put_object(desc, json, out)?,
        Shape::Enum(desc) => varint(variant(desc, text(json)?)?, out),
        Shape::Timestamp => {
            let moment = OffsetDateTime::parse(text(json)?, &Rfc3339);
            moment.map_err(|_no| WireError::malformed("is no moment in time as in RFC 3339"))?.write(out);
        }
        Shape::Scalar(scalar) => match scalar {
            Scalar::Bool => json.as_bool().ok_or_else(|| expected("true or false"))?.write(out),
            Scalar::U16 => whole::<u16>(json.as_u64())?.write(out),
            Scalar::U32 => whole::<u32>(json.as_u64())?.write(out),
            Scalar::U64 => whole::<u64>(json.as_u64())?.write(out),
            Scalar::S32 => whole::<i32>(json.as_i64())?.write(out),
            Scalar::S64 => whole::<i64>(json.as_i64())?.write(out),
            Scalar::Double => json.as_f64().ok_or_else(|| expected("a number"))?.write(out),
            Scalar::String | Scalar::Uuid => out.extend_from_slice(text(json)?.as_bytes()),
            Scalar::Bytes => base16(text(json)?, out)?,
        },
    }
    Ok(())
}

fn put_object(desc: &MessageDesc, json: &Value, out: &mut Vec<u8>) -> Result<(), WireError> {
    let object = json.as_object().ok_or_else(|| expected("an object"))?;
    for field in desc.fields {
        if let Some(value) = object.get(field.name).filter(|value| !value.is_null()) {
            put_field(field, value, out).map_err(|error| error.within(field.name))?;
        }
    }
    Ok(())
}

fn put_field(field: &FieldDesc, json: &Value, out: &mut Vec<u8>) -> Result<(), WireError> {
    let shape = (field.shape)();
    let tag = Tag { number: field.number, wire: wire_type(shape) };
    if field.presence != Presence::Repeated {
        tag.write(out);
        return write(shape, json, out);
    }
    for (index, value) in json.as_array().ok_or_else(|| expected("a list"))?.iter().enumerate() {
        tag.write(out);
        write(shape, value, out).map_err(|error| error.within(&format!("[{index}]")))?;
    }
    Ok(())
}

fn variant(desc: &EnumDesc, name: &str) -> Result<u64, WireError> {
    let variant = desc.variants.iter().find(|variant| snake(variant.name) == name);
    let unknown = || WireError::malformed(format_args!("{name:?} is not known here"));
    Ok(variant.ok_or_else(unknown)?.number.into())
}

fn text(json: &Value) -> Result<&str, WireError> {
    json.as_str().ok_or_else(|| expected("a text"))
}

fn whole<T: TryFrom<i128>>(number: Option<impl Into<i128>>) -> Result<T, WireError> {
    number
        .and_then(|number| T::try_from(number.into()).ok())
        .ok_or_else(|| expected("a whole number in range"))
}

fn base16(text: &str, out: &mut Vec<u8>) -> Result<(), WireError> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for pair in text.as_bytes().chunks(2) {
        let byte = match *pair {
            [high, low] => digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        out.push(byte.ok_or_else(|| expected("bytes in base 16"))?);
    }
    Ok(())
}

fn expected(what: &str) -> WireError {
    WireError::malformed(format_args!("is not {what}"))
}

/// `InStock` → `in_stock`
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
