create table messages (
    id         uuid        not null,
    order_id   uuid        not null,
    outcome    text        not null,
    recipient  text        not null,
    subject    text        not null,
    body       text        not null,
    written_at timestamptz not null,
    sent_at    timestamptz,
    constraint messages_pkey primary key (id),
    constraint messages_outcome_key unique (order_id, outcome),
    constraint messages_outcome_check check (outcome in ('confirmed', 'rejected', 'cancelled'))
);

comment on table messages is
    'Messages to customers, one for each outcome of an order. Written with the mark of the event they tell of, then sent.';
comment on column messages.id is
    'the id of that event: it travels with the letter, however often that is sent';
comment on column messages.sent_at is 'none while it is to be sent';

create index messages_to_send_idx on messages (id) where sent_at is null;
