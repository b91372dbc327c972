package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.Signature;
import io.presage.worker.engine.Device;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServingTableTest {
    private final ServingTable table = new ServingTable();

    private static DormantVersion dormant(String model, int version) {
        return new DormantVersion(
                new VersionKey(model, version),
                Integer.toString(version),
                "fake",
                new Signature(List.of(), List.of(), false),
                new Serving(0, 1, Device.Kind.CPU, -1));
    }

    @Test
    void newest_countsWhatACallBringsBack() {
        table.put(dormant("a", 2));
        table.put(dormant("a", 10));
        assertThat(table.newest("a")).isEqualTo(dormant("a", 10));
        assertThat(table.version("a", 2)).isEqualTo(dormant("a", 2));
        assertThat(table.versions("a")).hasSize(2);
        assertThat(table.byInferPath("/v2/models/a/infer")).isNull();
    }

    @Test
    void remove_leavesTheRest() {
        table.put(dormant("a", 1));
        table.put(dormant("a", 2));
        table.remove(new VersionKey("a", 2));
        assertThat(table.newest("a")).isEqualTo(dormant("a", 1));
        table.remove(new VersionKey("a", 1));
        table.remove(new VersionKey("a", 1));
        assertThat(table.newest("a")).isNull();
        assertThat(table.versions("a")).isEmpty();
    }

    @Test
    void knows_aModelAsLongAsAnyOfItsVersions() {
        table.know(new VersionKey("a", 1));
        table.know(new VersionKey("a", 1));
        table.know(new VersionKey("a", 2));
        table.forget(new VersionKey("a", 1));
        assertThat(table.knows("a")).isTrue();
        assertThat(table.knows("a", 1)).isFalse();
        table.forget(new VersionKey("a", 2));
        assertThat(table.knows("a")).isFalse();
    }
}
