create table order_facts (
    order_id    uuid        not null,
    number      bigint      not null,
    status      text        not null,
    customer    text        not null,
    currency    text,
    total       bigint,
    reason_code text,
    reason      text,
    at          timestamptz not null,
    constraint order_facts_pkey primary key (order_id, number),
    constraint order_facts_status_check check (status in ('placed', 'confirmed', 'rejected', 'cancelled'))
);

comment on table order_facts is
    'What happened to orders, as it was told to ourselves. The history follows from it; only ever added to.';
comment on column order_facts.number is 'of its event among those of the order; 0 if it was found without one';
comment on column order_facts.status is 'what the order is since';
comment on column order_facts.currency is 'of the total, if that was told';

create table order_history (
    generation   bigint      not null,
    order_id     uuid        not null,
    customer     text        not null,
    status       text        not null,
    currency     text        not null,
    total        bigint      not null,
    reason_code  text,
    reason       text,
    placed_at    timestamptz not null,
    confirmed_at timestamptz,
    rejected_at  timestamptz,
    cancelled_at timestamptz,
    number       bigint      not null,
    constraint order_history_pkey primary key (generation, order_id),
    constraint order_history_status_check check (status in ('placed', 'confirmed', 'rejected', 'cancelled'))
);

comment on table order_history is
    'What has become of orders, and when. Follows from order_facts, from which it can be made anew, in a generation of its own.';
comment on column order_history.number is 'of the last fact it follows from';

create index order_history_customer_idx on order_history (generation, customer, order_id);

create table order_history_generations (
    id       bigint not null,
    live     bigint not null,
    building bigint,
    last     bigint not null,
    constraint order_history_generations_pkey primary key (id),
    constraint order_history_generations_id_check check (id = 1)
);

comment on table order_history_generations is
    'Which generation of order_history is read, and which is being made: one row. Whoever writes, writes both.';
comment on column order_history_generations.live is 'the one that is read';
comment on column order_history_generations.building is 'the one that is being made';
comment on column order_history_generations.last is 'the greatest that ever was';

insert into order_history_generations (id, live, last) values (1, 1, 1);
