package io.presage.api.cache;

import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `gateway.cache`: answers of routes whose policy has a cache.
///
/// @param bytesMax of all routes together, up to 1TB; 0 means an eighth of the heap
public record CacheProperties(@DefaultValue("0B") DataSize bytesMax) {
    public CacheProperties {
        if (bytesMax.toBytes() < 0 || bytesMax.compareTo(DataSize.ofTerabytes(1)) > 0) {
            throw new IllegalArgumentException("gateway.cache.bytes-max: " + bytesMax + " (expected: 0B..1TB)");
        }
    }

    /// With its 0 resolved.
    public long bytes(long heapBytes) {
        return bytesMax.toBytes() != 0 ? bytesMax.toBytes() : heapBytes / 8;
    }
}
