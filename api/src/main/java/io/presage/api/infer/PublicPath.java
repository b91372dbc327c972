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

    record Config(String name, @Nullable String version) implements PublicPath {}

    /// @param name null for all models
    record Statistics(@Nullable String name, @Nullable String version) implements PublicPath {}

    record Infer(String name, @Nullable String version) implements PublicPath {}

    /// Of the registry.
    ///
    /// @param path safe to be passed on
    record Control(String path) implements PublicPath {}

    /// OpenAI's.
    record Embeddings() implements PublicPath {}

    record OpenAiModels() implements PublicPath {}

    record OpenAiModel(NamedModel model) implements PublicPath {}

    /// TensorFlow Serving's.
    ///
    /// @param version a number or a label, which is an alias; null when none was named
    record Predict(String name, @Nullable String version) implements PublicPath {}

    record Status(String name, @Nullable String version) implements PublicPath {}

    record Unknown() implements PublicPath {}

    /// The one method of a path; null means any (the registry decides).
    default @Nullable HttpMethod method() {
        return switch (this) {
            case Root _,
                    Server _,
                    Live _,
                    Ready _,
                    Model _,
                    ModelReady _,
                    Config _,
                    Statistics _,
                    OpenAiModels _,
                    OpenAiModel _,
                    Status _,
                    Unknown _ -> HttpMethod.GET;
            case Index _, Infer _, Embeddings _, Predict _ -> HttpMethod.POST;
            case Control _ -> null;
        };
    }

    String MODELS = "/v2/models/";
    String OPENAI_MODELS = "/openai/v1/models/";
    String TENSORFLOW_MODELS = "/v1/models/";

    /// `path` as it came, without its query.
    static PublicPath of(String path) {
        if (path.startsWith(MODELS)) {
            return model(path);
        }
        if (path.startsWith("/api/")) {
            return ControlPath.check(path).<PublicPath>map(Control::new).orElseGet(Unknown::new);
        }
        if (path.startsWith(TENSORFLOW_MODELS)) {
            return tensorFlow(path);
        }
        if (path.startsWith(OPENAI_MODELS)) {
            String name = decoded(path.substring(OPENAI_MODELS.length()));
            var model = name == null ? null : NamedModel.of(name);
            return model == null ? new Unknown() : new OpenAiModel(model);
        }
        return switch (path) {
            case "/" -> new Root();
            case "/v2", "/v2/" -> new Server();
            case "/v2/health/live" -> new Live();
            case "/v2/health/ready" -> new Ready();
            case "/v2/repository/index" -> new Index();
            case "/openai/v1/embeddings" -> new Embeddings();
            case "/openai/v1/models" -> new OpenAiModels();
            default -> new Unknown();
        };
    }

    /// `/v1/models/M[/versions/V|/labels/L][:predict]`.
    private static PublicPath tensorFlow(String path) {
        int verb = path.indexOf(':');
        int end = verb == -1 ? path.length() : verb;
        int nameEnd = Math.min(end(path, TENSORFLOW_MODELS.length()), end);
        String name = decoded(path.substring(TENSORFLOW_MODELS.length(), nameEnd));
        String rest = path.substring(nameEnd, end);
        String version = null;
        boolean isNumber = rest.startsWith("/versions/");
        if (isNumber || rest.startsWith("/labels/")) {
            version = decoded(rest.substring(isNumber ? "/versions/".length() : "/labels/".length()));
        }
        boolean isKnown = name != null
                && Names.isModel(name)
                && (rest.isEmpty()
                        || version != null
                                && Names.isVersion(version)
                                && isNumber == Character.isDigit(version.charAt(0)));
        if (!isKnown || name == null) {
            return new Unknown();
        }
        return switch (path.substring(end)) {
            case "" -> new Status(name, version);
            case ":predict" -> new Predict(name, version);
            default -> new Unknown();
        };
    }

    /// `/v2/models/M[/versions/V][/ready|/config|/stats|/infer]`, and `/v2/models/stats`.
    private static PublicPath model(String path) {
        if (path.equals("/v2/models/stats")) {
            return new Statistics(null, null);
        }
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
            case "/config" -> new Config(name, version);
            case "/stats" -> new Statistics(name, version);
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
