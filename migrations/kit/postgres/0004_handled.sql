alter table outgrow_positions add column handled bigint not null default 0;

comment on column outgrow_positions.handled is 'how many of its events were handled here; builds before this do not count';
