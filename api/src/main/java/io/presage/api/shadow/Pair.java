package io.presage.api.shadow;

/// Two versions of a model, of which the second shadows the first.
record Pair(String model, int version, int shadow) {}
