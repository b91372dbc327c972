package io.presage.api.limits;

/// Takes headers for whatever answer a call will get. The call's event loop.
public interface Notes {
    void note(CharSequence header, String value);
}
