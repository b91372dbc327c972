package io.presage.api.infer;

import io.presage.api.forward.ControlPath;
import io.presage.api.routes.Names;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What a path of the public port names. Pure. Names are percent-decoded once and must then be names; all else
/// is [Unknown].
sealed interface PublicPath {
    record Root() implements PublicPath {}

    record Server() implements PublicPath {}

    record Live() implements PublicPath {}

    record Ready() implements PublicPath {}

    record Index() implements PublicPath {}

    /// Metadata of a model.
    ///
    /// @param version a number or an alias; null when none was named
    record Model(String name, @Nullable String version) implements PublicPath {}

    record ModelReady(String name, @Nullable String version) implements PublicPath {}

    record Infer(String name, @Nullable String version) implements PublicPath {}

    /// Of the registry.
    ///
    /// @param path safe to be passed on
    record Control(String path) implements PublicPath {}

    record Unknown() implements PublicPath {}

    /// The one method of a path; null means any (the registry decides).
    default @Nullable HttpMethod method() {
        return switch (this) {
            case Root _, Server _, Live _, Ready _, Model _, ModelReady _, Unknown _ -> HttpMethod.GET;
            case Index _, Infer _ -> HttpMethod.POST;
            case Control _ -> null;
        };
    }

    String MODELS = "/v2/models/";

    /// `path` as it came, without its query.
    static PublicPath of(String path) {
        if (path.startsWith(MODELS)) {
            return model(path);
        }
        if (path.startsWith("/api/")) {
            return ControlPath.check(path).<PublicPath>map(Control::new).orElseGet(Unknown::new);
        }
        return switch (path) {
            case "/" -> new Root();
            case "/v2", "/v2/" -> new Server();
            case "/v2/health/live" -> new Live();
            case "/v2/health/ready" -> new Ready();
            case "/v2/repository/index" -> new Index();
            default -> new Unknown();
        };
    }

    /// `/v2/models/M[/versions/V][/ready|/infer]`.
    private static PublicPath model(String path) {
        int nameEnd = end(path, MODELS.length());
        String name = decoded(path.substring(MODELS.length(), nameEnd));
        if (name == null || !Names.isModel(name)) {
            return new Unknown();
        }
        String version = null;
        int at = nameEnd;
        if (path.startsWith("/versions/", at)) {
            int versionStart = at + "/versions/".length();
            at = end(path, versionStart);
            version = decoded(path.substring(versionStart, at));
            if (version == null || !Names.isVersion(version)) {
                return new Unknown();
            }
        }
        return switch (path.substring(at)) {
            case "" -> new Model(name, version);
            case "/ready" -> new ModelReady(name, version);
            case "/infer" -> new Infer(name, version);
            default -> new Unknown();
        };
    }

    private static int end(String path, int start) {
        int slash = path.indexOf('/', start);
        return slash == -1 ? path.length() : slash;
    }

    /// Null when an escape is broken.
    private static @Nullable String decoded(String segment) {
        if (segment.indexOf('%') == -1) {
            return segment;
        }
        var bytes = new byte[segment.length()];
        int size = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c == '%') {
                if (i + 2 > segment.length() - 1) {
                    return null;
                }
                int high = Character.digit(segment.charAt(i + 1), 16);
                int low = Character.digit(segment.charAt(i + 2), 16);
                if (high < 0 || low < 0) {
                    return null;
                }
                bytes[size++] = (byte) (high * 16 + low);
                i += 2;
            } else if (c < 128) {
                bytes[size++] = (byte) c;
            } else {
                return null;
            }
        }
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }
}
