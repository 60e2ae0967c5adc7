//! The suite that every store passes, for stores of your own too. Feature `test-util`.
//!
//! Each case is one public function that takes an empty store, does something to it, and panics if the
//! [contract](super) is not kept. [`store_conformance!`](crate::store_conformance) declares a test for each of them, so
//! that a failure has a name. It takes a function that makes a [`Place`]: a fresh, empty store, and what must live as
//! long as it does.
//!
//! ```
//! use std::sync::Arc;
//! use coatroom::store::{conformance::Place, memory::MemoryStore};
//!
//! async fn in_memory() -> Place {
//!     Place::new(Arc::new(MemoryStore::new()))
//! }
//!
//! mod conforms {
//!     coatroom::store_conformance!(super::in_memory);
//! }
//!
//! // Or one case alone:
//! use coatroom::store::conformance::{rotation, run};
//! run(in_memory, rotation::a_rotation_writes_exactly_what_the_rule_says);
//! ```
//!
//! A store in a database gives two more things: another handle on the same data, as a second process would have it
//! ([`Place::with_second`]), and the guard of its folder or database ([`Place::keeping`]). If there is no server to
//! test against, the function may give `None`, which skips the case; it should say so on the way.
//!
//! Limits: it cannot make a disk fail or a network drop packets. A store that writes in more than one statement tests
//! for itself that the first is undone if the second fails.

#![expect(
    clippy::missing_panics_doc,
    reason = "a panic is how a case says that the store fails it"
)]

pub mod accounts;
pub mod candidates;
pub mod changes;
pub mod concurrency;
pub mod edges;
pub mod epochs;
pub mod keys;
pub mod once;
pub mod overviews;
pub mod pruning;
pub mod rotation;
pub mod sample;
pub mod sessions;
pub mod transitions;

use std::{any::Any, sync::Arc};

use super::{FullStore, Store};

/// An empty store, and what it needs to go on existing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Place {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Another handle on the same data, as another process would have it.
    pub second: Option<Arc<dyn Store>>,
    /// The same stores, if they keep accounts, too.
    full: Option<Arc<dyn FullStore>>,
    second_full: Option<Arc<dyn FullStore>>,
    // Declared last and so dropped last: a folder goes after the files in it were closed.
    keep: Vec<Box<dyn Any + Send>>,
}

impl Place {
    /// A store that needs nothing else.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, second: None, full: None, second_full: None, keep: Vec::new() }
    }

    /// A store that keeps accounts, too, and needs nothing else.
    pub fn full(store: Arc<dyn FullStore>) -> Self {
        Self { full: Some(Arc::clone(&store)), ..Self::new(store) }
    }

    /// With another handle on the same data, as [`with_second`](Self::with_second), of accounts, too.
    #[must_use]
    pub fn with_full_second(mut self, store: Arc<dyn FullStore>) -> Self {
        self.second_full = Some(Arc::clone(&store));
        self.with_second(store)
    }

    /// With another handle on the same data. Half of the callers in a race come through it.
    #[must_use]
    pub fn with_second(mut self, store: Arc<dyn Store>) -> Self {
        self.second = Some(store);
        self
    }

    /// With something that is dropped after the store: a temporary folder, a database.
    #[must_use]
    pub fn keeping(mut self, guard: impl Any + Send) -> Self {
        self.keep.push(Box::new(guard));
        self
    }

    /// The store, which keeps accounts, too.
    ///
    /// # Panics
    /// If [`full`](Self::full) did not make the place.
    pub fn accounts(&self) -> Arc<dyn FullStore> {
        Arc::clone(
            self.full
                .as_ref()
                .expect("the suite needs accounts: make the place with `Place::full`"),
        )
    }

    /// The store for one of many callers: the even ones come by the second handle, if there is one.
    fn door(&self, number: usize) -> Arc<dyn Store> {
        match &self.second {
            Some(second) if number.is_multiple_of(2) => Arc::clone(second),
            _ => Arc::clone(&self.store),
        }
    }
}

/// Runs one case on a new place, on a runtime of several threads. Does nothing if there is no place.
///
/// # Panics
/// If the store fails the case.
pub fn run<P: Into<Option<Place>>>(make: impl AsyncFnOnce() -> P, case: impl AsyncFnOnce(Place)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        if let Some(place) = make().await.into() {
            case(place).await;
        }
    });
}

