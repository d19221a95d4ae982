-- What a server that is shared by several roles needs (shared/roles.sql). One that is not has it too, where it costs nothing.

-- A row where it is shared: then a role may change its own tasks alone.
create table aque.sharing (
    is_only boolean     primary key default true check (is_only),
    since   timestamptz not null default clock_timestamp()
);

-- Each owner has environments of its own: nobody's task is given what another stored under its digest.
alter table aque.environ drop constraint environ_digest_key;
alter table aque.environ add constraint environ_of_owner unique (digest, owner);
