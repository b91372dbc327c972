package io.presage.standalone.demo;

import io.presage.standalone.demo.ControlApi.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Brings each demo model to where it answers, and leaves alone what is there: a version with the same digest
/// is not uploaded again, and a model that has an active version keeps it, whoever chose it.
///
/// First everything is uploaded, then everything is waited for, so that validations run while uploads go on.
final class DemoLoader {
    private final ControlApi api;
    private final DemoPackages packages;
    private final Path folder;
    private final Patience patience;

    /// @param folder for packages on their way
    DemoLoader(ControlApi api, DemoPackages packages, Path folder, Patience patience) {
        this.api = api;
        this.packages = packages;
        this.folder = folder;
        this.patience = patience;
    }

    /// One outcome for each of `models`, in their order, each as soon as it is known.
    void load(List<DemoModel> models, Consumer<DemoOutcome> outcomes) throws IOException, InterruptedException {
        var waiting = new ArrayList<Waiting>();
        for (var model : models) {
            waiting.add(begin(model));
        }
        for (var one : waiting) {
            outcomes.accept(end(one));
        }
    }

    private Waiting begin(DemoModel model) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        var zip = folder.resolve(model.name() + ".zip.new");
        try {
            var sha256 = packages.write(model, zip);
            var kept = alive(model, sha256);
            if (kept.isPresent()) {
                return new Waiting(model, sha256, false, null);
            }
            api.createModel(model.name(), model.title());
            api.upload(model.name(), zip, sha256);
            return new Waiting(model, sha256, true, null);
        } catch (LeftOutException e) {
            return new Waiting(model, "", false, e.line());
        } finally {
            Files.deleteIfExists(zip);
        }
    }

    private DemoOutcome end(Waiting waiting) throws IOException, InterruptedException {
        var model = waiting.model();
        if (waiting.leftOut() != null) {
            // An earlier start may have had it.
            return api.activeVersion(model.name()).isPresent()
                    ? new DemoOutcome.Present(model.name(), model.title())
                    : new DemoOutcome.LeftOut(model.name(), waiting.leftOut());
        }
        if (api.activeVersion(model.name()).isEmpty()) {
            if (!patience.until(
                    () -> alive(model, waiting.sha256()).map(Version::isReady).orElse(true))) {
                return new DemoOutcome.LeftOut(
                        model.name(),
                        "is not validated yet (see GET /api/v1/models/" + model.name()
                                + "/versions); start again to promote it");
            }
            var ready = alive(model, waiting.sha256());
            if (ready.isEmpty()) {
                return new DemoOutcome.LeftOut(model.name(), "was rejected: " + rejection(model, waiting.sha256()));
            }
            api.promote(model.name(), ready.get().version());
        }
        if (!patience.until(() -> api.answers(model.name()))) {
            return new DemoOutcome.LeftOut(model.name(), "does not answer yet (see the log)");
        }
        return waiting.uploaded()
                ? new DemoOutcome.Loaded(model.name(), model.title())
                : new DemoOutcome.Present(model.name(), model.title());
    }

    private Optional<Version> alive(DemoModel model, String sha256) throws IOException, InterruptedException {
        return api.versions(model.name()).stream()
                .filter(version -> version.sha256().equals(sha256) && version.isAlive())
                .findFirst();
    }

    private String rejection(DemoModel model, String sha256) throws IOException, InterruptedException {
        return api.versions(model.name()).stream()
                .filter(version -> version.sha256().equals(sha256) && version.isRejected())
                .map(version -> String.valueOf(version.failure()))
                .reduce((_, last) -> last)
                .orElse("it is archived");
    }

    /// @param leftOut why it cannot be had, or null
    private record Waiting(
            DemoModel model,
            String sha256,
            boolean uploaded,
            @Nullable String leftOut) {}
}
