create table sandbox_operations (
    -- The sandbox provider: what it was asked. It stands for somebody else's system, which happens to be kept here.
    key         text    not null, -- the idempotency key
    payment     blob    not null,
    act         text    not null, -- authorize, capture, void or refund
    token       text,             -- of an authorization
    currency    text,             -- of what moves money
    amount      integer,
    submissions integer not null, -- how often it was asked for
    arrived     integer not null, -- whether the question has got there
    code        text,             -- why it was declined; none if it was done
    message     text,
    known_at    integer not null, -- microseconds since 1970: before, it does not know yet
    constraint sandbox_operations_pkey primary key (key),
    constraint sandbox_operations_act_check check (act in ('authorize', 'capture', 'void', 'refund'))
) strict, without rowid;

create index sandbox_operations_payment_idx on sandbox_operations (payment);