/// Declares a `#[test]` for every case of the [suite](crate::store::conformance), each on a new store.
///
/// Takes the path of a function: `async fn() -> Place`, or `async fn() -> Option<Place>` if there may be none to test.
/// The tests stand in the module where the macro is used, and have the names of the cases. For the cases of a store of
/// accounts, of which [`Place::full`] makes a place, use [`account_conformance!`](crate::account_conformance) beside it.
#[macro_export]
macro_rules! store_conformance {
    ($make:path) => {
        $crate::store_conformance! { @each $make;
            sessions:
                a_store_that_answers_says_so,
                a_session_that_was_never_added_is_not_there,
                a_session_reads_back_with_every_field,
                a_changed_authority_is_newer_in_every_session_of_its_subject,
                of_fifty_changes_of_authority_at_once_none_is_lost,
                a_generation_is_acknowledged_once_and_the_first_time_stays,
                a_replay_is_counted_for_the_current_generation_only,
                an_event_that_happens_again_is_counted,
                revoked_is_absorbing,
                a_subjects_sessions_come_newest_first_without_the_revoked,
                events_come_newest_first_and_no_more_than_asked_for,
                sessions_do_not_touch_each_other;
            transitions:
                each_verb_makes_of_a_session_what_its_function_says;
            rotation:
                a_rotation_writes_exactly_what_the_rule_says,
                a_rotation_takes_no_later_sight_back,
                a_rotation_keeps_to_the_generation_it_names,
                a_rotation_waits_for_the_proof_of_delivery,
                a_rotation_waits_for_the_spacing_to_the_millisecond,
                a_rotation_comes_too_late_at_the_instant_of_either_expiry,
                the_idle_deadline_is_capped_by_the_absolute_one,
                a_revocation_before_a_rotation_stops_it,
                a_rotation_before_a_revocation_is_revoked_with_its_session;
            changes:
                changes_are_logged_in_order_and_told_page_by_page,
                a_reader_whose_place_is_lost_is_told_everything,
                each_change_of_an_authority_is_logged_with_its_version,
                a_denial_without_a_row_is_logged_and_told,
                a_feed_tells_what_every_caller_changed,
                a_feed_tells_what_came_by_another_door;
            keys:
                keys_read_back_as_they_were_written,
                keys_are_replaced_only_as_they_were_seen,
                of_fifty_replacements_at_once_exactly_one_succeeds,
                the_version_of_the_keys_is_told_and_counts_up,
                the_schedule_of_the_keys_only_grows;
            once:
                an_id_is_used_once_for_each_purpose,
                of_fifty_uses_at_once_exactly_one_is_the_first,
                a_mark_is_forgotten_after_its_time_and_not_before;
            epochs:
                an_epoch_ends_every_session_of_before_and_none_of_after,
                an_epoch_since_an_instant_ends_what_was_refreshed_since,
                epochs_count_up_and_the_first_one_counts,
                an_epoch_changes_nothing_about_what_was_over,
                epochs_at_once_have_numbers_of_their_own_and_are_told;
            pruning:
                sessions_that_are_long_over_are_pruned_and_no_others,
                pruning_goes_in_batches,
                the_last_events_of_a_living_session_are_kept;
            edges:
                a_label_of_any_length_and_script_reads_back,
                every_instant_reads_back,
                a_rotation_at_the_ends_of_time_adds_up_as_the_rule_does,
                changes_at_the_ends_of_time_are_logged;
            concurrency:
                of_fifty_rotations_at_once_exactly_one_succeeds,
                of_fifty_acknowledgements_at_once_exactly_one_is_the_first,
                of_fifty_revocations_at_once_exactly_one_did_it,
                of_fifty_replays_at_once_none_is_lost,
                rotations_and_a_revocation_at_once_leave_one_order_of_both,
                a_rotation_dropped_half_way_happens_whole_or_not_at_all,
                a_replay_dropped_half_way_happens_whole_or_not_at_all,
                a_revocation_dropped_half_way_happens_whole_or_not_at_all;
        }
    };
    (@accounts $make:path) => {
        $crate::store_conformance! { @each $make;
            accounts:
                an_account_that_was_never_added_is_not_there,
                an_account_reads_back_by_id_and_by_address,
                an_address_has_one_account_and_the_first_keeps_it,
                only_the_password_hash_that_the_caller_saw_is_swapped,
                the_nearest_password_hash_comes_next_and_round_at_the_end,
                events_of_an_account_are_counted_by_network_and_hour,
                of_an_account_the_newest_events_stay,
                the_role_of_an_account_is_changed_alone,
                of_fifty_accounts_at_once_one_gets_the_address;
            overviews:
                an_overview_says_what_each_verb_says,
                an_overview_has_no_more_events_than_asked_for,
                an_overview_without_a_session_is_of_the_account,
                an_overview_of_no_account_is_none;
            candidates:
                a_candidate_says_what_each_verb_says,
                a_candidate_with_the_typed_spelling_comes_first;
        }
    };
    (@each $make:path; $($module:ident: $($case:ident),+;)+) => {
        $($(
            #[test]
            fn $case() {
                $crate::store::conformance::run($make, $crate::store::conformance::$module::$case);
            }
        )+)+
    };
}

/// Declares a `#[test]` for every case of a store of accounts, as
/// [`store_conformance!`](crate::store_conformance) does for the others.
#[macro_export]
macro_rules! account_conformance {
    ($make:path) => {
        $crate::store_conformance! { @accounts $make }
    };
}
