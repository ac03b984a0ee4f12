create table lists (
    customer text   not null,
    skus     jsonb  not null,
    version  bigint not null,
    constraint lists_pkey primary key (customer),
    constraint lists_version_check check (version >= 1)
);

comment on table lists is 'What customers would like to have. One row per customer.';
comment on column lists.skus is 'an array: a list is read and written whole';
comment on column lists.version is 'counts the changes: whoever commits one must have read the last';
