package io.presage.api.infer;

import io.presage.api.limits.Body;
import io.presage.api.routes.Names;
import io.presage.contract.infer.TopMember;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/// The model that an OpenAI call names: `name`, or `name:version`, since OpenAI's calls have no other place for a
/// version; no name holds a colon. All that the gateway looks for in a body is the member `model`; the rest is the
/// worker's to read. Pure.
///
/// @param version a number or an alias; null when none is named
record NamedModel(String name, @Nullable String version) {
    /// So much of a body is looked through on the event loop: warm, 2 ms of text, 5 ms of tokens at worst. Many
    /// clients put `model` behind `input`.
    static final int SCAN_BYTES_MAX = 1 << 20;

    /// A compressed body could not be looked through.
    ///
    /// @throws ProblemException UNSUPPORTED_MEDIA_TYPE
    static void requirePlain(MultiMap headers) {
        String encoding = headers.get(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Encoding: '" + (encoding.length() > 40 ? encoding.substring(0, 40) + "..." : encoding)
                            + "' (expected: none on this path)");
        }
    }

    /// @throws ProblemException INVALID_REQUEST when the body names none, MODEL_NOT_FOUND for what is no
    ///     model's name
    static NamedModel of(Body body) {
        int length = (int) Math.min(body.bytes(), SCAN_BYTES_MAX);
        var bytes = new byte[length];
        int at = 0;
        for (var piece : body.pieces()) {
            int taken = Math.min(piece.length(), length - at);
            piece.getBytes(0, taken, bytes, at);
            at += taken;
        }
        var model = of(TopMember.text(bytes, length, body.bytes() > length, "model"));
        if (model == null) {
            throw new ProblemException(
                    Problem.MODEL_NOT_FOUND,
                    "no model of the name that the body gives (expected: letters, digits, '.', '_' and '-', at most"
                            + " 128; behind it, if you like, ':' and a version or an alias)");
        }
        return model;
    }

    /// Null for what is no name.
    static @Nullable NamedModel of(String text) {
        int colon = text.indexOf(':');
        String name = colon == -1 ? text : text.substring(0, colon);
        String version = colon == -1 ? null : text.substring(colon + 1);
        return Names.isModel(name) && (version == null || Names.isVersion(version))
                ? new NamedModel(name, version)
                : null;
    }

    /// As the caller wrote it.
    String text() {
        return version == null ? name : name + ":" + version;
    }
}
