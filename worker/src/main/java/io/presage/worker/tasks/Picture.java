package io.presage.worker.tasks;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/// A decoded JPEG or PNG. Its header is asked before a pixel is read: a side over [#SIDE_MAX] or more pixels
/// than allowed are refused. A picture of more than [#PIXELS_READ_MAX] is read with every n-th pixel of every
/// n-th row, and only two such pictures at a time, because a progressive JPEG holds all its coefficients in
/// native memory (6 bytes a pixel) whatever is read of it. Colour profiles and EXIF orientation are not
/// applied; what is transparent lies on white. Any thread.
///
/// `width` and `height` are those of the picture as it was sent, `step` tells how it was thinned.
record Picture(int width, int height, int step, BufferedImage pixels) {
    static final int PIXELS_READ_MAX = 4_000_000;
    static final int SIDE_MAX = 30_000;

    private static final Semaphore LARGE = new Semaphore(2);

    enum Kind {
        JPEG,
        PNG
    }

    static boolean isPicture(byte[] bytes) {
        return isJpeg(bytes) || isPng(bytes);
    }

    private static boolean isJpeg(byte[] bytes) {
        return bytes.length >= 3 && bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xD8 && bytes[2] == (byte) 0xFF;
    }

    private static boolean isPng(byte[] bytes) {
        return bytes.length >= 8
                && bytes[0] == (byte) 0x89
                && bytes[1] == 'P'
                && bytes[2] == 'N'
                && bytes[3] == 'G'
                && bytes[4] == '\r'
                && bytes[5] == '\n'
                && bytes[6] == 0x1A
                && bytes[7] == '\n';
    }

    /// @param name what messages call the picture
    /// @param pixelsMax of this picture
    static Picture read(String name, byte[] bytes, int pixelsMax) {
        if (!isPicture(bytes)) {
            throw invalid(name, "neither a JPEG nor a PNG header (expected: one of them)", null);
        }
        Kind kind = isJpeg(bytes) ? Kind.JPEG : Kind.PNG;
        ImageReader reader = ImageIO.getImageReadersByFormatName(kind.name()).next();
        try (var stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            // Metadata is skipped: compressed text in it could unpack to any size.
            reader.setInput(stream, true, true);
            int width = reader.getWidth(0);
            int height = reader.getHeight(0);
            long size = (long) width * height;
            if (size > pixelsMax || Math.max(width, height) > SIDE_MAX) {
                String what = "%d x %d = %d pixels (expected: at most %d, and %d on a side)"
                        .formatted(width, height, size, pixelsMax, SIDE_MAX);
                throw invalid(name, what, null);
            }
            int step = (int) Math.ceil(Math.sqrt((double) size / PIXELS_READ_MAX));
            ImageReadParam how = reader.getDefaultReadParam();
            how.setSourceSubsampling(step, step, 0, 0);
            Cut cut = new Cut();
            reader.addIIOReadWarningListener(cut);
            BufferedImage pixels = step == 1 ? reader.read(0, how) : readLarge(reader, how);
            if (cut.warning != null) {
                throw invalid(name, "broken %s: %s".formatted(kind, cut.warning), null);
            }
            return new Picture(width, height, step, pixels);
        } catch (IOException | RuntimeException e) {
            // The JDK's readers answer broken bytes also with IndexOutOfBounds, IllegalArgument and NegativeArraySize.
            if (e instanceof ProblemException problem) {
                throw problem;
            }
            throw invalid(name, "broken %s: %s".formatted(kind, reason(e)), e);
        } finally {
            reader.dispose();
        }
    }

    private static BufferedImage readLarge(ImageReader reader, ImageReadParam how) throws IOException {
        LARGE.acquireUninterruptibly();
        try {
            return reader.read(0, how);
        } finally {
            LARGE.release();
        }
    }

    /// The picture in another size: `[lines, columns, 3]`, red, green, blue, 0..255.
    float[] scaled(int columns, int lines) {
        Resize across = new Resize(pixels.getWidth(), columns);
        Resize down = new Resize(pixels.getHeight(), lines);
        float[] narrow = new float[pixels.getHeight() * columns * 3];
        int[] scratch =
                new int[pixels.getWidth() * Math.max(1, pixels.getRaster().getNumBands())];
        float[] row = new float[pixels.getWidth() * 3];
        for (int y = 0; y < pixels.getHeight(); y++) {
            row(y, scratch, row);
            for (int x = 0; x < columns; x++) {
                for (int colour = 0; colour < 3; colour++) {
                    narrow[(y * columns + x) * 3 + colour] = across.at(x, row, colour, 3);
                }
            }
        }
        float[] result = new float[lines * columns * 3];
        for (int y = 0; y < lines; y++) {
            for (int i = 0; i < columns * 3; i++) {
                result[y * columns * 3 + i] = down.at(y, narrow, i, columns * 3);
            }
        }
        return result;
    }

    private static String reason(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /// Puts row `y` of the thinned picture into `row`, three values 0..255 a pixel: red, green, blue.
    private void row(int y, int[] scratch, float[] row) {
        int columns = pixels.getWidth();
        ColorModel colours = pixels.getColorModel();
        if (colours instanceof IndexColorModel) {
            pixels.getRGB(0, y, columns, 1, scratch, 0, columns);
            for (int x = 0; x < columns; x++) {
                int alpha = scratch[x] >>> 24;
                row[3 * x] = onWhite(scratch[x] >> 16 & 0xFF, alpha, 255);
                row[3 * x + 1] = onWhite(scratch[x] >> 8 & 0xFF, alpha, 255);
                row[3 * x + 2] = onWhite(scratch[x] & 0xFF, alpha, 255);
            }
            return;
        }
        // The bands as they are: getRGB would take grey for linear light, and convert profiles pixel by pixel.
        Raster raster = pixels.getRaster();
        int bands = raster.getNumBands();
        boolean grey = bands < 3;
        int alphaBand = bands == 2 || bands == 4 ? bands - 1 : -1;
        float max = (1 << colours.getComponentSize(0)) - 1;
        raster.getPixels(0, y, columns, 1, scratch);
        for (int x = 0; x < columns; x++) {
            int at = x * bands;
            int alpha = alphaBand < 0 ? (int) max : scratch[at + alphaBand];
            for (int colour = 0; colour < 3; colour++) {
                row[3 * x + colour] = onWhite(scratch[at + (grey ? 0 : colour)], alpha, max) * 255 / max;
            }
        }
    }

    private static float onWhite(int value, int alpha, float max) {
        return value * (alpha / max) + max - alpha;
    }

    private static ProblemException invalid(String name, String what, @Nullable Throwable cause) {
        return new ProblemException(Problem.INVALID_INPUT, name + ": " + what, cause);
    }

    /// The JPEG reader fills up what is missing with grey and only warns. Other warnings (stray bytes between
    /// markers, odd metadata) are common in pictures that are whole.
    private static final class Cut implements IIOReadWarningListener {
        private @Nullable String warning;

        @Override
        public void warningOccurred(ImageReader source, String text) {
            String lower = text.toLowerCase(Locale.ROOT);
            if (lower.contains("premature") || lower.contains("bad huffman")) {
                warning = text;
            }
        }
    }
}
