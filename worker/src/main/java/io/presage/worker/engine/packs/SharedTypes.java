package io.presage.worker.engine.packs;

import java.util.List;

/// What packs see of the worker: the types that the seam speaks of, and logging. Everything else a pack brings
/// itself, so that its libraries and the worker's may be of different versions.
final class SharedTypes extends ClassLoader {
    private static final List<String> SHARED =
            List.of("io.presage.contract.", "io.presage.worker.engine.", "io.presage.worker.artifacts.", "org.slf4j.");

    private final ClassLoader worker;

    SharedTypes(ClassLoader worker) {
        super("pack-shared", getPlatformClassLoader());
        this.worker = worker;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        for (var prefix : SHARED) {
            if (name.startsWith(prefix)) {
                return worker.loadClass(name);
            }
        }
        throw new ClassNotFoundException(name);
    }
}
