package io.presage.worker.infer;

import io.presage.contract.infer.CodecLimits;
import io.presage.worker.versions.Versions;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import tools.jackson.databind.json.JsonMapper;

/// What all event loops share. Any thread.
///
/// @param callRowsMax rows of one call
record Surroundings(
        Versions versions,
        HttpSettings settings,
        String serviceSecret,
        int callRowsMax,
        CodecLimits codecLimits,
        ByteBudget budget,
        TensorMemory tensors,
        PreparePool pool,
        Shed shed,
        JsonMapper json,
        InstantSource clock,
        LongSupplier nanos) {}
