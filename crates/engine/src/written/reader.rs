//! A value as the type that it is read into asks for it.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
        value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

use super::{marked, number, otherwise, truth};
use crate::action::{WrongWith, at_path};

/// How to mend a value that JSON would write otherwise. What does not want a text replaces what begins with it.
pub const IN_QUOTES: &str = "; write it in quotes";

/// Reads an action's parameters, and says where when they are wrong. Where any JSON may stand, what JSON would write
/// otherwise than the plan is refused.
///
/// # Errors
/// When they are not of the form of `W`.
pub fn read<W: DeserializeOwned>(with: &Value) -> Result<W, WrongWith> {
    at_path(Reader { value: with, anything: Anything::Exact })
}

/// Reads a section of a plan, whose values for actions stay as they are written.
///
/// # Errors
/// When it is not of the form of `S`.
pub(crate) fn read_section<S: DeserializeOwned>(section: &Value) -> Result<S, WrongWith> {
    at_path(Reader { value: section, anything: Anything::Marked })
}

/// What becomes of a marked value where any JSON may stand.
#[derive(Debug, Clone, Copy)]
enum Anything {
    /// It is refused.
    Exact,
    /// It stays marked.
    Marked,
}

#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    value: &'a Value,
    anything: Anything,
}

impl Reader<'_> {
    fn inside<'a>(self, value: &'a Value) -> Reader<'a> {
        Reader { value, anything: self.anything }
    }

    /// A text that JSON has no place for, here.
    fn refused(text: &str) -> Error {
        Error::custom(match otherwise(text) {
            Some(otherwise) => {
                format!("{text} would become {otherwise}{IN_QUOTES} to keep it, or write {otherwise}")
            }
            None => format!("the number {text} cannot be kept as it is written{IN_QUOTES}"),
        })
    }
}

/// A method that asks for a number.
macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match marked(self.value) {
                Some(text) => match number(text) {
                    Some(number) => number.deserialize_any(visitor),
                    None if truth(text).is_some() => Err(Error::invalid_type(Unexpected::Other(text), &visitor)),
                    None => Err(Error::custom(format!("the number {text} is larger or has more digits than is kept"))),
                },
                None => self.value.$method(visitor),
            }
        }
    )*};
}

/// A method that asks for what a marked value never is.
macro_rules! others {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            match (self.value, marked(self.value)) {
                (_, Some(text)) => Err(Error::invalid_type(Unexpected::Other(text), &visitor)),
                (Value::Array(_) | Value::Object(_), None) => self.deserialize_any(visitor),
                (plain, None) => plain.$method($($argument,)* visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (self.value, marked(self.value), self.anything) {
            (_, Some(text), Anything::Exact) => Err(Self::refused(text)),
            (Value::Array(items), ..) => visitor.visit_seq(Items { of: self, items: items.iter() }),
            (Value::Object(map), ..) => visitor.visit_map(Fields { of: self, fields: map.iter(), value: None }),
            (plain, ..) => plain.deserialize_any(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    others! {
        deserialize_seq()
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match marked(self.value) {
            Some(text) => match truth(text) {
                Some(truth) => visitor.visit_bool(truth),
                None => Err(Error::invalid_type(Unexpected::Other(text), &visitor)),
            },
            None => self.value.deserialize_bool(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (self.value, marked(self.value)) {
            (_, Some(text)) => visitor.visit_borrowed_str(text),
            // As it is written, or it would be marked.
            (Value::Number(number), _) => visitor.visit_string(number.to_string()),
            (Value::Bool(truth), _) => visitor.visit_string(truth.to_string()),
            (plain, _) => plain.deserialize_str(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match marked(self.value) {
            Some(text) => Err(Error::invalid_type(Unexpected::Other(text), &visitor)),
            None => self.value.deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { char bytes byte_buf unit unit_struct identifier }
}

struct Items<'de> {
    of: Reader<'de>,
    items: std::slice::Iter<'de, Value>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.items.next().map(|item| seed.deserialize(self.of.inside(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Fields<'de> {
    of: Reader<'de>,
    fields: serde_json::map::Iter<'de>,
    value: Option<&'de Value>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let value = self.value.take().ok_or_else(|| Error::custom("a value without its key"))?;
        seed.deserialize(self.of.inside(value))
    }
}

#[cfg(test)]
#[path = "reader/tests.rs"]
mod tests;
