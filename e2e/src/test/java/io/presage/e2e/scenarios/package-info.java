/// What a cluster of Presage must do from the outside, each scenario against the shipped jars.
@NullMarked
package io.presage.e2e.scenarios;

import org.jspecify.annotations.NullMarked;
