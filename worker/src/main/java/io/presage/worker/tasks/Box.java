package io.presage.worker.tasks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A found object: its corners, how sure the model is (0..1), and its class. Pure.
record Box(double x1, double y1, double x2, double y2, double score, int label) {

    /// Area of the overlap over the area of both together; 0 for empty boxes.
    double overlap(Box other) {
        double width = Math.min(x2, other.x2) - Math.max(x1, other.x1);
        double height = Math.min(y2, other.y2) - Math.max(y1, other.y1);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        double both = width * height;
        return both / (area() + other.area() - both);
    }

    private double area() {
        return (x2 - x1) * (y2 - y1);
    }

    /// Non-maximum suppression: the surest first, without those that overlap a surer one of their class by more
    /// than `iouMax`.
    static List<Box> surest(List<Box> boxes, double iouMax) {
        List<Box> kept = new ArrayList<>();
        for (Box box : boxes.stream()
                .sorted(Comparator.comparingDouble(Box::score).reversed())
                .toList()) {
            boolean isNew =
                    kept.stream().allMatch(better -> better.label != box.label || better.overlap(box) <= iouMax);
            if (isNew) {
                kept.add(box);
            }
        }
        return kept;
    }
}
