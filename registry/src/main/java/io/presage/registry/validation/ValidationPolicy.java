package io.presage.registry.validation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Gives versions that something is to be done with to live workers. Pure; derivations follow it too. A
/// validation whose worker died, restarted or stays silent is
/// lost, for a hostile package may have killed it; after `attemptsMax` of those the version is rejected. One
/// whose worker drains is taken back without blame. A version that needs CUDA goes to workers that have it.
public final class ValidationPolicy {
    public sealed interface Action {
        record Assign(Undecided version, Validator worker) implements Action {}

        /// Ends a validation without an answer.
        ///
        /// @param evidence what happened to the worker
        record Lose(Undecided version, String validationId, String evidence, boolean reject) implements Action {}

        record TakeBack(Undecided version, String validationId) implements Action {}
    }

    /// @param undecided oldest first
    public static List<Action> plan(List<Undecided> undecided, List<Validator> workers, ValidationProperties limits) {
        var byId = workers.stream().collect(Collectors.toMap(Validator::id, Function.identity()));
        var busy = new HashMap<String, Integer>();
        var actions = new ArrayList<Action>();
        var waiting = new ArrayList<Undecided>();
        for (var version : undecided) {
            if (version.open().isEmpty()) {
                waiting.add(version);
                continue;
            }
            var open = version.open().get();
            var ended = ended(version, open, Optional.ofNullable(byId.get(open.workerId())), limits);
            if (ended.isPresent()) {
                actions.add(ended.get());
            } else {
                busy.merge(open.workerId(), 1, Integer::sum);
            }
        }
        for (var version : waiting) {
            leastBusy(version, workers, busy, limits).ifPresent(worker -> {
                busy.merge(worker.id(), 1, Integer::sum);
                actions.add(new Action.Assign(version, worker));
            });
        }
        return List.copyOf(actions);
    }

    private static Optional<Action> ended(
            Undecided version, Undecided.Open open, Optional<Validator> worker, ValidationProperties limits) {
        if (worker.isEmpty()) {
            return Optional.of(lose(version, open, "was lost", limits));
        }
        if (!worker.get().incarnation().equals(open.incarnation())) {
            return Optional.of(lose(version, open, "died and was started again", limits));
        }
        if (open.ageMillis() > limits.timeout().toMillis()) {
            return Optional.of(lose(version, open, "gave no answer within " + limits.timeout(), limits));
        }
        return worker.get().draining() ? Optional.of(new Action.TakeBack(version, open.id())) : Optional.empty();
    }

    private static Action lose(Undecided version, Undecided.Open open, String happened, ValidationProperties limits) {
        return new Action.Lose(
                version,
                open.id(),
                "worker " + open.workerId() + " " + happened,
                version.attempts() + 1 >= limits.attemptsMax());
    }

    /// Whether a version that `worker` has no device for is worth another try: when there is a worker that has
    /// one, and that one could take it.
    static boolean isForAnother(String worker, List<Validator> workers) {
        boolean hasCuda = workers.stream().anyMatch(it -> it.id().equals(worker) && it.cuda());
        return !hasCuda && workers.stream().anyMatch(it -> it.cuda() && !it.draining());
    }

    private static Optional<Validator> leastBusy(
            Undecided version, List<Validator> workers, Map<String, Integer> busy, ValidationProperties limits) {
        return workers.stream()
                .filter(worker -> !worker.draining())
                .filter(worker -> worker.cuda() || !version.needsCuda())
                .filter(worker -> busy.getOrDefault(worker.id(), 0) < limits.perWorkerMax())
                .min(Comparator.comparingInt((Validator worker) -> busy.getOrDefault(worker.id(), 0))
                        .thenComparing(Validator::id));
    }

    private ValidationPolicy() {}
}
