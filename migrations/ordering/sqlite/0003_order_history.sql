create table order_facts (
    -- What happened to orders, as it was told to ourselves. The history follows from it; only ever added to.
    order_id    blob    not null,
    number      integer not null, -- of its event among those of the order; 0 if it was found without one
    status      text    not null, -- what the order is since
    customer    text    not null,
    currency    text,             -- of the total, if that was told
    total       integer,
    reason_code text,
    reason      text,
    at          integer not null, -- microseconds since 1970
    constraint order_facts_pkey primary key (order_id, number),
    constraint order_facts_status_check check (status in ('placed', 'confirmed', 'rejected', 'cancelled'))
) strict, without rowid;

create table order_history (
    -- What has become of orders, and when. Follows from order_facts, from which it can be made anew, in a generation of its own.
    generation   integer not null,
    order_id     blob    not null,
    customer     text    not null,
    status       text    not null,
    currency     text    not null,
    total        integer not null,
    reason_code  text,
    reason       text,
    placed_at    integer not null, -- microseconds since 1970, as the others
    confirmed_at integer,
    rejected_at  integer,
    cancelled_at integer,
    number       integer not null, -- of the last fact it follows from
    constraint order_history_pkey primary key (generation, order_id),
    constraint order_history_status_check check (status in ('placed', 'confirmed', 'rejected', 'cancelled'))
) strict, without rowid;

create index order_history_customer_idx on order_history (generation, customer, order_id);

create table order_history_generations (
    -- Which generation of order_history is read, and which is being made: one row. Whoever writes, writes both.
    id       integer not null constraint order_history_generations_pkey primary key,
    live     integer not null, -- the one that is read
    building integer,          -- the one that is being made
    last     integer not null, -- the greatest that ever was
    constraint order_history_generations_id_check check (id = 1)
) strict;

insert into order_history_generations (id, live, last) values (1, 1, 1);
