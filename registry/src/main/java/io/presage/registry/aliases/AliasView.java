package io.presage.registry.aliases;

record AliasView(String model, String alias, int version) {}
