set local lock_timeout = '5s';

create table state_revision (
    singleton boolean not null default true,
    revision  bigint  not null,
    constraint state_revision_pk primary key (singleton),
    constraint state_revision_one_row check (singleton)
);
comment on table state_revision is
    'The number of the latest desired state. Its one row is locked last in every change, so that revisions become '
    'visible in their order.';
insert into state_revision (revision) values (0);

create table audit (
    id         bigint generated always as identity,
    at         timestamptz not null default now(),
    revision   bigint      not null,
    actor      text        not null,
    action     text        not null,
    subject    text        not null,
    details    jsonb       not null,
    request_id text,
    constraint audit_pk primary key (id)
);
comment on table audit is 'One row for every change of what should be, written in the transaction of the change.';
comment on column audit.actor is 'key:ID of an API key, worker:ID, or system for the registry itself.';
comment on column audit.action is 'A stable word such as route.promote.';
comment on column audit.subject is 'A path such as models/fraud/versions/3.';
comment on column audit.request_id is 'Null for what the registry did by itself.';

create function audit_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit rows are never changed or deleted';
end $$;
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function audit_append_only();
