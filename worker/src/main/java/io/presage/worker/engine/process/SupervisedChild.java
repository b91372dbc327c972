package io.presage.worker.engine.process;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The child of one loaded version, and the next one when it dies. Shared by the views of the version; ends with
/// the last of them.
///
/// State: Up with a child; Down while the next one starts; Broken when too many have died; Closed. Whoever first
/// notices a death (a run that fails, or the process's end) moves Up to Down; a virtual thread of that death then
/// buries the child, and either waits a while and starts the next, or moves to Broken. Nothing else leaves Down
/// but
/// closing.
final class SupervisedChild {
    private static final Logger log = LoggerFactory.getLogger(SupervisedChild.class);

    private final String name;
    private final ChildProcesses surroundings;
    private final Starter starter;

    private volatile State state;

    @GuardedBy("this")
    private final List<Long> deathNanos = new ArrayList<>();

    @GuardedBy("this")
    private int views;

    /// Starts one child after the other.
    @FunctionalInterface
    interface Starter {
        Child start() throws LoadException;
    }

    sealed interface State {
        record Up(Child child) implements State {}

        record Down() implements State {}

        record Broken(Failure failure) implements State {}

        record Closed() implements State {}
    }

    private SupervisedChild(String name, ChildProcesses surroundings, Starter starter, Child first) {
        this.name = name;
        this.surroundings = surroundings;
        this.starter = starter;
        this.state = new State.Up(first);
    }

    static SupervisedChild start(String name, ChildProcesses surroundings, Starter starter) throws LoadException {
        var first = starter.start();
        var supervised = new SupervisedChild(name, surroundings, starter, first);
        first.onExit(() -> supervised.died(first, new EOFException("it ended")));
        return supervised;
    }

    /// @throws ProblemException VERSION_NOT_READY while there is none: nothing of the call was run, another worker
    ///     may take it
    Child current() {
        return switch (state) {
            case State.Up(var child) -> child;
            case State.Down() ->
                throw ProblemException.retryAfter(
                        Problem.VERSION_NOT_READY, name + ": its process died and is being started again", 1);
            case State.Broken(var failure) ->
                throw new ProblemException(Problem.VERSION_NOT_READY, name + ": " + failure.evidence());
            case State.Closed() -> throw new IllegalStateException("run after close. This is a bug.");
        };
    }

    Optional<Failure> failure() {
        return state instanceof State.Broken(var failure) ? Optional.of(failure) : Optional.empty();
    }

    long residentBytes() {
        return state instanceof State.Up(var child) ? child.residentBytes() : 0;
    }

    synchronized void retain() {
        views++;
    }

    void release() throws InterruptedException {
        State last;
        synchronized (this) {
            if (--views > 0) {
                return;
            }
            last = state;
            state = new State.Closed();
        }
        if (last instanceof State.Up(var child)) {
            child.kill("its version was unloaded");
            child.bury();
        }
    }

    /// Tells of a child that cannot be used any more. Any thread, any number of times.
    void died(Child child, IOException how) {
        synchronized (this) {
            if (!(state instanceof State.Up(var present)) || present != child) {
                return;
            }
            state = new State.Down();
            deathNanos.add(surroundings.nanos());
        }
        surroundings.countDeath();
        child.kill(how);
        Thread.ofVirtual().name(name + "-restart").start(() -> replace(child));
    }

    private void replace(Child dead) {
        var card = dead.deathCard("run");
        log.warn("event=engine_child_died version={} evidence={}", name, card.evidence());
        while (state instanceof State.Down) {
            switch (decide()) {
                case RestartPolicy.Decision.GiveUp(int deaths) -> {
                    giveUp(deaths, card);
                    return;
                }
                case RestartPolicy.Decision.Restart(long delayNanos) -> LockSupport.parkNanos(delayNanos);
            }
            try {
                up(starter.start());
                return;
            } catch (LoadException e) {
                card = e.failure();
                log.warn("event=engine_child_not_restarted version={} evidence={}", name, card.evidence());
                synchronized (this) {
                    deathNanos.add(surroundings.nanos());
                }
            }
        }
    }

    private synchronized RestartPolicy.Decision decide() {
        return RestartPolicy.decide(deathNanos, surroundings.settings());
    }

    private synchronized void giveUp(int deaths, Failure card) {
        if (state instanceof State.Down) {
            state = new State.Broken(new Failure(
                    card.phase(),
                    card.cause(),
                    deaths + " deaths within " + surroundings.settings().deathsWindow() + "; the last: "
                            + card.evidence(),
                    card.fix()));
            log.error("event=engine_child_given_up version={} deaths={}", name, deaths);
        }
    }

    private void up(Child next) {
        synchronized (this) {
            if (state instanceof State.Down) {
                state = new State.Up(next);
                log.info("event=engine_child_restarted version={} pid={}", name, next.pid());
            }
        }
        if (state instanceof State.Up(var present) && present == next) {
            next.onExit(() -> died(next, new EOFException("it ended")));
        } else {
            next.kill("its version was unloaded");
            surroundings.forget(next);
        }
    }
}
