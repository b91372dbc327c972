package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;

/// Finds one text among the members of a JSON object, and builds nothing else: what stands before it is
/// skipped, what stands after it is not looked at. Pure; any thread.
public final class TopMember {
    private static final int NAME_BYTES_MAX = 4096;

    private TopMember() {}

    /// The first member `name` of the object in `json[0, length)`, whose further bytes may be missing when
    /// `isCut`.
    ///
    /// @throws ProblemException INVALID_REQUEST when it is not there, is no text, or what stands before it is
    ///     no JSON
    public static String text(byte[] json, int length, boolean isCut, String name) {
        var scanner = new JsonScanner(CodecLimits.DEFAULT.nestingMax(), NAME_BYTES_MAX);
        var wanted = JsonScanner.ascii(name);
        scanner.reset(json, 0, length);
        try {
            for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
                if (scanner.isText(wanted)) {
                    scanner.readText(name, NAME_BYTES_MAX);
                    return scanner.textAsString();
                }
                scanner.skipValue();
            }
        } catch (ProblemException e) {
            throw isCut && scanner.peek() < 0 ? tooLate(length, name) : e;
        }
        throw new ProblemException(Problem.INVALID_REQUEST, name + ": none (expected: a text)");
    }

    private static ProblemException tooLate(int length, String name) {
        return new ProblemException(
                Problem.INVALID_REQUEST,
                name + ": not within the first " + length + " bytes of the body (expected: put it first)");
    }
}
