set local lock_timeout = '5s';

drop trigger state_touch_update on route;
create trigger state_touch_update
    after update of goal_active, goal_candidate, live_active, live_candidate, live_weight, previous on route for each row
    when ((old.goal_active, old.goal_candidate, old.live_active, old.live_candidate, old.live_weight, old.previous)
          is distinct from
          (new.goal_active, new.goal_candidate, new.live_active, new.live_candidate, new.live_weight, new.previous))
    execute function state_touch_model();

create trigger state_touch_update after update of replicas on model for each row
    when (old.replicas is distinct from new.replicas)
    execute function state_touch_model_name();

comment on table state_touch is
    'What transactions have changed of the state that gateways and workers follow, and of what placement decides over. '
    'Who has read everything once reads afterwards only what was touched by transactions that its last read did not '
    'see. Old rows are deleted.';

create index slot_failed on slot (worker_id, model, version) where state = 'FAILED';
create index model_version_deriving on model_version (uploaded_at) where state = 'DERIVING';
create index route_pending on route (model)
    where (goal_active, goal_candidate, goal_weight) is distinct from (live_active, live_candidate, live_weight);
