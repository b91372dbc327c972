set local lock_timeout = '5s';

create table route (
    model          text    not null,
    goal_active    integer,
    goal_candidate integer,
    goal_weight    integer not null default 0,
    live_active    integer,
    live_candidate integer,
    live_weight    integer not null default 0,
    previous       integer,
    promoted_at    timestamptz,
    in_force_at    timestamptz,
    constraint route_pk primary key (model),
    constraint route_model_fk foreign key (model) references model (name),
    constraint route_goal_active_fk foreign key (model, goal_active) references model_version (model, version),
    constraint route_goal_candidate_fk foreign key (model, goal_candidate) references model_version (model, version),
    constraint route_live_active_fk foreign key (model, live_active) references model_version (model, version),
    constraint route_live_candidate_fk foreign key (model, live_candidate) references model_version (model, version),
    constraint route_previous_fk foreign key (model, previous) references model_version (model, version),
    constraint route_goal_candidate_weight check
        ((goal_candidate is null and goal_weight = 0)
         or (goal_candidate is not null and goal_active is not null and goal_candidate <> goal_active
             and goal_weight between 1 and 9999)),
    constraint route_live_candidate_weight check
        ((live_candidate is null and live_weight = 0)
         or (live_candidate is not null and live_active is not null and live_candidate <> live_active
             and live_weight between 1 and 9999))
);
comment on table route is 'How the calls of a model are spread: what a promote asked for (goal) and what gateways follow (live).';
comment on column route.goal_weight is 'Basis points of the candidate; the active version has the rest of 10000.';
comment on column route.live_weight is 'Basis points of the candidate; the active version has the rest of 10000.';
comment on column route.previous is 'The active version before the present one; kept warm for a roll back.';

create table alias (
    model    text        not null,
    alias    text        not null,
    version  integer     not null,
    moved_at timestamptz not null default now(),
    constraint alias_pk primary key (model, alias),
    constraint alias_version_fk foreign key (model, version) references model_version (model, version),
    constraint alias_name_pattern check (alias ~ '^[a-z][a-z0-9-]{0,62}$'),
    constraint alias_not_champion check (alias <> 'champion')
);
comment on table alias is 'Movable names for versions. champion is not stored: it is the active version of the route.';

create view deployed_version as
select model, version from (
    select r.model, v.version
      from route r, lateral (values (r.goal_active), (r.goal_candidate), (r.live_active), (r.live_candidate), (r.previous))
           as v (version)
     where v.version is not null
    union
    select model, version from alias
) as wanted;
comment on view deployed_version is
    'Versions that workers should hold: active, candidate and previous of goal and live, and every aliased one.';
