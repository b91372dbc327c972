package io.presage.engine.lightgbm;

/// What the library said when a call of it failed.
final class LightgbmException extends Exception {
    LightgbmException(String message) {
        super(message);
    }
}
