package io.presage.registry.feed;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.RoutingTable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one read of the database said. The revisions inside are left at 0.
sealed interface PlatformState {
    long revision();

    /// Names this read, for the next to say what was touched since.
    String mark();

    /// Everything.
    record Whole(long revision, String mark, RoutingTable routing, Map<String, DesiredState> workers)
            implements PlatformState {
        public Whole {
            workers = Map.copyOf(workers);
        }
    }

    /// What was touched since an earlier read, and everything of what is always few. No worker came or went.
    ///
    /// @param touched names of models; those that `models` does not have are gone
    /// @param keys null means as before
    /// @param limits null means as before
    /// @param assignments of the touched models, by worker
    record Touched(
            long revision,
            String mark,
            Set<String> touched,
            List<RoutingTable.Model> models,
            @Nullable List<RoutingTable.Key> keys,
            @Nullable LimitRules limits,
            Map<String, List<DesiredState.Assignment>> assignments,
            Tasks tasks)
            implements PlatformState {
        public Touched {
            touched = Set.copyOf(touched);
            models = List.copyOf(models);
            assignments = Map.copyOf(assignments);
        }
    }

    /// What workers are to do once, by worker.
    record Tasks(
            Map<String, List<DesiredState.Validation>> validations,
            Map<String, List<DesiredState.Derivation>> derivations) {
        public Tasks {
            validations = Map.copyOf(validations);
            derivations = Map.copyOf(derivations);
        }

        List<DesiredState.Validation> validations(String worker) {
            return validations.getOrDefault(worker, List.of());
        }

        List<DesiredState.Derivation> derivations(String worker) {
            return derivations.getOrDefault(worker, List.of());
        }
    }
}
