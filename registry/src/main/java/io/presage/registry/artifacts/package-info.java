/// The content-addressed store of packages on disk. Knows bytes and digests, nothing of models. Written by
/// uploads, read by workers; any thread.
@NullMarked
package io.presage.registry.artifacts;

import org.jspecify.annotations.NullMarked;
