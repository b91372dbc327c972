package io.presage.bench;

/// What is asked through the whole chain, and of which model.
enum Workload {
    /// 30 numbers in, one label and two probabilities out.
    TUMOUR("tumour", 32),
    /// A text of 16 tokens in, 384 numbers out.
    MINILM("minilm", 8);

    static final String TEXT = "The cat sat on the warm mat and looked out of the window today";
    static final int TOKENS = 16;
    static final float[] FEATURES = {
        17.99f, 10.38f, 122.8f, 1001.0f, 0.1184f, 0.2776f, 0.3001f, 0.1471f, 0.2419f, 0.07871f, 1.095f, 0.9053f, 8.589f,
        153.4f, 0.006399f, 0.04904f, 0.05373f, 0.01587f, 0.03003f, 0.006193f, 25.38f, 17.33f, 184.6f, 2019.0f, 0.1622f,
        0.6656f, 0.7119f, 0.2654f, 0.4601f, 0.1189f
    };

    private final String model;
    private final int connections;

    Workload(String model, int connections) {
        this.model = model;
        this.connections = connections;
    }

    String model() {
        return model;
    }

    int connections() {
        return connections;
    }

    String path() {
        return "/v2/models/" + model + "/infer";
    }

    /// The OIP request.
    String body() {
        return switch (this) {
            case TUMOUR -> {
                var data = new StringBuilder();
                for (float feature : FEATURES) {
                    data.append(data.isEmpty() ? "" : ", ").append(feature);
                }
                yield "{\"id\": \"r1\", \"inputs\": [{\"name\": \"features\", \"shape\": [1, 30], \"datatype\": \"FP32\", "
                        + "\"data\": [" + data + "]}]}";
            }
            case MINILM -> text(TEXT);
        };
    }

    /// The OIP request of an embedding; `text` needs no escapes.
    static String text(String text) {
        return "{\"id\": \"r1\", \"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\""
                + text + "\"]}]}";
    }
}
