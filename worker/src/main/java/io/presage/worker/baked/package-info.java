/// A worker without a registry: models named in its own configuration, loaded before it listens and served until
/// it stops, through the same cache, checks and loader as assigned ones. Used by the wiring alone.
@NullMarked
package io.presage.worker.baked;

import org.jspecify.annotations.NullMarked;
