package io.presage.standalone;

import java.nio.file.Path;
import java.util.List;

/// What a newcomer reads once everything runs: the address, where the key lies, and lines to paste.
final class Welcome {
    private static final List<String> SHOWN_FIRST = List.of("tumour", "minilm", "digits");

    private final String address;
    private final Path key;
    private final Path home;

    /// @param key the admin key's file, as a person in the current folder would write it
    /// @param home the folder that holds `examples/`, likewise
    Welcome(String address, Path key, Path home) {
        this.address = address;
        this.key = key;
        this.home = home;
    }

    /// Three lines that work when pasted.
    ///
    /// @param models that answer
    List<String> commands(List<String> models) {
        if (!models.containsAll(SHOWN_FIRST)) {
            return List.of(
                    post("/api/v1/models", "-d '{\"name\": \"first\"}'"),
                    post(
                            "/api/v1/models/first/versions",
                            "-H 'Content-Type: application/octet-stream' --data-binary @"
                                    + quoted(home.resolve("examples/models/tumour/model.onnx"))),
                    curl("", "/api/v1/models/first/versions"));
        }
        return SHOWN_FIRST.stream()
                .map(model -> post(
                        "/v2/models/" + model + "/infer",
                        "-d @"
                                + quoted(home.resolve(
                                        "examples/models/" + model + "/samples/" + model + ".request.json"))))
                .toList();
    }

    private String post(String path, String body) {
        return curl((body.contains("Content-Type") ? "" : "-H 'Content-Type: application/json' ") + body + " ", path);
    }

    private String curl(String options, String path) {
        return "curl -s -H \"Authorization: Bearer $(cat " + quoted(key) + ")\" " + options + address + path;
    }

    /// Inside double quotes `$(...)` begins a quoting of its own, so that this is right in both places.
    private static String quoted(Path path) {
        var text = path.toString();
        return text.matches("[A-Za-z0-9._/@%+=:,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
