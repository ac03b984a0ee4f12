-- The number of its last event, if it is known of every one who was told of it; builds before this leave it behind.
alter table outgrow_streams add column known integer not null default 0;

-- By subscriber: of which events it was told last, the one before first; such as {"notifications": [6, 7]}.
alter table outgrow_streams add column told text not null default '{}';

-- The number of the event of its key that the subscriber was told of before; none is the one before.
alter table outgrow_deliveries add column previous integer;

-- The number of the event of its key that has to be handled before it; none is the one before.
alter table outgrow_inbox add column previous integer;
