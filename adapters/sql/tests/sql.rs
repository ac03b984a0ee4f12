//! The laws of a home, for every engine: each law is written once, and run on each.
//!
//! On PostgreSQL they need a server (`OUTGROW_TEST_POSTGRES`, default `postgres://postgres@127.0.0.1:5432/postgres`)
//! and are left out unless asked for (`cargo test -p adapter-sql -- --include-ignored`); each has a database of its own.

#[cfg(test)]
mod sql {
    pub(crate) mod answers;
    pub(crate) mod archive;
    pub(crate) mod audience;
    pub(crate) mod cancellation;
    pub(crate) mod events;
    pub(crate) mod forgetting;
    pub(crate) mod held;
    pub(crate) mod homes;
    pub(crate) mod migrations;
    pub(crate) mod on_postgres;
    pub(crate) mod on_sqlite;
    pub(crate) mod place;
    pub(crate) mod reads;
    pub(crate) mod sagas;
    pub(crate) mod sessions;
    pub(crate) mod values;
    pub(crate) mod writes;
}

macro_rules! laws {
    ($($area:ident: $($law:ident),* $(,)?;)*) => {
        mod sqlite {
            $(mod $area {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    let place = crate::sql::place::Place::sqlite();
                    crate::sql::$area::$law(&place).await;
                })*
            })*
        }

        mod postgres {
            $(mod $area {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                #[ignore = "needs PostgreSQL: cargo xtask test"]
                async fn $law() {
                    let place = crate::sql::place::Place::postgres().await;
                    crate::sql::$area::$law(&place).await;
                })*
            })*
        }
    };
}

laws! {
    writes:
        a_write_commits_all_or_nothing,
        a_taken_unique_key_is_a_conflict,
        a_stale_version_is_a_conflict,
        who_is_kept_waiting_knows_in_time_that_nothing_was_done,
        a_panic_in_a_write_commits_nothing,
        a_panic_after_the_commit_is_in_doubt,
        an_error_after_the_commit_is_in_doubt,
        a_failed_statement_dooms_its_transaction,
        whatever_fails_between_two_events_neither_is_published,
        a_commit_that_the_engine_refuses_is_not_committed,
        concurrent_writers_all_succeed,
        closing_waits_for_the_writes_that_have_begun,
        after_closing_a_write_is_not_committed;
    cancellation:
        a_write_goes_on_when_its_caller_leaves,
        writers_dropped_at_random_moments_leave_no_transaction_and_no_lock,
        readers_dropped_at_random_moments_leave_no_transaction,
        ten_thousand_who_leave_at_random_moments_leave_nothing_behind,
        a_statement_dropped_half_way_dooms_its_transaction;
    reads:
        a_query_outside_a_write_cannot_write,
        a_snapshot_sees_the_same_to_its_end,
        only_single_statements_on_data_pass;
    values:
        values_come_back_as_they_were_bound,
        time_is_kept_to_the_microsecond_and_in_order,
        a_number_out_of_range_is_an_error_that_names_its_column,
        a_value_without_a_meaning_is_an_error_that_names_its_column;
    answers:
        an_answer_is_recalled_as_it_was_remembered,
        the_same_key_of_another_principal_caller_or_method_is_another_command,
        a_command_is_answered_once,
        an_answer_is_forgotten_with_its_effects,
        answers_are_forgotten_after_seven_days,
        a_repeat_waits_for_the_command_that_it_repeats;
    held:
        what_goes_with_commit_is_kept_to_the_letter,
        what_goes_with_commit_is_kept_together_or_not_at_all,
        what_cannot_go_with_commit_is_certainly_not_committed;
    events:
        an_event_is_published_with_its_change_or_not_at_all,
        only_what_the_spec_publishes_is_published,
        the_events_of_a_key_are_numbered_from_one_without_a_gap,
        what_a_subscriber_has_is_settled_by_id_and_for_it_alone,
        a_shard_is_held_by_one_until_its_lease_ends,
        who_has_lost_the_lease_settles_and_begins_nothing,
        of_each_key_the_next_event_is_begun_whatever_the_order_they_came_in,
        an_event_is_marked_once_and_the_mark_is_undone_with_its_effects,
        what_comes_of_an_event_at_home_is_kept_with_its_mark_and_tells_nobody,
        attempts_are_counted_as_they_begin_and_what_ended_a_process_comes_alone,
        a_parked_event_keeps_its_key_waiting_or_is_skipped,
        what_would_not_fit_through_a_carrier_is_not_published,
        no_event_is_overlooked_that_becomes_the_next_while_it_comes,
        what_everybody_has_is_forgotten_after_seven_days;
    archive:
        an_archive_is_read_from_its_end_or_from_a_moment_on,
        of_a_moment_on_is_what_tells_of_it_whenever_its_id_was_made,
        what_is_read_says_who_still_has_to_get_it;
    audience:
        a_subscriber_added_later_handles_from_the_first_event_that_is_addressed_to_it,
        who_comes_back_handles_what_it_was_told_before_first,
        builds_that_know_different_subscribers_tell_each_of_them_in_order,
        where_a_build_wrote_that_does_not_say_whom_it_told_nobody_passes_anything_over,
        what_is_addressed_to_who_listens_no_more_is_given_up_after_seven_days;
    sagas:
        what_a_transaction_begins_it_does_not_call_off,
        a_transition_is_kept_with_what_it_is_about_or_not_at_all,
        an_instance_comes_back_as_it_was_kept,
        of_two_transitions_at_one_place_one_is_kept,
        a_revision_that_was_taken_back_and_given_again_is_another,
        who_is_taken_is_nobody_elses_until_the_lease_ends,
        who_decides_at_a_step_keeps_the_next_and_who_is_called_off_is_for_anybody,
        who_is_put_off_rests_and_says_why_unless_it_has_moved_on,
        who_has_lost_the_lease_puts_nothing_off,
        a_version_that_a_build_does_not_know_is_left_to_others,
        every_transition_is_in_the_log_with_who_made_it,
        what_has_ended_is_forgotten_after_thirty_days;
    forgetting:
        what_is_called_off_first_is_not_forgotten,
        whoever_is_first_nothing_that_is_not_over_is_forgotten;
    homes:
        a_home_asked_for_twice_is_the_same,
        a_module_does_not_see_the_home_of_another,
        an_open_home_is_ready_and_a_closed_one_is_named,
        a_name_that_is_no_name_is_refused;
    migrations:
        first_starts_at_once_migrate_once,
        what_is_applied_is_listed_once,
        a_later_migration_is_applied_to_an_older_home,
        an_edited_migration_is_refused,
        a_home_of_a_newer_build_is_refused,
        a_migration_before_applied_ones_is_refused,
        a_failing_migration_changes_nothing;
}
