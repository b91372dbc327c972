package io.presage.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Writes LightGBM's text models of whole trees with random splits. The format is that of `save_model`, v3.
final class LightgbmFile {
    private static final int DEPTH = 5;

    private LightgbmFile() {}

    /// `trees` trees of 32 leaves over `features` numbers around 0.
    static String random(int trees, int features, long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var blocks = new ArrayList<String>();
        for (int i = 0; i < trees; i++) {
            blocks.add(tree(i, features, random));
        }
        return "tree\nversion=v3\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx="
                + (features - 1) + "\nobjective=binary sigmoid:1\nfeature_names=" + each(features, i -> "f" + i)
                + "\nfeature_infos=" + each(features, _ -> "[-10:10]") + "\ntree_sizes="
                + blocks.stream().map(block -> Integer.toString(block.length())).collect(Collectors.joining(" "))
                + "\n\n" + String.join("", blocks) + "end of trees\n";
    }

    /// Inner nodes are numbered as in a heap; a negative child is the leaf of that number, less one.
    private static String tree(int number, int features, RandomGenerator random) {
        int leaves = 1 << DEPTH;
        int inner = leaves - 1;
        return "Tree=" + number + "\nnum_leaves=" + leaves + "\nnum_cat=0\nsplit_feature="
                + each(inner, _ -> Integer.toString(random.nextInt(features))) + "\nsplit_gain="
                + each(inner, _ -> "1") + "\nthreshold=" + each(inner, _ -> Double.toString(random.nextGaussian()))
                + "\ndecision_type=" + each(inner, _ -> "2") + "\nleft_child=" + children(inner, 1)
                + "\nright_child=" + children(inner, 2) + "\nleaf_value="
                + each(leaves, _ -> Double.toString(random.nextGaussian() / 10)) + "\nleaf_weight="
                + each(leaves, _ -> "1") + "\nleaf_count=" + each(leaves, _ -> "1") + "\ninternal_value="
                + each(inner, _ -> "0") + "\ninternal_weight=" + each(inner, _ -> "1") + "\ninternal_count="
                + each(inner, _ -> "2") + "\nshrinkage=1\n\n\n";
    }

    private static String children(int inner, int side) {
        return each(inner, i -> {
            int child = 2 * i + side;
            return Integer.toString(child < inner ? child : inner - child - 1);
        });
    }

    private static String each(int count, java.util.function.IntFunction<String> text) {
        return IntStream.range(0, count).mapToObj(text).collect(Collectors.joining(" "));
    }

    /// As many numbers as there are features.
    static float[] row(int features) {
        var row = new float[features];
        for (int i : List.of(0, 3, 7)) {
            row[i % features] = i / 4f;
        }
        return row;
    }
}
