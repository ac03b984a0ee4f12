create table outgrow_answers (
    -- What idempotent commands were answered, so that a repeated one has its effect once. Kept for seven days.
    principal   text    not null, -- on whose behalf; empty is anonymous
    caller      text    not null, -- the calling module
    method      text    not null, -- such as inventory.v1.Inventory/Reserve
    key         text    not null, -- the idempotency key: the caller's own, hence the long primary key
    fingerprint blob    not null, -- a uuid of the request: the same key with another request is refused
    refused     integer not null constraint outgrow_answers_refused_check check (refused in (0, 1)),
    body        blob    not null, -- the encoded answer or refusal
    answered_at integer not null, -- microseconds since 1970
    constraint outgrow_answers_pkey primary key (principal, caller, method, key)
) strict; -- with a rowid: bodies of some kilobytes would make the tree of a `without rowid` table deep

create index outgrow_answers_answered_at on outgrow_answers (answered_at); -- for forgetting
