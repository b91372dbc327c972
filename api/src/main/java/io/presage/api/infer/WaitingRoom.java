package io.presage.api.infer;

import io.presage.api.routes.VersionRoute;
import io.vertx.core.Vertx;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Calls for versions that are on their way to a worker, in the order in which they came. While anybody waits,
/// each looks at the newest table every few milliseconds: that is later than a message would be, by less than
/// anybody notices after a load, and nobody has to be told. They go on as fast as the version's limit lets
/// them, so a version that became Ready is not met by all at once. A guest's own deadline ends its wait. One
/// event loop.
final class WaitingRoom {
    private static final long LOOK_MILLIS = 10;
    private static final long NO_TIMER = -1;

    /// One that waits.
    interface Guest {
        /// Whether it has left: it goes on, or was refused.
        boolean look();
    }

    private final Vertx vertx;
    private final WaitingSpace space;
    private final Set<Guest> guests = new LinkedHashSet<>();
    private long timer = NO_TIMER;

    WaitingRoom(Vertx vertx, WaitingSpace space) {
        this.vertx = vertx;
        this.space = space;
    }

    /// False when there is no room.
    boolean enter(Guest guest) {
        if (!space.tryTake()) {
            return false;
        }
        guests.add(guest);
        if (timer == NO_TIMER) {
            timer = vertx.setPeriodic(LOOK_MILLIS, _ -> look());
        }
        return true;
    }

    /// When it is worth to come back for one that finds no room.
    int secondsLeft(VersionRoute route) {
        return space.loads().secondsLeft(route);
    }

    /// Does nothing for one that is not here.
    void leave(Guest guest) {
        if (guests.remove(guest)) {
            space.giveBack();
        }
    }

    private void look() {
        for (var guest : List.copyOf(guests)) {
            // Another's look may have ended this one's wait.
            if (guests.contains(guest) && guest.look()) {
                leave(guest);
            }
        }
        if (guests.isEmpty()) {
            vertx.cancelTimer(timer);
            timer = NO_TIMER;
        }
    }
}
