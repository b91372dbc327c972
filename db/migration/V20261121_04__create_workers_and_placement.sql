set local lock_timeout = '5s';

create table worker (
    id                text        not null,
    incarnation       text        not null,
    sequence          bigint      not null,
    retired           text[]      not null default '{}',
    live              boolean     not null,
    draining          boolean     not null,
    host              text        not null,
    port              integer     not null,
    devices           jsonb       not null,
    memory_bytes_max  bigint      not null,
    memory_bytes_used bigint      not null,
    applied_revision  bigint      not null,
    first_seen        timestamptz not null default now(),
    last_seen         timestamptz not null default now(),
    constraint worker_pk primary key (id),
    constraint worker_port_range check (port between 1 and 65535)
);
comment on table worker is 'Workers as they last reported themselves.';
comment on column worker.incarnation is 'Chosen by the process at its start.';
comment on column worker.sequence is 'Number of the last report of this incarnation; older ones that arrive late are ignored.';
comment on column worker.retired is 'The latest earlier incarnations: reports of theirs come too late and are refused.';
comment on column worker.live is 'False once it was not heard of for the configured time.';

create table slot (
    worker_id    text    not null,
    model        text    not null,
    version      integer not null,
    state        text    not null,
    memory_bytes bigint  not null,
    failure      jsonb,
    constraint slot_pk primary key (worker_id, model, version),
    constraint slot_worker_fk foreign key (worker_id) references worker (id) on delete cascade
);
comment on table slot is 'What each worker holds, as reported; versions that the registry does not know are possible.';

create table assignment (
    worker_id   text        not null,
    model       text        not null,
    version     integer     not null,
    assigned_at timestamptz not null default now(),
    constraint assignment_pk primary key (worker_id, model, version),
    constraint assignment_worker_fk foreign key (worker_id) references worker (id) on delete cascade,
    constraint assignment_version_fk foreign key (model, version) references model_version (model, version)
);
comment on table assignment is 'Which worker should hold which version: the result of placement.';

create table validation (
    id          text        not null,
    model       text        not null,
    version     integer     not null,
    worker_id   text        not null,
    incarnation text        not null,
    assigned_at timestamptz not null default now(),
    outcome     text,
    finished_at timestamptz,
    constraint validation_pk primary key (id),
    constraint validation_version_fk foreign key (model, version) references model_version (model, version),
    constraint validation_outcome_known check (outcome in ('READY', 'REJECTED', 'LOST', 'RETURNED')),
    constraint validation_finished check ((outcome is null) = (finished_at is null))
);
comment on table validation is 'Each try to validate a version on a worker.';
comment on column validation.incarnation is 'The process that got it: when another one took its place, the try is lost.';
comment on column validation.outcome is 'Null while it runs; LOST counts as an attempt, RETURNED (the worker drains) does not.';
create unique index validation_one_open on validation (model, version) where outcome is null;
