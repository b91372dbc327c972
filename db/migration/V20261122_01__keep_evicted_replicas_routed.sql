set local lock_timeout = '5s';

alter table slot add column reloading boolean not null default false;
comment on column slot.reloading is
    'It was Ready or EVICTED before and is being loaded again for a call: calls that are sent there wait for it.';

create view servable_replica as
select s.model, s.version, s.worker_id, s.state = 'READY' as ready
  from slot s
  join worker w on w.id = s.worker_id and w.live and not w.draining
  join assignment a on a.worker_id = s.worker_id and a.model = s.model and a.version = s.version
 where s.state in ('READY', 'EVICTED') or s.reloading;
comment on view servable_replica is
    'Where a version can be called: Ready now (ready), or Ready before and loaded again by the first call.';
