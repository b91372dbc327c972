package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.PackagesForTests.bytes;
import static io.presage.worker.artifacts.PackagesForTests.tarGz;
import static io.presage.worker.artifacts.PackagesForTests.zip;

import io.presage.worker.HostileFile;
import io.presage.worker.artifacts.ZipBytes.Part;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/// Uploads that are to be refused while they are unpacked.
public final class HostilePackages {
    private static final String UNSAFE = "unsafe-package";
    private static final String CORRUPT = "corrupt-package";
    private static final String MANIFEST = "invalid-manifest";
    private static final byte[] MODEL = OnnxModelBuilder.twice(3);
    private static final int LINK = 0xa1ff;
    private static final int FIFO = 0x11ff;
    private static final int DEVICE = 0x21ff;

    private final List<HostileFile> files = new ArrayList<>();

    private HostilePackages() {}

    public static List<HostileFile> all() throws IOException {
        var all = new HostilePackages();
        all.names();
        all.zips();
        all.tars();
        all.bombs();
        all.manifests();
        all.formats();
        all.contents();
        return all.files;
    }

    private void add(String name, byte[] bytes, String... causes) {
        files.add(HostileFile.of(name, bytes, "unpack", causes));
    }

    private void addZip(String name, ZipBytes zip, String... causes) {
        add("zip: " + name, zip.build(), causes);
    }

    private void addTar(String name, TarBytes tar, String... causes) throws IOException {
        add("tar: " + name, tar.gz(), causes);
    }

    private static Part model() {
        return Part.stored("model.onnx", MODEL);
    }

    private void names() throws IOException {
        for (var name : new String[] {
            "../evil",
            "a/../../evil",
            "/etc/evil",
            "a\\evil",
            "..\\evil",
            "C:/evil",
            "C:evil",
            "//host/share",
            "a//b",
            "a/./b",
            "a\nb",
            "a\0b",
            "a\u202eb",
            "a\u200bb",
            "..",
            "a/..",
            "CON",
            "aux.txt",
            "a/nul/b",
            "Com1.onnx",
            "a.",
            "a /b",
            "x".repeat(600),
            "x".repeat(300),
            "\u00e4".repeat(200)
        }) {
            var shown = name.length() > 20 ? name.substring(0, 3) + "... of " + name.length() : name;
            add("zip: a name '" + shown + "'", zip("model.onnx", MODEL, name, MODEL), UNSAFE);
            add(
                    "tar: a name '" + shown + "'",
                    new TarBytes()
                            .file("model.onnx", MODEL)
                            .pax("path", name)
                            .file("x", MODEL)
                            .gz(),
                    UNSAFE);
        }
        add("zip: two names in two cases", zip("model.onnx", MODEL, "Model.ONNX", MODEL), UNSAFE);
        add("zip: two forms of one letter", zip("\u00e4.onnx", MODEL, "a\u0308.onnx", MODEL), UNSAFE);
        add("zip: wide letters", zip("a.onnx", MODEL, "\uff41.onnx", MODEL), UNSAFE);
        add("zip: a file and a folder", zip("a", MODEL, "a/b", MODEL), UNSAFE);
        add("zip: a folder and a file", zip("a/b", MODEL, "a", MODEL), UNSAFE);
        addTar("two names in two cases", new TarBytes().file("a", MODEL).file("A", MODEL), UNSAFE);
        addTar("one name twice", new TarBytes().file("a", MODEL).file("./a", MODEL), UNSAFE);
        addTar("a file and a folder", new TarBytes().file("a", MODEL).file("a/b", MODEL), UNSAFE);
        addTar(
                "a name that is not UTF-8",
                new TarBytes().header(new byte[] {'a', (byte) 0xff, (byte) 0xfe}, '0', TarBytes.octal(0), ""),
                UNSAFE);
        addZip(
                "a name that is not UTF-8",
                new ZipBytes().add(model().with(part -> {
                    part.name = new byte[] {(byte) 0xc3, '(', 'a'};
                    part.localName = part.name;
                })),
                UNSAFE);
    }

