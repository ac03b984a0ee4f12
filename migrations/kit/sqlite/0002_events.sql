create table outgrow_streams (
    -- How far each stream of events of each aggregate is numbered.
    stream text    not null, -- such as ordering.v1.OrderEvent
    key    text    not null, -- which aggregate
    last   integer not null, -- the number of its last event; they count from 1
    constraint outgrow_streams_pkey primary key (stream, key)
) strict, without rowid;

create table outgrow_outbox (
    -- Events, written with what they tell of. Kept for seven days after every subscriber has them.
    id          blob    not null constraint outgrow_outbox_pkey primary key, -- a uuid that grows with time
    stream      text    not null,
    key         text    not null,
    sequence    integer not null,
    kind        text    not null, -- such as ordering.v1.order_placed
    data        text    not null, -- what happened, as JSON
    at          integer not null, -- microseconds since 1970
    correlation blob    not null,
    causation   blob,
    constraint outgrow_outbox_sequence_key unique (stream, key, sequence)
) strict;

create table outgrow_deliveries (
    -- Which subscriber still has to get which event. A row is deleted once it has it.
    subscriber text    not null, -- a module
    event      blob    not null, -- the id of an event in the outbox
    shard      integer not null, -- of its key
    constraint outgrow_deliveries_pkey primary key (subscriber, event)
) strict, without rowid;

create index outgrow_deliveries_event on outgrow_deliveries (event); -- for forgetting

create table outgrow_inbox (
    -- Events that were delivered to this module and are not handled yet, or are parked.
    stream      text    not null,
    key         text    not null,
    sequence    integer not null,
    id          blob    not null,
    kind        text    not null,
    data        text    not null,
    at          integer not null,
    correlation blob    not null,
    causation   blob,
    shard       integer not null,
    ready       integer not null constraint outgrow_inbox_ready_check check (ready in (0, 1)), -- is the next of its key
    parked      integer not null constraint outgrow_inbox_parked_check check (parked in (0, 1)), -- waits for people
    attempts    integer not null, -- how many have begun
    reason      text,             -- why the last attempt failed; none while one goes on
    next_at     integer not null, -- not to be tried before
    received_at integer not null,
    constraint outgrow_inbox_pkey primary key (stream, key, sequence)
) strict;

create index outgrow_inbox_due on outgrow_inbox (next_at) where ready = 1;
create index outgrow_inbox_interrupted on outgrow_inbox (next_at) where ready = 1 and attempts > 0 and reason is null;

create table outgrow_positions (
    -- How far each stream of each aggregate is handled here: what makes a repeated event harmless.
    stream   text    not null,
    key      text    not null,
    position integer not null, -- the number of the last event that was handled, or parked and skipped
    constraint outgrow_positions_pkey primary key (stream, key)
) strict, without rowid;

create table outgrow_leases (
    -- Which process works on which shard.
    work   text    not null, -- relay or worker
    shard  integer not null,
    holder blob    not null, -- a process and its start
    term   integer not null, -- how often it changed hands
    until  integer not null,
    constraint outgrow_leases_pkey primary key (work, shard)
) strict, without rowid;
