alter table messages add column refused text;

comment on column messages.refused is 'why it will never be sent; none if it was, or may still be';
