create table outgrow_streams (
    stream text   not null,
    key    text   not null,
    last   bigint not null,
    constraint outgrow_streams_pkey primary key (stream, key)
);

comment on table outgrow_streams is 'How far each stream of events of each aggregate is numbered.';
comment on column outgrow_streams.stream is 'such as ordering.v1.OrderEvent';
comment on column outgrow_streams.key is 'which aggregate';
comment on column outgrow_streams.last is 'the number of its last event; they count from 1';

create table outgrow_outbox (
    id          uuid        not null,
    stream      text        not null,
    key         text        not null,
    sequence    bigint      not null,
    kind        text        not null,
    data        text        not null,
    at          timestamptz not null,
    correlation uuid        not null,
    causation   uuid,
    constraint outgrow_outbox_pkey primary key (id),
    constraint outgrow_outbox_sequence_key unique (stream, key, sequence)
);

comment on table outgrow_outbox is
    'Events, written with what they tell of. Kept for seven days after every subscriber has them.';
comment on column outgrow_outbox.id is 'a uuid that grows with time';
comment on column outgrow_outbox.kind is 'such as ordering.v1.order_placed';
comment on column outgrow_outbox.data is 'what happened, as JSON';

create table outgrow_deliveries (
    subscriber text   not null,
    event      uuid   not null,
    shard      bigint not null,
    constraint outgrow_deliveries_pkey primary key (subscriber, event)
);

comment on table outgrow_deliveries is
    'Which subscriber still has to get which event. A row is deleted once it has it.';
comment on column outgrow_deliveries.subscriber is 'a module';
comment on column outgrow_deliveries.event is 'the id of an event in the outbox';
comment on column outgrow_deliveries.shard is 'of its key';

create index outgrow_deliveries_event on outgrow_deliveries (event); -- for forgetting

create table outgrow_inbox (
    stream      text        not null,
    key         text        not null,
    sequence    bigint      not null,
    id          uuid        not null,
    kind        text        not null,
    data        text        not null,
    at          timestamptz not null,
    correlation uuid        not null,
    causation   uuid,
    shard       bigint      not null,
    ready       boolean     not null,
    parked      boolean     not null,
    attempts    bigint      not null,
    reason      text,
    next_at     timestamptz not null,
    received_at timestamptz not null,
    constraint outgrow_inbox_pkey primary key (stream, key, sequence)
);

comment on table outgrow_inbox is
    'Events that were delivered to this module and are not handled yet, or are parked.';
comment on column outgrow_inbox.ready is 'is the next of its key';
comment on column outgrow_inbox.parked is 'waits for people';
comment on column outgrow_inbox.attempts is 'how many have begun';
comment on column outgrow_inbox.reason is 'why the last attempt failed; none while one goes on';
comment on column outgrow_inbox.next_at is 'not to be tried before';

create index outgrow_inbox_due on outgrow_inbox (next_at) where ready;
create index outgrow_inbox_interrupted on outgrow_inbox (next_at) where ready and attempts > 0 and reason is null;

create table outgrow_positions (
    stream   text   not null,
    key      text   not null,
    position bigint not null,
    constraint outgrow_positions_pkey primary key (stream, key)
);

comment on table outgrow_positions is
    'How far each stream of each aggregate is handled here: what makes a repeated event harmless.';
comment on column outgrow_positions.position is
    'the number of the last event that was handled, or parked and skipped';

create table outgrow_leases (
    work   text        not null,
    shard  bigint      not null,
    holder uuid        not null,
    term   bigint      not null,
    until  timestamptz not null,
    constraint outgrow_leases_pkey primary key (work, shard)
);

comment on table outgrow_leases is 'Which process works on which shard.';
comment on column outgrow_leases.work is 'relay or worker';
comment on column outgrow_leases.holder is 'a process and its start';
comment on column outgrow_leases.term is 'how often it changed hands';
