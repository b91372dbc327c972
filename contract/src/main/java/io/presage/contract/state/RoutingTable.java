package io.presage.contract.state;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Everything a gateway needs to answer predict calls without asking anybody.
///
/// @param revision grows with every change
/// @param models in the order of their names
/// @param workers live ones that take calls, by id
/// @param keys hashes only
/// @param limits of tenants and models
/// @param digest [RoutingContent#digest]; null where the registry gives none
public record RoutingTable(
        long revision,
        List<Model> models,
        List<Worker> workers,
        List<Key> keys,
        LimitRules limits,
        @Nullable String digest) {
    public static final RoutingTable EMPTY = new RoutingTable(0, List.of(), List.of(), List.of());

    public RoutingTable {
        models = List.copyOf(models);
        workers = List.copyOf(workers);
        keys = List.copyOf(keys);
        limits = LimitRules.orNone(limits);
    }

    /// Without a digest.
    public RoutingTable(long revision, List<Model> models, List<Worker> workers, List<Key> keys, LimitRules limits) {
        this(revision, models, workers, keys, limits, null);
    }

    /// Without limits of tenants and models.
    public RoutingTable(long revision, List<Model> models, List<Worker> workers, List<Key> keys) {
        this(revision, models, workers, keys, LimitRules.NONE);
    }

    /// @param targets the live split; weights sum to 10,000, or the list is empty when nothing was ever in
    ///     force
    /// @param versions every version that can be called, pinned ones too; ascending
    /// @param aliases alias -> version; `champion` is always the active version
    /// @param policy null means none
    public record Model(
            String name,
            List<Target> targets,
            List<Version> versions,
            Map<String, Integer> aliases,
            @Nullable TrafficPolicy policy) {
        public Model {
            targets = List.copyOf(targets);
            versions = List.copyOf(versions);
            aliases = Map.copyOf(aliases);
        }

        /// Without a policy.
        public Model(String name, List<Target> targets, List<Version> versions, Map<String, Integer> aliases) {
            this(name, targets, versions, aliases, null);
        }
    }

    /// @param weightBasisPoints 0..10000
    public record Target(int version, int weightBasisPoints) {}

    /// @param workers ids of workers on which it is Ready; empty for a version that exists but is not served
    ///     now
    /// @param sha256 digest of its package; null when the registry does not say
    /// @param loading null unless it is on its way to a worker and on none yet
    public record Version(
            int version,
            List<String> workers,
            @Nullable String sha256,
            @Nullable Loading loading) {
        public Version {
            workers = List.copyOf(workers);
        }

        public Version(int version, List<String> workers, @Nullable String sha256) {
            this(version, workers, sha256, null);
        }

        /// Without a digest.
        public Version(int version, List<String> workers) {
            this(version, workers, null, null);
        }
    }

    /// Some worker was told to load a version and has not failed to.
    ///
    /// @param expectedMillis what the load took where the version was validated, fetching apart
    public record Loading(long expectedMillis) {}

    /// @param host name or address that the gateway connects to
    public record Worker(String id, String host, int port) {}

    /// @param id public part of the key
    /// @param sha256 lower-case hex SHA-256 of the whole key text
    /// @param models names the key is for; empty means every model
    /// @param limit calls on each model; null means the gateway's default
    /// @param tenant whom it belongs to
    /// @param rowLimit rows on each model; null means no limit
    public record Key(
            String id,
            String sha256,
            Set<Role> roles,
            Set<String> models,
            @Nullable Limit limit,
            String tenant,
            @Nullable Limit rowLimit) {
        public Key {
            roles = Set.copyOf(roles);
            models = Set.copyOf(models);
            tenant = tenant == null ? LimitRules.DEFAULT_TENANT : tenant;
        }

        /// Of the default tenant.
        public Key(String id, String sha256, Set<Role> roles, Set<String> models, @Nullable Limit limit) {
            this(id, sha256, roles, models, limit, LimitRules.DEFAULT_TENANT, null);
        }
    }
}
