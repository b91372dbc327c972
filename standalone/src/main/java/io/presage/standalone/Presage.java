package io.presage.standalone;

/// TEMPORARY frame.
public final class Presage {
    public static void main(String[] args) {}

    private Presage() {}
}
