alter table outgrow_streams
    add column known bigint not null default 0,
    add column told  jsonb  not null default '{}';

comment on column outgrow_streams.known is
    'the number of its last event, if it is known of every one who was told of it; builds before this leave it behind';
comment on column outgrow_streams.told is
    'by subscriber: of which events it was told last, the one before first; such as {"notifications": [6, 7]}';

alter table outgrow_deliveries add column previous bigint;

comment on column outgrow_deliveries.previous is
    'the number of the event of its key that the subscriber was told of before; none is the one before';

alter table outgrow_inbox add column previous bigint;

comment on column outgrow_inbox.previous is
    'the number of the event of its key that has to be handled before it; none is the one before';
