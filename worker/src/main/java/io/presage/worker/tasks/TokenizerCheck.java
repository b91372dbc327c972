package io.presage.worker.tasks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Looks through a `tokenizer.json` before the native library reads it. A mistake in such a file makes that
/// library end the whole process (its panics do not cross into Java), some only when a certain text comes, so
/// what it is given is limited to what is known to work: its own parts with sane values, and expressions that
/// cannot backtrack. Pure but for the reading of the file.
final class TokenizerCheck {
    private static final long FILE_BYTES_MAX = 128L << 20;
    private static final int PARTS_MAX = 64;
    private static final double GROWTH_MAX = 64;

    private static final Set<String> NORMALIZERS = Set.of(
            "Sequence",
            "BertNormalizer",
            "NFC",
            "NFD",
            "NFKC",
            "NFKD",
            "Lowercase",
            "Strip",
            "StripAccents",
            "Nmt",
            "ByteLevel",
            "Prepend",
            "Replace",
            "Precompiled");
    private static final Set<String> PRE_TOKENIZERS = Set.of(
            "Sequence",
            "BertPreTokenizer",
            "ByteLevel",
            "CharDelimiterSplit",
            "Metaspace",
            "Whitespace",
            "WhitespaceSplit",
            "Punctuation",
            "Digits",
            "UnicodeScripts",
            "Split");
    private static final Set<String> POST_PROCESSORS =
            Set.of("Sequence", "BertProcessing", "RobertaProcessing", "ByteLevel", "TemplateProcessing");
    private static final Set<String> DECODERS = Set.of(
            "Sequence",
            "ByteLevel",
            "WordPiece",
            "Metaspace",
            "BPEDecoder",
            "CTC",
            "Replace",
            "Fuse",
            "Strip",
            "ByteFallback");
    private static final Set<String> MODELS = Set.of("WordPiece", "WordLevel", "BPE", "Unigram");

    /// Characters or classes of them, each repeated at most once, one or the other: never any backtracking.
    private static final String ATOM =
            "(?:\\\\[sSdDwWnrtN]|\\\\p\\{\\^?\\w{1,20}}|\\[\\^?(?:[^\\[\\]\\\\]|\\\\[sSdDwWnrt\\]\\[\\\\-]){1,64}]|[^\\\\\\[\\](){}*+?|.^$])";

    private static final String REPEATED = ATOM + "(?:[*+?]|\\{\\d{1,3}(?:,\\d{0,3})?})?";
    private static final Pattern PLAIN = Pattern.compile("(?:" + REPEATED + "\\|){0,20}" + REPEATED);
    private static final Pattern TEXT = Pattern.compile(ATOM + "{1,64}");

    /// Those of GPT-2, of cl100k and Llama 3, and of Qwen 2.
    private static final Set<String> KNOWN = Set.of(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

    private int parts;
    private double growth = 1;

    private TokenizerCheck() {}

    /// The size of its vocabulary: every token that it gives is below.
    ///
    /// @throws UnsafeTokenizerException with what is wrong; a file that is no JSON is one too
    static int check(Path file) throws UnsafeTokenizerException, IOException {
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new UnsafeTokenizerException(Files.size(file) + " bytes (expected: at most " + FILE_BYTES_MAX + ")");
        }
        try {
            var root = JsonMapper.shared().readTree(Files.readAllBytes(file));
            new TokenizerCheck().document(root);
            return vocabulary(root);
        } catch (JacksonException e) {
            throw new UnsafeTokenizerException(e.getOriginalMessage());
        }
    }

    private void document(JsonNode root) throws UnsafeTokenizerException {
        if (!root.isObject()) {
            throw new UnsafeTokenizerException("no JSON object");
        }
        part(root.path("normalizer"), "normalizer", NORMALIZERS);
        part(root.path("pre_tokenizer"), "pre_tokenizer", PRE_TOKENIZERS);
        part(root.path("post_processor"), "post_processor", POST_PROCESSORS);
        part(root.path("decoder"), "decoder", DECODERS);
        model(root.path("model"));
    }

    private static int vocabulary(JsonNode root) {
        var pieces = root.path("model").path("vocab");
        int size = pieces.isArray() ? pieces.size() : 0;
        if (pieces.isObject()) {
            for (var id : pieces) {
                size = Math.max(size, id.asInt(0) + 1);
            }
        }
        for (var added : root.path("added_tokens")) {
            size = Math.max(size, added.path("id").asInt(0) + 1);
        }
        return size;
    }

