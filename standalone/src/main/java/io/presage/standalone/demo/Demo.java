package io.presage.standalone.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.List;

/// Loads the demo catalogue into a running Presage.
public final class Demo {
    /// One outcome for each model of the catalogue, in its order.
    ///
    /// @param address of the gateway, without a path
    /// @param key an ADMIN key
    /// @param folder where downloaded packages are kept
    public static List<DemoOutcome> load(URI address, String key, Path folder, Patience patience)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var packages = new DemoPackages(new NpmStore(folder, "npm"));
            return new DemoLoader(new HttpControlApi(http, address, key), packages, folder, patience)
                    .load(Catalogue.read());
        }
    }

    private Demo() {}
}
