package io.presage.engine.xgboost;

/// What the library said when a call of it failed.
final class XgboostException extends Exception {
    XgboostException(String message) {
        super(message);
    }
}
