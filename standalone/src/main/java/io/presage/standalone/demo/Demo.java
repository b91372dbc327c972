package io.presage.standalone.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.function.Consumer;

/// Loads the demo catalogue into a running Presage.
public final class Demo {
    /// Blocks until each model of the catalogue has its outcome, which is told as soon as it is known.
    ///
    /// @param address of the gateway, without a path
    /// @param key an ADMIN key
    /// @param folder where downloaded packages are kept
    public static void load(URI address, String key, Path folder, Patience patience, Consumer<DemoOutcome> outcomes)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var packages = new DemoPackages(new NpmStore(folder, "npm"));
            new DemoLoader(new HttpControlApi(http, address, key), packages, folder, patience)
                    .load(Catalogue.read(), outcomes);
        }
    }

    private Demo() {}
}