    private void part(JsonNode part, String where, Set<String> types) throws UnsafeTokenizerException {
        if (part.isMissingNode() || part.isNull()) {
            return;
        }
        var type = part.path("type").asString("");
        if (!types.contains(type)) {
            throw new UnsafeTokenizerException(where + ": type '" + cut(type) + "' (expected: one of "
                    + types.stream().sorted().toList() + ")");
        }
        if (++parts > PARTS_MAX) {
            throw new UnsafeTokenizerException("more than " + PARTS_MAX + " parts");
        }
        switch (type) {
            case "Sequence" -> {
                for (var member : List.of("normalizers", "pretokenizers", "processors", "decoders")) {
                    for (var inner : part.path(member)) {
                        part(inner, where, types);
                    }
                }
            }
            case "Replace" -> {
                pattern(part.path("pattern"), where);
                grow(part, where);
            }
            case "Split" -> pattern(part.path("pattern"), where);
            case "TemplateProcessing" -> template(part, where);
            case "Precompiled" -> Charsmap.check(charsmap(part));
            default -> {
                // Takes any values.
            }
        }
    }

    private static void pattern(JsonNode pattern, String where) throws UnsafeTokenizerException {
        var expression = pattern.path("Regex").asString("");
        var text = pattern.path("String").asString("");
        if (!text.isEmpty()) {
            return;
        }
        if (!PLAIN.matcher(expression).matches()
                && !TEXT.matcher(expression).matches()
                && !KNOWN.contains(expression)) {
            throw new UnsafeTokenizerException(where + ": expression '" + cut(expression)
                    + "' (expected: characters, or classes of them, each repeated at most once; or one of the known"
                    + " expressions of GPT-2, Llama 3, Qwen 2)");
        }
    }

    /// Each replacement can make the text longer, and the next one again.
    private void grow(JsonNode replace, String where) throws UnsafeTokenizerException {
        int from =
                Math.max(1, replace.path("pattern").path("String").asString("").length());
        growth *= Math.max(1, (double) replace.path("content").asString("").length() / from);
        if (growth > GROWTH_MAX) {
            throw new UnsafeTokenizerException(
                    where + ": replacements that make a text more than " + GROWTH_MAX + " times as long");
        }
    }

    private static void template(JsonNode template, String where) throws UnsafeTokenizerException {
        var tokens = template.path("special_tokens");
        for (var member : List.of("single", "pair")) {
            for (var piece : template.path(member)) {
                var token = piece.path("SpecialToken").path("id").asString("");
                if (piece.has("SpecialToken") && !tokens.has(token)) {
                    throw new UnsafeTokenizerException(
                            where + ": the template names the token '" + cut(token) + "', which it does not define");
                }
                if (member.equals("single")
                        && piece.path("Sequence").path("id").asString("A").equals("B")) {
                    throw new UnsafeTokenizerException(where + ": the template of one text names a second one");
                }
            }
        }
        for (Map.Entry<String, JsonNode> token : tokens.properties()) {
            int ids = token.getValue().path("ids").size();
            if (ids == 0 || ids != token.getValue().path("tokens").size()) {
                throw new UnsafeTokenizerException(
                        where + ": the template's token '" + cut(token.getKey()) + "' has other ids than tokens");
            }
        }
    }

    private static byte[] charsmap(JsonNode part) throws UnsafeTokenizerException {
        try {
            return Base64.getDecoder().decode(part.path("precompiled_charsmap").asString(""));
        } catch (IllegalArgumentException e) {
            throw new UnsafeTokenizerException("normalizer: a map of characters that is no base64");
        }
    }

    private static void model(JsonNode model) throws UnsafeTokenizerException {
        var type = model.path("type").asString("");
        if (!MODELS.contains(type)) {
            throw new UnsafeTokenizerException("model: type '" + cut(type) + "' (expected: one of "
                    + MODELS.stream().sorted().toList() + ")");
        }
        var prefix = model.path("continuing_subword_prefix").asString("");
        if (!type.equals("BPE") || prefix.isEmpty()) {
            return;
        }
        for (var merge : model.path("merges")) {
            var right = merge.isArray()
                    ? merge.path(1).asString("")
                    : merge.asString("").substring(merge.asString("").indexOf(' ') + 1);
            if (!right.startsWith(prefix)) {
                throw new UnsafeTokenizerException(
                        "model: the merge '" + cut(merge.toString()) + "' lacks the prefix '" + cut(prefix) + "'");
            }
        }
    }

    private static String cut(String text) {
        return text.length() <= 120 ? text : text.substring(0, 120) + "...";
    }

    /// The file cannot be given to the library.
    static final class UnsafeTokenizerException extends Exception {
        UnsafeTokenizerException(String reason) {
            super(reason);
        }
    }
}
