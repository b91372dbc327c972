/// Finds the optional engines: folders of jars that are opened when the first package asks for them. The list of
/// folders is read at start; nothing else is touched before. Called by loader threads.
@NullMarked
package io.presage.worker.engine.packs;

import org.jspecify.annotations.NullMarked;
