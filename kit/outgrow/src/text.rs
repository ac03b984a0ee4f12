//! Checked text: strings that cannot exist unless they are well formed.

/// Declares a string of a given length and alphabet. Whoever holds one need not check it again; on the wire it is a
/// plain string, checked when read.
///
/// ```
/// outgrow::text! {
///     /// Names what is sold.
///     pub struct Sku: 1..=40, |c| c.is_ascii_alphanumeric(), "a SKU has 1 to 40 letters and digits";
/// }
/// assert_eq!("AB12".parse::<Sku>()?.as_str(), "AB12");
/// assert_eq!("".parse::<Sku>().unwrap_err().to_string(), "a SKU has 1 to 40 letters and digits");
/// # Ok::<(), outgrow::NotText>(())
/// ```
#[macro_export]
macro_rules! text {
    ($(#[$meta:meta])* pub struct $name:ident: $length:expr, |$c:ident| $allowed:expr, $rule:literal;) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, $crate::Wire)]
        #[wire(checked)]
        pub struct $name(String);

        impl $name {
            /// What it must look like, in a sentence.
            pub const RULE: &'static str = $rule;

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::TryFrom<String> for $name {
            type Error = $crate::NotText;

            fn try_from(text: String) -> ::std::result::Result<Self, Self::Error> {
                let fits = ($length).contains(&text.chars().count()) && text.chars().all(|$c: char| $allowed);
                if fits { Ok(Self(text)) } else { Err($crate::NotText($rule)) }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::NotText;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A string that is not what it should be: says the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotText(pub &'static str);
