package io.presage.contract.state;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// 64 bits that say what a value of the state feed holds, the same in every process: over records by their
/// components' names, lists in their order, sets and maps whatever theirs is. What is null, empty or 0 counts for
/// nothing, so that a member which an older service does not know changes nothing while it is not used. It finds
/// mistakes, not forgeries. Pure; any thread.
public final class ContentDigest {
    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private record Part(RecordComponent component, long name) {}

    private static final ClassValue<Part[]> PARTS = new ClassValue<>() {
        @Override
        protected Part[] computeValue(Class<?> type) {
            var components = type.getRecordComponents();
            var parts = new Part[components.length];
            for (int i = 0; i < parts.length; i++) {
                components[i].getAccessor().setAccessible(true);
                parts[i] = new Part(components[i], text(components[i].getName()));
            }
            return parts;
        }
    };

    /// 0 for null, for what is empty and for the number 0.
    /// @throws IllegalArgumentException for anything but records, collections, maps, enums, numbers, truth
    ///     values and texts
    public static long of(@Nullable Object value) {
        return switch (value) {
            case null -> 0;
            case String text -> text(text);
            case Enum<?> constant -> text(constant.name());
            case Double number -> scattered(Double.doubleToLongBits(number));
            case Long number -> scattered(number);
            case Integer number -> scattered(number.longValue());
            case Boolean truth -> scattered(truth ? 1 : 2);
            case List<?> list -> ordered(list);
            case Collection<?> set -> sum(set);
            case Map<?, ?> map -> sum(map);
            case Record record -> members(record);
            default -> throw new IllegalArgumentException("no digest of " + value.getClass());
        };
    }

    private static long ordered(List<?> list) {
        long digest = 0;
        for (var element : list) {
            digest = scattered(digest * PRIME + of(element) + 1);
        }
        return digest;
    }

    private static long sum(Collection<?> set) {
        long digest = 0;
        for (var element : set) {
            digest += scattered(of(element) + 1);
        }
        return digest;
    }

    private static long sum(Map<?, ?> map) {
        long digest = 0;
        for (var entry : map.entrySet()) {
            digest += scattered(of(entry.getKey()) * PRIME + of(entry.getValue()) + 1);
        }
        return digest;
    }

    private static long members(Record record) {
        long digest = 0;
        for (var part : PARTS.get(record.getClass())) {
            long member = of(value(record, part.component()));
            digest += member == 0 ? 0 : scattered(part.name() * PRIME + member);
        }
        return digest;
    }

    private static @Nullable Object value(Record record, RecordComponent component) {
        try {
            return component.getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(
                    "a record that cannot be read: " + record.getClass() + ". This is a bug.", e);
        }
    }

    /// FNV-1a.
    private static long text(String text) {
        long hash = OFFSET;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * PRIME;
        }
        return scattered(hash);
    }

    /// MurmurHash3's finalizer.
    private static long scattered(long value) {
        long hash = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }

    private ContentDigest() {}
}
