create table lists (
    -- What customers would like to have. One row per customer.
    customer text    not null,
    skus     text    not null, -- an array of JSON: a list is read and written whole
    version  integer not null, -- counts the changes: whoever commits one must have read the last
    constraint lists_pkey primary key (customer),
    constraint lists_version_check check (version >= 1)
) strict, without rowid;
