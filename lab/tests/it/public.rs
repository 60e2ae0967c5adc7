//! The types that are shown can be shared between tasks, and printed.

use std::fmt::Debug;

use coatroom_lab::{
    architecture::{Comparison, Comparisons},
    attack::{Attack, Loot, Siege, Taken},
    forge::Forgery,
    xray::{Check, Part, XRay},
};

fn is_shared_and_printed<T: Debug + Send + Sync + 'static>() {}

#[test]
fn xray_types_can_be_shared_between_tasks_and_printed() {
    is_shared_and_printed::<(XRay, Part, Check, Forgery)>();
}

#[test]
fn comparisons_and_attacks_can_be_shared_and_printed() {
    is_shared_and_printed::<(Comparison, Comparisons, Attack, Loot, Siege)>();
}

#[test]
fn loot_is_printed_without_the_values_of_cookies() {
    let good = vec![Taken { name: "name".into(), value: "secret".into() }];
    let printed = format!("{:?}", Loot { good, ..Loot::default() });
    assert!(printed.contains("name") && !printed.contains("secret"), "{printed}");
}
