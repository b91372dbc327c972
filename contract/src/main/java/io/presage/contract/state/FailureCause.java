package io.presage.contract.state;

import java.util.Arrays;
import java.util.Optional;

/// Every cause that a [Failure] can have. A word never changes its meaning; docs/model-package.md lists them.
public enum FailureCause {
    UNREACHABLE_ARTIFACT("The package could not be fetched, or the disk is full; it is tried again."),
    MISSING_ARTIFACT("The registry has no such package any more."),
    DIGEST_MISMATCH("The bytes that were fetched are not those that were uploaded."),
    UNSAFE_PACKAGE("The archive holds what could leave its folder or fill the disk: links, special files, names that"
            + " lead out or are another file elsewhere, entries that overlap or that its two directories describe"
            + " differently, more than 10,000 entries, more than twenty-fold expansion; or the model names a file"
            + " outside of the package."),
    CORRUPT_PACKAGE("The archive is cut off, damaged, encrypted, or packed in a way that is not read."),
    UNKNOWN_FORMAT("No engine reads the file; the card names the command that exports it."),
    UNSAFE_FORMAT("Reading the file would run code of its author (pickles, torch.save, R data); the card names the"
            + " command that exports it."),
    INVALID_MANIFEST("model.yaml cannot be read, has an unknown member or a value out of range, or leaves open which"
            + " file is the model."),
    MISSING_FILE("A file that the package, its model.yaml or its model names is not there."),
    CORRUPT_MODEL("The model file contradicts itself: lengths, shapes, types, names, connections."),
    UNSAFE_MODEL("The model is beyond the bounds below: it would take more memory or time than any use of it."),
    CORRUPT_TOKENIZER("tokenizer.json cannot be read, or holds what could end the process that reads it."),
    UNSUPPORTED_OPERATOR("The engine lacks an operator; the card has its name and opset."),
    UNSUPPORTED_OPSET("The model is of an opset or format version that the engine does not know."),
    UNSUPPORTED_SIGNATURE("Its inputs or outputs cannot be carried by the Open Inference Protocol."),
    MISSING_SIGNATURE("The file does not tell its tensors, and model.yaml does not either."),
    SIGNATURE_MISMATCH("`signature` in model.yaml is not that of the file."),
    TASK_MISMATCH("The model's inputs and outputs do not fit the task of model.yaml."),
    UNSUPPORTED_DEVICE("The worker has no such device, or the engine cannot use it."),
    UNSUPPORTED_DERIVATION("The version cannot have the sibling that was asked for."),
    NOTHING_TO_QUANTISE("No weights of the model are of a kind that int8 helps."),
    MODEL_TOO_LARGE("The model is larger than what can be quantised."),
    ORIGINAL_GONE("The version that a sibling was to be made of is no longer READY."),
    OUT_OF_MEMORY("It does not fit into the worker's memory."),
    ENGINE_NOT_ALLOWED("Models of this engine can hold code, and the worker's operator has not allowed it."),
    ENGINE_MISSING("The worker has no engine pack for this kind of model."),
    ENGINE_BROKEN("The engine pack, or its natives, cannot be loaded on this worker."),
    ENGINE_CRASHED("The engine's own process died, again and again; the card has its last words."),
    ENGINE_HUNG("The engine's own process was ended at its limit of time."),
    ENGINE_FAILURE("The engine failed for another reason; the card has its words."),
    INVALID_SAMPLE("A sample is no readable inference request or answer."),
    SAMPLE_FAILED("A sample request was refused by the model's signature or failed in the model."),
    SAMPLE_MISMATCH("The model answers a sample request otherwise than the sample says."),
    WORKER_DIED("Three workers were lost while they validated the version.");

    private final String meaning;

    FailureCause(String meaning) {
        this.meaning = meaning;
    }

    /// As in [Failure#cause]: `unsafe-package`.
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    public String meaning() {
        return meaning;
    }

    /// Empty for a word of a later version.
    public static Optional<FailureCause> of(String word) {
        return Arrays.stream(values())
                .filter(cause -> cause.word().equals(word))
                .findFirst();
    }
}
