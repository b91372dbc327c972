package io.presage.worker.versions;

import java.util.List;

/// Closes several things, each of them whatever the others do.
final class Closing {
    private Closing() {}

    static void all(List<? extends AutoCloseable> things) {
        RuntimeException failure = null;
        for (var thing : things) {
            try {
                thing.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new IllegalStateException("close failed. This is a bug.", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
