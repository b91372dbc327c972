package io.presage.worker.feed;

import io.presage.contract.state.Report;

/// Says what is, now. Any thread.
@FunctionalInterface
public interface ReportSource {
    /// `sequence` grows with each call.
    Report report(long sequence);
}
