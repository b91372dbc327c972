set local lock_timeout = '5s';

create table state_touch (
    id   bigint generated always as identity,
    xid  xid8        not null default pg_current_xact_id(),
    kind text        not null,
    name text        not null,
    at   timestamptz not null default now(),
    constraint state_touch_pk primary key (id),
    constraint state_touch_kind_known check (kind in ('fence', 'model', 'worker', 'key', 'limits'))
);
create index state_touch_xid_idx on state_touch (xid);
comment on table state_touch is
    'What transactions have changed of the state that gateways and workers follow. A registry that has read everything '
    'once reads afterwards only what was touched by transactions that its last read did not see. Old rows are deleted.';
comment on column state_touch.xid is
    'The transaction. Rows are chosen by its visibility and not by a revision, so that no order of commits loses one.';
comment on column state_touch.kind is
    'model: name is one; worker, key, limits: any of them; fence: nothing, a row that is older than all others.';
insert into state_touch (kind, name) values ('fence', '');

create function state_touch_model() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into state_touch (kind, name) values ('model', old.model);
    else
        insert into state_touch (kind, name) values ('model', new.model);
    end if;
    return null;
end $$;

create function state_touch_model_name() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into state_touch (kind, name) values ('model', old.name);
    else
        insert into state_touch (kind, name) values ('model', new.name);
    end if;
    return null;
end $$;

create function state_touch_kind() returns trigger language plpgsql as $$
begin
    insert into state_touch (kind, name) values (tg_argv[0], '');
    return null;
end $$;

create trigger state_touch after insert or delete on model
    for each row execute function state_touch_model_name();

create trigger state_touch after insert or delete on model_version
    for each row execute function state_touch_model();
create trigger state_touch_update after update of state, sha256, profile on model_version for each row
    when ((old.state, old.sha256, old.profile) is distinct from (new.state, new.sha256, new.profile))
    execute function state_touch_model();

create trigger state_touch after insert or delete on route
    for each row execute function state_touch_model();
create trigger state_touch_update after update of live_active, live_candidate, live_weight on route for each row
    when ((old.live_active, old.live_candidate, old.live_weight)
          is distinct from (new.live_active, new.live_candidate, new.live_weight))
    execute function state_touch_model();

create trigger state_touch after insert or update or delete on alias
    for each row execute function state_touch_model();
create trigger state_touch after insert or update or delete on route_policy
    for each row execute function state_touch_model();
create trigger state_touch after insert or update or delete on route_rule
    for each row execute function state_touch_model();
create trigger state_touch after insert or update or delete on assignment
    for each row execute function state_touch_model();

create trigger state_touch after insert or delete on slot
    for each row execute function state_touch_model();
create trigger state_touch_update after update of state, reloading on slot for each row
    when ((old.state, old.reloading) is distinct from (new.state, new.reloading))
    execute function state_touch_model();

create trigger state_touch after insert or delete on worker
    for each row execute function state_touch_kind('worker');
create trigger state_touch_update after update of live, draining, host, port on worker for each row
    when ((old.live, old.draining, old.host, old.port) is distinct from (new.live, new.draining, new.host, new.port))
    execute function state_touch_kind('worker');

create trigger state_touch after insert or update or delete on api_key
    for each statement execute function state_touch_kind('key');
create trigger state_touch after insert or update or delete on tenant
    for each statement execute function state_touch_kind('limits');
create trigger state_touch after insert or update or delete on tenant_model_limit
    for each statement execute function state_touch_kind('limits');
create trigger state_touch after insert or update or delete on model_limit
    for each statement execute function state_touch_kind('limits');
