package io.presage.registry.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Which worker holds which version. Pure; moves as little as it can:
///
/// 1. What is in its right place stays. A copy that failed moves to a worker on which the version did not fail
///   lately, if one has room; while none has, it stays and is tried again where it is. Failures are remembered
///   for a while, so that no version goes round.
/// 2. Copies over the wanted number go, those first that are not Ready, then those on the fullest worker.
/// 3. Missing copies go to workers that can run them, first to those on which the version did not fail, then to
///   those with free memory, then to the one with the smallest share of its memory taken, the fewest versions,
///   the first id. Without free memory, a worker takes up to `overcommit` times its memory: it evicts and loads
///   again on demand. A version alone must fit a worker's whole memory. Big versions choose first.
///
/// Wanted copies are at most the number of live workers. What fits nowhere is left out and said. Without any
/// live worker all stays as it is: there is nowhere to move to, and a worker that comes back finds its versions
/// still its.
///
/// A plan takes time in proportion to what is deployed.
final class PlacementPolicy {
    /// @param unplaced versions with fewer copies than wanted, because no worker has room
    record Plan(Set<Placement> placements, List<DeployedVersion> unplaced) {}

    /// @param present assignments as they are
    /// @param ready those of them whose slot is Ready
    /// @param failed versions on workers where their slot is Failed, or was lately
    static Plan plan(
            List<DeployedVersion> deployed,
            List<LiveWorker> workers,
            Set<Placement> present,
            Set<Placement> ready,
            Set<Placement> failed,
            double overcommit) {
        var ordered = bigFirst(deployed);
        if (workers.isEmpty()) {
            var versions = ordered.stream().map(Copies.Version::of).collect(Collectors.toUnmodifiableSet());
            return new Plan(
                    present.stream()
                            .filter(placement -> versions.contains(Copies.Version.of(placement)))
                            .collect(Collectors.toUnmodifiableSet()),
                    List.of());
        }
        var loads = new Loads(workers, overcommit);
        var presentCopies = new Copies(present);
        var placements = new Copies(Set.of());
        for (var version : ordered) {
            for (var kept : kept(version, loads, presentCopies, ready)) {
                placements.add(kept);
                loads.of(kept.workerId()).add(version.memoryBytes());
            }
        }
        for (var version : ordered) {
            moveFailed(version, loads, placements, failed);
        }
        var unplaced = new ArrayList<DeployedVersion>();
        for (var version : ordered) {
            int wanted = Math.min(version.replicas(), workers.size());
            int held = placements.of(version).size();
            for (int missing = wanted - held; missing > 0; missing--) {
                var chosen = best(version, loads, placements, failed);
                if (chosen.isEmpty()) {
                    unplaced.add(version);
                    break;
                }
                placements.add(at(chosen.get(), version));
                chosen.get().add(version.memoryBytes());
            }
        }
        return new Plan(placements.all(), List.copyOf(unplaced));
    }

    private static void moveFailed(DeployedVersion version, Loads loads, Copies placements, Set<Placement> failed) {
        var stuck = placements.of(version).stream()
                .filter(failed::contains)
                .sorted(Placement.ORDER)
                .toList();
        for (var placement : stuck) {
            var better = best(version, loads, placements, failed).filter(load -> !failed.contains(at(load, version)));
            if (better.isPresent()) {
                placements.remove(placement);
                loads.of(placement.workerId()).remove(version.memoryBytes());
                placements.add(at(better.get(), version));
                better.get().add(version.memoryBytes());
            }
        }
    }

    /// Where one more copy goes.
    private static Optional<Load> best(DeployedVersion version, Loads loads, Copies placements, Set<Placement> failed) {
        return loads.all()
                .filter(load -> !placements.of(version).contains(at(load, version)))
                .filter(load -> load.takes(version))
                .min(Comparator.comparing((Load load) -> failed.contains(at(load, version)))
                        .thenComparing(load -> !load.hasFree(version.memoryBytes()))
                        .thenComparing(Load.LEAST));
    }

