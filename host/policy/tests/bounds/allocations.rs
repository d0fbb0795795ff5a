//! Asking policies about a row takes nothing from the heap as long as no rule fires and no fact is missing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::fixture::{dictionary, load, policy};
use weft_dictionary::{Row, Value};
use weft_policy::Applies;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts for each thread.
struct Counting;

// SAFETY: each call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocated<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATED.with(Cell::get);
    let done = work();
    (done, ALLOCATED.with(Cell::get) - before)
}

#[test]
fn the_counter_counts() {
    let (boxed, allocations) = allocated(|| std::hint::black_box(Box::new(7)));
    assert_eq!((*boxed, allocations), (7, 1));
}

#[test]
fn rules_that_do_not_fire_take_nothing_from_the_heap() {
    let body = "\
match:
  - {name: m, expression: \"session.role == 'service' && payer.country in ['BE', 'NL']\"}
rules:
  - {id: a, when: \"payment.amount * 2 > money('1000', 'EUR') && payment.risky\", verdict: deny, reason: because}
  - {id: b, when: \"payment.count * 3 - 1 > 100 || size(payer.city) > 9\", verdict: deny, reason: because}
  - {id: c, when: \"payer.city.startsWith('Br') || payer.city in payment.codes\", verdict: deny, reason: because}
  - {id: d, when: \"currency(payment.amount) in ['USD', 'GBP'] || minor(payment.amount) < 5\", verdict: deny, reason: because}
  - {id: e, when: \"payment.at - payment.age < timestamp('2020-01-01T00:00:00Z')\", verdict: deny, reason: because}
  - {id: f, when: \"payment.rate * 2 > (payment.risky ? decimal('9') : decimal('8.5'))\", verdict: deny, reason: because}
  - {id: g, when: \"!has(payment.count) && payment.risky\", verdict: deny, reason: because}
";
    let set = load(&[("p.yaml", &policy(body, ""))]).unwrap_or_else(|said| panic!("{said}"));
    let dictionary = dictionary();
    let mut row = Row::new(&dictionary);
    for (name, json) in [
        ("session.role", serde_json::json!("service")),
        ("payer.country", "NL".into()),
        ("payer.city", "Utrecht".into()),
        (
            "payment.amount",
            serde_json::json!({"value": "12.50", "currency": "EUR"}),
        ),
        ("payment.risky", false.into()),
        ("payment.count", 3.into()),
        ("payment.codes", serde_json::json!(["a", "b"])),
        ("payment.at", "2026-01-02T00:00:00Z".into()),
        ("payment.age", "36h".into()),
        ("payment.rate", "0.1".into()),
    ] {
        let field = dictionary.by_name(name).expect("a field");
        let value = Value::from_json(field.kind, &json).expect("of its kind");
        row.set(&dictionary, field.id, value).expect("fits");
    }
    let ask = || {
        let place = set.candidates(1, "payment.authorize", &row).next();
        let policy = &set.policies()[place.expect("it may apply")];
        (policy.matches(&row), policy.evaluate(&row))
    };
    let ((applies, outcome), allocations) = allocated(ask);
    assert_eq!(applies, Applies::Yes);
    assert_eq!(
        (outcome.fired, outcome.missing, outcome.failure),
        (vec![], vec![], None)
    );
    assert_eq!(allocations, 0);
}
