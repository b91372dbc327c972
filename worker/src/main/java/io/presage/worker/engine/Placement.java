package io.presage.worker.engine;

import io.presage.contract.state.Failure;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a version goes. Pure.
///
/// `cpu` and `gpu` are orders. `any` goes where it was measured to be faster, if that is here; else to a GPU with
/// room, else to the CPU. Among GPUs with room the one with the fewest instances is taken, then the one with the
/// most memory left.
public sealed interface Placement {
    record On(Device device) implements Placement {}

    record Refused(Failure failure) implements Placement {}

    /// @param device as in `model.yaml`: `cpu`, `gpu` or `any`
    /// @param bytes that the version needs, about
    /// @param measuredOn the device class that its tuning holds for; null when it was not measured
    record Wish(String device, long bytes, @Nullable String measuredOn) {}

    /// @param bytesFree of the memory for models
    /// @param instances that run on it
    record Offer(Device device, long bytesFree, int instances) {}

    static Placement of(Wish wish, String engine, Set<Device.Kind> kinds, List<Offer> offers) {
        var usable = offers.stream()
                .filter(offer -> kinds.contains(offer.device().kind()))
                .toList();
        var cpu = usable.stream()
                .filter(offer -> offer.device().kind() == Device.Kind.CPU)
                .findFirst();
        var gpu = usable.stream()
                .filter(offer -> offer.device().kind() == Device.Kind.CUDA)
                .min(Comparator.comparing((Offer offer) -> offer.bytesFree() < wish.bytes())
                        .thenComparingInt(Offer::instances)
                        .thenComparing(
                                Comparator.comparingLong(Offer::bytesFree).reversed())
                        .thenComparingInt(offer -> offer.device().index()));
        var chosen = switch (wish.device()) {
            case "cpu" -> cpu;
            case "gpu" -> gpu;
            default -> any(wish, cpu, gpu);
        };
        return chosen.<Placement>map(offer -> new On(offer.device()))
                .orElseGet(() -> new Refused(refusal(wish, engine, kinds, offers)));
    }

    private static Optional<Offer> any(Wish wish, Optional<Offer> cpu, Optional<Offer> gpu) {
        if (cpu.isPresent() && cpu.get().device().deviceClass().equals(wish.measuredOn())) {
            return cpu;
        }
        return gpu.filter(offer -> offer.bytesFree() >= wish.bytes() || cpu.isEmpty())
                .or(() -> cpu);
    }

    private static Failure refusal(Wish wish, String engine, Set<Device.Kind> kinds, List<Offer> offers) {
        var hasGpu = offers.stream().anyMatch(offer -> offer.device().kind() == Device.Kind.CUDA);
        if (wish.device().equals("gpu") && !hasGpu) {
            return new Failure(
                    "load",
                    "unsupported-device",
                    "device: gpu (expected: cpu or any, this worker has no GPU)",
                    "Set `device: any` in model.yaml, or add a worker with a GPU.");
        }
        return new Failure(
                "load",
                "unsupported-device",
                "device: " + wish.device() + ", but engine " + engine + " runs on "
                        + kinds.stream().sorted().toList() + " and this worker has "
                        + offers.stream()
                                .map(offer -> offer.device().deviceClass())
                                .toList(),
                "Set `device: any` in model.yaml, or export the model for an engine that runs there.");
    }
}
