package io.presage.standalone.demo;

/// What became of one demo model.
public sealed interface DemoOutcome {
    String model();

    /// Uploaded, validated, promoted: it answers.
    record Loaded(String model, String title) implements DemoOutcome {}

    /// It was there before.
    record Present(String model, String title) implements DemoOutcome {}

    /// It does not answer; `line` says why and what to do.
    record LeftOut(String model, String line) implements DemoOutcome {}
}
