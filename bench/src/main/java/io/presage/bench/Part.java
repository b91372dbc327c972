package io.presage.bench;

import java.io.IOException;

/// One part of the benchmark, chosen by its name.
interface Part {
    String name();

    /// Measures, and writes a section and the verdicts.
    void run(Stage stage, Report report) throws IOException, InterruptedException;
}
