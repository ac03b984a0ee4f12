create table messages (
    -- Messages to customers, one for each outcome of an order. Written with the mark of the event they tell of, then sent.
    id         blob    not null, -- the id of that event: it travels with the letter, however often that is sent
    order_id   blob    not null,
    outcome    text    not null,
    recipient  text    not null,
    subject    text    not null,
    body       text    not null,
    written_at integer not null, -- microseconds since 1970
    sent_at    integer,          -- none while it is to be sent
    constraint messages_pkey primary key (id),
    constraint messages_outcome_key unique (order_id, outcome),
    constraint messages_outcome_check check (outcome in ('confirmed', 'rejected', 'cancelled'))
) strict;

create index messages_to_send_idx on messages (id) where sent_at is null;
