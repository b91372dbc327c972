package io.presage.worker.baked;

import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// Everything under `djl`: the keys of djl-spring's `DjlConfigurationProperties`, with their names and
/// meanings, for
/// those who have an application with one model and its properties. What each becomes: see [DjlModel].
///
/// @param applicationType `IMAGE_CLASSIFICATION`, `OBJECT_DETECTION`; empty = by the classes
/// @param inputClass fully qualified; empty = by the application
/// @param outputClass fully qualified; empty = by the application
/// @param modelArtifactId of the model; its part after the colon names it
/// @param urls one `file:` URL or path of the model: a file, an archive or a folder; empty = no model
/// @param translatorFactory must be empty: classes of others are not loaded
/// @param arguments of the translator
/// @param modelFilter must be empty: there is no model zoo
/// @param engine `OnnxRuntime`, `PyTorch`, `TensorFlow`, `XGBoost`, `LightGBM`; empty = by the file
/// @param groupId not used: says where in a model zoo a model lies
/// @param modelName how clients call it, and the model's file in a folder
/// @param progress not used: there is no console
@ConfigurationProperties(prefix = "djl", ignoreUnknownFields = false)
public record DjlProperties(
        @DefaultValue("") String applicationType,
        @DefaultValue("") String inputClass,
        @DefaultValue("") String outputClass,
        @DefaultValue("") String modelArtifactId,
        @DefaultValue List<String> urls,
        @DefaultValue("") String translatorFactory,
        @DefaultValue Map<String, String> arguments,
        @DefaultValue Map<String, String> modelFilter,
        @DefaultValue("") String engine,
        @DefaultValue("") String groupId,
        @DefaultValue("") String modelName,
        @DefaultValue("true") boolean progress) {
    public DjlProperties {
        urls = List.copyOf(urls);
        arguments = Map.copyOf(arguments);
        modelFilter = Map.copyOf(modelFilter);
    }

    /// True when they describe a model.
    boolean isGiven() {
        return !urls.isEmpty()
                || !applicationType.isEmpty()
                || !inputClass.isEmpty()
                || !outputClass.isEmpty()
                || !modelArtifactId.isEmpty()
                || !translatorFactory.isEmpty()
                || !arguments.isEmpty()
                || !modelFilter.isEmpty()
                || !modelName.isEmpty();
    }
}
