/// This worker's side of the state feed: polls the registry for desired state, keeps the last snapshot on disk,
/// reports what is, and delivers validation results. Everything runs on virtual threads of its own; the
/// registry may be away for any time without hurting what is served.
@NullMarked
package io.presage.worker.feed;

import org.jspecify.annotations.NullMarked;
