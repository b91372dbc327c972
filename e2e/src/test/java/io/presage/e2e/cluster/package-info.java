/// The shipped jars as child processes on a real Postgres, and a client for them: what the scenarios are
/// written with. A [io.presage.e2e.cluster.Cluster] ends every process that it started, also when a test fails.
@NullMarked
package io.presage.e2e.cluster;

import org.jspecify.annotations.NullMarked;
