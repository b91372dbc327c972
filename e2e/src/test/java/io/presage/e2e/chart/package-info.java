/// The Helm chart, the compose file and the Dockerfile, checked without a cluster or a container engine: linted
/// and rendered with the real Helm, then read as data.
@NullMarked
package io.presage.e2e.chart;

import org.jspecify.annotations.NullMarked;
