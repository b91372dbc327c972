package io.presage.worker.tasks;

import io.presage.worker.tasks.TokenizerCheck.UnsafeTokenizerException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.BitSet;

/// SentencePiece's compiled map of characters: four bytes of a length, a trie of 32-bit units (Darts-clone's
/// double array), then the texts that its leaves point at. The native library follows its offsets unchecked and
/// ends the process when one leads out, so every path from the root is followed here first. Pure.
final class Charsmap {
    private final int[] units;
    private final ByteBuffer texts;

    private Charsmap(int[] units, ByteBuffer texts) {
        this.units = units;
        this.texts = texts;
    }

    static void check(byte[] bytes) throws UnsafeTokenizerException {
        if (bytes.length < 8) {
            throw broken("it is too short");
        }
        var all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int trieBytes = all.getInt();
        if (trieBytes < 4 || trieBytes % 4 != 0 || trieBytes > all.remaining()) {
            throw broken("its trie claims " + Integer.toUnsignedString(trieBytes) + " bytes");
        }
        var units = new int[trieBytes / 4];
        for (int i = 0; i < units.length; i++) {
            units[i] = all.getInt();
        }
        new Charsmap(units, all.slice()).follow();
    }

    private void follow() throws UnsafeTokenizerException {
        var seen = new BitSet();
        var open = new ArrayDeque<Integer>();
        open.add(offset(units[0]));
        while (!open.isEmpty()) {
            int node = open.remove();
            inside(node | 0xff);
            if (seen.get(node)) {
                continue;
            }
            seen.set(node);
            for (int label = 1; label <= 0xff; label++) {
                int at = inside(node ^ label);
                int unit = units[at];
                // The upper bit makes a leaf no child.
                if ((unit & 0x8000_00ff) == label) {
                    int next = at ^ offset(unit);
                    if ((unit >>> 8 & 1) == 1) {
                        leaf(units[inside(next)] & 0x7fff_ffff);
                    }
                    open.add(next);
                }
            }
        }
    }

    private void leaf(int start) throws UnsafeTokenizerException {
        // A text begins where no byte goes on a character of more bytes.
        if (start > texts.limit() || (start < texts.limit() && (texts.get(start) & 0xc0) == 0x80)) {
            throw broken("a leaf points at text " + start + " of " + texts.limit());
        }
    }

    private int inside(int at) throws UnsafeTokenizerException {
        if (at < 0 || at >= units.length) {
            throw broken("a path leads to unit " + at + " of " + units.length);
        }
        return at;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
    }

    private static UnsafeTokenizerException broken(String how) {
        return new UnsafeTokenizerException("normalizer: a map of characters that is broken: " + how);
    }
}
