package io.presage.contract.infer;

/// What is known of a tensor before its data is read.
///
/// @param noun `input` or `output`, for messages
record TensorHead(String noun, String name, DataType dataType, Shape shape) {
    static final TensorHead NONE = new TensorHead("input", "", DataType.BOOL, Shape.of(0));

    /// `input 'x'`
    String label() {
        return noun + " '" + shorten(name) + "'";
    }

    /// For messages: what a client sent may be long.
    static String shorten(String name) {
        return name.length() > 64 ? name.substring(0, 64) + "..." : name;
    }
}