    private void zips() throws IOException {
        for (int mode : new int[] {LINK, FIFO, DEVICE, 0x61ff, 0xc1ff}) {
            addZip(
                    "an entry of mode " + Integer.toHexString(mode),
                    new ZipBytes()
                            .add(model())
                            .add(Part.stored("a", bytes("/etc/passwd")).with(part -> part.mode = mode)),
                    UNSAFE);
        }
        addZip("one name twice", new ZipBytes().add(model()).add(model()), UNSAFE);
        var first = model();
        addZip(
                "two entries of the same bytes",
                new ZipBytes()
                        .add(first)
                        .listed(Part.stored("b.onnx", MODEL).with(part -> part.localName = first.name), 0),
                UNSAFE);
        addZip(
                "an entry inside another",
                new ZipBytes()
                        .add(Part.stored("a", new ZipBytes().add(model()).build()))
                        .listed(model(), 31),
                UNSAFE);
        addZip(
                "another name in the header",
                new ZipBytes().add(model().with(part -> part.localName = bytes("../../evil"))),
                UNSAFE);
        addZip("another size in the header", new ZipBytes().add(model().with(part -> part.localSize = 5)), UNSAFE);
        addZip(
                "another packed size in the header",
                new ZipBytes().add(model().with(part -> part.localPackedSize = 5)),
                UNSAFE);
        addZip("another checksum in the header", new ZipBytes().add(model().with(part -> part.localCrc = 5)), UNSAFE);
        addZip("another method in the header", new ZipBytes().add(model().with(part -> part.localMethod = 8)), UNSAFE);
        addZip("other flags in the header", new ZipBytes().add(model().with(part -> part.localFlags = 8)), UNSAFE);
        addZip(
                "a wrong checksum",
                new ZipBytes().add(model().with(part -> {
                    part.crc = 5;
                    part.localCrc = 5;
                })),
                CORRUPT);
        addZip(
                "a descriptor that is none",
                new ZipBytes()
                        .add(model().with(part -> {
                            part.flags = 8;
                            part.localFlags = 8;
                        }))
                        .bytes(new byte[16]),
                UNSAFE);
        addZip(
                "a descriptor of other sizes",
                new ZipBytes()
                        .add(model().with(part -> {
                            part.flags = 8;
                            part.localFlags = 8;
                        }))
                        .bytes(ZipBytes.little(16)
                                .putInt(0x08074b50)
                                .putInt(1)
                                .putInt(2)
                                .putInt(3)
                                .array()),
                UNSAFE);
        addZip(
                "encrypted",
                new ZipBytes().add(model().with(part -> {
                    part.flags = 1;
                    part.localFlags = 1;
                })),
                CORRUPT);
        for (int method : new int[] {9, 12, 14, 93, 99}) {
            addZip(
                    "compressed with method " + method,
                    new ZipBytes().add(model().with(part -> {
                        part.method = method;
                        part.localMethod = method;
                    })),
                    CORRUPT);
        }
        addZip(
                "a stored entry that grows",
                new ZipBytes().add(model().with(part -> {
                    part.size = 1 << 20;
                    part.localSize = 1 << 20;
                })),
                CORRUPT);
        addZip(
                "a size of 4 GB",
                new ZipBytes().add(model().with(part -> {
                    part.packedSize = 0xfffffffeL;
                    part.localPackedSize = 0xfffffffeL;
                })),
                CORRUPT);
        addZip(
                "a size of 2^63",
                new ZipBytes().add(model().with(part -> {
                    part.size = 0xffffffffL;
                    part.packedSize = 0xffffffffL;
                    part.extra = ZipBytes.extra(
                            1,
                            ZipBytes.little(16)
                                    .putLong(Long.MIN_VALUE)
                                    .putLong(Long.MIN_VALUE)
                                    .array());
                })),
                CORRUPT,
                UNSAFE);
        addZip(
                "zip64 sizes, the header's are others",
                new ZipBytes().add(model().with(part -> {
                    part.size = 0xffffffffL;
                    part.extra = ZipBytes.extra(
                            1, ZipBytes.little(8).putLong(1 << 20).array());
                })),
                UNSAFE,
                CORRUPT);
        addZip(
                "a zip64 field too short",
                new ZipBytes().add(model().with(part -> {
                    part.size = 0xffffffffL;
                    part.extra = ZipBytes.extra(1, (byte) 1);
                })),
                CORRUPT);
        addZip(
                "a zip64 field twice",
                new ZipBytes().add(model().with(part -> {
                    var one = ZipBytes.extra(1, new byte[8]);
                    part.extra = ZipBytes.little(24).put(one).put(one).array();
                })),
                UNSAFE);
        addZip(
                "an extra field beyond its end",
                new ZipBytes().add(model().with(part -> part.extra = new byte[] {5, 0, 100, 0})),
                CORRUPT);
        addZip(
                "another name in an extra field",
                new ZipBytes()
                        .add(model().with(part -> part.extra = ZipBytes.extra(0x7075, bytes("\1\0\0\0\0../evil")))),
                UNSAFE);
        addZip(
                "another name in the header's extra field",
                new ZipBytes()
                        .add(model().with(
                                        part -> part.localExtra = ZipBytes.extra(0x7075, bytes("\1\0\0\0\0../evil")))),
                UNSAFE);
        addZip("a folder with bytes", new ZipBytes().add(model()).add(Part.stored("a/", bytes("evil"))), UNSAFE);
        addZip(
                "an entry beyond the archive",
                new ZipBytes().add(model()).listed(Part.stored("b", MODEL), 1 << 30),
                UNSAFE,
                CORRUPT);
        addZip(
                "a header that is none",
                new ZipBytes().add(model()).listed(Part.stored("b", new byte[0]), 100),
                UNSAFE,
                CORRUPT);
        addZip("one entry more than there are", new ZipBytes().add(model()).countDelta(1), CORRUPT);
        addZip(
                "one entry fewer",
                new ZipBytes().add(model()).add(Part.stored("b", MODEL)).countDelta(-1),
                CORRUPT);
        addZip("a directory elsewhere", new ZipBytes().add(model()).startDelta(-10), CORRUPT);
        addZip("a directory beyond the end", new ZipBytes().add(model()).startDelta(1 << 30), CORRUPT);
        addZip(
                "bytes before the first entry",
                new ZipBytes().bytes(bytes("PK\3\4junk")).add(model()),
                UNSAFE);
        addZip(
                "bytes between entries",
                new ZipBytes().add(model()).bytes(new byte[100]).add(Part.stored("b", MODEL)),
                UNSAFE);
        addZip("bytes before the directory", new ZipBytes().add(model()).bytes(new byte[100]), UNSAFE);
        var end = new ZipBytes().build();
        addZip("a second end in the comment", new ZipBytes().add(model()).comment(end), UNSAFE);
        var whole = new ZipBytes().add(model()).build();
        add("zip: bytes behind the end", Arrays.copyOf(whole, whole.length + 10), CORRUPT);
        add("zip: cut off", Arrays.copyOf(whole, whole.length / 2), CORRUPT);
        add("zip: cut off in the end record", Arrays.copyOf(whole, whole.length - 1), CORRUPT);
        add("zip: only the first four bytes", Arrays.copyOf(whole, 4), CORRUPT);
        add("zip: behind another file", concat(bytes("#!/bin/sh\nrm -rf /\n"), whole), "unknown-format");
        var broken = new ZipBytes()
                .add(Part.deflated("model.onnx", MODEL).with(part -> part.packed[3] ^= 0x55))
                .build();
        add("zip: deflated bytes that are none", broken, CORRUPT, UNSAFE);
        addZip(
                "deflated to more than it claims",
                new ZipBytes()
                        .add(Part.deflated("model.onnx", new byte[100_000]).with(part -> {
                            part.size = 10;
                            part.localSize = 10;
                        })),
                UNSAFE);
        addZip(
                "deflated to less than it claims",
                new ZipBytes()
                        .add(Part.deflated("model.onnx", new byte[100_000]).with(part -> {
                            part.size = 200_000;
                            part.localSize = 200_000;
                        })),
                CORRUPT);
        add("zip: empty", end, "missing-file");
    }

