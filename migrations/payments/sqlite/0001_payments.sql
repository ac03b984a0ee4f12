create table payment_records (
    -- What was intended for a payment, and what came of it: the truth about it. Only ever added to.
    payment blob    not null,
    version integer not null, -- its number among the records of its payment: from 1, each once
    kind    text    not null, -- such as authorized
    format  integer not null, -- the version of what data looks like; older ones are read as if they were new
    data    text    not null, -- as JSON
    at      integer not null, -- microseconds since 1970
    constraint payment_records_pkey primary key (payment, version),
    constraint payment_records_version_check check (version > 0)
) strict, without rowid;

create trigger payment_records_changed before update on payment_records
begin
    select raise(abort, 'payment_records is only ever added to');
end;

create trigger payment_records_deleted before delete on payment_records
begin
    select raise(abort, 'payment_records is only ever added to');
end;

create table payment_snapshots (
    -- Payments as they were after so many records: to read fewer of them. Can be deleted at any time.
    payment blob    not null constraint payment_snapshots_pkey primary key,
    version integer not null, -- after how many records
    format  integer not null, -- one of another format is not read
    data    text    not null  -- as JSON
) strict, without rowid;

create table payment_overview (
    -- Payments as others see them. Follows from payment_records, from which it can be made anew, in a generation of its own.
    generation  integer not null,
    payment     blob    not null,
    status      text    not null,
    currency    text    not null,
    amount      integer not null,
    captured    integer not null,
    refunded    integer not null,
    reason_code text,
    reason      text,
    version     integer not null, -- after how many records
    constraint payment_overview_pkey primary key (generation, payment),
    constraint payment_overview_status_check
        check (status in ('pending', 'authorized', 'declined', 'captured', 'refunded', 'voided')),
    constraint payment_overview_amounts_check check (0 <= refunded and refunded <= captured and captured <= amount)
) strict, without rowid;

create table payment_overview_generations (
    -- Which generation of payment_overview is read, and which is being made: one row. Whoever writes, writes both.
    id       integer not null constraint payment_overview_generations_pkey primary key,
    live     integer not null, -- the one that is read
    building integer,          -- the one that is being made
    last     integer not null, -- the greatest that ever was
    constraint payment_overview_generations_id_check check (id = 1)
) strict;

insert into payment_overview_generations (id, live, last) values (1, 1, 1);

create table ledger_transfers (
    -- Movements of money. Each takes its amount from one account (credit) and puts it into another (debit), in one row:
    -- so the sum of all accounts is zero. What is wrong is corrected by another transfer, never changed.
    id       blob    not null constraint ledger_transfers_pkey primary key,
    payment  blob    not null,
    movement text    not null,
    undoes   text,             -- the movement of the same payment that a refund gives back
    debit    text    not null, -- the account that gets it
    credit   text    not null, -- the account that gives it
    currency text    not null,
    amount   integer not null,
    at       integer not null, -- microseconds since 1970
    constraint ledger_transfers_movement_key unique (payment, movement),
    constraint ledger_transfers_undone_key unique (payment, movement, currency, amount),
    constraint ledger_transfers_amount_check check (amount > 0),
    constraint ledger_transfers_balance_check check (debit <> credit),
    constraint ledger_transfers_accounts_check check (
        (movement = 'capture' and debit = 'provider' and credit = 'customers')
        or (movement = 'refund' and debit = 'customers' and credit = 'provider')),
    constraint ledger_transfers_undoes_check check ((movement = 'refund') = (undoes is not null)),
    constraint ledger_transfers_undoes_capture_check check (undoes = 'capture'),
    constraint ledger_transfers_undoes_fkey foreign key (payment, undoes, currency, amount)
        references ledger_transfers (payment, movement, currency, amount)
) strict;

create trigger ledger_transfers_changed before update on ledger_transfers
begin
    select raise(abort, 'ledger_transfers is only ever added to');
end;

create trigger ledger_transfers_deleted before delete on ledger_transfers
begin
    select raise(abort, 'ledger_transfers is only ever added to');
end;

-- Both sides of each transfer. Summed by account: what is in it. Summed over all: zero, in each currency.
create view ledger_entries as
select id as transfer, payment, debit as account, currency, amount from ledger_transfers
union all
select id, payment, credit, currency, -amount from ledger_transfers;
