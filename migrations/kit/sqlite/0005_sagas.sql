-- Sagas: what a module sees through in several steps.
create table outgrow_sagas (
    -- Where each saga is.
    saga        text    not null,
    id          blob    not null, -- of what it is about
    version     integer not null, -- of its definition
    phase       text    not null constraint outgrow_sagas_phase_check
                                 check (phase in ('forward', 'back', 'done', 'undone')),
    step        integer not null, -- from 0
    attempts    integer not null, -- how many have begun at this step
    lost        integer not null, -- how many of the last of them nobody told of
    round       integer not null, -- how often people let it try again
    parked      integer not null constraint outgrow_sagas_parked_check check (parked in (0, 1)), -- waits for people
    reason_code text,             -- why it turned back
    reason      text,
    trouble     text,             -- why the last attempt failed, or why it is parked
    revision    integer not null, -- how many transitions there were
    live        integer not null, -- is to be carried on
    next_at     integer not null, -- not before, or not by others
    since       integer not null, -- when it came to this step
    began_at    integer not null,
    constraint outgrow_sagas_pkey primary key (saga, id)
) strict, without rowid;

create index outgrow_sagas_due on outgrow_sagas (saga, next_at) where live = 1;
create index outgrow_sagas_ended on outgrow_sagas (since) where phase in ('done', 'undone');

create table outgrow_saga_log (
    -- What happened to each saga, and who made it happen.
    saga     text    not null,
    id       blob    not null,
    revision integer not null,
    at       integer not null,
    what     text    not null, -- such as did
    step     text,             -- which step that was about
    note     text,             -- why
    actor    text,             -- who, if it was not the saga itself
    constraint outgrow_saga_log_pkey primary key (saga, id, revision)
) strict, without rowid;
