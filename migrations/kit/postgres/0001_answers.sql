create table outgrow_answers (
    principal   text        not null,
    caller      text        not null,
    method      text        not null,
    key         text        not null,
    fingerprint uuid        not null,
    refused     boolean     not null,
    body        bytea       not null,
    answered_at timestamptz not null,
    constraint outgrow_answers_pkey primary key (principal, caller, method, key)
);

comment on table outgrow_answers is
    'What idempotent commands were answered, so that a repeated one has its effect once. Kept for seven days.';
comment on column outgrow_answers.principal is 'on whose behalf; empty is anonymous';
comment on column outgrow_answers.caller is 'the calling module';
comment on column outgrow_answers.method is 'such as inventory.v1.Inventory/Reserve';
comment on column outgrow_answers.key is 'the idempotency key: the caller''s own, hence the long primary key';
comment on column outgrow_answers.fingerprint is 'a uuid of the request: the same key with another request is refused';
comment on column outgrow_answers.body is 'the encoded answer or refusal';

create index outgrow_answers_answered_at on outgrow_answers (answered_at); -- for forgetting
