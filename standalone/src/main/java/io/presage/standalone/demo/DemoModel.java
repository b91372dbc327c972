package io.presage.standalone.demo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One line of the catalogue. Besides `files` the package holds everything under the class path's
/// `examples/models/NAME/`: manifest, samples, and the model itself where it ships with Presage.
///
/// @param title what it does, in a few words
/// @param npm where `files` come from; null means the class path
record DemoModel(String name, String title, @Nullable NpmSource npm, List<ModelFile> files) {
    DemoModel {
        files = List.copyOf(files);
    }

    /// @param name npm package
    /// @param sha256 of the package file
    record NpmSource(String name, String version, String sha256) {}

    /// @param from entry of the npm package, or name on the class path
    /// @param as name in the model package
    /// @param sha256 of the file; null where the npm package's own digest covers it
    record ModelFile(String from, String as, @Nullable String sha256) {}
}
