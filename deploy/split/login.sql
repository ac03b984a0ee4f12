-- Who the shop logs in as: may connect, and is made a member of the modules' roles by `shop migrate`.
create role shop login password 'shop' noinherit;
