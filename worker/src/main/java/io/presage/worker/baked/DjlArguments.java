package io.presage.worker.baked;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// From the arguments of DJL's translators to members of `model.yaml`. Pure. An argument that changes answers
/// and has
/// no counterpart is refused by name: dropped, it would change them silently.
final class DjlArguments {
    /// Of 0..1, per channel, as DJL's `normalize: true` means it (ImageNet).
    private static final List<Double> MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> STD = List.of(0.229, 0.224, 0.225);
    private static final double PIXEL_MAX = 255;

    private DjlArguments() {}

    /// Members of the manifest for `task`.
    static Map<String, Object> of(String task, Map<String, String> arguments) {
        var image = new LinkedHashMap<String, Object>();
        var detection = new LinkedHashMap<String, Object>();
        var text = new LinkedHashMap<String, Object>();
        var isText = task.equals("text-embedding");
        // DJL's pictures become 0..1 and CHW, unless toTensor is off: then they stay 0..255 and HWC.
        var isTensor = Boolean.parseBoolean(arguments.getOrDefault("toTensor", "true"));
        if (!isTensor) {
            image.put("layout", "NHWC");
            image.put("std", List.of(1.0));
        }
        for (var argument : arguments.entrySet()) {
            var name = argument.getKey();
            var value = argument.getValue();
            switch (name) {
                case "width", "height" -> image.put(name, number(name, value));
                case "resize" -> resize(value, image);
                case "applySoftmax" -> image.put("softmax", Boolean.parseBoolean(value));
                case "flag" -> image.put("channels", value.equals("GRAYSCALE") ? "GRAY" : "RGB");
                case "normalize" -> {
                    if (isText) {
                        text.put("normalize", Boolean.parseBoolean(value));
                    } else {
                        normalize(value, isTensor ? PIXEL_MAX : 1, image);
                    }
                }
                case "threshold" -> detection.put("scoreMin", Double.valueOf(value));
                case "maxLength" -> text.put("tokensMax", number(name, value));
                case "pooling" -> text.put("pooling", value);
                // Read elsewhere, or of no meaning here: the batcher is the worker's own, and the platform's clients
                // get all scores.
                case "toTensor", "synset", "synsetFileName", "batchifier", "topK", "topk" -> {}
                default ->
                    throw DjlModel.refused(
                            "arguments." + name,
                            value,
                            "width, height, resize, applySoftmax, toTensor, flag, normalize, threshold, maxLength, pooling,"
                                    + " synset or synsetFileName; else a model.yaml beside the model");
            }
        }
        var members = new LinkedHashMap<String, Object>();
        put(members, "image", image, task.equals("image-classification") || task.equals("object-detection"));
        put(members, "detection", detection, task.equals("object-detection"));
        put(members, "text", text, isText);
        return members;
    }

    private static void put(
            Map<String, Object> members, String name, Map<String, Object> values, boolean goesWithTask) {
        if (values.isEmpty()) {
            return;
        }
        if (!goesWithTask) {
            throw DjlModel.refused("arguments", values.keySet(), "arguments that go with the application");
        }
        members.put(name, values);
    }

    private static int number(String name, String value) {
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalStateException("djl.arguments." + name + ": " + value + " (expected: a whole number)", e);
        }
    }

    /// `true`, or `width,height`.
    private static void resize(String value, Map<String, Object> image) {
        var sizes = value.split(",");
        if (sizes.length == 2) {
            image.put("width", number("resize", sizes[0]));
            image.put("height", number("resize", sizes[1]));
        } else if (!value.equals("true") && !value.equals("false")) {
            int size = number("resize", value);
            image.put("width", size);
            image.put("height", size);
        }
    }

    /// `true`, or three means and three deviations; `scale` of theirs is one of a pixel's 0..255.
    private static void normalize(String value, double scale, Map<String, Object> image) {
        var numbers = value.split(",");
        List<Double> mean = MEAN;
        List<Double> std = STD;
        if (numbers.length == 6) {
            var given = new ArrayList<Double>();
            for (var number : numbers) {
                given.add(Double.valueOf(number.strip()));
            }
            mean = given.subList(0, 3);
            std = given.subList(3, 6);
        } else if (value.equals("false")) {
            return;
        } else if (!value.equals("true")) {
            throw DjlModel.refused("arguments.normalize", value, "true, false, or three means and three deviations");
        }
        image.put("mean", scaled(mean, scale));
        image.put("std", scaled(std, scale));
    }

    /// One number where all channels have the same: grey pictures have but one.
    private static List<Double> scaled(List<Double> values, double scale) {
        var all = values.stream().map(value -> value * scale).toList();
        return all.stream().distinct().count() == 1 ? all.subList(0, 1) : all;
    }
}
