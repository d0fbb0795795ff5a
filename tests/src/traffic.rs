//! Payments and requests to send.

use std::fs;

use serde_json::{Value as Json, json};

use crate::binary::project;

/// A file of the demo.
pub fn demo(name: &str) -> String {
    let path = project().join("examples/demo").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A file of the demo as JSON.
pub fn demo_json(name: &str) -> Json {
    serde_json::from_str(&demo(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A small usual payment with an identifier of its own.
pub fn usual(id: &str) -> Json {
    let mut payment = demo_json("usual-1.json");
    payment["payment"]["id"] = json!(id);
    payment
}

/// The demo's payment that is held, with an identifier of its own.
pub fn held(id: &str) -> Json {
    let mut payment = demo_json("held.json");
    payment["payment"]["id"] = json!(id);
    payment
}

/// A request for assistance about a payment.
pub fn assistance(operation: &str, payment: &str, case: &str) -> Json {
    json!({
        "operation": operation,
        "payment": {"id": payment},
        "case": {"id": case},
    })
}
