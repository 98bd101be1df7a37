//! How deep a JSON document from outside may nest.

use serde_json::Value;

/// True when lists and objects stand in each other over more than so many levels; a plain value has none.
pub fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper_than(item, left)),
        Value::Object(members) => members.values().any(|member| is_deeper_than(member, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn levels_are_counted_from_the_outermost_list_or_object() {
        let table = [
            (json!(1), 0, false),
            (json!({}), 0, true),
            (json!({}), 1, false),
            (json!({"a": "b"}), 1, false),
            (json!({"a": []}), 1, true),
            (json!([[{"a": 1}]]), 3, false),
            (json!([[{"a": 1}], {"b": [[[]]]}]), 4, true),
        ];
        for (value, levels, deeper) in table {
            assert_eq!(is_deeper_than(&value, levels), deeper, "{value} {levels}");
        }
    }
}
