//! The types that needs and settings can have.

use syn::{Error, GenericArgument, PathArguments, PathSegment, Result, Type};

/// The kind of a value, as in the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    Decimal,
    Text,
    Token,
    Money,
    Instant,
    Duration,
    Texts,
    Json,
}

/// Whether a value has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// `T`.
    Required,
    /// `Option<T>`.
    Optional,
    /// `Need<T>`: the plugin also asks why it is not there.
    Asked,
}

/// What a field's type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    pub(crate) presence: Presence,
}

impl Kind {
    /// The Rust type, for people.
    pub(crate) fn rust(self) -> &'static str {
        match self {
            Kind::Boolean => "bool",
            Kind::Integer => "i64",
            Kind::Decimal => "Decimal",
            Kind::Text => "String",
            Kind::Token => "Token",
            Kind::Money => "Money",
            Kind::Instant => "Instant",
            Kind::Duration => "Duration",
            Kind::Texts => "Vec<String>",
            Kind::Json => "Json<T>",
        }
    }

    /// Whether values of it can be less and more.
    pub(crate) fn has_order(self) -> bool {
        matches!(
            self,
            Kind::Integer | Kind::Decimal | Kind::Money | Kind::Instant | Kind::Duration
        )
    }
}

impl Shape {
    pub(crate) fn of(ty: &Type) -> Result<Shape> {
        let segment = segment(ty).ok_or_else(|| unknown(ty))?;
        let presence = match segment.ident.to_string().as_str() {
            "Option" => Presence::Optional,
            "Need" => Presence::Asked,
            _ => Presence::Required,
        };
        let inner = match presence {
            Presence::Required => ty,
            Presence::Optional | Presence::Asked => argument(segment).ok_or_else(|| unknown(ty))?,
        };
        Ok(Shape {
            kind: kind(inner)?,
            presence,
        })
    }
}

fn kind(ty: &Type) -> Result<Kind> {
    let segment = segment(ty).ok_or_else(|| unknown(ty))?;
    Ok(match segment.ident.to_string().as_str() {
        "bool" => Kind::Boolean,
        "i64" => Kind::Integer,
        "Decimal" => Kind::Decimal,
        "String" => Kind::Text,
        "Token" => Kind::Token,
        "Money" => Kind::Money,
        "Instant" => Kind::Instant,
        "Duration" => Kind::Duration,
        "Json" => Kind::Json,
        "Vec"
            if argument(segment)
                .and_then(self::segment)
                .is_some_and(|s| s.ident == "String") =>
        {
            Kind::Texts
        }
        _ => return Err(unknown(ty)),
    })
}

fn segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

fn argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

fn unknown(ty: &Type) -> Error {
    let name = segment(ty).map(|s| s.ident.to_string()).unwrap_or_default();
    let help = match name.as_str() {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i128"
        | "isize" => "whole numbers are `i64`",
        "f32" | "f64" => {
            "there are no floats, because they do not give the same result everywhere: use `Decimal`"
        }
        "str" | "Box" | "Cow" | "char" => "texts are `String`",
        "Option" | "Need" => "write one layer around a plain type, such as `Option<String>`",
        "Vec" => "the one list is `Vec<String>`; for other lists use `Json<Vec<T>>`",
        "HashMap" | "BTreeMap" => "for structured data use `Json<T>`",
        "Timestamp" | "SystemTime" | "DateTime" => "moments are `Instant`",
        _ if matches!(ty, Type::Reference(_)) => "values are owned: `String`, `Vec<String>`",
        _ => {
            "use `bool`, `i64`, `Decimal`, `String`, `Token`, `Money`, `Instant`, `Duration`, `Vec<String>` or \
             `Json<T>`, or one of them in `Option` or `Need`"
        }
    };
    Error::new_spanned(ty, format!("the host has no values of this type; {help}"))
}
