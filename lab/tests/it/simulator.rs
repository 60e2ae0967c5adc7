//! The simulator on few days: what its tables say must come out of it, if less exactly.

use coatroom_lab::{
    policy::Policy,
    simulate::{Model, Network, Setup, Tally, Thief, simulate},
};

const SEED: u64 = 7;

fn days(policy: Policy, thief: Option<Thief>, network: Network, sessions: u32) -> Tally {
    simulate(&Model::default(), Setup { policy, thief, network }, sessions, SEED, || {})
}

fn honest(policy: Policy, sessions: u32) -> u32 {
    days(policy, None, Network::Steady, sessions).signed_out
}

#[test]
fn five_policies_sign_honest_browsers_out_and_coatroom_never() {
    assert_eq!(honest(Policy::Coatroom, 150), 0);
    assert_eq!(honest(Policy::OneBehind, 150), 0);
    assert_eq!(honest(Policy::Strict, 40), 40);
    let rerotate = honest(Policy::Rerotate, 100);
    let access_only = honest(Policy::AccessOnly, 100);
    let branch = honest(Policy::Branch, 100);
    let from_rotation = honest(Policy::FromRotation, 100);
    assert!(rerotate > access_only, "{rerotate} {access_only}");
    assert!((70..95).contains(&access_only), "{access_only}");
    assert!((2..20).contains(&branch), "{branch}");
    assert!((2..20).contains(&from_rotation), "{from_rotation}");
}

#[test]
fn a_thief_apart_is_noticed_in_minutes_but_hardly_by_one_behind() {
    for thief in [Thief::First, Thief::After] {
        let ours = days(Policy::Coatroom, Some(thief), Network::Steady, 100);
        assert_eq!((ours.stolen, ours.noticed.count), (100, 100), "{thief:?}");
        assert!(ours.noticed.p95.is_some_and(|p95| p95 < 15 * 60_000), "{:?}", ours.noticed);
        let theirs = days(Policy::OneBehind, Some(thief), Network::Steady, 100);
        assert!(theirs.noticed.count < 5, "{:?}", theirs.noticed);
    }
}

#[test]
fn a_thief_in_step_is_missed_by_the_rule_found_by_the_streak() {
    let tally = days(Policy::Coatroom, Some(Thief::LockStep), Network::Steady, 100);
    assert!(tally.noticed.count < 20, "{:?}", tally.noticed);
    let [two, three, four] = tally.streaks;
    assert!(three.count >= 98 && two.count >= three.count && three.count >= four.count);
    assert!(two.median < three.median && three.median < four.median);
    // A thief who is silent and always first is found by one or the other.
    let silent = days(Policy::Coatroom, Some(Thief::Silent), Network::Steady, 100);
    assert!(silent.noticed.count < 60);
    assert!(silent.noticed.count + silent.streaks[1].count >= 98);
}

#[test]
fn honest_browsers_that_change_networks_make_no_streak_of_three() {
    for network in [Network::Steady, Network::DualStack, Network::Moving] {
        let tally = days(Policy::Coatroom, None, network, 100);
        assert_eq!((tally.signed_out, tally.streaks[1].count), (0, 0), "{network:?}");
    }
    // If each request has another exit, the fingerprint says nothing; this is why the streak is only reported unless
    // told so.
    let pool = days(Policy::Coatroom, None, Network::Pool, 100);
    assert_eq!(pool.signed_out, 0);
    assert!(pool.streaks[0].count > 10, "{:?}", pool.streaks);
}

#[test]
fn the_same_seed_gives_the_same_days() {
    let json = || {
        let tally = days(Policy::Branch, Some(Thief::LockStep), Network::Pool, 20);
        serde_json::to_string(&tally).expect("figures")
    };
    assert_eq!(json(), json());
}
