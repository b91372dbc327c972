package onnx;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// Rows of numbers whose last column is the class. Every fifth row, the first one included, is held out: no
/// chance is involved, so the split is the same everywhere.
public record DataSet(List<double[]> rows, List<Integer> classes) {

    /// Reads a CSV file (gzip if it is named so) after checking that it is the very file that the model was
    /// made from.
    public static DataSet read(Path file, String sha256, int columns, boolean heading) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            String actual = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            if (!actual.equals(sha256)) {
                throw new IllegalArgumentException(file + ": SHA-256 " + actual + " (expected: " + sha256 + ")");
            }
            if (file.toString().endsWith(".gz")) {
                bytes = new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes();
            }
            List<double[]> rows = new ArrayList<>();
            List<Integer> classes = new ArrayList<>();
            new String(bytes, StandardCharsets.US_ASCII).lines().skip(heading ? 1 : 0).forEach(line -> {
                String[] cells = line.split(",");
                double[] row = new double[columns];
                for (int i = 0; i < columns; i++) {
                    row[i] = Double.parseDouble(cells[i]);
                }
                rows.add(row);
                classes.add((int) Double.parseDouble(cells[columns]));
            });
            return new DataSet(rows, classes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public DataSet heldOut() {
        return part(true);
    }

    public DataSet training() {
        return part(false);
    }

    public int size() {
        return rows.size();
    }

    private DataSet part(boolean heldOut) {
        List<double[]> someRows = new ArrayList<>();
        List<Integer> someClasses = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (i % 5 == 0 == heldOut) {
                someRows.add(rows.get(i));
                someClasses.add(classes.get(i));
            }
        }
        return new DataSet(someRows, someClasses);
    }
}
