package io.presage.standalone.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// The part of the control API that the demo catalogue needs.
interface ControlApi {
    /// Does nothing where the model is already there.
    void createModel(String model, String description) throws IOException, InterruptedException;

    List<Version> versions(String model) throws IOException, InterruptedException;

    /// Answers the number of the new version.
    int upload(String model, Path file, String sha256) throws IOException, InterruptedException;

    /// The version that the model's route has, or is on its way to have, as the active one.
    OptionalInt activeVersion(String model) throws IOException, InterruptedException;

    void promote(String model, int version) throws IOException, InterruptedException;

    /// True once a predict call without a version is answered.
    boolean answers(String model) throws IOException, InterruptedException;

    /// A version as far as the catalogue cares.
    ///
    /// @param failure why it was REJECTED, in words
    record Version(
            int version,
            String state,
            String sha256,
            @Nullable String failure) {
        boolean isReady() {
            return state.equals("READY");
        }

        boolean isRejected() {
            return state.equals("REJECTED");
        }

        /// Neither refused nor put away: what was uploaded is of use.
        boolean isAlive() {
            return isReady() || state.equals("UPLOADED") || state.equals("VALIDATING");
        }
    }
}
