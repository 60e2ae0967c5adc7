use proptest::prelude::*;

use super::*;

#[test]
fn an_action_reads_back_what_it_writes() {
    for line in [
        "tab1 refresh",
        "tab4 sends call at node-b",
        "tab1 loses refresh",
        "tab2 loses call at node-b",
        "thief call at service-b",
        "old-browser post",
        "deliver 12",
        "lose 1",
        "double 4294967295",
        "steal",
        "visit",
        "plunder",
        "plant",
        "guess",
        "copy-rows",
        "mint-at-b",
        "tab1 call at bare-b",
        "script call",
        "script sends admin at node-b",
        "tab1 reload at plain-http",
        "forge raise-role",
        "forge hmac-with-public-key",
        "mint audience",
        "mint issuer",
        "mint type",
        "mint future",
        "seal jwt-eddsa 40",
        "seal paseto-local 0",
        "seal jwe-ecdh-es 4000",
        "wait 400ms",
        "wait 61s",
        "wait 7d",
        "database down",
        "restart",
        "rotate-key",
        "retire-key",
        "role admin",
        "set access 60s",
        "set grace 2500ms",
        "set verification strict",
        "set lock-step end",
        "set refresh-on every-request",
    ] {
        let action: Action = line.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(action.to_string(), line);
    }
}

#[test]
fn a_line_that_is_no_action_is_refused() {
    for line in [
        "",
        "tab5 call",
        "tab1",
        "tab1 post",
        "evil call",
        "tab1 refresh at service-b",
        "tab1 refresh at bare-b",
        "copy-rows all",
        "mint-at-b admin",
        "script post",
        "visit thief",
        "guess 1000",
        "tab1 plant",
        "plunder at node-b",
        "tab1 reload at http",
        "tab1 loses",
        "evil loses call",
        "tab1 call at",
        "tab1 call at node-a now",
        "deliver",
        "deliver -1",
        "deliver 1.5",
        "forge",
        "forge raise_role",
        "forge raise-role now",
        "mint",
        "mint expiry",
        "seal",
        "seal jwt-eddsa",
        "seal jwt 40",
        "seal jwt-eddsa 4001",
        "seal jwt-eddsa -1",
        "seal jwt-eddsa 70000",
        "wait 31d",
        "wait 5",
        "wait 99999999999s",
        "database",
        "role root",
        "set grace",
        "set access 1500ms",
        "set access 999ms",
        "set verification none",
        "set refresh-on images",
        "STEAL",
    ] {
        assert!(line.parse::<Action>().is_err(), "{line}");
    }
    let too_long = "wait 31d".parse::<Action>().expect_err("no action").to_string();
    assert!(too_long.contains("30 days at most"), "{too_long}");
    let broken = "set access 1500ms".parse::<Action>().expect_err("no action").to_string();
    assert!(broken.contains("a whole number of s"), "{broken}");
    let long = "x".repeat(1_000_000).parse::<Action>().expect_err("no action");
    assert!(long.to_string().len() < 100);
}

#[test]
fn equal_times_are_written_alike() {
    for (line, written) in
        [("wait 60s", "wait 1m"), ("wait 90m", "wait 90m"), ("wait 0s", "wait 0ms")]
    {
        assert_eq!(line.parse::<Action>().expect("an action").to_string(), written);
    }
}

/// Returns the milliseconds that an action is about.
fn told(action: Action) -> u64 {
    match action {
        Action::Wait(ms) | Action::Set(Change::Grace(ms)) => ms.into(),
        Action::Set(Change::AccessTtl(seconds)) => u64::from(seconds) * 1_000,
        _ => panic!("no duration: {action}"),
    }
}

/// Durations of every size, whole ones of each unit among them.
fn ms() -> impl Strategy<Value = u32> {
    let unit = prop::sample::select(vec![1, 1_000, 60_000, 3_600_000, 86_400_000]);
    unit.prop_flat_map(|unit| (0..=MAX_WAIT_MS / unit).prop_map(move |count| count * unit))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5000) })]

    #[test]
    fn a_duration_is_read_exactly_or_refused(
        ms in ms(),
        name in prop::sample::select(vec!["wait", "set grace", "set access"]),
        unit in prop::sample::select(vec![("ms", 1), ("s", 1_000), ("m", 60_000)]),
    ) {
        let (unit, factor) = unit;
        let (count, exactly) = (ms / factor, u64::from(ms / factor * factor));
        let read = format!("{name} {count}{unit}").parse::<Action>();
        match read {
            Ok(action) => {
                prop_assert_eq!(told(action), exactly);
                prop_assert_eq!(action.to_string().parse(), Ok(action));
            }
            Err(error) => prop_assert!(name == "set access" && exactly % 1_000 != 0, "{}", error),
        }
    }
}
