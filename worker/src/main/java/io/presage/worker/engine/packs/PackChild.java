package io.presage.worker.engine.packs;

import io.presage.worker.engine.process.ChildServer;
import java.io.IOException;
import java.nio.file.Path;

/// The main class of a child process that runs an engine of a pack. Started by the worker, not by people.
public final class PackChild {
    private PackChild() {}

    /// `arguments`: the engine's name, the pack's folder, the parent's socket, bytes of a message at most.
    public static void main(String[] arguments) throws IOException {
        ChildServer.serve(
                Path.of(arguments[2]),
                Integer.parseInt(arguments[3]),
                () -> Pack.open(arguments[0], Path.of(arguments[1])));
    }
}
