package io.presage.worker.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.versions.HeldVersion;
import io.presage.worker.versions.Versions;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// From paths to what they name: everything but the usual spelling of a predict call, which needs no routing.
/// Pure but for the table that it reads; any thread.
final class Router {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final int PATH_CHARS_MAX = 1024;

    private final Versions versions;

    Router(Versions versions) {
        this.versions = versions;
    }

    sealed interface Target {
        /// The methods that it allows, as `Allow` says it.
        String allow();

        record Server() implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        record Live() implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        record Ready() implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        record Index() implements Target {
            @Override
            public String allow() {
                return "POST";
            }
        }

        /// `version` 0 means the newest that is Ready.
        record Metadata(String model, int version) implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        record ModelReady(String model, int version) implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        record Config(String model, int version) implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        /// `model` is empty for all, `version` 0 for all of the model.
        record Statistics(String model, int version) implements Target {
            @Override
            public String allow() {
                return "GET";
            }
        }

        record Infer(String model, int version, Form form) implements Target {
            @Override
            public String allow() {
                return "POST";
            }
        }
    }

    /// @throws ProblemException NOT_FOUND, MODEL_NOT_FOUND or VERSION_NOT_FOUND
    Target route(String path) {
        var parts = parts(path);
        int size = parts.size();
        if (!parts.getFirst().equals("v2")) {
            throw nothing();
        }
        if (size == 1 || (size == 2 && parts.get(1).isEmpty())) {
            return new Target.Server();
        }
        if (size == 3 && parts.get(1).equals("health")) {
            return switch (parts.get(2)) {
                case "live" -> new Target.Live();
                case "ready" -> new Target.Ready();
                default -> throw nothing();
            };
        }
        if (size == 3 && parts.get(1).equals("repository") && parts.get(2).equals("index")) {
            return new Target.Index();
        }
        if (size < 3 || !parts.get(1).equals("models")) {
            throw nothing();
        }
        var model = parts.get(2);
        if (size == 3 && model.equals("stats")) {
            return new Target.Statistics("", 0);
        }
        if (!NAME.matcher(model).matches()) {
            throw new ProblemException(
                    Problem.MODEL_NOT_FOUND, "no model of this name (expected: " + NAME.pattern() + ")");
        }
        var isVersioned = size >= 5 && parts.get(3).equals("versions");
        int version = isVersioned ? version(model, parts.get(4)) : 0;
        var rest = parts.subList(isVersioned ? 5 : 3, size);
        if (rest.isEmpty()) {
            return new Target.Metadata(model, version);
        }
        if (rest.size() == 1 && rest.getFirst().equals("ready")) {
            return new Target.ModelReady(model, version);
        }
        if (rest.size() == 1 && rest.getFirst().equals("config")) {
            return new Target.Config(model, version);
        }
        if (rest.size() == 1 && rest.getFirst().equals("stats")) {
            return new Target.Statistics(model, version);
        }
        var form = rest.size() == 1 ? Form.of(rest.getFirst()) : null;
        if (form != null) {
            return new Target.Infer(model, version, form);
        }
        throw nothing();
    }

    /// The version that answers, in memory or not.
    ///
    /// @throws ProblemException MODEL_NOT_FOUND, VERSION_NOT_FOUND, or VERSION_NOT_READY when it is, or was
    ///     lately, this worker's
    HeldVersion held(String model, int version) {
        var table = versions.table();
        var held = version == 0 ? table.newest(model) : table.version(model, version);
        if (held != null) {
            return held;
        }
        if (!versions.isApplied()) {
            throw ProblemException.retryAfter(Problem.VERSION_NOT_READY, "this worker has no desired state yet", 1);
        }
        if (!table.knows(model)) {
            throw new ProblemException(Problem.MODEL_NOT_FOUND, "model '" + model + "' is not on this worker");
        }
        if (version != 0 && !table.knows(model, version)) {
            throw new ProblemException(
                    Problem.VERSION_NOT_FOUND,
                    "version " + version + " of model '" + model + "' is not on this worker");
        }
        throw ProblemException.retryAfter(
                Problem.VERSION_NOT_READY,
                model + (version == 0 ? "" : "/" + version) + " is not Ready on this worker",
                1);
    }

    Map<String, Object> metadata(String model, int version) {
        return Descriptions.metadata(held(model, version), versions.table().versions(model));
    }

    Map<String, Object> config(String model, int version) {
        return Descriptions.config(held(model, version), versions.table().versions(model));
    }

    /// What `statistics` are asked of: one version, all that are held of a model, or all.
    ///
    /// @throws ProblemException MODEL_NOT_FOUND, VERSION_NOT_FOUND or VERSION_NOT_READY
    Collection<HeldVersion> heldVersions(String model, int version) {
        if (model.isEmpty()) {
            return versions.table().all();
        }
        return version == 0 && !versions.table().versions(model).isEmpty()
                ? versions.table().versions(model)
                : List.of(held(model, version));
    }

    /// Every slot, in the words of Triton's repository extension.
    List<Map<String, Object>> index(boolean readyOnly) {
        var all = new ArrayList<Map<String, Object>>();
        for (var slot : versions.report()) {
            var state = switch (slot.state()) {
                case READY, EVICTED -> "READY";
                case NEW, FETCHING, LOADING, WARMING -> "LOADING";
                case DRAINING -> "UNLOADING";
                case UNLOADED, FAILED -> "UNAVAILABLE";
            };
            if (!readyOnly || state.equals("READY")) {
                var entry = new LinkedHashMap<String, Object>();
                entry.put("name", slot.model());
                entry.put("version", Integer.toString(slot.version()));
                entry.put("state", state);
                var failure = slot.failure();
                entry.put("reason", failure == null ? "" : failure.cause() + ": " + failure.evidence());
                all.add(entry);
            }
        }
        return all;
    }

    private static int version(String model, String text) {
        var isNumber = !text.isEmpty() && text.length() <= 9 && text.charAt(0) != '0';
        for (int i = 0; isNumber && i < text.length(); i++) {
            isNumber = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (!isNumber) {
            throw new ProblemException(
                    Problem.VERSION_NOT_FOUND, "model '" + model + "': versions are whole numbers from 1");
        }
        return Integer.parseInt(text);
    }

    /// Triton's Java client encodes names twice.
    private static List<String> parts(String path) {
        if (path.length() > PATH_CHARS_MAX || !path.startsWith("/")) {
            throw nothing();
        }
        var decoded = path;
        try {
            for (int i = 0; i < 2 && decoded.indexOf('%') >= 0; i++) {
                decoded = URLDecoder.decode(decoded.replace("+", "%2B"), StandardCharsets.UTF_8);
            }
        } catch (IllegalArgumentException e) {
            throw nothing();
        }
        return List.of(decoded.substring(1).split("/", -1));
    }

    private static ProblemException nothing() {
        return new ProblemException(Problem.NOT_FOUND, "there is nothing at this path; GET /v2 tells what is served");
    }
}
