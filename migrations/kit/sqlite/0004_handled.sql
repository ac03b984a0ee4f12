-- How many of its events were handled here; builds before this do not count.
alter table outgrow_positions add column handled integer not null default 0;
