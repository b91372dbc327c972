set local lock_timeout = '5s';

create table placement_failure (
    worker_id text        not null,
    model     text        not null,
    version   integer     not null,
    seen_at   timestamptz not null default now(),
    constraint placement_failure_pk primary key (worker_id, model, version),
    constraint placement_failure_worker_fk foreign key (worker_id) references worker (id) on delete cascade,
    constraint placement_failure_version_fk foreign key (model, version) references model_version (model, version)
);
comment on table placement_failure is
    'Where an assigned version failed lately. It moves to a worker that is not named here, and never back while the '
    'row lasts.';
comment on column placement_failure.seen_at is 'The last time that the slot was Failed there.';
