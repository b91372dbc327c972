package io.presage.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Failure;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final Set<Device.Kind> CPU_ONLY = Set.of(Device.Kind.CPU);
    private static final Set<Device.Kind> BOTH = Set.of(Device.Kind.CPU, Device.Kind.CUDA);
    private static final Device CPU = new Device(Device.Kind.CPU, 0, "x86_64", 1 << 20, 8);
    private static final Placement.Offer ON_CPU = new Placement.Offer(CPU, 1 << 20, 3);

    private static Placement.Offer gpu(int index, long bytesFree, int instances) {
        return new Placement.Offer(new Device(Device.Kind.CUDA, index, "NVIDIA T4", 1 << 30), bytesFree, instances);
    }

    private static String place(String device, Set<Device.Kind> kinds, Placement.Offer... offers) {
        return place(new Placement.Wish(device, 100, null), kinds, offers);
    }

    private static String place(Placement.Wish wish, Set<Device.Kind> kinds, Placement.Offer... offers) {
        return switch (Placement.of(wish, "onnxruntime", kinds, List.of(offers))) {
            case Placement.On(var device) -> device.kind() + " " + device.index();
            case Placement.Refused(var failure) -> failure.cause();
        };
    }

    private static Failure refusal(String device, Set<Device.Kind> kinds, Placement.Offer... offers) {
        var placement = Placement.of(new Placement.Wish(device, 100, null), "xgboost", kinds, List.of(offers));
        assertThat(placement).isInstanceOf(Placement.Refused.class);
        return ((Placement.Refused) placement).failure();
    }

    @Test
    void withoutAGpu_gpuIsRefused_andTheRestIsOnTheCpu() {
        assertThat(place("cpu", BOTH, ON_CPU)).isEqualTo("CPU 0");
        assertThat(place("any", BOTH, ON_CPU)).isEqualTo("CPU 0");
        var failure = refusal("gpu", BOTH, ON_CPU);
        assertThat(failure.phase()).isEqualTo("load");
        assertThat(failure.cause()).isEqualTo("unsupported-device");
        assertThat(failure.evidence()).contains("this worker has no GPU");
        assertThat(failure.fix()).contains("device: any");
    }

    @Test
    void anEngineOfTheCpuAlone_isNeverOnAGpu() {
        assertThat(place("any", CPU_ONLY, ON_CPU, gpu(0, 1000, 0))).isEqualTo("CPU 0");
        assertThat(refusal("gpu", CPU_ONLY, ON_CPU, gpu(0, 1000, 0)).evidence())
                .isEqualTo("device: gpu, but engine xgboost runs on [CPU] and this worker has [cpu:x86_64:8, "
                        + "cuda:NVIDIA T4]");
    }

    @Test
    void ordersAreFollowed_whateverIsFree() {
        assertThat(place("cpu", BOTH, ON_CPU, gpu(0, 1000, 0))).isEqualTo("CPU 0");
        assertThat(place("gpu", BOTH, ON_CPU, gpu(0, 99, 5)))
                .as("full: the budget says so, not the placement")
                .isEqualTo("CUDA 0");
        assertThat(place("gpu", Set.of(Device.Kind.CUDA), ON_CPU, gpu(0, 1000, 0)))
                .isEqualTo("CUDA 0");
        assertThat(place("cpu", Set.of(Device.Kind.CUDA), ON_CPU, gpu(0, 1000, 0)))
                .isEqualTo("unsupported-device");
    }

    @Test
    void gpus_areFilledEvenly() {
        assertThat(place("gpu", BOTH, ON_CPU, gpu(0, 1000, 2), gpu(1, 1000, 1))).isEqualTo("CUDA 1");
        assertThat(place("gpu", BOTH, ON_CPU, gpu(0, 1000, 1), gpu(1, 2000, 1))).isEqualTo("CUDA 1");
        assertThat(place("gpu", BOTH, ON_CPU, gpu(0, 1000, 1), gpu(1, 1000, 1))).isEqualTo("CUDA 0");
        assertThat(place("gpu", BOTH, ON_CPU, gpu(0, 99, 0), gpu(1, 100, 9)))
                .as("room counts before instances")
                .isEqualTo("CUDA 1");
    }

    @Test
    void any_goesWhereItWasFaster_elseWhereThereIsRoom() {
        assertThat(place("any", BOTH, ON_CPU, gpu(0, 1000, 0))).isEqualTo("CUDA 0");
        assertThat(place("any", BOTH, ON_CPU, gpu(0, 99, 0))).isEqualTo("CPU 0");
        assertThat(place(new Placement.Wish("any", 100, "cpu:x86_64:8"), BOTH, ON_CPU, gpu(0, 1000, 0)))
                .isEqualTo("CPU 0");
        assertThat(place(new Placement.Wish("any", 100, "cuda:NVIDIA T4"), BOTH, ON_CPU, gpu(0, 1000, 0)))
                .isEqualTo("CUDA 0");
        assertThat(place(new Placement.Wish("any", 100, "cpu:x86_64:64"), BOTH, ON_CPU, gpu(0, 1000, 0)))
                .as("measured on another CPU says nothing here")
                .isEqualTo("CUDA 0");
    }
}
