package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.engine.LoadException;
import java.util.ArrayList;
import java.util.List;

/// From `image` BYTES to the model's one FP32 input, as `image:` of model.yaml says: decoded, scaled,
/// normalised, laid out. Pure; any thread.
final class PictureInput {
    /// Of all pictures of one call together, by their headers; each one may have what those before it left.
    static final int PIXELS_MAX = 40_000_000;

    /// Of the model's input for the largest call: 256 MiB.
    static final int VALUES_MAX = 64 << 20;

    private final Manifest.Image settings;
    private final String name;
    private final int channels;
    private final int rowsMax;

    private PictureInput(Manifest manifest, String name, int rowsMax) {
        this.settings = manifest.image();
        this.name = name;
        this.channels = settings.channels().equals("GRAY") ? 1 : 3;
        this.rowsMax = rowsMax;
    }

    static PictureInput create(String task, Manifest manifest, Signature model) throws LoadException {
        Manifest.Image settings = manifest.image();
        oneOf("image.layout", settings.layout(), List.of("NCHW", "NHWC", "FLAT"));
        oneOf("image.channels", settings.channels(), List.of("RGB", "BGR", "GRAY"));
        oneOf("image.resize", settings.resize(), List.of("stretch", "letterbox"));
        int channels = settings.channels().equals("GRAY") ? 1 : 3;
        perChannel("image.mean", settings.mean(), channels);
        perChannel("image.std", settings.std(), channels);
        if (settings.std().contains(0.0)) {
            throw Misfit.manifest("image.std: " + settings.std() + " (expected: no 0)", "Correct it in model.yaml.");
        }
        int rowsMax = model.batchable() ? manifest.batching().rowsMax() : 1;
        long values = (long) settings.width() * settings.height() * channels * rowsMax;
        if (values > VALUES_MAX) {
            throw Misfit.manifest(
                    "image: %d x %d x %d in batches of up to %d pictures are %d numbers (expected: at most %d)"
                            .formatted(settings.width(), settings.height(), channels, rowsMax, values, VALUES_MAX),
                    "Lower batching.rowsMax in model.yaml, or the size of the model's input.");
        }
        Shape row = shape(settings, channels, 1);
        boolean fits = model.inputs().size() == 1
                && model.inputs().getFirst().datatype() == DataType.FP32
                && Misfit.shape(model.inputs().getFirst()).accepts(row);
        if (!fits) {
            throw Misfit.tensors(task, model, "one input FP32 " + row.withDim(0, -1) + " (by `image:` in model.yaml)");
        }
        return new PictureInput(manifest, model.inputs().getFirst().name(), rowsMax);
    }

    private static void oneOf(String key, String value, List<String> expected) throws LoadException {
        if (!expected.contains(value)) {
            throw Misfit.manifest(
                    "%s: '%s' (expected: one of %s)".formatted(key, value, expected), "Correct it in model.yaml.");
        }
    }

    private static void perChannel(String key, List<Double> values, int channels) throws LoadException {
        if (values.size() != 1 && values.size() != channels) {
            throw Misfit.manifest(
                    "%s: %d numbers (expected: 1, or %d, one a channel)".formatted(key, values.size(), channels),
                    "Correct it in model.yaml.");
        }
    }

    private static Shape shape(Manifest.Image settings, int channels, int rows) {
        int height = settings.height();
        int width = settings.width();
        return switch (settings.layout()) {
            case "NCHW" -> Shape.of(rows, channels, height, width);
            case "NHWC" -> Shape.of(rows, height, width, channels);
            default -> Shape.of(rows, (long) height * width * channels);
        };
    }

    /// The model's input for all pictures of a call, and where each lies in it.
    record Placed(Tensor tensor, List<Place> places) {}

    /// Model pixel `(x, y)` shows the pixel `((x - left) / scaleX, (y - top) / scaleY)` of the picture that was
    /// sent.
    record Place(int width, int height, double left, double top, double scaleX, double scaleY) {}

    Placed read(Tensor input) {
        List<byte[]> elements = Payload.elements(input, rowsMax);
        int size = settings.width() * settings.height() * channels;
        float[] values = new float[Math.multiplyExact(elements.size(), size)];
        List<Place> places = new ArrayList<>(elements.size());
        long pixels = 0;
        for (int row = 0; row < elements.size(); row++) {
            String rowName = Payload.rowName(input.name(), row);
            byte[] file = Payload.file(rowName, elements.get(row), Picture::isPicture, "a JPEG or PNG file");
            Picture picture = Picture.read(rowName, file, (int) (PIXELS_MAX - pixels));
            pixels += (long) picture.width() * picture.height();
            places.add(draw(picture, values, row * size));
        }
        return new Placed(Numbers.floats(name, shape(settings, channels, elements.size()), values), places);
    }

    private Place draw(Picture picture, float[] values, int from) {
        double scaleX = (double) settings.width() / picture.width();
        double scaleY = (double) settings.height() / picture.height();
        int columns = settings.width();
        int lines = settings.height();
        if (settings.resize().equals("letterbox")) {
            double scale = Math.min(scaleX, scaleY);
            columns = (int) Math.clamp(Math.round(picture.width() * scale), 1, columns);
            lines = (int) Math.clamp(Math.round(picture.height() * scale), 1, lines);
        }
        int left = (settings.width() - columns) / 2;
        int top = (settings.height() - lines) / 2;
        float[] scaled = picture.scaled(columns, lines);
        for (int y = 0; y < settings.height(); y++) {
            for (int x = 0; x < settings.width(); x++) {
                boolean inside = x >= left && x < left + columns && y >= top && y < top + lines;
                int pixel = inside ? 3 * ((y - top) * columns + x - left) : -1;
                for (int channel = 0; channel < channels; channel++) {
                    // What a letterbox leaves free is black.
                    float value = inside ? value(scaled, pixel, channel) : 0;
                    values[from + index(x, y, channel)] =
                            (float) ((value - of(settings.mean(), channel)) / of(settings.std(), channel));
                }
            }
        }
        return new Place(
                picture.width(),
                picture.height(),
                left,
                top,
                (double) columns / picture.width(),
                (double) lines / picture.height());
    }

    private float value(float[] rgb, int pixel, int channel) {
        return switch (settings.channels()) {
            case "RGB" -> rgb[pixel + channel];
            case "BGR" -> rgb[pixel + 2 - channel];
            // ITU-R BT.601, as most tools and training sets do.
            default -> 0.299f * rgb[pixel] + 0.587f * rgb[pixel + 1] + 0.114f * rgb[pixel + 2];
        };
    }

    private int index(int x, int y, int channel) {
        return settings.layout().equals("NCHW")
                ? (channel * settings.height() + y) * settings.width() + x
                : (y * settings.width() + x) * channels + channel;
    }

    private static double of(List<Double> values, int channel) {
        return values.size() == 1 ? values.getFirst() : values.get(channel);
    }
}
