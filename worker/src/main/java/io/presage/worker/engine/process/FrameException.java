package io.presage.worker.engine.process;

import java.io.IOException;

/// The other side sent what no frame may hold.
final class FrameException extends IOException {
    FrameException(String message) {
        super(message);
    }
}
