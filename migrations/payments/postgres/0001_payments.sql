create function only_ever_added_to() returns trigger language plpgsql as $$
begin
    raise exception '% is only ever added to', tg_table_name using errcode = 'check_violation';
end
$$;

create table payment_records (
    payment uuid        not null,
    version bigint      not null,
    kind    text        not null,
    format  bigint      not null,
    data    text        not null,
    at      timestamptz not null,
    constraint payment_records_pkey primary key (payment, version),
    constraint payment_records_version_check check (version > 0)
);

comment on table payment_records is
    'What was intended for a payment, and what came of it: the truth about it. Only ever added to.';
comment on column payment_records.version is 'its number among the records of its payment: from 1, each once';
comment on column payment_records.kind is 'such as authorized';
comment on column payment_records.format is
    'the version of what data looks like; older ones are read as if they were new';
comment on column payment_records.data is 'as JSON';

create trigger payment_records_changed before update or delete on payment_records
    for each row execute function only_ever_added_to();

create table payment_snapshots (
    payment uuid   not null,
    version bigint not null,
    format  bigint not null,
    data    text   not null,
    constraint payment_snapshots_pkey primary key (payment)
);

comment on table payment_snapshots is
    'Payments as they were after so many records: to read fewer of them. Can be deleted at any time.';
comment on column payment_snapshots.version is 'after how many records';
comment on column payment_snapshots.format is 'one of another format is not read';
comment on column payment_snapshots.data is 'as JSON';

create table payment_overview (
    generation  bigint not null,
    payment     uuid   not null,
    status      text   not null,
    currency    text   not null,
    amount      bigint not null,
    captured    bigint not null,
    refunded    bigint not null,
    reason_code text,
    reason      text,
    version     bigint not null,
    constraint payment_overview_pkey primary key (generation, payment),
    constraint payment_overview_status_check
        check (status in ('pending', 'authorized', 'declined', 'captured', 'refunded', 'voided')),
    constraint payment_overview_amounts_check check (0 <= refunded and refunded <= captured and captured <= amount)
);

comment on table payment_overview is
    'Payments as others see them. Follows from payment_records, from which it can be made anew, in a generation of its own.';
comment on column payment_overview.version is 'after how many records';

create table payment_overview_generations (
    id       bigint not null,
    live     bigint not null,
    building bigint,
    last     bigint not null,
    constraint payment_overview_generations_pkey primary key (id),
    constraint payment_overview_generations_id_check check (id = 1)
);

comment on table payment_overview_generations is
    'Which generation of payment_overview is read, and which is being made: one row. Whoever writes, writes both.';
comment on column payment_overview_generations.live is 'the one that is read';
comment on column payment_overview_generations.building is 'the one that is being made';
comment on column payment_overview_generations.last is 'the greatest that ever was';

insert into payment_overview_generations (id, live, last) values (1, 1, 1);

create table ledger_transfers (
    id       uuid        not null,
    payment  uuid        not null,
    movement text        not null,
    undoes   text,
    debit    text        not null,
    credit   text        not null,
    currency text        not null,
    amount   bigint      not null,
    at       timestamptz not null,
    constraint ledger_transfers_pkey primary key (id),
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
);

comment on table ledger_transfers is
    'Movements of money. Each takes its amount from one account (credit) and puts it into another (debit), in one row: so the sum of all accounts is zero. What is wrong is corrected by another transfer, never changed.';
comment on column ledger_transfers.undoes is 'the movement of the same payment that a refund gives back';
comment on column ledger_transfers.debit is 'the account that gets it';
comment on column ledger_transfers.credit is 'the account that gives it';

create trigger ledger_transfers_changed before update or delete on ledger_transfers
    for each row execute function only_ever_added_to();

-- Both sides of each transfer. Summed by account: what is in it. Summed over all: zero, in each currency.
create view ledger_entries as
select id as transfer, payment, debit as account, currency, amount from ledger_transfers
union all
select id, payment, credit, currency, -amount from ledger_transfers;
