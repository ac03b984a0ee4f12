-- Sagas: what a module sees through in several steps.
create table outgrow_sagas (
    saga        text        not null,
    id          uuid        not null,
    version     bigint      not null,
    phase       text        not null,
    step        bigint      not null,
    attempts    bigint      not null,
    lost        bigint      not null,
    round       bigint      not null,
    parked      boolean     not null,
    reason_code text,
    reason      text,
    trouble     text,
    revision    bigint      not null,
    live        boolean     not null,
    next_at     timestamptz not null,
    since       timestamptz not null,
    began_at    timestamptz not null,
    constraint outgrow_sagas_pkey primary key (saga, id),
    constraint outgrow_sagas_phase_check check (phase in ('forward', 'back', 'done', 'undone'))
);

comment on table outgrow_sagas is 'Where each saga is.';
comment on column outgrow_sagas.id is 'of what it is about';
comment on column outgrow_sagas.version is 'of its definition';
comment on column outgrow_sagas.step is 'from 0';
comment on column outgrow_sagas.attempts is 'how many have begun at this step';
comment on column outgrow_sagas.lost is 'how many of the last of them nobody told of';
comment on column outgrow_sagas.round is 'how often people let it try again';
comment on column outgrow_sagas.parked is 'waits for people';
comment on column outgrow_sagas.reason_code is 'why it turned back';
comment on column outgrow_sagas.trouble is 'why the last attempt failed, or why it is parked';
comment on column outgrow_sagas.revision is 'how many transitions there were';
comment on column outgrow_sagas.live is 'is to be carried on';
comment on column outgrow_sagas.next_at is 'not before, or not by others';
comment on column outgrow_sagas.since is 'when it came to this step';

create index outgrow_sagas_due on outgrow_sagas (saga, next_at) where live;
create index outgrow_sagas_ended on outgrow_sagas (since) where phase in ('done', 'undone');

create table outgrow_saga_log (
    saga     text        not null,
    id       uuid        not null,
    revision bigint      not null,
    at       timestamptz not null,
    what     text        not null,
    step     text,
    note     text,
    actor    text,
    constraint outgrow_saga_log_pkey primary key (saga, id, revision)
);

comment on table outgrow_saga_log is 'What happened to each saga, and who made it happen.';
comment on column outgrow_saga_log.step is 'which step that was about';
comment on column outgrow_saga_log.actor is 'who, if it was not the saga itself';
