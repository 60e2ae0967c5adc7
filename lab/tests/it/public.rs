//! The types that are shown can be shared between tasks, and printed.

use std::fmt::Debug;

use coatroom_lab::{
    forge::Forgery,
    xray::{Check, Part, XRay},
};

fn is_shared_and_printed<T: Debug + Send + Sync + 'static>() {}

#[test]
fn xray_types_can_be_shared_between_tasks_and_printed() {
    is_shared_and_printed::<(XRay, Part, Check, Forgery)>();
}
