//! X-rays of any text that a stranger pastes.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::Auth;
use coatroom_lab::xray::{Content, XRay, xray};
use proptest::{collection::vec, prelude::*};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::{cases::cases, support::World};

/// The X-ray of a text, on a server that is made once: nothing that a text does stays.
fn xrayed(text: &str) -> XRay {
    static SERVER: LazyLock<(Runtime, Auth)> = LazyLock::new(|| {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let auth = runtime.block_on(World::in_memory()).auth;
        (runtime, auth)
    });
    let (runtime, auth) = &*SERVER;
    runtime.block_on(xray(auth, text)).expect("the store answers")
}

/// Some JSON, three deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\\\]},: ]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[a-z]{0,2}", inner), 0..3).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn an_xray_of_any_text_shows_its_parts_and_the_refusing_check(
        any in any::<String>(),
        near in "[ =.]{0,3}([A-Za-z0-9_+/=é-]{0,6}\\.){0,7}[ =.]{0,3}",
    ) {
        for text in [any, near] {
            let ray = xrayed(&text);
            prop_assert!(ray.refused().is_some());
            let parts: Vec<&str> = ray.parts.iter().map(|part| part.text.as_str()).collect();
            prop_assert!(text.contains(&parts.join(".")), "{:?}", text);
        }
    }

    #[test]
    fn an_xray_shows_the_json_as_written_with_members_in_order(
        members in vec(("[a-zé\"\\\\{}\\[:, ]{0,3}", value()), 0..5),
        space in "[ \n\t]{0,2}",
    ) {
        let written: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{space}{}{space}:{value}{space}", Value::from(name.as_str())))
            .collect();
        let json = format!("{{{}}}", written.join(","));
        let ray = xrayed(&format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(&json)));
        let Content::Json { text, members: shown } = &ray.parts[0].content else {
            return Err(TestCaseError::fail(format!("{ray:?}")));
        };
        let names: Vec<&str> = shown.iter().map(|member| member.name.as_str()).collect();
        prop_assert_eq!(names, members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        prop_assert_eq!(read(text), read(&json), "{}", text);
    }
}
