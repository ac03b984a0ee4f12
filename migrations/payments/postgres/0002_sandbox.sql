create table sandbox_operations (
    key         text        not null,
    payment     uuid        not null,
    act         text        not null,
    token       text,
    currency    text,
    amount      bigint,
    submissions bigint      not null,
    arrived     boolean     not null,
    code        text,
    message     text,
    known_at    timestamptz not null,
    constraint sandbox_operations_pkey primary key (key),
    constraint sandbox_operations_act_check check (act in ('authorize', 'capture', 'void', 'refund'))
);

comment on table sandbox_operations is
    'The sandbox provider: what it was asked. It stands for somebody else''s system, which happens to be kept here.';
comment on column sandbox_operations.key is 'the idempotency key';
comment on column sandbox_operations.token is 'of an authorization';
comment on column sandbox_operations.currency is 'of what moves money';
comment on column sandbox_operations.submissions is 'how often it was asked for';
comment on column sandbox_operations.arrived is 'whether the question has got there';
comment on column sandbox_operations.code is 'why it was declined; none if it was done';
comment on column sandbox_operations.known_at is 'before, it does not know yet';

create index sandbox_operations_payment_idx on sandbox_operations (payment);