    private static byte[] concat(byte[] a, byte[] b) {
        var both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private void tars() throws IOException {
        addTar("a symbolic link", new TarBytes().file("m.onnx", MODEL).link("a", '2', "/etc/passwd"), UNSAFE);
        addTar("a hard link", new TarBytes().file("m.onnx", MODEL).link("a", '1', "/etc/passwd"), UNSAFE);
        addTar(
                "a link, then a file through it",
                new TarBytes().link("a", '2', "/tmp").file("a/evil", MODEL),
                UNSAFE);
        for (char type : new char[] {'3', '4', '6', '7', 'D', 'K', 'M', 'N', 'S', 'V', 'Z', '\u00ff'}) {
            addTar(
                    "an entry of type '" + type + "'",
                    new TarBytes().file("m.onnx", MODEL).entry("a", type, new byte[0]),
                    UNSAFE);
        }
        addTar(
                "a sparse file by PAX",
                new TarBytes()
                        .pax("GNU.sparse.major", "1", "GNU.sparse.realsize", "1099511627776")
                        .file("m", MODEL),
                UNSAFE);
        addTar("a link by PAX", new TarBytes().pax("linkpath", "/etc/passwd").file("m.onnx", MODEL), UNSAFE);
        addTar("a smaller size by PAX", new TarBytes().pax("size", "1").file("m.onnx", MODEL), UNSAFE);
        addTar("a larger size by PAX", new TarBytes().pax("size", "1000000").file("m.onnx", MODEL), UNSAFE);
        addTar("a size below zero by PAX", new TarBytes().pax("size", "-1").file("m.onnx", MODEL), UNSAFE);
        addTar(
                "a size of 2^64 by PAX",
                new TarBytes().pax("size", "18446744073709551616").file("m.onnx", MODEL),
                CORRUPT);
        addTar(
                "a size of an exabyte by PAX",
                new TarBytes().pax("size", "1152921504606846976").file("m.onnx", MODEL),
                UNSAFE);
        addTar(
                "two names by PAX",
                new TarBytes().pax("path", "a", "path", "../evil").file("m.onnx", MODEL),
                UNSAFE);
        addTar(
                "two PAX headers",
                new TarBytes().pax("path", "a").pax("path", "../evil").file("m.onnx", MODEL),
                UNSAFE);
        addTar(
                "a PAX name of a megabyte",
                new TarBytes().pax("path", "a".repeat(1 << 20)).file("m.onnx", MODEL),
                UNSAFE);
        addTar(
                "a PAX header of a gigabyte",
                new TarBytes()
                        .header(bytes("p"), 'x', TarBytes.octal(1 << 30), "")
                        .content(new byte[512]),
                UNSAFE);
        addTar(
                "a PAX record that is none",
                new TarBytes().entry("p", 'x', bytes("xx path=a\n")).file("m", MODEL),
                CORRUPT);
        addTar(
                "a PAX record beyond its end",
                new TarBytes().entry("p", 'x', bytes("99 path=a\n")).file("m", MODEL),
                CORRUPT);
        addTar(
                "a PAX record of length 0",
                new TarBytes().entry("p", 'x', bytes("0 path=a\n")).file("m", MODEL),
                CORRUPT);
        addTar(
                "a global name",
                new TarBytes()
                        .entry("p", 'g', TarBytes.records("path", "../evil"))
                        .file("m", MODEL),
                UNSAFE);
        addTar(
                "a PAX header without an entry",
                new TarBytes().file("m.onnx", MODEL).pax("path", "a"),
                CORRUPT);
        addTar(
                "a GNU name of a gigabyte",
                new TarBytes()
                        .header(bytes("././@LongLink"), 'L', TarBytes.octal(1 << 30), "")
                        .content(new byte[512]),
                UNSAFE);
        addTar(
                "a GNU name that leaves",
                new TarBytes()
                        .entry("././@LongLink", 'L', bytes("../../evil\0"))
                        .file("m", MODEL),
                UNSAFE);
        addTar(
                "a GNU name with a tail",
                new TarBytes()
                        .entry("././@LongLink", 'L', bytes("good\0../evil\0"))
                        .file("m", MODEL),
                UNSAFE);
        addTar(
                "a GNU name and a PAX name",
                new TarBytes()
                        .entry("././@LongLink", 'L', bytes("a\0"))
                        .pax("path", "b")
                        .file("m", MODEL),
                UNSAFE);
        addTar("a size below zero", new TarBytes().header(bytes("m"), '0', TarBytes.binary(-512, 0xff), ""), UNSAFE);
        addTar("a size of 2^62", new TarBytes().header(bytes("m"), '0', TarBytes.binary(1L << 62, 0x80), ""), UNSAFE);
        addTar("a size of 2^88", new TarBytes().header(bytes("m"), '0', TarBytes.binary(1L << 62, 0xbf), ""), UNSAFE);
        addTar("a size that is no number", new TarBytes().header(bytes("m"), '0', bytes("99999999999\0"), ""), CORRUPT);
        addTar(
                "a size beyond the archive",
                new TarBytes().header(bytes("m"), '0', TarBytes.octal(5_000_000), ""),
                CORRUPT);
        addTar("a folder with bytes", new TarBytes().entry("a", '5', MODEL), UNSAFE);
        addTar("a file whose name is a folder's", new TarBytes().entry("a/", '0', MODEL), UNSAFE);
        addTar("a name with a tail", new TarBytes().header(bytes("good\0../evil"), '0', TarBytes.octal(0), ""), UNSAFE);
        addTar("nothing", new TarBytes(), CORRUPT);
        add(
                "tar: something behind the end",
                new TarBytes()
                        .file("m.onnx", MODEL)
                        .raw(new byte[1024])
                        .file("../evil", MODEL)
                        .gz(),
                UNSAFE);
        add("tar: no end mark", new TarBytes().file("m.onnx", MODEL).gzOpen(), CORRUPT);
        var wrong = new TarBytes().file("m.onnx", MODEL).tar();
        wrong[150] ^= 1;
        add("tar: a wrong checksum", TarBytes.gzip(wrong), CORRUPT);
        add("tar: not a tar", TarBytes.gzip(new byte[2048 + 7]), CORRUPT);
        add("tar: text", TarBytes.gzip("all work and no play ".repeat(100).getBytes(StandardCharsets.UTF_8)), CORRUPT);
        var whole = new TarBytes().file("m.onnx", MODEL).gz();
        add("tar: cut off", Arrays.copyOf(whole, whole.length / 2), CORRUPT);
        add("tar: cut off in gzip's checksum", Arrays.copyOf(whole, whole.length - 3), CORRUPT);
        add("tar: only gzip's first bytes", Arrays.copyOf(whole, 3), CORRUPT);
        var crc = whole.clone();
        crc[crc.length - 6] ^= 1;
        add("tar: a wrong checksum of gzip", crc, CORRUPT);
        add("tar: gzip in gzip", TarBytes.gzip(whole), CORRUPT);
    }

    private void bombs() throws IOException {
        var many = new Object[2 * 10_001];
        for (int i = 0; i < many.length; i += 2) {
            many[i] = "f" + i;
            many[i + 1] = new byte[0];
        }
        add("zip: 10,001 entries", zip(many), UNSAFE);
        add("tar: 10,001 entries", tarGz(many), UNSAFE);
        var listed = new ZipBytes().add(model());
        for (int i = 0; i < 70_000; i++) {
            listed.listed(Part.stored("x" + i, new byte[0]), 0);
        }
        addZip("70,001 entries, counted in 16 bits", listed, UNSAFE);
        add("zip: zeros", zip("m.onnx", new byte[12 << 20]), UNSAFE);
        add("tar: zeros", tarGz("m.onnx", new byte[12 << 20]), UNSAFE);
        var halves = new Object[40];
        for (int i = 0; i < halves.length; i += 2) {
            halves[i] = "m" + i;
            halves[i + 1] = new byte[1 << 20];
        }
        add("zip: zeros in twenty entries", zip(halves), UNSAFE);
        add("tar: zeros in twenty entries", tarGz(halves), UNSAFE);
        add("tar: a gigabyte of padding", padding(), UNSAFE, CORRUPT);
        addZip(
                "a terabyte that it claims",
                new ZipBytes().add(Part.deflated("m.onnx", new byte[100]).with(part -> {
                    part.size = 0xfffffff0L;
                    part.localSize = 0xfffffff0L;
                })),
                UNSAFE);
    }

    /// A small tar and then zeros without end.
    private static byte[] padding() throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(new TarBytes().file("m.onnx", MODEL).tar());
            var zeros = new byte[1 << 20];
            for (int i = 0; i < 1024; i++) {
                gzip.write(zeros);
            }
        }
        return out.toByteArray();
    }

    private void manifest(String name, String yaml) throws IOException {
        manifest(name, bytes(yaml));
    }

    private void manifest(String name, byte[] yaml) throws IOException {
        add("yaml: " + name, zip("model.yaml", yaml, "m.onnx", MODEL), MANIFEST);
    }

    private void manifests() throws IOException {
        var laughs = new StringBuilder("a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
        for (char c = 'b'; c < 'k'; c++) {
            laughs.append(c)
                    .append(": &")
                    .append(c)
                    .append(" [")
                    .append(("*" + (char) (c - 1) + ",").repeat(8))
                    .append("*")
                    .append((char) (c - 1))
                    .append("]\n");
        }
        manifest("a billion laughs", laughs.toString());
        manifest("a billion laughs in labels", laughs.toString() + "labels: *j\n");
        manifest("an alias of itself", "labels: &a [*a]");
        manifest("a map that holds itself", "batching: &a {rowsMax: *a}");
        manifest("a key that holds itself", "&a {*a : 1}");
        manifest("merged keys", "x: &x {rowsMax: 1}\nbatching: {<<: *x}");
        manifest("lists, 10,000 deep", "labels: " + "[".repeat(10_000) + "]".repeat(10_000));
        manifest("maps, 10,000 deep", "{a: ".repeat(10_000) + "}".repeat(10_000));
        manifest("blocks, 1,000 deep", deepBlocks());
        manifest("a Java class", "task: !!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]");
        manifest("a Java class as the document", "!!java.util.Date 0");
        manifest("a tag of its own", "task: !evil x");
        manifest("a Python object", "task: !!python/object/apply:os.system ['id']");
        manifest("a number of a million digits", "batching: {rowsMax: " + "9".repeat(900_000) + "}");
        manifest("a hexadecimal number without end", "batching: {rowsMax: 0x" + "f".repeat(100_000) + "}");
        manifest("a sexagesimal number", "batching: {rowsMax: 99:59:59:59:59:59:59:59:59:59:59:59:59}");
        manifest("rows of 2^31", "batching: {rowsMax: 2147483648}");
        manifest("rows of 1e3", "batching: {rowsMax: 1e3}");
        manifest("rows below zero", "batching: {rowsMax: -1}");
        manifest("not a number", "samples: {tolerance: .nan}");
        manifest("infinity", "samples: {tolerance: .inf}");
        manifest("infinity in a list", "image: {mean: [.inf, 0, 0]}");
        manifest("a deviation of zero", "image: {std: [0, 0, 0]}");
        manifest("one key twice", "task: tensor\ntask: text-embedding");
        manifest("two documents", "task: tensor\n---\ntask: tensor");
        manifest("a list", "[task, tensor]");
        manifest("a text", "tensor");
        manifest("keys that are no texts", "{1: 2}");
        manifest("an unknown key", "taks: tensor");
        manifest("an unknown engine", "engine: python");
        manifest("an unknown device", "device: tpu");
        manifest("too many labels", "labels: [" + "a,".repeat(100_001) + "a]");
        manifest("labels that are lists", "labels: [[a]]");
        manifest("a megabyte and more", "# " + "x".repeat(1 << 20));
        manifest("not UTF-8", new byte[] {'t', 'a', 's', 'k', ':', ' ', (byte) 0xc3, (byte) 0x28});
        manifest("UTF-16", "task: tensor".getBytes(StandardCharsets.UTF_16));
        manifest("a NUL", bytes("task: a\0b"));
        manifest("a control character", bytes("task: a\7b"));
        manifest("not YAML", "task: {");
        manifest("a tab", "batching:\n\trowsMax: 1");
        for (var model : new String[] {
            "../../etc/passwd", "/etc/passwd", "\"a\\0b\"", "nobody.onnx", ".", "x".repeat(5000), "..", "samples/.."
        }) {
            add(
                    "yaml: model: " + (model.length() > 20 ? "a long name" : model),
                    zip("model.yaml", bytes("model: " + model), "m.onnx", MODEL),
                    "missing-file");
        }
    }

    private static String deepBlocks() {
        var deep = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            deep.append(" ".repeat(i)).append("a:\n");
        }
        return deep.append(" ".repeat(1000)).append("b: 1\n").toString();
    }

    private void formats() throws IOException {
        var unknown = "unknown-format";
        var unsafe = "unsafe-format";
        add("format: an empty file", new byte[0], unknown);
        add("format: one byte", new byte[] {8}, unknown);
        add("format: text", bytes("no model at all"), unknown);
        add("format: HTML of a failed download", bytes("<!DOCTYPE html><html><body>404</body></html>"), unknown);
        add("format: a program", latin("\177ELF\2\1\1\0"), unknown);
        add(
                "format: a Git LFS pointer",
                bytes("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
                unknown);
        for (int protocol = 2; protocol <= 5; protocol++) {
            add(
                    "format: a pickle of protocol " + protocol,
                    new byte[] {(byte) 0x80, (byte) protocol, '}', '.'},
                    unsafe);
        }
        add("format: a pickle of protocol 0", bytes("cos\nsystem\n(S'id'\ntR."), unsafe);
        add("format: a pickle, gzipped", TarBytes.gzip(bytes("cos\nsystem\n(S'id'\ntR.")), unsafe);
        add("format: torch.save", zip("archive/data.pkl", bytes("x"), "archive/version", bytes("3")), unsafe);
        add("format: torch.save in a package", zip("m.pt", zip("archive/data.pkl", bytes("x"))), unsafe);
        add("format: old torch.save", latin("\u0080\2\u008a\12l\u00fc\u009cF\u00f9 j\u00a8P\31."), unsafe);
        add("format: R data", TarBytes.gzip(latin("X\n\0\0\0\3\0\4\2\0\0\3\5\0")), unsafe);
        add("format: Keras HDF5", latin("\u0089HDF\r\n\32\n"), unknown);
        add("format: Keras HDF5 in a package", tarGz("model.h5", latin("\u0089HDF\r\n\32\n")), unknown);
        add(
                "format: Keras v3",
                zip("metadata.json", bytes("{}"), "config.json", bytes("{}"), "model.weights.h5", bytes("x")),
                unknown);
        add("format: GGUF", latin("GGUF\3\0\0\0\377\377\377\377\377\377\377\377"), unknown);
        add("format: safetensors", latin("\100\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\"}}"), unknown);
        add("format: PMML", bytes("<?xml version=\"1.0\"?><PMML version=\"4.4\"></PMML>"), unknown);
        add(
                "format: PMML with entities",
                bytes("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
                        + "<PMML>&a;</PMML>"),
                unknown);
        add("format: Core ML", latin("\10\4\22\20\12\7\12\5input\32\5"), unknown);
        add("format: TensorFlow Lite", latin("\34\0\0\0TFL3\0\0"), unknown);
        add("format: a SavedModel without its folder", latin("\10\1\22\20\12\7\"\5serve\22\5graph"), unknown);
        add("format: xz", latin("\u00fd7zXZ\0"), unknown);
        add("format: 7z", latin("7z\u00bc\u00af\47\34"), unknown);
        add("format: ORT's own", latin("\34\0\0\0ORTM\0\0\0\0"), unknown);
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void contents() throws IOException {
        add("package: no model", zip("readme.txt", bytes("x")), "missing-file");
        add("package: two models", zip("a.onnx", MODEL, "b.onnx", MODEL), MANIFEST);
        add("package: a package in a package", zip("inner.zip", zip("m.onnx", MODEL)), "missing-file");
        add(
                "package: only folders",
                new ZipBytes().add(Part.stored("a/", new byte[0])).build(),
                "missing-file");
        // A TorchScript archive is never unpacked here: its runtime must not be fooled either.
        addZip(
                "a TorchScript archive that overlaps",
                new ZipBytes()
                        .add(Part.stored("net/data.pkl", bytes("x")))
                        .add(Part.stored("net/constants.pkl", bytes("x")))
                        .listed(Part.stored("net/code/a.py", bytes("x")), 0),
                UNSAFE);
    }
}
