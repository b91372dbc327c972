package io.presage.engine.lightgbm;

import com.microsoft.ml.lightgbm.SWIGTYPE_p_float;
import com.microsoft.ml.lightgbm.SWIGTYPE_p_void;
import com.microsoft.ml.lightgbm.lightgbmlib;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// LightGBM's own Java binding: trains, saves and predicts.
final class Trainer implements AutoCloseable {
    private static final int FLOAT32 = 0;

    private final SWIGTYPE_p_void booster;

    private Trainer(SWIGTYPE_p_void booster) {
        this.booster = booster;
    }

    /// Once, before anything else here.
    static void open(Path folder) throws IOException {
        for (var name : new String[] {"lib_lightgbm.so", "lib_lightgbm_swig.so"}) {
            var file = folder.resolve(name);
            try (var in = Objects.requireNonNull(
                    lightgbmlib.class.getResourceAsStream("/com/microsoft/ml/lightgbm/linux/x86_64/" + name))) {
                Files.copy(in, file);
            }
            System.load(file.toString());
        }
    }

    static Trainer train(String settings, float[] rows, float[] labels, int iterations) {
        var all = settings + " verbosity=-1 num_threads=1 num_leaves=7 min_data_in_leaf=5 deterministic=true seed=1";
        var data = array(rows);
        var label = array(labels);
        var dataset = lightgbmlib.voidpp_handle();
        check(lightgbmlib.LGBM_DatasetCreateFromMat(
                lightgbmlib.float_to_voidp_ptr(data),
                FLOAT32,
                labels.length,
                rows.length / labels.length,
                1,
                all,
                null,
                dataset));
        var set = lightgbmlib.voidpp_value(dataset);
        check(lightgbmlib.LGBM_DatasetSetField(
                set, "label", lightgbmlib.float_to_voidp_ptr(label), labels.length, FLOAT32));
        var handle = lightgbmlib.voidpp_handle();
        check(lightgbmlib.LGBM_BoosterCreate(set, all, handle));
        var booster = lightgbmlib.voidpp_value(handle);
        var finished = lightgbmlib.new_intp();
        for (int i = 0; i < iterations; i++) {
            check(lightgbmlib.LGBM_BoosterUpdateOneIter(booster, finished));
        }
        lightgbmlib.delete_intp(finished);
        check(lightgbmlib.LGBM_DatasetFree(set));
        lightgbmlib.delete_floatArray(data);
        lightgbmlib.delete_floatArray(label);
        return new Trainer(booster);
    }

    void save(Path file) {
        check(lightgbmlib.LGBM_BoosterSaveModel(booster, 0, -1, 0, file.toString()));
    }

    double[] predict(float[] rows, int columns, int answersPerRow) {
        int count = rows.length / columns * answersPerRow;
        var data = array(rows);
        var answered = lightgbmlib.new_int64_tp();
        var answers = lightgbmlib.new_doubleArray(count);
        check(lightgbmlib.LGBM_BoosterPredictForMat(
                booster,
                lightgbmlib.float_to_voidp_ptr(data),
                FLOAT32,
                rows.length / columns,
                columns,
                1,
                0,
                0,
                -1,
                "num_threads=1",
                answered,
                answers));
        var values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = lightgbmlib.doubleArray_getitem(answers, i);
        }
        lightgbmlib.delete_doubleArray(answers);
        lightgbmlib.delete_int64_tp(answered);
        lightgbmlib.delete_floatArray(data);
        return values;
    }

    private static SWIGTYPE_p_float array(float[] values) {
        var array = lightgbmlib.new_floatArray(values.length);
        for (int i = 0; i < values.length; i++) {
            lightgbmlib.floatArray_setitem(array, i, values[i]);
        }
        return array;
    }

    private static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException(lightgbmlib.LGBM_GetLastError());
        }
    }

    @Override
    public void close() {
        check(lightgbmlib.LGBM_BoosterFree(booster));
    }
}