    private static List<Placement> kept(DeployedVersion version, Loads loads, Copies present, Set<Placement> ready) {
        return present.of(version).stream()
                .filter(placement -> loads.has(placement.workerId())
                        && loads.of(placement.workerId()).runs(version))
                .sorted(Comparator.comparing((Placement placement) -> !ready.contains(placement))
                        .thenComparing(placement -> loads.of(placement.workerId()), Load.LEAST))
                .limit(version.replicas())
                .toList();
    }

    private static List<DeployedVersion> bigFirst(List<DeployedVersion> deployed) {
        return deployed.stream()
                .sorted(Comparator.comparingLong(DeployedVersion::memoryBytes)
                        .reversed()
                        .thenComparing(DeployedVersion::model)
                        .thenComparingInt(DeployedVersion::version))
                .collect(Collectors.toUnmodifiableList());
    }

    private static Placement at(Load load, DeployedVersion version) {
        return new Placement(load.worker.id(), version.model(), version.version());
    }

    /// Placements by version while a plan is made.
    private static final class Copies {
        record Version(String model, int number) {
            static Version of(DeployedVersion version) {
                return new Version(version.model(), version.version());
            }

            static Version of(Placement placement) {
                return new Version(placement.model(), placement.version());
            }
        }

        private final Map<Version, Set<Placement>> byVersion = new HashMap<>();

        Copies(Set<Placement> placements) {
            placements.forEach(this::add);
        }

        Set<Placement> of(DeployedVersion version) {
            return byVersion.getOrDefault(Version.of(version), Set.of());
        }

        void add(Placement placement) {
            byVersion
                    .computeIfAbsent(Version.of(placement), _ -> new HashSet<>())
                    .add(placement);
        }

        void remove(Placement placement) {
            byVersion.computeIfPresent(Version.of(placement), (_, copies) -> {
                copies.remove(placement);
                return copies;
            });
        }

        Set<Placement> all() {
            return byVersion.values().stream().flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());
        }
    }

    /// All workers while a plan is made.
    private static final class Loads {
        private final Map<String, Load> byId = new HashMap<>();

        Loads(List<LiveWorker> workers, double overcommit) {
            workers.forEach(worker -> byId.put(worker.id(), new Load(worker, overcommit)));
        }

        boolean has(String workerId) {
            return byId.containsKey(workerId);
        }

        Load of(String workerId) {
            return Objects.requireNonNull(byId.get(workerId), "asked for after has()");
        }

        Stream<Load> all() {
            return byId.values().stream();
        }
    }

    /// A worker while a plan is made.
    private static final class Load {
        private static final Comparator<Load> LEAST = Comparator.comparingDouble(Load::share)
                .thenComparingInt(load -> load.versions)
                .thenComparing(load -> load.worker.id());

        private final LiveWorker worker;
        private final double bytesMax;
        private long bytes;
        private int versions;

        Load(LiveWorker worker, double overcommit) {
            this.worker = worker;
            this.bytesMax = worker.memoryBytesMax() * overcommit;
        }

        boolean runs(DeployedVersion version) {
            return worker.cuda() || !version.cuda();
        }

        boolean takes(DeployedVersion version) {
            boolean hasRoom = worker.memoryBytesMax() == 0
                    || (version.memoryBytes() <= worker.memoryBytesMax() && bytes + version.memoryBytes() <= bytesMax);
            return hasRoom && runs(version);
        }

        double share() {
            return worker.memoryBytesMax() == 0 ? 0 : (double) bytes / worker.memoryBytesMax();
        }

        boolean hasFree(long more) {
            return worker.memoryBytesMax() == 0 || bytes + more <= worker.memoryBytesMax();
        }

        void add(long more) {
            bytes += more;
            versions++;
        }

        void remove(long less) {
            bytes -= less;
            versions--;
        }
    }

    private PlacementPolicy() {}
}
