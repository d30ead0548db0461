//! Defines the macro [`json!`]. In: JSON that may contain Rust expressions. Out: a
//! [`Value`](super::Value).

/// Builds a [`Value`](super::Value) from JSON. A Rust expression may replace any value, if it
/// converts to a value.
macro_rules! json {
    (null) => { $crate::json::Value::Null };
    ([$($elements:tt)*]) => {{
        #[allow(unused_mut)]
        let mut elements = $crate::json::Value::Array(Vec::new());
        $crate::json::json!(@elements elements $($elements)*);
        elements
    }};
    ({$($fields:tt)*}) => {{
        #[allow(unused_mut)]
        let mut fields = $crate::json::Map::new();
        $crate::json::json!(@fields fields $($fields)*);
        $crate::json::Value::Object(fields)
    }};
    (@elements $to:ident) => {};
    (@elements $to:ident null $(, $($rest:tt)*)?) => {
        $to.push($crate::json::Value::Null);
        $crate::json::json!(@elements $to $($($rest)*)?)
    };
    (@elements $to:ident [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $to.push($crate::json::json!([$($inner)*]));
        $crate::json::json!(@elements $to $($($rest)*)?)
    };
    (@elements $to:ident {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $to.push($crate::json::json!({$($inner)*}));
        $crate::json::json!(@elements $to $($($rest)*)?)
    };
    (@elements $to:ident $value:expr $(, $($rest:tt)*)?) => {
        $to.push($crate::json::Value::from($value));
        $crate::json::json!(@elements $to $($($rest)*)?)
    };
    (@fields $to:ident) => {};
    (@fields $to:ident $name:tt: null $(, $($rest:tt)*)?) => {
        $to.add($name, $crate::json::Value::Null);
        $crate::json::json!(@fields $to $($($rest)*)?)
    };
    (@fields $to:ident $name:tt: [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $to.add($name, $crate::json::json!([$($inner)*]));
        $crate::json::json!(@fields $to $($($rest)*)?)
    };
    (@fields $to:ident $name:tt: {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $to.add($name, $crate::json::json!({$($inner)*}));
        $crate::json::json!(@fields $to $($($rest)*)?)
    };
    (@fields $to:ident $name:tt: $value:expr $(, $($rest:tt)*)?) => {
        $to.add($name, $crate::json::Value::from($value));
        $crate::json::json!(@fields $to $($($rest)*)?)
    };
    ($value:expr) => { $crate::json::Value::from($value) };
}
pub(crate) use json;
