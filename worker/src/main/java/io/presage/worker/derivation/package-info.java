/// Makes siblings of versions when the registry asks for them: fetches the original, has its int8 form written,
/// asks both models the package's samples, and sends the new package with what was found. One at a time, on one
/// thread that is there only while there is work.
@NullMarked
package io.presage.worker.derivation;

import org.jspecify.annotations.NullMarked;
